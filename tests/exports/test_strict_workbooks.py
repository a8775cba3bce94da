"""Workbooks as a strict program takes them: by the standard's order, within its limits, opened by two other readers."""

import datetime
import io
import zipfile
from decimal import Decimal

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from python_calamine import CalamineWorkbook

from federation.shared.normalise import Dictionary
from federation.shared.rosters import RosterColumn, template_workbook
from federation.shared.rosters.registry import all_rosters, roster_of
from federation.shared.workbooks import Column, Sheet, writer
from federation.shared.workbooks.package import sheet_title
from orgs.models import Level, Organisation
from orgs.places import Places
from tests.exports.strictness import problems_of

NOW = datetime.datetime(2026, 11, 21, 9, 5, 7)
COLUMNS = [Column("姓名"), Column("人数", 8, "number"), Column("金额", 12, "money"), Column("比率", 8, "percent"),
           Column("日期", 13, "date"), Column("时间", 18, "moment")]  # fmt: skip
ODD = [
    "\x00\x08\x0b\x1f",
    "\ufffe\uffff",
    "\t制表\n换行\r回车",
    " 两边 ",
    "_x0041_",
    "&<>\"'",
    "=1",
    "\U0001f600" * 20_000,
    "",
]


def written(sheets, watermark="") -> bytes:
    file = io.BytesIO()
    writer.write_workbook_into(file, sheets, watermark=watermark)
    return file.getvalue()


def opened(data: bytes) -> tuple[openpyxl.Workbook, CalamineWorkbook]:
    """In full, not for reading only."""
    return openpyxl.load_workbook(io.BytesIO(data)), CalamineWorkbook.from_filelike(io.BytesIO(data))


def test_every_kind_of_cell_is_by_the_standard_and_opens_in_full():
    rows = [(text, 3, Decimal("1.50"), Decimal("0.25"), NOW.date(), NOW) for text in ODD]
    rows += [("早", None, None, None, datetime.date(1900, 2, 28), datetime.datetime(1890, 1, 1))]
    data = written([Sheet("名册", COLUMNS, rows, above=("题目", "条件：全部"))], "赵经办　会宁县 & 残联")
    assert problems_of(data) == []
    book, other = opened(data)
    sheet = book.active
    assert sheet.freeze_panes == "A5" and sheet.auto_filter.ref == f"A4:F{4 + len(rows)}"
    assert (sheet["E5"].value, sheet["F5"].value) == (datetime.datetime(2026, 11, 21), NOW)
    assert (sheet["E5"].number_format, sheet["F5"].number_format) == ("yyyy\\-mm\\-dd", "yyyy\\-mm\\-dd\\ hh:mm")
    assert [sheet.column_dimensions[letter].width for letter in "BEF"] == [8, 13, 18]
    cells = other.get_sheet_by_index(0).to_python()
    assert cells[4][4:] == [NOW.date(), NOW] and cells[-1][4] == "1900-02-28"


@pytest.mark.parametrize("length", [1, 150, 300, 2000])
@pytest.mark.parametrize("sign", ["用", "&", "&途"])
def test_a_long_watermark_leaves_the_footer_within_its_limit_and_keeps_its_end(length, sign):
    mark = f"赵经办　用途：{sign * length}　文件编号：20261121-000007"
    data = written([Sheet("名册", [Column("姓名")], [("张三",)])], mark)
    assert problems_of(data) == []
    footer = opened(data)[0].active.oddFooter.center.text
    assert footer.endswith("文件编号：20261121-000007　第 &P 页，共 &N 页") or "000007" in footer
    assert opened(data)[0].active["A1"].value == mark


TITLES = [
    "a/b:c*?[x]'",
    "a/b:c*?[x]'",
    "A/B:C*?[X]'",
    "",
    "History",
    "'",
    "长" * 40,
    "长" * 40,
    "\U0001f600" * 31,
    "\x01",
]


def test_names_of_sheets_are_allowed_and_unlike_each_other_in_any_case():
    data = written([Sheet(title, [Column("甲")], []) for title in TITLES])
    assert problems_of(data) == []
    assert opened(data)[0].sheetnames == opened(data)[1].sheet_names


