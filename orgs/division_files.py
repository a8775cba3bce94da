"""Reads a list of divisions from .csv, .csv.gz or .xlsx into rows; every mistake with row, column and cure.

Columns: level, code, name, parent_code, by these names or in Chinese. Without a level column the level is told
from the zeros of the code. Nothing is stored here.
"""

import codecs
import csv
import gzip
import io
import re
import sys
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from federation.shared import normalise
from federation.shared.normalise import NotNormal
from federation.shared.workbooks import WorkbookRefused, read_sheet
from federation.shared.workbooks.cells import fold_heading, shown
from orgs.models import Level

HEADINGS = {
    "level": ["级别", "level", "层级"],
    "code": ["区划代码", "code", "代码", "统计用区划代码", "行政区划代码"],
    "name": ["名称", "name", "区划名称"],
    "parent_code": ["上级代码", "parent_code", "上级区划代码", "父级代码"],
}
MAX_ROWS = 1_000_000
# The national list unpacked has 45 million bytes; a file that grows beyond this is a trap.
MAX_BYTES = 250 * 1024 * 1024
NAME_LENGTH = 90
PROBLEMS_KEPT = 200

_LEVEL_WORDS = {
    Level.PROVINCE: ("province", "1", "省级", "省", "省（自治区、直辖市）"),
    Level.CITY: ("city", "2", "市级", "市", "地级", "市（州、盟）"),
    Level.COUNTY: ("county", "3", "县级", "县", "区县", "县（市、区、旗）"),
    Level.TOWNSHIP: ("township", "town", "4", "乡级", "乡镇", "乡", "乡镇（街道）"),
    Level.VILLAGE: ("village", "5", "村级", "村", "社区", "村（社区）"),
}
_LEVELS = {word: int(level) for level, words in _LEVEL_WORDS.items() for word in words}
_CODE = re.compile(r"[0-9]{12}")


class DivisionRow(NamedTuple):
    """One row of the list; `number` is the file's own row number."""

    number: int
    level: int
    code: str
    name: str
    parent_code: str


class Problem(NamedTuple):
    """A mistake: where it is, what is wrong, what to do."""

    row: int
    column: str
    message: str
    cure: str

    def __str__(self):
        return f"第 {self.row} 行“{self.column}”：{self.message} {self.cure}"


class DivisionsRefused(Exception):
    """The list was not loaded and nothing was stored. `problems` are the first of `count` mistakes."""

    def __init__(self, message: str, problems: Iterable[Problem] = (), count: int | None = None):
        super().__init__(message)
        self.problems = list(problems)
        self.count = len(self.problems) if count is None else count


class Problems:
    """Collects mistakes: counts all, keeps the first."""

    def __init__(self):
        self.kept: list[Problem] = []
        self.count = 0

    def add(self, row: int, column: str, message: str, cure: str):
        self.count += 1
        if len(self.kept) < PROBLEMS_KEPT:
            self.kept.append(Problem(row, column, message, cure))

    def refuse_if_any(self):
        if self.count:
            kept = sorted(self.kept)
            raise DivisionsRefused(f"区划清单有 {self.count} 处错误，没有装入任何内容。", kept, self.count)


def read_divisions(path: Path) -> list[DivisionRow]:
    """The rows of the file. Raises DivisionsRefused with every mistake that a row shows by itself."""
    name = path.name.lower()
    if name.endswith((".csv", ".csv.gz", ".gz")):
        lines = _csv_lines(path)
    elif name.endswith((".xlsx", ".xls")):
        lines = _sheet_lines(path)
    else:
        raise DivisionsRefused("不认识这种文件。请使用 .csv、.csv.gz 或 .xlsx 文件。")
    return rows_from(lines)


def rows_from(lines: Iterable[tuple[int, dict]]) -> list[DivisionRow]:
    """Rows out of (row number, {column: text}). A missing or empty `level` is told from the code."""
    problems = Problems()
    rows = []
    for number, line in lines:
        if number > MAX_ROWS + 1:
            raise DivisionsRefused(f"文件超过 {MAX_ROWS:,} 行。请按省拆开后分别装入。")
        row = _row(number, line, problems)
        if row is not None:
            rows.append(row)
    problems.refuse_if_any()
    if not rows:
        raise DivisionsRefused("文件里没有区划。请检查表头下面是否有内容。")
    return _with_levels(rows)


def _row(number: int, line: dict, problems: Problems) -> DivisionRow | None:
    before = problems.count
    code = _code(number, "区划代码", line.get("code", ""), problems, required=True)
    parent = _code(number, "上级代码", line.get("parent_code") or "", problems, required=False)
    name = _name(number, line.get("name", ""), problems)
    written = (line.get("level") or "").strip().lower()
    level = _LEVELS.get(written, 0)
    if written and not level:
        cure = "请填 province、city、county、township、village，或省级、市级、县级、乡级、村级。"
        problems.add(number, "级别", f"“{written[:20]}”不是级别。", cure)
    if problems.count > before:
        return None
    # Parent codes repeat for every child; one copy of each is enough.
    return DivisionRow(number, level, code, name, sys.intern(parent))


