"""表一 as it is drawn, on the page and in the workbook: one block a group, with the places for names and signatures."""

from federation.shared.templatetags.ui import cn_date
from federation.shared.workbooks.writer import Column, Sheet
from ledgers.summaries.definition import GRADE, GROUPS, NEEDS, TITLE, TOTAL, Dimension, Group

NO_SOURCE = "尚无数据来源"
SIGNATURES = ("填报单位（盖章）", "单位负责人", "审核人", "填表人", "填报日期")


def columns_of(dimension: Dimension) -> list[tuple[str, str]]:
    """(code, label) of every column of a dimension, the total last."""
    return [*zip(dimension.codes, dimension.labels, strict=True), (TOTAL, "合计")]


def _lines(group: Group) -> list[tuple[str, list[str]]]:
    """(label, codes of its cells) of every line of a group."""
    if group.across is None:
        return [(label, [code]) for code, label in columns_of(group.down)]
    lines = [
        (label, [code, *(f"{code}.{other}" for other in group.across.codes)])
        for code, label in zip(group.down.codes, group.down.labels, strict=True)
    ]
    return [*lines, ("合计", [TOTAL, *group.across.codes])]


def blocks(figures: dict | None, *, other: dict | None = None, other_word: str = "", link=None) -> list[dict]:
    """What the templates draw: {heading, columns, rows [{heading, cells [{text, url}]}]}; empty cells without figures.

    With the figures of another day, each number has that day's and the difference beside it; where two dimensions
    are crossed, the difference stands in brackets. `link(code)` gives the address of the people behind a cell.
    """
    return [_block(group, figures, other, other_word, link) for group in GROUPS]


def _block(group, figures, other, other_word, link) -> dict:
    crossed = group.across is not None
    columns = ["合计", *group.across.labels] if crossed else ["人数"]
    if other is not None and not crossed:
        columns += [other_word, "增减"]
    rows = []
    for label, codes in _lines(group):
        cells = [_cell(code, figures, other if crossed else None, link) for code in codes]
        if other is not None and not crossed:
            before = other.get(codes[0], 0)
            cells += [
                {"text": str(before), "url": ""},
                {"text": signed(figures.get(codes[0], 0) - before), "url": ""},
            ]
        rows.append({"heading": label, "cells": cells})
    return {"heading": group.heading, "corner": group.down.heading, "columns": columns, "rows": rows}


def _cell(code, figures, other, link) -> dict:
    if figures is None:
        return {"text": "", "url": ""}
    number = figures.get(code, 0)
    text = str(number)
    if other is not None and number != other.get(code, 0):
        text = f"{number}（{signed(number - other.get(code, 0))}）"
    return {"text": text, "url": link(code) if link and number else ""}


def signed(number: int) -> str:
    return f"{number:+d}" if number else "0"


def needs() -> list[str]:
    """The kinds of need, about which nothing can be said yet."""
    return list(NEEDS)


def sheet(figures: dict, *, unit: str, day, state: str) -> Sheet:
    """The table as one sheet on A4: title, unit and day above, places for signatures below."""
    columns = [
        Column("项目", 24), Column("分类", 34), Column("人数（人）", 12, "number"),
        *(Column(label, 9, "number") for label in GRADE.labels),
    ]  # fmt: skip
    blank = [""] * len(GRADE.labels)
    rows: list[list] = [["总人数", "", figures.get(TOTAL, 0), *blank]]
    for group in GROUPS:
        for label, codes in _lines(group):
            numbers = [figures.get(code, 0) for code in codes]
            rows.append([group.heading, label, *(numbers if group.across else [*numbers, *blank])])
    rows += [["服务需求（表三）", kind, NO_SOURCE, *blank] for kind in needs()]
    rows.append(["", "", "", *blank])
    rows += [[f"{word}：", "", "", *blank] for word in SIGNATURES]
    above = (TITLE, f"填报单位：{unit}　　截止日期：{cn_date(day)}　　单位：人　　{state}")
    return Sheet("表一", columns, rows, above=above, has_filter=False)
