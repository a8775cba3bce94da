"""The grid: the cast, one row of each model at every body, and an independent account of who may see what."""

import contextlib
import itertools
import os
import uuid
from dataclasses import dataclass, field
from datetime import date, timedelta

import pytest
from django.apps import apps
from django.core.management import call_command
from django.db import transaction
from django.test import Client, override_settings
from django.utils import timezone

from accounts.models import ApiKey, Assignment, User
from federation.roles import API_RESOURCES, Role, permissions_of
from federation.shared.history import save_versioned
from ledgers.models import DisabledPerson, Household
from orgs.models import Level, Organisation, Worker
from orgs.services import move_organisation
from tests.access.canaries import Aviary
from tests.access.rows import Owner, Place, fill, make
from tests.conftest import World, build_world

# ACCESS_FULL=1 asks also for the relations and subjects that cannot make a difference: for a night, or before a
# release.
FULL = bool(os.environ.get("ACCESS_FULL"))

# What a machine key may read texts of, and by which resource; nobody's texts are among them.
MACHINES_READ = {
    "orgs.organisation": "organisations",
    "assessments.run": "runs",
    "assessments.bodyresult": "results",
    "assessments.arearesult": "compliance",
}

DISSOLVED = "旧机构"
COUNTS: dict[str, int] = {}


def count(name: str, amount: int = 1):
    COUNTS[name] = COUNTS.get(name, 0) + amount


def pytest_terminal_summary(terminalreporter):
    if COUNTS:
        terminalreporter.write_line("access: " + ", ".join(f"{name} {COUNTS[name]:,}" for name in sorted(COUNTS)))


# Seen by who made them; a file that leaves also by its second person.
OWN_ROWS = {"ledgers.persondraft", "shared.exportfile"}


@dataclass
class Subject:
    """Somebody who asks: an account of the cast, a machine key, or nobody."""

    name: str
    user: User | None = None
    secret: str = ""
    anchor: str = ""
    # What counts today: empty where the account is disabled, its time is over or its body is gone.
    assignments: list = field(default_factory=list)
    is_disabled: bool = False

    @property
    def is_machine(self) -> bool:
        return bool(self.secret)

    @property
    def is_logged_in(self) -> bool:
        return self.user is not None and not self.is_disabled


