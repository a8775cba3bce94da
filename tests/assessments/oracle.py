"""The standards computed a second way: plain Python over exported rows, exact fractions, day by day.

Written from the domain's text alone. It imports neither metrics nor scoring nor the policy files, walks every
day of the window where the product works with stretches, and rounds from fractions where the product divides
decimals.
"""

from datetime import date, timedelta
from fractions import Fraction
from functools import cached_property

from committees.models import Appointment, TrainingAttendance
from ledgers.models import DisabledPerson, RosterSummary, Transfer
from orgs.models import (
    ArchiveVolume,
    Budget,
    Organisation,
    Plaque,
    Premises,
    Regulation,
    ResponsibilityLetter,
    Tenure,
    YearlyTarget,
)
from tests.assessments.pay_oracle import PayFacts, PayOracle

TOWNSHIP_RULES = {"study", "work", "home_visit", "petition", "support", "daily_management", "appraisal"}
VILLAGE_RULES = {"study", "work", "village_visit", "statistics"}
BANDS = [(90, "优秀"), (80, "良好"), (60, "合格"), (0, "不合格")]
MISSING = "no source"


def half_up(value: Fraction) -> str:
    """Two places, halves up, as text."""
    cents = (value * 100 + Fraction(1, 2)).__floor__()
    return f"{cents // 100}.{cents % 100:02d}"


class Facts:
    """Every row of every table as dictionaries, and nothing else of the product."""

    def __init__(self):
        def rows(model, *fields):
            return list(model.objects.values(*fields))

        self.bodies = rows(
            Organisation, "id", "path", "level", "body_kind", "established_on", "abolished_on", "code"
        )  # fmt: skip
        self.tenures = rows(
            Tenure, "id", "organisation_id", "post", "started_on", "ended_on", "document_number", "document_scan",
            "worker_id", "worker__identity",
        )  # fmt: skip
        self.certificates = {
            row["tenure_id"]: row
            for row in rows(Appointment, "tenure_id", "certificate_issued_on", "certificate_expires_on")
        }
        self.pay = PayFacts(rows)
        self.attendances = rows(
            TrainingAttendance, "worker_id", "presence", "result", "session__state", "session__ends_on"
        )  # fmt: skip
        self.plaques = rows(Plaque, "organisation_id", "hung_on", "removed_on")
        self.premises = rows(Premises, "organisation_id", "since", "until")
        self.regulations = rows(Regulation, "organisation_id", "kind", "issued_on", "withdrawn_on")
        self.budgets = rows(Budget, "organisation_id", "year", "source", "allocated_amount", "spent_amount")
        self.volumes = rows(ArchiveVolume, "organisation_id", "year", "ledger_kind")
        self.targets = rows(YearlyTarget, "organisation_id", "year", "recorded_on")
        self.letters = rows(ResponsibilityLetter, "organisation_id", "year", "signed_on")
        self.summaries = rows(RosterSummary, "organisation_id", "year", "as_of", "state")
        self.persons = rows(
            DisabledPerson, "id", "organisation_id", "registered_on", "moved_away_on", "deceased_on", "cancelled_on",
            "missing_mandatory", "failed_checks",
        )  # fmt: skip
        self.transfers = rows(
            Transfer, "id", "person_id", "organisation_id", "moved_on", "state", "written_off_on"
        )  # fmt: skip


