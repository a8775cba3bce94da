"""Two people act on one transfer at the same moment: on PostgreSQL, each in a connection of its own."""

import pytest
from django.core.exceptions import ValidationError
from django.db import connection, transaction  # noqa: F401 - asked by the mark

from federation.shared.history import VersionConflict, save_versioned
from ledgers.models import Transfer
from ledgers.transfers import accept_transfer, withdraw_transfer
from tests.ledgers.test_transfers import again, ask
from tests.orgs.test_moves_and_writers import Other, on_postgresql


def race(first, second):
    """`first` in this connection, `second` in another that has to wait; what became of the second."""
    with transaction.atomic():
        first()
        other = Other(second)
        other.start()
        assert other.waits_or_is_done() == "waits"
    other.join(20)
    return other.error


@on_postgresql
@pytest.mark.django_db(transaction=True)
def test_two_who_accept_at_once_move_the_person_once(world, make_person):
    person = make_person(organisation=world.neighbour_village)
    transfer = ask(world, person)
    error = race(
        lambda: accept_transfer(transfer=transfer, by=world.clerk),
        lambda: accept_transfer(transfer=transfer, by=world.leader),
    )
    assert isinstance(error, ValidationError) and "已经办结" in str(error)
    assert (again(transfer).decided_by, again(person).version) == (world.clerk, 2)


@on_postgresql
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("withdrawn_first", [True, False])
def test_accepting_and_withdrawing_at_once_leave_one_answer(world, make_person, withdrawn_first):
    person = make_person(organisation=world.neighbour_village)
    transfer = ask(world, person)
    acts = [
        lambda: withdraw_transfer(transfer=transfer, by=world.member),
        lambda: accept_transfer(transfer=transfer, by=world.clerk),
    ]
    error = race(*(acts if withdrawn_first else acts[::-1]))
    assert isinstance(error, ValidationError)
    assert again(transfer).state == ("withdrawn" if withdrawn_first else "accepted")
    assert again(person).organisation == (world.neighbour_village if withdrawn_first else world.village)


@on_postgresql
@pytest.mark.django_db(transaction=True)
def test_a_form_saved_during_the_acceptance_is_told_of_the_conflict(world, make_person):
    person = make_person(organisation=world.neighbour_village)
    transfer = ask(world, person)
    edited = again(person)
    edited.skills = "编织"
    error = race(
        lambda: accept_transfer(transfer=transfer, by=world.clerk),
        lambda: save_versioned(edited, by=world.neighbour, expected_version=1),
    )
    assert isinstance(error, VersionConflict)
    assert (again(person).organisation, again(person).skills) == (world.village, "")


@on_postgresql
@pytest.mark.django_db(transaction=True)
def test_an_acceptance_during_a_save_keeps_what_was_saved(world, make_person):
    person = make_person(organisation=world.neighbour_village)
    transfer = ask(world, person)
    edited = again(person)
    edited.skills = "编织"
    error = race(
        lambda: save_versioned(edited, by=world.neighbour, expected_version=1),
        lambda: accept_transfer(transfer=transfer, by=world.clerk),
    )
    assert error is None
    assert (again(person).organisation, again(person).skills, again(person).version) == (world.village, "编织", 3)


@on_postgresql
@pytest.mark.django_db(transaction=True)
def test_two_villages_that_ask_at_once_leave_one_request(world, make_person):
    person = make_person(organisation=world.neighbour_village)
    error = race(
        lambda: ask(world, person),
        lambda: ask(world, person, by=world.director, body=world.village_second),
    )
    assert isinstance(error, ValidationError) and Transfer.objects.count() == 1
