"""The queries behind metrics: facts grouped by the path of their body, in as few passes over a table as can be."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from operator import itemgetter
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connections
from django.db.models import Aggregate, Case, Count, F, Func, IntegerField, OuterRef, Q, Subquery, Value, When
from django.db.models.functions import Length, Substr

from federation.shared.fields import subtree

OWN = "own"
SUBTREE = "subtree"
# From so many bodies on a table is read as a whole, whatever else is in it.
MANY = 1000


@dataclass(frozen=True)
class Exceptions:
    """What makes counting cheap where nearly every row of a table is a fact: count them all, take off the few.

    `every` gives all rows, each of an `organisation` in whose place it lies; `left_out` those that are no facts in
    the window, as querysets that have no row in common, each of which an index finds. `narrowed_by` is the path by
    which these are narrowed to an area: one that does not tempt the planner away from that index.
    """

    every: Callable[[], Any]
    left_out: Callable[[Any], Iterable]
    narrowed_by: str


@dataclass(frozen=True)
class Elsewhere:
    """Where facts of a window lay on its day, where that is not where they lie now.

    `moved` gives None where no fact moved since, or (the facts that did, by where they lie now; the same by where
    they lay then; the path they name that by). `within` is the condition of facts that lay below a path.
    """

    moved: Callable[[Any], tuple[Any, Any, str] | None]
    within: Callable[[Any, str], Q]


def span(bodies, field: str) -> Q:
    """The one index range that holds every fact of theirs: from the first path to the last one's subtree."""
    return span_of([body.path for body in bodies], field)


def span_of(paths, field: str) -> Q:
    # The subtree of a county ends after that of its last township: not the last path, the last end counts, which
    # is that of the last path or of one above it.
    known, last = set(paths), max(paths)
    end = next(last[:length] for length in sorted({len(path) for path in known}) if last[:length] in known)
    return Q(**{f"{field}__gte": min(known), f"{field}__lt": end + "~"})


def reach_of(declared, path: str) -> Q:
    if declared.reach == OWN:
        return Q(**{declared.path_field: path})
    return subtree(path, declared.path_field)


def reach_then(declared, path: str, window) -> Q:
    """As `reach_of`, on the day of the window."""
    return declared.elsewhere.within(window, path) if declared.elsewhere else reach_of(declared, path)


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
        met = {f"m{number}": declared.columns(window)[0] for number, declared in enumerate(group)}
        moved = _moved(group[0], bodies, window, {"all": Count("pk")} | met)
        rows = _readadded_up(_all_but_exceptions(group, bodies, window), bodies) + [_unmet(row) for row in moved]
        by_path = {path: _unmet(row) for path, row in added_up(rows, bodies).items()}
        places = [(declared, 2 + number, 1, None) for number, declared in enumerate(group)]
    else:
        rows = [*read(_below(group[0], bodies, window, columns)), *_moved(group[0], bodies, window, columns)]
        by_path = added_up(rows, bodies)
    some = [body for body in bodies if body.path in by_path]
    pks, rows = [body.pk for body in some], [by_path[body.path] for body in some]
    found: dict[str, dict] = {}
    for declared, numerator, denominator, count in places:
        amounts = itemgetter(*(place for place in (numerator, denominator, count) if place))
        figures = _Made(declared, denominator is not None, count is not None)
        found[declared.name] = dict(zip(pks, map(figures.__getitem__, map(amounts, rows)), strict=True))
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
    return _fetched(rows.db, statement, values)


def _readadded_up(rows, bodies) -> list[tuple]:
    """The same of a union whose rows still have to be added up, as far as the database can: by the lowest bodies."""
    statement, values = rows.query.get_compiler(rows.db).as_sql()
    sums = ", ".join(f"CAST(SUM({name}) AS bigint)" for name in rows.query.annotation_select if name != "body_key")
    length = max(len(body.path) for body in bodies)
    added = f"SELECT SUBSTR(body_key, 1, {length}), {sums} FROM ({statement}) AS parts GROUP BY 1"  # noqa: S608
    return _fetched(rows.db, added, values)


def _fetched(database: str, statement: str, values) -> list[tuple]:
    with connections[database].cursor() as cursor:
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


def _moved(declared, bodies, window, columns: dict) -> list[tuple]:
    """Rows to be added up with the others: what has moved since is taken off where it lies and added where it lay."""
    moved = declared.elsewhere.moved(window) if declared.elsewhere else None
    if moved is None:
        return []
    now, then, then_field = moved
    found = []
    for facts, field, sign in ((now, declared.path_field, -1), (then, then_field, 1)):
        rows = _read(_grouped(facts.order_by().filter(span(bodies, field)), F(field), columns))
        found += [(path, *(sign * number for number in numbers)) for path, *numbers in rows]
    return found


def _unmet(row) -> tuple:
    """(path, facts, those that do not meet each condition) of those that do, and the other way round."""
    path, facts, *met = row
    return (path, facts, *[facts - number for number in met])


def _all_but_exceptions(group: list, bodies, window):
    """Rows (path, facts, of these those that do not meet each metric's condition) to be added up: all, less the few.

    One statement, so that all of it speaks of the same moment.
    """
    exceptions = group[0].exceptions
    within = span_of([body.path for body in bodies], exceptions.narrowed_by)
    unmet = [declared.unless(window) for declared in group]
    nothing, taken_off = Value(0, output_field=IntegerField()), Count("*") * Value(-1)

    def part(rows, condition, numbers):
        columns = {f"c{place}": number for place, number in enumerate(numbers)}
        return _grouped(rows.order_by().filter(condition), F(exceptions.narrowed_by), columns)

    parts = [_counted_by_owner(exceptions.every(), bodies, [nothing] * len(group))]
    for place, condition in enumerate(unmet, start=1):
        numbers = [nothing] * (1 + len(group))
        numbers[place] = Count("*")
        parts.append(part(exceptions.every(), within & condition, numbers))
    numbers = [taken_off, *(Count("pk", filter=condition) * Value(-1) for condition in unmet)]
    parts += [part(some, within, numbers) for some in exceptions.left_out(window)]
    return parts[0].union(*parts[1:], all=True)


def _counted_by_owner(every, bodies, rest: list):
    """Rows (path, how many of `every` lie there, `rest`), a row for each organisation of the area.

    The index of the key to the organisation is by far the smallest that tells where a row lies, and lies in its order:
    by paths, a province is counted several times more slowly.
    """
    owners = every.model._meta.get_field("organisation").related_model._base_manager
    own = every.order_by().filter(organisation=OuterRef("pk"))
    number = own.annotate(number=Func(template="COUNT(*)", output_field=IntegerField())).values("number")
    columns = {"c0": Subquery(number)} | {f"c{place}": each for place, each in enumerate(rest, start=1)}
    rows = owners.order_by().filter(span(bodies, "path")).values(body_key=F("path"))
    return rows.annotate(**columns).values_list("body_key", *columns)


def added_up(rows, bodies) -> dict[str, Any]:
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
