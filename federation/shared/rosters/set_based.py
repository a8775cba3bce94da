"""A roster whose row is one record of one model, matched by a sealed number: compared and written set-based."""

import os
from collections.abc import Iterable
from itertools import compress

from django.db import IntegrityError, models, transaction
from django.db.models import ProtectedError
from django.utils import timezone

from federation.shared import bulk
from federation.shared.fields import OrgPathField
from federation.shared.history import record_changes_bulk
from federation.shared.rosters.resource import PreviewOutdated, RosterRefused, RosterResource
from federation.shared.rosters.table import CHANGED, NEW, TRANSFER, UNCHANGED, WRONG, RosterTable
from federation.shared.sealed import BlindIndexField, SealedField, SealedText, row_aad
from federation.shared.sealed_blobs import blind_indexes, seal_many, unseal_many

_ASKED_AT_ONCE = 5000
ELSEWHERE = "其他机构"


class SetBasedRoster(RosterResource):
    """`model` carries uid, version, organisation, org_path and source_import; `key` is its sealed number."""

    model: type[models.Model]
    key = "id_number"
    key_index = "id_number_index"
    key_domain = "id_number"
    # Stored fields that the rules of a row read beside those of the file.
    rule_fields: tuple[str, ...] = ()

    # --- for the kind to fill ---------------------------------------------------------------------

    def find_places(self, table: RosterTable, places):
        """Set `table.places[i]` to the pk of each row's body, refusing rows that name none."""
        raise NotImplementedError

    def check_rows(self, table: RosterTable, indexes: Iterable[int], stored: dict[int, dict]):
        """Refuse contradictory rows. `stored[i]` holds the values on file where the row was matched."""

    def derived_columns(self, values: dict[str, list[str]], count: int) -> dict[str, list]:
        """Columns that follow from others, for rows given as columns of values."""
        return {}

    def defaults_of_new(self, *, roster_import, by) -> dict[str, str]:
        """Values of model fields that a new row takes where the file is silent."""
        return {}

    def means_the_same(self, name: str, old: str, new: str) -> bool:
        """Whether the file's value of a field, though another text, says what is on file."""
        return False

    def to_store(self, field: models.Field, values: list[str] | None):
        """Values of the file (None: it has no such column) as the column of `field` takes them."""
        return _column_to_store(field, values)

    # --- compare ----------------------------------------------------------------------------------

    def check(self, table, places):
        self.find_places(table, places)

    def compared_fields(self, table: RosterTable) -> list[str]:
        names = {field.name for field in self.model._meta.concrete_fields}
        return [column.field for column in self.columns if column.field in names and table.has(column.field)]

    def compare(self, table, places, *, lock=False):
        """Outcome of every row that is not wrong. What the file leaves empty stays as it is on file."""
        for index, outcome in enumerate(table.outcomes):
            if outcome != WRONG:
                table.outcomes[index] = NEW
        merged = self._match(table, places, table.column(self.key), lock)
        self.check_rows(table, [i for i, outcome in enumerate(table.outcomes) if outcome in (NEW, CHANGED)], merged)

    def is_still_current(self, table, places):
        """Only rows to be changed are looked at: one that is new and meanwhile on file breaks its unique index."""
        changing = [index for index, outcome in enumerate(table.outcomes) if outcome == CHANGED]
        previewed = {index: table.changes[index] for index in changing}
        keys = [""] * len(table)
        for index in changing:
            keys[index] = table.values[self.key][index]
            table.outcomes[index], table.changes[index] = NEW, None
        self._match(table, places, keys, True)
        return all(
            table.outcomes[index] == CHANGED and table.changes[index] == changes for index, changes in previewed.items()
        )

    def _match(self, table, places, numbers: list[str], lock: bool) -> dict[int, dict[str, str]]:
        """Settle the rows whose number is on file; the values that changed ones will have, by row."""
        compared = self.compared_fields(table)
        changed = []
        for matched, stored_rows in self._matched(numbers, compared, lock):
            columns = self._stored_columns(stored_rows, compared)
            for name in compared:
                self._compare_column(table, name, columns[name], matched)
            self._settle_matched(table, places, matched, stored_rows)
            changed += [index for index in matched if table.outcomes[index] == CHANGED]
        stored = self._values_of([table.targets[index][0] for index in changed])
        merged = {}
        for index in changed:
            values = stored[table.targets[index][0]]
            merged[index] = values | {name: table.values[name][index] or old for name, old in values.items()
                                      if table.has(name)}  # fmt: skip
            table.targets[index] = (*table.targets[index], merged[index])
        return merged

    def _compare_column(self, table, name, stored, matched):
        values = table.values[name]
        if [values[index] for index in matched] == stored:
            return
        for index, old in zip(matched, stored, strict=True):
            new = values[index]
            if new and new != old and not self.means_the_same(name, old, new):
                changes = table.changes[index]
                if changes is None:
                    changes = table.changes[index] = {}
                changes[name] = [old, new]

    def _settle_matched(self, table, places, matched, stored_rows):
        for index, (_key, pk, version, uid, organisation_id, *_rest) in zip(matched, stored_rows, strict=True):
            if table.is_wrong(index):
                continue
            table.targets[index] = (pk, version, str(uid))
            if organisation_id != table.places[index]:
                old, new = places.by_pk.get(organisation_id), places.by_pk.get(table.places[index])
                table.outcomes[index] = TRANSFER
                table.changes[index] = {"organisation": [old.label if old else ELSEWHERE, new.label if new else ""]}
            else:
                table.outcomes[index] = CHANGED if table.changes[index] else UNCHANGED

    def _matched(self, numbers: list[str], fields: list[str], lock: bool):
        """(indexes, stored rows) of the rows whose number is on file, whoever's it is, some thousand at a time."""
        names = [self.key_index, "pk", "version", "uid", "organisation_id", *fields]
        for start in range(0, len(numbers), _ASKED_AT_ONCE):
            keys = blind_indexes(self.key_domain, numbers[start : start + _ASKED_AT_ONCE])
            position = {key: index for index, key in enumerate(keys, start) if key is not None}
            # Deliberately not narrowed to the importer's scope: a person on file elsewhere must be noticed.
            found = self.model._base_manager.filter(**{f"{self.key_index}__in": list(position)})
            if lock:
                found = found.select_for_update().order_by("pk")
            # In the order of the file, whose columns are read one row after the other.
            rows = sorted(found.values_list(*names), key=lambda row: position[bytes(row[0])]) if position else []
            if rows:
                yield [position[bytes(row[0])] for row in rows], rows

    def _stored_columns(self, rows, fields: list[str]) -> dict[str, list[str]]:
        """What is on file, as texts, by field."""
        columns = list(zip(*rows, strict=True)) or [()] * (5 + len(fields))
        uids = [str(uid) for uid in columns[3]]
        label = self.model._meta.label_lower
        texts = {}
        for name, column in zip(fields, columns[5:], strict=True):
            if isinstance(self.model._meta.get_field(name), SealedField):
                texts[name] = list(unseal_many(column, label, name, uids))
            elif set(map(type, column)) <= {str}:
                texts[name] = list(column)
            else:
                texts[name] = list(map(_stored_text, column))
        return texts

    # --- write ------------------------------------------------------------------------------------

    def write(self, table, places, *, roster_import, by):
        fresh = [outcome == NEW for outcome in table.outcomes]
        created = self._insert(table, fresh, places, roster_import, by)
        return {"created": created, "changed": self._update(table, roster_import, by)}

    def _insert(self, table, fresh, places, roster_import, by) -> int:
        count = sum(fresh)
        if not count:
            return 0
        values = {name: list(compress(column, fresh)) for name, column in table.values.items()}
        for name, value in self.defaults_of_new(roster_import=roster_import, by=by).items():
            given = values.get(name)
            values[name] = [text or value for text in given] if given else [value] * count
        values |= {name: column for name, column in self.derived_columns(values, count).items() if name not in values}
        try:
            bodies = [places.by_pk[pk] for pk in compress(table.places, fresh)]
        except KeyError as error:
            raise PreviewOutdated from error
        try:
            with transaction.atomic():
                return bulk.insert_columns(
                    self.model, self._columns_of_new(values, count, bodies, roster_import, by), count
                )
        except IntegrityError as error:
            # Somebody registered one of them since the comparison.
            raise PreviewOutdated from error

    def _columns_of_new(self, values, count, bodies, roster_import, by) -> dict:
        label = self.model._meta.label_lower
        uids, now = _fresh_uuids(count), bulk.now_text()
        given = {
            "uid": bulk.uuid_texts(uids),
            "version": "1",
            "created_at": now,
            "updated_at": now,
            "created_by": str(by.pk),
            "organisation": [str(body.pk) for body in bodies],
            "source_import": str(roster_import.pk),
        }
        columns = {}
        for field in self.model._meta.concrete_fields:
            if field.primary_key or field.generated:
                continue
            if field.name in given:
                columns[field.column] = given[field.name]
            elif isinstance(field, OrgPathField):
                columns[field.column] = [body.path for body in bodies]
            elif isinstance(field, SealedField):
                plain = values.get(field.name)
                columns[field.column] = list(seal_many(plain, label, field.name, uids)) if plain else None
            elif isinstance(field, BlindIndexField):
                plain = values.get(field.source)
                columns[field.column] = blind_indexes(field.domain, plain) if plain else None
            else:
                columns[field.column] = self.to_store(field, values.get(field.name))
        return columns

    def _update(self, table, roster_import, by) -> list:
        """Update changed rows, those with the same changed fields together; gives (pk, version, changes) of each."""
        groups: dict[tuple[str, ...], list[int]] = {}
        for index, outcome in enumerate(table.outcomes):
            if outcome == CHANGED:
                groups.setdefault(tuple(sorted(table.changes[index])), []).append(index)
        written = []
        for names, indexes in groups.items():
            rows = [(table.targets[index][:3], table.changes[index], table.targets[index][3]) for index in indexes]
            self._write_group(
                names, [(target, [changes[n][1] for n in names], stored) for target, changes, stored in rows]
            )
            written += [(target[0], target[1] + 1, target[2], changes) for target, changes, _ in rows]
        if written:
            self._record(written, by, "import", roster_import)
        return [[pk, version, uid, changes] for pk, version, uid, changes in written]

    def _write_group(self, names, rows):
        """`rows` of (target, new values of `names`, all values after the change)."""
        label = self.model._meta.label_lower
        uids = [target[2] for target, _, _ in rows]
        columns = {"updated_at": bulk.now_text()}
        for place, name in enumerate(names):
            field = self.model._meta.get_field(name)
            new = [values[place] for _, values, _ in rows]
            if isinstance(field, SealedField):
                columns[field.column] = list(seal_many(new, label, name, uids))
                for index in self.model._meta.concrete_fields:
                    if isinstance(index, BlindIndexField) and index.source == name:
                        columns[index.column] = blind_indexes(index.domain, new)
            else:
                columns[field.column] = self.to_store(field, new)
        after = {name: [values.get(name, "") for _, _, values in rows] for name in rows[0][2]}
        for name, column in self.derived_columns(after, len(rows)).items():
            columns[name] = [str(value) for value in column]
        keys = [(target[0], target[1]) for target, _, _ in rows]
        if bulk.update_columns(self.model, keys, columns) != len(keys):
            raise PreviewOutdated

    def _record(self, written, by, via, roster_import):
        record_changes_bulk(
            self.model._meta.label_lower,
            ((pk, version, self.recorded_changes(uid, changes)) for pk, version, uid, changes in written),
            by=by,
            via=via,
            source=f"roster:{roster_import.pk}",
        )

    def recorded_changes(self, uid: str, changes: dict) -> dict:
        """The changes of a row as its history keeps them: sealed values sealed, others as they are stored."""
        label = self.model._meta.label_lower
        result = {}
        for name, pair in changes.items():
            field = self.model._meta.get_field(name)
            if isinstance(field, SealedField):
                aad = row_aad(label, name, uid)
                pair = [SealedText(plain=text, aad=aad, kind=field.kind) if text else None for text in pair]
            result[name] = pair
        return result

    # --- undo -------------------------------------------------------------------------------------

    def undo(self, written, *, roster_import, by):
        changed = [tuple(row) for part in written for row in part["changed"]]
        created = self.model._base_manager.filter(source_import=roster_import.pk)
        touched = created.exclude(version=1).count()
        if touched:
            raise RosterRefused(f"有 {touched} 条由这次导入新增的记录后来被修改过，不能整体撤销。请逐条处理。")
        try:
            with transaction.atomic():
                removed, _ = created.delete()
        except ProtectedError as error:
            raise RosterRefused("有的记录已经被别的登记引用（例如服务需求），不能整体撤销。请逐条处理。") from error
        back = [(pk, version, uid, {name: [new, old] for name, (old, new) in changes.items()})
                for pk, version, uid, changes in changed]  # fmt: skip
        self._write_back(back, by, roster_import)
        return removed + len(back)

    def _write_back(self, back, by, roster_import):
        groups: dict[tuple[str, ...], list] = {}
        for row in back:
            groups.setdefault(tuple(sorted(row[3])), []).append(row)
        for names, rows in groups.items():
            values = self._values_of([row[0] for row in rows])
            try:
                self._write_group(names, [
                    ((pk, version, uid), [changes[name][1] for name in names],
                     values[pk] | {name: changes[name][1] for name in names})
                    for pk, version, uid, changes in rows
                ])  # fmt: skip
            except (PreviewOutdated, KeyError) as error:
                raise RosterRefused("有的记录在导入之后又被修改或删除，不能整体撤销。请逐条处理。") from error
        if back:
            written = [(pk, version + 1, uid, changes) for pk, version, uid, changes in back]
            self._record(written, by, "undo", roster_import)

    def _values_of(self, pks: list[int]) -> dict[int, dict[str, str]]:
        """All values that derived columns read, of the stored rows."""
        names = list(self.rule_fields)
        result = {}
        for start in range(0, len(pks), _ASKED_AT_ONCE):
            rows = list(
                self.model._base_manager.filter(pk__in=pks[start : start + _ASKED_AT_ONCE]).values_list(
                    self.key_index, "pk", "version", "uid", "organisation_id", *names
                )
            )
            columns = self._stored_columns(rows, names)
            for place, row in enumerate(rows):
                result[row[1]] = {name: column[place] for name, column in columns.items()}
        return result


def _stored_text(value) -> str:
    if value is None:
        return ""
    if value is True:
        return "1"
    return "0" if value is False else str(value)


def _column_to_store(field, values):
    """Texts of the file as the column takes them; what is empty becomes the field's own nothing."""
    if isinstance(field, models.CharField):
        return str(field.get_default() or "") if values is None else values
    empty = None if field.null else _stored_text(field.get_default())
    if values is None:
        return empty
    return (
        [value if value not in ("", None) else empty for value in values] if not all(values) else list(map(str, values))
    )


def _fresh_uuids(count: int) -> list[str]:
    """Random UUIDs (version 4) as dashed text; one read of randomness for all of them."""
    digits = os.urandom(16 * count).hex()
    return [
        f"{d[:8]}-{d[8:12]}-4{d[13:16]}-{'89ab'[int(d[16], 16) & 3]}{d[17:20]}-{d[20:]}"
        for d in (digits[start : start + 32] for start in range(0, 32 * count, 32))
    ]


def today_text() -> str:
    return timezone.localdate().isoformat()
