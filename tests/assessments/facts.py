"""Seeded facts for a whole county, with every edge a rule speaks of: days, gaps, empty bodies, a flattened part."""

import random
from datetime import date, timedelta

from django.utils import timezone

from accounts.models import User
from committees.models import Appointment
from ledgers.models import DisabledPerson, RosterSummary, SummaryState, Transfer
from orgs.models import (
    ArchiveVolume,
    BodyKind,
    Budget,
    LedgerKind,
    Level,
    Organisation,
    PlaceKind,
    Plaque,
    Post,
    Premises,
    Regulation,
    RegulationKind,
    ResponsibilityLetter,
    Tenure,
    Worker,
    YearlyTarget,
)
from tests.assessments.member_facts import write_subsidies, write_trainings

YEAR = 2026
AS_OF = date(2026, 10, 31)
START = date(2026, 1, 1)
DAY = timedelta(days=1)

# Days on which something begins or ends: before, on and after the window's ends, and the thresholds of vacancies.
STARTS = [date(2015, 3, 1), date(2025, 12, 31), START, date(2026, 5, 20), AS_OF, AS_OF + DAY]
ENDS = [None, None, None, date(2025, 12, 31), START, date(2026, 6, 30), AS_OF - DAY, AS_OF, AS_OF + DAY]
VACANT = [0, 1, 30, 31, 90, 91]


def add_body(parent, name, code, kind, level, **more):
    fields = {
        "name": name, "short_name": name, "code": code, "body_kind": kind, "level": level,
        "established_on": date(2010, 1, 1),
        "place_kind": PlaceKind.VILLAGE if level == Level.VILLAGE else PlaceKind.TOWN,
    } | more  # fmt: skip
    Organisation.objects.add_child(Organisation.objects.get(pk=parent.pk), fields)
    return Organisation.objects.get(code=code)


