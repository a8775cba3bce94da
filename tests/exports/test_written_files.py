"""What the writers write: nothing a program would run, and everything comes back on reading it in again."""

import csv
import datetime
import io
import itertools
import re
import tracemalloc
import zipfile
from decimal import Decimal

import pytest
from openpyxl import load_workbook

from federation.shared.export_rows import BROKEN
from federation.shared.rosters.registry import roster_of
from federation.shared.workbooks import Column, Sheet, read_sheet
from federation.shared.workbooks.csv_writer import write_csv_into
from federation.shared.workbooks.writer import write_workbook_into
from ledgers.models import DisabledPerson
from tests.exports.conftest import cells_of, person
from tests.rosters.conftest import Course as Import

LEADING = {
    "equals": "=1+1",
    "plus": "+86 139",
    "minus": "-10",
    "at": "@SUM(A1)",
    "tab": "\t=1+1",
    "carriage return": "\r=1+1",
    "full-width equals": "＝1+1",
    "full-width plus": "＋1",
    "full-width minus": "－1",
    "full-width at": "＠某",
    "command": '=cmd|"/c calc"!A1',
}
RUNS = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")


def as_workbook(sheet, watermark="") -> bytes:
    file = io.BytesIO()
    write_workbook_into(file, [sheet], watermark=watermark)
    return file.getvalue()


def as_text(sheet, watermark="") -> bytes:
    file = io.BytesIO()
    write_csv_into(file, sheet, watermark=watermark)
    return file.getvalue()


def rows_in(data: bytes) -> list[list[str]]:
    if data.startswith(b"PK"):
        return [[str(cell) for cell in row] for row in cells_of(data)]
    return list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline="")))


def sheet_of(values, kind="text") -> Sheet:
    return Sheet("名册", [Column("备注", kind=kind), Column("姓名")], [(value, "张三") for value in values])


@pytest.mark.parametrize("write", [as_workbook, as_text])
@pytest.mark.parametrize("leading", LEADING)
def test_a_cell_that_a_program_could_run_is_written_neutral_and_read_back_as_it_was(write, leading, tmp_path):
    text = LEADING[leading]
    # Among plain cells and alone: a block of rows has two ways to be written.
    for values in ([text], ["平常", text, "平常"]):
        data = write(sheet_of(values))
        written = [row[0] for row in rows_in(data)[1:]]
        assert not any(cell.startswith(RUNS) for cell in written) and len(written) == len(values)
        if data.startswith(b"PK"):
            assert b"<f" not in zipfile.ZipFile(io.BytesIO(data)).read("xl/worksheets/sheet1.xml")
        path = tmp_path / "named-by-nobody"
        path.write_bytes(data)
        sheet = read_sheet(path, {"remark": ("备注",), "name": ("姓名",)}, max_rows=10)
        clean = roster_of("persons").column_of("remark").read
        # Blanks at an edge are no part of a value; everything else comes back.
        assert [clean(cell) for cell in sheet.columns["remark"]] == [clean(value) for value in values]
        assert (
            clean(text).strip() == text.strip().translate(str.maketrans("＝＋－＠", "=+-@"))
            or clean(text) == text.strip()
        )


@pytest.mark.parametrize("write", [as_workbook, as_text])
def test_title_watermark_and_headings_are_neutral_as_well(write):
    sheet = Sheet("名册", [Column("=备注")], [], above=("=题目", "@条件"))
    written = [row[0] for row in rows_in(write(sheet, watermark="=水印"))]
    assert [cell[:1] for cell in written] == ["'"] * 4


def test_dates_amounts_and_numbers_keep_their_kind_in_a_workbook():
    columns = [Column("日期", kind="date"), Column("金额", kind="money"), Column("人数", kind="number"), Column("号码")]
    rows = [(datetime.date(2012, 3, 28), Decimal("-8300.50"), 4, "620422198001011234"), (None, None, None, None)]
    sheet = load_workbook(io.BytesIO(as_workbook(Sheet("名册", columns, rows)))).worksheets[0]
    first = [cell.value for cell in sheet[2]]
    assert first == [datetime.datetime(2012, 3, 28), -8300.5, 4, "620422198001011234"]
    assert [cell.number_format for cell in sheet[2]][-1] == "@"
    assert [cell.value for cell in sheet[3]] == [None] * 4


