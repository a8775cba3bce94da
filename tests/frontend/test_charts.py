"""Charts: plain SVG that a strict content policy lets through, the same for the same data."""

from decimal import Decimal
from xml.etree import ElementTree

import pytest

from federation.shared import charts

ITEMS = [("青石镇", Decimal("93.4")), ("双河镇", Decimal("76.7")), ("<杨柳乡>", Decimal("80"))]


def drawn():
    return {
        "bar": charts.bar_chart("k", "得分", ITEMS, unit=" 分", target=Decimal(80), maximum=100),
        "stacked": charts.stacked_bar("k", "九有", ("已", "半", "未"), [("青石镇", (5, 2, 2)), ("双河镇", (0, 0, 0))]),
        "line": charts.line_chart("k", "逐年", [("2024", Decimal("81.9")), ("2025", Decimal("85.3"))]),
        "data": charts.data_bar(Decimal("93.4"), 100),
    }


@pytest.mark.parametrize("kind", ["bar", "stacked", "line", "data"])
def test_a_chart_is_well_formed_deterministic_and_without_style_or_script(kind):
    text = drawn()[kind]
    ElementTree.fromstring(text)
    assert text == drawn()[kind]
    for forbidden in ("style=", "<style", "<script", "http", "onload", "NaN", "E+", "-0"):
        assert forbidden not in text


@pytest.mark.parametrize("kind", ["bar", "stacked", "line"])
def test_a_chart_has_a_name_and_a_finding_in_words(kind):
    root = ElementTree.fromstring(drawn()[kind])
    named = {child.get("id"): child.text for child in root}
    first, second = root.get("aria-labelledby").split()
    assert root.get("role") == "img"
    assert named[first] and named[second].endswith(("。", "2", "0"))


def test_the_finding_names_highest_lowest_and_how_many_lie_below_the_line():
    assert charts.finding_of(ITEMS, unit=" 分", target=Decimal(80)) == (
        "共 3 项。最高：青石镇 93.4 分；最低：双河镇 76.7 分。低于 80 分的有 1 项。"
    )


def test_bars_are_as_long_as_their_share_rounded_half_up():
    assert 'width="373.6"' in drawn()["bar"]
    assert 'width="74.7"' in drawn()["data"]
    # 62.5 % of 80 units is 50; a value beyond the maximum fills the bar and no more; negative draws nothing.
    assert 'class="fill" width="50"' in charts.data_bar(Decimal("62.5"), 100)
    assert 'class="fill" width="80"' in charts.data_bar(140, 100)
    assert 'class="fill" width="0"' in charts.data_bar(-3, 100)
    assert 'class="fill" width="0"' in charts.data_bar(0, 0)
    assert 'width="0.1"' in charts.data_bar(Decimal("0.0625"), 100)


def test_a_low_bar_is_hatched_and_says_so_not_by_colour_alone():
    root = ElementTree.fromstring(drawn()["bar"])
    low = [e for e in root.iter() if e.get("class") == "fill-low"]
    words = [e.text for e in root.iter("text") if e.text and "（低）" in e.text]
    assert [e.get("fill") for e in low] == ["url(#k-hatch)"]
    assert words == ["76.7 分（低）"]


def test_empty_data_draw_an_empty_chart_that_says_so():
    for chart in (
        charts.bar_chart("k", "得分", []),
        charts.stacked_bar("k", "九有", (), []),
        charts.line_chart("k", "年", []),
    ):
        ElementTree.fromstring(chart)
        assert "没有数据。" in chart


def test_what_people_typed_is_escaped():
    assert "&lt;杨柳乡&gt;" in drawn()["bar"] and "<杨柳乡>" not in drawn()["bar"]