class Builder:
    """Every fact is drawn from random numbers of its own, so that one more kind of facts shifts no other."""

    def __init__(self, seed):
        self.seed = seed
        self.number = 0

    def draw(self, body, *what):
        return random.Random(f"{self.seed} {body.code or body.name} {' '.join(what)}")

    def worker(self, draw):
        self.number += 1
        identity = draw.choice(["disabled", "relative", "neither", "disabled", ""])
        return Worker.objects.create(name=f"张{self.number}", identity=identity)

    def tenure(self, draw, body, post, started_on, ended_on=None):
        if ended_on is not None and ended_on < started_on:
            ended_on = started_on
        chance = draw.random()
        tenure = Tenure.objects.create(
            organisation=body, worker=self.worker(draw), post=post, started_on=started_on, ended_on=ended_on,
            document_number="会残联〔2026〕3号" if chance < 0.6 else "",
            document_scan="tenures/scan.pdf" if chance > 0.9 else "",
        )  # fmt: skip
        if post == Post.COMMITTEE_MEMBER and chance < 0.8:
            days = {}
            if chance < 0.7:
                issued = draw.choice([date(2020, 1, 1), AS_OF, AS_OF + DAY])
                days = {
                    "certificate_issued_on": issued,
                    "certificate_expires_on": draw.choice([AS_OF - DAY, AS_OF, date(2030, 1, 1)]),
                }
            employment = draw.choice(["", "public_welfare"])
            Appointment.objects.create(
                organisation=body, tenure=tenure, role="village_member", employment=employment, **days
            )

    def post(self, body, post):
        """A post held with a gap of an edge length, in one or two stretches; or held twice; or never."""
        draw = self.draw(body, "post", post)
        way = draw.randrange(6)
        gap = draw.choice(VACANT)
        if way == 0:
            return
        if way == 1:
            self.tenure(draw, body, post, START + gap * DAY)
        elif way == 2:
            # The gap at the end of the window, the last day of the tenure included.
            self.tenure(draw, body, post, date(2012, 1, 1), AS_OF - gap * DAY)
        elif way == 3:
            # Two gaps that add up.
            half = gap // 2
            self.tenure(draw, body, post, START + half * DAY, date(2026, 5, 1))
            self.tenure(draw, body, post, date(2026, 5, 1) + (gap - half + 1) * DAY)
        elif way == 4:
            # Overlapping tenures, then nobody.
            self.tenure(draw, body, post, date(2024, 1, 1), date(2026, 4, 1))
            self.tenure(draw, body, post, date(2026, 3, 1), AS_OF - gap * DAY)
        else:
            self.tenure(draw, body, post, *spell(draw))

    def facts(self, body, upper):
        posts = {
            BodyKind.VILLAGE_ASSOCIATION: [Post.ASSOCIATION_CHAIR, Post.ASSOCIATION_VICE_CHAIR, Post.COMMITTEE_MEMBER],
            BodyKind.FEDERATION: [Post.PRESIDIUM_CHAIR, Post.DIRECTOR, Post.COMMITTEE_MEMBER],
            BodyKind.SPECIALISED_ASSOCIATION: [Post.ASSOCIATION_CHAIR, Post.ASSOCIATION_VICE_CHAIR, Post.STAFF],
        }[body.body_kind]
        for post in posts:
            self.post(body, post)
        draw = self.draw(body, "second member")
        if draw.random() < 0.4:
            self.tenure(draw, body, Post.COMMITTEE_MEMBER, date(2019, 1, 1))
        draw = self.draw(body, "plaque")
        if draw.random() < 0.8:
            started, ended = spell(draw)
            Plaque.objects.create(organisation=body, hung_on=started, removed_on=ended)
        draw = self.draw(body, "premises")
        if draw.random() < 0.8:
            started, ended = spell(draw)
            Premises.objects.create(organisation=body, since=started, until=ended)
        for kind in RegulationKind.values:
            draw = self.draw(body, "regulation", kind)
            for _ in range(draw.choice([0, 1, 1, 1, 2])):
                started, ended = spell(draw)
                Regulation.objects.create(organisation=body, kind=kind, issued_on=started, withdrawn_on=ended)
        self.accounts(body)
        self.summaries(body)
        draw = self.draw(body, "letter")
        if draw.random() < 0.6:
            ResponsibilityLetter.objects.create(
                organisation=body, upper_party=upper, year=draw.choice([YEAR, YEAR - 1]),
                signed_on=draw.choice([None, date(2026, 3, 1), AS_OF, AS_OF + DAY]),
            )  # fmt: skip
        draw = self.draw(body, "target")
        if draw.random() < 0.4:
            YearlyTarget.objects.create(
                organisation=body, year=draw.choice([YEAR, YEAR - 1]), text="补齐空缺岗位",
                recorded_on=draw.choice([date(2026, 2, 1), AS_OF, AS_OF + DAY]),
            )  # fmt: skip

    def summaries(self, body):
        """表一 of several days, in every state; approved by whoever there is."""
        for number, day in enumerate([date(YEAR - 1, 12, 31), START, AS_OF, AS_OF + DAY]):
            draw = self.draw(body, "summary", str(number))
            if draw.random() < 0.4:
                state = draw.choice([SummaryState.APPROVED, SummaryState.APPROVED, *SummaryState.values])
                decided = {"decided_by": User.objects.first(), "decided_at": timezone.now(), "digest": "0" * 64}
                RosterSummary.objects.create(
                    organisation=body, as_of=day, year=day.year, state=state,
                    **(decided if state == SummaryState.APPROVED else {}),
                )  # fmt: skip

    def accounts(self, body):
        """Budgets and volumes, which are of a year."""
        for source in Budget.Source.values:
            draw = self.draw(body, "budget", source)
            if draw.random() < 0.5:
                allocated = draw.choice(["0.00", "10000.01", "33333.33", "123456.78"])
                Budget.objects.create(
                    organisation=body, year=draw.choice([YEAR, YEAR, YEAR - 1]), source=source,
                    allocated_amount=allocated, spent_amount=draw.choice(["0.00", "7777.77", allocated]),
                )  # fmt: skip
        for kind in LedgerKind.values:
            draw = self.draw(body, "volume", kind)
            if draw.random() < 0.3:
                ArchiveVolume.objects.create(
                    organisation=body, year=draw.choice([YEAR, YEAR - 1]), ledger_kind=kind, item_count=3
                )

    def persons(self, body):
        for place in range(self.draw(body, "persons").choice([0, 1, 3, 8])):
            draw = self.draw(body, "person", str(place))
            self.number += 1
            ends = [None, None, None, None, AS_OF, AS_OF + DAY, date(2026, 2, 1)]
            person = DisabledPerson.objects.create(
                organisation=body, name=f"李{self.number}", sex="1", category=draw.choice("1234567"),
                registered_on=draw.choice([date(2012, 1, 1), AS_OF, AS_OF + DAY]),
                **{draw.choice(["moved_away_on", "deceased_on", "cancelled_on"]): draw.choice(ends)},
            )  # fmt: skip
            # As the checks would have left them: what matters here is the counting.
            DisabledPerson.objects.filter(pk=person.pk).update(
                missing_mandatory=draw.choice([0, 0, 1, 4]),
                failed_checks=draw.choice(["", "", "id_number", "sex,household"]),
            )

    def transfers(self, villages):
        """Some people came from another village, in one step or two, before, on or after the day; some asked only."""
        for person in DisabledPerson.objects.order_by("pk"):
            draw = random.Random(f"{self.seed} moved {person.name}")
            steps = draw.choice([0, 0, 1, 1, 2])
            places = [*(draw.choice(villages) for _ in range(steps)), person.organisation]
            days = sorted(draw.choice([START, AS_OF, AS_OF + DAY, AS_OF + 9 * DAY]) for _ in range(steps))
            for number, day in enumerate(days):
                Transfer.objects.create(
                    person=person, organisation=places[number], to_organisation=places[number + 1], moved_on=day,
                    state=draw.choice(["accepted", "accepted", "accepted", "refused"]),
                    written_off_on=draw.choice([None, None, AS_OF - DAY, AS_OF, AS_OF + DAY]),
                )  # fmt: skip


