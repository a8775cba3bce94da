"""Next year's need (下一年度预算) by area and payer, from posts and standards; and what another standard would change.

Who is in post today serves on until a day that is already known; every required post that is vacant today is shown
apart, as if it were filled for the whole year. A standard that is only thought of is put beside those in force here,
in memory: nothing is stored.
"""

import datetime
from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import groupby

from committees.batch_lines import book_for
from committees.models import Appointment, MonthRule
from committees.reckoning import Book, Spell, Terms, months_between, months_served
from committees.services.engagements import role_for
from federation.shared.fields import subtree
from federation.shared.templatetags.ui import cn_month
from federation.shared.workbooks import Column, Sheet
from orgs.models import Organisation, Post
from orgs.open_vacancies import bodies_with_vacancies

ZERO = Decimal("0.00")
_DAY = datetime.timedelta(days=1)
# A standard that is only thought of has no key.
THOUGHT_OF = 0
PAYERS = ("县财政", "乡镇（街道）", "公益性岗位资金")


@dataclass
class Need:
    """People, months and yuan; `without` are months for which there is no standard."""

    people: int = 0
    months: int = 0
    amount: Decimal = ZERO
    shares: tuple[Decimal, ...] = (ZERO, ZERO, ZERO)
    without: int = 0

    def add(self, reckoned, months: int):
        self.people += 1
        self.months += months
        self.amount += reckoned.gross
        self.shares = tuple(map(Decimal.__add__, self.shares, reckoned.shares))
        self.without += months - len(reckoned.months)

    def __add__(self, other: "Need") -> "Need":
        shares = tuple(map(Decimal.__add__, self.shares, other.shares))
        return Need(self.people + other.people, self.months + other.months, self.amount + other.amount, shares,
                    self.without + other.without)  # fmt: skip


@dataclass
class AreaNeed:
    """One area: who is in post, what is vacant; each as the standards in force say and as the one thought of would."""

    name: str
    posts: Need = field(default_factory=Need)
    vacant: Need = field(default_factory=Need)
    posts_then: Need = field(default_factory=Need)
    vacant_then: Need = field(default_factory=Need)

    @property
    def now(self) -> Need:
        return self.posts + self.vacant

    @property
    def then(self) -> Need:
        return self.posts_then + self.vacant_then

    @property
    def difference(self) -> Decimal:
        return self.then.amount - self.now.amount

    @property
    def share_differences(self) -> tuple[Decimal, ...]:
        return tuple(map(Decimal.__sub__, self.then.shares, self.now.shares))

    def __add__(self, other: "AreaNeed") -> "AreaNeed":
        return AreaNeed(
            self.name, self.posts + other.posts, self.vacant + other.vacant, self.posts_then + other.posts_then,
            self.vacant_then + other.vacant_then,
        )  # fmt: skip


@dataclass
class Budget:
    area: Organisation
    year: int
    areas: list[AreaNeed]
    total: AreaNeed
    what_if: Terms | None


def budget_of(area: Organisation, year: int, today: datetime.date, what_if: Terms | None = None) -> Budget:
    """The need of `area` in `year`, by the areas one step below it: one question for posts, one for what is vacant."""
    first, last = datetime.date(year, 1, 1), datetime.date(year, 12, 31)
    now = book_for(area.path, first, last)
    then = with_standard(now, what_if) if what_if else None
    found: dict[str, AreaNeed] = {}
    step = len(area.path) + Organisation.steplen
    months = months_between(first, last)

    def add(kind: str, path: str, role: str, employment: str, served: tuple):
        need = found.get(path[:step])
        if need is None:
            need = found[path[:step]] = AreaNeed(path[:step])
        getattr(need, kind).add(now.line(path, role, employment, served), len(served))
        if then is not None:
            getattr(need, f"{kind}_then").add(then.line(path, role, employment, served), len(served))

    for row in _served(area, first, last, months):
        add("posts", *row)
    for path, role in _vacant(area, today):
        add("vacant", path, role, "", months)
    labels = Organisation.objects.filter(path__in=list(found)).values_list("path", "short_name", "name")
    names = {path: short or name for path, short, name in labels}
    for path, need in found.items():
        need.name = f"{area.label}本级" if path == area.path else names.get(path, path)
    areas = [found[path] for path in sorted(found)]
    return Budget(area, year, areas, sum(areas, AreaNeed("合计")), what_if)


