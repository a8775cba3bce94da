"""Workbooks that attack or break: each is made here, byte by byte where no library would write it."""

import csv
import io
import re
import struct
import zipfile

from tests.rosters.people import book, person, roster_file, saved

SHEET = "xl/worksheets/sheet1.xml"


def parts_of(data: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def packed(parts, *, comment=b"") -> bytes:
    """A zip of (name or ZipInfo, bytes) pairs, in their order, doubles and all."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items() if isinstance(parts, dict) else parts:
            archive.writestr(name, content, zipfile.ZIP_DEFLATED)
        archive.comment = comment
    return buffer.getvalue()


def good(count=1) -> bytes:
    return roster_file([person(n) for n in range(count)])


def with_part(name, content) -> bytes:
    return packed(parts_of(good()) | {name: content})


def with_sheet(change, rows=None, **more) -> bytes:
    """The good workbook (or one of `rows`) with its sheet XML passed through `change`."""
    parts = parts_of(roster_file(rows or [person(0), person(1)], **more))
    parts[SHEET] = change(parts[SHEET].decode()).encode()
    return packed(parts)


# --- container -------------------------------------------------------------------------------------


def shared_string_bomb() -> bytes:
    """One long text, pointed at by very many cells: small in the zip, gigabytes in a parser."""
    parts = parts_of(good())
    rows = "".join(f'<row r="{n}"><c r="A{n}" t="s"><v>0</v></c></row>' for n in range(1, 60_001))
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    parts[SHEET] = f'<worksheet xmlns="{main}"><sheetData>{rows}</sheetData></worksheet>'.encode()
    parts["xl/sharedStrings.xml"] = f'<sst xmlns="{main}"><si><t>{"王" * 32_000}</t></si></sst>'.encode()
    return packed(parts)


def entity_bomb() -> bytes:
    entities = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 9))
    text = f'<?xml version="1.0"?><!DOCTYPE sst [<!ENTITY a0 "哈哈">{entities}]><sst><si><t>&a8;</t></si></sst>'
    return with_part("xl/sharedStrings.xml", text)


def utf16_doctype() -> bytes:
    return with_part("xl/sharedStrings.xml", '<?xml version="1.0" encoding="UTF-16"?><!DOCTYPE a><a/>'.encode("utf-16"))


def deep_nesting() -> bytes:
    return with_sheet(
        lambda xml: xml.replace("<sheetData>", "<extLst>" + "<a>" * 60_000 + "</a>" * 60_000 + "</extLst><sheetData>")
    )


def lying_sizes() -> bytes:
    """The directory says 10 bytes where the part has thousands."""
    data = bytearray(good())
    start = data.rfind(b"PK\x01\x02")
    while start >= 0:
        length = struct.unpack("<H", data[start + 28 : start + 30])[0]
        if data[start + 46 : start + 46 + length].decode() == SHEET:
            data[start + 24 : start + 28] = struct.pack("<I", 10)
        start = data.rfind(b"PK\x01\x02", 0, start)
    return bytes(data)


def broken_checksum() -> bytes:
    data = bytearray(good())
    at = data.find(b"xl/worksheets/sheet1.xml") + len(SHEET) + 40
    data[at] ^= 0xFF
    return bytes(data)


def overlapping_members() -> bytes:
    """Two directory entries over the same bytes."""
    data = good()
    directory = data.rfind(b"PK\x05\x06")
    start = data.find(b"PK\x01\x02")
    length = 46 + sum(struct.unpack("<HHH", data[start + 28 : start + 34]))
    entry = bytearray(data[start : start + length])
    entry[46] ^= 0x01
    end = bytearray(data[directory:])
    count = struct.unpack("<H", end[8:10])[0] + 1
    size = struct.unpack("<I", end[12:16])[0] + length
    end[8:12], end[12:16] = struct.pack("<HH", count, count), struct.pack("<I", size)
    return data[:directory] + bytes(entry) + bytes(end)


def symlink() -> bytes:
    info = zipfile.ZipInfo("xl/link.xml")
    info.external_attr = 0o120777 << 16
    return packed([*parts_of(good()).items(), (info, b"/etc/passwd")])


def flagged_as_encrypted() -> bytes:
    data = bytearray(good())
    for magic, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        start = data.find(magic)
        while start >= 0:
            data[start + offset] |= 1
            start = data.find(magic, start + 4)
    return bytes(data)


# --- grid ------------------------------------------------------------------------------------------


def row_moved(number: str, to: str):
    """Sheet XML with a row's number (and its cells') replaced."""
    return lambda xml: re.sub(rf'r="([A-Z]*){number}"', rf'r="\g<1>{to}"', xml)


def far_cell(reference: str):
    cell = f'<c r="{reference}" t="inlineStr"><is><t>远</t></is></c></row>'
    return lambda xml: cell.join(xml.rsplit("</row>", 1))


def strict_ooxml() -> bytes:
    parts = parts_of(good(2))
    swaps = {
        "http://schemas.openxmlformats.org/spreadsheetml/2006/main": "http://purl.oclc.org/ooxml/spreadsheetml/main",
        "http://schemas.openxmlformats.org/officeDocument/2006/relationships": (
            "http://purl.oclc.org/ooxml/officeDocument/relationships"
        ),
    }
    for name, content in parts.items():
        text = content.decode()
        for old, new in swaps.items():
            text = text.replace(old, new)
        parts[name] = text.encode()
    return packed(parts)


def prefixed_namespace() -> bytes:
    def prefix(xml):
        xml = re.sub(r"<(/?)(?=[a-zA-Z])", r"<\1x:", xml.replace('xmlns="', 'xmlns:x="'))
        return xml.replace("<x:?xml", "<?xml")

    return with_sheet(prefix)


def dates_of_1904() -> bytes:
    """The birth date of 1970-01-01 counted from 1904, as Excel for Mac did."""
    row = person(0)
    workbook = book([row])
    workbook.epoch = __import__("openpyxl").utils.datetime.CALENDAR_MAC_1904
    sheet = workbook.active
    cell = next(cell for cell in sheet[2] if sheet.cell(1, cell.column).value == "出生日期")
    cell.value, cell.number_format = 24_107, "yyyy-mm-dd"
    return saved(workbook)


def impossible_cell(place: str, *, filled: bool = True) -> bytes:
    cell = f'<c r="{place}" t="inlineStr"><is><t>远</t></is></c></row>' if filled else f'<c r="{place}"/></row>'
    return with_sheet(lambda xml: cell.join(xml.rsplit("</row>", 1)))


# A second colour in the middle of a name, and how the name is read, as Excel for Chinese and Japanese keeps it.
_RUNS = '<r><t>{0}</t></r><r><rPr><b/><color rgb="FFFF0000"/></rPr><t>{1}</t></r>'
_SOUND = '<rPh sb="0" eb="1"><t>wang</t></rPh><phoneticPr fontId="1"/>'


def _in_runs(name: str) -> str:
    return _RUNS.format(name[:1], name[1:]) + _SOUND


def rich_inline() -> bytes:
    """The names in runs of two colours, in the cells themselves."""
    return with_sheet(_in_runs_of_two)


def _in_runs_of_two(xml: str) -> str:
    for number in range(2):
        name = person(number)["姓名"]
        xml = xml.replace(f"<is><t>{name}</t></is>", f"<is>{_in_runs(name)}</is>")
    return xml


def rich_shared() -> bytes:
    """The names as shared texts in runs, as Excel itself saves them."""
    parts = parts_of(good(2))
    xml, texts = parts[SHEET].decode(), []
    for number in range(2):
        name = person(number)["姓名"]
        xml = re.sub(rf't="inlineStr"><is><t>{name}</t></is>', f't="s"><v>{number}</v>', xml)
        texts.append(f"<si>{_in_runs(name)}</si>")
    parts[SHEET] = xml.encode()
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    parts["xl/sharedStrings.xml"] = f'<sst xmlns="{main}" count="2">{"".join(texts)}</sst>'.encode()
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sharedStrings+xml"
    types = parts["[Content_Types].xml"].decode()
    parts["[Content_Types].xml"] = types.replace(
        "</Types>", f'<Override PartName="/xl/sharedStrings.xml" ContentType="{kind}"/></Types>'
    ).encode()
    relation = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/sharedStrings"
    relations = parts["xl/_rels/workbook.xml.rels"].decode()
    parts["xl/_rels/workbook.xml.rels"] = relations.replace(
        "</Relationships>",
        f'<Relationship Id="rIdTexts" Type="{relation}" Target="sharedStrings.xml"/></Relationships>',
    ).encode()
    return packed(parts)


# --- not a workbook ----------------------------------------------------------------------------------


def comma_separated(encoding="utf-8", delimiter=",", rows=None) -> bytes:
    rows = rows or [person(0), person(1)]
    buffer = io.StringIO()
    writer = csv.writer(buffer, delimiter=delimiter)
    writer.writerow(rows[0])
    writer.writerows(row.values() for row in rows)
    return buffer.getvalue().encode(encoding)


def old_excel(rows=None, stream_name="Workbook") -> bytes:
    """A .xls of our own making: one BIFF8 sheet of text cells in a compound file."""
    rows = rows or [person(0), person(1)]
    table = [list(rows[0]), *(list(row.values()) for row in rows)]
    return compound_file(stream_name, _biff8(table))


def _record(kind: int, body: bytes) -> bytes:
    return struct.pack("<HH", kind, len(body)) + body


def _biff8(table) -> bytes:
    begin = struct.pack("<HHHHII", 0x0600, 0x0005, 0, 0x07CC, 0, 6)
    name = "名册"
    bound = len(_record(0x0809, begin)) + len(_record(0x0042, b"\xb0\x04"))
    sheet_entry = struct.pack("<IHBB", 0, 0, len(name), 1) + name.encode("utf-16-le")
    offset = bound + len(_record(0x0085, sheet_entry)) + len(_record(0x000A, b""))
    sheet_entry = struct.pack("<I", offset) + sheet_entry[4:]
    globals_part = (
        _record(0x0809, begin) + _record(0x0042, b"\xb0\x04") + _record(0x0085, sheet_entry) + _record(0x000A, b"")
    )
    sheet = _record(0x0809, struct.pack("<HHHHII", 0x0600, 0x0010, 0, 0x07CC, 0, 6))
    sheet += _record(0x0200, struct.pack("<IIHHH", 0, len(table), 0, len(table[0]), 0))
    for row, cells in enumerate(table):
        for column, text in enumerate(cells):
            if text:
                body = struct.pack("<HHHHB", row, column, 0, len(text), 1) + text.encode("utf-16-le")
                sheet += _record(0x0204, body)
    return globals_part + sheet + _record(0x000A, b"")


def compound_file(stream_name: str, stream: bytes) -> bytes:
    """A minimal OLE compound file with one stream."""
    stream += b"\0" * max(0, 4096 - len(stream))
    sectors = -(-len(stream) // 512)
    stream += b"\0" * (sectors * 512 - len(stream))
    fat = [0xFFFFFFFD, 0xFFFFFFFE, *range(3, sectors + 2), 0xFFFFFFFE]
    fat += [0xFFFFFFFF] * (128 - len(fat))
    header = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 16
    header += struct.pack("<HHHHH", 0x3E, 3, 0xFFFE, 9, 6) + b"\0" * 6
    header += struct.pack("<IIIIIIIII", 0, 1, 1, 0, 4096, 0xFFFFFFFE, 0, 0xFFFFFFFE, 0)
    header += struct.pack("<I", 0) + b"\xff" * (512 - len(header) - 4)
    return header + struct.pack("<128I", *fat) + _directory(stream_name, len(stream)) + stream


def _directory(stream_name: str, size: int) -> bytes:
    def entry(name, kind, child, start, length):
        text = (name + "\0").encode("utf-16-le")
        head = text + b"\0" * (64 - len(text)) + struct.pack("<HBB", len(text), kind, 1)
        head += struct.pack("<III", 0xFFFFFFFF, 0xFFFFFFFF, child) + b"\0" * 36
        return head + struct.pack("<IQ", start, length)

    empty = b"\0" * 64 + struct.pack("<HBB", 0, 0, 0) + b"\xff" * 12 + b"\0" * 48
    return entry("Root Entry", 5, 1, 0xFFFFFFFE, 0) + entry(stream_name, 2, 0xFFFFFFFF, 2, size) + empty * 2
