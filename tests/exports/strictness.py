"""What a strict spreadsheet finds wrong with a workbook, by the standard (ECMA-376 part 1, chapter 18): the order of
elements, references that lead nowhere, signs and lengths that are not allowed."""

import io
import posixpath
import re
import zipfile
from xml.etree import ElementTree

MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
OFFICE = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"
RELATIONS = "{http://schemas.openxmlformats.org/package/2006/relationships}"
TYPES = "{http://schemas.openxmlformats.org/package/2006/content-types}"
ORDER_OF_SHEET = [
    "sheetPr",
    "dimension",
    "sheetViews",
    "sheetFormatPr",
    "cols",
    "sheetData",
    "sheetCalcPr",
    "sheetProtection",
    "protectedRanges",
    "scenarios",
    "autoFilter",
    "sortState",
    "dataConsolidate",
    "customSheetViews",
    "mergeCells",
    "phoneticPr",
    "conditionalFormatting",
    "dataValidations",
    "hyperlinks",
    "printOptions",
    "pageMargins",
    "pageSetup",
    "headerFooter",
    "rowBreaks",
    "colBreaks",
    "customProperties",
    "cellWatches",
    "ignoredErrors",
    "smartTags",
    "drawing",
    "legacyDrawing",
    "legacyDrawingHF",
    "picture",
    "oleObjects",
    "controls",
    "webPublishItems",
    "tableParts",
    "extLst",
]
ORDER_OF_BOOK = [
    "fileVersion",
    "fileSharing",
    "workbookPr",
    "workbookProtection",
    "bookViews",
    "sheets",
    "functionGroups",
    "externalReferences",
    "definedNames",
    "calcPr",
    "oleSize",
    "customWorkbookViews",
    "pivotCaches",
    "smartTagPr",
    "smartTagTypes",
    "webPublishing",
    "fileRecoveryPr",
    "webPublishObjects",
    "extLst",
]
ORDER_OF_STYLES = [
    "numFmts",
    "fonts",
    "fills",
    "borders",
    "cellStyleXfs",
    "cellXfs",
    "cellStyles",
    "dxfs",
    "tableStyles",
    "colors",
    "extLst",
]
_REFERENCE = re.compile(r"([A-Z]{1,3})([0-9]+)\Z")


def problems_of(data: bytes) -> list[str]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
        found = [] if archive.testzip() is None and len(parts) == len(archive.namelist()) else ["damaged archive"]
    trees = {name: ElementTree.fromstring(part) for name, part in parts.items() if name.endswith((".xml", ".rels"))}
    found += _package(parts, trees)
    book = trees["xl/workbook.xml"]
    found += _order("workbook", book, ORDER_OF_BOOK) + _order("styles", trees["xl/styles.xml"], ORDER_OF_STYLES)
    found += _titles(book)
    formats = len(trees["xl/styles.xml"].find(f"{MAIN}cellXfs"))
    views = len(book.find(f"{MAIN}bookViews")) if book.find(f"{MAIN}bookViews") is not None else 0
    for name, tree in trees.items():
        if name.startswith("xl/worksheets/sheet"):
            found += [f"{name}: {each}" for each in _sheet(tree, formats, views)]
    return found


def _local(element) -> str:
    return element.tag.rpartition("}")[2]


def _order(what: str, tree, order: list[str]) -> list[str]:
    names = [_local(each) for each in tree]
    places = [order.index(name) if name in order else -1 for name in names]
    return [] if places == sorted(places) and -1 not in places else [f"{what}: elements out of order: {names}"]


def _package(parts: dict, trees: dict) -> list[str]:
    types = trees["[Content_Types].xml"]
    defaults = {each.get("Extension") for each in types.findall(f"{TYPES}Default")}
    overrides = {each.get("PartName").lstrip("/") for each in types.findall(f"{TYPES}Override")}
    found = [f"no content type for {name}" for name in parts
             if name not in overrides and name.rpartition(".")[2] not in defaults]  # fmt: skip
    found += [f"content type for nothing: {name}" for name in overrides - set(parts)]
    for name, tree in trees.items():
        if not name.endswith(".rels"):
            continue
        base = posixpath.dirname(posixpath.dirname(name))
        targets = [each for each in tree if each.get("TargetMode") != "External"]
        for each in targets:
            target = each.get("Target")
            path = target.lstrip("/") if target.startswith("/") else posixpath.normpath(posixpath.join(base, target))
            if path not in parts:
                found.append(f"{name} leads to {path}, which is not there")
        if len({each.get("Id") for each in tree}) != len(tree):
            found.append(f"{name}: an Id twice")
    known = {each.get("Id") for each in trees["xl/_rels/workbook.xml.rels"]}
    asked = {each.get(f"{OFFICE}id") for each in trees["xl/workbook.xml"].find(f"{MAIN}sheets")}
    return found + [f"sheet without part: {each}" for each in asked - known]


