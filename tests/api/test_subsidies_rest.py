"""Subsidies over REST: the figures of an area and a year, no person, nothing outside the key's body."""

from datetime import date
from decimal import Decimal

import pytest

from accounts.models import ApiKey, Assignment, User
from committees import services
from committees.models import Appointment, SubsidyLine
from federation.roles import Role
from orgs.models import Tenure, Worker
from tests.committees.payments import approved, batch_of, standard_of

YEAR = 2026


@pytest.fixture
def batch(world):
    """Two members of the county, one of them in the township, paid for half a year; one batch approved."""
    services.record_standard(standard=standard_of(world), by=world.clerk)
    checker = User.objects.create_user("second_clerk", password="x", display_name="钱复核")
    Assignment.objects.create(user=checker, role=Role.COUNTY_CLERK, organisation=world.county, since=date(2020, 1, 1))
    for number, place in enumerate(("village", "neighbour_village")):
        tenure = Tenure.objects.create(
            organisation=world.orgs[place], worker=Worker.objects.create(name=f"甲某{number}"),
            post="committee_member", started_on=date(2020, 1, 1),
        )  # fmt: skip
        Appointment.objects.create(tenure=tenure, organisation=tenure.organisation, role="village_member")
    return approved(world, batch_of(world), checker)


@pytest.fixture
def county_key(world):
    return ApiKey.issue(name="县财政", organisation=world.county, resources=["subsidies"], expires_on=date(2030, 1, 1))[
        1
    ]


def row_of(answer, body):
    return next(row for row in answer.json()["results"] if row["organisation"] == body.pk)


def test_figures_equal_the_batch_area_by_area_without_a_person(ask, world, batch, county_key):
    answer = ask("/subsidies/", key=county_key, year=YEAR)
    row = row_of(answer, world.county)
    assert (row["members"], row["months"], Decimal(row["amount"])) == (2, 12, batch.total_amount)
    assert Decimal(row["county_amount"]) == batch.county_total and row["arrived"] == "0.00"
    township = row_of(answer, world.township)
    assert (township["members"], township["months"], township["amount"]) == (1, 6, "600.00")
    assert "甲某" not in answer.content.decode()
    assert {each["year"] for each in answer.json()["results"]} == {YEAR}


def test_a_key_reads_nothing_outside_its_body(ask, world, batch, county_key):
    seen = {row["organisation"] for row in ask("/subsidies/", key=county_key, year=YEAR).json()["results"]}
    assert world.county.pk in seen
    assert not seen & {world.city.pk, world.province.pk, world.other_county.pk}
    other = ApiKey.issue(name="无", organisation=world.county, resources=["rates"], expires_on=date(2030, 1, 1))[1]
    assert ask("/subsidies/", key=other, year=YEAR).json().get("results", []) == []


def test_an_unchanged_year_answers_304_until_the_money_arrives(ask, world, batch, county_key):
    etag = ask("/subsidies/", key=county_key, year=YEAR).headers["ETag"]
    again = {"key": county_key, "headers": {"if-none-match": etag}, "year": YEAR}
    assert ask("/subsidies/", **again).status_code == 304
    services.pay_batch(batch=batch, by=world.clerk, on=date.today(), reference="凭证 1")
    answer = ask("/subsidies/", **again)
    assert answer.status_code == 200 and row_of(answer, world.county)["arrived"] == "1200.00"


def test_what_came_back_and_is_given_up_counts_no_more(ask, world, batch, county_key):
    line = batch.lines.first()
    SubsidyLine.objects.filter(pk=line.pk).update(outcome="failed")
    SubsidyLine.objects.filter(pk=line.pk).update(outcome="given_up")
    row = row_of(ask("/subsidies/", key=county_key, year=YEAR), world.county)
    assert (row["members"], row["amount"]) == (1, "600.00")


@pytest.mark.parametrize("year", ["1999", "2999", "zwei", "20260"])
def test_a_year_that_cannot_be_is_refused_by_name(ask, world, county_key, year):
    answer = ask("/subsidies/", key=county_key, year=year)
    assert answer.status_code == 400 and answer.json()["errors"][0]["attr"] == "year"
