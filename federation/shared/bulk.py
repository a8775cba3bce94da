"""Columns of texts into tables at once: COPY on PostgreSQL, some hundred rows a statement on SQLite.

Columns are lists of texts as both databases read them (dates 2012-03-28, numbers as digits, truth as 1 and 0),
None, or bytes. Callers run inside a transaction.
"""

import io
import itertools
import sqlite3
from collections.abc import Iterable, Mapping, Sequence

from django.db import connection, models
from django.utils import timezone

_BATCH = 5000
# Values of one statement of SQLite.
_VALUES = 2000


def now_text() -> str:
    """This moment as both databases read it in a column of date and time."""
    moment = connection.ops.adapt_datetimefield_value(timezone.now())
    return str(moment)


def uuid_texts(uuids: Iterable[str]) -> list[str]:
    """Dashed UUIDs as the database keeps them (SQLite: 32 digits)."""
    if connection.features.has_native_uuid_field:
        return list(uuids)
    return [uid.replace("-", "") for uid in uuids]


def insert_columns(model: type[models.Model], columns: Mapping[str, Sequence], count: int) -> int:
    """Insert `count` rows; `columns` by column name, a single value standing for every row. Gives the number."""
    if not count:
        return 0
    if any(len(column) != count for column in columns.values() if isinstance(column, (list, tuple))):
        raise ValueError(f"a column of {model._meta.db_table} has not {count} values")
    names = ", ".join(f'"{name}"' for name in columns)
    target = f'"{model._meta.db_table}" ({names})'
    with connection.cursor() as cursor, connection.wrap_database_errors:
        if connection.vendor == "postgresql":
            return _copy(cursor, target, columns, count)
        return _insert_many(cursor.cursor, target, columns, count)


def update_columns(model: type[models.Model], keys: Sequence[tuple[int, int]], columns: Mapping[str, Sequence]) -> int:
    """Update the rows (pk, version) in `keys`, raising their versions; gives how many still had that version."""
    if not keys:
        return 0
    table = model._meta.db_table
    names = list(columns)
    with connection.cursor() as cursor, connection.wrap_database_errors:
        if connection.vendor == "postgresql":
            return _update_from_temporary(cursor, table, names, keys, columns)
        assignments = ", ".join(f'"{name}" = ?' for name in names)
        count = len(keys)
        rows = zip(*(_spread(column, count) for column in columns.values()), *zip(*keys, strict=True), strict=True)
        sqlite3.Cursor.executemany(
            cursor.cursor,
            f'UPDATE "{table}" SET {assignments}, "version" = "version" + 1 WHERE "id" = ? AND "version" = ?',  # noqa: S608
            rows,
        )
        return cursor.cursor.rowcount


def _insert_many(cursor, target: str, columns: Mapping[str, Sequence], count: int) -> int:
    """Some hundred rows a statement: before each one that a trigger may refuse, SQLite prepares to take it back."""
    size = max(1, _VALUES // len(columns))
    rows = zip(*(_spread(column, count) for column in columns.values()), strict=True)
    places = f"({', '.join('?' for _ in columns)})"
    whole, rest = divmod(count, size)
    for statements, many in ((whole, size), (min(rest, 1), rest)):
        if not statements:
            continue
        values = (itertools.chain.from_iterable(itertools.islice(rows, many)) for _ in range(statements))
        # Past Django's wrapper, which keeps every row in memory to look at the first.
        sqlite3.Cursor.executemany(
            cursor,
            f"INSERT INTO {target} VALUES {', '.join([places] * many)}",  # noqa: S608 - names of our own columns
            map(tuple, values),
        )
    return count


def _update_from_temporary(cursor, table, names, keys, columns) -> int:
    quoted = ", ".join(f'"{name}"' for name in names)
    cursor.execute("DROP TABLE IF EXISTS changed_rows")
    cursor.execute(
        f'CREATE TEMP TABLE changed_rows ON COMMIT DROP AS SELECT "id", "version", {quoted} '  # noqa: S608
        f'FROM "{table}" WITH NO DATA'
    )
    pks, versions = zip(*keys, strict=True)
    staged = {"id": list(map(str, pks)), "version": list(map(str, versions)), **columns}
    _copy(cursor, f'changed_rows ("id", "version", {quoted})', staged, len(keys))
    cursor.execute("ANALYZE changed_rows")
    assignments = ", ".join(f'"{name}" = changed."{name}"' for name in names)
    cursor.execute(
        f'UPDATE "{table}" AS stored SET {assignments}, "version" = stored."version" + 1 '  # noqa: S608
        'FROM changed_rows AS changed WHERE stored."id" = changed."id" AND stored."version" = changed."version"'
    )
    updated = cursor.rowcount
    cursor.execute("DROP TABLE changed_rows")
    return updated


def _spread(column, count: int):
    return column if isinstance(column, (list, tuple)) else itertools.repeat(column, count)


def _copy(cursor, target: str, columns: Mapping[str, Sequence], count: int) -> int:
    for start in range(0, count, _BATCH):
        end = min(start + _BATCH, count)
        texts = [_copy_texts(column, start, end) for column in columns.values()]
        lines = "\n".join(map("\t".join, zip(*texts, strict=True)))
        cursor.cursor.copy_expert(f"COPY {target} FROM STDIN", io.StringIO(lines + "\n"))
    return count


def _copy_texts(column, start: int, end: int):
    """A stretch of a column in COPY's text format: \\N for nothing, \\x for bytes, backslashes doubled."""
    if not isinstance(column, (list, tuple)):
        return itertools.repeat(_copy_text(column), end - start)
    part = column[start:end]
    kinds = set(map(type, part))
    if kinds == {str}:
        joined = "".join(part)
        if "\\" not in joined and "\t" not in joined and "\n" not in joined and "\r" not in joined:
            return part
    elif kinds <= {bytes, type(None)}:
        return ["\\N" if value is None else "\\\\x" + value.hex() for value in part]
    return list(map(_copy_text, part))


def _copy_text(value) -> str:
    if value is None:
        return "\\N"
    if isinstance(value, bytes):
        return "\\\\x" + value.hex()
    text = str(value)
    return text.replace("\\", "\\\\").replace("\t", "\\t").replace("\n", "\\n").replace("\r", "\\r")