def _code(number: int, column: str, written: str, problems: Problems, *, required: bool) -> str:
    code = written.strip()
    if _CODE.fullmatch(code) or (not code and not required):
        return code
    if not code:
        problems.add(number, column, "没有填写。", "请填 12 位区划代码。")
    elif code.isascii() and code.isdigit():
        problems.add(number, column, f"“{code[:20]}”是 {len(code)} 位。", "区划代码应是 12 位，不足的在后面补 0。")
    else:
        problems.add(number, column, f"“{code[:20]}”不是区划代码。", "请填 12 位数字，并把该列设为文本格式。")
    return ""


def _name(number: int, written: str, problems: Problems) -> str:
    try:
        name = normalise.text(written or "")
    except NotNormal as error:
        problems.add(number, "名称", str(error), "")
        return ""
    if not name:
        problems.add(number, "名称", "没有填写。", "请填区划名称。")
    elif len(name) > NAME_LENGTH:
        problems.add(number, "名称", f"有 {len(name)} 个字。", f"请缩短到 {NAME_LENGTH} 个字以内。")
    return name


# --- levels -----------------------------------------------------------------------------------------


def _with_levels(rows: list[DivisionRow]) -> list[DivisionRow]:
    """Levels of rows that name none: from the zeros of the code, one further down for each repetition.

    东莞 stands twice with one code: the row whose parent is another place is the city, the row whose parent is
    itself the level below.
    """
    if all(row.level for row in rows):
        return rows
    repeated: dict[str, int] = {}
    told = []
    for row in rows:
        if row.level:
            told.append(row)
            continue
        level = level_of_code(row.code)
        if row.parent_code == row.code:
            repeated[row.code] = repeated.get(row.code, 0) + 1
            level = min(level + repeated[row.code], int(Level.VILLAGE))
        told.append(row._replace(level=level))
    return told


def level_of_code(code: str) -> int:
    """The level by the groups of a code that are not zero: 620422100000 is a township's."""
    for level, length in ((Level.PROVINCE, 2), (Level.CITY, 4), (Level.COUNTY, 6), (Level.TOWNSHIP, 9)):
        if not code[length:].strip("0"):
            return int(level)
    return int(Level.VILLAGE)


# --- files ------------------------------------------------------------------------------------------


def _sheet_lines(path: Path) -> Iterator[tuple[int, dict]]:
    try:
        sheet = read_sheet(path, HEADINGS, max_rows=MAX_ROWS)
    except WorkbookRefused as refusal:
        raise DivisionsRefused(str(refusal)) from refusal
    _require(set(sheet.columns))
    columns = list(sheet.columns.items())
    for position, number in enumerate(sheet.rows):
        yield number, {name: shown(column[position]) for name, column in columns}


def _csv_lines(path: Path) -> Iterator[tuple[int, dict]]:
    encoding = _encoding_of(path)
    with _opened(path) as file, io.TextIOWrapper(file, encoding=encoding, newline="") as text:
        reader = csv.reader(text)
        try:
            fields = [_field_of(heading) for heading in next(reader, [])]
            _require({field for field in fields if field})
            for cells in reader:
                if any(cells):
                    yield reader.line_num, {field: cell for field, cell in zip(fields, cells, strict=False) if field}
        except csv.Error as error:
            message = f"第 {reader.line_num} 行无法读取。请用 Excel 或 WPS 打开，另存为 .csv 或 .xlsx 后再装入。"
            raise DivisionsRefused(message) from error


def _field_of(heading: str) -> str:
    return next((field for field, headings in HEADINGS.items() if fold_heading(heading) in headings), "")


def _require(fields: set[str]):
    missing = [HEADINGS[field][0] for field in ("code", "name", "parent_code") if field not in fields]
    if missing:
        raise DivisionsRefused(
            f"表头缺少：{'、'.join(missing)}。第一行应有 级别、区划代码、名称、上级代码（级别可以没有）。"
        )


def _opened(path: Path):
    return gzip.open(path, "rb") if path.name.lower().endswith(".gz") else path.open("rb")


def _encoding_of(path: Path) -> str:
    """UTF-8, or GB18030 as Excel writes it in China; the whole file is tried, piece by piece, and its size checked."""
    decoders = {name: codecs.getincrementaldecoder(name)() for name in ("utf-8-sig", "gb18030")}
    size = 0
    try:
        with _opened(path) as file:
            while piece := file.read(1 << 20):
                size += len(piece)
                if size > MAX_BYTES:
                    raise DivisionsRefused("文件太大。请按省拆开后分别装入。")
                decoders = {name: decoder for name, decoder in decoders.items() if _decodes(decoder, piece)}
    except (OSError, EOFError, zlib.error) as error:
        raise DivisionsRefused("文件打不开或压缩包已损坏。请重新取得这个文件。") from error
    for name, decoder in decoders.items():
        if _decodes(decoder, b"", final=True):
            return name
    raise DivisionsRefused("文件的文字编码不认识。请另存为 UTF-8 编码的 .csv，或 .xlsx。")


def _decodes(decoder, piece: bytes, *, final: bool = False) -> bool:
    try:
        return "\0" not in decoder.decode(piece, final)
    except UnicodeDecodeError:
        return False
