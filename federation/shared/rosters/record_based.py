"""A roster whose row speaks of several records (a body and its facts, a worker and the post): some hundred rows.

A kind says for each row which records it wants to be there; the rest (comparing, writing, taking back) is here.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.apps import apps
from django.db import IntegrityError, models, transaction
from django.db.models import ProtectedError

from federation.shared.change_values import display
from federation.shared.history import VersionConflict, save_versioned
from federation.shared.pinyin import pinyin_of
from federation.shared.rosters.resource import PreviewOutdated, RosterRefused, RosterResource
from federation.shared.rosters.table import CHANGED, NEW, TRANSFER, UNCHANGED, RosterTable
from federation.shared.sealed import SealedText


@dataclass(eq=False)
class Wanted:
    """A record that a row wants: `stored` with `values` in it, or a new one of `fixed` and `values`.

    Values are texts as the roster keeps them; empty ones leave what is stored. `fixed` may name another Wanted,
    whose record it will point at.
    """

    word: str
    model: type[models.Model]
    stored: models.Model | None
    values: dict[str, str]
    fixed: dict[str, Any] = field(default_factory=dict)
    record: models.Model | None = None

    def changes(self) -> dict[str, list[str]]:
        """What differs, in words for the preview: {牌子·挂牌日期: [old, new]}."""
        result = {}
        for name, text in self.values.items():
            column = self.model._meta.get_field(name)
            old = getattr(self.stored, name) if self.stored is not None else None
            if text != "" and _text(old) != text:
                new = _mask_like(column, text)
                result[f"{self.word}·{column.verbose_name}"] = [
                    display(column, old) if old not in (None, "") else "",
                    new,
                ]
        if self.stored is None and not result:
            result[self.word] = ["", "登记"]
        return result

    def is_changed(self) -> bool:
        return self.stored is None or any(
            text != "" and _text(getattr(self.stored, name)) != text for name, text in self.values.items()
        )


class RecordRoster(RosterResource):
    # Rows at both ends of the file may name the same new person, who is one record.
    in_blocks = False
    # Models whose new rows are inserted in this order.
    models_in_order: tuple[type[models.Model], ...] = ()

    def load(self, table: RosterTable, places, *, lock: bool):
        """Everything that `wanted` will look at, in a fixed number of queries."""
        raise NotImplementedError

    def wanted(self, table: RosterTable, index: int, stored) -> Iterable[Wanted]:
        """The records row `index` wants. May refuse the row, or give it the outcome TRANSFER."""
        raise NotImplementedError

    def is_new(self, wanted: list[Wanted]) -> bool:
        """Whether the row counts as new rather than changed."""
        return all(one.stored is None for one in wanted)

    def compare(self, table, places, *, lock=False):
        stored = self.load(table, places, lock=lock)
        for index in range(len(table)):
            if table.is_wrong(index):
                continue
            table.outcomes[index] = UNCHANGED
            wanted = list(self.wanted(table, index, stored))
            if table.outcomes[index] != UNCHANGED:
                continue
            wanted = [one for one in wanted if one.is_changed() or self._is_pointed_at(one, wanted)]
            changes = {}
            for one in wanted:
                if one.is_changed():
                    changes |= one.changes()
            if changes:
                table.outcomes[index] = NEW if self.is_new(wanted) else CHANGED
                table.changes[index] = changes
                table.targets[index] = wanted

    @staticmethod
    def _is_pointed_at(one: Wanted, wanted: list[Wanted]) -> bool:
        return any(one in other.fixed.values() for other in wanted)

    def set_aside(self, table: RosterTable, index: int, old: str, new: str):
        """The person is on file at another body: shown, never taken."""
        table.outcomes[index] = TRANSFER
        table.changes[index] = {"organisation": [old, new]}

    # --- write ------------------------------------------------------------------------------------

    def write(self, table, places, *, roster_import, by):
        rows = (row for outcome, row in zip(table.outcomes, table.targets, strict=True) if outcome in (NEW, CHANGED))
        # A person named in several rows is one record.
        wanted = list({id(one): one for row in rows for one in row}.values())
        try:
            with transaction.atomic():
                changed = [self._change(one, by) for one in wanted if one.stored is not None and one.is_changed()]
                created = self._create([one for one in wanted if one.stored is None], by)
        except (IntegrityError, VersionConflict) as error:
            raise PreviewOutdated from error
        return {"created": created, "changed": changed}

    def _change(self, one: Wanted, by) -> list:
        """Write the new values; [label, pk, version now, {field: [old, new]}] for an undo."""
        record = one.stored
        pairs = {}
        for name, text in one.values.items():
            old = _text(getattr(record, name))
            if text != "" and old != text:
                pairs[name] = [old, text]
                setattr(record, name, _value(record._meta.get_field(name), text))
        _spell(record, pairs)
        save_versioned(record, by=by, via="import")
        return [record._meta.label_lower, record.pk, record.version, pairs]

    def _create(self, wanted: list[Wanted], by) -> list:
        created = []
        for model in self.models_in_order:
            mine = [one for one in wanted if one.model is model]
            for one in mine:
                one.record = _new_record(one, by)
            model._default_manager.bulk_create([one.record for one in mine], batch_size=500)
            created += [[model._meta.label_lower, one.record.pk] for one in mine]
        return created

    # --- undo -------------------------------------------------------------------------------------

    def created_rows(self, written, *, roster_import):
        created: dict[str, list[int]] = {}
        for label, pk in (row for part in written for row in part["created"]):
            created.setdefault(label, []).append(pk)
        return created

    def undo(self, written, *, roster_import, by):
        created = [tuple(row) for part in written for row in part["created"]]
        count = 0
        for model in reversed(self.models_in_order):
            pks = [pk for label, pk in created if label == model._meta.label_lower]
            rows = model._base_manager.filter(pk__in=pks)
            if rows.exclude(version=1).exists() or rows.count() != len(pks):
                raise RosterRefused(_TOUCHED)
            try:
                rows.delete()
            except ProtectedError as error:
                raise RosterRefused("有的记录已经被别的登记引用，不能整体撤销。请逐条处理。") from error
            count += len(pks)
        for label, pk, version, pairs in (row for part in written for row in part["changed"]):
            self._change_back(apps.get_model(label), pk, version, pairs, by)
            count += 1
        return count

    def _change_back(self, model, pk, version, pairs, by):
        record = model._base_manager.filter(pk=pk, version=version).first()
        if record is None:
            raise RosterRefused(_TOUCHED)
        for name, (old, _new) in pairs.items():
            setattr(record, name, _value(model._meta.get_field(name), old))
        _spell(record, pairs)
        save_versioned(record, by=by, expected_version=version, via="undo")


_TOUCHED = "有的记录在导入之后又被修改或删除，不能整体撤销。请逐条处理。"


def _new_record(one: Wanted, by) -> models.Model:
    record = one.model(created_by=by)
    for name, value in one.fixed.items():
        if isinstance(value, Wanted):
            value = value.stored if value.stored is not None else value.record
        setattr(record, name, value)
    for name, text in one.values.items():
        if text != "":
            setattr(record, name, _value(one.model._meta.get_field(name), text))
    _spell(record, one.values)
    return record


def _spell(record: models.Model, given: Iterable[str]):
    """Pinyin follows a person's name; bodies, spelled otherwise, get no name by a roster."""
    if "name" not in given or not hasattr(record, "name_initials"):
        return
    for column, spelled in zip(("name_pinyin", "name_initials"), pinyin_of(record.name), strict=True):
        setattr(record, column, spelled[: record._meta.get_field(column).max_length])


def _text(value) -> str:
    """A stored value as the roster writes it."""
    if value is None:
        return ""
    if isinstance(value, SealedText):
        return value.open_plain()
    if isinstance(value, bool):
        return "1" if value else "0"
    return str(value)


def _value(column: models.Field, text: str):
    if text == "" and column.null:
        return None
    return column.to_python(text) if not isinstance(column, models.BinaryField) else text


def _mask_like(column: models.Field, text: str) -> str:
    if isinstance(column, models.BinaryField):
        return str(SealedText(plain=text, aad=b"", kind=column.kind))
    return display(column, text)
