"""What the tests of committee members share with those of bodies, and who is paid."""

from datetime import date

import pytest

from accounts.models import Assignment, User
from committees import services
from committees.models import Appointment
from federation.roles import Role
from tests.committees.payments import standard_of
from tests.orgs.conftest import browse, engage

__all__ = ["browse", "engage"]


@pytest.fixture
def checker(world):
    user = User.objects.create_user("second_clerk", password="x", display_name="钱复核")
    Assignment.objects.create(user=user, role=Role.COUNTY_CLERK, organisation=world.county, since=date(2020, 1, 1))
    return user


@pytest.fixture
def member(world, engage):
    """Somebody engaged at a body: `member("village")`."""
    serial = iter(range(1, 400))

    def make(place, *, since=date(2020, 1, 1), until=None, name=None, worker=None, role="village_member", **more):
        number = next(serial)
        tenure = engage(
            place, "committee_member", name=name or f"委员{number}", since=since, until=until, worker=worker,
        )  # fmt: skip
        return Appointment.objects.create(tenure=tenure, organisation=tenure.organisation, role=role, **more)

    return make


@pytest.fixture
def standard(world):
    return services.record_standard(standard=standard_of(world), by=world.clerk)
