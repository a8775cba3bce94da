"""What members were paid, computed a second way: every day of every month counted, every rule in plain Python."""

from calendar import monthrange
from datetime import date, timedelta
from fractions import Fraction

from committees.models import Appointment, SubsidyBatch, SubsidyLine, SubsidyMonth, SubsidyPeriod, SubsidyStandard

PERIODS = {"month": 12, "quarter": 4, "half_year": 2, "year": 1}


class PayFacts:
    def __init__(self, rows):
        self.appointments = rows(
            Appointment, "id", "organisation_id", "role", "employment", "tenure__worker_id", "tenure__started_on",
            "tenure__ended_on", "tenure__permit_id",
        )  # fmt: skip
        self.standards = rows(
            SubsidyStandard, "organisation_id", "role", "employment", "is_floor", "monthly_amount", "valid_from",
            "valid_to",
        )  # fmt: skip
        self.periods = rows(SubsidyPeriod, "organisation_id", "from_year", "length", "month_rule")
        self.batches = {row["id"]: row for row in rows(SubsidyBatch, "id", "state", "paid_on")}
        self.lines = {
            row["id"]: row
            for row in rows(
                SubsidyLine,
                "id",
                "batch_id",
                "kind",
                "appointment_id",
                "amount",
                "outcome",
                "outcome_on",
                "corrects_id",
            )
        }
        self.months = rows(SubsidyMonth, "line_id", "appointment_id", "payee_id", "month", "amount", "freed_on")


