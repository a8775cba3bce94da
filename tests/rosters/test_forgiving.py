"""What the reader forgives: the form of a workbook, never its facts."""

import datetime
import io

import openpyxl
import pytest

from federation.shared.models import RosterImport
from ledgers.models import DisabledPerson
from tests.rosters import hostile
from tests.rosters.people import book, person, roster_file, saved

State = RosterImport.State


def changed_book(change, rows=None, **more):
    workbook = book(rows or [person(0), person(1)], **more)
    change(workbook, workbook.active)
    return saved(workbook)


def second_sheet():
    workbook = book([person(0), person(1)])
    first = workbook.create_sheet("封面", 0)
    first.append(["会宁县残疾人名册"])
    first.append(["制表", "2026"])
    return saved(workbook)


def hidden_first_sheet():
    workbook = book([person(0), person(1)])
    decoy = workbook.copy_worksheet(workbook.active)
    decoy.sheet_state = "hidden"
    workbook.move_sheet(decoy, -1)
    return saved(workbook)


def merged_title(workbook, sheet):
    sheet.merge_cells("A1:F1")


def merged_township(workbook, sheet):
    column = next(cell.column_letter for cell in sheet[1] if cell.value == "乡镇")
    sheet.merge_cells(f"{column}2:{column}3")


def hidden_row(workbook, sheet):
    sheet.row_dimensions[3].hidden = True


def styled_empties(workbook, sheet):
    for row in range(4, 3000):
        sheet.cell(row, 1).number_format = "@"


def gaps(workbook, sheet):
    sheet.insert_rows(3, 2)
    sheet.insert_cols(2)
    sheet.insert_cols(1)


def totals(workbook, sheet):
    sheet.append(["合  计", "2"])


def rich_headings():
    rows = [person(0), person(1)]
    names = {"姓名": " 姓 名\n(必填)", "身份证号": "公民身份号码", "村（社区）": "村(社区)", "残疾人证号": "残疾证号：",
             "残疾类别": "＊残疾类别", "性别": "性\u200b别", "现住址": "家庭住址"}  # fmt: skip
    names["姓名"] = " 姓\n　名 "
    renamed = [{names.get(key, key): value for key, value in row.items()} for row in rows]
    return roster_file([dict(reversed(row.items())) for row in renamed])


ACCEPTED = {
    "as it should be": lambda: hostile.good(2),
    "headings reordered, spaced, full width, synonyms": rich_headings,
    "title rows above": lambda: roster_file(
        [person(0), person(1)], title_rows=[["会宁县残疾人名册"], ["单位：县残联"], []]
    ),
    "merged title": lambda: changed_book(merged_title, title_rows=[["会宁县残疾人名册"]]),
    "township merged over its rows": lambda: changed_book(merged_township, rows=[person(0), person(1, 乡镇=None)]),
    "roster on the second sheet": second_sheet,
    "hidden copy of the sheet": hidden_first_sheet,
    "hidden row": lambda: changed_book(hidden_row),
    "thousands of styled empty rows": lambda: changed_book(styled_empties),
    "blank rows and columns between": lambda: changed_book(gaps),
    "row of totals": lambda: changed_book(totals),
    "odd sheet name": lambda: roster_file([person(0), person(1)], sheet="名 册 (2026)'s & <新>"),
    "dimension that says too little": lambda: hostile.with_sheet(lambda xml: xml.replace('ref="A1:O3"', 'ref="A1"')),
    "dimension that says too much": lambda: hostile.with_sheet(
        lambda xml: xml.replace('ref="A1:O3"', 'ref="A1:XFD1048576"')
    ),
    "strict OOXML": hostile.strict_ooxml,
    "deep nesting beside the data": hostile.deep_nesting,
    "columns nobody knows": lambda: roster_file(
        [person(n, organisation_id="1", is_superuser="1", created_by="9") for n in range(2)]
    ),
    "comma separated, UTF-8": lambda: hostile.comma_separated(),
    "comma separated, UTF-8 with mark": lambda: hostile.comma_separated("utf-8-sig"),
    "comma separated, GB18030": lambda: hostile.comma_separated("gb18030"),
    "comma separated, UTF-16": lambda: hostile.comma_separated("utf-16"),
    "semicolons": lambda: hostile.comma_separated(delimiter=";"),
    "tabs": lambda: hostile.comma_separated(delimiter="\t"),
    "old Excel": lambda: hostile.old_excel(),
    "picture inside": lambda: hostile.with_part("xl/media/image1.png", b"\x89PNG" + b"x" * 1000) and hostile.good(2),
}


@pytest.mark.parametrize("name", ACCEPTED)
def test_forms_of_workbook_that_are_read(course, name):
    sent = course.send(ACCEPTED[name]())
    assert sent.state == State.CHECKED, sent.refusal
    assert (sent.new_count, sent.wrong_count) == (2, 0), course.errors(sent)
    course.confirm(sent)
    names = set(DisabledPerson.objects.values_list("name", flat=True))
    assert names == {person(0)["姓名"], person(1)["姓名"]}


def test_a_prefixed_namespace_is_read_or_refused_but_never_half_read(course):
    sent = course.send(hostile.prefixed_namespace())
    assert sent.state == State.REFUSED or (sent.new_count, sent.wrong_count) == (2, 0)


