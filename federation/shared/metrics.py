"""Metrics: named numbers of bodies in a window, each declared once by the app that owns the facts.

    register(Counted(name="orgs.plaques_in_place", label="在挂的牌子", …, facts=plaques_in_place, reach=OWN))
    figures = compute(["orgs.plaques_in_place"], bodies, Window(2026, day))
    figures.of("orgs.plaques_in_place", body)  ->  Figure(numerator, denominator, parts)

A *body* is anything with `pk` and `path`; metrics of an app may ask it for more (kind, level). `compute` takes
many at once and asks the database once per queryset and depth, never once per body. `evidence` gives the very
rows that were counted, so that a number and its proof cannot disagree.
"""

import datetime
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, ClassVar, NamedTuple

from django.db.models import Count, Min, Sum

from federation.shared.metric_queries import (
    OWN,
    SUBTREE,
    Elsewhere,
    Exceptions,
    added_up,
    bits_of,
    kinds_present,
    one_pass,
    reach_of,
    reach_then,
    span,
    span_of,
)

# What those who declare metrics need of the queries.
__all__ = ["OWN", "SUBTREE", "Elsewhere", "Exceptions", "added_up", "bits_of", "span", "span_of"]

_CENT = Decimal("0.01")


@dataclass(frozen=True)
class Window:
    """From 1 January of `year` to `as_of`, both included."""

    year: int
    as_of: datetime.date

    @property
    def start(self) -> datetime.date:
        return datetime.date(self.year, 1, 1)


class Figure(NamedTuple):
    """`denominator` is None for plain counts; `parts` says what is missing, as (code, amount) pairs.

    `rows` is how many rows prove the number where that is not the number itself (sums, days).
    """

    numerator: int | Decimal
    denominator: int | Decimal | None = None
    parts: tuple = ()
    rows: int | None = None

    @property
    def evidence_count(self) -> int:
        return int(self.numerator) if self.rows is None else self.rows


class UnknownMetric(LookupError):
    """No metric has this name."""


@dataclass(frozen=True, kw_only=True)
class Metric:
    """What all metrics say of themselves. `definition` states window and scope, `source` the policy's clause.

    `mend` is where the facts of a body are put right: the name of an address that takes the body's number (and
    what follows it after blanks), or with `?` in it, one that takes it as a parameter {body}. `mend_permission` is
    what that page asks. `permission` is what one must hold to see the rows behind the number (their own model may
    ask for more), `labels` names the codes in `parts`.
    """

    name: str
    label: str
    unit: str
    source: str
    definition: str
    mend: str = "organisation-detail"
    mend_permission: str = "organisations.view"
    permission: str = "organisations.view"
    labels: dict | None = None
    has_source: bool = True

    def nothing(self, body, window: Window) -> Figure:
        """The figure of a body about which there are no facts."""
        return Figure(0)

    def compute(self, bodies: list, window: Window) -> dict[int, Figure]:
        """{pk: figure}; a body that is left out has `nothing`."""
        raise NotImplementedError

    def evidence(self, body, window: Window):
        """The rows counted for `body`: a queryset, or a list where no table holds them."""
        raise NotImplementedError

    def measure(self, rows) -> int | Decimal:
        """What `evidence` adds up to: always the numerator."""
        return rows.count() if hasattr(rows, "model") else len(rows)

    def missing(self, body, window: Window):
        """The rows that would be counted but are not, or None where only their absence is known."""
        return None

    def words(self, code: str) -> str:
        return str((self.labels or {}).get(code, code))


@dataclass(frozen=True, kw_only=True)
class NoSource(Metric):
    """A number whose facts have no place in the system yet: always nothing, and said so (尚无数据来源)."""

    has_source: bool = False

    def compute(self, bodies, window):
        return {}

    def evidence(self, body, window):
        return []


@dataclass(frozen=True, kw_only=True)
class Counted(Metric):
    """Rows of `facts` that meet `where`; as a ratio over all rows of `facts` where `is_ratio`.

    `amounts` names two fields to be summed instead: (numerator, denominator). `path_field` is where the facts
    carry the path of their body; `reach` says whether the body's own rows count or those of its subtree.
    """

    facts: Callable[[Window], Any]
    where: Callable[[Window], Any] | None = None
    is_ratio: bool = False
    amounts: tuple[str, str] | None = None
    reach: str = OWN
    path_field: str = "org_path"
    # How many bodies are counted at once where nearly every row is a fact and meets the condition; `unless` is then
    # what a fact has that does not meet it.
    exceptions: Exceptions | None = None
    unless: Callable[[Window], Any] | None = None
    # Facts that move from body to body count where they lay on the day; only where all below a body counts.
    elsewhere: Elsewhere | None = None

    # A kind that finds its numbers in another way says no.
    shares_a_pass: ClassVar[bool] = True

    @property
    def has_denominator(self) -> bool:
        return self.is_ratio or self.amounts is not None

    def nothing(self, body, window):
        return Figure(0, 0, rows=0 if self.amounts else None) if self.has_denominator else Figure(0)

    def columns(self, window) -> tuple:
        """Aggregates for numerator, denominator and number of rows (None where there is none)."""
        if self.amounts:
            return (*(Sum(name) for name in self.amounts), Count("pk"))
        numerator = Count("pk", filter=self.where(window)) if self.where else Count("pk")
        return numerator, Count("pk") if self.is_ratio else None, None

    def figure(self, numerator, denominator, rows) -> Figure:
        if self.amounts:
            return Figure(_amount(numerator), _amount(denominator), rows=rows)
        return Figure(numerator, denominator)

    def compute(self, bodies, window):
        return one_pass([self], bodies, window)[self.name]

    def rows(self, body, window):
        """All rows of the denominator, of this body."""
        return self.facts(window).filter(reach_then(self, body.path, window))

    def evidence(self, body, window):
        rows = self.rows(body, window)
        return rows.filter(self.where(window)) if self.where else rows

    def measure(self, rows):
        if not self.amounts:
            return super().measure(rows)
        return _amount(rows.order_by().aggregate(total=Sum(self.amounts[0]))["total"])

    def missing(self, body, window):
        if not (self.is_ratio and self.where):
            return None
        counted = self.evidence(body, window).order_by().values("pk")
        return self.rows(body, window).exclude(pk__in=counted)


