"""Whether members were paid what the standard says: months due in the periods that have ended, and months paid in full.

Of all bodies asked about at once: a fixed number of queries, then arithmetic (reckoning.py).
"""

import datetime
import os.path
from collections import defaultdict
from collections.abc import Iterable
from decimal import Decimal
from functools import cached_property
from typing import NamedTuple

from django.db.models import BigIntegerField, Count, Max, Min, Q, Sum

from committees.batch_lines import book_for
from committees.models import Appointment, MonthRule, SubsidyBatch, SubsidyLine, SubsidyMonth, SubsidyPeriod
from committees.reckoning import Spell, first_of, last_of, months_between, months_served
from federation.shared.metrics import Figure, Window, added_up, span
from federation.shared.money import cents
from orgs.models import Organisation

ZERO = Decimal("0.00")
PAID = (SubsidyBatch.State.PAID, SubsidyBatch.State.ARCHIVED)
FAILED = SubsidyLine.Outcome.FAILED
SENT_BACK = (FAILED, SubsidyLine.Outcome.GIVEN_UP)
# So many lines are asked for by number; more cost less as all of them.
_BY_NUMBER = 5000


def paid_by(window: Window, prefix: str = "", since: datetime.date | None = None) -> Q:
    """Lines that the bank says have arrived, or whose batch is registered as paid, by the window's day."""
    days = {"lte": window.as_of} | ({"gte": since} if since else {})
    said = Q(
        **{f"{prefix}outcome": SubsidyLine.Outcome.PAID}, **{f"{prefix}outcome_on__{k}": v for k, v in days.items()}
    )
    batch = Q(**{f"{prefix}batch__state__in": PAID}, **{f"{prefix}batch__paid_on__{k}": v for k, v in days.items()})
    return said | batch


# --- periods ----------------------------------------------------------------------------------------
class Arrangement(NamedTuple):
    """How an area pays: which months count as served, and those of the year whose period has ended."""

    rule: str
    months: tuple[datetime.date, ...]


def ended_months(length: str, window: Window) -> tuple[datetime.date, ...]:
    """The months of the year's periods that have ended by the window's day."""
    size, ended = SubsidyPeriod.MONTHS[length], 0
    for last in range(size, 13, size):
        if last_of(datetime.date(window.year, last, 1)) <= window.as_of:
            ended = last
    return tuple(datetime.date(window.year, month, 1) for month in range(1, ended + 1))


class Arrangements:
    """Of each place: what the nearest area above it has laid down for the year, else every half-year."""

    def __init__(self, path: str, window: Window):
        rows = SubsidyPeriod.objects.bearing_on(path).filter(from_year__lte=window.year)
        usual = (SubsidyPeriod.USUAL, MonthRule.FIFTEENTH_OR_HALF)
        self._usual = Arrangement(usual[1].value, ended_months(usual[0], window))
        # In the order of years, so that the latest one stays.
        self._at = {
            row.org_path: Arrangement(row.month_rule, ended_months(row.length, window))
            for row in rows.order_by("from_year")
        }
        self._lengths = sorted({len(each) for each in self._at}, reverse=True)

    def of(self, path: str) -> Arrangement:
        return next((self._at[path[:size]] for size in self._lengths if path[:size] in self._at), self._usual)

    @property
    def last_month(self) -> datetime.date | None:
        ends = [each.months[-1] for each in (self._usual, *self._at.values()) if each.months]
        return max(ends, default=None)


# --- what is due and what was paid ------------------------------------------------------------------
def _common_path(bodies) -> str:
    common = os.path.commonprefix([body.path for body in bodies])
    return common[: len(common) - len(common) % Organisation.steplen]


class Served(NamedTuple):
    pk: int
    worker: int
    path: str
    role: str
    employment: str
    started_on: datetime.date
    ended_on: datetime.date | None
    # Of a second post that is held and paid beside the first.
    permit: int | None

    @property
    def spell(self) -> Spell:
        return Spell(self.pk, self.started_on, self.ended_on, self.permit is not None)


_SERVED = (
    "pk", "tenure__worker_id", "org_path", "role", "employment", "tenure__started_on", "tenure__ended_on",
    "tenure__permit_id",
)  # fmt: skip


