"""What the bodies of the bench's world own: posts, plaques, premises, regulations, letters … with seeded gaps."""

import random
from datetime import date, timedelta

from django.db import connection, transaction

from bench import member_facts
from bench.world import TODAY, uid_value
from committees.models import Appointment
from federation.demo.people import GIVEN_FEMALE, GIVEN_MALE, SURNAMES
from orgs.bulk import insert_rows
from orgs.models import (
    ArchiveVolume,
    BodyKind,
    Budget,
    LedgerKind,
    Level,
    Plaque,
    Post,
    Premises,
    Regulation,
    ResponsibilityLetter,
    Tenure,
    Worker,
    YearlyTarget,
)
from orgs.requirements import requirements_for

YEAR = TODAY.year
FEDERATION_POSTS = (Post.PRESIDIUM_CHAIR, Post.DIRECTOR, Post.DEPUTY_DIRECTOR, Post.COMMITTEE_MEMBER)
VILLAGE_POSTS = (Post.ASSOCIATION_CHAIR, Post.ASSOCIATION_VICE_CHAIR, Post.COMMITTEE_MEMBER)


class Facts:
    """One table after another, each in one set-based write; gives the number of rows written."""

    def __init__(self, bodies: list[dict], context):
        self.bodies = [body for body in bodies if body["level"] >= int(Level.TOWNSHIP)]
        self.county_of = {body["path"]: body["id"] for body in bodies}
        self.chance = random.Random(context.seed + 1)

    def write(self) -> int:
        with transaction.atomic():
            return sum(
                [
                    self._insert(Plaque, ("hung_on",), 0.97, lambda body: [(self._day(),)]),
                    self._insert(Premises, ("since",), 0.94, lambda body: [(self._day(),)]),
                    self._insert(Regulation, ("kind", "issued_on"), 1.0, self._regulations),
                    self._insert(Budget, ("year", "source", "allocated_amount", "spent_amount"), 0.9, self._budgets),
                    self._insert(YearlyTarget, ("year", "text", "recorded_on"), 0.9, self._targets),
                    self._insert(ArchiveVolume, ("year", "ledger_kind", "item_count"), 0.85, self._archives),
                    self._insert(ResponsibilityLetter, ("year", "upper_party_id", "signed_on"), 0.92, self._letters),
                    self._posts(),
                ]
            )

    def _day(self) -> date:
        return date(2012, 1, 1) + timedelta(days=self.chance.randrange(4700))

    def _insert(self, model, names, share, rows_of) -> int:
        """Rows of the bodies that are not left out, one body in `1 - share` of them."""

        def rows():
            number = 0
            for body in self.bodies:
                if self.chance.random() > share:
                    continue
                for values in rows_of(body):
                    number += 1
                    yield (number, body["id"], body["path"], *values)

        return insert_rows(model, ("id", "organisation_id", "org_path", *names), rows())

    def _regulations(self, body):
        kinds = requirements_for(body["body_kind"], body["level"], YEAR).regulations
        return [(str(kind), self._day()) for kind in kinds if self.chance.random() < 0.95]

    def _budgets(self, body):
        amount = self.chance.randrange(20, 900) * 100
        return [(YEAR, str(Budget.Source.FISCAL), amount, amount * self.chance.randrange(60, 100) // 100)]

    def _targets(self, body):
        return [(YEAR, "全年目标任务", date(YEAR, 2, 1 + self.chance.randrange(27)))]

    def _archives(self, body):
        kinds = LedgerKind.values
        return [(YEAR, kind, self.chance.randrange(1, 90)) for kind in kinds if self.chance.random() < 0.9]

    def _letters(self, body):
        upper = self.county_of[body["path"][:-4]]
        signed = date(YEAR, 3, 1 + self.chance.randrange(30)) if self.chance.random() < 0.96 else None
        return [(YEAR, upper, signed)]

    def _posts(self) -> int:
        """Workers, their tenures and, for committee members, the appointment behind."""
        workers, tenures, appointments = [], [], []
        for body in self.bodies:
            village = body["body_kind"] == BodyKind.VILLAGE_ASSOCIATION
            for post in VILLAGE_POSTS if village else FEDERATION_POSTS:
                if self.chance.random() < 0.05:
                    continue
                number = len(workers) + 1
                started = self._day()
                workers.append(self._worker(number))
                ended = started + timedelta(days=700) if self.chance.random() < 0.04 else None
                tenures.append((number, body["id"], body["path"], number, str(post), started, ended, "任〔2020〕1号"))
                if post == Post.COMMITTEE_MEMBER:
                    appointments.append(self._appointment(body, village, number, started))
        insert_rows(Worker, ("id", "uid", "name", "sex", "identity"), iter(workers))
        names = ("id", "organisation_id", "org_path", "worker_id", "post", "started_on", "ended_on", "document_number")
        insert_rows(Tenure, names, iter(tenures))
        names = (
            "id", "organisation_id", "org_path", "tenure_id", "role", "contract_from", "contract_to",
            "certificate_issued_on", "certificate_expires_on",
        )  # fmt: skip
        insert_rows(Appointment, names, iter(appointments))
        self.tenures, self.appointments = tenures, appointments
        return len(workers) + len(tenures) + len(appointments)

    def _worker(self, number):
        sex = self.chance.choice("12")
        name = self.chance.choice(SURNAMES) + self.chance.choice(GIVEN_MALE if sex == "1" else GIVEN_FEMALE)
        identity = self.chance.choices(("disabled", "relative", "neither"), (6, 3, 1))[0]
        return number, uid_value(self.chance), name, sex, identity

    def _appointment(self, body, village, tenure, started):
        role = Appointment.Role.VILLAGE_MEMBER if village else Appointment.Role.TOWNSHIP_MEMBER
        certified = self.chance.random() < 0.8
        return (
            tenure, body["id"], body["path"], tenure, str(role), started, started + timedelta(days=1095 * 3),
            date(2022, 1, 1) if certified else None, date(2027, 1, 1) if certified else None,
        )  # fmt: skip


def write_facts(bodies: list[dict], context) -> int:
    facts = Facts(bodies, context)
    number = facts.write()
    with transaction.atomic():
        number += member_facts.write(bodies, facts.tenures, facts.appointments, context.seed)
    if connection.vendor == "postgresql":
        connection.check_constraints()
    return number
