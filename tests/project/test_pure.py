"""What runs on one engine only cannot depend on the engine."""

import pytest

from accounts.models import User


def test_a_test_that_asks_for_no_database_is_pure_and_is_refused_it(request):
    assert request.node.get_closest_marker("pure")
    with pytest.raises(RuntimeError, match="Database access not allowed"):
        User.objects.exists()


@pytest.mark.django_db
def test_a_test_that_asks_for_the_database_runs_on_both_engines(request):
    assert not request.node.get_closest_marker("pure")


def test_a_test_whose_fixture_asks_for_the_database_runs_on_both_engines(request, world):
    assert not request.node.get_closest_marker("pure")


@pytest.mark.skipif(False, reason="shows the rule")
def test_a_test_that_is_skipped_somewhere_is_asked_on_both_engines(request):
    assert not request.node.get_closest_marker("pure")
