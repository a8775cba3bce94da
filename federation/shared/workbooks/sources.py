"""Where the rows of an upload come from: blocks of rows of each sheet, never more of a large one than a block.

Runs in the child alone, after the container was walked. Imports nothing of the project.
"""

import codecs
import contextlib
import csv
import io
import re
import zipfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from cells import ERROR, UNCALCULATED
from container import SAVE_AGAIN, Part, Refused, no_table
from parts import troubled_cells, worksheet_part

MAX_COLUMNS = 300
BLOCK_ROWS = 10_000
# A sheet larger than this is cut into blocks before it is parsed: the parser holds all it is given.
WHOLE_BYTES = 48 * 1024 * 1024
_PIECE = 1 << 20
_MERGED = re.compile(rb'<mergeCell [^>]*ref="([A-Z]+)(\d+):([A-Z]+)(\d+)"')


@dataclass
class Source:
    """One sheet: `blocks` are (number of the first row counted from 0, rows); a row may end before the others do."""

    title: str
    blocks: Iterable[tuple[int, list[list]]]
    merged: list = field(default_factory=list)
    notices: list[str] = field(default_factory=list)
    expected: int = 0
    # {row: [(column, mark and text)]} of cells whose content the parser drops silently.
    marks: Callable[[], dict[int, list]] = dict


# --- workbooks --------------------------------------------------------------------------------------


def workbook_sources(path: Path, parts: dict[str, Part]) -> Iterator[Source]:
    """Each visible worksheet of a workbook (.xls has no `parts`)."""
    import python_calamine as calamine

    with _parser_speaks(calamine):
        book = calamine.CalamineWorkbook.from_path(str(path))
        visible = [
            sheet.name
            for sheet in book.sheets_metadata
            if sheet.visible == calamine.SheetVisibleEnum.Visible and sheet.typ == calamine.SheetTypeEnum.WorkSheet
        ]
    if not visible:
        raise Refused("工作簿里没有可见的工作表。请取消隐藏后另存，再上传。")
    names = {title: worksheet_part(path, title) for title in visible} if parts else {}
    for title in visible:
        name = names.get(title, "")
        part = parts.get(name, Part())
        if part.size > WHOLE_BYTES and part.is_plain:
            # The parser keeps the texts of the whole book; the blocks bring their own.
            book = None
            source = Source(title, _cut_blocks(path, name, title, calamine), _merged_ranges(part))
        else:
            with _parser_speaks(calamine):
                if book is None:
                    book = calamine.CalamineWorkbook.from_path(str(path))
                sheet = book.get_sheet_by_name(title)
                _check_width(title, sheet)
                rows = sheet.to_python(skip_empty_area=False)
                source = Source(title, _slices(rows), sheet.merged_cell_ranges or [])
        source.expected = part.last_row
        source.notices = _hidden(part)
        if part.has_error or part.has_formula:
            source.marks = lambda name=name: _marks(path, name)
        yield source


@contextlib.contextmanager
def _parser_speaks(calamine):
    """The parser's refusals as ours."""
    try:
        yield
    except calamine.PasswordError as error:
        raise Refused("工作簿设了打开密码，读不了。请取消密码后另存，再上传。") from error
    except (calamine.CalamineError, OSError, ValueError) as error:
        raise Refused(f"工作簿的内容已损坏，读不了。{SAVE_AGAIN}") from error
    except BaseException as error:
        # The parser's own panics derive from BaseException; anything else is not ours to hold.
        if type(error).__name__ != "PanicException":
            raise
        raise Refused(f"工作簿的内容已损坏，读不了。{SAVE_AGAIN}") from error


def _check_width(title: str, sheet):
    if sheet.total_width > MAX_COLUMNS and sheet.total_height > 1:
        raise Refused(f"工作表“{title}”有 {sheet.total_width} 列，超过 {MAX_COLUMNS} 列。请删去多余的列。")


def _slices(rows: list[list]) -> Iterator[tuple[int, list[list]]]:
    yield 0, rows[:BLOCK_ROWS]
    for start in range(BLOCK_ROWS, len(rows), BLOCK_ROWS):
        yield start, rows[start : start + BLOCK_ROWS]


def _cut_blocks(path: Path, name: str, title: str, calamine) -> Iterator[tuple[int, list[list]]]:
    """The rows of a large sheet: each block is parsed as a small workbook of its own, with the book's texts."""
    end = 0
    with zipfile.ZipFile(path) as archive:
        others = _other_parts(archive, name)
        for xml in _cut_xml(archive, name):
            with _parser_speaks(calamine):
                book = calamine.CalamineWorkbook.from_filelike(_small_workbook(others, name, xml))
                sheet = book.get_sheet_by_name(title)
                _check_width(title, sheet)
                rows = sheet.to_python(skip_empty_area=True)
            if not rows or sheet.start is None:
                continue
            first, left = sheet.start
            if first < end:
                raise Refused(f"第 {first + 1} 行的行号重复或次序错乱，可能被改动过。{SAVE_AGAIN}")
            end = first + len(rows)
            if left:
                rows = [[""] * left + row for row in rows]
            yield first, rows


