"""Trainings over REST: the figures of an area and a year, no person, nothing outside the key's body."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from accounts.models import ApiKey
from committees.models import TrainingAttendance
from committees.services import training
from tests.committees.conftest import engage, member  # noqa: F401 - fixtures
from tests.committees.trainings import register, session_of, target_of, was_at

YEAR = 2026


@pytest.fixture
def people(world, member):  # noqa: F811
    """Two members of the cast's township, one of the neighbour's; the county's session had two of them."""
    first, second, third = (
        member(place, name=f"甲某{place}").tenure for place in ("village", "village_second", "neighbour_village")
    )
    session = session_of(world)
    was_at(session, world.clerk, first, third)
    was_at(session, world.clerk, second, outcome="absent")
    return first, second, third


@pytest.fixture
def county_key(world):
    return ApiKey.issue(name="县财政", organisation=world.county, resources=["trainings"], expires_on=date(2030, 1, 1))[
        1
    ]


def row_of(answer, body):
    return next(row for row in answer.json()["results"] if row["organisation"] == body.pk)


def members_of(row):
    return next(each for each in row["audiences"] if each["audience"] == "member")


def figures(row):
    return tuple(row[name] for name in ("sessions", "registered", "attended", "persons", "hours"))


def test_figures_are_told_area_by_area_without_a_person(ask, world, people, county_key):
    target_of(world, "township", 2)
    answer = ask("/trainings/", key=county_key, year=YEAR)
    county, township = row_of(answer, world.county), row_of(answer, world.township)
    assert figures(county) == (1, 3, 2, 2, "12.0")
    # The host is above: none of the township's own, but its people were there.
    assert figures(township) == (0, 2, 1, 1, "6.0")
    told = ("people", "wanted", "completed", "done", "once", "rate")
    assert tuple(members_of(county)[name] for name in told) == (3, 5, 2, 1, 2, "0.3333")
    assert tuple(members_of(township)[name] for name in told) == (2, 4, 1, 0, 1, "0.0000")
    assert row_of(answer, world.neighbour_township)["audiences"][0]["rate"] is None
    assert "甲某" not in answer.content.decode()


def test_hours_of_ones_own_and_two_trainings_of_one_person(ask, world, people, county_key):
    again = session_of(world, title="第二期", hours=4, on=date(2026, 5, 10))
    was_at(again, world.clerk, people[0])
    TrainingAttendance.objects.filter(session=again).update(hours=Decimal("3.5"))
    row = row_of(ask("/trainings/", key=county_key, year=YEAR), world.county)
    assert figures(row) == (2, 4, 3, 2, "15.5")


def test_cancelled_and_planned_sessions_and_other_years(ask, world, people, county_key):
    planned = session_of(world, title="待办", on=timezone.localdate() + timedelta(days=1))
    register(planned, world.clerk, people[1])
    off = session_of(world, title="取消", on=date(2026, 6, 1))
    register(off, world.clerk, people[1])
    training.cancel_session(session=off, reason="改期", by=world.clerk)
    row = row_of(ask("/trainings/", key=county_key, year=YEAR), world.county)
    assert figures(row)[:3] == (1, 4, 2)
    before = row_of(ask("/trainings/", key=county_key, year=2025), world.county)
    assert figures(before) == (0, 0, 0, 0, "0.0") and members_of(before)["people"] == 3


def test_who_was_not_in_post_at_the_end_of_a_past_year_is_not_asked_for_then(ask, world, member, county_key):  # noqa: F811
    member("village", since=date(2026, 1, 1))
    for place in ("village_second", "neighbour_village"):
        member(place, until=date(2025, 12, 31))
    for year, number in ((2025, 2), (2026, 1)):
        assert members_of(row_of(ask("/trainings/", key=county_key, year=year), world.county))["people"] == number


def test_a_key_reads_nothing_outside_its_body(ask, world, people, county_key):
    seen = {row["organisation"] for row in ask("/trainings/", key=county_key, year=YEAR).json()["results"]}
    assert world.county.pk in seen
    assert not seen & {world.city.pk, world.province.pk, world.other_county.pk}
    # A township's key is not told of the session that the county invites to.
    key = ApiKey.issue(name="镇", organisation=world.township, resources=["trainings"], expires_on=date(2030, 1, 1))[1]
    (row,) = ask("/trainings/", key=key, year=YEAR).json()["results"]
    assert figures(row) == (0, 2, 1, 1, "6.0")
    other = ApiKey.issue(name="无", organisation=world.county, resources=["rates"], expires_on=date(2030, 1, 1))[1]
    assert ask("/trainings/", key=other, year=YEAR).json().get("results", []) == []


def test_an_unchanged_year_answers_304_until_something_counts(ask, world, people, county_key):
    def etag():
        answer = ask("/trainings/", key=county_key, year=YEAR)
        again = ask("/trainings/", key=county_key, year=YEAR, headers={"if-none-match": answer.headers["ETag"]})
        assert again.status_code == 304
        return answer.headers["ETag"]

    seen = [etag()]
    # Laid down above the key's body, it counts below.
    target_of(world, "city", 2)
    seen.append(etag())
    row = TrainingAttendance.objects.filter(presence="absent").get()
    training.record_attendance(session=row.session, outcomes={row.pk: ("attended", row.version)}, by=world.clerk)
    seen.append(etag())
    people[0].ended_on = timezone.localdate() - timedelta(days=1)
    people[0].save()
    seen.append(etag())
    assert len(set(seen)) == 4


def test_queries_do_not_grow_with_the_areas(ask, world, people, county_key, django_assert_max_num_queries):
    for key in (county_key, world.machine_key):
        with django_assert_max_num_queries(16):
            assert ask("/trainings/", key=key, year=YEAR).status_code == 200


@pytest.mark.parametrize("year", ["1999", "2999", "zwei", "20260"])
def test_a_year_that_cannot_be_is_refused_by_name(ask, world, county_key, year):
    answer = ask("/trainings/", key=county_key, year=year)
    assert answer.status_code == 400 and answer.json()["errors"][0]["attr"] == "year"
