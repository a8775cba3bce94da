"""The book of components at /ui/: every component once, with invented content. The browser tests walk it."""

from dataclasses import dataclass

from django import forms

from federation.shared import charts
from federation.shared.form_files import SizedFileField
from federation.shared.forms import HouseForm, ThreeBoxDateField
from federation.shared.tables import Column, Table

TOWNS = (
    ("青石镇", 323, 93.4, "ok"),
    ("南溪镇", 823, 91.0, "ok"),
    ("杨柳乡", 1312, 85.2, "warn"),
    ("双河镇", 644, 76.7, "bad"),
)
WORDS = {"ok": "达标", "warn": "待改进", "bad": "未达标"}
HAVES = ("有机构", "有人员", "有经费", "有场所", "有制度")
STATES = (
    ("yes", "yes", "yes", "yes", "yes"),
    ("yes", "half", "yes", "no", "yes"),
    ("no", "none", "half", "yes", "yes"),
)


class SampleForm(HouseForm):
    """Every kind of control."""

    sections_spec = [
        ("一、本人情况", ["name", "sex", "id_number", "born_on"]),
        ("二、残疾状况与联系方式", ["categories", "township", "phone", "needs", "file", "agreed"]),
    ]
    actions = [("submit", "保存并提交", "primary"), ("draft", "存草稿", "")]
    lenient_actions = frozenset({"draft"})
    name = forms.CharField(label="姓名", max_length=50)
    sex = forms.ChoiceField(label="性别", choices=[("1", "男"), ("2", "女")], widget=forms.RadioSelect)
    id_number = forms.CharField(
        label="公民身份号码",
        help_text="18 位，最后一位可以是字母 X",
        widget=forms.TextInput(attrs={"class": "wide-18"}),
    )
    born_on = ThreeBoxDateField(label="出生日期", help_text="例如 1968 年 4 月 3 日")
    categories = forms.MultipleChoiceField(
        label="残疾类别",
        help_text="可多选",
        choices=[(str(i), text) for i, text in enumerate(("视力", "听力", "言语", "肢体", "智力", "精神"), start=1)],
        widget=forms.CheckboxSelectMultiple,
    )
    township = forms.ChoiceField(label="乡镇（街道）", choices=[("", "请选择"), ("1", "青石镇"), ("2", "南溪镇")])
    phone = forms.CharField(label="联系电话", required=False, widget=forms.TextInput(attrs={"type": "tel"}))
    needs = forms.CharField(label="主要需求", required=False, widget=forms.Textarea(attrs={"rows": 3}))
    file = SizedFileField(
        label="证明材料",
        required=False,
        help_text="照片或扫描件，",
        megabytes=5,
        endings=(".jpg", ".jpeg", ".png", ".pdf"),
    )
    agreed = forms.BooleanField(label="内容已与本人核对", required=False)


class SampleFilter(HouseForm):
    q = forms.CharField(label="名称或拼音首字母", required=False)
    state = forms.ChoiceField(label="等次", required=False, choices=[("", "全部"), ("ok", "达标"), ("bad", "未达标")])


@dataclass
class _Sorting:
    """What Table asks of a page: by which columns one may sort, and by which it is sorted now."""

    ordering: tuple[str, ...]
    sort: str


def _sample_table(request) -> Table:
    columns = [
        Column("name", "乡镇", value=lambda row: row["name"], link=lambda row: "#tables"),
        Column("people", "残疾人数", value=lambda row: row["people"], sort="people", numeric=True),
        Column("points", "得分", value=lambda row: row["points"], sort="points", numeric=True),
    ]
    rows = [{"name": name, "people": people, "points": points} for name, people, points, _state in TOWNS]
    asked = request.GET.get("sort", "")
    sorting = _Sorting(("-points", "people"), asked if asked.lstrip("-") in ("points", "people") else "-points")
    rows.sort(key=lambda row: row[sorting.sort.lstrip("-")], reverse=sorting.sort.startswith("-"))
    return Table("各乡镇残疾人数和得分", columns, rows, request=request, page=sorting)


