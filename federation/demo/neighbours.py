"""Of the demonstration county: people who live together, people on their way to another body, and a file made twice."""

from datetime import timedelta

from accounts.models import User
from federation.demo.people import REGION, Population, check_digit
from federation.shared.history import create_versioned
from ledgers.households import create_household
from ledgers.models import DisabledPerson
from ledgers.transfers import ask_for_person, offer_person, request_transfers
from orgs.models import BodyKind, Organisation


def settle(county, population: Population, today) -> int:
    """Households, an open transfer each way and a suspected duplicate; gives how many forms were added."""
    village = User.objects.get(username="village").home_organisation
    town = User.objects.get(username="township").home_organisation
    elsewhere = (
        Organisation.objects.under(county.path)
        .of_kind(BodyKind.VILLAGE_ASSOCIATION)
        .live_on(today)
        .exclude(path__startswith=town.path)
        .order_by("path")
        .first()
    )
    own = [_registered(village, population, today) for _ in range(6)]
    far = _registered(elsewhere, population, today)
    twice = _again(own[5], population, today)
    _households(own[:3], _registered(village, population, today))
    _transfers(own[3], own[4], far, village, elsewhere, today)
    return len(own) + len([far, twice]) + 1


def _registered(place, population, today) -> DisabledPerson:
    invented = population.draw(today=today)
    person = DisabledPerson(
        organisation=place,
        name=invented.name,
        sex=invented.sex,
        ethnicity="汉族",
        born_on=invented.born_on,
        category="4",
        grade="2",
        register_type="1",
        current_address=f"{place.label}2 组",
        guardian_name=population.name("1"),
        education="primary",
        employment="farming",
        registered_on=max(today - timedelta(days=400), invented.born_on),
    )
    person.id_number = invented.id_number
    return create_versioned(person, by=User.objects.get(username="township"))


def _again(person, population, today) -> DisabledPerson:
    """The same person once more under a mistyped number: same name and birth date."""
    parity = 1 if person.sex == "1" else 0
    for sequence in range(population.sequences[0] + parity, population.sequences[1], 2):
        body = f"{REGION}{person.born_on:%Y%m%d}{sequence:03d}"
        number = body + check_digit(body)
        if not DisabledPerson.objects.id_number_taken(number):
            break
    fields = {"name": person.name, "sex": person.sex, "born_on": person.born_on, "category": "4", "grade": "2"}
    twin = DisabledPerson(organisation=person.organisation, registered_on=today, skills="编织", **fields)
    twin.id_number = number
    return create_versioned(twin, by=User.objects.get(username="village"))


def _households(together, alone):
    village = User.objects.get(username="village")
    first, *others = together
    create_household(
        first=first, others=[row.pk for row in others], address=first.current_address, size=5, elderly=1, by=village
    )
    create_household(first=alone, address=alone.current_address, size=3, by=village)


def _transfers(leaving, wanted, arriving, village, elsewhere, today):
    by, clerk = User.objects.get(username="village"), User.objects.get(username="clerk")
    moved_on = today - timedelta(days=10)
    offer_person(person=leaving, to_body=elsewhere, moved_on=moved_on, reason="随子女搬到该村居住", by=by)
    ask_for_person(
        id_number=arriving.id_number.open_plain(),
        name=arriving.name,
        to_body=village,
        moved_on=moved_on,
        reason="结婚后住到本村，户口已迁入",
        by=by,
    )
    request_transfers(persons=[wanted.pk], to_body=elsewhere, reason="名册导入时发现已在别处登记", by=clerk)
