"""The list of a page as a file, by one declaration beside the page:

    class MemberListView(ScopedListView):
        export = ListExport("members", "member-list", Sensitivity.PERSONAL, ("worker__name", "place", "started_on"))

Scope and filter are the page's own: the file's rows are those that its view gives for the same criteria. A column is
a field of the row ("worker__name": heading, words and mask are the field's), the key of a column of the page
("place"), or a Shown.
"""

import datetime
import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from functools import partial
from typing import Any

from django.core.exceptions import FieldDoesNotExist
from django.db import models
from django.http import QueryDict
from django.utils import timezone
from django.utils.html import strip_tags

from federation.shared.export_kinds import ExportKind, Sensitivity, register_export
from federation.shared.export_rows import BROKEN, ExportColumn
from federation.shared.masking import mask_of_field
from federation.shared.money import MoneyField
from federation.shared.scope import Scope
from federation.shared.sealed import SealedText
from federation.shared.workbooks.writer import Column, Sheet

BLOCK = 500
WIDEST, NARROWEST = 40, 8
TYPED = "（填了内容）"
YES_NO = {True: "是", False: "否"}


@dataclass(frozen=True)
class Shown:
    """A column that is no field: what `value` gives for a row. `kind` as of the workbook's columns.

    `field`: the model's field whose text it is, where its mask applies.
    """

    heading: str
    value: Callable[[Any], Any]
    kind: str = "text"
    width: float = 0
    name: str = ""
    field: models.Field | None = None
    is_usual: bool = True


@dataclass(frozen=True)
class Reader:
    """What a list asks of its request: who reads, by which criteria. The list itself is drawn by nobody here."""

    user: Any
    GET: QueryDict
    method: str = "GET"


@dataclass(frozen=True)
class ListExport:
    """`page` is the URL name of the list; name and permission of the file are its own where it holds more.

    `within(rows, path)` narrows the rows to a body's subtree, where they are not narrowed as every scoped row is.
    `told(view)` says of criteria that are in no filter form, in words. `prepare(rows)` attaches to a block of rows
    what columns of the file alone need.
    """

    name: str
    page: str
    sensitivity: Sensitivity
    columns: tuple[str | Shown, ...] | Callable[[], list[Shown]]
    whole_permission: str = ""
    label: str = ""
    permission: str = ""
    within: Callable | None = None
    told: Callable | None = None
    prepare: Callable | None = None


def everywhere(rows, path: str):
    """For rows that belong to no body, or are shown whoever's they are."""
    return rows


def register_list(view_class, given: ListExport):
    """Called for every export that a list view declares."""
    register_export(
        ExportKind(
            name=given.name,
            label=given.label or view_class.caption or view_class.title,
            sensitivity=given.sensitivity,
            permission=given.permission or view_class.permission,
            whole_permission=given.whole_permission,
            list_page=given.page,
            columns=lambda: [_as_column(shown) for shown in shown_of(view_class, given)],
            rows=lambda user, area, data: ListRows(given, view_class, user, data, area),
            words=lambda user, data, private: _words(given, opened(view_class, user, data), private),
            area=lambda user, data: _area(opened(view_class, user, data)),
            sheet=_sheet,
            action=f"下载{given.label}" if given.label else "下载名单",
        )
    )


def opened(view_class, user, data: QueryDict):
    """The view as its page would be asked for, to be asked for its rows."""
    view = view_class()
    view.request, view.args, view.kwargs = Reader(user, data), (), {}
    return view


class ListRows:
    """The rows of a list for one reader: how many, and each as its page prepares it, a block at a time."""

    def __init__(self, given: ListExport, view_class, user, data: QueryDict, area):
        self.given = given
        self.view = opened(view_class, user, data)
        self.queryset = (given.within or _in_subtree)(self.view.rows_wanted(), area.path)

    def count(self) -> int:
        return self.view.count_rows(self.queryset)

    def __iter__(self) -> Iterator:
        rows = self.view.each_row(self.queryset)
        while block := list(itertools.islice(rows, BLOCK)):
            self.view.prepare(block)
            if self.given.prepare:
                self.given.prepare(block)
            yield from block


def _in_subtree(rows, path: str):
    return rows.in_scopes([Scope(path=path)])


# --- columns ----------------------------------------------------------------------------------------


def shown_of(view_class, given: ListExport) -> list[Shown]:
    if callable(given.columns):
        return given.columns()
    return [each if isinstance(each, Shown) else _named(view_class, each) for each in given.columns]


def _named(view_class, name: str) -> Shown:
    field = _field(view_class.model, name)
    column = next((each for each in view_class.page_columns() if each.key == name), None)
    # What the row points at is shown as the page shows it.
    if field is not None and not (column and field.is_relation):
        return field_shown(field, name)
    if column is None:
        raise LookupError(f"{view_class.__name__}: {name} is no field and no column of the page")
    give = column.value or (lambda row: getattr(row, name))
    kind = "number" if column.numeric else "text"
    return Shown(column.heading, give, kind, name=name)


