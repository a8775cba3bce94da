"""The budget: what a year needs is what its batch would pay; what another standard changes is what it changes once
it is in force."""

import io
from datetime import date, timedelta
from decimal import Decimal

import openpyxl
import pytest

from committees import services
from committees.budget import THOUGHT_OF, budget_of
from committees.models import SubsidyStandard
from committees.reckoning import Terms
from tests.committees.payments import batch_of, standard_of

pytestmark = pytest.mark.django_db
TODAY = date(2026, 7, 1)
COUNTY_PAYS = (Decimal("150.00"), Decimal("0.00"), Decimal("0.00"))


@pytest.fixture
def members(world, standard, member):
    """One the whole year, one from mid-April, one who moved to the next township, one elsewhere in the province."""
    member("village")
    member("village_second", since=date(2025, 4, 16))
    mover = member("village", until=date(2025, 6, 10))
    member("neighbour_village", since=date(2025, 6, 11), worker=mover.tenure.worker)
    member("other_village")


def thought_of(world, place="county", first=date(2025, 7, 1), amount="150.00", **more):
    terms = Terms(THOUGHT_OF, world.orgs[place].path, "", "", False, Decimal(amount), COUNTY_PAYS, first, None)
    return terms._replace(**more)


def test_a_years_need_is_what_its_batch_pays(world, members):
    budget = budget_of(world.county, 2025, TODAY)
    batch = batch_of(world, first=date(2025, 1, 1), last=date(2025, 12, 1))
    posts = budget.total.posts
    assert (posts.amount, posts.months) == (batch.total_amount, batch.month_count) == (Decimal("3200.00"), 32)
    assert posts.shares == (batch.county_total, batch.township_total, batch.welfare_total)
    by_area = {need.name: need.posts.amount for need in budget.areas}
    assert by_area[world.township.label] + by_area[world.orgs["neighbour_township"].label] == batch.total_amount


def test_vacant_posts_are_shown_apart_for_the_whole_year(world, standard, member):
    member("village")
    full = budget_of(world.county, 2027, TODAY).total
    assert full.posts.people == 1 and full.vacant.people > 0
    assert full.vacant.amount == full.vacant.people * Decimal("1200.00")
    member("village_second")
    fewer = budget_of(world.county, 2027, TODAY).total
    assert (fewer.posts.people, fewer.vacant.people) == (2, full.vacant.people - 1)
    assert fewer.now.amount == full.now.amount


@pytest.mark.parametrize("place", ["county", "township", "city"])
@pytest.mark.parametrize("first", [date(2025, 1, 1), date(2025, 7, 1)])
def test_what_another_standard_would_change_is_what_it_changes_once_issued(world, members, place, first):
    before = budget_of(world.county, 2025, TODAY, thought_of(world, place, first))
    assert SubsidyStandard.objects.count() == 1, "nothing is stored"
    same = SubsidyStandard.objects.filter(organisation=world.orgs[place]).first()
    if same is not None:
        services.end_standard(
            standard=same, on=first - timedelta(days=1), by=world.clerk, expected_version=same.version
        )
    services.record_standard(standard=standard_of(world, place, "150.00", since=first), by=world.clerk)
    issued = budget_of(world.county, 2025, TODAY)
    assert before.total.then == issued.total.now
    assert [need.then for need in before.areas] == [need.now for need in issued.areas]


def test_months_without_a_standard_are_told(world, member):
    member("village")
    assert budget_of(world.county, 2027, TODAY).total.posts.without == 12


# --- pages ----------------------------------------------------------------------------------------------
def test_the_page_shows_both_side_by_side_and_begins_the_standard_from_it(world, members, browse):
    year = date.today().year + 1
    asked = {"organisation": world.county.pk, "year": year, "monthly_amount": "150", "month": "1"}
    page = browse("clerk").get("subsidy-budget", **asked).content.decode()
    assert "试算合计" in page and "只是测算，没有登记" in page and "把试算的标准登记为正式标准" in page
    form = browse("clerk").get("subsidy-standard-add", **asked).content.decode()
    assert "150" in form and str(year) in form
    assert "把试算的标准登记" not in browse("leader").get("subsidy-budget", **asked).content.decode()
    answer = browse("clerk").get("subsidy-budget-table", **asked)
    rows = list(openpyxl.load_workbook(io.BytesIO(b"".join(answer.streaming_content))).active.values)
    assert "调整后合计" in rows[3] and rows[-1][0] == "合计"


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"monthly_amount": "150", "county_share": "100"}, "三项承担合计 100.00 元，与每月 150.00 元不一致。请核对。"),
        ({"monthly_amount": "-1"}, "金额不能是负数。请核对。"),
        ({"year": "1999"}, "1999"),
    ],
)
def test_what_cannot_be_is_refused_on_the_form(world, standard, browse, given, sentence):
    asked = {"organisation": world.county.pk, "year": date.today().year + 1} | given
    answer = browse("clerk").get("subsidy-budget", **asked)
    assert answer.status_code == 422 and sentence in answer.content.decode()