VALUES = {
    "full-width digits": (
        "身份证号",
        lambda v: v.translate({c: c + 0xFEE0 for c in range(0x30, 0x3A)}),
        "id_number",
        None,
    ),
    "spaces and hyphens": ("身份证号", lambda v: f" {v[:6]} {v[6:14]}-{v[14:]} ", "id_number", None),
    "apostrophe in front": ("身份证号", lambda v: f"'{v}", "id_number", None),
    "lower-case x": ("身份证号", lambda v: v.lower(), "id_number", None),
    "birth date 1970/1/1": ("出生日期", lambda v: "1970/1/1", "born_on", datetime.date(1970, 1, 1)),
    "birth date 1970.1.1": ("出生日期", lambda v: "1970.1.1", "born_on", datetime.date(1970, 1, 1)),
    "birth date 19700101": ("出生日期", lambda v: "19700101", "born_on", datetime.date(1970, 1, 1)),
    "birth date 1970年1月1日": ("出生日期", lambda v: "1970年1月1日", "born_on", datetime.date(1970, 1, 1)),
    "birth date as a number 19700101": ("出生日期", lambda v: 19700101, "born_on", datetime.date(1970, 1, 1)),
    "birth date as a date": ("出生日期", lambda v: datetime.date(1970, 1, 1), "born_on", datetime.date(1970, 1, 1)),
    "birth date and midnight": (
        "出生日期",
        lambda v: datetime.datetime(1970, 1, 1),
        "born_on",
        datetime.date(1970, 1, 1),
    ),
    "category by code": ("残疾类别", lambda v: "4", "category", "4"),
    "category as a number": ("残疾类别", lambda v: 4, "category", "4"),
    "category in full": ("残疾类别", lambda v: "肢体残疾", "category", "4"),
    "grade 2级": ("残疾等级", lambda v: "2级", "grade", "2"),
    "grade 贰级": ("残疾等级", lambda v: "贰级", "grade", "2"),
    "rare characters": ("姓名", lambda v: "𠮷䶮㛃𬱖", "name", "𠮷䶮㛃𬱖"),
    "another middle dot": ("姓名", lambda v: "阿依古丽•买买提", "name", "阿依古丽·买买提"),
    "full stop as a middle dot": ("姓名", lambda v: "阿依古丽．买买提", "name", "阿依古丽·买买提"),
    "zero-width space": ("姓名", lambda v: "王\u200b小\ufeff一", "name", "王小一"),
    "direction marks": ("姓名", lambda v: "\u202e王小一\u202c", "name", "王小一"),
    "compatibility form": ("姓名", lambda v: "\uf9e1小一", "name", "李小一"),
    "spaces in a name": ("姓名", lambda v: "王　一", "name", "王一"),
    "markup in an address": ("现住址", lambda v: "<b>东山村</b>&1号", "current_address", "<b>东山村</b>&1号"),
    "formula as text": ("现住址", lambda v: '\'=HYPERLINK("http://x")', "current_address", '=HYPERLINK("http://x")'),
}


@pytest.mark.parametrize("name", VALUES)
def test_ways_of_writing_that_are_understood(course, name):
    heading, write, field, expected = VALUES[name]
    row = person(0)
    original = row[heading]
    sent = course.send(roster_file([row | {heading: write(original)}]))
    assert (sent.new_count, sent.wrong_count) == (1, 0), course.errors(sent)
    course.confirm(sent)
    stored = getattr(DisabledPerson.objects.get(), field)
    assert (stored.open_plain() if expected is None else stored) == (original if expected is None else expected)


def test_dates_counted_from_1904_are_read_rightly(course):
    course.written(hostile.dates_of_1904())
    assert DisabledPerson.objects.get().born_on == datetime.date(1970, 1, 1)


def test_row_numbers_are_excels_own_below_titles_and_gaps(course):
    rows = [person(0), person(1, 性别="女")]
    data = changed_book(gaps, rows=rows, title_rows=[["名册"], ["说明"]])
    workbook = openpyxl.load_workbook(io.BytesIO(data))
    wrong = next(cell.row for row in workbook.active.iter_rows() for cell in row if cell.value == rows[1]["姓名"])
    assert course.errors(course.send(data))[0].startswith(f"第 {wrong} 行“性别”")


def test_what_was_left_out_is_told(course):
    sent = course.send(roster_file([person(0, 残疾类形="肢体", is_superuser="1")]))
    assert ["is_superuser", ""] in sent.report["unknown"]
    sent = course.send(changed_book(totals))
    assert "第 4 行是合计行，没有读入。" in sent.report["notices"]
    sent = course.send(changed_book(hidden_row))
    assert any("隐藏" in notice for notice in sent.report["notices"])


def test_a_heading_that_is_nearly_right_is_suggested(course):
    row = {key: value for key, value in person(0).items() if key != "文化程度"} | {"文化程读": "小学"}
    assert ["文化程读", "文化程度"] in course.send(roster_file([row])).report["unknown"]


def test_nothing_is_erased_by_an_empty_cell_or_a_missing_column(course):
    course.written(roster_file([person(0)]))
    bare = {key: value for key, value in person(0).items() if key in ("姓名", "身份证号", "乡镇", "村（社区）")}
    sent = course.send(roster_file([bare | {"现住址": None}]))
    assert (sent.unchanged_count, sent.changed_count) == (1, 0)