class Stretch(NamedTuple):
    """So many months without a gap."""

    number: int
    first: datetime.date
    last: datetime.date

    def holds(self, month: datetime.date) -> bool:
        return self.first <= month <= self.last


class PayRecord:
    """Of the appointments of `bodies` and what lies below: the months due to them, and those that were paid in full."""

    def __init__(self, bodies: list, window: Window):
        self.bodies, self.window = bodies, window
        path = _common_path(bodies)
        self.arrangements = Arrangements(path, window)
        self.book = book_for(path, window.start, window.as_of)
        self.place_of: dict[int, str] = {}
        # {person: appointments with months due}, and who served at another place as well.
        self.posts_of: dict[int, list[int]] = defaultdict(list)
        self.served_elsewhere: list[int] = []
        self._wanted: dict[tuple, dict] = {}
        self._most: dict[tuple, int | None] = {}

    @cached_property
    def due(self) -> dict[int, dict[datetime.date, Decimal | None]]:
        """{appointment: {month: the yuan the standard asks for, None where there is no standard}}."""
        last = self.arrangements.last_month
        if last is None:
            return {}
        served = Appointment.objects.served_between(self.window.start, last_of(last))
        here = served.filter(span(self.bodies, "org_path"))
        inside = [Served(*row) for row in here.order_by().values_list(*_SERVED).iterator(chunk_size=5000)]
        spells = defaultdict(list)
        # A month belongs to one of a person's appointments, so those elsewhere are looked at as well.
        workers = here.order_by().values("tenure__worker")
        elsewhere = served.exclude(span(self.bodies, "org_path")).filter(tenure__worker__in=workers)
        outside = [Served(*row) for row in elsewhere.order_by().values_list(*_SERVED)]
        self.served_elsewhere = sorted({row.worker for row in outside})
        for row in [*inside, *outside]:
            spells[row.worker].append(row.spell)
        found = {}
        for row in inside:
            arrangement = self.arrangements.of(row.path)
            counted = self._counted(row, spells[row.worker], arrangement) if arrangement.months else ()
            if counted:
                self.place_of[row.pk] = row.path
                if row.permit is None:
                    self.posts_of[row.worker].append(row.pk)
                found[row.pk] = self.wanted(row.path, row.role, row.employment, counted)
        return found

    def _counted(self, row: Served, spells: list[Spell], arrangement: Arrangement) -> tuple[datetime.date, ...]:
        """The months of `row` among all the person's spells."""
        rule, months = arrangement
        spell = spells[0]
        if len(spells) == 1 and spell.started_on <= months[0] and spell.ended_on is None:
            return months
        mine = sorted(spells, key=lambda spell: spell.key)
        return tuple(months_served(rule, mine, months).get(row.pk, ()))

    def wanted(self, path: str, role: str, employment: str, months: tuple) -> dict[datetime.date, Decimal | None]:
        """What the standards in force ask for, month by month; one dictionary for all who serve under the same."""
        key = (self.book.heads(path), role, employment, months)
        if key not in self._wanted:
            amounts = {}
            for month in months:
                terms, floor = self.book.in_force(path, role, employment, month)
                amounts[month] = max(terms.amount, floor) if terms is not None else None
            self._wanted[key] = amounts
        return self._wanted[key]

    @cached_property
    def full(self) -> dict[int, dict[datetime.date, Decimal]]:
        """{appointment: {month: what was paid}} of the months due that were paid at no less than the standard."""
        return self._in_full(self._months_paid())

    @cached_property
    def full_counts(self) -> dict[int, int]:
        """{appointment: how many months `full` has}.

        Nearly every line pays each of its months in full and is counted as a whole, which the database adds up; only
        the months of the others are looked at one by one.
        """
        whole, others = self._stretches()
        counts = {pk: sum(stretch.number for stretch in stretches) for pk, stretches in whole.items()}
        for pk, months in self._in_full(self._months_paid(others)).items():
            once = [month for month in months if not any(stretch.holds(month) for stretch in whole.get(pk, ()))]
            counts[pk] = counts.get(pk, 0) + len(once)
        return counts

    def _in_full(self, months: Iterable[tuple]) -> dict[int, dict[datetime.date, Decimal]]:
        """`full` of those rows of _months_paid; all rows of a line or none."""
        found: dict[int, dict] = defaultdict(dict)
        short: dict[int, list] = defaultdict(list)
        for line, paid_at, payee, month, amount in months:
            appointment = self._owner(paid_at, payee, month)
            wanted = self.due.get(appointment, {}).get(month)
            if wanted is None:
                continue
            if amount >= wanted:
                found[appointment][month] = amount
            else:
                short[line].append((appointment, month, amount, wanted))
        for line, made_up in self._corrected(short).items():
            lacking = sum((wanted - amount for _pk, _month, amount, wanted in short[line]), ZERO)
            if made_up >= lacking:
                for appointment, month, _amount, wanted in short[line]:
                    found[appointment][month] = wanted
        return found

    def _stretches(self) -> tuple[dict[int, list["Stretch"]], set[int]]:
        """({appointment: unbroken months due, each paid in full}, the lines that are not of such stretches alone)."""
        if self.arrangements.last_month is None:
            return {}, set()
        rows = self._going().order_by().values_list("line", "appointment")
        # The least as it is stored, in whole cents.
        least = Min("amount", output_field=BigIntegerField())
        sums = rows.annotate(number=Count("pk"), first=Min("month"), last=Max("month"), least=least)
        whole, others = [], set()
        for line, appointment, number, first, last, least in sums.iterator(chunk_size=5000):
            asked = self._asked(appointment, first, last)
            if asked is not None and least >= asked and number == len(months_between(first, last)):
                whole.append((line, appointment, Stretch(number, first, last)))
            else:
                others.add(line)
        found = defaultdict(list)
        for line, appointment, stretch in whole:
            if line not in others:
                found[appointment].append(stretch)
        return found, others

    def _asked(self, appointment: int, first: datetime.date, last: datetime.date) -> int | None:
        """The most cents due in one of these months; None where one of them is not due or has no standard."""
        due = self.due.get(appointment)
        if due is None:
            return None
        # One dictionary serves all who are due the same (see `wanted`).
        key = (id(due), first, last)
        if key not in self._most:
            amounts = [due.get(month) for month in months_between(first, last)]
            self._most[key] = None if None in amounts else cents(max(amounts))
        return self._most[key]

    def _owner(self, appointment: int, payee: int | None, month: datetime.date) -> int:
        """Whose month it was: who moved may have been paid for it at the former post, and is not paid twice."""
        if month in self.due.get(appointment, ()):
            return appointment
        return next((pk for pk in self.posts_of.get(payee, ()) if month in self.due[pk]), appointment)

    def _is_out(self, prefix: str) -> Q:
        return paid_by(self.window, prefix)

    def _whose(self, prefix: str) -> Q:
        """Lines of the area, and those of its people at other places."""
        area = span(self.bodies, f"{prefix}org_path")
        # What is due is asked first: it says who they are.
        return area | Q(**{f"{prefix}worker__in": self.served_elsewhere}) if self.due else area

    def _standing(self):
        return SubsidyMonth.objects.standing().filter(
            self._whose("line__"), month__gte=self.window.start, month__lte=self.arrangements.last_month
        )

    def _going(self):
        """Of these, what has arrived or is on its way and was not sent back."""
        return self._standing().filter(self._is_out("line__")).exclude(line__outcome__in=SENT_BACK)

    def _months_paid(self, lines: set[int] | None = None) -> Iterable[tuple]:
        """(line, appointment, payee, month, amount) of what has arrived, or is on its way and was not sent back.

        Of `lines`, and in any case of those sent back and paid again."""
        if self.arrangements.last_month is None:
            return
        names = ("line_id", "appointment_id", "payee_id", "month", "amount")
        going = self._going().order_by()
        if lines is not None and len(lines) <= _BY_NUMBER:
            going = going.filter(line__in=lines or [0])
        for row in going.values_list(*names).iterator(chunk_size=5000):
            if lines is None or row[0] in lines:
                yield row
        # Asked for in any case: the number of queries does not depend on what was sent back.
        arrived = self._paid_again()
        sent_back = self._standing().filter(line__outcome=FAILED).order_by().values_list(*names)
        yield from (row for row in sent_back if row[0] in arrived)

    def _paid_again(self) -> set[int]:
        """Lines that the bank sent back and a later batch paid again, perhaps at the second or third attempt.

        Their own batches may wait for others whose money came back; only the last attempt has to have arrived.
        """
        rows = SubsidyLine.objects.filter(
            self._whose(""), self._is_out("") | Q(outcome=FAILED), kind=SubsidyLine.Kind.AGAIN
        )  # fmt: skip
        attempts = {line: (pk, outcome) for pk, line, outcome in rows.values_list("pk", "corrects_id", "outcome")}
        arrived = set()
        for line in attempts:
            pk, outcome = attempts[line]
            while outcome == FAILED and pk in attempts:
                pk, outcome = attempts[pk]
            if outcome not in SENT_BACK:
                arrived.add(line)
        return arrived

    def _corrected(self, short: dict) -> dict[int, Decimal]:
        """What corrections in later batches have added to lines that paid too little."""
        rows = SubsidyLine.objects.filter(
            self._whose(""), self._is_out(""), kind=SubsidyLine.Kind.CORRECTION
        ).exclude(outcome__in=SENT_BACK)  # fmt: skip
        added = rows.order_by().values("corrects").annotate(added=Sum("amount")).values_list("corrects", "added")
        return {line: amount for line, amount in added if line in short}


