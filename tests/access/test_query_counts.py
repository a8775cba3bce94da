"""The number of queries of a page does not grow with its rows: every address that is read, at 10 and at 100 rows of
each model. A new page is covered by being in the URLconf (and in tests/access/targets.py, which the matrix demands).
"""

import contextlib
import uuid
from datetime import date

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from accounts.models import ApiKey, Assignment, User
from federation.roles import API_RESOURCES, Role
from federation.shared import audit
from federation.shared.permissions import MACHINE
from ledgers.models import SavedFilter
from orgs.models import Organisation
from tests.access.conftest import rolled_back
from tests.access.rows import DAY, make, owned_models
from tests.access.test_matrix import Cell
from tests.access.urls import PAGES

pytestmark = [pytest.mark.django_db, pytest.mark.timeout(900)]

FEW, MANY = 10, 100
# Who is asked, in turn, until somebody may open the page.
READERS = ("clerk", "director", "administrator", "member", "viewer", "machine")
PLACES = ("village", "township", "county")
# Models of which the grid makes no second row at the same body (one a year, a run or a person); what lists them has a
# test of its own beside its pages.
ONE_ROW_ONLY = {
    "assessments.arearesult", "assessments.bodyresult", "assessments.manualscore", "committees.appointment",
    "committees.subsidyline", "committees.subsidystandard", "ledgers.erasureproposal", "ledgers.household",
    "ledgers.rostersummary", "ledgers.transfer", "orgs.tenure",
}  # fmt: skip


def add(grid, number: int, start: int) -> set[str]:
    """`number` further rows of every model at a village; gives the models of which there can be no second one."""
    place, single = grid.places["village"], set()
    for model in owned_models():
        if model in (User, Assignment, ApiKey):
            continue
        for at in range(start, start + number):
            given = {"year": 1900 + at} if any(each.name == "year" for each in model._meta.concrete_fields) else {}
            if model._meta.label_lower in ("ledgers.persondraft", "shared.exportfile"):
                given["created_by"] = grid.world.clerk
            try:
                with transaction.atomic():
                    make(model, place, grid.aviary, **given)
            except (IntegrityError, ValidationError, ValueError):
                single.add(model._meta.label_lower)
                break
    for at in range(start, start + number):
        _accounts(grid, place, at)
        audit.record("access.tested", actor=place.user, target=place.organisation)
        SavedFilter.objects.create(user=grid.world.clerk, name=f"条件{at}", conditions="category=4")
        parent = Organisation.objects.get(pk=grid.world.township.pk)
        Organisation.objects.add_child(
            parent,
            {"name": f"新{at}村残疾人协会", "short_name": f"新{at}村", "level": 5, "body_kind": "village_association",
             "code": f"62042210{at:04d}", "established_on": date(2010, 1, 1)},
        )  # fmt: skip
    return single


def _accounts(grid, place, at):
    account = User.objects.create(username=f"more-{at}", display_name=f"账号{at}")
    Assignment.objects.create(user=account, role=Role.VILLAGE_MEMBER, organisation=place.organisation, since=DAY)
    ApiKey.issue(
        name=f"钥{uuid.uuid4()}", organisation=grid.places["county"].organisation, resources=list(API_RESOURCES),
        expires_on=date(2030, 1, 1),
    )  # fmt: skip


def reading(grid):
    """(page, client, address) of everything that is answered 200 to one of the readers."""
    clients = {name: grid.client(grid.subjects[name]) for name in READERS}
    for page in PAGES:
        if page.methods is not None and "get" not in page.methods:
            continue
        for name in READERS if page.permission != MACHINE else ("machine",):
            found = None
            for key in PLACES if page.arguments else PLACES[:1]:
                cell = Cell(grid, grid.subjects[name], page, "get", "", grid.places[key])
                with rolled_back(), contextlib.suppress(AttributeError):
                    answer = clients[name].get(cell.address)
                    if answer.status_code == 200 and not answer.streaming:
                        found = cell.address
                        break
            if found:
                yield page, clients[name], found
                break


def queries_of(client, address) -> list[str]:
    with rolled_back():
        client.get(address)
    with rolled_back(), CaptureQueriesContext(connection) as queries:
        client.get(address)
    return [query["sql"] for query in queries.captured_queries if not query["sql"].startswith(("SAVEPOINT", "RELEASE"))]


def test_no_page_asks_more_of_the_database_at_100_rows_than_at_10(grid):
    with rolled_back():
        add(grid, FEW, 0)
        pages = list(reading(grid))
        few = {page.name: queries_of(client, address) for page, client, address in pages}
        single = add(grid, MANY - FEW, FEW)
        more = {}
        for page, client, address in pages:
            many = queries_of(client, address)
            if len(many) > len(few[page.name]):
                new = [sql[:150] for sql in many if sql not in few[page.name]]
                more[page.name] = (len(few[page.name]), len(many), new[:3])
    assert len(pages) > 150
    assert single <= ONE_ROW_ONLY, f"no second row could be made of {single - ONE_ROW_ONLY}"
    assert not more, "\n".join(f"{name}: {found}" for name, found in sorted(more.items()))
