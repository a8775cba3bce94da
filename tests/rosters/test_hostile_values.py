"""Classes of odd and hostile files whose story needs more than one cell: letters, calendars, what is on file."""

import datetime
import re

import pytest

from federation.shared.models import RosterImport
from ledgers.models import DisabledPerson
from tests.ledgers.hostile_scans import png_of_claimed_size
from tests.rosters import hostile
from tests.rosters.people import person, roster_file
from tests.rosters.test_forgiving import changed_book
from tests.rosters.test_hostile_cells import text_in

State = RosterImport.State
LETTERS = "自造字或单独的符号"


def renamed(heading: str, written: str) -> bytes:
    """Two right rows whose heading is written another way."""
    rows = [person(0), person(1)]
    return roster_file([{written if key == heading else key: value for key, value in row.items()} for row in rows])


def hidden_column(workbook, sheet):
    column = next(cell.column_letter for cell in sheet[1] if cell.value == "残疾等级")
    sheet.column_dimensions[column].hidden = True


def wrong_day_of_1904() -> bytes:
    """A workbook of the 1904 calendar with a day that is right by the calendar of 1900 only."""
    data = hostile.dates_of_1904()
    sheet = hostile.parts_of(data)[hostile.SHEET].decode()
    assert "<v>24107</v>" in sheet
    return hostile.packed(hostile.parts_of(data) | {hostile.SHEET: sheet.replace("24107", "25569").encode()})


def flood_of_dots() -> bytes:
    """A picture of 900 million dots beside the rows."""
    parts = hostile.parts_of(hostile.good(2)) | {"xl/media/image1.png": png_of_claimed_size(30_000, 30_000)}
    types = parts["[Content_Types].xml"].decode()
    kind = '<Default Extension="png" ContentType="image/png"/>'
    parts["[Content_Types].xml"] = re.sub(r"(<Types[^>]*>)", rf"\1{kind}", types).encode()
    return hostile.packed(parts)


# name: (file of two right rows in an odd form, what is told or "")
READ = {
    "hidden column": (lambda: changed_book(hidden_column), "有隐藏的列"),
    "prefixed namespace": (hostile.prefixed_namespace, ""),
    "a picture of 900 million dots inside": (flood_of_dots, ""),
    "direction marks in a heading": (lambda: renamed("身份证号", "\u202e身份证号\u202c"), ""),
    "zero-width characters in a heading": (lambda: renamed("性别", "\ufeff性\u200b别"), ""),
    "compatibility forms in a heading": (lambda: renamed("村（社区）", "村﹙社区﹚"), ""),
    "a heading that is nearly right": (lambda: renamed("文化程度", "文化程读"), "文化程度"),
    "markup in a heading nobody knows": (
        lambda: roster_file([person(n, **{"<img src=x onerror=alert(1)>": "1"}) for n in range(2)]), "<img"),
}  # fmt: skip


@pytest.mark.parametrize("name", READ)
def test_odd_forms_are_read_and_what_is_odd_is_told(course, name):
    made, told = READ[name]
    sent = course.send(made())
    assert (sent.state, sent.new_count, sent.wrong_count) == (State.CHECKED, 2, 0), (sent.refusal, course.errors(sent))
    assert told in str(sent.report["notices"]) + str(sent.report["unknown"])


# name: (file, heading of the error in row 3, words of the sentence)
WRONG_LETTERS = {
    "a character of one's own making": (text_in("姓名", "王\ue000一"), "姓名", LETTERS),
    "a mark without its letter": (text_in("姓名", "\u0301王一"), "姓名", LETTERS),
    "an emoji as a name": (text_in("姓名", "王😀一"), "姓名", "不是姓名"),
    "letters of another script": (text_in("姓名", "ТЕСТ"), "姓名", "不是姓名"),
    "a compatibility sign as a name": (text_in("姓名", "㈱王"), "姓名", "不是姓名"),
    "a circled digit as a number": (text_in("家庭人口", "②"), "家庭人口", "不是整数"),
    "Arabic digits in the ID number": (text_in("身份证号", "٦٢٩٩٩٩١٩٧٠٠١٠١٠٠١٣"), "身份证号", "不是身份证号"),
    "half of a surrogate pair": (text_in("姓名", "王_xD800_"), "姓名", "不是姓名"),
    "a noncharacter in an address": (text_in("现住址", "东山\U0001fffe村"), "现住址", "看不见或损坏"),
    "a middle dot at the edge": (text_in("姓名", "·买买提"), "姓名", "不是姓名"),
    "money too large": (text_in("家庭人均年收入", 1e15), "家庭人均年收入", "不是金额"),
    "money that is no number": (text_in("家庭人均年收入", "NaN"), "家庭人均年收入", "不是金额"),
}


@pytest.mark.parametrize("name", WRONG_LETTERS)
def test_letters_and_numbers_that_are_none_are_named(course, name):
    made, heading, words = WRONG_LETTERS[name]
    sent = course.send(made())
    errors = course.errors(sent)
    assert errors and all(error.startswith(f"第 3 行“{heading}”：") for error in errors), errors
    assert words in errors[0]
    assert not sent.may_be_confirmed and not DisabledPerson.objects.exists()


