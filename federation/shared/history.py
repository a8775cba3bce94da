"""Saving a row people edit: conflict found, version raised, differences kept, audit entry written, at once."""

import csv
import io
import itertools
import json
import sqlite3

from django.contrib.auth import get_user_model
from django.db import connection, models, transaction
from django.utils import timezone

from federation.shared import audit
from federation.shared.change_values import Difference, display, stored_changes
from federation.shared.fields import OrgPathField, PathField
from federation.shared.models.history import ChangeRecord
from federation.shared.sealed import BlindIndexField, SealedField, SealedText

# Bookkeeping of a save, and treebeard's own columns: neither a change of the row nor written back with it.
_BOOKKEEPING = {"version", "created_at", "updated_at", "created_by", "depth", "numchild", "uid"}
# Derived from other columns: written with them, not worth a line in the history. A model adds its own in
# `unrecorded_fields`.
_DERIVED = {"name_pinyin", "name_initials", "source_import"}


class VersionConflict(Exception):
    """The row was saved by somebody else since it was read. Nothing was written."""

    def __init__(self, stored, submitted, differences: list[Difference]):
        super().__init__("这条记录在您打开之后已被别人修改，没有保存。请核对两边的内容后再保存。")
        self.stored = stored
        self.submitted = submitted
        self.differences = differences


def save_versioned(instance, *, by, expected_version=None, via="form", action=None, reason="") -> ChangeRecord | None:
    """Write what changed in `instance` against the stored row, which is locked meanwhile.

    None where nothing changed. Raises VersionConflict where the stored version is not `expected_version`
    (default: the version `instance` was read with), and DoesNotExist where the row is gone.
    """
    model = type(instance)
    with transaction.atomic():
        stored = model._base_manager.select_for_update(of=("self",)).get(pk=instance.pk)
        changed = changed_fields(stored, instance)
        if stored.version != (instance.version if expected_version is None else expected_version):
            raise VersionConflict(stored, instance, differences_between(stored, instance, changed))
        if not changed:
            return None
        before = {field.name: _value(stored, field) for field in changed}
        after = {field.name: _value(instance, field) for field in changed}
        instance.version = stored.version + 1
        instance.save(force_update=True, update_fields=_columns_to_write(instance, changed))
        record = ChangeRecord.objects.create(
            label=model._meta.label_lower,
            object_id=instance.pk,
            version=instance.version,
            at=timezone.now(),
            by=_account(by),
            via=via,
            changes=stored_changes(model._meta.label_lower, instance.pk, instance.version, before, after),
        )
        audit.record(
            action or f"{model._meta.label_lower}.changed",
            actor=by,
            target=instance,
            before=before,
            after=after,
            reason=reason,
            details={"via": via, "version": instance.version},
        )
        return record


def create_versioned(instance, *, by, via="form", action=None):
    """Insert `instance` as version 1, with its record and its audit entry; gives the instance."""
    model = type(instance)
    with transaction.atomic():
        instance.version = 1
        if any(field.name == "created_by" for field in model._meta.concrete_fields):
            instance.created_by = _account(by)
        instance.save(force_insert=True)
        record_created(instance, by=by, via=via, action=action)
        return instance


def record_created(instance, *, by, via="form", action=None) -> ChangeRecord:
    """The record and audit entry of a row that something else inserted (treebeard's add_child)."""
    fields = recorded_fields(type(instance))
    with transaction.atomic():
        record = ChangeRecord.objects.create(
            label=instance._meta.label_lower,
            object_id=instance.pk,
            version=1,
            at=timezone.now(),
            by=_account(by),
            via=via,
            kind=ChangeRecord.Kind.CREATED,
        )
        filled = {field.name: _value(instance, field) for field in fields}
        audit.record(
            action or f"{instance._meta.label_lower}.created",
            actor=by,
            target=instance,
            after={name: value for name, value in filled.items() if value not in (None, "")},
            details={"via": via},
        )
        return record


def history_of(instance):
    """The row's records, newest first, each with `differences` in words. The caller fetched the row in scope."""
    return ChangeRecord.objects.of(instance).select_related("by")


# --- what differs ----------------------------------------------------------------------------------


def recorded_fields(model) -> list[models.Field]:
    """The columns whose change is a change of the row."""
    left_out = _BOOKKEEPING | _derived(model)
    return [
        field
        for field in model._meta.concrete_fields
        if not (field.primary_key or field.generated or field.name in left_out)
        and not isinstance(field, (PathField, BlindIndexField))
    ]


