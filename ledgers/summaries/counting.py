"""The figures of 表一 on any day, in one pass over the people of a queryset.

The queryset says which people (a body's, those somebody may see); what is counted is who of them was registered on
the day. People are counted where they are registered now, so that lower bodies add up to the upper one.
"""

from collections import Counter

from django.core.exceptions import EmptyResultSet
from django.db import connection, transaction
from django.db.models import QuerySet
from django.db.models.functions import Substr

from ledgers.summaries.definition import (
    AGE,
    AGE_FIELD,
    CODES,
    CROSSED,
    DIMENSIONS,
    GROUPED_TOGETHER,
    TOTAL,
    UNFILLED,
    age_band,
    condition_of,
)

# With PostgreSQL's 4 MB a province's groups would be sorted on disk, at four times the cost.
WORK_MEM = "64MB"
_KEY = "body_key"

Figures = dict[str, int]


def people_of(rows: QuerySet, day, code: str) -> QuerySet:
    """The very people counted in a cell."""
    return rows.current_on(day).annotate(**{AGE_FIELD: age_band(day)}).filter(condition_of(code))


def figures_of(rows: QuerySet, day) -> Figures:
    """Every cell of the table, noughts included."""
    figures = dict.fromkeys(CODES, 0)
    for _key, dimensions, values, number in _tallied(rows, day, GROUPED_TOGETHER):
        _add(figures, dimensions, values, number)
    # Each set of dimensions has counted everybody once; so has each dimension.
    figures[TOTAL] = sum(figures[code] for code in AGE.codes)
    return figures


def figures_below(rows: QuerySet, day, length: int, dimension) -> dict[str, Figures]:
    """{path cut to `length`: figures by one dimension, with the total}; people of the body itself keep its path."""
    codes = [TOTAL, *dimension.codes]
    found: dict[str, Figures] = {}
    for key, dimensions, values, number in _tallied(rows, day, ((dimension,),), length):
        figures = found.setdefault(key, dict.fromkeys(codes, 0))
        _add(figures, dimensions, values, number)
        figures[TOTAL] += number
    return found


_CODE_OF = {
    dimension.name: {choice.stored: f"{dimension.name}.{choice.code}" for choice in dimension.choices}
    for dimension in DIMENSIONS
}


def _add(figures: Figures, dimensions, values, number: int):
    codes = {}
    for dimension, value in zip(dimensions, values, strict=True):
        code = _CODE_OF[dimension.name].get(value) or f"{dimension.name}.{UNFILLED}"
        codes[dimension] = code
        figures[code] += number
    down, across = CROSSED
    if down in codes and across in codes:
        figures[f"{codes[down]}.{codes[across]}"] += number


def _tallied(rows, day, sets, length: int = 0):
    """(key, dimensions, values, number of people) of every combination that occurs; the key is "" without `length`."""
    wanted = [dimension for each in sets for dimension in each]
    people = rows.current_on(day).order_by()
    if AGE in wanted:
        people = people.annotate(**{AGE_FIELD: age_band(day)})
    if length:
        people = people.annotate(**{_KEY: Substr(rows.path_field, 1, length)})
    columns = [*([_KEY] if length else []), *(dimension.field for dimension in wanted)]
    try:
        sql, params = people.values_list(*columns).query.get_compiler(connection=connection).as_sql()
    except EmptyResultSet:
        return
    read = _by_the_database if connection.vendor == "postgresql" else _by_hand
    for values, dimensions, number in read(sql, params, columns, sets):
        key, rest = (values[0], values[1:]) if length else ("", values)
        yield key, dimensions, rest, number


def _by_the_database(sql, params, columns, sets):
    """One scan, grouped by several sets of columns at once. A column is NULL exactly where another set is meant."""
    keys = columns[: len(columns) - sum(len(each) for each in sets)]
    grouped = ", ".join(
        "({})".format(", ".join(_quoted([*keys, *(dimension.field for dimension in each)]))) for each in sets
    )
    listed = ", ".join(_quoted(columns))
    statement = f"WITH people AS ({sql}) SELECT {listed}, COUNT(*) FROM people GROUP BY GROUPING SETS ({grouped})"  # noqa: S608
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL work_mem = '{WORK_MEM}'")
        cursor.execute(statement, params)
        found = cursor.fetchall()
        cursor.execute("SET LOCAL work_mem TO DEFAULT")
    starts = []
    at = len(keys)
    for each in sets:
        starts.append((at, at + len(each), each))
        at += len(each)
    for row in found:
        start, end, each = next(place for place in starts if row[place[0]] is not None)
        yield (*row[: len(keys)], *row[start:end]), each, row[-1]


def _by_hand(sql, params, columns, sets):
    """SQLite sorts whatever it groups, once a set; reading the columns once and counting here costs half of that."""
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        # The driver's own cursor, past Django's wrapper of each row.
        counted = Counter(cursor.cursor)
    dimensions = tuple(dimension for each in sets for dimension in each)
    for values, number in counted.items():
        yield values, dimensions, number


def _quoted(names) -> list[str]:
    return [connection.ops.quote_name(name) for name in names]
