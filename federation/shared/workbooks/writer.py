"""The one writer of tables people download: sheet XML streamed into a zip, constant memory, nothing executable.

Text is written as text, so no cell is ever a formula; text that another program could take for one is led by an
apostrophe, which the reader drops again. No author, no hidden sheets, no path goes into the file.
"""

import hashlib
import io
import re
import tempfile
import zipfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, BinaryIO

from django.http import FileResponse

from federation.shared.workbooks.parts import column_letters
from federation.shared.workbooks.written_cells import STYLES, SheetRows, blocks, escaped, text_cell

CONTENT_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_HEADING_STYLE, _WATERMARK_STYLE, _TITLE_STYLE = 6, 7, 8


@dataclass(frozen=True)
class Column:
    """`kind`: text, number, money (two places), percent (value is a fraction) or date."""

    heading: str
    width: float = 14
    kind: str = "text"


@dataclass
class Sheet:
    """One sheet to write; `rows` are sequences of values in the order of `columns`, consumed once.

    `above` are lines that stand over the headings, as on paper: the title of the table, then unit and day.
    """

    title: str
    columns: Sequence[Column]
    rows: Iterable[Sequence[Any]]
    above: Sequence[str] = ()
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
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for name, content in _package_parts(sheets):
            archive.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)
        for number, sheet in enumerate(sheets, 1):
            info = zipfile.ZipInfo(f"xl/worksheets/sheet{number}.xml")
            info.compress_type = zipfile.ZIP_DEFLATED
            info._compresslevel = 1
            with archive.open(info, "w", force_zip64=False) as part:
                _write_sheet(part, sheet, watermark)


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


def _write_sheet(part, sheet: Sheet, watermark: str):
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
    for block in blocks(sheet.rows):
        part.write(rows.xml(block, number + 1).encode())
        number += len(block)
    sheet.written = number - heading_row
    # In a footer & leads a code, and a plain one is written twice.
    footer = escaped("&C" + watermark.replace("&", "&&") + "　第 &P 页，共 &N 页")
    part.write(
        '</sheetData><pageMargins left="0.5" right="0.5" top="0.6" bottom="0.6" header="0.3" footer="0.3"/>'
        '<pageSetup paperSize="9" orientation="landscape" fitToHeight="0"/>'
        f"<headerFooter><oddFooter>{footer}</oddFooter></headerFooter></worksheet>".encode()
    )


def _sheet_head(columns, heading_row: int) -> bytes:
    widths = "".join(
        f'<col min="{number}" max="{number}" width="{column.width}" customWidth="1" style="{STYLES[column.kind]}"/>'
        for number, column in enumerate(columns, 1)
    )
    return (
        '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
        '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
        '<sheetPr><pageSetUpPr fitToPage="1"/></sheetPr>'
        f'<sheetViews><sheetView workbookViewId="0"><pane ySplit="{heading_row}" topLeftCell="A{heading_row + 1}" '
        'activePane="bottomLeft" state="frozen"/></sheetView></sheetViews>'
        f"<cols>{widths}</cols><sheetData>"
    ).encode()


def _sheet_titles(sheets) -> list[str]:
    titles = []
    for sheet in sheets:
        title = re.sub(r"[\[\]:*?/\\]", " ", sheet.title).strip("' ")[:31] or "表"
        titles.append(title if title not in titles else f"{title[:27]}({len(titles) + 1})")
    return titles


def _package_parts(sheets):
    titles = _sheet_titles(sheets)
    numbers = range(1, len(sheets) + 1)
    head = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
    package = "http://schemas.openxmlformats.org/package/2006"
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    sheet_type = "application/vnd.openxmlformats-officedocument.spreadsheetml"
    overrides = "".join(
        f'<Override PartName="/xl/worksheets/sheet{number}.xml" ContentType="{sheet_type}.worksheet+xml"/>'
        for number in numbers
    )
    yield (
        "[Content_Types].xml",
        f'{head}<Types xmlns="{package}/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        '<Default Extension="xml" ContentType="application/xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{sheet_type}.sheet.main+xml"/>'
        f'<Override PartName="/xl/styles.xml" ContentType="{sheet_type}.styles+xml"/>{overrides}</Types>',
    )
    yield (
        "_rels/.rels",
        f'{head}<Relationships xmlns="{package}/relationships">'
        f'<Relationship Id="rId1" Type="{office}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
    )
    entries = "".join(
        f'<sheet name="{escaped(title).replace(chr(34), "&quot;")}" sheetId="{number}" r:id="rId{number}"/>'
        for number, title in zip(numbers, titles, strict=True)
    )
    yield "xl/workbook.xml", f'{head}<workbook xmlns="{main}" xmlns:r="{office}"><sheets>{entries}</sheets></workbook>'
    relations = "".join(
        f'<Relationship Id="rId{number}" Type="{office}/worksheet" Target="worksheets/sheet{number}.xml"/>'
        for number in numbers
    )
    yield (
        "xl/_rels/workbook.xml.rels",
        f'{head}<Relationships xmlns="{package}/relationships">{relations}'
        f'<Relationship Id="rId{len(sheets) + 1}" Type="{office}/styles" Target="styles.xml"/></Relationships>',
    )
    yield "xl/styles.xml", head + _styles(main)


def _styles(main: str) -> str:
    formats = "".join(
        f'<xf numFmtId="{number}" fontId="{font}" fillId="{fill}" borderId="0" xfId="0" applyNumberFormat="1" '
        f'applyFont="1" applyFill="1" applyAlignment="1"><alignment vertical="center"{wrap}/></xf>'
        for number, font, fill, wrap in (
            (0, 0, 0, ""),
            (49, 0, 0, ""),
            (1, 0, 0, ""),
            (4, 0, 0, ""),
            (10, 0, 0, ""),
            (164, 0, 0, ""),
            (49, 1, 2, ' wrapText="1" horizontal="center"'),
            (49, 2, 0, ""),
            (49, 3, 0, ""),
        )
    )
    return (
        f'<styleSheet xmlns="{main}"><numFmts count="1"><numFmt numFmtId="164" formatCode="yyyy\\-mm\\-dd"/></numFmts>'
        '<fonts count="4"><font><sz val="11"/><name val="宋体"/></font>'
        '<font><b/><sz val="11"/><name val="宋体"/></font>'
        '<font><sz val="9"/><color rgb="FF666666"/><name val="宋体"/></font>'
        '<font><b/><sz val="16"/><name val="宋体"/></font></fonts>'
        '<fills count="3"><fill><patternFill patternType="none"/></fill>'
        '<fill><patternFill patternType="gray125"/></fill>'
        '<fill><patternFill patternType="solid"><fgColor rgb="FFE9EEF5"/>'
        '<bgColor indexed="64"/></patternFill></fill></fills>'
        '<borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders>'
        '<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>'
        f'<cellXfs count="9">{formats}</cellXfs>'
        '<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>'
    )
