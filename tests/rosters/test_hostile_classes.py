"""Every class of hostile file, and which files of the tests stand for it: a class without one fails here.

Rich text and impossible references have their tests here as well.
"""

import re

import pytest

from federation.shared.models import RosterImport
from ledgers.models import DisabledPerson
from tests.rosters import hostile
from tests.rosters.people import person
from tests.rosters.test_forgiving import ACCEPTED, VALUES
from tests.rosters.test_hostile_cells import WRONG
from tests.rosters.test_hostile_containers import REFUSED
from tests.rosters.test_hostile_count import CELLS_MORE, REFUSED_MORE

State = RosterImport.State
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
# A second colour in the middle of a name, and how the name is read, as Excel for Chinese and Japanese keeps it.
_RUNS = '<r><t>{0}</t></r><r><rPr><b/><color rgb="FFFF0000"/></rPr><t>{1}</t></r>'
_SOUND = '<rPh sb="0" eb="1"><t>wang</t></rPh><phoneticPr fontId="1"/>'


def in_runs(name: str) -> str:
    return _RUNS.format(name[:1], name[1:]) + _SOUND


def rich_inline(xml: str) -> str:
    for number in range(2):
        name = person(number)["姓名"]
        xml = xml.replace(f"<is><t>{name}</t></is>", f"<is>{in_runs(name)}</is>")
    return xml


def rich_shared() -> bytes:
    """The names as shared texts in runs, as Excel itself saves them."""
    parts = hostile.parts_of(hostile.good(2))
    xml, texts = parts[hostile.SHEET].decode(), []
    for number in range(2):
        name = person(number)["姓名"]
        xml = re.sub(rf't="inlineStr"><is><t>{name}</t></is>', f't="s"><v>{number}</v>', xml)
        texts.append(f"<si>{in_runs(name)}</si>")
    parts[hostile.SHEET] = xml.encode()
    parts["xl/sharedStrings.xml"] = f'<sst xmlns="{MAIN}" count="2">{"".join(texts)}</sst>'.encode()
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
    return hostile.packed(parts)


@pytest.mark.parametrize("made", [lambda: hostile.with_sheet(rich_inline), rich_shared], ids=["inline", "shared"])
def test_rich_text_in_a_cell_is_read_as_its_plain_text(course, made):
    assert b"<rPh" in b"".join(hostile.parts_of(made()).values()), "the file is not what it should be"
    course.written(made())
    assert set(DisabledPerson.objects.values_list("name", flat=True)) == {person(0)["姓名"], person(1)["姓名"]}


@pytest.mark.parametrize("place", ["A0", "B03", "XFE1", "AAAA1", "A1048577", "A99999999", "C2000000"])
@pytest.mark.parametrize("filled", [True, False], ids=["filled", "empty"])
def test_a_cell_that_cannot_exist_is_named_and_the_file_refused(course, place, filled):
    cell = f'<c r="{place}" t="inlineStr"><is><t>远</t></is></c></row>' if filled else f'<c r="{place}"/></row>'
    sent = course.send(hostile.with_sheet(lambda xml: cell.join(xml.rsplit("</row>", 1))))
    assert sent.state == State.REFUSED
    assert f"不可能的单元格 {place}，" in sent.refusal
    assert not DisabledPerson.objects.exists()


def test_text_under_the_name_of_a_workbook_is_said_to_be_none(course):
    damaged = "x,y,z,1,2,3\n乱码,,,,,\n".encode()
    refusal = course.send(damaged, name="会师镇名册.xlsx").refusal
    assert refusal.startswith("“会师镇名册.xlsx”不是 Excel 表格，是没有名册表头的文字，可能已经损坏。")
    assert "upload" not in refusal
    as_text = course.send(damaged, name="会师镇名册.csv").refusal
    assert as_text.startswith("在“会师镇名册.csv”的前 40 行里没有找到表头。")