def _served(area, first, last, months) -> Iterable[tuple]:
    """(path, role, employment, months that count) of everybody at or below the area."""
    rule = MonthRule.FIFTEENTH_OR_HALF
    names = ("tenure__worker_id", "pk", "org_path", "role", "employment", "tenure__started_on", "tenure__ended_on",
             "tenure__permit_id")  # fmt: skip
    served = Appointment.objects.served_between(first, last)
    here = served.filter(subtree(area.path, "org_path"))
    # Who also serves elsewhere is paid a month once, wherever it belongs.
    moved = served.filter(tenure__worker__in=here.order_by().values("tenure__worker"))
    rows = (moved if area.depth > 1 else here).order_by("tenure__worker_id", "pk").values_list(*names)
    for _worker, some in groupby(rows.iterator(chunk_size=5000), key=lambda row: row[0]):
        spells = list(some)
        if len(spells) == 1 and spells[0][5] <= first and spells[0][6] is None:
            counted = {spells[0][1]: months}
        else:
            given = [Spell(pk, start, end, permit is not None) for _w, pk, _p, _r, _e, start, end, permit in spells]
            counted = months_served(rule, given, months)
        for _w, pk, path, role, employment, *_days in spells:
            if counted.get(pk) and path.startswith(area.path):
                yield path, role, employment, tuple(counted[pk])


def _vacant(area, today) -> Iterable[tuple[str, str]]:
    """(path, role) of every required post of a member that nobody holds today."""
    bodies = Organisation.objects.under(area.path)
    vacant = bodies_with_vacancies(bodies, today, post=Post.COMMITTEE_MEMBER)
    for body in vacant.order_by("path").only("path", "body_kind", "place_kind").iterator(chunk_size=5000):
        yield body.path, role_for(body, Post.COMMITTEE_MEMBER)


# --- a standard that is only thought of -------------------------------------------------------------------
def with_standard(book: Book, what_if: Terms) -> Book:
    """The book as it would be: the same standard of the same area ends the day before, a later one is not issued."""
    kept = []
    for each in book.terms:
        same = (each.path, each.role, each.employment, each.is_floor) == (
            what_if.path, what_if.role, what_if.employment, what_if.is_floor,
        )  # fmt: skip
        if not same:
            kept.append(each)
        elif each.first < what_if.first:
            ends = what_if.first - _DAY
            kept.append(each._replace(last=min(each.last or ends, ends)))
    return Book([*kept, what_if])


# --- the workbook -----------------------------------------------------------------------------------------
def budget_sheet(budget: Budget) -> Sheet:
    columns = [Column("地区", 18)]
    for word in ("在任", "空缺"):
        columns += [Column(f"{word}人数", 10, "number"), Column(f"{word}人月", 10, "number"),
                    Column(f"{word}金额", 14, "money")]  # fmt: skip
    columns += [Column("合计", 14, "money"), *(Column(payer, 16, "money") for payer in PAYERS)]
    columns.append(Column("没有标准的人月", 16, "number"))
    if budget.what_if:
        columns += [Column("调整后合计", 16, "money"), Column("增减", 14, "money")]
        columns += [Column(f"{payer}增减", 18, "money") for payer in PAYERS]
    sheet = Sheet(f"{budget.year}年预算", columns, (_cells(need, budget) for need in [*budget.areas, budget.total]),
                  has_filter=False)  # fmt: skip
    sheet.above = (f"{budget.area.label} {budget.year} 年专职委员补贴预算", words_of(budget))
    return sheet


def _cells(need: AreaNeed, budget: Budget) -> list:
    cells = [need.name]
    for part in (need.posts, need.vacant):
        cells += [part.people, part.months, part.amount]
    cells += [need.now.amount, *need.now.shares, need.now.without]
    if budget.what_if:
        cells += [need.then.amount, need.difference, *need.share_differences]
    return cells


def words_of(budget: Budget) -> str:
    """What the figures rest on, and which standard is only thought of."""
    words = "按现在在任的人和已登记的标准，空缺岗位按全年补齐计算；单位：元"
    if budget.what_if:
        terms = budget.what_if
        kind = "最低标准" if terms.is_floor else "标准"
        words += f"。调整后：{cn_month(terms.first)}起{kind}每月 {terms.amount} 元（只是测算，没有登记）"
    return words
