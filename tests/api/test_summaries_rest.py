"""表一 over REST: approved tables, and a body's numbers of any day; numbers only."""

import json
from datetime import date

import pytest

from accounts.models import ApiKey
from ledgers.models import DisabledPerson
from ledgers.summaries.definition import CODES, TOTAL
from ledgers.summaries.past import figures_on
from ledgers.summaries.services import approve_summary, submit_summary, whole_body

DAY = date(2026, 6, 30)


@pytest.fixture
def persons(world):
    return [
        DisabledPerson.objects.create(
            organisation=body, name="雀某某", sex=sex, category="4", grade="2", registered_on=date(2020, 1, 1)
        )
        for body, sex in ((world.village, "1"), (world.village, "2"), (world.other_village, "2"))
    ]


@pytest.fixture
def approved(world, persons):
    waiting = submit_summary(organisation=world.township, day=DAY, by=world.township_member)
    return approve_summary(summary=waiting, by=world.director, version=waiting.version)


def county_key(world):
    return ApiKey.issue(
        name="另一县", organisation=world.other_county, resources=["summaries"], expires_on=date(2030, 1, 1)
    )[1]


def test_approved_tables_are_given_with_all_their_numbers_and_the_digest(ask, world, approved):
    submit_summary(organisation=world.village, day=DAY, by=world.member)
    (row,) = ask("/summaries/").json()["results"]
    assert (row["organisation"], row["as_of"], row["digest"]) == (world.township.pk, "2026-06-30", approved.digest)
    assert {cell["code"]: cell["count"] for cell in row["figures"]} == approved.figures
    assert [cell["code"] for cell in row["figures"]] == list(CODES)
    assert ask("/summaries/", year=2025).json()["results"] == []


def test_the_numbers_of_a_body_and_day_are_those_of_the_page(ask, world, persons):
    row = ask("/summaries/current/", organisation=world.city.pk, as_of=DAY.isoformat()).json()
    figures = figures_on(whole_body(world.city), DAY)
    assert {cell["code"]: cell["count"] for cell in row["figures"]} == figures
    assert figures[TOTAL] == 3


def test_unchanged_people_answer_304_and_one_more_ends_that(ask, world, persons):
    given = {"organisation": world.county.pk, "as_of": DAY.isoformat()}
    etag = ask("/summaries/current/", **given).headers["ETag"]
    assert ask("/summaries/current/", headers={"if-none-match": etag}, **given).status_code == 304
    DisabledPerson.objects.create(organisation=world.village, name="甲", registered_on=date(2026, 1, 1))
    assert ask("/summaries/current/", headers={"if-none-match": etag}, **given).status_code == 200


@pytest.mark.parametrize(
    "given,named",
    [
        ({"organisation": "x"}, "organisation"),
        ({"organisation": "1", "as_of": "2999-01-01"}, "as_of"),
        ({"organisation": "1", "day": "2026-01-01"}, "day"),
    ],
)
def test_a_question_that_cannot_be_is_refused_by_name(ask, world, given, named):
    answer = ask("/summaries/current/", **given)
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["attr"] == named


def test_a_key_reads_its_own_area_only(ask, world, approved):
    key = county_key(world)
    assert ask("/summaries/", key=key).json()["results"] == []
    foreign, missing = (
        ask("/summaries/current/", key=key, organisation=number) for number in (world.county.pk, 99999999)
    )
    assert foreign.status_code == missing.status_code == 400
    assert foreign.content == missing.content
    row = ask("/summaries/current/", key=key, organisation=world.other_county.pk).json()
    assert row["figures"][0] == {"code": "total", "label": "总人数", "count": 1}


def test_without_a_body_the_numbers_are_those_of_the_keys_own(ask, world, persons):
    row = ask("/summaries/current/", key=county_key(world)).json()
    assert (row["organisation"], row["figures"][0]["count"]) == (world.other_county.pk, 1)


def test_no_answer_names_a_person(ask, world, approved):
    for address, given in (("/summaries/", {}), ("/summaries/current/", {"organisation": world.province.pk})):
        assert "雀某某" not in json.dumps(ask(address, **given).json(), ensure_ascii=False)
