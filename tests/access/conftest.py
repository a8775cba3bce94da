"""The grid: the cast, one row of each model at every body, and an independent account of who may see what."""

import contextlib
import uuid
from dataclasses import dataclass, field
from datetime import date

import pytest
from django.apps import apps
from django.core.management import call_command
from django.db import transaction
from django.test import Client, override_settings

from accounts.models import Assignment, User
from federation.roles import API_RESOURCES, Role, permissions_of
from ledgers.models import DisabledPerson
from orgs.models import Organisation, Worker
from tests.access.canaries import Aviary
from tests.access.rows import Owner, Place, fill
from tests.conftest import World, build_world

# What a machine key may read texts of, and by which resource; nobody's texts are among them.
MACHINES_READ = {
    "orgs.organisation": "organisations",
    "assessments.run": "runs",
    "assessments.bodyresult": "results",
    "assessments.arearesult": "compliance",
}

COUNTS: dict[str, int] = {}


def count(name: str, amount: int = 1):
    COUNTS[name] = COUNTS.get(name, 0) + amount


def pytest_terminal_summary(terminalreporter):
    if COUNTS:
        terminalreporter.write_line("access: " + ", ".join(f"{name} {COUNTS[name]:,}" for name in sorted(COUNTS)))

# Seen by who made them, and by who holds the permission named here over their body.
OWN_ROWS = {"ledgers.persondraft": "", "shared.exportfile": "exports.approve"}


@dataclass
class Subject:
    """Somebody who asks: an account of the cast, a machine key, or nobody."""

    name: str
    user: User | None = None
    secret: str = ""
    anchor: str = ""
    assignments: list = field(default_factory=list)

    @property
    def is_machine(self) -> bool:
        return bool(self.secret)


@dataclass
class Grid:
    world: World
    aviary: Aviary
    places: dict = field(default_factory=dict)
    above: dict = field(default_factory=dict)
    subjects: dict = field(default_factory=dict)
    key_of: dict = field(default_factory=dict)

    # --- the oracle: parents followed one by one, no paths, no querysets -----------------------------

    def lies_below(self, body: int, anchor: int) -> bool:
        return body == anchor or anchor in self.above[body]

    def holds(self, subject: Subject, permission: str) -> bool:
        return any(permission in self._permissions(each) for each in subject.assignments)

    def _permissions(self, assignment) -> frozenset:
        role, _body = assignment
        return frozenset(f"api.{name}" for name in API_RESOURCES) if role == "machine" else permissions_of(role)

    def covers(self, subject: Subject, permission: str, body: int, row=None) -> bool:
        """Whether the subject holds `permission` at the body (and, for people, for this very person)."""
        for assignment in subject.assignments:
            if permission not in self._permissions(assignment):
                continue
            anchor, category = assignment[1], ""
            association = self.places[self.key_of[anchor]].organisation
            if permission.startswith("persons.") and association.federation_id:
                anchor, category = association.federation_id, association.association_category
            if not self.lies_below(body, anchor):
                continue
            if category and isinstance(row, DisabledPerson) and row.category != category:
                continue
            return True
        return False

    def may(self, subject: Subject, permission: str, row) -> bool:
        """Whether `permission` reaches this row, by what the row is."""
        if isinstance(row, Organisation):
            return self.covers(subject, permission, row.pk)
        if isinstance(row, User):
            bodies = [each.organisation_id for each in row.assignments.all()]
            return bool(bodies) and all(self.covers(subject, permission, body) for body in bodies)
        if isinstance(row, Worker):
            bodies = [each.organisation_id for each in row.tenures.all()]
            return any(self.covers(subject, permission, body) for body in bodies)
        if row._meta.label_lower == "shared.job":
            own = subject.user is not None and row.requested_by_id == subject.user.pk
            return (own and self.holds(subject, permission)) or self.covers(subject, "jobs.manage", row.organisation_id)
        if row._meta.label_lower == "assessments.standard":
            return self.holds(subject, permission)
        if row._meta.label_lower == "ledgers.transfer":
            sides = (row.organisation_id, row.to_organisation_id)
            return any(self.covers(subject, permission, side, row.person) for side in sides)
        if row._meta.label_lower in OWN_ROWS:
            own = subject.user is not None and row.created_by_id == subject.user.pk
            second = OWN_ROWS[row._meta.label_lower]
            return (own and self.covers(subject, permission, row.organisation_id)) or (
                bool(second) and self.covers(subject, second, row.organisation_id)
            )
        return self.covers(subject, permission, row.organisation_id, row)

    def may_read(self, subject: Subject, owner) -> bool:
        """Whether a canary of `owner` may appear in an answer to the subject: any permission that reads its row."""
        if subject.is_machine:
            allowed = MACHINES_READ.get(owner.model._meta.label_lower)
            return allowed is not None and self.covers(subject, f"api.{allowed}", owner.body)
        permission = getattr(owner.model, "view_permission", "organisations.view")
        if owner.model is User:
            # Names of colleagues stand beside what they did; those of strangers do not.
            return any(self.lies_below(owner.body, body) for _role, body in subject.assignments)
        return self.may(subject, permission, owner.row) if owner.row is not None else False

    # --- relations ------------------------------------------------------------------------------------

    def relations(self, subject: Subject) -> dict[str, Place | None]:
        """{relation: place}; None stands for a row that does not exist."""
        related = {"missing": None}
        if not subject.anchor:
            return related | {"own": self.places["village"], "foreign": self.places["other_village"]}
        own = self.places[subject.anchor].organisation
        related["own"] = self.places[subject.anchor]
        children = [place for place in self.places.values() if self.parent(place) == own.pk]
        if children:
            related["child"] = children[0]
        parent = self.parent(related["own"])
        if parent:
            related["parent"] = self.places[self.key_of[parent]]
            siblings = [p for p in self.places.values() if self.parent(p) == parent and p.organisation.pk != own.pk]
            if siblings:
                related["sibling"] = siblings[0]
        foreign = "village" if subject.anchor.startswith("other_") else "other_village"
        related["foreign"] = self.places[foreign]
        return related

    def parent(self, place) -> int | None:
        above = self.above[place.organisation.pk]
        return above[-1] if above else None

    def client(self, subject: Subject) -> Client:
        client = Client(raise_request_exception=False)
        if subject.is_machine:
            client.defaults["HTTP_AUTHORIZATION"] = f"Api-Key {subject.secret}"
        elif subject.user is not None:
            client.force_login(subject.user, backend="django.contrib.auth.backends.ModelBackend")
            client.get("/roles/")
        return client


