"""What kind of file was uploaded, and whether its container is safe to hand to a parser.

Runs inside the child process, before any parser sees the file: the zip directory is walked in plain Python,
every part is inflated once against limits and thrown away. Imports nothing of the project.
"""

import re
import zipfile
import zlib
from pathlib import Path

MAX_MEMBERS = 500
MAX_PART_BYTES = 400 * 1024 * 1024
MAX_TOTAL_BYTES = 600 * 1024 * 1024
# A part may swell by this factor once it is larger than RATIO_FROM; a sheet of real text swells 5 to 15 times.
MAX_RATIO = 150
RATIO_FROM = 8 * 1024 * 1024
MAX_SHEET_ROW = 1_048_576
_CHUNK = 1 << 20
_OVERLAP = 256
_LONGEST_TAIL = 4 * 1024 * 1024

_ROW = re.compile(rb"<row ([^>]*)>")
_PREFIXED_ROW = re.compile(rb"<\w+:row ([^>]*)>")
_FORMULA = re.compile(rb"<f[ >/]")
_HIDDEN_COLUMN = re.compile(rb"<(?:\w+:)?col [^>]*hidden=\"(?:1|true)\"")
_ROW_NUMBER = re.compile(rb'\br="(\d+)"')
# A cell with content right of column ZZ; empty cells that only carry a format are common and harmless.
_FAR_CELL = re.compile(rb'r="([A-Z]{3,})(\d+)"[^>]*>\s*<(?:\w+:)?(?:v|f|is)\b')
# Row 0, beyond the last row 1048576, beyond the last column XFD.
_IMPOSSIBLE_CELL = re.compile(
    rb'\br="((?:[A-Z]+(?:0\d*|\d{8,}|[2-9]\d{6}|1[1-9]\d{5}|10[5-9]\d{4}|1049\d{3}|1048[6-9]\d\d|10485[89]\d'
    rb'|104857[7-9]))|(?:XF[E-Z]|X[G-Z][A-Z]|[YZ][A-Z]{2}|[A-Z]{4,})\d+)"'
)
_DECLARATION = re.compile(rb"<!(?:DOCTYPE|ENTITY|ELEMENT)", re.IGNORECASE)
_DECLARED = re.compile(rb"<\?xml[^>]*encoding\s*=\s*[\"']([^\"']+)", re.IGNORECASE)

_OTHERS = {
    b"%PDF": "PDF 文件",
    b"\x89PNG": "图片",
    b"\xff\xd8\xff": "图片",
    b"GIF8": "图片",
    b"Rar!": "压缩包",
    b"7z\xbc\xaf": "压缩包",
    b"\x1f\x8b": "压缩包",
    b"{\\rtf": "Word 文档",
}
_MARKUP = (
    b"<!doctype",
    b"<html",
    b"<table",
    b"<?xml",
    b"<svg",
    b"<meta",
    b"<style",
    b"<div",
    b"<!--",
    b"mime-version:",
)
# A table saved as a web page may begin with anything.
_TABLE = re.compile(rb"<(?:html|table|body)[\s>]")

SAVE_AGAIN = "请用 Excel 或 WPS 打开后另存为新的 .xlsx 文件再上传。"


class Refused(Exception):
    """The file is not read; the message is the sentence for the person who sent it."""


class Part:
    """What the walk noticed about one worksheet part."""

    def __init__(self):
        self.has_formula = False
        self.has_error = False
        self.hidden_rows: list[int] = []
        self.has_hidden_columns = False
        self.size = 0
        self.last_row = 0
        # Whether it may be cut between its rows: every row numbered, no prefixed tags, comments or CDATA.
        self.is_plain = True
        # What follows the rows: the merged cells are there.
        self.tail = b""