def spell(draw):
    return draw.choice(STARTS), draw.choice(ENDS)


def build_county(world, seed):
    """Fill the cast's county: more townships, an empty one, villages right under the county, dead and unborn bodies."""
    builder = Builder(seed)
    village, federation = BodyKind.VILLAGE_ASSOCIATION, BodyKind.FEDERATION
    third = add_body(world.county, "河畔镇", "620422102000", federation, Level.TOWNSHIP, established_on=None)
    add_body(world.county, "空镇", "620422103000", federation, Level.TOWNSHIP)
    for number in range(4):
        add_body(third, f"河畔{number}村", f"62042210220{number}", village, Level.VILLAGE)
    add_body(third, "已撤村", "620422102210", village, Level.VILLAGE, abolished_on=AS_OF)
    add_body(third, "当天仍在村", "620422102211", village, Level.VILLAGE, abolished_on=AS_OF + DAY)
    add_body(third, "新成立村", "620422102212", village, Level.VILLAGE, established_on=AS_OF - 60 * DAY)
    add_body(third, "次日成立村", "620422102213", village, Level.VILLAGE, established_on=AS_OF + DAY)
    add_body(world.county, "直属一社区", "620422104201", village, Level.VILLAGE)
    add_body(world.county, "直属二社区", "620422104202", village, Level.VILLAGE)
    for body in Organisation.objects.filter(path__startswith=world.county.path).exclude(
        level=Level.COUNTY, body_kind=federation
    ):
        upper = Organisation.objects.get(path=body.path[:-4])
        builder.facts(body, upper)
        if body.body_kind == village:
            builder.persons(body)
    # Rows recorded at the neighbour county must never be counted.
    builder.facts(world.other_township, world.other_county)
    builder.persons(world.other_village)
    inside = Organisation.objects.filter(path__startswith=world.county.path, body_kind=village).order_by("path")
    builder.transfers([*inside, world.other_village])
    write_trainings(world, builder)
    write_subsidies(world, builder)
    return world.county