def build_grid() -> Grid:
    world = build_world()
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
    _subjects(grid)
    return grid


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
    disabled = User.objects.create_user("disabled", display_name="停用")
    Assignment.objects.create(user=disabled, role=Role.COUNTY_CLERK, organisation=world.county, since=date(2020, 1, 1))
    User.objects.filter(pk=disabled.pk).update(is_active=False)
    grid.subjects["disabled"] = Subject("disabled", disabled, anchor="county")
    # A county of the same city that was abolished: who worked there holds nothing any more.
    gone = Organisation.objects.add_child(
        Organisation.objects.get(pk=world.city.pk),
        {"name": "旧县残疾人联合会", "level": 3, "body_kind": "federation", "abolished_on": date(2020, 1, 1)},
    )
    left = User.objects.create_user("left", display_name="旧县经办")
    Assignment.objects.create(user=left, role=Role.COUNTY_CLERK, organisation=gone, since=date(2015, 1, 1))
    grid.subjects["of a dissolved body"] = Subject("of a dissolved body", left)


@contextlib.contextmanager
def rolled_back():
    """What happens inside is undone. Marked as Django marks its own test transactions, so that code which must
    not run inside another transaction (durable) still runs."""
    block = transaction.atomic()
    block._from_testcase = True
    with block:
        yield
        transaction.set_rollback(True)


@pytest.fixture(scope="module")
def grid(django_db_setup, django_db_blocker):
    """Built once a module inside a transaction that is rolled back; each test works in a savepoint of it."""
    hashers = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    with django_db_blocker.unblock(), override_settings(PASSWORD_HASHERS=hashers), rolled_back():
        yield build_grid()


MISSING_UUID = uuid.UUID("00000000-0000-4000-8000-000000000000")
MISSING_PK = 987654321
