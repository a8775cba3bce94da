"""Further classes of files that attack or break, and the names uploads come with."""

import pytest

from federation.shared.models import RosterImport
from ledgers.models import DisabledPerson
from tests.rosters import hostile
from tests.rosters.people import person, roster_file
from tests.rosters.test_hostile_cells import cell_set

State = RosterImport.State


def in_the_file(name: str, content) -> bytes:
    return hostile.with_part(name, content)


REFUSED_MORE = {
    "sheet of Excel 4 macros": (lambda: in_the_file("xl/macrosheets/sheet1.xml", b"<a/>"), "宏"),
    "program inside": (lambda: in_the_file("xl/media/setup.exe", b"MZ"), "嵌有别的文件"),
    "zip inside a picture's name": (lambda: in_the_file("xl/media/a.png.zip", b"PK"), "嵌有别的文件"),
    "element declaration": (
        lambda: in_the_file("xl/extra.xml", '<?xml version="1.0"?><!ELEMENT a ANY><a/>'),
        "DOCTYPE",
    ),
    "part that is no XML": (lambda: in_the_file("xl/extra.xml", b"\0\1\2"), "不是 UTF-8"),
    "gzip": (b"\x1f\x8b\x08\0" + b"x" * 100, "压缩包"),
    "7z": (b"7z\xbc\xaf\x27\x1c" + b"x" * 100, "压缩包"),
    "JPEG": (b"\xff\xd8\xff\xe0" + b"x" * 100, "图片"),
    "rich text format": (b"{\\rtf1 \\ansi}", "Word 文档"),
    "empty directory of a zip": (b"PK\x05\x06" + b"\0" * 18, "没有内容"),
    "a row numbered -1": (lambda: hostile.with_sheet(hostile.row_moved("3", "1048577")), "不可能的行号"),
}


@pytest.mark.parametrize("name", REFUSED_MORE)
def test_further_hostile_containers_are_refused(course, settings, name):
    made, words = REFUSED_MORE[name]
    sent = course.send(made() if callable(made) else made)
    assert sent.state == State.REFUSED, (sent.state, course.errors(sent))
    assert words in sent.refusal
    assert not DisabledPerson.objects.exists()
    assert not list(settings.MEDIA_ROOT.glob("rosters/*"))


CELLS_MORE = {
    "the day Excel invented, 29 February 1900": (lambda: cell_set("出生日期", 60, "yyyy-mm-dd"), "出生日期"),
    "a day beyond the calendar": (lambda: cell_set("出生日期", 2_958_466, "yyyy-mm-dd"), "出生日期"),
    "one card for two people": (
        lambda: roster_file([person(0), person(1, 残疾人证号=person(0)["残疾人证号"]), person(2)]), "残疾人证号"),
    "a reference error": (lambda: cell_set("现住址", "#REF!", data_type="e"), "现住址"),
}  # fmt: skip


@pytest.mark.parametrize("name", CELLS_MORE)
def test_further_wrong_cells_are_named(course, name):
    made, heading = CELLS_MORE[name]
    sent = course.send(made())
    assert sent.state == State.CHECKED, sent.refusal
    assert any(error.startswith(f"第 3 行“{heading}”") for error in course.errors(sent)), course.errors(sent)
    assert not sent.may_be_confirmed


NAMES = ("../../etc/passwd", "C:\\a\\b.xlsx", "a\0b\r\nSet-Cookie: x.xlsx", "\u202excod.exe", "名" * 400 + ".xlsx")


@pytest.mark.parametrize("name", NAMES)
def test_names_of_uploads_are_kept_plain(course, name):
    sent = course.send(hostile.good(1), name=name)
    assert sent.new_count == 1
    assert len(sent.file_name) <= 120
    assert sent.file_name.isprintable()
    assert not {"/", "\\"} & set(sent.file_name)
