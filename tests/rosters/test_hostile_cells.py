"""Rows that are wrong: every error at once, each with Excel's row number, the heading and the cure."""

import datetime

import pytest

from federation.shared.models import RosterImport
from ledgers.models import DisabledPerson
from tests.rosters import hostile
from tests.rosters.people import book, id_number, person, roster_file, saved

State = RosterImport.State
LOST = "后几位已经丢失"
TEXT = "“文本”格式"


def cell_set(heading, value, number_format=None, data_type=None):
    """The good workbook with the cell below `heading` in Excel's row 3 set to a value of its own type."""
    workbook = book([person(0), person(1), person(2)])
    sheet = workbook.active
    cell = next(sheet.cell(3, head.column) for head in sheet[1] if head.value == heading)
    cell.value = value
    if data_type:
        cell.data_type = data_type
    if number_format:
        cell.number_format = number_format
    return saved(workbook)


def text_in(heading, value):
    return lambda: roster_file([person(0), person(1, **{heading: value}), person(2)])


NUMBER = person(1)["身份证号"]
CERTIFICATE = person(1)["残疾人证号"]
WRONG_CHECK = NUMBER[:17] + ("1" if NUMBER[17] != "1" else "2")


def with_check(first17):
    from federation.shared.normalise import id_check_digit

    return first17 + id_check_digit(first17)


