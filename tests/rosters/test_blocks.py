"""A sheet read in blocks is the sheet read as a whole; what is too much is refused with its number."""

import datetime
from pathlib import Path

import pytest
from django.conf import settings

from federation.shared.rosters import roster_of
from federation.shared.workbooks import WorkbookRefused, read_blocks, read_sheet
from tests.rosters import hostile
from tests.rosters.people import book, person, saved

HEADINGS = {"name": ("姓名",), "id_number": ("身份证号",), "born_on": ("出生日期",), "township": ("乡镇",)}


@pytest.fixture
def cutting_child(tmp_path) -> Path:
    """The real child, told to cut every sheet after a few rows."""
    script = tmp_path / "cutting.py"
    folder = Path(read_sheet.__globals__["CHILD"]).parent
    script.write_text(
        f"import sys\nsys.path.insert(0, {str(folder)!r})\nimport child, sources\n"
        "sources.WHOLE_BYTES, sources.BLOCK_ROWS, sources._PIECE, child.SENT_ROWS = 0, 6, 700, 4\nchild.main()\n"
    )
    return script


def merged(workbook, sheet):
    for row in range(3, 12):
        sheet.cell(row, 6).value = None
    sheet.merge_cells("F2:F11")


def marked(workbook, sheet):
    sheet.cell(7, 1).value, sheet.cell(7, 1).data_type = "#N/A", "e"
    sheet.cell(9, 1).value, sheet.cell(9, 1).data_type = "=A2&A3", "f"
    sheet.row_dimensions[8].hidden = True


def typed(workbook, sheet):
    for row in range(2, 20):
        sheet.cell(row, 5).value = datetime.date(1970, 1, row)
    sheet.cell(5, 2).value = 62999919700101001


def gaps(workbook, sheet):
    sheet.insert_rows(9, 14)
    sheet.insert_rows(2, 1)
    sheet.insert_cols(1, 2)


def titled(workbook, sheet):
    sheet.insert_rows(1, 3)
    sheet["A1"] = "会宁县残疾人名册"


BOOKS = {
    "plain": lambda workbook, sheet: None,
    "a township merged over blocks": merged,
    "errors, formulas, a hidden row": marked,
    "dates and numbers": typed,
    "gaps within and before": gaps,
    "title lines above": titled,
}


@pytest.mark.parametrize("name", BOOKS)
def test_a_sheet_in_blocks_is_the_sheet_as_a_whole(tmp_path, cutting_child, name):
    workbook = book([person(n) for n in range(20)])
    BOOKS[name](workbook, workbook.active)
    path = tmp_path / "名册.xlsx"
    path.write_bytes(saved(workbook))
    whole = read_sheet(path, HEADINGS, max_rows=100, all_columns=True)
    cut = list(read_blocks(path, HEADINGS, max_rows=100, all_columns=True, child=cutting_child))
    assert len(cut) >= 4
    joined = read_sheet(path, HEADINGS, max_rows=100, all_columns=True, child=cutting_child)
    assert joined == whole
    assert len(whole) == 20


@pytest.mark.parametrize("change", [lambda xml: xml.replace("<row ", "<!-- </row> --><row ", 1), None])
def test_a_sheet_that_cannot_be_cut_is_read_as_a_whole(tmp_path, cutting_child, change):
    path = tmp_path / "名册.xlsx"
    path.write_bytes(hostile.with_sheet(change, [person(n) for n in range(9)]) if change else hostile.good(9))
    assert len(read_sheet(path, HEADINGS, max_rows=100, child=cutting_child)) == 9


def test_one_row_more_than_two_hundred_thousand_is_refused_with_the_number(tmp_path):
    path = tmp_path / "名册.csv"
    path.write_text("姓名,身份证号,村\n" + "王小一,1,东山村\n" * 200_001)
    assert settings.ROSTER_MAX_ROWS == 200_000
    with pytest.raises(WorkbookRefused) as refused:
        read_sheet(path, roster_of("persons").headings(), max_rows=settings.ROSTER_MAX_ROWS)
    assert str(refused.value) == "表里有 200,001 行，超过 200,000 行的上限。请按乡镇分成几个文件上传。"


TEXTS = {
    "tabs in GB18030": ("\t", "gb18030", "\r\n"),
    "semicolons with a mark": (";", "utf-8-sig", "\n"),
    "semicolons in GB18030": (";", "gb18030", "\r\n"),
    "tabs in UTF-16": ("\t", "utf-16", "\r\n"),
    "tabs with a mark": ("\t", "utf-8-sig", "\r\n"),
    "full-width commas": ("，", "utf-8", "\n"),
}


@pytest.mark.parametrize("name", TEXTS)
def test_separated_texts_are_read_under_a_title_line_and_with_line_breaks_in_cells(course, name):
    mark, encoding, end = TEXTS[name]
    rows = [person(0, 现住址="东山村\n1号"), person(1)]
    lines = ["会宁县残疾人名册", mark.join(rows[0])]
    lines += [mark.join(f'"{cell}"' if "\n" in cell else cell for cell in row.values()) for row in rows]
    sent = course.send((end.join(lines) + end).encode(encoding), name="名册.csv")
    assert (sent.state, sent.new_count, sent.wrong_count) == ("checked", 2, 0), sent.refusal or course.errors(sent)
    assert sent.report["heading_row"] == 2


def test_an_old_workbook_is_read_with_its_errors(course):
    sent = course.send(hostile.old_excel([person(0), person(1, 性别="女")]), name="名册.xls")
    assert (sent.new_count, sent.wrong_count) == (1, 1)
    assert course.errors(sent)[0].startswith("第 3 行“性别”")
