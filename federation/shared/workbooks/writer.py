"""The one writer of tables people download: sheet XML streamed into a zip, constant memory, nothing executable.

Text is written as text, so no cell is ever a formula; text that another program could take for one is led by an
apostrophe, which the reader drops again. No author, no hidden sheets, no path goes into the file.
"""

import hashlib
import io
import tempfile
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, BinaryIO

from django.http import FileResponse

from federation.shared.workbooks.package import package_parts, sheet_title
from federation.shared.workbooks.parts import column_letters
from federation.shared.workbooks.written_cells import STYLES, SheetRows, blocks, escaped, legal, text_cell

CONTENT_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
# What a sheet holds, what the foot of a page holds in characters, how wide a column may be.
MAX_ROWS, LONGEST_FOOTER, WIDEST = 1_048_576, 255, 255
_HEADING_STYLE, _WATERMARK_STYLE, _TITLE_STYLE = 6, 7, 8


@dataclass(frozen=True)
class Column:
    """`kind`: text, number, money (two places), percent (value is a fraction), date or moment (day and time)."""

    heading: str
    width: float = 14
    kind: str = "text"


@dataclass
class Sheet:
    """One sheet to write; `rows` are sequences of values in the order of `columns`, consumed once. More rows than a
    sheet holds go on on further ones.

    `above` are lines that stand over the headings, as on paper: the title of the table, then unit and day.
    """

    title: str
    columns: Sequence[Column]
    rows: Iterable[Sequence[Any]]
    above: Sequence[str] = ()
    # A list to narrow in the spreadsheet; a table laid out as on paper is none.
    has_filter: bool = True
    written: int = field(default=0, init=False)


@dataclass
class Written:
    """A finished workbook: an open file at its beginning, and what an audit entry says about it."""

    file: BinaryIO
    size: int
    sha256: str
    rows: int


def write_workbook(sheets: Sequence[Sheet], *, watermark: str = "") -> Written:
    """Write `sheets` to a file. `watermark` (who, when, what for) stands above each table and in its footer."""
    file = tempfile.SpooledTemporaryFile(max_size=4 * 1024 * 1024)  # noqa: SIM115 - handed to the caller open
    write_workbook_into(file, sheets, watermark=watermark)
    size = file.tell()
    file.seek(0)
    digest = _digest(file)
    file.seek(0)
    return Written(file=file, size=size, sha256=digest, rows=sum(sheet.written for sheet in sheets))


def write_workbook_into(file, sheets: Sequence[Sheet], *, watermark: str = ""):
    """The same into `file`, which need only be written to; a piece of the workbook is held at a time."""
    titles: list[str] = []
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for sheet in sheets:
            rows, is_first = _Waiting(blocks(sheet.rows)), True
            # What finds no room on one sheet goes on on the next, under the same headings.
            while is_first or rows.block is not None:
                is_first = False
                titles.append(sheet_title(sheet.title, titles))
                info = zipfile.ZipInfo(f"xl/worksheets/sheet{len(titles)}.xml")
                info.compress_type = zipfile.ZIP_DEFLATED
                info._compresslevel = 1
                with archive.open(info, "w", force_zip64=False) as part:
                    _write_sheet(part, sheet, rows, watermark)
        # Last: only now is it known how many sheets there are.
        for name, content in package_parts(titles):
            archive.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)


class _Waiting:
    """Blocks of rows, and the one that comes next."""

    def __init__(self, of: Iterator):
        self._blocks = of
        self.block = next(of, None)

    def take(self):
        block, self.block = self.block, next(self._blocks, None)
        return block


def _digest(file) -> str:
    digest = hashlib.sha256()
    while chunk := file.read(1 << 20):
        digest.update(chunk)
    return digest.hexdigest()


def workbook_response(filename: str, sheets: Sequence[Sheet], *, watermark: str = "") -> FileResponse:
    """The workbook as a download. `filename` without extension; the audit entry is the caller's."""
    return written_response(filename, write_workbook(sheets, watermark=watermark))


def written_response(filename: str, written: Written) -> FileResponse:
    response = FileResponse(written.file, as_attachment=True, filename=f"{filename}.xlsx", content_type=CONTENT_TYPE)
    response["Content-Length"] = written.size
    response["Cache-Control"] = "no-store"
    return response


def content_response(filename: str, data: bytes) -> FileResponse:
    """A workbook made elsewhere (a template) as a download."""
    written = Written(file=io.BytesIO(data), size=len(data), sha256="", rows=0)
    return written_response(filename, written)


def _write_sheet(part, sheet: Sheet, waiting: _Waiting, watermark: str):
    columns = list(sheet.columns)
    letters = [column_letters(index) for index in range(len(columns))]
    lines = [(_WATERMARK_STYLE, watermark)] if watermark else []
    lines += [(_WATERMARK_STYLE if number else _TITLE_STYLE, text) for number, text in enumerate(sheet.above)]
    heading_row = len(lines) + 1
    part.write(_sheet_head(columns, heading_row))
    for number, (style, text) in enumerate(lines, 1):
        part.write(f'<row r="{number}">{text_cell(f"A{number}", style, text)}</row>'.encode())
    cells = (
        text_cell(f"{letter}{heading_row}", _HEADING_STYLE, column.heading)
        for letter, column in zip(letters, columns, strict=True)
    )
    part.write(f'<row r="{heading_row}">{"".join(cells)}</row>'.encode())
    number, rows = heading_row, SheetRows([column.kind for column in columns], letters)
    while waiting.block is not None and number + len(waiting.block) <= MAX_ROWS:
        block = waiting.take()
        part.write(rows.xml(block, number + 1).encode())
        number += len(block)
    sheet.written += number - heading_row
    narrowing = f'<autoFilter ref="A{heading_row}:{letters[-1]}{number}"/>' if sheet.has_filter else ""
    part.write(
        f"</sheetData>{narrowing}"
        '<pageMargins left="0.5" right="0.5" top="0.6" bottom="0.6" header="0.3" footer="0.3"/>'
        '<pageSetup paperSize="9" orientation="landscape" fitToHeight="0"/>'
        f"<headerFooter><oddFooter>{escaped(_footer(watermark))}</oddFooter></headerFooter></worksheet>".encode()
    )


def _footer(watermark: str) -> str:
    """The mark at the foot of each printed page; its end, where the number of the file stands, stays whole."""
    pages = "　第 &P 页，共 &N 页"
    room = LONGEST_FOOTER - len("&C") - len(pages)
    # In a footer & leads a code, and a plain one is written twice.
    mark = legal(watermark).replace("&", "&&")
    if len(mark) > room:
        head, tail = mark[: room // 2], mark[len(mark) - (room - room // 2 - 1) :]
        # Cut between the two, a sign would be a code.
        mark = f"{head.rstrip('&')}…{tail.lstrip('&')}"
    return f"&C{mark}{pages}"


def _sheet_head(columns, heading_row: int) -> bytes:
    widths = "".join(
        f'<col min="{number}" max="{number}" width="{min(column.width, WIDEST)}" customWidth="1" '
        f'style="{STYLES[column.kind]}"/>'
        for number, column in enumerate(columns, 1)
    )
    return (
        '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
        '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
        '<sheetPr><pageSetUpPr fitToPage="1"/></sheetPr>'
        f'<sheetViews><sheetView workbookViewId="0"><pane ySplit="{heading_row}" topLeftCell="A{heading_row + 1}" '
        'activePane="bottomLeft" state="frozen"/></sheetView></sheetViews>'
        '<sheetFormatPr defaultRowHeight="15"/>'
        f"<cols>{widths}</cols><sheetData>"
    ).encode()