def test_whole_numbers_in_text_are_kept_from_being_rounded():
    columns = [Column("号码"), Column("区号"), Column("人数", kind="number")]
    rows = [("620422198001011234", "0943", 12), ("13900000001", "943", -3)]
    assert rows_in(as_text(Sheet("名册", columns, rows)))[1:] == [
        ["'620422198001011234", "'0943", "12"],
        ["13900000001", "943", "-3"],
    ]


def test_blocks_of_plain_and_of_mixed_rows_say_the_same():
    """The quick way to write a column and the way cell by cell: no difference to who reads it."""
    odd = [
        "=1",
        "a&b<c>",
        "_x0041_",
        "  两边有空 ",
        "换\n行",
        "\u3000全角",
        "",
        None,
        7,
        True,
        "\ue000",
        "x|y",
        "a" * 40_000,
    ]
    plain = [f"平常{number}" for number in range(500)]
    mixed = list(itertools.chain.from_iterable(zip(plain, itertools.cycle(odd), strict=False)))
    together = [row[0] for row in rows_in(as_workbook(sheet_of(mixed)))[1:]]
    alone = []
    for value in mixed[:80]:
        alone += [row[0] for row in rows_in(as_workbook(sheet_of([value])))[1:]]
    assert together[:80] == alone
    assert together[1] == "'=1" and together[3] == "a&b<c>"


@pytest.mark.parametrize("file_format", ["xlsx", "csv"])
def test_what_left_whole_is_read_in_again_and_changes_nothing(
    course, world, as_user, file_format, django_capture_on_commit_callbacks
):
    for number, text in enumerate(LEADING.values()):
        person(world.village, f"测试{'一二三四五六七八九十百'[number]}", remark=text.strip(), ethnicity="汉族")
    export = course.ask(preset="all", whole=True, file_format=file_format)
    as_user("leader").post(f"/exports/{export.pk}/answer/", {"action": "agree"})
    export.refresh_from_db()
    data = course.fetch(as_user("clerk"), course.make(export))
    imported = Import(world.clerk, world.county, django_capture_on_commit_callbacks)
    again = imported.send(data, name=f"下载.{file_format}")
    found = (again.unchanged_count, again.changed_count, again.new_count, again.wrong_count)
    assert found == (len(LEADING), 0, 0, 0), (again.refusal, imported.errors(again))


def test_a_number_that_does_not_open_says_so_and_keeps_no_other_back(course, world, people, as_user):
    broken = DisabledPerson.objects.get(pk=people[0].pk)
    DisabledPerson.objects.filter(pk=broken.pk).update(id_number=people[1].id_number.sealed_token())
    rows = cells_of(course.fetch(as_user("clerk"), course.made()))
    column = rows[3].index("身份证号")
    numbers = {row[0]: row[column] for row in rows[4:]}
    assert numbers.pop("张测试") == BROKEN
    assert len(numbers) == 2 and all(re.fullmatch(r"\d{6}\*{8}\d{3}[\dX]", number) for number in numbers.values())


@pytest.mark.parametrize("write", [write_workbook_into, lambda file, sheets: write_csv_into(file, sheets[0])])
def test_ten_times_the_rows_take_no_more_memory(write):
    class Nowhere:
        size = 0

        def write(self, data):
            self.size += len(data)
            return len(data)

        def flush(self):
            """Nothing is kept."""

    def peak(rows: int) -> int:
        values = ((f"测试{number}", "620422********1234", None, "东山村") for number in range(rows))
        sheet = Sheet("名册", [Column(str(number)) for number in range(4)], values)
        tracemalloc.start()
        write(Nowhere(), [sheet])
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert sheet.written == rows
        return most

    peak(400)
    few, many = peak(4_000), peak(40_000)
    assert many < few + 1_000_000, (few, many)