@given(st.lists(st.text(max_size=50), min_size=1, max_size=12))
@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
def test_any_names_make_names_of_sheets(wanted):
    taken: list[str] = []
    for each in wanted:
        taken.append(sheet_title(each, taken))
    assert len({each.casefold() for each in taken}) == len(taken)
    assert all(1 <= len(each.encode("utf-16-le")) // 2 <= 31 for each in taken)


@pytest.mark.parametrize(("rows", "sheets"), [(0, 1), (795, 1), (796, 2), (1600, 3)])
def test_what_finds_no_room_on_a_sheet_goes_on_on_the_next(monkeypatch, rows, sheets):
    # Eight hundred rows stand for a million; three of them hold title, criteria and headings.
    monkeypatch.setattr(writer, "MAX_ROWS", 800)
    sheet = Sheet("名册", [Column("号")], ((str(number),) for number in range(rows)), above=("题目", "条件"))
    data = written([sheet, Sheet("别的", [Column("甲")], [("乙",)])])
    assert problems_of(data) == [] and sheet.written == rows
    book = opened(data)[0]
    assert book.sheetnames[0] == "名册" and book.sheetnames[-1] == "别的" and len(book.sheetnames) <= sheets + 2
    parts = book.worksheets[:-1]
    assert [cell.value for page in parts for cell in page["A"][3:]] == [str(number) for number in range(rows)]
    assert all(page.max_row <= 800 and page["A3"].value == "号" for page in parts)


def test_a_workbook_with_a_fault_is_found_out():
    """The check can fail: the order of two elements swapped, a relation that leads nowhere, a footer too long."""
    good = written([Sheet("名册", [Column("姓名")], [("张三",)])])
    faults = {
        "xl/worksheets/sheet1.xml": (b"<sheetFormatPr", b"<cols/><sheetFormatPr"),
        "xl/_rels/workbook.xml.rels": (b"worksheets/sheet1.xml", b"worksheets/sheet9.xml"),
        "xl/workbook.xml": (b"<bookViews><workbookView/></bookViews>", b""),
        "xl/styles.xml": (b"<numFmts", b"<dxfs/><numFmts"),
    }
    for part, (was, now) in faults.items():
        bad = io.BytesIO()
        with zipfile.ZipFile(io.BytesIO(good)) as source, zipfile.ZipFile(bad, "w") as target:
            for name in source.namelist():
                content = source.read(name)
                assert name != part or was in content
                target.writestr(name, content.replace(was, now, 1) if name == part else content)
        assert problems_of(bad.getvalue()), part


# --- templates --------------------------------------------------------------------------------------


def lists_of(data: bytes) -> dict[str, list[str]]:
    """Heading → what its drop-down offers."""
    book = openpyxl.load_workbook(io.BytesIO(data))
    sheet, offered = book.worksheets[0], {}
    for rule in sheet.data_validations.dataValidation:
        (area,) = rule.sqref.ranges
        source = rule.formula1
        if source.startswith('"'):
            words = source.strip('"').split(",")
        else:
            page, _, cells = source.partition("!")
            words = [row[0].value for row in book[page.strip("'")][cells.replace("$", "")]]
        offered[sheet.cell(1, area.min_col).value] = words
    return offered


@pytest.mark.django_db
@pytest.mark.parametrize("kind", ["organisations", "members", "persons"])
def test_a_template_is_by_the_standard_and_offers_the_villages_of_the_own_area_alone(world, kind):
    bodies = Organisation.objects.visible_to(world.director, "rosters.import")
    places = Places(bodies, levels=(Level.TOWNSHIP, Level.VILLAGE))
    data = template_workbook.template_workbook(roster_of(kind), places.choices())
    assert problems_of(data) == []
    offered = lists_of(data)
    own = {place.label for place in places.by_pk.values() if place.level == Level.VILLAGE}
    assert set(offered["村（社区）"]) == own and world.village.label in own
    listed = openpyxl.load_workbook(io.BytesIO(data))[template_workbook.PLACES_SHEET]
    codes = {cell.value for cell in listed["F"][1:]}
    assert world.village.code in codes and len(codes) == len(places.by_pk)
    assert not codes & {world.neighbour_village.code, world.other_village.code}
    for column in roster_of(kind).template_columns():
        if column.dictionary:
            assert offered[column.heading] == [word for _, word in column.dictionary.words]


def test_a_list_that_finds_no_room_in_a_rule_stands_on_a_sheet():
    long = Dictionary([(str(number), f"第{number}种很长的说法，写得清清楚楚") for number in range(40)])
    comma = Dictionary([("1", "有,逗号"), ("2", "没有")])
    short = Dictionary([("1", "男"), ("2", "女")])

    class Roster:
        title = "名册"

        @staticmethod
        def template_columns():
            return [
                RosterColumn("kind", "种类", clean=long),
                RosterColumn("comma", "逗号", clean=comma),
                RosterColumn("sex", "性别", clean=short),
            ]

    data = template_workbook.template_workbook(Roster, [])
    assert problems_of(data) == []
    offered = lists_of(data)
    assert len(offered["种类"]) == 40 and offered["逗号"] == ["有,逗号", "没有"] and offered["性别"] == ["男", "女"]
    assert "下拉选项" in openpyxl.load_workbook(io.BytesIO(data)).sheetnames


@pytest.mark.django_db
@pytest.mark.parametrize("kind", ["accounts", "members", "organisations", "payments", "persons", "trainings"])
def test_every_template_is_by_the_standard(world, kind):
    bodies = Organisation.objects.visible_to(world.clerk, "rosters.import")
    places = Places(bodies, levels=(Level.TOWNSHIP, Level.VILLAGE))
    assert problems_of(template_workbook.template_workbook(roster_of(kind), places.choices())) == []


def test_every_roster_is_among_these():
    kinds = {"accounts", "members", "organisations", "payments", "persons", "trainings"}
    assert {roster.kind for roster in all_rosters()} == kinds
