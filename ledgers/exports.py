"""The list of persons as a file: its columns are those of the roster, its filter that of the page."""

from dataclasses import dataclass

from django.utils import timezone

from federation.shared.export_kinds import ExportKind, Sensitivity, register_export
from federation.shared.export_rows import ExportColumn, column_sheet, columns_of
from federation.shared.workbooks.writer import Sheet
from ledgers import in_charge_column
from ledgers.consent import WITHDRAWN
from ledgers.filters import PersonFilter
from ledgers.models import DisabledPerson
from ledgers.models.dictionaries import DisabilityCategory, Rehabilitation
from ledgers.querysets import sixty_by
from ledgers.resources import ELDERLY, PersonRoster
from orgs.places import WrittenPlaces

# As it is today: see ledgers.households.
_SOURCES = {ELDERLY: "eldest_born_on"}
_OF_PLACE = dict.fromkeys(("township", "village", "division_code"), "organisation_id")
# Several values in one cell, a digit each.
_SEVERAL = {"category_parts": dict(DisabilityCategory.choices), "rehabilitation": dict(Rehabilitation.choices)}
# Typed, and may name somebody.
_PRIVATE = ("q", "member")


@dataclass(frozen=True)
class Reader:
    """What the filter asks of a request: who reads."""

    user: object


def person_columns() -> list[ExportColumn]:
    return columns_of(PersonRoster.columns, _OF_PLACE | _SOURCES)


def _filter(user, data, rows=None) -> PersonFilter:
    return PersonFilter(data, rows, request=Reader(user))


def person_rows(user, area, data):
    """Village by village, by name. Who took the consent back is in no list that leaves the system."""
    rows = DisabledPerson.objects.visible_to(user).under(area.path)
    return _filter(user, data, rows).qs.exclude(WITHDRAWN).order_by("org_path", "name_pinyin", "name", "id")


def person_words(user, data, private: bool) -> str:
    chips = _filter(user, data).chips()
    words = [
        f"{chip['label']}：{chip['word'] if private or chip['name'] not in _PRIVATE else '（填了内容）'}"
        for chip in chips
    ]
    return "、".join(words) or "全部在册的人"


def chosen_area(user, data) -> str:
    found = _filter(user, data)
    return found.area_path if found.form.is_valid() else ""


def person_sheet(rows, columns: list[ExportColumn], whole: bool) -> Sheet:
    words = {}
    widgets = PersonRoster().fields
    for column in columns:
        if column.name in _SEVERAL:
            words[column.name] = _several(_SEVERAL[column.name])
        elif column.name not in _OF_PLACE and column.kind == "text" and widgets[column.name].widget.column.dictionary:
            words[column.name] = widgets[column.name].widget.render
    sixty = sixty_by(timezone.localdate())
    words[ELDERLY] = lambda eldest: "是" if eldest and eldest <= sixty else "否"
    words[in_charge_column.FIELD] = in_charge_column.NamesOf(rows).called
    if any(column.name in _OF_PLACE for column in columns):
        places = WrittenPlaces(rows.order_by().values("organisation_id"))
        words |= {
            "township": lambda pk: places[pk].township,
            "village": lambda pk: places[pk].village,
            "division_code": lambda pk: places[pk].code,
        }
    return column_sheet("残疾人登记表", rows, columns, words=words, whole=whole)


def _several(words: dict):
    return lambda digits: "、".join(words.get(digit, digit) for digit in digits)


register_export(
    ExportKind(
        name="persons",
        label="残疾人登记表",
        sensitivity=Sensitivity.PERSONAL,
        permission=DisabledPerson.view_permission,
        whole_permission=DisabledPerson.reveal_permission,
        list_page="person-list",
        columns=person_columns,
        rows=person_rows,
        words=person_words,
        area=chosen_area,
        sheet=person_sheet,
    )
)
