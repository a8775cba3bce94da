"""Model fields of the house: the tree path, and the path copied onto every row a body owns."""

import contextlib
import contextvars
from collections.abc import Iterable

from django.core.exceptions import FieldDoesNotExist
from django.db import connections, models, router

PATH_MAX_LENGTH = 64
_ASKED_AT_ONCE = 5000


class PathField(models.CharField):
    """A treebeard path. Compared byte by byte on both databases, so that a range is a subtree.

    A locale's collation may sort `~` before letters, and then `path < p + '~'` would cut the subtree off.
    """

    def __init__(self, *args, **kwargs):
        kwargs.setdefault("max_length", PATH_MAX_LENGTH)
        super().__init__(*args, **kwargs)

    def db_parameters(self, connection):
        parameters = super().db_parameters(connection)
        if connection.vendor == "postgresql":
            parameters["collation"] = "C"
        return parameters


_held: contextvars.ContextVar[dict[int, str] | None] = contextvars.ContextVar("held_paths", default=None)


def paths_now(model: type[models.Model], pks: Iterable[int], using: str | None = None) -> dict[int, str]:
    """{pk: path} of rows of the tree as they are now, and inside a transaction kept so until it ends.

    What a caller read before may have been moved meanwhile. On PostgreSQL the rows are locked as a foreign key to
    them locks them (FOR KEY SHARE; the constraint takes the same lock at the commit): writers do not wait for one
    another, a move waits for them, and they for a move. On SQLite the transaction holds the one write lock already.
    """
    connection = connections[using or router.db_for_write(model)]
    wanted = sorted(set(pks))
    quote = connection.ops.quote_name
    table, key, path = (quote(name) for name in (model._meta.db_table, model._meta.pk.column, "path"))
    is_postgresql = connection.vendor == "postgresql"
    lock = " FOR KEY SHARE" if is_postgresql and connection.in_atomic_block else ""
    found = {}
    with connection.cursor() as cursor:
        for start in range(0, len(wanted), _ASKED_AT_ONCE):
            part = wanted[start : start + _ASKED_AT_ONCE]
            # PostgreSQL reads one list sooner than thousands of places.
            places = "= ANY(%s)" if is_postgresql else f"IN ({', '.join(['%s'] * len(part))})"
            # Locked in the order of the keys, so that two writers of many rows never wait for each other.
            cursor.execute(
                f"SELECT {key}, {path} FROM {table} WHERE {key} {places} ORDER BY {key}{lock}",  # noqa: S608
                [part] if is_postgresql else part,
            )
            found.update(cursor.fetchall())
    return found


@contextlib.contextmanager
def holding_paths(model: type[models.Model], pks: Iterable[int]):
    """Rows of these bodies are saved inside with one question for all of their paths, {pk: path}. In a transaction."""
    paths = paths_now(model, pks)
    mark = _held.set(paths)
    try:
        yield paths
    finally:
        _held.reset(mark)


class OrgPathField(PathField):
    """The path where the row's organisation lies at the moment of the save, whatever the caller read before.

    A move of the organisation rewrites it in the same transaction (`orgs.services`); see `paths_now` for the two
    at the same moment.
    """

    def __init__(self, *args, source="organisation", **kwargs):
        self.source = source
        kwargs.setdefault("editable", False)
        super().__init__(*args, **kwargs)

    def deconstruct(self):
        name, path, args, kwargs = super().deconstruct()
        if self.source != "organisation":
            kwargs["source"] = self.source
        return name, path, args, kwargs

    def pre_save(self, instance, add):
        try:
            source = instance._meta.get_field(self.source)
        except FieldDoesNotExist:
            return super().pre_save(instance, add)
        body = getattr(instance, source.attname)
        held = _held.get()
        if held is None or body not in held:
            held = paths_now(source.related_model, [body], instance._state.db) if body is not None else {}
        value = held.get(body, "")
        setattr(instance, self.attname, value)
        return value


def subtree(path: str, field: str = "path") -> models.Q:
    """The condition "this body and everything below it" as an index range on `field`."""
    return models.Q(**{f"{field}__gte": path, f"{field}__lt": path + "~"})
