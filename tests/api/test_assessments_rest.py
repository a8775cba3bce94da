"""Runs, results, compliance and rates over REST."""

import json
from datetime import date

import pytest
from django.core.management import call_command

from accounts.models import ApiKey
from assessments.models import AreaResult, BodyResult, Run, Standard
from assessments.services import compute_now, prepare_run, publish_run, review_run
from federation.shared.metrics import Window, compute
from orgs.metrics import THREE_HUNDRED_PERCENTS
from orgs.models import Plaque

DAY = date(2026, 10, 31)


@pytest.fixture
def run(world):
    """九有 of the county, computed from a plaque in one of the two townships."""
    call_command("load_standards", verbosity=0)
    Plaque.objects.create(organisation=world.township, hung_on=date(2015, 1, 1))
    standard = Standard.objects.get(code="nine_haves_2012")
    return compute_now(prepare_run(standard=standard, area=world.county, year=2026, as_of=DAY, by=world.clerk))


@pytest.fixture
def other_key(world):
    return ApiKey.issue(
        name="另一县",
        organisation=world.other_county,
        resources=["runs", "results", "compliance", "rates"],
        expires_on=date(2030, 1, 1),
    )[1]


def test_a_computed_run_is_given_with_its_state_and_changes_when_it_is_published(ask, world, run):
    (row,) = ask("/runs/").json()["results"]
    assert (row["id"], row["standard"], row["state"]) == (run.pk, "nine_haves_2012", "computed")
    etag = ask("/results/").headers["ETag"]
    since = ask("/results/").json()["results"][0]["updated_at"]
    publish_run(run=review_run(run=run, by=world.clerk), by=world.leader)
    assert ask(f"/runs/{run.pk}/").json()["state"] == "published"
    again = ask("/results/", headers={"if-none-match": etag})
    assert again.status_code == 200
    assert {each["state"] for each in again.json()["results"]} == {"published"}
    assert len(ask("/results/", changed_since=since).json()["results"]) == 2


def test_a_run_without_results_is_not_given(ask, world, run):
    Run.objects.filter(pk=run.pk).update(state=Run.State.PLANNED)
    for address in ("/runs/", "/results/", "/compliance/"):
        assert ask(address).json()["results"] == []
    assert ask(f"/runs/{run.pk}/").status_code == 404


def test_a_result_carries_every_item_with_points_and_reason(ask, world, run):
    rows = ask("/results/", run=run.pk).json()["results"]
    assert {row["organisation"] for row in rows} == {world.township.pk, world.neighbour_township.pk}
    row = next(each for each in rows if each["organisation"] == world.township.pk)
    stored = BodyResult.objects.get(run=run, organisation=world.township)
    assert {item["code"]: item["state"] for item in row["items"]} == {
        code: cell["s"] for code, cell in stored.items.items()
    }
    assert row["met"] == stored.met == 1
    assert any(item["reason"] for item in row["items"] if item["state"] == "no")


def test_compliance_counts_the_bodies_that_meet_each_item(ask, world, run):
    (row,) = [each for each in ask("/compliance/").json()["results"] if each["organisation"] == world.county.pk]
    stored = AreaResult.objects.get(run=run, organisation=world.county)
    assert (row["bodies"], row["complete"]) == (2, 0)
    assert {item["code"]: item["met"] for item in row["items"]} == {
        code: pair[0] for code, pair in stored.items.items()
    }
    assert sum(item["met"] for item in row["items"]) == 1


def test_rates_equal_the_metrics_of_the_same_day(ask, world, run):
    rows = ask("/rates/", as_of=DAY.isoformat()).json()["results"]
    row = next(each for each in rows if each["organisation"] == world.county.pk)
    figures = compute(THREE_HUNDRED_PERCENTS, [world.county], Window(2026, DAY))
    for rate in row["rates"]:
        figure = figures.of(rate["metric"], world.county)
        assert (rate["numerator"], rate["denominator"]) == (figure.numerator, figure.denominator)
    assert len(row["rates"]) == 3


@pytest.mark.parametrize("day", ["2999-01-01", "0001-01-01", "today", "2026-13-01"])
def test_a_day_of_rates_that_cannot_be_is_refused_by_name(ask, world, day):
    response = ask("/rates/", as_of=day)
    assert response.status_code == 400
    assert response.json()["errors"][0]["attr"] == "as_of"


def test_rates_of_an_unchanged_day_answer_304_and_a_new_post_ends_that(ask, world, run):
    from orgs.models import Post, Tenure, Worker

    etag = ask("/rates/").headers["ETag"]
    assert ask("/rates/", headers={"if-none-match": etag}).status_code == 304
    Tenure.objects.create(
        organisation=world.village,
        worker=Worker.objects.create(name="甲"),
        post=Post.ASSOCIATION_CHAIR,
        started_on=date(2020, 1, 1),
    )
    assert ask("/rates/", headers={"if-none-match": etag}).status_code == 200


def test_a_key_of_another_county_reads_none_of_it(ask, world, run, other_key):
    for address in ("/runs/", "/results/", "/compliance/"):
        assert ask(address, key=other_key).json()["results"] == []
    assert ask(f"/runs/{run.pk}/", key=other_key).status_code == 404
    rows = ask("/rates/", key=other_key).json()["results"]
    assert {row["organisation"] for row in rows} == {
        world.other_county.pk,
        world.other_township.pk,
        world.other_neighbour_township.pk,
    }


def test_no_answer_names_a_person(ask, world, run):
    from orgs.models import Post, Tenure, Worker

    worker = Worker.objects.create(name="雀某某", id_number="629999198001010017", phone="19900000017")
    for body, post in ((world.township, Post.DIRECTOR), (world.village, Post.COMMITTEE_MEMBER)):
        Tenure.objects.create(organisation=body, worker=worker, post=post, started_on=date(2020, 1, 1))
    compute_now(run)
    for address in ("/runs/", "/results/", "/compliance/", "/rates/", "/organisations/"):
        text = json.dumps(ask(address).json(), ensure_ascii=False)
        assert "雀某某" not in text
        assert "0017" not in text


@pytest.mark.parametrize("address", ["/runs/", "/results/", "/compliance/", "/rates/"])
def test_lists_take_the_same_number_of_queries_for_more_rows(ask, world, run, address):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    ask(address)
    counts = []
    for size in (1, 100):
        with CaptureQueriesContext(connection) as queries:
            assert ask(address, page_size=size).status_code == 200
        counts.append(len(queries))
    # Rates take one query a depth of the tree: provinces, cities, counties, townships.
    assert counts[1] <= counts[0] + (12 if address == "/rates/" else 0)
