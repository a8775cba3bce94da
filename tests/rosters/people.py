"""Invented people for rosters: numbers of a region that was never issued (629999) with a right check digit."""

import datetime
import io

import openpyxl

from federation.shared.normalise import id_check_digit

HEADINGS = ("姓名", "身份证号", "性别", "民族", "出生日期", "乡镇", "村（社区）", "残疾人证号", "残疾类别", "残疾等级",
            "户口类型", "现住址", "监护人或联系人", "文化程度", "就业形式")  # fmt: skip


def id_number(serial: int, born: datetime.date = datetime.date(1970, 1, 1), sex: str = "男") -> str:
    """A number for the `serial`-th person (0 to 499) of that day and sex."""
    first = f"629999{born:%Y%m%d}{serial * 2 + (sex == '男'):03d}"
    return first + id_check_digit(first)


def person(serial: int = 0, **given) -> dict[str, str]:
    """A right row by heading; `given` replaces cells, None leaves one empty."""
    born = datetime.date(1970, 1, 1) + datetime.timedelta(days=serial // 400)
    sex = "男" if serial % 2 else "女"
    number = id_number(serial % 400, born, sex)
    row = {
        "姓名": "王小" + "一二三四五六七八九十"[serial % 10] + "甲乙丙丁"[serial // 10 % 4],
        "身份证号": number,
        "性别": sex,
        "民族": "汉族",
        "出生日期": born.isoformat(),
        "乡镇": "会师镇",
        "村（社区）": "东山村",
        "残疾人证号": f"{number}42",
        "残疾类别": "肢体",
        "残疾等级": "二级",
        "户口类型": "农业",
        "现住址": f"东山村{serial}号",
        "监护人或联系人": "王大山",
        "文化程度": "小学",
        "就业形式": "务农",
    }
    return row | given


def book(rows, headings=None, title_rows=(), sheet="残疾人名册") -> openpyxl.Workbook:
    """An openpyxl workbook with the rows under their headings."""
    workbook = openpyxl.Workbook()
    page = workbook.active
    page.title = sheet
    for title in title_rows:
        page.append(list(title))
    headings = list(headings or dict.fromkeys(heading for row in rows for heading in row))
    page.append(headings)
    for row in rows:
        page.append([row.get(heading) for heading in headings])
    return workbook


def saved(workbook: openpyxl.Workbook) -> bytes:
    buffer = io.BytesIO()
    workbook.save(buffer)
    return buffer.getvalue()


def roster_file(rows, **more) -> bytes:
    return saved(book(rows, **more))
