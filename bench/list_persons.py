"""The list of persons from village to province: server time of the whole page and number of queries."""

import functools
import html
import re
from datetime import date
from urllib.parse import parse_qsl

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import Assignment, User
from bench.harness import Figure, Timed, timed
from federation.roles import Role
from federation.shared.memory import keep_what_is_loaded
from ledgers.models import DisabledPerson
from orgs.models import BodyKind, Level, Organisation

QUERIES, MILLISECONDS = 15, 50
WHERE = (
    ("village", Level.VILLAGE, Role.VILLAGE_MEMBER),
    ("township", Level.TOWNSHIP, Role.TOWNSHIP_MEMBER),
    ("county", Level.COUNTY, Role.COUNTY_CLERK),
    ("province", Level.PROVINCE, Role.UPPER_VIEWER),
)
PAGES = (
    ("first page", {}),
    ("by village", {"sort": "village"}),
    ("by last change", {"sort": "-changed"}),
    ("last page", {"sort": "-name"}),
    ("one category", {"category": "7"}),
    ("category and grade", {"category": "1", "grade": "4"}),
    ("age 7-14", {"age": "7-14"}),
    ("with faults", {"quality": "failed"}),
    ("who left", {"state": "ended"}),
    ("rare combination", {"category": "3", "grade": "1", "age": "0-6", "quality": "failed"}),
    ("one character, surname", {"q": "王"}),
    ("one character, given", {"q": "国"}),
    ("two characters", {"q": "国华"}),
    ("nobody", {"q": "宁宁"}),
    ("pinyin", {"q": "wangguo"}),
    ("initials", {"q": "wgh"}),
)
MORE_CONDITIONS = (
    ("by age", {"sort": "age"}),
    ("by category", {"sort": "category"}),
    ("by review", {"sort": "review"}),
    ("ages 3 to 9", {"age_from": "3", "age_to": "9"}),
    ("one housing", {"housing": "dangerous"}),
    ("three rare", {"care": "institution", "housing": "dangerous", "medical": "none"}),
    ("nobody so", {"education": "university", "political_status": "league", "pension": "employee"}),
    ("review soon", {"review": "soon"}),
    ("one missing", {"missing": "current_address"}),
    ("one failed", {"failed": "household", "sex": "2"}),
    ("grid", {"grid": "第3网格"}),
    ("not visited", {"visited_before": "2025-06-01", "has_care_subsidy": "yes"}),
    ("everything at once", {
        "category": "4", "grade": "2", "sex": "1", "age_from": "30", "age_to": "60", "register_type": "1",
        "education": "primary", "employment": "farming", "dibao": "rural", "housing": "own", "sort": "-age",
    }),
)  # fmt: skip

# Common values of which hardly anybody has all.
COMMON_TOGETHER_RARE = {
    "category": "3", "grade": "1", "sex": "2", "age_from": "20", "age_to": "24", "marital_status": "widowed",
    "dibao": "urban", "housing": "borrowed",
}  # fmt: skip


def run(context):
    # As the server does after its start.
    keep_what_is_loaded()
    rows = DisabledPerson.objects.count()
    for scope, level, role in WHERE:
        body = Organisation.objects.filter(level=level).exclude(body_kind=BodyKind.SPECIALISED_ASSOCIATION)
        body = body.order_by("path")[body.count() // 2]
        client = logged_in(body, role)
        for page, query in PAGES:
            yield figure(context, client, rows, scope, body, page, query)
        for page, query in MORE_CONDITIONS:
            yield figure(context, client, rows, scope, body, page, query)
        yield figure(context, client, rows, scope, body, "common, together rare", COMMON_TOGETHER_RARE)
        yield figure(context, client, rows, scope, body, "ten pages on", following(client, 10))


def logged_in(body, role) -> Client:
    user, created = User.objects.get_or_create(username=f"bench-{role}", defaults={"display_name": "测量"})
    if created:
        Assignment.objects.create(user=user, role=role, organisation=body, since=date(2020, 1, 1))
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def following(client, pages: int) -> dict:
    """The query of the page reached by as many clicks on 下一页."""
    query = {}
    for _ in range(pages):
        response = client.get(reverse("person-list"), query)
        link = re.search(r'href="\?([^"]+)" rel="next"', response.content.decode())
        if link is None:
            break
        query = dict(parse_qsl(html.unescape(link[1])))
    return query


def figure(context, client, rows, scope, body, page, query) -> Figure:
    address = reverse("person-list")
    with CaptureQueriesContext(connection) as queries:
        response = client.get(address, query)
        statements = list(queries.captured_queries)
    assert response.status_code == 200, response.status_code
    ours = timed(lambda: client.get(address, query), times=9, warm=2)
    floor = floor_of(body.path)
    default = default_of(body.path)
    return Figure(
        name="list_persons",
        engine=context.engine,
        rows=rows,
        seconds=ours.cpu,
        wall_seconds=ours.wall,
        floor_seconds=floor.cpu,
        default_seconds=default.cpu,
        goal=f"≤ {MILLISECONDS} ms, ≤ {QUERIES} queries",
        met=ours.cpu * 1000 <= MILLISECONDS and len(statements) <= QUERIES,
        more={
            "scope": scope,
            "page": page,
            "queries": len(statements),
            "sql_seconds": round(sum(float(query["time"]) for query in statements), 4),
        },
    )


@functools.cache
def floor_of(path: str) -> Timed:
    return timed(lambda: bare_page(path), times=9, warm=1)


@functools.cache
def default_of(path: str) -> Timed:
    return timed(lambda: plain_page(path), times=2)


def bare_page(path: str) -> int:
    """The floor: one statement for the 51 rows of an unfiltered page."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT id, uid, name, id_number FROM {DisabledPerson._meta.db_table} "
            "WHERE org_path >= %s AND org_path < %s ORDER BY name, id LIMIT 51",
            [path, path + "~"],
        )
        return len(cursor.fetchall())


def plain_page(path: str) -> int:
    """The default: a paginator's count and its first page, scope as a prefix."""
    rows = DisabledPerson.objects.filter(org_path__startswith=path).order_by("name", "id")
    return rows.count() + len(rows[:50])
