"""What lies beside the sheets in a workbook: its parts' list, the names of its sheets, its styles."""

import re
from collections.abc import Sequence

from federation.shared.workbooks.written_cells import escaped, legal

LONGEST_TITLE = 31
# A spreadsheet keeps this name for itself.
_RESERVED = {"history"}


def sheet_title(wanted: str, taken: Sequence[str]) -> str:
    """`wanted` as a sheet may be called: no sign that a reference uses, 31 characters, unlike any taken in any case."""
    title = re.sub(r"[\[\]:*?/\\\x00-\x1f]", " ", legal(wanted)).strip("' ")
    title = _shortened(title, LONGEST_TITLE) or "表"
    used = {each.casefold() for each in taken} | _RESERVED
    number, free = 1, title
    while free.casefold() in used:
        number += 1
        free = f"{_shortened(title, LONGEST_TITLE - len(str(number)) - 2)}({number})"
    return free


def _shortened(title: str, length: int) -> str:
    """At most `length` units of UTF-16, as spreadsheets count, and no apostrophe at its end."""
    return title.encode("utf-16-le")[: 2 * length].decode("utf-16-le", "ignore").strip("' ")


def package_parts(titles: Sequence[str]):
    """(name, content) of every part of a workbook but the sheets, which are called `titles`."""
    numbers = range(1, len(titles) + 1)
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
    yield (
        "xl/workbook.xml",
        f'{head}<workbook xmlns="{main}" xmlns:r="{office}"><bookViews><workbookView/></bookViews>'
        f"<sheets>{entries}</sheets></workbook>",
    )
    relations = "".join(
        f'<Relationship Id="rId{number}" Type="{office}/worksheet" Target="worksheets/sheet{number}.xml"/>'
        for number in numbers
    )
    yield (
        "xl/_rels/workbook.xml.rels",
        f'{head}<Relationships xmlns="{package}/relationships">{relations}'
        f'<Relationship Id="rId{len(titles) + 1}" Type="{office}/styles" Target="styles.xml"/></Relationships>',
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
            (165, 0, 0, ""),
        )
    )
    return (
        f'<styleSheet xmlns="{main}"><numFmts count="2"><numFmt numFmtId="164" formatCode="yyyy\\-mm\\-dd"/>'
        '<numFmt numFmtId="165" formatCode="yyyy\\-mm\\-dd\\ hh:mm"/></numFmts>'
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
        f'<cellXfs count="10">{formats}</cellXfs>'
        '<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>'
    )
