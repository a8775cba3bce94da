"""The grid: the cast, one row of each model at every body, and an independent account of who may see what."""

import contextlib
import itertools
import os
import uuid
from datetime import date, timedelta

import pytest
from django.apps import apps
from django.core.management import call_command
from django.db import transaction
from django.test import override_settings
from django.utils import timezone

from accounts.models import ApiKey, Assignment, User
from federation.roles import API_RESOURCES, Role
from federation.shared.history import save_versioned
from ledgers.models import DisabledPerson
from orgs.models import Organisation
from orgs.services import move_organisation
from tests.access.canaries import Aviary
from tests.access.grid import Grid, Subject
from tests.access.rows import Owner, Place, fill, make
from tests.conftest import build_world

# ACCESS_FULL=1 asks also for the relations and subjects that cannot make a difference: for a night, or before a
# release.
FULL = bool(os.environ.get("ACCESS_FULL"))

DISSOLVED = "旧机构"
COUNTS: dict[str, int] = {}


def count(name: str, amount: int = 1):
    COUNTS[name] = COUNTS.get(name, 0) + amount


def pytest_terminal_summary(terminalreporter):
    if COUNTS:
        terminalreporter.write_line("access: " + ", ".join(f"{name} {COUNTS[name]:,}" for name in sorted(COUNTS)))


def build_grid() -> Grid:
    world = build_world()
    _add_bodies(world)
    grid = Grid(world, Aviary())
    for key, body in world.orgs.items():
        number = grid.aviary.adopt(None)
        Organisation.objects.filter(pk=body.pk).update(
            address=grid.aviary.text(number, "址"), phone=grid.aviary.text(number, "话")
        )
        body = Organisation.objects.get(pk=body.pk)
        grid.above[body.pk] = [each.pk for each in body.get_ancestors()]
        grid.key_of[body.pk] = key
        grid.places[key] = Place(key, body)
        grid.aviary.owners[number] = Owner(Organisation, body.pk, body)
    standard = _standard()
    for place in grid.places.values():
        fill(place, grid.aviary, standard)
    _move_yesterday(grid)
    _say_whose_accounts(grid)
    _subjects(grid)
    if FULL:
        _subjects_without_office(grid)
    return grid


def _add_bodies(world):
    """A county of the other city, and a village that will be given to the other county."""
    county = {"name": "静宁县残疾人联合会", "short_name": "静宁县", "level": 3, "body_kind": "federation"}
    village = {"name": "北坡村残疾人协会", "short_name": "北坡村", "level": 5, "body_kind": "village_association"}
    for key, parent, fields in (
        ("far_county", world.other_city, county | {"code": "620526000000"}),
        ("moved_village", world.township, village | {"code": "620422100202", "place_kind": "village"}),
    ):
        parent = Organisation.objects.get(pk=parent.pk)
        world.orgs[key] = Organisation.objects.add_child(parent, fields | {"established_on": date(2010, 1, 1)})


def _say_whose_accounts(grid):
    """Members are workers of their body: the own page shows rows of theirs, and nobody else's."""
    for name, key in (("member", "village"), ("neighbour", "neighbour_village"), ("township_member", "township")):
        user = grid.world.users[name]
        user.worker = grid.places[key].worker
        user.save()


def _move_yesterday(grid):
    """A village went to the other county, and a person to another village: what they left sees them no more."""
    world = grid.world
    place = grid.places["moved_village"]
    grid.left_by_village = set(grid.above[place.organisation.pk]) - {world.city.pk, world.province.pk}
    place.organisation = move_organisation(
        organisation=place.organisation, parent=world.other_township, by=world.administrator, reason="区划调整"
    )
    grid.above[place.organisation.pk] = [each.pk for each in place.organisation.get_ancestors()]
    for row in place.rows.values():
        if hasattr(row, "refresh_from_db"):
            row.refresh_from_db()

    left = grid.places["village_second"]
    person = make(DisabledPerson, left, grid.aviary)
    grid.left_by_person = {left.organisation.pk, world.township.pk, world.county.pk}
    now = grid.places["other_village"]
    person.organisation = now.organisation
    save_versioned(person, by=world.administrator)
    owner = next(owner for owner in grid.aviary.owners if owner is not None and owner.row is person)
    owner.body = now.organisation.pk
    grid.moved_person = Place(now.key, now.organisation, now.rows | {"disabledperson": person})