def _other_parts(archive: zipfile.ZipFile, name: str) -> list[tuple[str, bytes]]:
    """What a workbook needs beside its sheets: the directory, styles and the texts."""
    wanted = ("[content_types].xml", "_rels/.rels", "xl/workbook.xml", "xl/_rels/workbook.xml.rels",
              "xl/styles.xml", "xl/sharedstrings.xml")  # fmt: skip
    return [(info.filename, archive.read(info)) for info in archive.infolist() if info.filename.lower() in wanted]


def _small_workbook(others, name: str, xml: bytes) -> io.BytesIO:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for other, content in others:
            archive.writestr(other, content)
        archive.writestr(name, xml)
    buffer.seek(0)
    return buffer


def _cut_xml(archive: zipfile.ZipFile, name: str) -> Iterator[bytes]:
    """The sheet's XML, cut between rows, each piece a whole sheet again."""
    with archive.open(name) as stream:
        head, rest = b"", b""
        while b"<sheetData" not in rest and (chunk := stream.read(_PIECE)):
            rest += chunk
        at = rest.find(b">", rest.find(b"<sheetData")) + 1
        head, rest = re.sub(rb"<dimension [^>]*/?>(?:</dimension>)?", b"", rest[:at]), rest[at:]
        pieces, count = [], 0
        while True:
            cut = rest.rfind(b"</row>") + 6
            if cut > 5:
                pieces.append(rest[:cut])
                count += rest.count(b"</row>", 0, cut)
                rest = rest[cut:]
            chunk = stream.read(_PIECE)
            if count >= BLOCK_ROWS or not chunk:
                yield b"".join((head, *pieces, b"</sheetData></worksheet>"))
                pieces, count = [], 0
            if not chunk:
                return
            rest += chunk


def _merged_ranges(part: Part) -> list:
    return [
        ((int(top) - 1, _column(left)), (int(bottom) - 1, _column(right)))
        for left, top, right, bottom in _MERGED.findall(part.tail)
    ]


def _column(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number - 1


def _hidden(part: Part) -> list[str]:
    notices = []
    if part.hidden_rows:
        sample = "、".join(str(number) for number in part.hidden_rows[:5])
        notices.append(f"有 {len(part.hidden_rows)} 行是隐藏的（如第 {sample} 行），也一并读入。")
    if part.has_hidden_columns:
        notices.append("有隐藏的列，也一并读入。")
    return notices


def _marks(path: Path, name: str) -> dict[int, list]:
    marks: dict[int, list] = {}
    for row, column, mark, text in troubled_cells(path, name):
        marks.setdefault(row, []).append((column, (ERROR if mark == "error" else UNCALCULATED) + text))
    return marks


# --- comma-separated files --------------------------------------------------------------------------


def csv_source(path: Path, shown: str, title: str, fewest: int) -> Source:
    encoding = _encoding_of(path, shown)
    with path.open(encoding=encoding, newline="") as file:
        start = file.read(65536)
    lines = [line for line in start.splitlines() if line.strip()][:40]
    delimiter = max(",\t;，", key=lambda mark: max((line.count(mark) for line in lines), default=0))
    if max((line.count(delimiter) + 1 for line in lines), default=0) < min(3, fewest):
        raise Refused(no_table(shown, "普通的文字文件，没有分成列"))
    return Source(title, _csv_blocks(path, encoding, delimiter))


def _encoding_of(path: Path, shown: str) -> str:
    with path.open("rb") as file:
        head = file.read(2)
    for encoding in ["utf-16"] if head in (b"\xff\xfe", b"\xfe\xff") else ["utf-8-sig", "gb18030"]:
        try:
            if _holds_nought(path, encoding):
                raise Refused(no_table(shown, "另一种程序的文件"))
            return encoding
        except UnicodeDecodeError:
            continue
    raise Refused("文件的文字编码认不出来。请另存为 .xlsx 文件，或另存为 UTF-8 编码的 .csv 文件再上传。")


def _holds_nought(path: Path, encoding: str) -> bool:
    """Reads the file to its end. Raises UnicodeDecodeError where it is of another encoding."""
    decoder = codecs.getincrementaldecoder(encoding)()
    holds = False
    with path.open("rb") as file:
        while chunk := file.read(_PIECE):
            holds = "\0" in decoder.decode(chunk) or holds
        decoder.decode(b"", final=True)
    return holds


def _csv_blocks(path: Path, encoding: str, delimiter: str) -> Iterator[tuple[int, list[list]]]:
    csv.field_size_limit(1 << 20)
    with path.open(encoding=encoding, newline="") as file:
        reader = csv.reader(file, delimiter=delimiter, strict=True)
        start, rows = 0, []
        try:
            for row in reader:
                if len(row) > MAX_COLUMNS:
                    raise Refused(f"CSV 文件有 {len(row)} 列，超过 {MAX_COLUMNS} 列。请核对分隔符和引号。")
                rows.append(row)
                if len(rows) == BLOCK_ROWS:
                    yield start, rows
                    start, rows = start + BLOCK_ROWS, []
        except csv.Error as error:
            raise Refused(
                f"CSV 文件在第 {reader.line_num} 行附近引号不成对，读不了。请另存为 .xlsx 文件再上传。"
            ) from error
        yield start, rows