# name: (heading, what is written, field, what is kept)
UNDERSTOOD = {
    "radicals out of a PDF": ("姓名", "王⼩⼥", "name", "王小女"),
    "radicals in an address": ("现住址", "东⼭村1号", "current_address", "东山村1号"),
    "a variation selector": ("姓名", "葛\U000e0100一", "name", "葛一"),
    "words hidden in tags": ("姓名", "王\U000e0049\U000e0047一", "name", "王一"),
    "characters beyond the first plane": ("姓名", "𠮷𪚥𫠝", "name", "𠮷𪚥𫠝"),
    "composed of a letter and its mark": ("现住址", "Ste\u0301 旁", "current_address", "St\u00e9 旁"),
    "isolates in an address": ("现住址", "\u2067东山村\u20691号", "current_address", "东山村1号"),
    "an amount with the dust of doubles": ("家庭人均年收入", 0.1 + 0.2, "yearly_income", "0.30"),
    "four kinds of middle dot": ("姓名", "阿‧依•古⋅丽･娜", "name", "阿·依·古·丽·娜"),
}


def understood_file(name: str) -> bytes:
    heading, written, *_ = UNDERSTOOD[name]
    return roster_file([person(0, **{heading: written})])


@pytest.mark.parametrize("name", UNDERSTOOD)
def test_odd_letters_become_the_one_way_a_value_is_kept(course, name):
    _, _, field, kept = UNDERSTOOD[name]
    sent = course.send(understood_file(name))
    assert (sent.new_count, sent.wrong_count) == (1, 0), course.errors(sent)
    course.confirm(sent)
    assert str(getattr(DisabledPerson.objects.get(), field)) == kept
    assert course.send(understood_file(name)).unchanged_count == 1, "the same file again is no change"


def test_a_day_of_the_other_calendar_is_told_by_the_number(course):
    sent = course.send(wrong_day_of_1904())
    assert course.errors(sent)[0].startswith("第 2 行“出生日期”：") and "不一致" in course.errors(sent)[0]
    assert not DisabledPerson.objects.exists()


@pytest.mark.parametrize("written", ["身份证好", "身份正号"])
def test_a_required_heading_that_is_nearly_right_is_named_in_the_refusal(course, written):
    sent = course.send(renamed("身份证号", written))
    assert sent.state == State.REFUSED
    assert sent.refusal.startswith("表头缺少：身份证号。")
    assert f"“{written}”像是“身份证号”" in sent.refusal and sent.refusal.endswith("再上传。")
    other = course.send(renamed("村（社区）", "村社区名"))
    assert other.state == State.REFUSED and "“村社区名”像是“村（社区）”" in other.refusal


# --- what is on file already ---------------------------------------------------------------------------


def test_a_certificate_of_somebody_on_file_is_refused_for_another(course):
    course.written(roster_file([person(0)]))
    other = roster_file([person(1, 残疾人证号=person(0)["残疾人证号"])])
    sent = course.send(other)
    assert course.errors(sent)[0].startswith("第 2 行“残疾人证号”：")
    assert DisabledPerson.objects.count() == 1 and not sent.may_be_confirmed


@pytest.mark.parametrize("way", ["same bytes", "other order", "other name", "as text table"])
def test_a_file_sent_again_changes_nothing_whatever_it_is_called_and_however_it_is_ordered(course, way):
    rows = [person(n) for n in range(5)]
    first = roster_file(rows)
    course.written(first)
    data, name = first, "名册.xlsx"
    if way == "other order":
        data = roster_file(rows[::-1])
    elif way == "other name":
        name = "名册（最终版）.xlsx"
    elif way == "as text table":
        data, name = hostile.comma_separated("gb18030", rows=rows), "名册.csv"
    stamps = list(DisabledPerson.objects.order_by("pk").values_list("pk", "version", "updated_at"))
    again = course.send(data, name=name)
    assert (again.new_count, again.changed_count, again.unchanged_count, again.wrong_count) == (0, 0, 5, 0)
    assert not again.may_be_confirmed
    assert list(DisabledPerson.objects.order_by("pk").values_list("pk", "version", "updated_at")) == stamps


def test_a_file_that_was_undone_is_taken_again_as_new(course):
    data = roster_file([person(n) for n in range(3)])
    course.undo(course.written(data))
    assert not DisabledPerson.objects.exists()
    again = course.written(data)
    assert (again.new_count, DisabledPerson.objects.count()) == (3, 3)


@pytest.mark.parametrize("by_code", [True, False], ids=["by code", "by name"])
def test_a_unit_of_others_is_not_found_in_the_words_of_one_that_does_not_exist(township_course, world, by_code):
    def row(serial, township, code):
        return person(serial, 乡镇=None if by_code else township, 区划代码=code if by_code else None,
                      **({"村（社区）": None} if by_code else {}))  # fmt: skip

    rows = [row(0, "郭城驿镇", world.neighbour_village.code), row(1, "没有这个镇", "620422999299")]
    sent = township_course.send(roster_file(rows))
    errors = township_course.errors(sent)
    assert [error.partition("：")[0] for error in errors] == ["第 2 行“村（社区）”", "第 3 行“村（社区）”"]
    words = [re.sub(r"第 \d 行|\d{12}|郭城驿镇|没有这个镇", "", error) for error in errors]
    assert words[0] == words[1]
    assert not sent.may_be_confirmed


def test_birth_dates_of_1904_are_the_same_day_as_those_of_1900(course):
    course.written(roster_file([person(0)]))
    assert course.send(hostile.dates_of_1904()).unchanged_count == 1
    assert DisabledPerson.objects.get().born_on == datetime.date(1970, 1, 1)
