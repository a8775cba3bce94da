import pytest
from django.urls import reverse

from federation.shared.models import Job
from tests.access.canaries import Aviary
from tests.access.conftest import _standard as make_standard
from tests.access.rows import Place, fill, make
from tests.access.targets import TARGETS

# What the browser tests looked at and found, said at the end of the run.
COUNTS: dict[str, int] = {}


def pytest_terminal_summary(terminalreporter):
    if COUNTS:
        terminalreporter.write_line("frontend: " + ", ".join(f"{name} {COUNTS[name]:,}" for name in sorted(COUNTS)))


def addresses(page, places) -> list[str]:
    """Where a page of tests/access/urls.py stands for the rows of each place."""
    if not page.arguments:
        return [reverse(page.name)]
    target = TARGETS[page.name]
    return [reverse(page.name, kwargs=target.kwargs_for(place, page.arguments)) for place in places.values()]


@pytest.fixture
def aviary():
    return Aviary()


@pytest.fixture
def places(transactional_db, world, aviary):
    """Four bodies of the cast's world, each with one row of every model."""
    standard = make_standard()
    made = {key: Place(key, world.orgs[key]) for key in ("county", "township", "village", "association")}
    for place in made.values():
        fill(place, aviary, standard)
    return made


@pytest.fixture
def furnished(world, places, aviary):
    """The cast's world with the rows of `places`, and a job that runs."""
    running = {"state": Job.State.RUNNING, "requested_by": world.clerk, "total": 9, "done": 2}
    make(Job, places["association"], aviary, kind="access.none", **running)
    return world
