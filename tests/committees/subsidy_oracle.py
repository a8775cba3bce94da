"""Subsidies worked out a second time: from the text of the policy, with fractions, counting every day.

Knows nothing of the product. Bodies are numbers with a parent, a month is (year, month), money is a Fraction of yuan.
Slow on purpose: no sums of days, no shortcut by paths, nothing remembered but the answers.
"""

import datetime
import functools
from collections.abc import Iterable
from dataclasses import dataclass, field
from fractions import Fraction

DAY = datetime.timedelta(days=1)
CENT = Fraction(1, 100)
Month = tuple[int, int]


@dataclass(frozen=True)
class Post:
    """Somebody at a body from `first` to `last`, both days served; None: until further notice."""

    key: int
    person: int
    body: int
    role: str
    employment: str
    first: datetime.date
    last: datetime.date | None
    is_beside: bool = False

    def served_on(self, day: datetime.date) -> bool:
        return day >= self.first and (self.last is None or day <= self.last)


@dataclass(frozen=True)
class Standard:
    key: int
    body: int
    role: str
    employment: str
    is_floor: bool
    monthly: Fraction
    shares: tuple[Fraction, Fraction, Fraction]
    first: datetime.date
    last: datetime.date | None

    def in_force_on(self, day: datetime.date) -> bool:
        return day >= self.first and (self.last is None or day <= self.last)


@dataclass(frozen=True)
class Line:
    """{month: standard} paid, the sums, who pays, and the months that nothing fits or that are below a floor."""

    paid: dict[Month, Standard]
    gross: Fraction
    shares: tuple[Fraction, Fraction, Fraction]
    without: tuple[Month, ...]
    below: tuple[Month, ...]


@functools.cache
def days_of(month: Month) -> list[datetime.date]:
    day, days = datetime.date(*month, 1), []
    while (day.year, day.month) == month:
        days.append(day)
        day += DAY
    return days


def months_from(first: Month, last: Month) -> list[Month]:
    months, (year, month) = [], first
    while (year, month) <= last:
        months.append((year, month))
        year, month = (year + 1, 1) if month == 12 else (year, month + 1)
    return months


# --- which months, and where ----------------------------------------------------------------------------
def counts(rule: str, post: Post, month: Month) -> bool:
    days = days_of(month)
    served = sum(1 for day in days if post.served_on(day))
    if rule == "any_day":
        return served >= 1
    if rule == "whole_month":
        return served == len(days)
    return post.served_on(datetime.date(*month, 15)) or Fraction(served, len(days)) > Fraction(1, 2)


def places_of(rule: str, posts: Iterable[Post], month: Month) -> list[Post]:
    """Where one person is paid for the month: one of the successive posts, and what is held beside by permission."""
    posts = list(posts)
    beside = [post for post in posts if post.is_beside and counts(rule, post, month)]
    main = [post for post in posts if not post.is_beside and counts(rule, post, month)]
    if len(main) > 1:
        main = [post for post in main if post.served_on(datetime.date(*month, 15))] or main
    if len(main) > 1:
        served = {post.key: sum(1 for day in days_of(month) if post.served_on(day)) for post in main}
        longest = [post for post in main if served[post.key] == max(served.values())]
        main = [min(longest, key=lambda post: post.first)]
    return main + beside


