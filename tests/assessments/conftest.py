"""A seeded county full of edge days, and the shipped standards."""

import pytest
from django.core.management import call_command

from tests.assessments.facts import AS_OF, build_county


@pytest.fixture
def standards(db):
    call_command("load_standards", verbosity=0)


@pytest.fixture
def as_of():
    return AS_OF


@pytest.fixture(params=[1, 2])
def seeded(request, world, standards):
    """The cast's county filled from a seed; tests that take it run once per seed."""
    return build_county(world, seed=request.param)


@pytest.fixture
def county(world, standards):
    """The same with one seed, for tests that do not care which."""
    return build_county(world, seed=7)
