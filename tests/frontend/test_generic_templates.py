"""The templates that generic views draw with, each with a full and an empty context."""

import html5lib
import pytest
from django import forms
from django.template.loader import render_to_string
from django.test import RequestFactory

from federation.shared.change_values import Difference
from federation.shared.forms import HouseForm
from federation.shared.style_book import SampleForm, style_book_context
from federation.shared.views import Section

CRUMBS = [{"url": "/organisations/", "label": "机构"}]


def draw(name, **context):
    request = RequestFactory().get("/ui/", {"sort": "people"})
    parser = html5lib.HTMLParser(strict=True, namespaceHTMLElements=False)
    text = render_to_string(name, context, request=request)
    return parser.parse(text if "<!doctype" in text else f"<!doctype html><title>x</title>{text}")


def words(element):
    return " ".join("".join(element.itertext()).split())


def find(page, tag, **attributes):
    attributes = {name.replace("_", "-"): value for name, value in attributes.items()}
    return [e for e in page.iter(tag) if all(e.get(name) == value for name, value in attributes.items())]


def sample():
    return style_book_context(RequestFactory().get("/ui/", {"sort": "people"}))


def test_a_list_names_its_table_marks_the_sorted_column_and_keeps_the_sorting_when_filtering():
    context = sample()
    page = draw(
        "generic/list.html",
        title="乡镇",
        table=context["table"],
        filter_form=context["sample_filter"],
        page=context["numbered"],
        actions=context["actions"],
        breadcrumbs=CRUMBS,
    )
    assert words(page.find(".//caption")) == "各乡镇残疾人数和得分"
    sorted_columns = [e for e in page.iter("th") if e.get("aria-sort")]
    assert [(words(e), e.get("aria-sort")) for e in sorted_columns] == [("残疾人数 ▲", "ascending")]
    assert [e.get("value") for e in find(page, "input", name="sort")] == ["people"]
    assert [words(e) for e in find(page, "th", scope="row")] == ["青石镇", "双河镇", "南溪镇", "杨柳乡"]
    assert all(cell.get("data-label") for cell in page.iter("td"))
    assert [words(e) for e in page.iter() if e.get("aria-current") == "page"] == ["乡镇", "第 1 页"]


def test_a_list_without_rows_says_so_instead_of_drawing_an_empty_table():
    context = sample()
    context["table"].rows = []
    page = draw("generic/list.html", title="乡镇", table=context["table"], filter_form=None, page=None)
    assert not list(page.iter("table"))
    assert "没有符合条件的记录" in words(page)


def test_a_detail_shows_sections_and_says_what_is_not_filled_in():
    sections = [
        Section("基本情况", [{"label": "地址", "value": ""}, {"label": "上级", "value": "会宁县", "url": "/o/1/"}])
    ]
    page = draw("generic/detail.html", title="东山村", sections=sections, breadcrumbs=CRUMBS)
    assert [(words(dt), words(dd)) for dt, dd in zip(page.iter("dt"), page.iter("dd"), strict=True)] == [
        ("地址", "未填"),
        ("上级", "会宁县"),
    ]
    assert [words(e) for e in find(page, "span", aria_current="page")] == ["东山村"]


def test_a_refused_form_says_so_in_title_and_summary_and_keeps_what_was_typed():
    page = draw("generic/form.html", title="新登记", form=SampleForm({"name": "王秀英"}, {}), cancel_url="/x/")
    assert words(page.find(".//title")).startswith("错误：新登记")
    assert words(page.find(".//h1")) == "新登记"
    assert [e.get("value") for e in find(page, "input", name="name")] == ["王秀英"]
    assert find(page, "div", id="errors")
    assert [e.get("href") for e in page.iter("a") if words(e) == "一、本人情况"] == ["#part-1"]
    assert find(page, "form", enctype="multipart/form-data")


def test_a_title_that_already_says_error_does_not_say_it_twice():
    page = draw("generic/form.html", title="错误：新登记", heading="新登记", form=SampleForm({}, {}))
    assert words(page.find(".//title")).count("错误：") == 1
    assert words(page.find(".//h1")) == "新登记"


class Small(HouseForm):
    name = forms.CharField(label="名称")


class Stored:
    pk = 7
    version = 3


def test_a_form_of_a_stored_row_carries_the_version_it_was_filled_from():
    form = Small()
    form.instance = Stored()
    page = draw("generic/form.html", title="修改", form=form, cancel_url="/x/")
    assert [e.get("value") for e in find(page, "input", name="version")] == ["3"]
    again = Small({"version": "2"})
    again.instance = Stored()
    page = draw("generic/form.html", title="修改", form=again, cancel_url="/x/")
    assert [e.get("value") for e in find(page, "input", name="version")] == ["2"], "a newer one would hide the conflict"


def test_a_conflict_shows_both_sides_in_words_and_the_form_below():
    form = Small({"name": "我的", "version": "4"})
    page = draw(
        "409.html",
        title="这条记录刚被别人改过",
        form=form,
        differences=[Difference("name", "名称", "他们的", "我的")],
        cancel_url="/x/",
    )
    row = [words(cell) for cell in page.find(".//tbody/tr")]
    assert row == ["名称", "他们的", "我的"]
    assert find(page, "ins") and find(page, "del")
    assert [e.get("value") for e in find(page, "input", name="version")] == ["4"]


@pytest.mark.parametrize("danger", [True, False])
def test_a_question_names_the_consequence_and_offers_to_go_back(danger):
    page = draw(
        "generic/confirm.html",
        title="撤销这次导入？",
        consequence="导入的 120 行会恢复原样。",
        danger=danger,
        cancel_url="/rosters/7/",
        submit_label="撤销导入",
    )
    assert "导入的 120 行会恢复原样。" in words(page)
    button = [e for e in page.iter("button") if words(e) == "撤销导入"][0]
    assert ("button-danger" in button.get("class")) is danger
    assert find(page, "a", href="/rosters/7/")


def test_unknown_progress_is_drawn_without_a_number():
    page = draw(
        "ui/progress.html", job={"label": "检查名册", "done": 0, "total": 0, "text": "正在排队"}, poll_url="/p/"
    )
    bar = next(page.iter("progress"))
    assert bar.get("value") is None and bar.get("max") is None


@pytest.mark.django_db
def test_somebody_locked_out_is_told_what_happened_and_when_to_try_again(client, world):
    for _ in range(6):
        response = client.post("/login/", {"username": "clerk", "password": "wrong"})
    text = response.content.decode()
    assert response.status_code == 429
    assert "暂时不能登录" in text and "15 分钟" in text and "管理员" in text
