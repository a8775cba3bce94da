"""The fixed cast: two counties of one city, two townships each, two villages each, and who works there."""

import copy
import gc
from dataclasses import dataclass, field
from datetime import date

import pytest
from django.core.cache import cache
from django.db.models import QuerySet
from django.utils import timezone

import tests.audit_flush  # noqa: F401  (lets transactional tests empty the audit log)
from accounts.models import ApiKey, Assignment, User
from federation.roles import API_RESOURCES, Role
from orgs.models import AssociationCategory, BodyKind, Level, Organisation, PlaceKind

# Fixtures `browser`, `new_page` and `page` for the tests marked so; which tests run where and when.
pytest_plugins = ["tests.browser", "tests.order"]

# Nearly all that a test makes goes with it; looking through everything for circles took a quarter of the suite's time.
gc.set_threshold(100_000, 20, 100)

PASSWORD = "会宁-cast-2026"
TODAY = date(2026, 11, 21)


@dataclass
class World:
    """Organisations by key (`county`, `township`, `village`, `neighbour_village` …) and users by role."""

    orgs: dict = field(default_factory=dict)
    users: dict = field(default_factory=dict)
    assignments: list = field(default_factory=list)
    machine: ApiKey | None = None
    machine_key: str = ""

    def __getattr__(self, name):
        for group in ("orgs", "users"):
            if name in self.__dict__.get(group, {}):
                return self.__dict__[group][name]
        raise AttributeError(name)


def _body(parent, name, level, kind, code="", **more):
    fields = dict(
        name=name,
        short_name=more.pop("short_name", name),
        level=level,
        body_kind=kind,
        code=code,
        established_on=more.pop("established_on", date(2010, 1, 1)),
        **more,
    )
    return Organisation.objects.add_child(parent, fields) if parent else Organisation.objects.add_root(fields)


_built: World | None = None


def build_world() -> World:
    """Plain rows, no jobs: province → city → two counties → two townships each → two villages each.

    The product's own code makes them once in a process. Nearly every test begins with them, so from then on the
    same rows are written in five statements instead of 165.
    """
    global _built
    if _built is not None and not Organisation.objects.exists():
        return write_again(_built)
    world = build_by_the_product()
    _built = copy.deepcopy(world)
    return world


def write_again(built: World) -> World:
    """The rows of `built` as new rows of a database without bodies, made now."""
    world = copy.deepcopy(built)
    rows = [*world.orgs.values(), *world.users.values(), *world.assignments, world.machine]
    for row in rows:
        row.pk, row._state.adding = None, True
        for each in row._meta.concrete_fields:
            if each.default is timezone.now:
                setattr(row, each.attname, timezone.now())
    QuerySet(Organisation).bulk_create(row for key, row in world.orgs.items() if key != "association")
    world.association.federation_id = world.county.pk
    QuerySet(Organisation).bulk_create([world.association])
    QuerySet(User).bulk_create(world.users.values())
    for row in world.assignments:
        row.user, row.organisation = row.user, row.organisation  # their new keys
    QuerySet(Assignment).bulk_create(world.assignments)
    world.machine.organisation = world.province
    QuerySet(ApiKey).bulk_create([world.machine])
    return world


def build_by_the_product() -> World:
    world = World()
    federation, village = BodyKind.FEDERATION, BodyKind.VILLAGE_ASSOCIATION
    o = world.orgs
    o["province"] = _body(None, "甲省残疾人联合会", Level.PROVINCE, federation, "620000000000")
    o["city"] = _body(o["province"], "乙市残疾人联合会", Level.CITY, federation, "620400000000")
    o["other_city"] = _body(o["province"], "丙市残疾人联合会", Level.CITY, federation, "620500000000")
    for prefix, number, name in (("", "22", "会宁县"), ("other_", "23", "景泰县")):
        county = _body(
            o["city"], f"{name}残疾人联合会", Level.COUNTY, federation, f"6204{number}000000", short_name=name
        )
        o[f"{prefix}county"] = county
        for place, digits, town in (("township", "100", "会师镇"), ("neighbour_township", "101", "郭城驿镇")):
            township = _body(
                Organisation.objects.get(pk=county.pk),
                f"{town}残疾人联合会",
                Level.TOWNSHIP,
                federation,
                f"6204{number}{digits}000",
                short_name=town,
                place_kind=PlaceKind.TOWN,
            )
            o[f"{prefix}{place}"] = township
            stem = place.replace("township", "village")
            for suffix, tail, settlement in (("", "200", "东山村"), ("_second", "201", "西山村")):
                o[f"{prefix}{stem}{suffix}"] = _body(
                    Organisation.objects.get(pk=township.pk),
                    f"{settlement}残疾人协会",
                    Level.VILLAGE,
                    village,
                    f"6204{number}{digits}{tail}",
                    short_name=settlement,
                    place_kind=PlaceKind.VILLAGE,
                )
    o["association"] = _body(
        Organisation.objects.get(pk=o["county"].pk),
        "会宁县肢残人协会",
        Level.COUNTY,
        BodyKind.SPECIALISED_ASSOCIATION,
        short_name="肢残人协会",
        association_category=AssociationCategory.PHYSICAL,
        federation=o["county"],
    )
    for key in list(o):
        o[key] = Organisation.objects.get(pk=o[key].pk)
    cast = {
        "clerk": (Role.COUNTY_CLERK, "county", "赵经办"),
        "leader": (Role.COUNTY_LEADER, "county", "钱理事长"),
        "director": (Role.TOWNSHIP_DIRECTOR, "township", "孙理事长"),
        "township_member": (Role.TOWNSHIP_MEMBER, "township", "李委员"),
        "member": (Role.VILLAGE_MEMBER, "village", "周委员"),
        "neighbour": (Role.VILLAGE_MEMBER, "neighbour_village", "吴委员"),
        "other_clerk": (Role.COUNTY_CLERK, "other_county", "郑经办"),
        "officer": (Role.ASSOCIATION_OFFICER, "association", "王干事"),
        "viewer": (Role.UPPER_VIEWER, "province", "冯查阅"),
        "administrator": (Role.ADMINISTRATOR, "county", "陈管理员"),
        "auditor": (Role.AUDITOR, "county", "褚审计"),
    }
    for username, (role, place, name) in cast.items():
        user = User.objects.create_user(username, password=PASSWORD, display_name=name)
        held = Assignment.objects.create(user=user, role=role, organisation=o[place], since=date(2020, 1, 1))
        world.assignments.append(held)
        world.users[username] = user
    world.users["stranger"] = User.objects.create_user("stranger", password=PASSWORD, display_name="无角色")
    world.machine, world.machine_key = ApiKey.issue(
        name="省残联年报系统", organisation=o["province"], resources=list(API_RESOURCES), expires_on=date(2030, 1, 1)
    )
    return world


def pytest_collection_finish(session):
    gc.collect()
    gc.freeze()


@pytest.fixture
def world(db) -> World:
    return build_world()


@pytest.fixture(autouse=True)
def _quick_passwords(settings):
    # The real hasher takes a tenth of a second for each of the cast; what it does is Django's to test.
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture(autouse=True)
def _no_attempts_left_over():
    # Refused logins and keys are counted in the cache, which outlives a test.
    cache.clear()


@pytest.fixture
def as_user(client, world):
    """Log a member of the cast in: `as_user("clerk")` gives the client."""

    def log_in(name):
        client.force_login(getattr(world, name), backend="django.contrib.auth.backends.ModelBackend")
        return client

    return log_in