# {class: its files by name, or the test that makes it}
CLASSES = {
    "zip bomb": ["a part that inflates to 100 MB"],
    "shared-string bomb": ["shared string bomb"],
    "too many members": ["too many parts"],
    "duplicate members": ["doubled part", "parts that differ in case only"],
    "zip slip": ["zip slip", "absolute path", "backslash path", "drive letter"],
    "symlink": ["symbolic link"],
    "lying sizes": ["sizes that lie", "overlapping parts"],
    "any DTD or entity": ["entity bomb", "external entity", "lower-case doctype", "element declaration"],
    "nesting": ["deep nesting beside the data"],
    "encoding": ["doctype hidden in UTF-16", "another declared encoding", "part that is no XML"],
    "dimension lies both ways": ["dimension that says too little", "dimension that says too much"],
    "far cells": ["a cell far to the right", "a cell far below"],
    "impossible references": [
        test_a_cell_that_cannot_exist_is_named_and_the_file_refused, "row number nought", "row number beyond Excel",
        "a row numbered -1",
    ],
    "repeated or unordered rows": ["the same row twice", "rows out of order"],
    "merged": ["merged title", "township merged over its rows"],
    "hidden rows, columns, sheets": ["hidden row", "hidden copy of the sheet", "only hidden sheets with data"],
    "title rows": ["title rows above"],
    "blank gaps": ["blank rows and columns between"],
    "formatted empties": ["thousands of styled empty rows"],
    "totals row": ["row of totals"],
    "duplicate heading": ["two columns of the same item"],
    "missing heading": ["no heading row", "a required column missing", "neither village nor code"],
    "reordered, spaced, wide, zero-width headings": ["headings reordered, spaced, full width, synonyms"],
    "mass-assignment names": ["columns nobody knows"],
    "second sheet": ["roster on the second sheet"],
    "bad sheet names": ["odd sheet name"],
    "Strict OOXML": ["strict OOXML"],
    "numbers that lost digits": ["ID number as a number", "ID number as 6.20422E+17", "certificate ending in noughts"],
    "full-width": ["full-width digits"],
    "x and X": ["lower-case x"],
    "ID, certificate, sex contradict": ["sex against the number", "certificate of somebody else"],
    "date texts": ["two-digit year", "American order", "birth date 1970年1月1日"],
    "serial edges": ["negative serial", "the day Excel invented, 29 February 1900", "a day beyond the calendar"],
    "money texts and doubles": ["money in words", "money beyond the cent"],
    "formulas and CSV injection": ["formula in the name", "formula never calculated"],
    "error cells": ["error cell", "division error", "a reference error"],
    "markup": ["markup as a name"],
    "32,767 characters": ["32,767 characters"],
    "control escapes": ["control character", "replacement character"],
    "rich text": [test_rich_text_in_a_cell_is_read_as_its_plain_text],
    "one card for two": ["one card for two people"],
    "unknown unit": ["unknown village", "village of another township", "a code outside every list"],
    "xls": ["old Excel", "old workbook with macros"],
    "CSV in GB18030, UTF-8, UTF-16": ["comma separated, GB18030", "comma separated, UTF-8", "comma separated, UTF-16"],
    "HTML table": ["HTML table named .xls", "HTML table behind a comment"],
    "encrypted": ["encrypted zip", "encrypted workbook"],
    "truncated": ["truncated", "only the first bytes"],
    "0 bytes": ["zero bytes"],
    "CRC": ["wrong checksum"],
    "polyglot": ["polyglot: PDF before the zip", "polyglot: text before the zip"],
    "docx": ["docx", "old Word document"],
    "zip in zip": ["zip in a zip", "workbook with a workbook inside"],
    "macro": ["macros", "sheet of Excel 4 macros"],
    "external link": ["external link"],
    "SVG": ["SVG"],
    "damaged to plain text": [test_text_under_the_name_of_a_workbook_is_said_to_be_none, "letter named .xls"],
}  # fmt: skip


def test_every_class_of_hostile_file_has_files_in_the_tests():
    files = {*ACCEPTED, *VALUES, *WRONG, *CELLS_MORE, *REFUSED, *REFUSED_MORE}
    missing = {
        name: [each for each in made if not callable(each) and each not in files] for name, made in CLASSES.items()
    }
    assert not {name: absent for name, absent in missing.items() if absent}
    assert all(CLASSES.values())
