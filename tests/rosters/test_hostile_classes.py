"""Every class of hostile file, and which files of the tests stand for it: a class without one fails here.

Rich text and impossible references have their tests here as well.
"""

import pytest

from federation.shared.models import RosterImport
from ledgers.models import DisabledPerson
from tests.rosters import corpus, hostile
from tests.rosters.people import person

State = RosterImport.State


@pytest.mark.parametrize("made", [hostile.rich_inline, hostile.rich_shared], ids=["inline", "shared"])
def test_rich_text_in_a_cell_is_read_as_its_plain_text(course, made):
    assert b"<rPh" in b"".join(hostile.parts_of(made()).values()), "the file is not what it should be"
    course.written(made())
    assert set(DisabledPerson.objects.values_list("name", flat=True)) == {person(0)["姓名"], person(1)["姓名"]}


@pytest.mark.parametrize("place", ["A0", "B03", "XFE1", "AAAA1", "A1048577", "A99999999", "C2000000"])
@pytest.mark.parametrize("filled", [True, False], ids=["filled", "empty"])
def test_a_cell_that_cannot_exist_is_named_and_the_file_refused(course, place, filled):
    sent = course.send(hostile.impossible_cell(place, filled=filled))
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


# {class: its files by name in the corpus}, in the order in which the classes were set.
CONTAINER = {
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
}
GRID = {
    "dimension lies both ways": ["dimension that says too little", "dimension that says too much"],
    "far cells": ["a cell far to the right", "a cell far below"],
    "impossible references": [
        "row number nought",
        "row number beyond Excel",
        "a row numbered -1",
        "a cell that cannot exist",
    ],
    "repeated or unordered rows": ["the same row twice", "rows out of order"],
    "merged": ["merged title", "township merged over its rows"],
    "hidden rows": ["hidden row"],
    "hidden columns": ["hidden column"],
    "hidden sheets": ["hidden copy of the sheet", "only hidden sheets with data"],
    "title rows": ["title rows above"],
    "blank gaps": ["blank rows and columns between"],
    "formatted empties": ["thousands of styled empty rows"],
    "totals row": ["row of totals"],
}
HEADING = {
    "duplicate": ["two columns of the same item"],
    "missing": ["no heading row", "a required column missing", "neither village nor code"],
    "reordered": ["headings reordered, spaced, full width, synonyms"],
    "spaces, width, zero-width": ["zero-width characters in a heading", "compatibility forms in a heading",
                                  "direction marks in a heading"],
    "near miss": ["a heading that is nearly right", "a required heading nearly right"],
    "mass-assignment names": ["columns nobody knows", "markup in a heading nobody knows"],
    "second sheet": ["roster on the second sheet"],
    "bad sheet names": ["odd sheet name"],
    "Strict OOXML": ["strict OOXML"],
    "prefixed namespace": ["prefixed namespace"],
}  # fmt: skip
VALUE = {
    "numbers that lost digits": ["ID number as a number", "ID number as 6.20422E+17", "certificate ending in noughts"],
    "full-width": ["full-width digits"],
    "x and X": ["lower-case x"],
    "ID, certificate, sex contradict": ["sex against the number", "certificate of somebody else"],
    "date texts": ["two-digit year", "American order", "birth date 1970年1月1日"],
    "1904": ["the birth date of 1904", "a day of the other calendar"],
    "serial edges": ["negative serial", "the day Excel invented, 29 February 1900", "a day beyond the calendar"],
    "money texts and doubles": ["money in words", "money beyond the cent", "an amount with the dust of doubles",
                                "money too large", "money that is no number"],
    "formulas": ["formula in the name", "formula never calculated"],
    "error cells": ["error cell", "division error", "a reference error"],
    "CSV injection": ["formula as text", "formula in the name"],
    "markup": ["markup as a name", "markup in an address"],
    "rare characters": ["rare characters", "characters beyond the first plane", "a character of one's own making"],
    "middle dots": ["another middle dot", "full stop as a middle dot", "a middle dot at the edge",
                    "four kinds of middle dot"],
    "zero width": ["zero-width space", "a variation selector", "words hidden in tags"],
    "bidi": ["direction marks", "isolates in an address"],
    "compatibility forms": ["compatibility form", "radicals out of a PDF", "a compatibility sign as a name",
                            "a circled digit as a number"],
    "32,767 characters": ["32,767 characters"],
    "control escapes": ["control character", "replacement character", "half of a surrogate pair"],
    "rich text": ["rich text in cells", "rich text in shared texts"],
    "duplicates in file": ["the same person twice"],
    "duplicates in DB": ["the certificate of another", "the rows in another order"],
    "one card for two": ["one card for two people"],
    "foreign unit": ["village of the neighbours", "village of another township"],
    "unknown unit": ["unknown village", "a code outside every list"],
    "re-import": ["the rows in another order"],
}  # fmt: skip
NO_WORKBOOK = {
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
    "pixel flood": ["a picture of 900 million dots inside", "a picture of 900 million dots as a roster"],
    "SVG": ["SVG"],
    "damaged to plain text": ["letter named .xls", "bytes of no encoding"],
}
CLASSES = {"container": CONTAINER, "grid": GRID, "heading": HEADING, "value": VALUE, "no workbook": NO_WORKBOOK}
# What a class needs beside files of the corpus: the names that uploads have.
BY_NAME = {"upload names": corpus.names_of_uploads()}


def test_every_class_of_hostile_file_has_files_in_the_tests():
    files = corpus.files()
    absent = {
        (group, name): [each for each in made if each not in files]
        for group, classes in CLASSES.items()
        for name, made in classes.items()
    }
    assert not {name: missing for name, missing in absent.items() if missing}
    without = [name for classes in CLASSES.values() for name, made in classes.items() if not made]
    assert not without and all(BY_NAME.values())


def test_the_classes_are_all_that_were_set_and_there_are_at_least_eighty_files(capsys):
    classes = {group: len(made) for group, made in CLASSES.items()}
    # As many as the catalogue names; who takes one away has to say so here.
    assert classes == {"container": 10, "grid": 12, "heading": 10, "value": 26, "no workbook": 15}
    counted, named, scanned = len(corpus.files()), len(corpus.names_of_uploads()), len(corpus.scans())
    with capsys.disabled():
        print(f"\nhostile files: {counted} rosters in {sum(classes.values())} classes ({classes}), "
              f"{named} names of uploads, {scanned} photos and scans")  # fmt: skip
    refused = len(corpus.REFUSED) + len(corpus.REFUSED_MORE)
    wrong = len(corpus.WRONG) + len(corpus.CELLS_MORE) + len(corpus.WRONG_LETTERS)
    assert refused + wrong >= 80 and scanned >= 30


def test_the_bench_measures_every_file_of_the_corpus():
    from bench.hostile_files import corpus_of_the_tests

    assert corpus_of_the_tests().keys() == corpus.files().keys()