# name: (file, heading of the error in row 3, words of the sentence)
WRONG = {
    "ID number as a number": (lambda: cell_set("身份证号", 620422197001010013), "身份证号", "不能补救"),
    "certificate as a number": (lambda: cell_set("残疾人证号", 6.2042219700101e19), "残疾人证号", "不能补救"),
    "ID number as 6.20422E+17": (text_in("身份证号", "6.20422E+17"), "身份证号", LOST),
    "ID number ending in noughts": (text_in("身份证号", "629999197001010000"), "身份证号", LOST),
    "certificate as 6.2E+19": (text_in("残疾人证号", "6.29999197E+19"), "残疾人证号", LOST),
    "certificate ending in noughts": (text_in("残疾人证号", "62999919700101000000"), "残疾人证号", LOST),
    "wrong check digit": (text_in("身份证号", WRONG_CHECK), "身份证号", "校验码"),
    "15 digits": (text_in("身份证号", "629999700101001"), "身份证号", "15 位"),
    "17 digits": (text_in("身份证号", NUMBER[:17]), "身份证号", "17 位"),
    "masked number": (text_in("身份证号", NUMBER[:6] + "*" * 8 + NUMBER[14:]), "身份证号", "星号"),
    "letters in the number": (text_in("身份证号", "62O999I97OO1O1OOI2"), "身份证号", "不是身份证号"),
    "impossible birth date": (text_in("身份证号", with_check("62999919700230001")), "身份证号", "出生日期"),
    "birth date to come": (text_in("身份证号", with_check("62999920990101001")), "身份证号", "出生日期"),
    "no such province": (text_in("身份证号", with_check("99999919700101001")), "身份证号", "省份代码"),
    "ID number missing": (text_in("身份证号", None), "身份证号", "必须填"),
    "name missing": (text_in("姓名", None), "姓名", "必须填"),
    "name of spaces": (text_in("姓名", "　 "), "姓名", "必须填"),
    "sex against the number": (text_in("性别", "女"), "性别", "身份证号第 17 位"),
    "birth date against the number": (text_in("出生日期", "1971-01-01"), "出生日期", "不一致"),
    "certificate of somebody else": (text_in("残疾人证号", f"{id_number(77)}42"), "残疾人证号", "不一致"),
    "category against the certificate": (text_in("残疾类别", "视力"), "残疾类别", "第 19 位"),
    "grade against the certificate": (text_in("残疾等级", "四级"), "残疾等级", "第 20 位"),
    "certificate of 19 digits": (text_in("残疾人证号", CERTIFICATE[:19]), "残疾人证号", "20 位"),
    "unknown category": (text_in("残疾类别", "其它残疾"), "残疾类别", "不在可填的内容里"),
    "unknown grade": (text_in("残疾等级", "五级"), "残疾等级", "不在可填的内容里"),
    "unknown sex": (text_in("性别", "未知"), "性别", "不在可填的内容里"),
    "two-digit year": (text_in("出生日期", "70/1/1"), "出生日期", "年份写四位"),
    "American order": (text_in("出生日期", "01/12/1970"), "出生日期", "不是日期"),
    "29 February of no leap year": (text_in("出生日期", "1970-02-29"), "出生日期", "不存在"),
    "year and month only": (text_in("出生日期", "1970-01"), "出生日期", "不是日期"),
    "a serial without its format": (lambda: cell_set("出生日期", 25569), "出生日期", "不是日期"),
    "year as a number": (lambda: cell_set("出生日期", 1970), "出生日期", "不是日期"),
    "negative serial": (lambda: cell_set("出生日期", -5, "yyyy-mm-dd"), "出生日期", "不是日期"),
    "unknown village": (text_in("村（社区）", "没有这个村"), "村（社区）", "找不到"),
    "village of another township": (text_in("乡镇", "没有这个镇"), "村（社区）", "找不到"),
    "village missing": (text_in("村（社区）", None), "村（社区）", "没有填写"),
    "formula in the name": (text_in("姓名", "=1+1"), "姓名", "公式"),
    "formula never calculated": (lambda: cell_set("现住址", "=A1&B1", data_type="f"), "现住址", "计算结果"),
    "error cell": (lambda: cell_set("现住址", "#N/A", data_type="e"), "现住址", "错误值 #N/A"),
    "division error": (lambda: cell_set("残疾等级", "#DIV/0!", data_type="e"), "残疾等级", "错误值"),
    "truth value as a name": (lambda: cell_set("姓名", True), "姓名", "不是姓名"),
    "markup as a name": (text_in("姓名", "<script>alert(1)</script>"), "姓名", "不是姓名"),
    "digits as a name": (text_in("姓名", "王123"), "姓名", "不是姓名"),
    "one character as a name": (text_in("姓名", "王"), "姓名", "不是完整的姓名"),
    "name of 60 characters": (text_in("姓名", "王" * 60), "姓名", "不是完整的姓名"),
    "control character": (text_in("现住址", "东山村_x0007_"), "现住址", "看不见或损坏"),
    "replacement character": (text_in("现住址", "东山\ufffd村"), "现住址", "看不见或损坏"),
    "address turned into a date": (
        lambda: cell_set("现住址", datetime.date(2026, 3, 1), "m-d"), "现住址", "转成了日期"),
    "32,767 characters": (text_in("现住址", "长" * 32_767), "现住址", "最多 200 个"),
    "a phone that is none": (text_in("联系电话", "123"), "联系电话", "不是电话号码"),
    "a phone in scientific notation": (text_in("联系电话", "1.39E+10"), "联系电话", TEXT),
    "money in words": (text_in("家庭人均年收入", "约一千"), "家庭人均年收入", "不是金额"),
    "money in tens of thousands": (text_in("家庭人均年收入", "1.2万"), "家庭人均年收入", "不是金额"),
    "negative money": (text_in("家庭人均年收入", "-100"), "家庭人均年收入", "负数"),
    "money beyond the cent": (text_in("家庭人均年收入", "100.005"), "家庭人均年收入", "两位小数"),
    "people in fractions": (text_in("家庭人口", "2.5"), "家庭人口", "不是整数"),
    "parts of a disability that is not multiple": (text_in("多重残疾包含", "视力、肢体"), "多重残疾包含", "多重"),
    "a code outside every list": (text_in("区划代码", "999999999999"), "村（社区）", "找不到"),
    "a code of five digits": (text_in("区划代码", "62042"), "区划代码", "12 位"),
    "a code against the village": (text_in("区划代码", "620422100201"), "村（社区）", "不一致"),
}  # fmt: skip


@pytest.mark.parametrize("name", WRONG)
def test_wrong_cells_are_named_by_row_and_heading(course, name):
    made, heading, words = WRONG[name]
    sent = course.send(made())
    assert sent.state == State.CHECKED, sent.refusal
    errors = course.errors(sent)
    mine = [error for error in errors if error.startswith(f"第 3 行“{heading}”：")]
    assert mine, errors
    assert any(words in error for error in mine), mine
    assert all(error.startswith("第 3 行") for error in errors), "the rows around it are right"
    assert not sent.may_be_confirmed
    assert sent.wrong_count == 1
    assert not DisabledPerson.objects.exists()


