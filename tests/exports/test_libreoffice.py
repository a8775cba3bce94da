"""What is written opens in LibreOffice without repair and loses nothing. Runs where soffice is installed; where it is
not, the end of the run says so loudly (tests/exports/conftest.py), and nothing is taken for tested."""

import datetime
import io
import shutil
import subprocess
from decimal import Decimal

import openpyxl
import pytest

from federation.shared.rosters.registry import all_rosters
from federation.shared.rosters.template_workbook import template_workbook
from federation.shared.workbooks import Column, Sheet, write_workbook
from tests.exports.test_strict_workbooks import ODD

SOFFICE = shutil.which("soffice") or shutil.which("libreoffice")
ROWS = 5000

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(SOFFICE is None, reason="LibreOffice is not installed here: opening in it was NOT tested"),
]


def through_libreoffice(data: bytes, folder) -> openpyxl.Workbook:
    """The workbook as LibreOffice understood it, saved by itself. A file that wants repair is not opened headless."""
    source = folder / "written.xlsx"
    source.write_bytes(data)
    command = [SOFFICE, "--headless", "--norestore", f"-env:UserInstallation=file://{folder}/profile", "--convert-to",
               "xlsx:Calc MS Excel 2007 XML", "--outdir", str(folder / "out"), str(source)]  # fmt: skip
    done = subprocess.run(command, capture_output=True, timeout=240, check=False)
    result = folder / "out" / "written.xlsx"
    assert done.returncode == 0 and result.exists(), done.stderr.decode(errors="replace")[-500:]
    return openpyxl.load_workbook(io.BytesIO(result.read_bytes()))


def cells(book: openpyxl.Workbook) -> dict[str, list[tuple]]:
    """By sheet, without the empty rows and columns at the end that a program may add or drop."""
    found = {}
    for sheet in book.worksheets:
        rows = [tuple(_same(value) for value in row) for row in sheet.iter_rows(values_only=True)]
        width = max((n + 1 for row in rows for n, value in enumerate(row) if value is not None), default=0)
        rows = [row[:width] + (None,) * (width - len(row)) for row in rows]
        while rows and not any(value is not None for value in rows[-1]):
            rows.pop()
        found[sheet.title] = rows
    return found


def _same(value):
    if isinstance(value, datetime.datetime):
        return value.replace(microsecond=0)
    if isinstance(value, str):
        # openpyxl leaves the sign for "no escape here" where it stands.
        return value.replace("\r\n", "\n").replace("\r", "\n").replace("_x005F_", "_") or None
    return value


@pytest.mark.timeout(300)
def test_a_list_of_odd_rows_opens_with_every_cell_as_it_was(tmp_path):
    columns = [Column("姓名"), Column("备注", 30), Column("人数", 8, "number"), Column("金额", 12, "money"),
               Column("比率", 8, "percent"), Column("日期", 13, "date"), Column("时间", 18, "moment")]  # fmt: skip
    first = datetime.datetime(2012, 1, 1, 8, 30)
    # What LibreOffice itself takes for a control sign or cuts is the business of test_strict_workbooks.
    odd = [text for text in ODD if len(text) < 100 and text.isprintable()] + [
        "两行\n文字",
        "620422198001011234",
        "0943",
    ]
    rows = [
        (f"王{number}", odd[number % len(odd)], number, Decimal(number) / 100, Decimal("0.25"),
         (first + datetime.timedelta(days=number)).date(), first + datetime.timedelta(hours=number))
        for number in range(ROWS)
    ]  # fmt: skip
    data = write_workbook([Sheet("名册", columns, rows, above=("题目", "条件"))], watermark="赵经办 & 用途").file.read()
    before, after = cells(openpyxl.load_workbook(io.BytesIO(data))), cells(through_libreoffice(data, tmp_path))
    assert after.keys() == before.keys()
    different = [(was, now) for was, now in zip(before["名册"], after["名册"], strict=True) if was != now]
    assert different == []


@pytest.mark.timeout(300)
@pytest.mark.parametrize("kind", ["organisations", "members", "persons"])
def test_a_template_opens_with_its_lists_to_choose_from(tmp_path, kind):
    (roster,) = [each for each in all_rosters() if each.kind == kind]
    data = template_workbook(roster, [("会师镇", "", "620422100000"), ("会师镇", "东山村", "620422100200")])
    book, before = through_libreoffice(data, tmp_path), openpyxl.load_workbook(io.BytesIO(data))
    assert cells(book) == cells(before)
    offered = book.worksheets[0].data_validations.dataValidation
    assert len(offered) == len(before.worksheets[0].data_validations.dataValidation) > 0
