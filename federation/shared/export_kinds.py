"""Which lists may leave as files, and by how what is in them decides the course of asking for them.

A list says how sensitive its rows are; the rest follows from `Sensitivity` and stands nowhere else.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

from django.conf import settings
from django.http import QueryDict
from django.urls import get_resolver, reverse

from federation.shared.export_files import FileKind, register_kind
from federation.shared.export_rows import ExportColumn
from federation.shared.models.exports import ExportFile

# To take out lists of people one holds this beside the permission of the list.
TAKE_PERSONAL = "exports.personal"


class Sensitivity(Enum):
    """What the rows of a list tell: (word, given at once up to a number of rows, a second person above a number)."""

    OPEN = ("不含个人信息", True, False)
    OFFICE = ("工作人员的工作信息", False, False)
    PERSONAL = ("个人信息", False, True)

    def __init__(self, word: str, is_given_at_once: bool, wants_second_person: bool):
        self.word = word
        self.is_given_at_once = is_given_at_once
        self.wants_second_person = wants_second_person

    @property
    def permission(self) -> str:
        return TAKE_PERSONAL if self is Sensitivity.PERSONAL else ""


@dataclass(frozen=True)
class ExportKind:
    """A list that may leave. `action` is what the list calls it.

    columns()                    -> its ExportColumns
    rows(user, area, data)       -> what `user` sees now of the area, narrowed by the criteria of the list (a QueryDict)
    words(user, data, private)   -> the criteria in words; with `private` also what was typed and may name somebody
    area(user, data)             -> the path of the body that was chosen among the criteria, or ""
    sheet(rows, columns, whole)  -> the Sheet to write
    """

    name: str
    label: str
    sensitivity: Sensitivity
    permission: str
    whole_permission: str
    list_page: str
    columns: Callable[[], list[ExportColumn]]
    rows: Callable
    words: Callable
    area: Callable
    sheet: Callable
    action: str = "下载名单"

    @property
    def take_permission(self) -> str:
        """What one holds to take any list of this kind out, beside the permission of its page."""
        return self.sensitivity.permission or ExportFile.view_permission

    @property
    def has_choice_of_columns(self) -> bool:
        return not all(column.is_usual for column in self.columns())

    def chosen_columns(self, preset: str) -> list[ExportColumn]:
        return [column for column in self.columns() if preset == "all" or column.is_usual]


_kinds: dict[str, ExportKind] = {}


def register_export(kind: ExportKind) -> ExportKind:
    register_kind(FileKind(kind.name, kind.permission, kind.whole_permission, kind.sensitivity.permission))
    if _kinds.setdefault(kind.name, kind) is not kind:
        raise ValueError(f"two lists leave under the name {kind.name}")
    return kind


def export_kind(name: str) -> ExportKind | None:
    return all_kinds().get(name)


def all_kinds() -> dict[str, ExportKind]:
    # Most are declared beside the page of their list; a worker has drawn no page yet.
    list(get_resolver().url_patterns)
    return _kinds


def is_given_at_once(kind: ExportKind, rows: int) -> bool:
    return kind.sensitivity.is_given_at_once and rows <= settings.FEDERATION_EXPORT_AT_ONCE_ROWS


def needs_second_person(kind: ExportKind, rows: int, *, whole: bool) -> bool:
    many = kind.sensitivity.wants_second_person and rows > settings.FEDERATION_EXPORT_SECOND_PERSON_ROWS
    return whole or many


def may_take_whole(kind: ExportKind, user) -> bool:
    return bool(kind.whole_permission) and user.has_scope(kind.whole_permission)


# --- asking from a list -----------------------------------------------------------------------------

# Where on a list one is, and how it is sorted: no part of what is taken out.
_PASSING = ("after", "before", "sort", "restore")


def ask_link(name: str, request) -> list[dict]:
    """The action 下载名单 of a list, with the filters that are set; none for who may not take it out."""
    kind = _kinds[name]
    if not (request.user.has_scope(kind.take_permission) and request.user.has_scope(kind.permission)):
        return []
    criteria = criteria_of(request).urlencode()
    address = reverse("export-ask", args=[name])
    return [{"url": f"{address}?{criteria}" if criteria else address, "label": kind.action, "kind": ""}]


def criteria_of(request) -> QueryDict:
    criteria = request.GET.copy()
    for name in _PASSING:
        criteria.pop(name, None)
    return criteria