class Oracle:
    def __init__(self, facts: Facts, year: int, as_of: date):
        self.facts = facts
        self.year = year
        self.as_of = as_of
        self.path = {body["id"]: body["path"] for body in facts.bodies}
        self.pay = PayOracle(facts.pay, self.path, year, as_of)

    # --- words of the domain ------------------------------------------------------------------
    def is_live(self, body) -> bool:
        established, abolished = body["established_on"], body["abolished_on"]
        return not (established and established > self.as_of) and not (abolished and abolished <= self.as_of)

    def current(self, row, start, end) -> bool:
        return row[start] <= self.as_of and (row[end] is None or row[end] >= self.as_of)

    def own(self, table, body):
        return [row for row in getattr(self.facts, table) if row["organisation_id"] == body["id"]]

    def below(self, table, body):
        """Rows of the subtree, the body itself included."""
        return [row for row in getattr(self.facts, table) if self.path[row["organisation_id"]].startswith(body["path"])]

    def in_post(self, rows, *posts):
        return [row for row in rows if row["post"] in posts and self.current(row, "started_on", "ended_on")]

    def villages(self, body):
        return [
            each
            for each in self.facts.bodies
            if each["body_kind"] == "village_association"
            and self.is_live(each)
            and each["path"].startswith(body["path"])
        ]

    def townships(self, body):
        return [
            each
            for each in self.facts.bodies
            if each["body_kind"] == "federation"
            and each["level"] == 4
            and self.is_live(each)
            and each["path"].startswith(body["path"])
        ]

    def holds(self, body, *posts) -> bool:
        return bool(self.in_post(self.own("tenures", body), *posts))

    # --- values -------------------------------------------------------------------------------
    def plaques(self, body) -> int:
        return sum(self.current(row, "hung_on", "removed_on") for row in self.own("plaques", body))

    def premises(self, body) -> int:
        return sum(self.current(row, "since", "until") for row in self.own("premises", body))

    def rules(self, body, wanted=None) -> int:
        kinds = {row["kind"] for row in self.own("regulations", body) if self.current(row, "issued_on", "withdrawn_on")}
        return len(kinds if wanted is None else kinds & wanted)

    def vacant_days(self, body, post) -> int:
        """Counted one day after the other."""
        day = date(self.year, 1, 1)
        if body["established_on"] and body["established_on"] > day:
            day = body["established_on"]
        held = [row for row in self.own("tenures", body) if row["post"] == post]
        vacant = 0
        while day <= self.as_of:
            if not any(r["started_on"] <= day and (r["ended_on"] is None or r["ended_on"] >= day) for r in held):
                vacant += 1
            day += timedelta(days=1)
        return vacant

    def letters_signed(self, body) -> int:
        return sum(
            row["year"] == self.year and row["signed_on"] is not None and row["signed_on"] <= self.as_of
            for row in self.own("letters", body)
        )

    def targets_set(self, body) -> int:
        return sum(row["year"] == self.year and row["recorded_on"] <= self.as_of for row in self.own("targets", body))

    def budgets(self, body, source=None):
        return [
            row
            for row in self.own("budgets", body)
            if row["year"] == self.year and (source is None or row["source"] == source)
        ]

    def registered_at(self, person):
        """The body that had the person on the day, or None: back through the moves, from today to the day."""
        place, ends = person["organisation_id"], [person[name] for name in ("deceased_on", "cancelled_on")]
        left = person["moved_away_on"]
        moves = [each for each in self.facts.transfers if each["person_id"] == person["id"]]
        for move in sorted(moves, key=lambda each: (each["moved_on"], each["id"]), reverse=True):
            if move["state"] == "accepted" and move["moved_on"] > self.as_of:
                place, undone = move["organisation_id"], move["written_off_on"]
        if any(move["moved_on"] > self.as_of and move["state"] == "accepted" for move in moves):
            ends.append(undone)
        ends.append(left)
        if person["registered_on"] > self.as_of or any(end and end <= self.as_of for end in ends):
            return None
        return place

    @cached_property
    def registered(self) -> list:
        """(person, path of the body that had them) of everybody registered on the day."""
        placed = [(row, self.registered_at(row)) for row in self.facts.persons]
        return [(row, self.path[place]) for row, place in placed if place is not None]

    def people(self, body):
        return [row for row, path in self.registered if path.startswith(body["path"])]

    def is_certified(self, tenure) -> bool:
        row = self.facts.certificates.get(tenure["id"])
        if row is None or row["certificate_issued_on"] is None or row["certificate_expires_on"] is None:
            return False
        return row["certificate_issued_on"] <= self.as_of <= row["certificate_expires_on"]

    def trainings(self, tenure) -> int:
        """How many trainings the person completed in the window, whatever post was held then."""
        return sum(
            row["worker_id"] == tenure["worker_id"]
            and row["presence"] == "attended"
            and row["result"] != "failed"
            and row["session__state"] == "held"
            and date(self.year, 1, 1) <= row["session__ends_on"] <= self.as_of
            for row in self.facts.attendances
        )

    def somebody_trained(self, body, post) -> bool:
        return any(self.trainings(row) for row in self.in_post(self.own("tenures", body), post))

    # --- points -------------------------------------------------------------------------------
    def whole(self, points, holds) -> Fraction:
        return Fraction(points) if holds else Fraction(0)

    def ratio(self, points, part, all_of_it, target, empty) -> Fraction:
        if not all_of_it:
            return Fraction(points) if empty == "full" else Fraction(0)
        value = Fraction(part) / Fraction(all_of_it)
        return Fraction(points) * min(Fraction(1), value / Fraction(target, 100))

    def vacancies(self, points, body, posts, step) -> Fraction:
        left = Fraction(points)
        for post in posts:
            days = self.vacant_days(body, post)
            if days > 30:
                left -= step
            if days > 90:
                left -= step
        return max(left, Fraction(0))

    def shared(self, body) -> dict:
        """Values that several standards use under other codes."""
        members = self.in_post(self.own("tenures", body), "committee_member")
        all_members = self.in_post(self.below("tenures", body), "committee_member")
        people = self.people(body)
        return {
            "members": members,
            "kin": [row for row in members if row["worker__identity"] in ("disabled", "relative")],
            "all_members": all_members,
            "certified": [row for row in all_members if self.is_certified(row)],
            "trainings": sum(min(self.trainings(row), 2) for row in all_members),
            "months": self.pay.months(body["path"]),
            "people": people,
            "complete": [row for row in people if row["missing_mandatory"] == 0],
            "valid": [row for row in people if row["failed_checks"] == ""],
        }

    def township(self, body) -> dict:
        value, villages = self.shared(body), self.villages(body)
        budgets = self.budgets(body)
        spent = sum((Fraction(row["spent_amount"]) for row in budgets), Fraction(0))
        allocated = sum((Fraction(row["allocated_amount"]) for row in budgets), Fraction(0))
        fiscal = [row for row in self.budgets(body, "fiscal") if row["allocated_amount"] > 0]
        chairs = [each for each in villages if self.holds(each, "association_chair")]
        staffed = [each for each in villages if self.holds(each, "committee_member")]
        lettered = [each for each in villages if self.letters_signed(each)]
        points = {
            "T1.1": self.whole(2, self.plaques(body)),
            "T1.2": self.vacancies(8, body, ["presidium_chair", "director", "committee_member"], 2),
            "T1.3": self.ratio(4, len(value["kin"]), len(value["members"]), 100, "zero"),
            "T1.4": self.ratio(6, len(chairs), len(villages), 100, "full"),
            "T1.5": self.ratio(5, len(staffed), len(villages), 100, "full"),
            "T2.1": Fraction(self.rules(body, TOWNSHIP_RULES)),
            "T2.2": self.whole(3, fiscal),
            "T2.3": self.ratio(2, spent, allocated, 80, "zero"),
            "T3.1": self.ratio(6, len(value["complete"]), len(value["people"]), 100, "full"),
            "T3.3": self.ratio(4, len(value["valid"]), len(value["people"]), 98, "full"),
            "T4.1": self.whole(3, self.somebody_trained(body, "director")),
            "T4.2": self.ratio(5, value["trainings"], 2 * len(value["all_members"]), 100, "zero"),
            "T4.4": self.ratio(4, *value["months"], 100, "full"),
            "T4.3": self.ratio(3, len(value["certified"]), len(value["all_members"]), 100, "zero"),
            "T6.1": self.ratio(4, len(lettered), len(villages), 100, "full"),
        }
        no_place = ["T3.2", "T3.4", "T3.5", "T5.1", "T5.2", "T5.3", "T5.4", "T6.2", "T6.3"]
        return points | dict.fromkeys(no_place, MISSING)

    def village(self, body) -> dict:
        value = self.shared(body)
        posts = ["association_chair", "association_vice_chair", "committee_member"]
        points = {
            "V1.1": self.whole(4, self.plaques(body)),
            "V1.2": self.vacancies(12, body, posts, 3),
            "V1.3": self.ratio(8, len(value["kin"]), len(value["members"]), 100, "zero"),
            "V2.1": Fraction(2 * self.rules(body, VILLAGE_RULES)),
            "V2.2": self.whole(8, self.premises(body)),
            "V3.1": self.ratio(8, len(value["complete"]), len(value["people"]), 100, "full"),
            "V3.3": self.ratio(5, len(value["valid"]), len(value["people"]), 98, "full"),
            "V4.1": self.ratio(5, value["trainings"], 2 * len(value["all_members"]), 100, "zero"),
            "V4.3": self.ratio(6, *value["months"], 100, "full"),
            "V4.2": self.ratio(3, len(value["certified"]), len(value["all_members"]), 100, "zero"),
            "V6.1": self.whole(3, self.letters_signed(body)),
        }
        no_place = ["V3.2", "V3.4", "V3.5", "V5.1", "V5.2", "V6.2"]
        return points | dict.fromkeys(no_place, MISSING)

    def association(self, body) -> dict:
        steps = {0: 0, 1: 1, 2: 3}
        points = {
            "A1.1": self.whole(10, self.holds(body, "association_chair")),
            "A1.2": self.whole(5, self.holds(body, "association_vice_chair")),
            "A1.5": Fraction(steps.get(self.rules(body), 5)),
            "A2.1": self.whole(8, [row for row in self.budgets(body) if row["allocated_amount"] > 0]),
            "A2.2": self.whole(8, self.premises(body)),
            "A2.3": self.whole(
                8, [row for row in self.own("tenures", body) if self.current(row, "started_on", "ended_on")]
            ),
        }
        points["A3.4"] = self.whole(4, self.somebody_trained(body, "association_chair"))
        no_place = ["A1.3", "A1.4", "A3.1", "A3.2", "A3.3", "A4.1", "A5.1", "A5.2"]
        return points | dict.fromkeys(no_place, MISSING)

    def nine(self, body) -> dict:
        directors = self.in_post(self.own("tenures", body), "director")
        kinds = {row["ledger_kind"] for row in self.below("volumes", body) if row["year"] == self.year}
        return {
            "9.1": bool(self.plaques(body)),
            "9.2": any(row["document_number"] or row["document_scan"] for row in directors),
            "9.3": self.holds(body, "committee_member"),
            "9.4": bool(self.premises(body)),
            "9.5": self.rules(body, TOWNSHIP_RULES) == 7,
            "9.6": any(row["allocated_amount"] > 0 for row in self.budgets(body)),
            "9.7": bool(self.letters_signed(body) or self.targets_set(body)),
            "9.8": len(kinds) >= 6,
            "9.9": any(
                row["state"] == "approved" and row["year"] == self.year and row["as_of"] <= self.as_of
                for row in self.own("summaries", body)
            ),
        }

    def six(self, body) -> dict:
        return {
            "6.1": bool(self.plaques(body)),
            "6.2": self.holds(body, "committee_member"),
            "6.3": bool(self.premises(body)),
            "6.4": self.rules(body, VILLAGE_RULES) == 4,
            "6.5": MISSING,
            "6.6": self.pay.everybody_has_something(body["id"]),
        }

    def hundreds(self, body) -> dict:
        """The three hundred-percents as (part, whole)."""
        townships, villages = self.townships(body), self.villages(body)
        both = townships + villages
        return {
            "townships": (sum(self.holds(each, "director") for each in townships), len(townships)),
            "villages": (sum(self.holds(each, "association_chair") for each in villages), len(villages)),
            "members": (sum(self.holds(each, "committee_member") for each in both), len(both)),
        }

    def county(self, body, totals: dict, complete: dict) -> dict:
        """`totals` {kind: [total texts]}, `complete` {kind: (complete, bodies)} of the runs made before."""

        def mean(points, kind):
            each = [Fraction(total) for total in totals[kind]]
            return self.ratio(points, sum(each, Fraction(0)), 100 * len(each), 100, "zero")

        rates = [Fraction(part, whole) for part, whole in self.hundreds(body).values() if whole]
        points = {
            "C1": mean(30, "township"),
            "C2": mean(15, "village"),
            "C3": mean(15, "association"),
            "C4": Fraction(10) * sum(rates, Fraction(0)) / len(rates) if rates else Fraction(0),
            "C5.1": self.ratio(6, *complete["nine"], 100, "zero"),
            "C5.2": self.ratio(6, *complete["six"], 100, "zero"),
        }
        return points | dict.fromkeys(["C6", "C7"], MISSING)

    # --- totals and ranks ---------------------------------------------------------------------
    def total(self, points: dict) -> str:
        cents = sum((Fraction(half_up(each)) for each in points.values() if each is not MISSING), Fraction(0))
        return half_up(max(Fraction(0), min(cents, Fraction(105))))


def band(total: str) -> str:
    return next(name for floor, name in BANDS if Fraction(total) >= floor)


def ranks(totals: dict) -> dict:
    """1, 2, 2, 4: one more than how many are better."""
    return {
        key: 1 + sum(Fraction(other) > Fraction(total) for other in totals.values()) for key, total in totals.items()
    }
