"""What a member is paid for a month: which months count, which standard is in force, who pays. Pure arithmetic.

No database, no float: `Decimal` yuan with two places. A month is named by its first day.
"""

import calendar
import datetime
from collections.abc import Iterable
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache
from itertools import groupby
from typing import NamedTuple

from federation.shared.templatetags.ui import cn_month, cn_months

CENT = Decimal("0.01")
ZERO = Decimal("0.00")
_DAY = datetime.timedelta(days=1)


def first_of(day: datetime.date) -> datetime.date:
    return day.replace(day=1)


def last_of(month: datetime.date) -> datetime.date:
    return month.replace(day=calendar.monthrange(month.year, month.month)[1])


def next_month(month: datetime.date) -> datetime.date:
    return last_of(month) + _DAY


@lru_cache(maxsize=256)
def months_between(first: datetime.date, last: datetime.date) -> tuple[datetime.date, ...]:
    """The months from that of `first` to that of `last`, both included."""
    months, month = [], first_of(first)
    while month <= last:
        months.append(month)
        month = next_month(month)
    return tuple(months)


# --- which months count ---------------------------------------------------------------------------
def _days_served(month, started_on, ended_on) -> int:
    first = max(month, started_on)
    last = min(last_of(month), ended_on or datetime.date.max)
    return max(0, (last - first).days + 1)


def _on_fifteenth(month, started_on, ended_on) -> bool:
    middle = month.replace(day=15)
    return started_on <= middle and (ended_on is None or ended_on >= middle)


@lru_cache(maxsize=65536)
def counts(rule: str, month: datetime.date, started_on: datetime.date, ended_on: datetime.date | None) -> bool:
    """Whether `month` counts as served by `rule` (see MonthRule); the last day in post is a day in post."""
    served = _days_served(month, started_on, ended_on)
    in_month = last_of(month).day
    if rule == "any_day":
        return served > 0
    if rule == "whole_month":
        return served == in_month
    return _on_fifteenth(month, started_on, ended_on) or served * 2 > in_month


@lru_cache(maxsize=4096)
def _months_counting(rule, months, started_on, ended_on) -> tuple[datetime.date, ...]:
    return tuple(month for month in months if counts(rule, month, started_on, ended_on))


class Spell(NamedTuple):
    """The days of one appointment of one person; `key` is whatever names it."""

    key: int
    started_on: datetime.date
    ended_on: datetime.date | None
    # A second paid post held at the same time by permission is paid beside the first.
    is_beside: bool = False


def months_served(
    rule: str, spells: Iterable[Spell], months: tuple[datetime.date, ...]
) -> dict[int, list[datetime.date]]:
    """{key: its months that count} of one person.

    Who moves in the middle of a month may have served both places long enough for it to count twice; it counts once,
    at the place of the 15th, else where more days were served, else at the earlier one.
    """
    spells = list(spells)
    if len(spells) == 1:
        served = _months_counting(rule, months, spells[0].started_on, spells[0].ended_on)
        return {spells[0].key: list(served)} if served else {}
    found: dict[int, list[datetime.date]] = {}
    for month in months:
        counting = [spell for spell in spells if counts(rule, month, spell.started_on, spell.ended_on)]
        if sum(not spell.is_beside for spell in counting) > 1:
            main = max(
                (spell for spell in counting if not spell.is_beside),
                key=lambda spell: (
                    _on_fifteenth(month, spell.started_on, spell.ended_on),
                    _days_served(month, spell.started_on, spell.ended_on),
                    -spell.started_on.toordinal(),
                ),
            )
            counting = [spell for spell in counting if spell is main or spell.is_beside]
        for spell in counting:
            found.setdefault(spell.key, []).append(month)
    return found


# --- which standard -------------------------------------------------------------------------------
class Terms(NamedTuple):
    """One dated standard, as the arithmetic needs it."""

    pk: int
    path: str
    role: str
    employment: str
    is_floor: bool
    amount: Decimal
    shares: tuple[Decimal, ...]
    first: datetime.date
    last: datetime.date | None

    def holds(self, month: datetime.date) -> bool:
        """Standards begin with a month and end with one."""
        return self.first <= month and (self.last is None or self.last >= month)

    def fits(self, role: str, employment: str) -> bool:
        return self.role in ("", role) and self.employment in ("", employment)