# --- which standard ---------------------------------------------------------------------------------------
@dataclass
class Country:
    """Who stands above whom, the standards, and what was decided so far."""

    parents: dict[int, int | None]
    standards: list[Standard]
    _decided: dict = field(default_factory=dict)

    def upwards(self, body: int) -> list[int]:
        """The body, then what stands above it, the nearest first."""
        way = []
        at: int | None = body
        while at is not None:
            way.append(at)
            at = self.parents[at]
        return way

    def is_under(self, body: int, area: int) -> bool:
        return area in self.upwards(body)

    def pays(self, post: Post, month: Month) -> tuple[Standard | None, bool]:
        """The standard a month is paid by, and whether it is less than a floor demands."""
        question = post.body, post.role, post.employment, month
        if question not in self._decided:
            self._decided[question] = self._decide(*question)
        return self._decided[question]

    def _decide(self, body, role, employment, month):
        fitting = [
            each
            for each in self.standards
            if each.role in (role, "") and each.employment in (employment, "") and self._holds(each, month)
        ]
        way = self.upwards(body)
        own = [each for each in fitting if not each.is_floor and each.body in way]
        floors = [each for each in fitting if each.is_floor and each.body in way]
        chosen = self._nearest(own or floors, way)
        if chosen is None:
            return None, False
        return chosen, any(floor.monthly > chosen.monthly for floor in floors)

    def _holds(self, standard: Standard, month: Month) -> bool:
        days = [standard.in_force_on(day) for day in days_of(month)]
        assert all(days) or not any(days), "standards begin and end with a month"
        return all(days)

    def _nearest(self, standards: list[Standard], way: list[int]) -> Standard | None:
        for body in way:
            here = [each for each in standards if each.body == body]
            for says_role, says_employment in ((True, True), (True, False), (False, True), (False, False)):
                for each in here:
                    if (each.role != "", each.employment != "") == (says_role, says_employment):
                        return each
        return None


# --- a batch ------------------------------------------------------------------------------------------------
@dataclass
class Office:
    """Pays batch after batch; `paid` holds the months of every post that were paid."""

    country: Country
    paid: set[tuple[int, Month]] = field(default_factory=set)
    # How many months were left out because they had been paid.
    left_out: int = 0
    _of_person: dict[int, list[Post]] = field(default_factory=dict)

    def engage(self, posts: Iterable[Post]):
        for post in posts:
            self._of_person.setdefault(post.person, []).append(post)

    def due(self, area: int, role: str, rule: str, first: Month, last: Month) -> dict[int, Line]:
        """{post: line} of everybody in the area, of `role` or of any, for the months not paid yet."""
        found: dict[int, dict[Month, Post]] = {}
        for posts in self._of_person.values():
            inside = {
                post.key for post in posts
                if (not role or post.role == role) and self.country.is_under(post.body, area)
            }  # fmt: skip
            if not inside:
                continue
            for month in months_from(first, last):
                for post in places_of(rule, posts, month):
                    if post.key not in inside:
                        continue
                    if (post.key, month) in self.paid:
                        self.left_out += 1
                    else:
                        found.setdefault(post.key, {})[month] = post
        return {key: self._line(months) for key, months in found.items()}

    def _line(self, months: dict[Month, Post]) -> Line:
        paid, without, below = {}, [], []
        for month, post in months.items():
            standard, is_below = self.country.pays(post, month)
            if standard is None:
                without.append(month)
                continue
            if is_below:
                below.append(month)
            paid[month] = standard
        gross = sum((each.monthly for each in paid.values()), Fraction(0))
        shares = tuple(sum((each.shares[payer] for each in paid.values()), Fraction(0)) for payer in range(3))
        return Line(paid, gross, shares, tuple(without), tuple(below))

    def pay(self, lines: dict[int, Line]):
        self.paid |= {(key, month) for key, line in lines.items() for month in line.paid}

    def take_back(self, lines: dict[int, Line]):
        self.paid -= {(key, month) for key, line in lines.items() for month in line.paid}


# --- deductions -----------------------------------------------------------------------------------------------
def half_up(amount: Fraction) -> Fraction:
    """To the cent; half a cent goes up."""
    cents = amount / CENT
    whole = cents.numerator // cents.denominator
    return (whole + 1 if cents - whole >= Fraction(1, 2) else whole) * CENT


def shares_after(line: Line, deducted: Fraction) -> tuple[Fraction, ...]:
    """What each payer still pays: each saves its part of the deduction, what is left over the largest saves."""
    if not line.gross:
        return line.shares
    saved = [half_up(deducted * share / line.gross) for share in line.shares]
    largest = line.shares.index(max(line.shares))
    saved[largest] += deducted - sum(saved, Fraction(0))
    return tuple(share - less for share, less in zip(line.shares, saved, strict=True))
