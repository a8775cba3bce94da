"""The demonstration has households, people on their way in both directions, and a file made twice."""

import pytest

from accounts.models import User
from federation.demo import world
from ledgers.duplicates import LIKENESSES, read_groups
from ledgers.households import with_counts
from ledgers.models import DisabledPerson, Household, Transfer
from ledgers.transfers import waiting_for

pytestmark = pytest.mark.django_db


def test_the_demonstration_shows_households_transfers_and_a_suspected_duplicate():
    world.build(persons=20)
    today = DisabledPerson.objects.first().updated_at.date()
    households = with_counts(Household.objects.all(), today)
    assert any(row.disabled >= 2 and row.is_elderly for row in households)
    village = User.objects.get(username="village").home_organisation
    directions = {(row.organisation == village, row.asked_by_receiver) for row in Transfer.objects.open()}
    assert directions == {(True, False), (False, True), (True, True)}
    director = User.objects.get(username="director")
    assert waiting_for(director).count() == 1
    rows = DisabledPerson.objects.visible_to(director)
    assert read_groups(rows, LIKENESSES["born"], 1, "?").groups