class Book:
    """All standards that bear on an area, asked by place, role, employment and month."""

    def __init__(self, terms: Iterable[Terms]):
        self.terms = sorted(terms, key=lambda each: each.pk)
        self._by_path: dict[str, list[Terms]] = {}
        for each in self.terms:
            self._by_path.setdefault(each.path, []).append(each)
        self._lengths = sorted({len(path) for path in self._by_path}, reverse=True)
        self._known: dict[tuple, tuple[Terms | None, Decimal]] = {}
        self._lines: dict[tuple, Reckoned] = {}

    def heads(self, path: str) -> tuple[str, ...]:
        """The paths at and above `path` that have standards, nearest first."""
        return tuple(path[:length] for length in self._lengths if path[:length] in self._by_path)

    def in_force(self, path: str, role: str, employment: str, month: datetime.date) -> tuple[Terms | None, Decimal]:
        """(what is paid at `path`, the highest floor above it).

        The nearest area with a standard that fits wins; there, the one that names role and employment more closely.
        A floor is paid only where no other standard fits.
        """
        heads = self.heads(path)
        key = (heads, role, employment, month)
        if key not in self._known:
            self._known[key] = self._decide(*key)
        return self._known[key]

    def line(self, path: str, role: str, employment: str, months: tuple[datetime.date, ...]) -> "Reckoned":
        """`reckon`, worked out once for all who serve under the same standards for the same months."""
        key = (self.heads(path), role, employment, months)
        if key not in self._lines:
            self._lines[key] = reckon(self, path, role, employment, months)
        return self._lines[key]

    def _decide(self, heads, role, employment, month) -> tuple[Terms | None, Decimal]:
        paid, least, floor = None, None, ZERO
        for head in heads:
            here = [each for each in self._by_path[head] if each.holds(month) and each.fits(role, employment)]
            closest = sorted(here, key=lambda each: (bool(each.role), bool(each.employment)), reverse=True)
            for each in closest:
                if each.is_floor:
                    floor, least = max(floor, each.amount), least or each
                elif paid is None:
                    paid = each
        return paid or least, floor


# --- the arithmetic of one line ---------------------------------------------------------------------
class Month(NamedTuple):
    """One month of one line."""

    month: datetime.date
    terms: Terms


class Reckoned(NamedTuple):
    """A line: months paid, the arithmetic in parts, the sum and who pays how much of it; or what is wrong."""

    months: tuple[Month, ...]
    parts: tuple[dict, ...]
    gross: Decimal
    shares: tuple[Decimal, ...]
    problem: str


def reckon(book: Book, path: str, role: str, employment: str, months: Iterable[datetime.date]) -> Reckoned:
    """The line of an appointment at `path` for `months`. A month without a standard, or below a floor, is a problem."""
    paid, without, below = [], [], []
    for month in months:
        terms, floor = book.in_force(path, role, employment, month)
        if terms is None:
            without.append(month)
            continue
        if terms.amount < floor:
            below.append(f"{cn_month(month)}的标准 {terms.amount} 元低于上级规定的 {floor} 元")
        paid.append(Month(month, terms))
    problem = ""
    if without:
        problem = f"{cn_months(without[0], without[-1])}没有补贴标准。请补登标准后重新计算。"
    elif below:
        problem = f"{below[0]}。请核对标准后重新计算。"
    gross = sum((each.terms.amount for each in paid), ZERO)
    count = len(paid[0].terms.shares) if paid else 3
    shares = tuple(sum((each.terms.shares[place] for each in paid), ZERO) for place in range(count))
    return Reckoned(tuple(paid), parts_of(paid), gross, shares, problem)


def parts_of(paid: Iterable[Month]) -> tuple[dict, ...]:
    """Neighbouring months of one standard together: what the line shows as amount × months."""
    parts = []
    # The ordinal of a month less its place is the same along a run of neighbours.
    numbered = ((each, each.month.year * 12 + each.month.month - place) for place, each in enumerate(paid))
    for (terms, _run), group in groupby(numbered, key=lambda pair: (pair[0].terms, pair[1])):
        months = [each.month for each, _run in group]
        parts.append(
            {
                "from": f"{months[0]:%Y-%m}", "to": f"{months[-1]:%Y-%m}", "months": len(months),
                "amount": str(terms.amount), "standard": terms.pk,
            }
        )  # fmt: skip
    return tuple(parts)


def divide(amount: Decimal, shares: tuple[Decimal, ...]) -> tuple[Decimal, ...]:
    """`amount` in the proportion of `shares`, to the cent: each half up, what is left over to the largest share."""
    whole = sum(shares, ZERO)
    if whole == 0:
        return (amount, *(ZERO for _ in shares[1:]))
    divided = [(amount * share / whole).quantize(CENT, rounding=ROUND_HALF_UP) for share in shares]
    largest = max(range(len(shares)), key=lambda place: shares[place])
    divided[largest] += amount - sum(divided, ZERO)
    return tuple(divided)