def kind_of(path: Path, shown: str) -> str:
    """xlsx, xls or csv by the first bytes, never by the name. Raises Refused for anything else.

    `shown` is what the file is called in the sentence.
    """
    size = path.stat().st_size
    if size == 0:
        raise Refused("文件是空的（0 字节）。请重新保存后上传。")
    with path.open("rb") as file:
        head = file.read(4096)
    if head.startswith(b"PK\x03\x04"):
        return "xlsx"
    if head.startswith(b"PK"):
        raise Refused(f"这个压缩文件里没有内容，或是分卷压缩。{SAVE_AGAIN}")
    if head.startswith(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"):
        return "xls"
    for magic, name in _OTHERS.items():
        if head.startswith(magic):
            raise Refused(no_table(shown, name))
    text = head.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if text.startswith(_MARKUP) or _TABLE.search(text):
        raise Refused(no_table(shown, "网页或 XML 文件，只是改了扩展名"))
    if b"\0" in head and not head.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise Refused(no_table(shown, "另一种程序的文件"))
    return "csv"


def no_table(shown: str, what: str) -> str:
    return (
        f"{shown}不是 Excel 表格，是{what}。请用 WPS 或 Excel 打开（打不开的请重新做成表格），另存为 .xlsx 后再上传。"
    )


def inspect_ole(path: Path, shown: str):
    """Refuse an OLE file that is encrypted, carries macros, or is no workbook at all."""
    data = path.read_bytes()
    if "EncryptedPackage".encode("utf-16-le") in data:
        raise Refused("工作簿设了打开密码，读不了。请取消密码后另存，再上传。")
    if "_VBA_PROJECT".encode("utf-16-le") in data:
        raise Refused("工作簿里有宏。请另存为不带宏的 .xlsx 文件再上传。")
    if "Workbook".encode("utf-16-le") not in data and "Book".encode("utf-16-le") not in data:
        raise Refused(no_table(shown, "别的文档（例如 Word），只是改了扩展名"))


def inspect_xlsx(path: Path) -> dict[str, Part]:
    """Walk the zip directory and every part; what was noticed, by worksheet part name."""
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
            _check_directory(archive, members, path.stat().st_size)
            return _walk_parts(archive, members)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, OSError, ValueError) as error:
        raise Refused(f"文件不完整或已损坏，打不开。{SAVE_AGAIN}") from error


def _check_directory(archive: zipfile.ZipFile, members: list[zipfile.ZipInfo], size: int):
    if len(members) > MAX_MEMBERS:
        raise Refused(f"文件里有 {len(members)} 个部件，超过 {MAX_MEMBERS} 个的上限。{SAVE_AGAIN}")
    names = [member.filename for member in members]
    folded = [name.lower() for name in names]
    if len(set(folded)) != len(folded):
        raise Refused(f"文件里有重名的部件，可能被改动过。{SAVE_AGAIN}")
    if any(name.startswith(("/", "\\")) or ".." in name or "\\" in name or ":" in name for name in names):
        raise Refused(f"文件里有指向外部路径的部件，可能被改动过。{SAVE_AGAIN}")
    if any(member.flag_bits & 1 for member in members):
        raise Refused("文件加了密码，读不了。请取消密码后另存，再上传。")
    if any((member.external_attr >> 16) & 0o170000 == 0o120000 for member in members):
        raise Refused(f"文件里有符号链接，可能被改动过。{SAVE_AGAIN}")
    if archive.comment or any(member.compress_type not in (0, 8) for member in members):
        raise Refused(f"文件的压缩方式不是 Excel 使用的。{SAVE_AGAIN}")
    _check_places(members, archive.start_dir)
    if "encryptedpackage" in folded:
        raise Refused("工作簿设了打开密码，读不了。请取消密码后另存，再上传。")
    if "xl/workbook.xml" not in folded:
        if "xl/workbook.bin" in folded:
            raise Refused("这是 .xlsb 格式，不支持。请另存为 .xlsx 文件再上传。")
        if any(name.startswith("word/") for name in folded):
            raise Refused("这是 Word 文档，不是表格。请上传 .xlsx、.xls 或 .csv 文件。")
        raise Refused("压缩文件里没有工作簿。请上传 .xlsx、.xls 或 .csv 文件本身，不要打成压缩包。")
    if any("vbaproject" in name or "macrosheets/" in name for name in folded):
        raise Refused("工作簿里有宏。请另存为不带宏的 .xlsx 文件再上传。")
    if any(name.startswith("xl/externallinks/") for name in folded):
        raise Refused("工作簿引用了别的文件。请在“数据—编辑链接”中断开链接，另存后再上传。")
    if any(name.startswith("xl/embeddings/") or name.endswith((".zip", ".xlsx", ".exe", ".bin2")) for name in folded):
        raise Refused("工作簿里嵌有别的文件。请删去嵌入的对象，另存后再上传。")


def _check_places(members: list[zipfile.ZipInfo], directory: int):
    """Parts lie one after another; overlapping ones are how a small file inflates without end."""
    end = 0
    for member in sorted(members, key=lambda member: member.header_offset):
        if member.header_offset < end:
            raise Refused(f"文件里的部件互相重叠，可能被改动过。{SAVE_AGAIN}")
        end = member.header_offset + member.compress_size
    if end > directory:
        raise Refused(f"文件的目录与内容不符，可能被改动过。{SAVE_AGAIN}")