def _derived(model) -> set[str]:
    return _DERIVED | set(getattr(model, "unrecorded_fields", ()))


def changed_fields(stored, submitted) -> list[models.Field]:
    return [field for field in recorded_fields(type(stored)) if _value(stored, field) != _value(submitted, field)]


def differences_between(stored, submitted, fields=None) -> list[Difference]:
    """The fields that differ, for the page that shows both versions."""
    fields = changed_fields(stored, submitted) if fields is None else fields
    return [
        Difference(
            field.name,
            str(field.verbose_name),
            display(field, _value(stored, field)),
            display(field, _value(submitted, field)),
        )
        for field in fields
    ]


def _value(instance, field):
    """The field's value in its Python type, also where a caller assigned text."""
    value = getattr(instance, field.attname)
    if isinstance(value, SealedText) or value is None or isinstance(field, SealedField):
        return value or None
    if isinstance(field, models.FileField):
        return value.name
    return field.target_field.to_python(value) if isinstance(field, models.ForeignKey) else field.to_python(value)


def _columns_to_write(instance, changed) -> set[str]:
    """Changed columns and what follows from them; the rest is left as stored, where it may be newer.

    A stale path or count of children (treebeard) written back would tear the tree, so a path follows only
    when the organisation itself was changed, and is then read afresh.
    """
    names = {field.name for field in changed}
    columns = names | {"version"}
    for field in instance._meta.concrete_fields:
        if isinstance(field, BlindIndexField):
            follows = field.source in names
        elif isinstance(field, OrgPathField):
            follows = field.source in names
            if follows:
                instance._state.fields_cache.pop(field.source, None)
        else:
            follows = getattr(field, "auto_now", False) or field.name in _derived(type(instance))
        if follows:
            columns.add(field.name)
    return columns


def _account(by):
    return by if isinstance(by, get_user_model()) else None


# --- many rows at once ------------------------------------------------------------------------------

_COLUMNS = ("label", "object_id", "version", "at", "by_id", "via", "source", "kind", "changes")


def record_changes_bulk(label: str, rows, *, by, via: str, source: str = "") -> int:
    """Records of many rows that a set-based write changed: `rows` gives (pk, version, {field: [old, new]}).

    One COPY on PostgreSQL, one executemany on SQLite, fed as `rows` is read. Sealed values may be given as
    SealedText. Writes no audit entry: the batch has its own. Gives the number of records.
    """
    label, account = label.lower(), _account(by)
    at = connection.ops.adapt_datetimefield_value(timezone.now())
    same = (at, account.pk if account else None, via, source, ChangeRecord.Kind.CHANGED.value)
    lines = ((label, pk, version, *same, _changes_json(label, pk, version, changes)) for pk, version, changes in rows)
    columns = ", ".join(f'"{name}"' for name in _COLUMNS)
    into = f'"{ChangeRecord._meta.db_table}" ({columns})'
    with transaction.atomic(), connection.cursor() as cursor, connection.wrap_database_errors:
        raw = cursor.cursor
        if connection.vendor == "postgresql":
            raw.copy_expert(f"COPY {into} FROM STDIN WITH (FORMAT csv, NULL '\\N')", _CsvStream(lines))
        else:
            # Past Django's wrapper, which keeps every row in memory to look at the first.
            places = ", ".join("?" for _ in _COLUMNS)
            sqlite3.Cursor.executemany(raw, f"INSERT INTO {into} VALUES ({places})", lines)  # noqa: S608
        return max(raw.rowcount, 0)


def _changes_json(label, pk, version, changes) -> str:
    before = {name: pair[0] for name, pair in changes.items()}
    after = {name: pair[1] for name, pair in changes.items()}
    return json.dumps(stored_changes(label, pk, version, before, after), ensure_ascii=False)


class _CsvStream:
    """A file that COPY reads: lines are written as they are asked for, so memory does not grow with the rows."""

    def __init__(self, lines):
        self._lines = iter(lines)
        self._rest = ""

    def read(self, size: int = 8192) -> str:
        buffer = io.StringIO()
        writer = csv.writer(buffer)
        while len(self._rest) + buffer.tell() < size:
            batch = list(itertools.islice(self._lines, 200))
            if not batch:
                break
            writer.writerows([["\\N" if cell is None else cell for cell in line] for line in batch])
        text = self._rest + buffer.getvalue()
        self._rest = text[size:]
        return text[:size]