def months_paid(bodies: list, window: Window) -> dict[int, Figure]:
    """{body: months paid in full ÷ months due}, of everything below each body."""
    record = PayRecord(bodies, window)
    at: dict[str, list] = {}
    for appointment, months in record.due.items():
        path = record.place_of[appointment]
        sums = at.setdefault(path, [path, 0, 0])
        sums[1] += record.full_counts.get(appointment, 0)
        sums[2] += len(months)
    found = added_up(at.values(), bodies)
    return {body.pk: Figure(*found[body.path][1:]) for body in bodies if body.path in found}


# --- 六有 item 6: everybody has something --------------------------------------------------------------
def _members(bodies: list, window: Window) -> dict[str, dict[int, bool]]:
    """{path of a body: {current appointment: whether a subsidy counts for it}}, of the very bodies."""
    record = PayRecord(bodies, window)
    own = {body.path for body in bodies}
    rows = Appointment.objects.current_on(window.as_of).filter(span(bodies, "org_path")).order_by()
    current = [each for each in (Served(*row) for row in rows.values_list(*_SERVED)) if each.path in own]
    lines = SubsidyLine.objects.filter(
        span(bodies, "org_path"), paid_by(window, since=window.start), amount__gt=0
    ).exclude(outcome__in=SENT_BACK)  # fmt: skip
    paid = set(lines.order_by().values_list("appointment_id", flat=True))
    due = record.due
    found: dict[str, dict[int, bool]] = defaultdict(dict)
    for row in current:
        found[row.path][row.pk] = row.pk in paid or (row.pk not in due and _is_promised(record, row))
    return found


def _is_promised(record: PayRecord, row: Served) -> bool:
    """No period in which the person served has ended; a standard is in force."""
    terms, _floor = record.book.in_force(row.path, row.role, row.employment, first_of(record.window.as_of))
    return terms is not None


def members_paid(bodies: list, window: Window) -> dict[int, Figure]:
    """{body: its current appointments, where a subsidy counts for every one of them}; a body with none is left out."""
    members = _members(bodies, window)
    return {body.pk: Figure(len(found)) for body in bodies if (found := members.get(body.path)) and all(found.values())}


def paid_members_of(body, window):
    found = _members([body], window).get(body.path, {})
    return Appointment.objects.filter(pk__in=list(found) if all(found.values()) else [])


def unpaid_members_of(body, window):
    """Those for whom nothing counts: what keeps the number at nought."""
    found = _members([body], window).get(body.path, {})
    return Appointment.objects.filter(pk__in=[pk for pk, counts in found.items() if not counts])