def _standard():
    call_command("load_standards", verbosity=0)
    return apps.get_model("assessments", "Standard").objects.get(code="township_2012")


def _subjects(grid):
    world = grid.world
    grid.subjects["anonymous"] = Subject("anonymous")
    for name, user in world.users.items():
        held = [(each.role, each.organisation_id) for each in user.assignments.all()]
        anchor = grid.key_of[held[0][1]] if held else ""
        grid.subjects[name] = Subject(name, user, anchor=anchor, assignments=held)
    for name, key in (("machine", "province"), ("county_machine", "county")):
        place = grid.places[key]
        grid.subjects[name] = Subject(
            name, secret=place.secret, anchor=key, assignments=[("machine", place.organisation.pk)]
        )
    _out_of_office(grid, "disabled", Role.COUNTY_CLERK, "county", "disabled")
    _out_of_office(grid, "assignment ended", Role.COUNTY_CLERK, "county", "ended")
    _out_of_office(grid, "of a dissolved body", Role.COUNTY_CLERK, "county", "dissolved")
    county = grid.places["county"].organisation
    for name, values in (("disabled key", {"is_active": False}), ("expired key", {"expires_on": date(2026, 1, 1)})):
        fields = {"name": name, "organisation": county, "resources": list(API_RESOURCES)}
        key, secret = ApiKey.issue(**{**fields, "expires_on": date(2030, 1, 1)})
        ApiKey.objects.filter(pk=key.pk).update(**values)
        grid.subjects[name] = Subject(name, secret=secret, anchor="county", is_disabled=True)
    gone = Organisation.objects.filter(name=DISSOLVED).first()
    _key, secret = ApiKey.issue(
        name="of a dissolved body", organisation=gone, resources=list(API_RESOURCES), expires_on=date(2030, 1, 1)
    )
    grid.subjects["key of a dissolved body"] = Subject(
        "key of a dissolved body", secret=secret, anchor="county", is_disabled=True
    )


def _out_of_office(grid, name, role, key, why):
    """Somebody who held `role` at the body `key` and holds nothing today: disabled, its time over, its body gone."""
    user = User.objects.create_user(f"out-{len(grid.subjects)}", display_name="离任")
    body = grid.places[key].organisation
    ended = {"until": timezone.localdate() - timedelta(days=1)} if why == "ended" else {}
    if why == "dissolved":
        # A body beside the living one that was abolished.
        parent = Organisation.objects.get_parent(body) or body
        fields = {"name": DISSOLVED, "level": body.level, "body_kind": body.body_kind, "abolished_on": date(2020, 1, 1)}
        body = Organisation.objects.add_child(Organisation.objects.get(pk=parent.pk), fields)
    Assignment.objects.create(user=user, role=role, organisation=body, since=date(2015, 1, 1), **ended)
    User.objects.filter(pk=user.pk).update(is_active=why != "disabled")
    grid.subjects[name] = Subject(name, user, anchor=key, is_disabled=why == "disabled")


def _subjects_without_office(grid):
    """Each role once more as somebody who holds nothing any more, in turn for one of the three reasons."""
    roles = {subject.assignments[0][0]: subject.anchor for subject in grid.subjects.values() if subject.is_logged_in
             and subject.assignments}  # fmt: skip
    for (role, key), why in zip(sorted(roles.items()), itertools.cycle(("disabled", "ended", "dissolved"))):
        _out_of_office(grid, f"{role}, {why}", role, key, why)


@contextlib.contextmanager
def rolled_back():
    """What happens inside is undone. Marked as Django marks its own test transactions, so that code which must
    not run inside another transaction (durable) still runs."""
    block = transaction.atomic()
    block._from_testcase = True
    with block:
        yield
        transaction.set_rollback(True)


@contextlib.contextmanager
def kept_for_a_module(blocker):
    """What is built inside stands for a whole module and is undone then; each test works in a savepoint of it."""
    hashers = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    with blocker.unblock(), override_settings(PASSWORD_HASHERS=hashers), rolled_back():
        yield


@pytest.fixture(scope="module")
def grid(django_db_setup, django_db_blocker):
    with kept_for_a_module(django_db_blocker):
        yield build_grid()


MISSING_UUID = uuid.UUID("00000000-0000-4000-8000-000000000000")
MISSING_PK = 987654321
