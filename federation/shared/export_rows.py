"""Rows of a list as cells, column by column: a block of rows is opened, masked and put into words at a time.

Memory holds one block, whatever the list. The columns come from the roster of the same rows, so that a file which
left the system can be read back in.
"""

import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from django.db.models import TextField
from django.db.models.functions import Cast

from federation.shared.masking import mask_column
from federation.shared.rosters.columns import RosterColumn
from federation.shared.sealed import MASKS, SealBroken, SealedField, mask, row_aad, unseal
from federation.shared.sealed_blobs import unseal_many
from federation.shared.workbooks.writer import Column, Sheet

BLOCK = 2000
BROKEN = "（无法打开，请联系管理员）"


@dataclass(frozen=True)
class ExportColumn:
    """A column of the file: heading, where its value stands in the row, and what is shown for it."""

    name: str
    heading: str
    width: float = 14
    kind: str = "text"
    # Name of the model's field, where it is not the column's own.
    source: str = ""
    # Whether it is among the usual columns.
    is_usual: bool = True

    @property
    def field(self) -> str:
        return self.source or self.name


def columns_of(columns: Iterable[RosterColumn], sources: Mapping[str, str]) -> list[ExportColumn]:
    """The columns of a roster; `sources` names the fields of those that are not fields of the model."""
    return [
        ExportColumn(
            name=column.field,
            heading=column.heading,
            width=column.width,
            kind=column.shown_kind,
            source=sources.get(column.field, ""),
            is_usual=column.in_template,
        )
        for column in columns
    ]


class Words(dict):
    """Value → what the file shows for it, worked out once for each value that occurs."""

    def __init__(self, word_of: Callable):
        super().__init__({None: "", "": ""})
        self._word_of = word_of

    def __missing__(self, value):
        word = self[value] = self._word_of(value)
        return word


def column_sheet(title: str, rows, columns: list[ExportColumn], *, words: Mapping[str, Callable], whole: bool) -> Sheet:
    """The queryset `rows` as a sheet. `words` gives, for a column, the function from stored value to shown one."""
    written = [Column(column.heading, column.width, column.kind) for column in columns]
    return Sheet(title, written, _cells(rows, columns, words, whole))


def _cells(rows, columns, words, whole) -> Iterator[tuple]:
    model = rows.model
    sealed = {column.name for column in columns if isinstance(model._meta.get_field(column.field), SealedField)}
    names = list(dict.fromkeys(column.field for column in columns))
    if sealed:
        # As text: making a UUID of each costs as much as opening a number.
        rows, names = rows.annotate(uid_text=Cast("uid", TextField())), ["uid_text", *names]
    shown = {column.name: Words(words[column.name]) for column in columns if column.name in words}
    stored = iter(rows.values_list(*names).iterator(chunk_size=BLOCK))
    while block := list(itertools.islice(stored, BLOCK)):
        values = dict(zip(names, zip(*block, strict=True), strict=True))
        uids = _dashed(values["uid_text"]) if sealed else []
        cells = []
        for column in columns:
            found = values[column.field]
            if column.name in sealed:
                found = _numbers(model._meta.get_field(column.field), found, uids, whole)
            elif column.name in shown:
                word_of = shown[column.name]
                found = [word_of[value] for value in found]
            elif not whole:
                found = mask_column(model._meta.get_field(column.field), found)
            cells.append(found)
        yield from zip(*cells, strict=True)


def _dashed(uids) -> list[str]:
    """Uids as their tokens are bound to them; SQLite keeps them without dashes."""
    if len(uids[0]) == 36:
        return list(uids)
    return [f"{uid[:8]}-{uid[8:12]}-{uid[12:16]}-{uid[16:20]}-{uid[20:]}" for uid in uids]


def _numbers(field: SealedField, tokens: tuple, uids: list[str], whole: bool) -> list[str]:
    """A column of sealed values, masked or whole. One that does not open says so and keeps no other back."""
    if tokens.count(None) == len(tokens):
        return [""] * len(tokens)
    label, name = field.model._meta.label_lower, field.attname
    try:
        plain = list(unseal_many(tokens, label, name, uids))
    except SealBroken:
        plain = [_opened(token, row_aad(label, name, uid)) for token, uid in zip(tokens, uids, strict=True)]
    if whole:
        return plain
    head, tail = MASKS[field.kind]
    return [mask(text, head, tail) if text and text != BROKEN else text for text in plain]


def _opened(token, aad: bytes) -> str:
    if token is None:
        return ""
    try:
        return unseal(token, aad)
    except SealBroken:
        return BROKEN