def _walk_parts(archive: zipfile.ZipFile, members: list[zipfile.ZipInfo]) -> dict[str, Part]:
    total = 0
    noticed = {}
    for member in members:
        name = member.filename
        is_sheet = name.lower().startswith("xl/worksheets/") and name.lower().endswith(".xml")
        sheet = _SheetWalk() if is_sheet else None
        is_text = name.lower().endswith((".xml", ".rels", ".vml"))
        read = 0
        tail = b""
        with archive.open(member) as stream:
            while chunk := stream.read(_CHUNK):
                if read == 0 and is_text:
                    _check_encoding(chunk)
                read += len(chunk)
                total += len(chunk)
                _check_size(member, read, total)
                window = tail + chunk
                seen = len(tail)
                if is_text and b"<!" in window and _DECLARATION.search(window):
                    raise Refused(f"文件里有 DOCTYPE 声明，正常的工作簿没有这种内容。{SAVE_AGAIN}")
                if sheet is not None:
                    sheet.look(window, seen)
                tail = window[-_OVERLAP:]
        if read != member.file_size:
            raise Refused(f"文件里部件的大小与目录不符，可能被改动过。{SAVE_AGAIN}")
        if sheet is not None:
            sheet.part.size, sheet.part.last_row = read, sheet.last_row
            noticed[name] = sheet.part
    return noticed


def _check_encoding(chunk: bytes):
    """Parts must be UTF-8: in another encoding a DOCTYPE would pass the search unseen."""
    start = chunk[:200].lstrip(b"\xef\xbb\xbf \t\r\n")
    declared = _DECLARED.match(start)
    if b"\0" in chunk[:200] or not start.startswith(b"<"):
        raise Refused(f"文件内部的文字编码不是 UTF-8。{SAVE_AGAIN}")
    if declared and declared.group(1).lower() not in (b"utf-8", b"utf8", b"us-ascii", b"ascii"):
        raise Refused(f"文件内部的文字编码不是 UTF-8。{SAVE_AGAIN}")


def _check_size(member: zipfile.ZipInfo, read: int, total: int):
    if read > member.file_size:
        raise Refused(f"文件里部件的大小与目录不符，可能被改动过。{SAVE_AGAIN}")
    swollen = read > RATIO_FROM and read > MAX_RATIO * max(member.compress_size, 1)
    if read > MAX_PART_BYTES or total > MAX_TOTAL_BYTES or swollen:
        raise Refused(f"文件展开后太大，超出限制。请删去多余的格式、图片和空白行列。{SAVE_AGAIN}")


class _SheetWalk:
    """Looks at one worksheet part as it streams by."""

    def __init__(self):
        self.part = Part()
        self.last_row = 0
        self.row_tag = _ROW

    def look(self, window: bytes, seen: int):
        part = self.part
        if not seen:
            # Sheets whose tags carry a prefix are rare; the slower, exact look is taken for them.
            if re.search(rb"<\w+:worksheet\b", window[:4096]):
                self.row_tag = _PREFIXED_ROW
                part.has_formula = part.has_error = True
                part.is_plain = False
            part.has_hidden_columns = bool(_HIDDEN_COLUMN.search(window.partition(b"<sheetData")[0][:65536]))
        if not part.has_formula and b"<f" in window and _FORMULA.search(window):
            part.has_formula = True
        if not part.has_error and b't="e"' in window:
            part.has_error = True
        if part.is_plain and (b"<!" in window or b"<row>" in window):
            part.is_plain = False
        self._keep_tail(window, seen)
        for tag in self.row_tag.finditer(window):
            # Tags that end inside the overlap were looked at with the window before.
            if tag.end() > seen:
                self._row(tag.group(1))
        # After the rows, of whose impossible number more can be said.
        if impossible := _IMPOSSIBLE_CELL.search(window):
            raise Refused(f"表格里有不可能的单元格 {impossible.group(1).decode()}，可能被改动过。{SAVE_AGAIN}")
        far = _FAR_CELL.search(window)
        if far:
            place = f"{far.group(1).decode()}{far.group(2).decode()}"
            raise Refused(f"单元格 {place} 离表格太远（列数超过 702 列）。请删去表格右边多余的行列，另存后再上传。")

    def _keep_tail(self, window: bytes, seen: int):
        if self.part.tail:
            self.part.tail = (self.part.tail + window[seen:])[:_LONGEST_TAIL]
        elif (at := window.find(b"</sheetData>")) >= 0:
            self.part.tail = window[at:][:_LONGEST_TAIL]

    def _row(self, attributes: bytes):
        found = _ROW_NUMBER.search(attributes)
        if found is None:
            self.part.is_plain = False
            return
        number = int(found.group(1))
        if number > MAX_SHEET_ROW or number < 1:
            raise Refused(f"表格里有不可能的行号 {number}，可能被改动过。{SAVE_AGAIN}")
        if number <= self.last_row:
            raise Refused(f"第 {number} 行的行号重复或次序错乱，可能被改动过。{SAVE_AGAIN}")
        self.last_row = number
        if b'hidden="1"' in attributes or b'hidden="true"' in attributes:
            self.part.hidden_rows.append(number)
