"""The queries behind metrics: facts grouped by the path of their body, in as few passes over a table as can be."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from operator import itemgetter
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connections
from django.db.models import Aggregate, Case, Count, F, IntegerField, Q, Value, When
from django.db.models.functions import Length, Substr

from federation.shared.fields import subtree

OWN = "own"
SUBTREE = "subtree"
# From so many bodies on a table is read as a whole, whatever else is in it.
MANY = 1000


@dataclass(frozen=True)
class Exceptions:
    """What makes counting cheap where nearly every row of a table is a fact: count them all, take off the few.

    `every` gives all rows; `left_out` those that are no facts in the window, as querysets that have no row in
    common, each of which an index finds. `narrowed_by` is the path by which they are narrowed to an area: one that
    does not tempt the planner away from that index.
    """

    every: Callable[[], Any]
    left_out: Callable[[Any], Iterable]
    narrowed_by: str


def span(bodies, field: str) -> Q:
    """The one index range that holds every fact of theirs: from the first path to the last one's subtree."""
    return span_of([body.path for body in bodies], field)


def span_of(paths, field: str) -> Q:
    # The subtree of a county ends after that of its last township: not the last path, the last end counts.
    return Q(**{f"{field}__gte": min(paths), f"{field}__lt": max(path + "~" for path in paths)})


def reach_of(declared, path: str) -> Q:
    if declared.reach == OWN:
        return Q(**{declared.path_field: path})
    return subtree(path, declared.path_field)


def own_facts(declared, bodies, window):
    """Facts of the very bodies: only those as deep as one of them are read."""
    facts, name = declared.facts(window).order_by(), declared.path_field
    if len(bodies) == 1:
        return facts.filter(**{name: bodies[0].path})
    lengths = {len(body.path) for body in bodies}
    return facts.filter(span(bodies, name)).alias(path_length=Length(name)).filter(path_length__in=lengths)


def one_pass(group: list, bodies, window) -> dict[str, dict[int, Any]]:
    """{name: {pk: figure}} of metrics that share facts and reach: one grouped query, a column a number."""
    columns: dict = {}
    places = [(declared, *(_place(columns, each) for each in declared.columns(window))) for declared in group]
    # Sums of money are made decimals by Django.
    read = list if any(declared.amounts for declared in group) else _read
    if group[0].reach == OWN:
        rows = read(_grouped(own_facts(group[0], bodies, window), F(group[0].path_field), columns))
        by_path = {row[0]: row for row in rows}
    elif len(bodies) >= MANY and all(declared.exceptions and declared.unless for declared in group):
        rows = _read(_all_but_exceptions(group, bodies, window))
        places = [(declared, 2 + number, 1, None) for number, declared in enumerate(group)]
        by_path = _added_up(rows, bodies)
    else:
        by_path = _added_up(read(_below(group[0], bodies, window, columns)), bodies)
    rows = [(body.pk, by_path[body.path]) for body in bodies if body.path in by_path]
    found: dict[str, dict] = {}
    for declared, numerator, denominator, count in places:
        amounts = itemgetter(*(place for place in (numerator, denominator, count) if place))
        figures = _Made(declared, denominator is not None, count is not None)
        found[declared.name] = {pk: figures[amounts(row)] for pk, row in rows}
    return found


class _Made(dict):
    """Figures by their amounts: bodies share few of them, and each is made once."""

    def __init__(self, declared, has_denominator: bool, has_count: bool):
        self.declared, self.has_denominator, self.has_count = declared, has_denominator, has_count

    def __missing__(self, amounts):
        numerator, *others = amounts if self.has_denominator or self.has_count else (amounts,)
        denominator = others.pop(0) if self.has_denominator else None
        figure = self[amounts] = self.declared.figure(numerator, denominator, others[0] if self.has_count else None)
        return figure


def _place(columns: dict, expression) -> int | None:
    """The column of an aggregate in the query's rows; equal ones share a column."""
    if expression is None:
        return None
    for number, known in enumerate(columns.values(), start=1):
        if known == expression:
            return number
    columns[f"c{len(columns)}"] = expression
    return len(columns)


def _grouped(rows, key, columns: dict):
    return rows.annotate(body_key=key).values("body_key").annotate(**columns).values_list("body_key", *columns)


def _read(rows) -> list[tuple]:
    """The rows of a query of paths and whole numbers as the database gives them.

    Django would look at every number of them once more, which costs as much as all the rest of the reading.
    """
    try:
        statement, values = rows.query.get_compiler(rows.db).as_sql()
    except EmptyResultSet:
        return []
    with connections[rows.db].cursor() as cursor:
        cursor.execute(statement, values)
        return cursor.fetchall()