@dataclass(frozen=True, kw_only=True)
class Kinds(Metric):
    """How many of the `required` kinds occur in `field` of the facts; `parts` are the kinds that do not."""

    facts: Callable[[Window], Any]
    field: str
    required: Callable[[Any, Window], tuple[str, ...]]
    # What the kinds are called when some are missing: 缺 2 项制度.
    absent_unit: str = "项"
    reach: str = OWN
    path_field: str = "org_path"

    def nothing(self, body, window):
        return self._figure(frozenset(), self.required(body, window))

    def _figure(self, present, required) -> Figure:
        absent = tuple((kind, 1) for kind in required if kind not in present)
        return Figure(len(required) - len(absent), len(required), absent)

    def compute(self, bodies, window):
        required = {body.pk: self.required(body, window) for body in bodies}
        kinds = tuple(dict.fromkeys(kind for each in set(required.values()) for kind in each))
        masks = kinds_present(self, kinds, bodies, window)
        known: dict = {}
        figures = {}
        for body in bodies:
            mask = masks.get(body.path)
            if mask is not None:
                key = (mask, required[body.pk])
                if key not in known:
                    present = {kind for place, kind in enumerate(kinds) if mask >> place & 1}
                    known[key] = self._figure(present, key[1])
                figures[body.pk] = known[key]
        return figures

    def evidence(self, body, window):
        """The first row of each required kind: a kind counts once however many rows it has."""
        rows = self.facts(window).filter(reach_of(self, body.path))
        rows = rows.filter(**{f"{self.field}__in": self.required(body, window)})
        first = rows.order_by().values(self.field).annotate(first=Min("pk")).values("first")
        return rows.filter(pk__in=first)


@dataclass(frozen=True, kw_only=True)
class Worked(Metric):
    """A number that needs more than counting: functions with the same contract."""

    figures: Callable[[list, Window], dict[int, Figure]]
    proof: Callable[[Any, Window], list]
    absent: Callable[[Any, Window], list] | None = None
    empty: Callable[[Any], Figure] = lambda body: Figure(0, 0)
    measured: Callable[[Any], int | Decimal] | None = None

    def nothing(self, body, window):
        return self.empty(body)

    def compute(self, bodies, window):
        return self.figures(bodies, window)

    def evidence(self, body, window):
        return self.proof(body, window)

    def missing(self, body, window):
        return self.absent(body, window) if self.absent else None

    def measure(self, rows):
        return self.measured(rows) if self.measured else super().measure(rows)


_metrics: dict[str, Metric] = {}


def register(declared: Metric) -> Metric:
    _metrics[declared.name] = declared
    return declared


def metric(name: str) -> Metric:
    try:
        return _metrics[name]
    except KeyError:
        raise UnknownMetric(f"没有名为“{name}”的指标。请检查考核标准里的指标名称。") from None


def all_metrics() -> list[Metric]:
    return [_metrics[name] for name in sorted(_metrics)]


class Figures:
    """The numbers of many bodies by many metrics in a window."""

    def __init__(self, by_metric: dict[str, dict[int, Figure]], window: Window):
        self.by_metric = by_metric
        self.window = window

    def of(self, name: str, body) -> Figure:
        figure = self.by_metric[name].get(body.pk)
        return figure if figure is not None else metric(name).nothing(body, self.window)


def compute(names: Iterable[str], bodies: Iterable, window: Window) -> Figures:
    """All numbers of all bodies. Metrics that share facts and reach are computed in one pass."""
    bodies = list(bodies)
    by_metric: dict[str, dict[int, Figure]] = {}
    shared: dict[tuple, list[Counted]] = {}
    for name in dict.fromkeys(names):
        declared = metric(name)
        if isinstance(declared, Counted) and declared.shares_a_pass and bodies:
            shared.setdefault((declared.facts, declared.reach, declared.path_field), []).append(declared)
        else:
            by_metric[name] = declared.compute(bodies, window) if bodies else {}
    for group in shared.values():
        by_metric.update(one_pass(group, bodies, window))
    return Figures(by_metric, window)


def _amount(value) -> int | Decimal:
    """Whole numbers (times) as they are, money with its cents."""
    return value if isinstance(value, int) else Decimal(value or 0).quantize(_CENT, rounding=ROUND_HALF_UP)
