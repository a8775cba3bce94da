import pytest

from federation.shared.models import Job
from tests.access.canaries import Aviary
from tests.access.conftest import _standard as make_standard
from tests.access.rows import Place, fill, make


@pytest.fixture
def furnished(transactional_db, world):
    """The cast's world with one row of every model at four of its bodies, and a job that runs."""
    aviary, standard = Aviary(), make_standard()
    for key in ("county", "township", "village", "association"):
        place = Place(key, world.orgs[key])
        fill(place, aviary, standard)
    make(Job, place, aviary, kind="access.none", state=Job.State.RUNNING, requested_by=world.clerk, total=9, done=2)
    return world
