"""表一 on its pages: figures for the reader, the people behind them, other days, lower bodies, the workbook."""

import io
import re
from datetime import date, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from openpyxl import load_workbook

from accounts.models import Assignment
from federation.roles import Role
from federation.shared.models import AuditEntry
from ledgers.summaries.definition import CODES, SEX, TOTAL
from ledgers.summaries.past import figures_on
from ledgers.summaries.services import whole_body

DAY = date(2026, 1, 31)


def of(page, body, **parameters):
    return reverse(page, args=[body.pk]), {"day": DAY.isoformat()} | parameters


@pytest.fixture
def three(world, make_person):
    """Two women and a man of the village, one of them registered after the day; a stranger next door."""
    return [
        make_person(name="王一", sex="2", category="4", grade="1"),
        make_person(name="王二", sex="2", category="1", grade="", registered_on=date(2026, 3, 1)),
        make_person(name="王三", sex="1", category="4", grade="2"),
        make_person(name="外人", sex="1", category="4", organisation=world.other_village),
    ]


def test_the_table_of_the_own_body_opens_with_todays_figures(as_user, world, three):
    text = as_user("clerk").get(reverse("summary-current")).content.decode()
    assert "会宁县残疾人联合会" in text
    assert re.search(r">3 人</a>", text)
    assert "尚无数据来源" in text


def test_the_blank_table_has_every_line_and_no_figure(as_user, world, three):
    client = as_user("clerk")
    address = reverse("summary-blank")
    assert address in client.get(reverse("summary-current")).content.decode()
    lines = [
        re.findall(r'<th scope="row">([^<]+)</th>', client.get(page).content.decode())
        for page in (address, reverse("summary-current"))
    ]
    assert lines[0] == lines[1] and "男" in lines[0]
    blank = client.get(address).content.decode().partition("<table>")[2]
    assert set(re.findall(r"<td[^>]*>(.*?)</td>", blank)) == {""} and "填报单位（盖章）" in blank


def test_a_past_day_counts_who_was_registered_then_and_the_difference_is_shown(as_user, world, three):
    given = {"organisation": world.county.pk, "day": "2026-03-01", "compare": DAY.isoformat()}
    text = as_user("clerk").get(reverse("summary-current"), given).content.decode()
    assert "2026 年 1 月 31 日 +1 人" in text
    row = re.search(r'<th scope="row">女</th>(.*?)</tr>', text)[1]
    assert re.findall(r">([+\d]+)<", row) == ["2", "1", "+1"]


@pytest.mark.parametrize("day", ["2999-01-01", "1999-12-31", "yesterday"])
def test_a_day_without_figures_is_refused_beside_its_field_or_is_no_page(as_user, world, three, day):
    text = as_user("clerk").get(reverse("summary-current"), {"day": day}).content.decode()
    assert "总人数" not in text
    address, _given = of("summary-people", world.county)
    assert as_user("clerk").get(address, {"day": day, "cell": TOTAL}).status_code == 404


def test_every_number_opens_as_many_people_as_it_says(as_user, world, three):
    client = as_user("clerk")
    text = client.get(reverse("summary-current"), {"day": "2026-03-01"}).content.decode()
    links = re.findall(r'<td class="number-cell"><a href="([^"]+)">(\d+)</a>', text)
    assert len(links) > 25
    for address, number in links:
        page = client.get(address.replace("&amp;", "&")).content.decode()
        assert f"共 {number} " in page, address


def test_the_people_behind_a_number_are_masked_and_of_that_day(as_user, world, three):
    address, given = of("summary-people", world.county, cell="sex.2")
    text = as_user("clerk").get(address, given).content.decode()
    assert "王一" in text
    assert "王二" not in text and "外人" not in text
    assert three[0].id_number.open_plain() not in text
    assert str(three[0].id_number) in text


def test_an_unknown_cell_or_group_is_no_page(as_user, world):
    for page, given in (("summary-people", {"cell": "sex.9"}), ("summary-lower", {"group": "name"})):
        assert as_user("clerk").get(reverse(page, args=[world.county.pk]), given).status_code == 404


def test_a_body_out_of_scope_is_no_page_and_no_choice(as_user, world):
    client = as_user("member")
    for page in ("summary-lower", "summary-people"):
        assert client.get(*of(page, world.other_village)).status_code == 404
    text = client.get(reverse("summary-current"), {"organisation": world.other_village.pk}).content.decode()
    assert "总人数" not in text


