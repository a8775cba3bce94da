"""A body moves while a run is computed: its result lies, and is ranked and added up, where the body lies."""

import pytest
from django.db import transaction
from django.db.models import F

from assessments.bodies import parts_of
from assessments.models import AreaResult, BodyResult, Run, Standard
from assessments.services import compute_parts, finish_run, prepare_run, store_parts
from orgs.models import Organisation
from orgs.services import move_organisation
from tests.assessments.facts import AS_OF, YEAR
from tests.two_connections import Other, on_postgresql


@pytest.fixture
def run(county, world) -> Run:
    """The whole province's villages: the village may go from one county to another and stays in the run."""
    area = Organisation.objects.get(pk=world.province.pk)
    standard = Standard.objects.get(code="village_2012")
    return prepare_run(standard=standard, area=area, year=YEAR, as_of=AS_OF, by=None)


def give_away(world, body=None, parent=None):
    return move_organisation(
        organisation=Organisation.objects.get(pk=(body or world.village).pk),
        parent=Organisation.objects.get(pk=(parent or world.other_township).pk),
        by=world.administrator,
        reason="区划调整",
    )


def store(run, computed):
    with transaction.atomic():
        return store_parts(run, computed)


def finish(run):
    with transaction.atomic():
        finish_run(run)


def assert_results_lie_where_bodies_lie(run):
    """The same as of a run that begins after the move, which knows of none."""
    results = BodyResult.objects.filter(run=run)
    assert not results.exclude(org_path=F("organisation__path")).exists()
    assert not AreaResult.objects.filter(run=run).exclude(org_path=F("organisation__path")).exists()
    places = list(results.order_by("organisation").values("organisation", "org_path", "total", "rank_county", "digest"))
    areas = list(AreaResult.objects.filter(run=run).order_by("organisation").values("organisation", "bodies", "items"))
    BodyResult.objects.filter(run=run).delete()
    AreaResult.objects.filter(run=run).delete()
    store(run, compute_parts(run, parts_of(run)))
    finish(run)
    again = results.order_by("organisation").values("organisation", "org_path", "total", "rank_county", "digest")
    assert places == list(again)
    assert areas == list(
        AreaResult.objects.filter(run=run).order_by("organisation").values("organisation", "bodies", "items")
    )


def test_a_body_that_moved_after_it_was_read_is_computed_again_where_it_lies(run, world):
    computed = compute_parts(run, parts_of(run))
    moved = give_away(world)
    scores = store(run, computed)
    finish(run)
    assert moved.path in {score.body.path for score in scores}
    assert BodyResult.objects.get(run=run, organisation=world.village).org_path == moved.path
    assert_results_lie_where_bodies_lie(run)


def test_a_county_that_moved_after_the_run_was_cut_is_computed_where_it_lies(run, world):
    parts = parts_of(run)
    assert world.county.path in {part.path for part in parts}
    moved = give_away(world, body=world.county, parent=world.other_city)
    for part in parts:
        store(run, compute_parts(run, [part]))
    finish(run)
    assert AreaResult.objects.get(run=run, organisation=world.county).org_path == moved.path
    assert_results_lie_where_bodies_lie(run)


@pytest.mark.parametrize("first", ["county", "other_county"])
def test_a_body_that_moves_between_two_parts_is_in_the_run_once(run, world, first):
    parts = sorted(parts_of(run), key=lambda part: part.area != getattr(world, first).pk)
    assert parts[0].area == getattr(world, first).pk and len(parts) > 1
    store(run, compute_parts(run, parts[:1]))
    give_away(world)
    for part in parts[1:]:
        store(run, compute_parts(run, [part]))
    finish(run)
    assert BodyResult.objects.filter(run=run, organisation=world.village).count() == 1
    assert BodyResult.objects.filter(run=run).count() == run.body_count
    assert not BodyResult.objects.filter(run=run).exclude(org_path=F("organisation__path")).exists()


def test_a_body_that_leaves_the_area_is_dropped_though_it_is_the_first_computation(world, county):
    run = prepare_run(standard=Standard.objects.get(code="village_2012"), area=county, year=YEAR, as_of=AS_OF, by=None)
    store(run, compute_parts(run, parts_of(run)))
    give_away(world)
    finish(run)
    assert not BodyResult.objects.filter(run=run, organisation=world.village).exists()
    assert BodyResult.objects.filter(run=run).count() == run.body_count


# --- two connections ----------------------------------------------------------------------------------
@on_postgresql
@pytest.mark.django_db(transaction=True)
def test_results_wait_for_a_move_and_are_written_below_the_new_path(run, world):
    computed = compute_parts(run, parts_of(run))
    with transaction.atomic():
        moved = give_away(world)
        writer = Other(lambda: store(run, computed))
        writer.start()
        state = writer.waits_or_is_done()
    writer.ended()
    finish(run)
    assert state == "waits"
    assert BodyResult.objects.get(run=run, organisation=world.village).org_path == moved.path
    assert_results_lie_where_bodies_lie(run)


@on_postgresql
@pytest.mark.django_db(transaction=True)
def test_a_move_waits_for_results_being_written_and_takes_them_along(run, world):
    with transaction.atomic():
        store_parts(run, compute_parts(run, parts_of(run)))
        mover = Other(lambda: give_away(world))
        mover.start()
        state = mover.waits_or_is_done()
    mover.ended()
    assert state == "waits"
    village = Organisation.objects.get(pk=world.village.pk)
    result = BodyResult.objects.get(run=run, organisation=village)
    assert result.org_path == village.path != world.village.path