@dataclass
class Grid:
    world: World
    aviary: Aviary
    places: dict = field(default_factory=dict)
    above: dict = field(default_factory=dict)
    subjects: dict = field(default_factory=dict)
    key_of: dict = field(default_factory=dict)
    # {(subject, model): rows outside the subject's scope}, as they stand before and after every request.
    outside: dict = field(default_factory=dict)
    # Bodies that a village left yesterday, and those that a person left; the person at its new body.
    left_by_village: set = field(default_factory=set)
    left_by_person: set = field(default_factory=set)
    moved_person: Place | None = None

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
            if category and isinstance(row, Household):
                # It tells of everybody who lives in it, of whatever category.
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
        if row._meta.label_lower == "assessments.run" and self._is_published_to(subject, permission, row):
            return True
        if row._meta.label_lower == "ledgers.transfer":
            sides = (row.organisation_id, row.to_organisation_id)
            return any(self.covers(subject, permission, side, row.person) for side in sides)
        if row._meta.label_lower == "ledgers.distinctpair":
            return all(self.covers(subject, permission, each.organisation_id, each) for each in (row.lower, row.higher))
        if row._meta.label_lower == "ledgers.savedfilter":
            own = subject.user is not None and row.user_id == subject.user.pk
            return own and self.holds(subject, permission)
        if row._meta.label_lower in OWN_ROWS:
            own = subject.user is not None and row.created_by_id == subject.user.pk
            answers = row._meta.label_lower == "shared.exportfile" and self._may_answer(subject, row)
            return (own and self.covers(subject, permission, row.organisation_id)) or (answers and not own)
        return self.covers(subject, permission, row.organisation_id, row)

    def _may_answer(self, subject: Subject, export) -> bool:
        """Over what lies below, or for a colleague of the very body."""
        if self.covers(subject, "exports.approve_below", export.organisation_id):
            return True
        at = {body for role, body in subject.assignments if "exports.approve" in permissions_of(role)}
        asked_at = {each.organisation_id for each in export.created_by.assignments.all()}
        return any(self.lies_below(export.organisation_id, body) for body in at & asked_at)

    def _is_published_to(self, subject: Subject, permission: str, run) -> bool:
        """Whether the run is published over an area in which the subject reads assessments."""
        reads = [body for role, body in subject.assignments if "assessments.view" in permissions_of(role)]
        lies_in = any(self.lies_below(body, run.organisation_id) for body in reads)
        return permission == "assessments.view" and run.state == "published" and lies_in

    def may_read(self, subject: Subject, owner) -> bool:
        """Whether a canary of `owner` may appear in an answer to the subject: any permission that reads its row."""
        if subject.is_machine:
            allowed = MACHINES_READ.get(owner.model._meta.label_lower)
            return allowed is not None and self.covers(subject, f"api.{allowed}", owner.body)
        permission = getattr(owner.model, "view_permission", "organisations.view")
        if owner.model is User:
            # Names of colleagues stand beside what they did; those of strangers do not.
            return any(self.lies_below(owner.body, body) for _role, body in subject.assignments)
        is_result = owner.model._meta.label_lower == "assessments.bodyresult"
        if is_result and self._is_published_to(subject, permission, owner.row.run):
            # Its line of the league.
            return True
        return self.may(subject, permission, owner.row) if owner.row is not None else False

    def rows_outside(self, subject: Subject, model) -> dict[int, str]:
        """{pk: content} of the rows of `model` at bodies that lie below none of the subject's."""
        names = [each.attname for each in model._meta.concrete_fields]
        rows = model._base_manager.filter(organisation__in=self._bodies_outside(subject)).values_list("pk", *names)
        # A blob of PostgreSQL is shown by its address in memory.
        return {
            pk: repr([bytes(each) if isinstance(each, memoryview) else each for each in values]) for pk, *values in rows
        }

    def _bodies_outside(self, subject) -> list[int]:
        # An association officer's area is the federation's, which is what the scope of people says.
        homes = [self.places[self.key_of[body]].organisation for _role, body in subject.assignments]
        anchors = [body.federation_id or body.pk for body in homes]
        return [body for body in self.key_of if not any(self.lies_below(body, anchor) for anchor in anchors)]

    # --- relations ------------------------------------------------------------------------------------

    def relations(self, subject: Subject, row: str = "") -> dict[str, Place | None]:
        """{relation: place}; None stands for a row that does not exist. `row`: of which model one is asked for."""
        related = {"missing": None}
        if not subject.anchor:
            return related | {"own": self.places["village"], "foreign": self.places["other_village"]}
        own = self.places[subject.anchor].organisation
        related["own"] = self.places[subject.anchor]
        children = [place for place in self.places.values() if self.parent(place) == own.pk]
        if children:
            related["child"] = children[0]
            below = [place for place in self.places.values() if self.parent(place) == children[0].organisation.pk]
            if below:
                related["grandchild"] = below[0]
        parent = self.parent(related["own"])
        if parent:
            related["parent"] = self.places[self.key_of[parent]]
            siblings = [p for p in self.places.values() if self.parent(p) == parent and p.organisation.pk != own.pk]
            if siblings:
                related["sibling"] = siblings[0]
        foreign = "village" if subject.anchor.startswith("other_") else "other_village"
        related["foreign"] = self.places[foreign]
        cousin = self._cousin(related["own"])
        if cousin is not None:
            related["cousin"] = cousin
        if own.pk in self.left_by_village:
            related["moved away"] = self.places["moved_village"]
        if own.pk in self.left_by_person and row == "disabledperson":
            related["person moved away"] = self.moved_person
        return related

    def _cousin(self, own: Place) -> Place | None:
        """A body of the same level and kind in another county, for a county in another city."""
        body = own.organisation
        # From a village the county is two steps up; from a township the county, from a county the city, is one.
        steps = 2 if body.level == Level.VILLAGE else 1
        far = [
            place
            for place in self.places.values()
            if (place.organisation.level, place.organisation.body_kind) == (body.level, body.body_kind)
            and place.key not in ("other_village", "moved_village")
            and self._from_above(place, steps) != self._from_above(own, steps)
        ]
        return far[-1] if far else None

    def _from_above(self, place: Place, steps: int) -> int | None:
        above = self.above[place.organisation.pk]
        return above[-steps] if len(above) >= steps else None

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