def _below(declared, bodies, window, columns: dict):
    """Rows of aggregates by path, over everything below the bodies.

    A fact's own body stands in `org_path`: so many share one that cutting the path of every fact in the database
    is dearer than adding up here what is grouped by it whole. Bodies (`path`) have nothing to be grouped by.
    """
    name = declared.path_field
    rows = declared.facts(window).order_by().filter(span(bodies, name))
    key = Substr(name, 1, max(len(body.path) for body in bodies)) if name == "path" else F(name)
    return _grouped(rows, key, columns)


def _all_but_exceptions(group: list, bodies, window):
    """Rows (path, facts, of these those that meet each metric's condition) to be added up: all, less the exceptions.

    One statement, so that all of it speaks of the same moment.
    """
    exceptions, name = group[0].exceptions, group[0].path_field
    paths = [body.path for body in bodies]
    everybody, within = span_of(paths, name), span_of(paths, exceptions.narrowed_by)
    unmet = [declared.unless(window) for declared in group]
    # Not of the key: so the narrowest index that has the path is enough.
    nothing, taken_off = Value(0, output_field=IntegerField()), Count("*") * Value(-1)

    def part(rows, condition, numbers, key=exceptions.narrowed_by):
        columns = {f"c{place}": number for place, number in enumerate(numbers)}
        return _grouped(rows.order_by().filter(condition), F(key), columns)

    parts = [part(exceptions.every(), everybody, [Count("*")] * (1 + len(group)), key=name)]
    for place, condition in enumerate(unmet, start=1):
        numbers = [nothing] * (1 + len(group))
        numbers[place] = taken_off
        parts.append(part(exceptions.every(), within & condition, numbers))
    numbers = [taken_off, *(Count("pk", filter=~condition) * Value(-1) for condition in unmet)]
    parts += [part(some, within, numbers) for some in exceptions.left_out(window)]
    return parts[0].union(*parts[1:], all=True)


def _added_up(rows, bodies) -> dict[str, Any]:
    """{path of a body: the sum of the rows at its path and below}; from the lowest bodies up, sums of sums."""
    rows = list(rows)
    places = range(1, len(rows[0])) if rows else ()
    found: dict[str, Any] = {}
    for length, paths in sorted(_by_length(bodies).items(), reverse=True):
        sums, copied = {}, set()
        for row in rows:
            path = row[0][:length]
            known = sums.get(path)
            if known is None:
                sums[path] = row
                continue
            if path not in copied:
                copied.add(path)
                known = sums[path] = list(known)
            for place in places:
                known[place] = (known[place] or 0) + (row[place] or 0)
        found.update((path, sums[path]) for path in paths if path in sums)
        rows = sums.values()
    return found


def _by_length(bodies) -> dict[int, list[str]]:
    found: dict[int, list[str]] = {}
    for body in bodies:
        found.setdefault(len(body.path), []).append(body.path)
    return found


def bits_of(field: str, values: Iterable[str]):
    """An aggregate: which of `values` occur in the group, the first as 1, the second as 2, the third as 4 …"""
    cases = [When(**{field: value}, then=Value(1 << place)) for place, value in enumerate(values)]
    return _Bits(Case(*cases, default=Value(0), output_field=IntegerField()))


class _Bits(Aggregate):
    """Whole numbers put together bit by bit; of numbers of one bit each, as ours are, the sum of the different ones."""

    function = "BIT_OR"
    output_field = IntegerField()

    def as_sqlite(self, compiler, connection, **context):
        template = "SUM(DISTINCT %(expressions)s)"
        return self.as_sql(compiler, connection, template=template, **context)


def kinds_present(declared, kinds: tuple[str, ...], bodies, window) -> dict[str, int]:
    """{path of a body: the kinds that occur in its facts, as bits}; a body without facts is left out."""
    columns = {"bits": bits_of(declared.field, kinds)}
    if declared.reach == OWN:
        return dict(_read(_grouped(own_facts(declared, bodies, window), F(declared.path_field), columns)))
    found: dict[str, int] = {}
    rows = _read(_below(declared, bodies, window, columns))
    for length, paths in _by_length(bodies).items():
        paths = set(paths)  # noqa: PLW2901
        for path, bits in rows:
            path = path[:length]  # noqa: PLW2901
            if path in paths:
                found[path] = found.get(path, 0) | bits
    return found
