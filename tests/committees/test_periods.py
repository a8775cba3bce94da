"""How often an area pays: offered where a batch is made, told where the months do not fit, never a reason to refuse."""

from datetime import date

import pytest
import time_machine

from committees import periods
from committees.forms import BatchForm
from committees.models import SubsidyBatch, SubsidyPeriod
from tests.committees.payments import approved, batch_of

pytestmark = pytest.mark.django_db
TODAY = date(2026, 8, 20)


@pytest.fixture(autouse=True)
def _in_august():
    with time_machine.travel(date(2026, 8, 20), tick=True):
        yield


def laid_down(world, place, length, since=2020, rule="fifteenth_or_half"):
    return SubsidyPeriod.objects.create(
        organisation=world.orgs[place], from_year=since, length=length, month_rule=rule, document_number="会残发 1 号"
    )


def months(first, last, year=2026):
    return date(year, first, 1), date(year, last, 1)


@pytest.mark.parametrize(
    ("rules", "span"),
    [
        ([], months(1, 6)),
        ([("county", "quarter", 2020)], months(4, 6)),
        ([("county", "month", 2020)], months(7, 7)),
        ([("county", "year", 2020)], months(1, 12, 2025)),
        ([("city", "month", 2020)], months(7, 7)),
        ([("city", "month", 2020), ("county", "quarter", 2020)], months(4, 6)),
        ([("county", "month", 2020), ("county", "quarter", 2024)], months(4, 6)),
        ([("county", "month", 2027)], months(1, 6)),
        ([("township", "month", 2020), ("other_county", "month", 2020)], months(1, 6)),
    ],
)
def test_the_last_ended_period_of_the_nearest_rule_is_offered(world, rules, span):
    for place, length, since in rules:
        laid_down(world, place, length, since)
    assert periods.open_period(world.county.path, TODAY) == span
    form = BatchForm(user=world.clerk)
    assert (form["first_month"].value(), form["last_month"].value()) == tuple(day.isoformat() for day in span)


def test_the_period_after_the_last_batch_is_offered_until_all_are_paid(world, standard, member, checker):
    member("village")
    laid_down(world, "county", "quarter")
    approved(world, batch_of(world, first=date(2025, 10, 1), last=date(2025, 12, 1)), checker)
    assert periods.open_period(world.county.path, TODAY) == months(1, 3)
    batch_of(world, first=date(2026, 1, 1), last=date(2026, 3, 1))
    assert periods.open_period(world.county.path, TODAY) == months(4, 6)
    assert "现在该发 2026 年 4 月至 6 月；" in BatchForm(user=world.clerk)["first_month"].help_text
    batch_of(world, first=date(2026, 4, 1), last=date(2026, 6, 1))
    assert periods.open_period(world.county.path, TODAY) == months(4, 6)
    assert "到 2026 年 6 月为止都已建批次" in BatchForm(user=world.clerk)["first_month"].help_text


def test_the_form_says_the_rule_and_takes_the_months_of_another_area_by_it(world, standard, member, browse):
    member("village")
    laid_down(world, "city", "half_year", rule="any_day")
    laid_down(world, "township", "quarter")
    page = browse("clerk").get("subsidy-batch-add").content.decode()
    assert f"{world.city.label}规定从 2020 年起每半年发一次，现在该发 2026 年 1 月至 6 月" in page
    assert '<option value="any_day" selected>' in page
    add = {"first_month": "", "last_month": "", "month_rule": "fifteenth_or_half"}
    browse("clerk").post("subsidy-batch-add", organisation=world.township.pk, **add)
    batch = SubsidyBatch.objects.get()
    assert (batch.organisation, batch.first_month, batch.last_month) == (world.township, *months(4, 6))
    assert "请删除后重新建立" not in browse("clerk").get("subsidy-batch-detail", batch.pk).content.decode()


def test_one_month_without_the_other_is_asked_for(world, browse):
    answered = browse("clerk").post(
        "subsidy-batch-add", organisation=world.county.pk, first_month="2026-07-01", last_month="",
        month_rule="fifteenth_or_half",
    )  # fmt: skip
    assert answered.status_code == 422 and "请选择月份，或者两个都选“按所选地区的发放周期”" in answered.content.decode()


def test_months_beside_the_rule_are_told_on_the_batch_and_not_refused(world, standard, member, checker, browse):
    member("village")
    laid_down(world, "city", "quarter", rule="whole_month")
    batch = batch_of(world, first=date(2026, 4, 1), last=date(2026, 5, 1))
    page = browse("clerk").get("subsidy-batch-detail", batch.pk).content.decode()
    rule = f"{world.city.label}规定从 2020 年起每季度发一次，一个周期是 2026 年 4 月至 6 月；"
    assert f"{rule}这个批次是 2026 年 4 月至 5 月。" in page
    assert "规定的“怎样算一个月”是“整月在任才算”，这个批次选的是“当月 15 日在任，或者在任超过半个月”" in page
    batch = approved(world, batch, checker)
    assert "请删除后重新建立" not in browse("clerk").get("subsidy-batch-detail", batch.pk).content.decode()


def test_where_nothing_is_laid_down_no_months_are_wrong(world, standard, member):
    member("village")
    assert periods.misfits(batch_of(world, first=date(2026, 4, 1), last=date(2026, 5, 1))) == []


def test_an_empty_list_says_what_holds_and_how_another_rule_is_added(world, browse):
    page = browse("clerk").get("subsidy-period-list").content.decode()
    assert (
        f"还没有登记发放周期。{world.county.label}没有规定发放周期，按每半年发一次。要规定另外的周期，请点“规定周期”登记。"
        in page
    )
    page = browse("leader").get("subsidy-period-list").content.decode()
    assert "要规定的，请县残联登记。" in page and "没有符合条件的记录" not in page
    laid_down(world, "city", "month")
    page = browse("clerk").get("subsidy-period-list").content.decode()
    assert f"{world.city.label}规定从 2020 年起每月发一次。" in page
    laid_down(world, "county", "month")
    assert "还没有登记发放周期" not in browse("clerk").get("subsidy-period-list").content.decode()


@pytest.mark.parametrize(
    ("url", "words"),
    [("subsidy-batch-list", "还没有补贴批次。请先登记补贴标准"), ("subsidy-standard-list", "还没有登记补贴标准")],
)
def test_other_empty_lists_of_subsidies_say_it_too(world, browse, url, words):
    assert words in browse("clerk").get(url).content.decode()