class PayOracle:
    def __init__(self, facts: PayFacts, path: dict, year: int, as_of: date):
        self.facts, self.path, self.year, self.as_of = facts, path, year, as_of
        self.known: dict = {}

    # --- places ---------------------------------------------------------------------------------------
    def at_or_above(self, row, path) -> bool:
        return path.startswith(self.path[row["organisation_id"]])

    def nearest(self, rows, path):
        """The rows of the nearest place at or above `path` that has any."""
        rows = [row for row in rows if self.at_or_above(row, path)]
        depth = max((len(self.path[row["organisation_id"]]) for row in rows), default=0)
        return [row for row in rows if len(self.path[row["organisation_id"]]) == depth]

    def arrangement(self, path) -> tuple[str, str]:
        begun = [row for row in self.facts.periods if row["from_year"] <= self.year]
        here = sorted(self.nearest(begun, path), key=lambda row: row["from_year"])
        return (here[-1]["length"], here[-1]["month_rule"]) if here else ("half_year", "fifteenth_or_half")

    # --- months ---------------------------------------------------------------------------------------
    def ended_months(self, path) -> list[int]:
        length, _rule = self.arrangement(path)
        size = 12 // PERIODS[length]
        ended = []
        for first in range(1, 13, size):
            last = first + size - 1
            if date(self.year, last, monthrange(self.year, last)[1]) <= self.as_of:
                ended += range(first, last + 1)
        return ended

    def days_in_post(self, appointment, month) -> list[int]:
        ended = appointment["tenure__ended_on"]
        return [
            day
            for day in range(1, monthrange(self.year, month)[1] + 1)
            if appointment["tenure__started_on"] <= date(self.year, month, day)
            and (ended is None or ended >= date(self.year, month, day))
        ]

    def counts(self, rule, appointment, month) -> bool:
        days, all_days = self.days_in_post(appointment, month), monthrange(self.year, month)[1]
        if rule == "any_day":
            return len(days) >= 1
        if rule == "whole_month":
            return len(days) == all_days
        return 15 in days or Fraction(len(days)) > Fraction(all_days, 2)

    def due(self, appointment) -> list[int]:
        """The months of ended periods that are this appointment's: all of a post held beside by permission, of the
        others each month of the one to which it belongs."""
        path = self.path[appointment["organisation_id"]]
        rule = self.arrangement(path)[1]
        found = []
        for month in self.ended_months(path):
            rivals = [
                row
                for row in self.facts.appointments
                if row["tenure__worker_id"] == appointment["tenure__worker_id"] and self.counts(rule, row, month)
            ]
            if appointment not in rivals:
                continue
            if appointment["tenure__permit_id"] is not None:
                # Held by permission, paid beside the other.
                found.append(month)
                continue
            rivals = [row for row in rivals if row["tenure__permit_id"] is None]
            on_15th = [row for row in rivals if 15 in self.days_in_post(row, month)]
            rivals = on_15th or rivals
            most = max(len(self.days_in_post(row, month)) for row in rivals)
            rivals = [row for row in rivals if len(self.days_in_post(row, month)) == most]
            rivals.sort(key=lambda row: row["tenure__started_on"])
            if rivals[0] is appointment:
                found.append(month)
        return found

    # --- money ----------------------------------------------------------------------------------------
    def wanted(self, appointment, day: date):
        """What the standard asks for in the month of `day`; None without one."""
        path = self.path[appointment["organisation_id"]]
        fitting = [
            row
            for row in self.facts.standards
            if self.at_or_above(row, path)
            and row["role"] in ("", appointment["role"])
            and row["employment"] in ("", appointment["employment"])
            and row["valid_from"] <= day
            and (row["valid_to"] is None or row["valid_to"] >= day)
        ]
        floors = [row for row in fitting if row["is_floor"]]
        own = self.nearest([row for row in fitting if not row["is_floor"]], path)
        named = sorted(own, key=lambda row: (row["role"] != "", row["employment"] != ""))
        if not named and not floors:
            return None
        paid = named[-1]["monthly_amount"] if named else 0
        return max([paid, *(row["monthly_amount"] for row in floors)])

    def is_out(self, line, since: date = date.min) -> bool:
        """Paid between the days, by what the bank says of the line or by what is registered of the batch."""
        if line["outcome"] == "paid" and line["outcome_on"] and since <= line["outcome_on"] <= self.as_of:
            return True
        batch = self.facts.batches[line["batch_id"]]
        return batch["state"] in ("paid", "archived") and since <= batch["paid_on"] <= self.as_of

    def has_arrived(self, line) -> bool:
        if line["outcome"] == "given_up":
            return False
        if line["outcome"] != "failed":
            return self.is_out(line)
        again = [
            row for row in self.facts.lines.values() if row["corrects_id"] == line["id"] and row["kind"] == "again"
        ]
        return any(self.has_arrived(row) for row in again)

    def month_paid(self, appointment, first: date):
        """The row that paid the month: at the post itself, else at another post of the person."""
        rows = [row for row in self.facts.months if row["month"] == first and row["freed_on"] is None]
        here = [row for row in rows if row["appointment_id"] == appointment["id"]]
        elsewhere = [
            row for row in rows
            if row["payee_id"] == appointment["tenure__worker_id"] and appointment["tenure__permit_id"] is None
        ]  # fmt: skip
        return next(iter([*here, *elsewhere]), None)

    def is_full(self, appointment, month: int) -> bool:
        first = date(self.year, month, 1)
        wanted = self.wanted(appointment, first)
        row = self.month_paid(appointment, first)
        if wanted is None or row is None:
            return False
        line = self.facts.lines[row["line_id"]]
        if not self.has_arrived(line):
            return False
        if row["amount"] >= wanted:
            return True
        lacking = 0
        # What the line lacks for all of the person's posts whose months it paid.
        for post in self.facts.appointments:
            if post["tenure__worker_id"] != appointment["tenure__worker_id"]:
                continue
            for each in self.due(post):
                asked = self.wanted(post, date(self.year, each, 1))
                other = self.month_paid(post, date(self.year, each, 1))
                if asked is not None and other is not None and other["line_id"] == line["id"]:
                    lacking += max(0, asked - other["amount"])
        added = sum(
            each["amount"]
            for each in self.facts.lines.values()
            if each["corrects_id"] == line["id"] and each["kind"] == "correction"
            and self.is_out(each) and each["outcome"] not in ("failed", "given_up")
        )  # fmt: skip
        return added >= lacking

    def of(self, appointment) -> tuple[int, int]:
        key = appointment["id"]
        if key not in self.known:
            due = self.due(appointment)
            self.known[key] = (sum(self.is_full(appointment, month) for month in due), len(due))
        return self.known[key]

    def months(self, path) -> tuple[int, int]:
        """(paid in full, due) of everybody at and below `path`."""
        each = [
            self.of(row) for row in self.facts.appointments if self.path[row["organisation_id"]].startswith(path)
        ]  # fmt: skip
        return sum(full for full, _due in each), sum(due for _full, due in each)

    def everybody_has_something(self, body: int) -> bool:
        current = [
            row
            for row in self.facts.appointments
            if row["organisation_id"] == body
            and row["tenure__started_on"] <= self.as_of
            and (row["tenure__ended_on"] is None or row["tenure__ended_on"] >= self.as_of)
        ]
        return bool(current) and all(self.has_something(row) for row in current)

    def has_something(self, appointment) -> bool:
        for line in self.facts.lines.values():
            mine = line["appointment_id"] == appointment["id"] and line["amount"] > 0
            if mine and self.is_out(line, date(self.year, 1, 1)) and line["outcome"] not in ("failed", "given_up"):
                return True
        first_of_month = self.as_of - timedelta(days=self.as_of.day - 1)
        return not self.due(appointment) and self.wanted(appointment, first_of_month) is not None
