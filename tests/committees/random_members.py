"""A seeded country in which much goes wrong: members who move, leave and die in the middle of months, ten years of
standards of four levels that come, change and end. Stored in the database, and told to the oracle in its own words."""

import datetime
import random
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction

from accounts.models import Assignment, User
from bench.world import organisations
from committees import services
from committees.models import Appointment, SubsidyStandard
from committees.services import StandardRefused
from federation.roles import Role
from orgs.models import Identity, Level, Organisation, Post, SecondPostPermit, Tenure, Worker
from tests.committees.subsidy_oracle import Country, Office
from tests.committees.subsidy_oracle import Post as KnownPost
from tests.committees.subsidy_oracle import Standard as KnownStandard

DAY = datetime.timedelta(days=1)
FIRST_YEAR, LAST_YEAR = 2014, 2023
EMPLOYMENTS = ("", *Appointment.Employment.values)
ROLES = {
    Level.TOWNSHIP: (Appointment.Role.TOWNSHIP_MEMBER, Appointment.Role.SUNSHINE_TUTOR),
    Level.VILLAGE: (Appointment.Role.VILLAGE_MEMBER, Appointment.Role.COMMUNITY_MEMBER),
}


@dataclass
class Land:
    bodies: list[Organisation]
    office: Office
    clerk: User
    checker: User
    leader: User
    # Who is on file only after some batches were paid.
    late: list[list[Tenure]] = field(default_factory=list)
    refused_standards: int = 0


