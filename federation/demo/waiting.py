"""Personal forms of the demonstration that are on their way: submitted, changed, returned, or still a draft."""

from datetime import timedelta
from urllib.parse import urlencode

from django.http import QueryDict

from accounts.models import User
from federation.demo.people import Population
from federation.demo.persons import people_of
from ledgers.approvals import approve_persons, return_person, submit_person
from ledgers.drafts import keep_draft
from ledgers.models import DisabledPerson
from ledgers.models.dictionaries import ConsentKind
from orgs.models import BodyKind, Organisation

REASON = "现住址请写到村民小组，监护人姓名请补填。"


def put_on_their_way(population: Population, today) -> int:
    """Forms of the village whose account the demonstration has, and of two beside it; gives their number."""
    users = {name: User.objects.get(username=name) for name in ("village", "township", "director")}
    village = users["village"].home_organisation
    beside = (
        Organisation.objects.under(users["township"].home_organisation.path)
        .of_kind(BodyKind.VILLAGE_ASSOCIATION)
        .live_on(today)
        .exclude(pk=village.pk)
        .order_by("path")[:2]
    )
    places = [village] * 4 + list(beside)
    persons = [_new(place, population, today) for place in places]
    for person in persons[:4]:
        submit_person(person=person, by=users["village"])
    for person in persons[4:]:
        submit_person(person=person, by=users["township"])
    returned, approved = persons[0], persons[1]
    return_person(person=returned, reason=REASON, by=users["director"], expected_version=returned.version)
    approve_persons(chosen={approved.uid: approved.version}, by=users["director"])
    changed = DisabledPerson.objects.get(pk=approved.pk)
    changed.skills, changed.last_visited_on = "编织", today
    submit_person(person=changed, by=users["village"])
    typed = {"organisation": village.pk, "name": population.name("2"), "sex": "2", "ethnicity": "汉族"}
    keep_draft(data=QueryDict(urlencode(typed)), by=users["village"], organisation=village)
    return len(persons)


def _new(place, population, today) -> DisabledPerson:
    (person,) = people_of([place], 1, population, today, None)
    person.registered_on = person.consented_on = today - timedelta(days=3)
    person.consent_kind = ConsentKind.PERSON
    person.moved_away_on = person.deceased_on = None
    return person
