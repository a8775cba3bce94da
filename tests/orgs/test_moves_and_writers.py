"""A body moves while somebody writes for it: the row lies where the body lies, whoever was first."""

from datetime import date

import pytest
from django.db import transaction

from federation.shared.fields import holding_paths, paths_now
from federation.shared.rosters.places_held import held_in_place
from federation.shared.rosters.resource import PreviewOutdated
from ledgers.models import DisabledPerson
from orgs.models import Level, Organisation, Plaque
from orgs.places import Places
from orgs.services import move_organisation
from tests.two_connections import Other, on_postgresql


def give_away(world):
    """The village goes to the other county."""
    return move_organisation(
        organisation=world.village, parent=world.other_township, by=world.administrator, reason="区划调整"
    )


def plaque(body):
    return Plaque.objects.create(organisation=body, hung_on=date(2020, 1, 1))


def path_of(body) -> str:
    return Organisation.objects.get(pk=body.pk).path


def test_a_row_of_a_body_that_was_read_before_the_move_lies_where_the_body_lies(world):
    read_before = Organisation.objects.get(pk=world.village.pk)
    moved = give_away(world)
    assert read_before.path != moved.path
    assert plaque(read_before).org_path == moved.path
    rows = Plaque.objects.bulk_create([Plaque(organisation=read_before, hung_on=date(2021, 1, 1))])
    assert rows[0].org_path == moved.path
    assert set(Plaque.objects.values_list("org_path", flat=True)) == {moved.path}


def test_a_row_saved_again_after_the_move_stays_with_its_body(world):
    row = plaque(world.village)
    stale = Plaque.objects.select_related("organisation").get(pk=row.pk)
    moved = give_away(world)
    stale.note = "换新"
    stale.save()
    assert Plaque.objects.get(pk=row.pk).org_path == moved.path


def test_the_paths_of_many_rows_are_asked_for_once(world, django_assert_num_queries):
    bodies = [world.village, world.village_second, world.township]
    with transaction.atomic(), django_assert_num_queries(2), holding_paths(Organisation, [body.pk for body in bodies]):
        Plaque.objects.bulk_create(
            [Plaque(organisation=body, hung_on=date(2020, 1, day)) for body in bodies for day in range(1, 29)]
        )
    assert set(Plaque.objects.values_list("org_path", flat=True)) == {body.path for body in bodies}


def test_a_roster_is_compared_again_where_a_body_was_moved_since_its_places_were_read(world):
    class Rows:
        places = [world.village.pk, None, world.village_second.pk]

    places = Places(Organisation.objects.under(world.county.path), (Level.VILLAGE,))
    with held_in_place(Rows, places):
        pass
    give_away(world)
    with pytest.raises(PreviewOutdated), held_in_place(Rows, places):
        raise AssertionError("rows would be written below the old path")


# --- two connections ----------------------------------------------------------------------------------


@on_postgresql
@pytest.mark.django_db(transaction=True)
def test_a_writer_during_a_move_waits_for_it_and_writes_below_the_new_path(world):
    def write():
        with transaction.atomic():
            plaque(world.village)

    with transaction.atomic():
        give_away(world)
        writer = Other(write)
        writer.start()
        state = writer.waits_or_is_done()
    writer.ended()
    assert state == "waits"
    assert Plaque.objects.get().org_path == path_of(world.village) != world.village.path


@on_postgresql
@pytest.mark.django_db(transaction=True)
def test_a_move_waits_for_who_writes_and_takes_the_row_along(world):
    with transaction.atomic():
        plaque(world.village)
        mover = Other(lambda: give_away(world))
        mover.start()
        state = mover.waits_or_is_done()
    mover.ended()
    assert state == "waits"
    assert Plaque.objects.get().org_path == path_of(world.village) != world.village.path


@on_postgresql
@pytest.mark.django_db(transaction=True)
def test_a_move_waits_for_a_roster_that_is_being_written(world):
    class Rows:
        places = [world.village.pk, world.village_second.pk]

    places = Places(Organisation.objects.under(world.county.path), (Level.VILLAGE,))
    with transaction.atomic(), held_in_place(Rows, places):
        mover = Other(lambda: give_away(world))
        mover.start()
        state = mover.waits_or_is_done()
        for pk in Rows.places:
            person = DisabledPerson(organisation_id=pk, name="甲", registered_on=date(2026, 1, 1), category="4")
            person.save()
    mover.ended()
    assert state == "waits"
    for person in DisabledPerson.objects.select_related("organisation"):
        assert person.org_path == person.organisation.path


@on_postgresql
@pytest.mark.django_db(transaction=True)
def test_writers_for_the_same_body_do_not_wait_for_each_other(world):
    def write():
        with transaction.atomic():
            plaque(world.village)

    with transaction.atomic():
        assert paths_now(Organisation, [world.village.pk]) == {world.village.pk: world.village.path}
        plaque(world.village)
        writer = Other(write)
        writer.start()
        state = writer.waits_or_is_done()
    writer.ended()
    assert state == "done"