def _field(model, path: str) -> models.Field | None:
    *ways, last = path.split("__")
    try:
        for way in ways:
            model = model._meta.get_field(way).related_model
        field = model._meta.get_field(last)
    except FieldDoesNotExist:
        return None
    return field if field.concrete else None


def field_shown(field: models.Field, path: str, **more) -> Shown:
    """A field of the row, or of what the row points at: typed as it is stored, in the words of its choices."""
    words = dict(field.flatchoices) if field.choices else None

    def value(row):
        found = row
        for name in path.split("__"):
            found = getattr(found, name, None)
            if found is None:
                return None
        return words.get(found, found) if words is not None else found

    kind = "text" if words is not None else _kind(field)
    more.setdefault("heading", str(field.verbose_name))
    return Shown(value=value, kind=kind, name=path, field=field, **more)


def roster_shown(roster, value_of: Callable, field_of: Callable = lambda name: None) -> list[Shown]:
    """The columns of a roster: `value_of(name)` gives what gives the value of a row, `field_of(name)` the model's
    field it is kept in."""
    return [
        Shown(
            heading=column.heading,
            value=partial(_rendered, roster.fields[column.field].widget.render, value_of(column.field)),
            kind=column.shown_kind,
            width=column.width,
            name=column.field,
            field=field_of(column.field),
            is_usual=column.in_template,
        )
        for column in roster.columns
    ]


def _rendered(render: Callable, value_of: Callable, row):
    return render(value_of(row), sealed=lambda value: value)


def _kind(field: models.Field) -> str:
    if isinstance(field, models.DateTimeField):
        return "moment"
    if isinstance(field, models.DateField):
        return "date"
    if isinstance(field, (models.DecimalField, MoneyField)):
        return "money"
    return "number" if isinstance(field, models.IntegerField) else "text"


def _plain(value):
    """What a page shows, without its markup."""
    return strip_tags(value).strip() if hasattr(value, "__html__") else value


def _as_column(shown: Shown) -> ExportColumn:
    width = shown.width or {"date": 13, "moment": 18, "number": 10, "money": 14}.get(shown.kind) or _text_width(shown)
    return ExportColumn(
        name=shown.name or shown.heading, heading=shown.heading, width=width, kind=shown.kind, is_usual=shown.is_usual
    )


def _text_width(shown: Shown) -> float:
    longest = getattr(shown.field, "max_length", None) or 14
    # A Chinese character is two wide; a heading shows whole.
    return max(min(longest, WIDEST), NARROWEST, 2 * len(shown.heading) + 2)


# --- the sheet --------------------------------------------------------------------------------------


def _sheet(rows: ListRows, columns: list[ExportColumn], whole: bool) -> Sheet:
    wanted = [column.name for column in columns]
    shown = {_as_column(each).name: each for each in shown_of(type(rows.view), rows.given)}
    cells = [_cell(shown[name], whole) for name in wanted]
    written = [Column(column.heading, column.width, column.kind) for column in columns]
    return Sheet(rows.given.label or rows.view.title, written, ([give(row) for give in cells] for row in rows))


def _cell(shown: Shown, whole: bool) -> Callable:
    hide = None if whole or shown.field is None else mask_of_field(shown.field)

    def give(row):
        value = shown.value(row)
        if value is None or value == "":
            return None
        if isinstance(value, SealedText):
            return (value.open_plain() if whole else value.masked()) if value.is_readable() else BROKEN
        if isinstance(value, bool):
            return YES_NO[value]
        if isinstance(value, (int, Decimal)):
            return value
        if isinstance(value, datetime.datetime):
            return timezone.localtime(value).replace(tzinfo=None)
        if isinstance(value, datetime.date):
            return value
        text = str(_plain(value))
        return hide(text) if hide else text

    return give


# --- the criteria in words --------------------------------------------------------------------------


def _area(view) -> str:
    """The path of the body chosen in the filter."""
    filterset = view.filterset_for(view.get_queryset())
    at = getattr(filterset, "at", None)
    return at.path if at is not None else ""


def _words(given: ListExport, view, private: bool) -> str:
    words = [given.told(view)] if given.told else []
    filterset = view.filterset_for(view.get_queryset())
    if filterset is not None and filterset.is_bound and filterset.form.is_valid():
        form = filterset.form
        words += [
            f"{form.fields[name].label}：{_word(form.fields[name], value, private)}"
            for name, value in form.cleaned_data.items()
            if value not in (None, "", [])
        ]
    return "、".join(filter(None, words)) or "全部"


def _word(field, value, private: bool) -> str:
    words = {str(key): str(word).strip("　") for key, word in getattr(field, "choices", None) or ()}
    if words:
        return words.get(str(value), str(value))
    if isinstance(value, datetime.date):
        return f"{value:%Y-%m-%d}"
    return str(value) if private else TYPED
