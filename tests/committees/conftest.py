"""What the tests of committee members share with those of bodies, and who is paid."""

from datetime import date

import pytest

from accounts.models import Assignment, User
from committees import services
from committees.models import Appointment
from federation.roles import Role
from tests.committees.bank import card, with_account
from tests.committees.payments import standard_of
from tests.orgs.conftest import browse, engage
from tests.rosters.conftest import Course

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


@pytest.fixture
def people(world, standard, member):
    """Two with accounts: 600 yuan for half a year, and 400."""
    return [
        with_account(member("village", name="王建国"), card(1)),
        with_account(member("neighbour_village", name="李秀英", since=date(2026, 3, 1)), card(2)),
    ]


@pytest.fixture
def course(world, django_capture_on_commit_callbacks):
    """A roster taken through its steps by the county's clerk."""
    return Course(world.clerk, world.county, django_capture_on_commit_callbacks)