def test_all_errors_of_a_file_come_at_once(course):
    rows = [person(0, 性别="男", 残疾等级="四级"), person(1, 姓名=None), person(2, 身份证号="1")]
    errors = course.errors(course.send(roster_file(rows)))
    places = [error.partition("：")[0] for error in errors]
    assert places == ["第 2 行“性别”", "第 2 行“残疾等级”", "第 3 行“姓名”", "第 4 行“身份证号”"]


def test_rows_of_one_person_in_a_file_are_all_refused(course):
    sent = course.send(roster_file([person(0), person(1), person(0, 现住址="别处")]))
    assert sent.wrong_count == 2
    errors = [error for error in course.errors(sent) if "身份证号" in error]
    assert errors[0].startswith("第 2 行“身份证号”：与第 4 行重复")
    assert errors[1].startswith("第 4 行“身份证号”：与第 2 行重复")


def test_only_the_correct_rows_are_written_where_that_was_chosen(course):
    data = roster_file([person(0), person(1, 性别="女"), person(2)])
    sent = course.send(data, mode=RosterImport.Mode.CORRECT_ROWS)
    assert sent.may_be_confirmed
    done = course.confirm(sent)
    assert (done.state, DisabledPerson.objects.count(), done.wrong_count) == (State.DONE, 2, 1)


def test_a_village_outside_the_scope_is_not_found_and_nothing_is_told_of_it(township_course, world):
    elsewhere = person(0, 乡镇="郭城驿镇")
    unknown = person(1, 乡镇="没有这个镇")
    errors = township_course.errors(township_course.send(roster_file([elsewhere, unknown])))
    first = errors[0].replace("郭城驿镇", "X").replace("第 2 行", "")
    second = errors[1].replace("没有这个镇", "X").replace("第 3 行", "")
    assert first == second


def test_a_person_on_file_elsewhere_is_offered_as_a_transfer_without_saying_where(course, township_course, world):
    course.written(roster_file([person(0, 乡镇="郭城驿镇")]))
    seen_from_the_county = course.send(roster_file([person(0)]))
    assert (seen_from_the_county.transfer_count, seen_from_the_county.may_be_confirmed) == (1, False)
    seen_from_the_township = township_course.send(roster_file([person(0)]))
    assert seen_from_the_township.transfer_count == 1
    assert DisabledPerson.objects.get().organisation == world.neighbour_village


def test_a_village_name_that_several_townships_have_needs_its_township(course):
    errors = course.errors(course.send(roster_file([person(0, 乡镇=None)])))
    assert "有 2 个机构叫“东山村”" in errors[0]


def test_the_kept_upload_and_the_staged_rows_hold_no_number_in_plain(course, settings):
    from federation.shared.models import StagedBlock

    sent = course.send(hostile.good(3))
    number = person(0)["身份证号"].encode()
    kept = [path.read_bytes() for path in settings.MEDIA_ROOT.glob("rosters/*")]
    staged = [bytes(block.payload) for block in StagedBlock.objects.all()]
    assert kept
    assert staged
    assert not any(number in content for content in kept + staged)
    assert number.decode() not in str(sent.report)


def test_a_kept_upload_that_was_tampered_with_is_not_read(course, settings, monkeypatch):
    from federation.shared.rosters import uploads
    from federation.shared.rosters.resource import RosterRefused

    monkeypatch.setattr(uploads, "PIECE_BYTES", 1000)
    data = hostile.good(60)
    sent = course.send(data)
    assert (sent.new_count, sent.size) == (60, len(data))
    path = next(settings.MEDIA_ROOT.glob("rosters/*"))
    kept = path.read_bytes()
    first = 4 + int.from_bytes(kept[:4], "big")
    second = first + 4 + int.from_bytes(kept[first : first + 4], "big")
    for tampered in (kept[:-1], kept[:second], kept[first:second] + kept[:first] + kept[second:], kept[:-1] + b"x"):
        path.write_bytes(tampered)
        with pytest.raises(RosterRefused), uploads.opened_file(sent):
            pass
    path.write_bytes(kept)
    with uploads.opened_file(sent) as plain:
        assert plain.read_bytes() == data
