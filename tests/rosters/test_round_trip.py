"""What goes out comes in again: error workbooks round after round, and any rows through writer and reader."""

import contextlib
import io
import itertools
import random
import tempfile
from pathlib import Path

import openpyxl
import pytest
from hypothesis import strategies as st

from federation.shared.models import RosterImport
from federation.shared.rosters import roster_of
from federation.shared.rosters.error_workbook import error_workbook
from federation.shared.rosters.table import normal_table
from federation.shared.workbooks import Column, Sheet, read_blocks, write_workbook
from ledgers.models import DisabledPerson
from tests.rosters.drawn import rows_of
from tests.rosters.people import HEADINGS, id_number, person, roster_file

State = RosterImport.State


def errors_of(sent) -> openpyxl.Workbook:
    return openpyxl.load_workbook(io.BytesIO(error_workbook(sent, roster_of("persons")).file.read()))


def as_file(workbook) -> bytes:
    buffer = io.BytesIO()
    workbook.save(buffer)
    return buffer.getvalue()


def columns_of(workbook) -> dict[str, int]:
    return {cell.value: cell.column for cell in workbook.active[1]}


def test_an_error_workbook_comes_in_as_it_is_and_goes_out_with_one_column_of_errors(course):
    rows = [person(0), person(1, 性别="女"), person(2, 残疾等级="九级")]
    rows = [row | {"村组干部意见": f"意见{n}", "备查": "=SUM(A1)"} for n, row in enumerate(rows)]
    first = course.send(roster_file(rows))
    workbook = errors_of(first)
    assert workbook.active.max_row == 4
    second = course.send(as_file(workbook))
    assert (second.row_count, second.new_count, second.wrong_count) == (3, 1, 2)
    assert [heading for heading, _ in second.report["unknown"]] == ["村组干部意见", "备查"]
    again = errors_of(second)
    places = columns_of(again)
    headings = [cell.value for cell in again.active[1]]
    assert headings.count("错误") == 1
    assert [again.active.cell(row, places["村组干部意见"]).value for row in (2, 3, 4)] == ["意见0", "意见1", "意见2"]
    assert "性别" in again.active.cell(3, places["错误"]).value
    again.active.cell(3, places["性别"]).value = "男"
    again.active.cell(4, places["残疾等级"]).value = "二级"
    third = course.written(as_file(again))
    assert (third.state, third.new_count, third.wrong_count) == (State.DONE, 3, 0), course.errors(third)
    assert DisabledPerson.objects.count() == 3


def test_after_the_correct_rows_were_written_the_error_workbook_holds_the_others(course):
    rows = [person(0), person(1, 性别="女"), person(2)]
    done = course.written(roster_file(rows), mode=RosterImport.Mode.CORRECT_ROWS)
    workbook = errors_of(done)
    assert workbook.active.max_row == 2
    workbook.active.cell(2, columns_of(workbook)["性别"]).value = "男"
    rest = course.written(as_file(workbook))
    assert (rest.new_count, rest.unchanged_count) == (1, 0)
    assert DisabledPerson.objects.count() == 3


# --- any rows ----------------------------------------------------------------------------------------

TEXT = st.text(st.sampled_from("东西南北中山河镇村甲乙丙丁0123456789ABab -.、（）#&<>'=+@"), max_size=30)
CELLS = {
    "姓名": st.text(st.sampled_from("王李张刘陈杨赵黄周吴𠮷䶮·"), min_size=2, max_size=6),
    "身份证号": st.integers(0, 400).map(id_number),
    "性别": st.sampled_from(["男", "女", ""]),
    "出生日期": st.dates().map(str),
    "乡镇": TEXT, "村（社区）": TEXT, "现住址": TEXT,
    "残疾类别": st.sampled_from(["视力", "肢体", "多重", "什么", ""]),
    "家庭人均年收入": st.decimals(0, 10**6, places=2).map(str),
}  # fmt: skip


@pytest.fixture(scope="module")
def workbooks() -> list[list[dict]]:
    """Five hundred rows in workbooks of one to some ninety, long ones and short ones in turn."""
    rows, sizes = rows_of(CELLS), itertools.cycle([1, 89, 7, 53])
    return list(iter(lambda: [rows.pop() for _ in range(min(next(sizes), len(rows)))], []))


def table_of(data: bytes):
    roster = roster_of("persons")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "名册.xlsx"
        path.write_bytes(data)
        with contextlib.closing(read_blocks(path, roster.headings(), max_rows=100)) as blocks:
            return normal_table(next(blocks), blocks, roster.columns)


def by_row(table) -> list[tuple]:
    wrong = {}
    for error in table.errors:
        wrong.setdefault(error.row, set()).add((error.heading, error.sentence))
    return [
        (tuple(table.values[name][index] for name in sorted(table.values)), frozenset(wrong.get(number, ())))
        for index, number in enumerate(table.rows)
    ]


def test_the_order_of_rows_does_not_matter(workbooks):
    for number, rows in enumerate(workbooks):
        shuffled = random.Random(number).sample(rows, len(rows))
        assert sorted(by_row(table_of(roster_file(rows, headings=list(rows[0])))), key=repr) == sorted(
            by_row(table_of(roster_file(shuffled, headings=list(rows[0])))), key=repr
        )


def test_normal_rows_written_out_come_in_as_they_are(workbooks):
    roster = roster_of("persons")
    for rows in workbooks:
        table = table_of(roster_file(rows, headings=list(rows[0])))
        columns = [column for column in roster.columns if column.field in table.values]
        render = {column.field: roster.fields[column.field].widget.render for column in columns}
        lines = [
            [render[column.field](table.values[column.field][index]) for column in columns]
            for index in range(len(table))
        ]
        sheet = Sheet("名册", [Column(column.heading, 12, column.shown_kind) for column in columns], lines)
        again = table_of(write_workbook([sheet]).file.read())
        assert {error.sentence for error in again.errors} <= {"没有填写。这一项必须填。"}
        kept = [line for line, _ in by_row(table) if any(line)]
        assert [line for line, _ in by_row(again)] == kept


def test_every_heading_of_the_invented_people_is_known():
    assert set(HEADINGS) <= {name for names in roster_of("persons").headings().values() for name in names}


@pytest.mark.parametrize("kind", ["persons", "members", "organisations"])
def test_no_two_columns_of_a_roster_share_a_word(kind):
    from federation.shared.rosters.synonyms import built_in_words

    roster = roster_of(kind)
    for column in roster.columns:
        for name in column.names:
            from federation.shared.workbooks.cells import fold_heading

            assert built_in_words(roster)[fold_heading(name)] == column.field, name
