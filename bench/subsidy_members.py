"""A province's committee members for the subsidy benches: bodies, people in post, standards; no persons."""

import random
from datetime import date, timedelta

from django.db import connection, transaction

from accounts.models import Assignment, User
from bench.world import PROVINCE, names_pool, organisations, uid_value
from committees.models import Appointment, SubsidyStandard
from federation.roles import Role
from orgs.bulk import insert_rows
from orgs.models import Level, Organisation, Post, Tenure, Worker

MEMBERS = 18_000
FIRST, LAST = date(2026, 1, 1), date(2026, 6, 1)
_DAY = timedelta(days=1)


def build(context) -> dict:
    """Fill an empty database; gives how many bodies, members and appointments, and the names of three people."""
    counts = {name: max(1, round(count * context.scale)) for name, count in PROVINCE.items()}
    members = max(20, round(MEMBERS * context.scale))
    chance = random.Random(context.seed)
    with transaction.atomic():
        bodies = organisations(counts)
        _people(bodies[0])
        _standards(bodies, chance)
        appointments = _members(bodies, members, chance)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE" if connection.vendor == "postgresql" else "ANALYZE")
    return {"bodies": len(bodies), "members": members, "appointments": appointments}


def _people(top: dict):
    body = Organisation.objects.get(pk=top["id"])
    roles = {"maker": Role.COUNTY_CLERK, "checker": Role.COUNTY_CLERK, "approver": Role.COUNTY_LEADER}
    for name, role in roles.items():
        user = User.objects.create_user(name, password="subsidies-2026-bench")
        Assignment.objects.create(user=user, role=role, organisation=body, since=date(2020, 1, 1))


def _standards(bodies: list[dict], chance: random.Random):
    """A floor of the province, a standard of every county that rises in April, one of one township in ten."""
    rows = []

    def add(body, amount, first, last=None, role="", is_floor=False):
        county = amount // 2 if chance.random() < 0.5 else amount
        rows.append(
            (len(rows) + 1, body["id"], body["path"], role, is_floor, amount * 100, county * 100,
             (amount - county) * 100, 0, first, last, "会残发〔2020〕1 号")
        )  # fmt: skip

    add(bodies[0], 100, date(2020, 1, 1), is_floor=True)
    for body in bodies:
        if body["level"] == int(Level.COUNTY):
            add(body, 200, date(2020, 1, 1), date(2026, 3, 31))
            add(body, 240, date(2026, 4, 1))
        elif body["level"] == int(Level.TOWNSHIP) and chance.random() < 0.1:
            add(body, 300, date(2020, 1, 1), role="village_member")
    insert_rows(
        SubsidyStandard,
        ("id", "organisation_id", "org_path", "role", "is_floor", "monthly_amount", "county_share", "township_share",
         "welfare_share", "valid_from", "valid_to", "document_number"),
        iter(rows),
    )  # fmt: skip


def _members(bodies: list[dict], members: int, chance: random.Random) -> int:
    """One member a body from the villages up; some began, left or moved within the half-year."""
    places = [body for body in reversed(bodies) if body["level"] >= int(Level.TOWNSHIP)]
    names = names_pool(chance, 500)
    workers, tenures, appointments = [], [], []

    def serve(worker: int, body: dict, first: date, last: date | None):
        key = len(tenures) + 1
        role = "village_member" if body["level"] == int(Level.VILLAGE) else "township_member"
        tenures.append((key, body["id"], body["path"], worker, str(Post.COMMITTEE_MEMBER), first, last))
        appointments.append((key, key, body["id"], body["path"], role, "public_welfare"))

    for number in range(members):
        name, sex, pinyin, initials = names[number % len(names)]
        workers.append((number + 1, uid_value(chance), name, pinyin, initials, sex, "disabled"))
        body, way = places[number % len(places)], chance.random()
        day = FIRST + _DAY * chance.randrange(180)
        if way < 0.04:
            serve(number + 1, body, date(2020, 1, 1), day)
            serve(number + 1, chance.choice(places), day + _DAY, None)
        elif way < 0.08:
            serve(number + 1, body, day, None)
        else:
            serve(number + 1, body, date(2020, 1, 1), day if way > 0.97 else None)
    insert_rows(Worker, ("id", "uid", "name", "name_pinyin", "name_initials", "sex", "identity"), iter(workers))
    columns = ("id", "organisation_id", "org_path", "worker_id", "post", "started_on", "ended_on")
    insert_rows(Tenure, columns, iter(tenures))
    columns = ("id", "tenure_id", "organisation_id", "org_path", "role", "employment")
    insert_rows(Appointment, columns, iter(appointments))
    return len(appointments)