def _titles(book) -> list[str]:
    names = [each.get("name") for each in book.find(f"{MAIN}sheets")]
    found = [f"two sheets of one name: {names}"] if len({each.casefold() for each in names}) != len(names) else []
    for name in names:
        units = len(name.encode("utf-16-le")) // 2
        if not 1 <= units <= 31 or re.search(r"[\[\]:*?/\\]", name) or name[0] == "'" or name[-1] == "'":
            found.append(f"sheet name {name!r}")
        if name.casefold() == "history":
            found.append("sheet name kept by the program")
    return found


def _sheet(tree, formats: int, views: int) -> list[str]:
    found = _order("sheet", tree, ORDER_OF_SHEET)
    for view in tree.iter(f"{MAIN}sheetView"):
        if int(view.get("workbookViewId")) >= views:
            found.append("a view of no window")
    found += _columns(tree, formats) + _rows(tree, formats)
    for text in tree.iter(f"{MAIN}oddFooter"):
        if len(text.text.encode("utf-16-le")) // 2 > 255:
            found.append(f"a footer of {len(text.text)} characters")
        if re.search(r"&(?![&CLRPNDTFAZ])", text.text.replace("&&", "")):
            found.append(f"an unknown code in the footer: {text.text}")
    for rule in tree.iter(f"{MAIN}dataValidation"):
        source = rule.findtext(f"{MAIN}formula1") or ""
        if source.startswith('"') and len(source) - 2 > 255:
            found.append(f"a list of {len(source)} characters in a rule")
    return found


def _columns(tree, formats: int) -> list[str]:
    found, last = [], 0
    for column in tree.iter(f"{MAIN}col"):
        low, high = int(column.get("min")), int(column.get("max"))
        if low <= last or high < low or not 0 <= float(column.get("width", 1)) <= 255:
            found.append(f"column {low} to {high}, {column.get('width')} wide")
        if int(column.get("style") or 0) >= formats:
            found.append(f"column {low}: a format that is not there")
        last = high
    return found


def _rows(tree, formats: int) -> list[str]:
    found, last = [], 0
    for row in tree.iter(f"{MAIN}row"):
        number, place = int(row.get("r")), 0
        if not last < number <= 1_048_576:
            found.append(f"row {number} after {last}")
        last = number
        for cell in row:
            letters, of_row = _REFERENCE.match(cell.get("r")).groups()
            index = 0
            for letter in letters:
                index = index * 26 + ord(letter) - 64
            if index <= place or index > 16_384 or int(of_row) != number:
                found.append(f"cell {cell.get('r')} in row {number}")
            place = index
            found += _cell(cell, formats)
    narrowing = tree.find(f"{MAIN}autoFilter")
    if narrowing is not None:
        first, _, end = narrowing.get("ref").partition(":")
        if int(_REFERENCE.match(end)[2]) > last or int(_REFERENCE.match(first)[2]) > last:
            found.append(f"a filter over {narrowing.get('ref')}, where {last} rows are")
    return found


def _cell(cell, formats: int) -> list[str]:
    where, kind = cell.get("r"), cell.get("t", "n")
    found = [f"{where}: a format that is not there"] if int(cell.get("s") or 0) >= formats else []
    value, text = cell.find(f"{MAIN}v"), cell.find(f"{MAIN}is")
    if kind == "inlineStr" and text is None:
        found.append(f"{where}: a text without its text")
    elif kind == "inlineStr":
        written = "".join(each.text or "" for each in text.iter(f"{MAIN}t"))
        if len(written.encode("utf-16-le")) // 2 > 32_767:
            found.append(f"{where}: too long")
        for each in text.iter(f"{MAIN}t"):
            kept = each.get("{http://www.w3.org/XML/1998/namespace}space") == "preserve"
            if each.text and each.text != each.text.strip() and not kept:
                found.append(f"{where}: blanks at the edge that a program drops")
    elif kind == "n" and value is not None:
        try:
            float(value.text)
        except ValueError:
            found.append(f"{where}: {value.text!r} is no number")
    if cell.find(f"{MAIN}f") is not None:
        found.append(f"{where}: a formula")
    return found
