"""The board of vacancies: by area, who acts meanwhile, and days as the assessment counts them."""

import random
from collections import Counter
from datetime import date, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from federation.shared.metrics import Window
from orgs.models import Deputyship, Organisation
from orgs.open_vacancies import vacancies_of, vacancies_on
from orgs.vacancies import gaps_between, vacant_gaps, vacant_since
from orgs.vacancy_areas import vacancies_by_area
from tests.conftest import TODAY

DAY = timedelta(days=1)


@pytest.fixture
def gaps(engage):
    engage("township", "director", until=TODAY - 30 * DAY)
    engage("village", "committee_member", name="丙丁")
    engage("village_second", "committee_member", until=TODAY - 90 * DAY, name="戊己")
    engage("neighbour_village", "association_chair", until=TODAY - 5 * DAY, name="庚辛")


@pytest.mark.parametrize("post", ["", "director", "committee_member"])
@pytest.mark.parametrize("longer_than", [0, 60])
def test_the_sums_by_area_are_those_of_the_single_vacancies(world, gaps, post, longer_than):
    area = Organisation.objects.get(pk=world.county.pk)
    bodies = Organisation.objects.under(area.path)
    each = [one for one in vacancies_on(TODAY, area.path) if post in ("", one.post)]
    each = [one for one in each if not longer_than or (one.days or 0) > longer_than]
    width = len(area.path) + Organisation.steplen
    expected = Counter(one.organisation.path[:width] for one in each)
    found = vacancies_by_area(bodies, area, TODAY, post=post, longer_than=longer_than)
    assert {one.organisation.path: one.total for one in found} == dict(expected)
    for one in found:
        mine = [single for single in each if single.organisation.path[:width] == one.organisation.path]
        assert one.members == sum(single.post == "committee_member" for single in mine)
        assert one.days == max(single.days for single in mine)
        assert one.is_own == (one.organisation.pk == area.pk)


def test_the_number_of_questions_does_not_grow_with_the_area(world, gaps):
    def asked(key):
        area = Organisation.objects.get(pk=world.orgs[key].pk)
        with CaptureQueriesContext(connection) as queries:
            vacancies_by_area(Organisation.objects.under(area.path), area, TODAY)
        return len(queries)

    assert asked("province") == asked("township")


def test_the_board_names_the_areas_and_leads_down(browse, world, gaps):
    page = browse("clerk").get("vacancy-list")
    table = page.context["by_area"]
    assert "会宁县的空缺，按下级机构" in page.content.decode()
    first = table.rows[0]["cells"][0]
    assert f"area={world.township.pk}" in first["url"] or f"area={world.neighbour_township.pk}" in first["url"]
    below = browse("clerk").get("vacancy-list", area=world.township.pk, post="committee_member")
    names = [row["cells"][0]["value"] for row in below.context["by_area"].rows]
    assert "西山村" in names and "东山村" not in names
    # A village has nothing below it.
    assert browse("member").get("vacancy-list").context["by_area"] is None


def test_who_acts_in_a_vacant_post_stands_beside_it(browse, world, gaps, engage):
    today = timezone.localdate()
    acting = engage("village", "association_chair", name="壬癸").worker
    Deputyship.objects.create(
        organisation=world.village_second, post="committee_member", worker=acting, started_on=today - 5 * DAY,
        ended_on=today + 5 * DAY, reason="待聘",
    )  # fmt: skip
    page = browse("clerk").get("vacancy-list", area=world.village_second.pk, post="committee_member")
    (row,) = page.context["table"].rows
    assert "壬癸（至" in str(row["cells"][-1]["value"])
    assert str((today - (TODAY - 90 * DAY)).days) in str(row["cells"][4]["value"])


# --- one rule of days ---------------------------------------------------------------------------------


def test_the_board_counts_the_days_that_the_assessment_counts(world, engage):
    """A post that fell vacant this year: the days of its gap in the assessment are those of the board."""
    engage("township", "director", until=date(2026, 3, 31))
    engage("village", "committee_member", until=date(2026, 5, 5), name="乙")
    window = Window(2026, TODAY)
    for key, post in (("township", "director"), ("village", "committee_member")):
        body = Organisation.objects.get(pk=world.orgs[key].pk)
        (gap,) = (each for each in vacant_gaps([body], window)[body.pk] if each.post == post)
        (shown,) = vacancies_of([body], TODAY, post=post)
        assert (gap.started_on, gap.days) == (shown.since, shown.days)


def test_since_when_a_post_is_vacant_is_where_the_last_gap_begins():
    draw = random.Random(7)  # noqa: S311 - repeatable days
    begin, end = date(2015, 1, 1), TODAY
    compared = 0
    for _ in range(2000):
        tenures, day = [], begin + draw.randint(0, 900) * DAY
        for _each in range(draw.randint(0, 5)):
            last = day + draw.randint(0, 900) * DAY
            tenures.append((day, last))
            day += draw.randint(0, 1200) * DAY
        tenures = [each for each in tenures if each[0] <= end]
        if any(last >= end for _first, last in tenures):
            continue
        compared += 1
        assert gaps_between(tenures, begin, end)[-1] == (
            vacant_since(max((e for _s, e in tenures), default=None), begin),
            end,
        )
    assert compared > 500
