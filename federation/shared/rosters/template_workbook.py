"""The workbook to fill in: headings, drop-downs, text-formatted number columns, a sample row, instructions."""

import io

from openpyxl import Workbook
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation

from federation.shared.rosters.columns import RosterColumn
from federation.shared.rosters.table import SAMPLE

PLACES_SHEET, WORDS_SHEET, HELP_SHEET = "机构名称", "下拉选项", "填写说明"
ROWS_WITH_LISTS = 5000
# A list of words written into a cell's rule; a longer one stands on a sheet that the rule points at.
LONGEST_LIST = 255
_HEADING = PatternFill("solid", fgColor="E9EEF5")
_REQUIRED = PatternFill("solid", fgColor="FBE3D6")
_GREY = Font(name="宋体", size=11, color="808080", italic=False)

STEPS = (
    "一行填一条，从第 2 行开始；第 2 行是示例，可以删掉，不删也不会读入。",
    "橙色表头的列必须填，其他列没有的可以空着；空着的列不会改动系统里已有的内容。",
    "身份证号、残疾人证号、账号、电话的列已设为“文本”格式，请直接填写或用“粘贴为数值”，不要改格式。",
    "日期写成 2012-03-28；金额单位是元，最多两位小数。",
    "有下拉的列请从下拉中选；机构名称以“机构名称”表为准。",
    "不要删改表头；列的次序可以变，多余的列会被忽略。",
    "上传后先看检查结果，确认以后才写入；有错的行会标出错误供下载改正。",
)


def template_workbook(roster, choices: list[tuple[str, str, str]]) -> bytes:
    """`choices` are (township, village, code) of the bodies the downloader may write for."""
    workbook = Workbook()
    sheet = workbook.active
    sheet.title = roster.title
    columns = roster.template_columns()
    places = workbook.create_sheet(PLACES_SHEET)
    _write_places(places, choices)
    _write_head(sheet, columns, choices)
    words = _write_long_lists(workbook, columns)
    for number, column in enumerate(columns, 1):
        _format_column(sheet, number, column, words.get(column.field) or _list_source(column, choices))
    _write_help(workbook.create_sheet(HELP_SHEET), columns)
    workbook.properties.creator = ""
    buffer = io.BytesIO()
    workbook.save(buffer)
    return buffer.getvalue()


def _write_head(sheet, columns, choices):
    township, village, code = next((row for row in choices if row[1]), ("", "", ""))
    here = {"township": township, "village": village, "division_code": code}
    first_required = next((column.field for column in columns if column.required), "")
    for number, column in enumerate(columns, 1):
        head = sheet.cell(1, number, column.heading)
        head.font = Font(name="宋体", bold=True)
        head.fill = _REQUIRED if column.required else _HEADING
        head.alignment = Alignment(horizontal="center", vertical="center", wrap_text=True)
        example = here.get(column.field) or column.example
        if column.field == first_required:
            example = SAMPLE + example
        sample = sheet.cell(2, number, example or None)
        sample.font = _GREY
        sample.number_format = "@"
    sheet.freeze_panes = "A2"


def _format_column(sheet, number: int, column: RosterColumn, source: str | None):
    letter = get_column_letter(number)
    sheet.column_dimensions[letter].width = column.width
    sheet.column_dimensions[letter].number_format = {"date": "yyyy-mm-dd", "amount": "0.00", "whole": "0"}.get(
        column.kind, "@"
    )
    if source is None:
        return
    # The reader knows more words than the list offers, so a word typed by hand is only asked about.
    choice = DataValidation(type="list", formula1=source, allow_blank=True, errorStyle="warning", showErrorMessage=True)
    choice.error, choice.errorTitle = "不在下拉列表里，请核对。", column.heading
    choice.add(f"{letter}3:{letter}{ROWS_WITH_LISTS}")
    sheet.add_data_validation(choice)


def _list_source(column: RosterColumn, choices) -> str | None:
    if column.field in ("township", "village"):
        letter = "A" if column.field == "township" else "B"
        count = len(_distinct(choices, 0 if column.field == "township" else 1))
        return f"'{PLACES_SHEET}'!${letter}$2:${letter}${count + 1}" if count else None
    return f'"{",".join(_words_of(column))}"' if column.dictionary else None


def _words_of(column: RosterColumn) -> list[str]:
    return [word for _, word in column.dictionary.words]


def _write_long_lists(workbook, columns) -> dict[str, str]:
    """Field → the range of its words, for the lists that find no room in a rule or hold its separator."""
    long = [
        column
        for column in columns
        if column.dictionary
        and (len(",".join(_words_of(column))) > LONGEST_LIST or any("," in word for word in _words_of(column)))
    ]
    if not long:
        return {}
    sheet, sources = workbook.create_sheet(WORDS_SHEET), {}
    for number, column in enumerate(long, 1):
        letter = get_column_letter(number)
        sheet.column_dimensions[letter].width = column.width
        for row, text in enumerate((column.heading, *_words_of(column)), 1):
            sheet.cell(row, number, text)
        sources[column.field] = f"'{WORDS_SHEET}'!${letter}$2:${letter}${len(column.dictionary.words) + 1}"
    return sources


def _distinct(choices, place: int) -> list[str]:
    return list(dict.fromkeys(row[place] for row in choices if row[place]))


def _write_places(sheet, choices):
    """Townships and settlements for the drop-downs, and beside them which lies where."""
    for number, heading in enumerate(("乡镇（下拉）", "村社区（下拉）", None, "所在乡镇", "机构", "区划码"), 1):
        sheet.cell(1, number, heading).font = Font(name="宋体", bold=True)
    for letter, width in zip("ABCDEF", (18, 22, 4, 18, 22, 16), strict=True):
        sheet.column_dimensions[letter].width = width
    for place in (0, 1):
        for row, name in enumerate(_distinct(choices, place), 2):
            sheet.cell(row, place + 1, name)
    for row, (township, village, code) in enumerate(choices, 2):
        for number, text in enumerate((township, village, code), 4):
            # An empty text would be a cell of its own kind, without its text.
            sheet.cell(row, number, text or None)


def _write_help(sheet, columns):
    sheet.column_dimensions["A"].width = 20
    sheet.column_dimensions["B"].width = 10
    sheet.column_dimensions["C"].width = 90
    for number, step in enumerate(STEPS, 1):
        sheet.append([f"说明 {number}", None, step])
    sheet.append([])
    sheet.append(["列的名称", "是否必填", "怎么填"])
    for column in columns:
        words = "、".join(word for _, word in column.dictionary.words) if column.dictionary else ""
        told = "；".join(part for part in (column.help, f"可填：{words}" if words else "") if part)
        sheet.append([f"【{column.heading}】", "必填" if column.required else "选填", told or "照实填写"])
