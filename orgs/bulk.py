"""Inserting hundreds of thousands of rows at once: COPY on PostgreSQL, executemany on SQLite.

The caller gives the ids, so that children can name their parents before anything is stored.
"""

import itertools
import json
import re
from collections.abc import Iterable, Iterator

from django.apps import apps
from django.db import connection
from django.db.models import JSONField, Max, Model
from django.utils import timezone

BATCH = 2000
_ESCAPED = {"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"}
_TO_ESCAPE = re.compile("[\\\\\t\n\r]")


def lock_for_loading(*models: type[Model]):
    """Nobody else adds rows to these tables until the transaction ends; reading goes on."""
    if connection.vendor == "postgresql":
        tables = ", ".join(connection.ops.quote_name(model._meta.db_table) for model in models)
        with connection.cursor() as cursor:
            cursor.execute(f"LOCK TABLE {tables} IN SHARE ROW EXCLUSIVE MODE")


def hold_tree():
    """No body is moved and none is loaded until the transaction ends; those who hold it do not wait for one another.

    First of all locks of a transaction that writes rows of many bodies: a move locks the tree, then the rows.
    """
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            table = connection.ops.quote_name(apps.get_model("orgs", "Organisation")._meta.db_table)
            cursor.execute(f"LOCK TABLE {table} IN ROW EXCLUSIVE MODE")


def next_id(model: type[Model]) -> int:
    """The first free id. The table is locked by `lock_for_loading`."""
    return (model._base_manager.aggregate(last=Max("pk"))["last"] or 0) + 1


def insert_rows(model: type[Model], names: tuple[str, ...], rows: Iterable[tuple]) -> int:
    """Insert rows whose values are `names` (attribute names, the id among them); other columns get their default.

    Writes no history and no audit entry: the caller's one entry stands for all of them.
    """
    columns, rest = [], []
    for field in model._meta.concrete_fields:
        if field.attname in names or field.generated:
            continue
        columns.append(field.column)
        rest.append(_default(field))
    ordered = [model._meta.get_field(name).column for name in names] + columns
    complete = (row + tuple(rest) for row in rows)
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            return _copy(cursor, model, ordered, complete)
        return _insert_many(cursor, model, ordered, complete)


def _default(field):
    if isinstance(field, JSONField):
        # As text on both databases: what Django would give a statement cannot be copied.
        return json.dumps(field.get_default(), cls=field.encoder)
    value = timezone.now() if getattr(field, "auto_now", False) or getattr(field, "auto_now_add", False) else None
    return field.get_db_prep_save(field.get_default() if value is None else value, connection)


def _insert_many(cursor, model, columns, rows) -> int:
    quote = connection.ops.quote_name
    places = ", ".join(["%s"] * len(columns))
    statement = f"INSERT INTO {quote(model._meta.db_table)} ({', '.join(map(quote, columns))}) VALUES ({places})"  # noqa: S608
    count = 0
    while batch := list(itertools.islice(rows, BATCH)):
        cursor.executemany(statement, batch)
        count += len(batch)
    return count


def _copy(cursor, model, columns, rows) -> int:
    quote = connection.ops.quote_name
    table = quote(model._meta.db_table)
    stream = _CopyStream(rows)
    cursor.cursor.copy_expert(f"COPY {table} ({', '.join(map(quote, columns))}) FROM STDIN", stream, size=1 << 16)
    count = cursor.cursor.rowcount
    # Ids were given by hand: the sequence continues behind them.
    key = model._meta.pk.column
    cursor.execute(
        f"SELECT setval(pg_get_serial_sequence(%s, %s), (SELECT max({quote(key)}) FROM {table}))",  # noqa: S608
        [model._meta.db_table, key],
    )
    return count


class _CopyStream:
    """A file that COPY reads from, written as it is read: memory does not grow with the rows."""

    def __init__(self, rows: Iterator[tuple]):
        self._rows = rows
        self._rest = ""

    def read(self, size: int = 1 << 16) -> str:
        parts, length = [self._rest], len(self._rest)
        while length < size:
            batch = list(itertools.islice(self._rows, 500))
            if not batch:
                break
            text = "".join("\t".join(map(_copy_text, row)) + "\n" for row in batch)
            parts.append(text)
            length += len(text)
        text = "".join(parts)
        self._rest = text[size:]
        return text[:size]


def _copy_text(value) -> str:
    if value is None:
        return "\\N"
    if value is True or value is False:
        return "t" if value else "f"
    text = str(value)
    return _TO_ESCAPE.sub(lambda match: _ESCAPED[match[0]], text) if _TO_ESCAPE.search(text) else text
