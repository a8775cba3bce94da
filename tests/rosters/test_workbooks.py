"""The writer, and the fence around the child that reads."""

import datetime
import io
import re
import signal
import subprocess
import sys
import zipfile
from decimal import Decimal
from pathlib import Path

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from federation.shared import normalise
from federation.shared.workbooks import Column, Sheet, WorkbookRefused, read_sheet, write_workbook
from tests.rosters.people import roster_file

LEADING = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "＝1+1", "＋1", "－1", "＠x", "=cmd|' /C calc'!A0"]


def written(rows, columns, **more) -> bytes:
    return write_workbook([Sheet("表", [Column(*column) for column in columns], rows)], **more).file.read()


def test_text_that_a_program_could_run_is_neutral_and_comes_back_as_it_was(tmp_path):
    data = written([[text] for text in LEADING], [("内容", 20)])
    sheet = openpyxl.load_workbook(io.BytesIO(data)).active
    for row, text in enumerate(LEADING, 2):
        cell = sheet.cell(row, 1)
        assert cell.data_type != "f"
        assert cell.value.startswith("'"), text
    path = tmp_path / "a.xlsx"
    path.write_bytes(data)
    read = read_sheet(path, {"text": ["内容"]}, max_rows=100).columns["text"]
    assert [normalise.text(cell) for cell in read] == [normalise.text(text) for text in LEADING]


def test_kinds_of_cells_reach_excel_as_numbers_money_and_dates():
    columns = [("名称", 20), ("人数", 8, "number"), ("金额", 12, "money"), ("比率", 8, "percent"), ("日期", 12, "date")]
    row = ["会师镇", 12, Decimal("1234.50"), Decimal("0.95"), datetime.date(2026, 11, 21)]
    sheet = openpyxl.load_workbook(io.BytesIO(written([row], columns))).active
    values = [cell.value for cell in sheet[2]]
    assert values == ["会师镇", 12, 1234.5, 0.95, datetime.datetime(2026, 11, 21)]
    assert sheet["D2"].number_format == "0.00%"
    assert sheet.freeze_panes == "A2"


def test_a_watermark_stands_above_the_table_and_is_no_obstacle_to_reading(tmp_path):
    data = written([["王小一"]], [("姓名", 20)], watermark="赵经办 · 会宁县残联 & 2026-11-21")
    sheet = openpyxl.load_workbook(io.BytesIO(data)).active
    assert "赵经办" in sheet["A1"].value
    path = tmp_path / "a.xlsx"
    path.write_bytes(data)
    read = read_sheet(path, {"name": ["姓名"]}, max_rows=100)
    assert (read.heading_row, read.rows, read.columns["name"]) == (2, [3], ["王小一"])


def test_nothing_of_the_machine_or_its_people_is_written_into_the_file():
    with zipfile.ZipFile(io.BytesIO(written([["x"]], [("甲", 9)]))) as archive:
        assert not [name for name in archive.namelist() if "docProps" in name]
        content = b"".join(archive.read(name) for name in archive.namelist())
        assert {info.date_time for info in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
    assert b'state="hidden"' not in content
    assert not re.search(rb"creator|lastModifiedBy|absPath", content)


def test_odd_sheet_titles_are_made_fit():
    book = write_workbook([Sheet("a/b:c*?[x]'", [Column("甲")], []), Sheet("a/b:c*?[x]'", [Column("甲")], [])])
    titles = openpyxl.load_workbook(book.file).sheetnames
    assert len(set(titles)) == 2


@given(st.lists(st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), max_size=40), min_size=1, max_size=8))
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_text_opens_in_openpyxl_and_keeps_its_letters(texts):
    sheet = openpyxl.load_workbook(io.BytesIO(written([[text] for text in texts], [("甲", 9)]))).active
    for row, text in enumerate(texts, 2):
        back = sheet.cell(row, 1).value or ""
        # Characters that XML cannot hold become U+FFFD; line ends are XML's own.
        kept = re.sub("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]", "\ufffd", text)
        assert back.removeprefix("'").replace("\r\n", "\n").replace("\r", "\n") == (
            kept.removeprefix("'").replace("\r\n", "\n").replace("\r", "\n"))  # fmt: skip


# --- the fence around the child ------------------------------------------------------------------------

PROBES = {
    "eats memory": "x = []\nwhile True: x.append(bytearray(10_000_000))",
    "never ends": "while True: pass",
    "aborts": "import os; os.abort()",
    "segfaults": "import ctypes; ctypes.string_at(0)",
    "says nothing": "",
    "says nonsense": "print('<<<')",
    "writes a file": "open('/tmp/roster-probe', 'wb').write(b'x' * 10_000_000)",
}


def probe(tmp_path: Path, body: str) -> Path:
    """A child with the real fence and hostile work behind it."""
    real = Path(read_sheet.__globals__["CHILD"])
    script = tmp_path / "probe.py"
    script.write_text(
        f"import json, sys\nsys.path.insert(0, {str(real.parent)!r})\nimport child\n"
        f"child._fence(json.loads(sys.stdin.buffer.read()))\n{body}\n"
    )
    return script


@pytest.mark.parametrize("name", PROBES)
def test_a_child_that_misbehaves_is_stopped_and_its_parent_says_so(tmp_path, name):
    path = tmp_path / "名册.xlsx"
    path.write_bytes(roster_file([{"姓名": "王小一"}]))
    with pytest.raises(WorkbookRefused, match="超出了内存或时间的限制"):
        read_sheet(
            path, {"name": ["姓名"]}, max_rows=9, memory_mb=256, cpu_seconds=1, child=probe(tmp_path, PROBES[name])
        )


def test_the_child_sees_neither_the_environment_nor_the_database(tmp_path, monkeypatch):
    monkeypatch.setenv("SECRET_KEY", "do-not-tell")
    path = tmp_path / "名册.xlsx"
    path.write_bytes(roster_file([{"姓名": "王小一"}]))
    body = (
        "import os\n"
        "told = 'SECRET_KEY' in os.environ or 'django' in sys.modules or 'federation' in sys.modules\n"
        "head = {'refused': 'sees' if told else 'blind'}\nprint(json.dumps(head))"
    )
    with pytest.raises(WorkbookRefused, match="blind"):
        read_sheet(path, {"name": ["姓名"]}, max_rows=9, child=probe(tmp_path, body))


def test_the_child_runs_without_django():
    script = Path(read_sheet.__globals__["CHILD"])
    code = f"import sys; sys.path.insert(0, {str(script.parent)!r}); import child; print('django' in sys.modules)"
    told = subprocess.run([sys.executable, "-I", "-c", code], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "False"


def test_a_killed_child_is_a_refusal(tmp_path):
    path = tmp_path / "名册.xlsx"
    path.write_bytes(roster_file([{"姓名": "王小一"}]))
    body = f"import os; os.kill(os.getpid(), {signal.SIGKILL.value})"
    with pytest.raises(WorkbookRefused):
        read_sheet(path, {"name": ["姓名"]}, max_rows=9, child=probe(tmp_path, body))