def build_land(seed: int, members: int, counties: int) -> Land:
    chance = random.Random(seed)
    counts = {"cities": 2, "counties": counties, "townships": counties * 3, "villages": counties * 6}
    organisations(counts)
    bodies = list(Organisation.objects.order_by("path"))
    by_path = {body.path: body.pk for body in bodies}
    country = Country({body.pk: by_path.get(body.path[: -Organisation.steplen]) for body in bodies}, [])
    land = Land(bodies, Office(country), *_people(bodies[0]))
    land.refused_standards = _standards(land, chance)
    places = {level: [body for body in bodies if body.level == level] for level in ROLES}
    careers = [_career(chance, places, person) for person in _workers(members)]
    late = chance.sample(range(members), members // 20)
    land.late = [careers[number] for number in late]
    engage(land, [career for number, career in enumerate(careers) if number not in set(late)], chance)
    engage(land, _beside(chance, places, careers), chance)
    return land


def _people(top: Organisation) -> list[User]:
    users = []
    for number, role in enumerate((Role.COUNTY_CLERK, Role.COUNTY_CLERK, Role.COUNTY_LEADER)):
        user = User.objects.create_user(f"payer{number}", password="x", display_name=f"办事员{number}")
        Assignment.objects.create(user=user, role=role, organisation=top, since=datetime.date(2010, 1, 1))
        users.append(user)
    return users


def _workers(number: int) -> list[Worker]:
    Worker.objects.bulk_create(
        [Worker(name=f"委员{place}", identity=Identity.DISABLED) for place in range(number)], batch_size=500
    )
    return list(Worker.objects.order_by("pk"))


# --- members ------------------------------------------------------------------------------------------------
def _career(chance: random.Random, places: dict, worker: Worker) -> list[Tenure]:
    """Posts one after the other, never two at once; their days fall as they like."""
    start = datetime.date(FIRST_YEAR - 1, 1, 1) + DAY * chance.randrange(365 * 9)
    career = []
    for number in range(chance.choice((1, 1, 2, 2, 3, 4))):
        if number:
            start = _next_start(chance, career[-1])
        length = chance.choice((chance.randrange(40), chance.randrange(200), chance.randrange(2500)))
        body = chance.choice(places[chance.choice((Level.TOWNSHIP, Level.VILLAGE))])
        career.append(
            Tenure(
                organisation=body, worker=worker, post=Post.COMMITTEE_MEMBER, started_on=start,
                ended_on=start + DAY * length,
            )
        )  # fmt: skip
    if chance.random() < 0.4:
        career[-1].ended_on = None
    return career


def _next_start(chance: random.Random, before: Tenure) -> datetime.date:
    """The next day, after a gap, or after one that leaves out the middle of a month."""
    way = chance.random()
    if way < 0.5:
        return before.ended_on + DAY
    if way < 0.75:
        return before.ended_on + DAY * chance.randrange(2, 200)
    before.ended_on = max(before.started_on, before.ended_on.replace(day=chance.randrange(4, 15)))
    later = before.ended_on.replace(day=chance.randrange(16, 29))
    return max(later, before.ended_on + DAY)


def _beside(chance: random.Random, places: dict, careers: list[list[Tenure]]) -> list[list[Tenure]]:
    """Second posts held by permission, at bodies where the person serves otherwise too or not."""
    found = []
    for career in chance.sample(careers, len(careers) // 12):
        worker, body = career[0].worker, chance.choice(places[Level.VILLAGE])
        permit = SecondPostPermit.objects.create(worker=worker, organisation=body, reason="暂时无人可聘")
        start = career[0].started_on + DAY * chance.randrange(-90, 900)
        ended = start + DAY * chance.randrange(1500) if chance.random() < 0.7 else None
        found.append(
            [Tenure(organisation=body, worker=worker, post=Post.COMMITTEE_MEMBER, started_on=start, ended_on=ended,
                    permit=permit)]
        )  # fmt: skip
    return found


def engage(land: Land, careers: list[list[Tenure]], chance: random.Random):
    """Put people on file, in the database and at the oracle's."""
    tenures = [tenure for career in careers for tenure in career]
    paths = {body.pk: body.path for body in land.bodies}
    for tenure in tenures:
        tenure.org_path = paths[tenure.organisation_id]
    Tenure.objects.bulk_create(tenures, batch_size=500)
    appointments = [
        Appointment(
            tenure=tenure, organisation=tenure.organisation, role=chance.choice(ROLES[tenure.organisation.level]),
            employment=chance.choice(EMPLOYMENTS), ending="died" if tenure.ended_on else "",
        )
        for tenure in tenures
    ]  # fmt: skip
    Appointment.objects.bulk_create(appointments, batch_size=500)
    land.office.engage(
        KnownPost(
            each.pk, each.tenure.worker_id, each.organisation_id, str(each.role), str(each.employment),
            each.tenure.started_on, each.tenure.ended_on, each.tenure.permit_id is not None,
        )
        for each in Appointment.objects.filter(tenure__in=[tenure.pk for tenure in tenures]).select_related("tenure")
    )  # fmt: skip


# --- standards ------------------------------------------------------------------------------------------------
def _standards(land: Land, chance: random.Random) -> int:
    """Chains of standards in chance order: floors come before and after what they bind. How many were refused."""
    chains = [_chain(chance, land.bodies[0], "", "", is_floor=True, since=(FIRST_YEAR, 9))]
    roles = [role for some in ROLES.values() for role in some]
    likely = {Level.PROVINCE: 1, Level.CITY: 2, Level.COUNTY: 6, Level.TOWNSHIP: 1}
    for body in land.bodies:
        kinds = {
            (chance.choice(("", "", "", *roles)), chance.choice(("", "", "", *EMPLOYMENTS)), chance.random() < 0.15)
            for _ in range(likely.get(body.level, 0))
            if chance.random() < 0.7
        }
        for role, employment, is_floor in sorted(kinds):
            since = chance.randrange(FIRST_YEAR - 2, FIRST_YEAR + 5), chance.randrange(1, 13)
            chains.append(_chain(chance, body, role, employment, is_floor=is_floor, since=since))
    chance.shuffle(chains)
    refused = 0
    for chain in chains:
        for standard in chain:
            try:
                services.record_standard(standard=standard, by=land.clerk)
            except StandardRefused:
                # Below a floor: this chain ends here, with days that nobody pays.
                refused += 1
                break
            land.office.country.standards.append(_known(standard))
    return refused


def _chain(chance, body, role, employment, *, is_floor, since) -> list[SubsidyStandard]:
    chain, (year, month) = [], since
    cents = chance.choice((10_000, 5_000, 13_333, 20_000, 49_999))
    while year <= LAST_YEAR:
        cents += chance.choice((0, 1_000, 5_000, 777, 1))
        is_last = chance.random() < 0.3
        first = datetime.date(year, month, 1)
        year, month = divmod(year * 12 + month - 1 + chance.randrange(2, 30), 12)
        month += 1
        ends = not is_last or chance.random() < 0.3
        chain.append(
            SubsidyStandard(
                organisation=body, role=role, employment=employment, is_floor=is_floor, document_number="会残发 1 号",
                monthly_amount=_yuan(cents), valid_from=first,
                valid_to=datetime.date(year, month, 1) - DAY if ends else None, **_shares(chance, cents),
            )
        )  # fmt: skip
        if is_last:
            break
    return chain


def _shares(chance: random.Random, cents: int) -> dict:
    first = chance.choice((cents, cents // 2, cents // 2, cents // 3, chance.randrange(cents)))
    second = chance.choice((cents - first, cents - first, (cents - first) // 2))
    shares = [first, second, cents - first - second]
    chance.shuffle(shares)
    return dict(zip(("county_share", "township_share", "welfare_share"), map(_yuan, shares), strict=True))


def _yuan(cents: int) -> Decimal:
    return Decimal(cents).scaleb(-2)


def _known(standard: SubsidyStandard) -> KnownStandard:
    return KnownStandard(
        standard.pk, standard.organisation_id, str(standard.role), str(standard.employment), standard.is_floor,
        Fraction(standard.monthly_amount), tuple(map(Fraction, standard.shares)), standard.valid_from,
        standard.valid_to,
    )  # fmt: skip