def test_lower_bodies_add_up_to_the_line_below_them_and_their_numbers_open_people(as_user, world, three, make_person):
    make_person(organisation=world.county)
    client = as_user("clerk")
    address, given = of("summary-lower", world.county, group="sex")
    given["day"] = "2026-03-01"
    rows = re.findall(r'<tr><th scope="row">([^<]+)</th>(.*?)</tr>', client.get(address, given).content.decode())
    numbers = {heading: [int(n) for n in re.findall(r">(\d+)<", cells)] for heading, cells in rows}
    assert set(numbers) == {"会师镇", "郭城驿镇", "本级登记", "合计"}
    lower = [cells for heading, cells in numbers.items() if heading != "合计"]
    assert [sum(column) for column in zip(*lower, strict=True)] == numbers["合计"]
    figures = figures_on(whole_body(world.county), date(2026, 3, 1))
    assert numbers["合计"] == [figures[code] for code in (*SEX.codes, TOTAL)]
    own = dict(rows)["本级登记"]
    link = re.search(r'href="([^"]+)"', own)[1].replace("&amp;", "&")
    assert "共 1 " in client.get(link).content.decode()


def test_an_association_officer_sees_the_own_category_alone(as_user, world, three):
    client = as_user("officer")
    text = client.get(reverse("summary-current")).content.decode()
    assert "只统计肢体残疾人" in text
    assert re.search(r">2 人</a>", text)
    address, _given = of("summary-people", world.county)
    people = client.get(address, {"cell": TOTAL}).content.decode()
    assert "王一" in people and "王三" in people and "王二" not in people
    assert client.get(reverse("summary-list")).status_code == 403


def test_the_workbook_reads_back_as_the_table_with_title_unit_and_signatures(as_user, world, three):
    answer = as_user("clerk").get(*of("summary-table", world.county))
    sheet = load_workbook(io.BytesIO(b"".join(answer.streaming_content))).active
    rows = [list(row) for row in sheet.iter_rows(values_only=True)]
    assert rows[1][0] == "残疾人基本情况汇总表（表一）"
    assert "填报单位：会宁县残疾人联合会" in rows[2][0] and "2026 年 1 月 31 日" in rows[2][0]
    figures = figures_on(whole_body(world.county), DAY)
    by_line = {(row[0], row[1]): row[2:] for row in rows[4:]}
    assert by_line["总人数", None][0] == figures[TOTAL] == 2
    physical = [figures[f"category.4{tail}"] for tail in ("", ".grade.1", ".grade.2", ".grade.3", ".grade.4")]
    assert by_line["按残疾类别和等级", "肢体"][:5] == physical == [2, 1, 1, 0, 0]
    assert by_line["服务需求（表三）", "康复"][0] == "尚无数据来源"
    assert [row[0] for row in rows[-5:]] == ["填报单位（盖章）：", "单位负责人：", "审核人：", "填表人：", "填报日期："]
    assert AuditEntry.objects.filter(action="summary.exported").count() == 1


def test_the_queries_of_a_page_do_not_depend_on_people_or_lower_bodies(as_user, world, make_person):
    client = as_user("clerk")
    counts = []
    for _ in range(2):
        make_person(organisation=world.village)
        make_person(organisation=world.neighbour_village, sex="2")
        found = []
        for address, given in (
            (reverse("summary-current"), {}),
            of("summary-lower", world.county),
            of("summary-people", world.county),
        ):
            client.get(address, given)
            with CaptureQueriesContext(connection) as queries:
                assert client.get(address, given).status_code == 200
            found.append(len(queries))
        counts.append(found)
    assert counts[0] == counts[1]
    assert max(counts[0]) <= 20


def test_somebody_of_two_places_reads_both_and_no_more(as_user, world, three):
    Assignment.objects.create(
        user=world.member, role=Role.VILLAGE_MEMBER, organisation=world.other_village, since=date(2020, 1, 1)
    )
    client = as_user("member")
    for body in (world.village, world.other_village):
        assert client.get(reverse("summary-people", args=[body.pk])).status_code == 200
    assert client.get(reverse("summary-people", args=[world.county.pk])).status_code == 404


def test_today_is_the_last_day_that_can_be_asked_for(as_user, world):
    tomorrow = timezone.localdate() + timedelta(days=1)
    text = as_user("clerk").get(reverse("summary-current"), {"day": tomorrow.isoformat()}).content.decode()
    assert "请核对" in text and "总人数" not in text


def test_all_cells_have_a_place_in_the_table(as_user, world, three):
    text = as_user("clerk").get(reverse("summary-current")).content.decode()
    linked = set(re.findall(r"cell=([\w.-]+)", text))
    figures = figures_on(whole_body(world.county), timezone.localdate())
    assert linked == {code for code in CODES if figures[code]}