def style_book_context(request) -> dict:
    form = SampleForm({"sex": "1", "id_number": "51102319680403251", "born_on_year": "1968", "born_on_month": "13"}, {})
    form.add_error("id_number", "公民身份号码应为 18 位，现有 17 位")
    bars = [(name, points) for name, _people, points, _state in TOWNS]
    return {
        "title": "样式册",
        "breadcrumbs": [{"url": "/", "label": "工作台"}, {"url": "", "label": "样式册"}],
        "actions": [{"url": "#tables", "label": "导出表格"}, {"url": "#forms", "label": "新登记", "kind": "primary"}],
        "sample_form": form,
        "sample_filter": SampleFilter(),
        "table": _sample_table(request),
        "league": [
            {"name": name, "people": people, "points": points, "kind": kind, "word": WORDS[kind]}
            for name, people, points, kind in TOWNS
        ],
        "tiles": [
            {"label": "持证残疾人", "value": "18,426", "unit": "人", "note": "比上月 +37"},
            {"label": "需求已落实", "value": "86.4", "unit": "%", "note": "已落实 9,214 件，共 10,664 件"},
            {
                "label": "逾期未办",
                "value": "31",
                "unit": "件",
                "note": "涉及 13 个乡镇",
                "kind": "bad",
                "url": "#tables",
            },
        ],
        "matrix": {
            "caption": "村级残协“九有”完成情况",
            "corner": "乡镇",
            "columns": HAVES,
            "rows": [
                {
                    "heading": town[0],
                    "url": "#tables",
                    "total": f"{states.count('yes')} / {len(HAVES)}",
                    "cells": [
                        {"state": state, "url": "#tables" if state == "no" else "", "text": ""} for state in states
                    ],
                }
                for town, states in zip(TOWNS, STATES, strict=False)
            ],
        },
        "bar_chart": charts.bar_chart("b1", "各乡镇得分", bars, unit=" 分", target=80, maximum=100),
        "bar_rows": [(name, f"{points} 分") for name, points in bars],
        "stacked": charts.stacked_bar(
            "s1", "各乡镇九有情况", ("已做到", "部分做到", "未做到"), [("青石镇", (9, 0, 0)), ("南溪镇", (5, 2, 2))]
        ),
        "stacked_rows": [("青石镇", 9, 0, 0), ("南溪镇", 5, 2, 2)],
        "line": charts.line_chart("l1", "全县平均得分", [("2023", 78.1), ("2024", 81.9), ("2025", 85.3)], unit=" 分"),
        "line_rows": [("2023", "78.1 分"), ("2024", "81.9 分"), ("2025", "85.3 分")],
        "facts": [
            {"label": "姓名", "value": "王秀英"},
            {"label": "公民身份号码", "value": "629999********2516"},
            {"label": "监护人", "value": ""},
        ],
        "entries": [
            {"at": "2026 年 4 月 3 日 10:24", "by": "王秀英", "text": "修改了联系电话"},
            {"at": "2026 年 4 月 1 日 09:02", "by": "李建国", "text": "新建登记"},
        ],
        "differences": [{"label": "联系电话", "old": "138****0001", "new": "139****0002"}],
        "job": {"label": "正在检查名册", "done": 1200, "total": 40900, "text": "已检查 1,200 行，共 40,900 行"},
        "problems": [{"row": 7, "column": "身份证号", "message": "最后一位对不上", "cure": "核对原件，改正后重新上传"}],
        "numbered": {
            "summary": "共 180 条",
            "previous_url": "",
            "next_url": "?after=x",
            "numbers": [
                {"label": 1, "current": True},
                {"label": 2, "url": "?page=2"},
                {"label": "", "url": ""},
                {"label": 9, "url": "?page=9"},
            ],
        },
    }
