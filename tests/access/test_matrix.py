"""The authorization matrix: every address × method × member of the cast × relation of the target.

Six questions to every answer: is the status what roles and tree say; does it carry a canary of a row outside
the reader's scope, or any number in full; does a foreign row read exactly like one that does not exist; did a
refused or safe request write anything; did a refused one leave one entry in the audit log; and did the allowed
ones work.
"""

import re
from typing import NamedTuple

import pytest
from django.apps import apps
from django.core.cache import cache
from django.db import connection
from django.http import HttpResponse
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils.http import urlencode

from federation.shared.models.jobs import JobQuerySet
from federation.shared.permissions import LOGGED_IN, MACHINE, PUBLIC
from federation.shared.scope import OwnedByOrganisation, ScopedQuerySet
from ledgers.models import DisabledPerson, Transfer
from orgs.models.people import WorkerQuerySet
from tests.access.canaries import body_of
from tests.access.conftest import FULL, count, rolled_back
from tests.access.targets import TARGETS, VERB_OF, missing
from tests.access.urls import PAGES

pytestmark = [pytest.mark.django_db, pytest.mark.timeout(900 if FULL else 300)]

# Written by the machinery around a request, whatever it asks for.
OWN_BOOKS = ("django_session", "shared_audit", "axes_", "SAVEPOINT", "RELEASE")
# Every some minutes a key says that it was used.
KEY_USED = 'UPDATE "accounts_apikey" SET "last_used_at"'
# The entries that a refusal leaves: the middleware's, and that of what records its own.
REFUSALS = re.compile(
    r'^INSERT INTO "shared_auditentry".*(?:access\.refused|shared\.number\.reveal_refused)', re.DOTALL
)
WRITES = re.compile(r'^(?:INSERT INTO|UPDATE|DELETE FROM)\s+"?(\w+)', re.IGNORECASE)
HEADERS = {
    "Content-Security-Policy": "default-src 'none'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}
ALLOWED = {200, 204, 302, 304, 400, 409, 422}
NAMES = sorted({page.name for page in PAGES})
BY_NAME = {page.name: page for page in PAGES}


class Cell:
    """One request: who, what, in which relation; with what was expected and what came."""

    def __init__(self, grid, subject, page, method, relation, place):
        self.grid, self.subject, self.page = grid, subject, page
        self.method, self.relation, self.place = method, relation, place
        self.target = TARGETS.get(page.name)

    def __str__(self):
        return f"{self.method.upper()} {self.page.name} as {self.subject.name}, {self.relation}"

    @property
    def address(self) -> str:
        if not self.page.arguments:
            return reverse(self.page.name)
        anywhere = self.place or next(iter(self.grid.places.values()))
        kwargs = self.target.kwargs_for(anywhere, self.page.arguments)
        return reverse(self.page.name, kwargs=missing(kwargs, self.target.by_word) if self.place is None else kwargs)

    def expected(self) -> set[int]:
        """The statuses that roles and tree allow."""
        subject, permission = self.subject, self.page.permission
        logged_in = subject.is_logged_in
        if permission == MACHINE:
            return self._of_machine()
        if permission != PUBLIC and not logged_in:
            return {302}
        if self.page.methods is not None and self.method not in self.page.methods:
            holds = permission in (PUBLIC, LOGGED_IN) or self.grid.holds(subject, permission)
            return {405} if holds else {403}
        if permission in (PUBLIC, LOGGED_IN) and self.page.name not in VERB_OF:
            return ALLOWED | {404, 405, 503}
        return self._of_row(VERB_OF.get(self.page.name, permission))

    def _of_machine(self):
        if not self.subject.is_machine or self.subject.is_disabled:
            return {401}
        if self.method != "get":
            return {405}
        permission = f"api.{self.page.view.cls.api_resource}"
        if not self.page.arguments:
            return {200}
        return {200} if self.place and self.grid.may(self.subject, permission, self.row) else {404}

    @property
    def row(self):
        return self.target.row_at(self.place)

    def _of_row(self, permission):
        if self.page.name not in VERB_OF and not self.grid.holds(self.subject, permission):
            return {403}
        if not self.page.arguments:
            return ALLOWED
        if self.place is None:
            return {404}
        if self.row is None:
            rule = self.target.expect
            return (rule and rule(self.grid, self.subject, self.place, self.method)) or ALLOWED
        if self.target.expect is not None and self.grid.may(self.subject, permission, self.row):
            special = self.target.expect(self.grid, self.subject, self.place, self.method)
            if special is not None:
                return special
        if self.grid.may(self.subject, permission, self.row):
            return ALLOWED
        seen_by = self.target.seen_by or type(self.row).view_permission
        return {403} if self.grid.may(self.subject, seen_by, self.row) else {404}


def _refused_before_the_row(grid, subject, page) -> bool:
    permission = page.permission
    if permission == MACHINE:
        return not subject.is_machine or subject.is_disabled
    return not subject.is_logged_in or permission not in (PUBLIC, LOGGED_IN) and not grid.holds(subject, permission)


def cells(grid, page):
    methods = ("get", "post", "put", "delete") if page.permission == MACHINE else ("get", "post")
    for subject in grid.subjects.values():
        row = TARGETS[page.name].row if page.arguments else ""
        relations = grid.relations(subject, row) if page.arguments else {"": None}
        asked = methods
        if not FULL and _refused_before_the_row(grid, subject, page):
            # Nobody has looked at the row yet, so whose it is makes no difference; nor does the engine, where the
            # other one has been asked in all ways.
            relations = {name: place for name, place in relations.items() if name in ("", "own", "missing")}
            asked = methods if connection.vendor == "sqlite" else ("get",)
        for relation, place in relations.items():
            for method in asked:
                yield Cell(grid, subject, page, method, relation, place)


def send(client, cell, data=None):
    """The answer, its body, and what was written; undone afterwards. `data`: instead of the target's own."""
    if (
        data is None
        and cell.method == "post"
        and cell.place is not None
        and cell.target is not None
        and cell.target.data
    ):
        data = cell.target.data(cell.place)
    if cell.subject.is_machine and cell.subject.is_disabled:
        # Refused so often, its address would be told to wait (429), as tests/api says.
        cache.clear()
    # A notice left over from the request before belongs to that request.
    client.cookies.pop("messages", None)
    if cell.method != "get":
        _remember_outside(cell)
    with rolled_back():
        with CaptureQueriesContext(connection) as queries:
            answer = getattr(client, cell.method)(cell.address, data or {})
            body = body_of(answer)
        tables = written(queries)
        foreign = foreign_writes(cell, tables) if cell.method != "get" else []
    return answer, body, Written(tables, refusals(queries), foreign)


class Written(NamedTuple):
    """Tables a request wrote to, the entries that say it was refused, and what it changed of foreign bodies."""

    tables: list[str]
    refusals: int
    foreign: list[str]


# Rows of bodies. A transfer belongs to both of its sides.
OWNED = {
    model._meta.db_table: model
    for model in apps.get_models()
    if issubclass(model, OwnedByOrganisation) and model is not Transfer
}


def _remember_outside(cell):
    """How foreign rows stand before: the same for every request, since each is undone."""
    outside = cell.grid.outside
    for model in OWNED.values():
        if (cell.subject.name, model) not in outside:
            outside[cell.subject.name, model] = cell.grid.rows_outside(cell.subject, model)


def foreign_writes(cell, tables) -> list[str]:
    """Rows at bodies outside the sender's scope that an allowed request changed or removed."""
    found = []
    for model in {OWNED[table] for table in tables if table in OWNED}:
        before, now = cell.grid.outside[cell.subject.name, model], cell.grid.rows_outside(cell.subject, model)
        count("foreign rows compared after a write", len(before))
        found += [f"{model.__name__} {pk}" for pk, digest in before.items() if now.get(pk) != digest]
    return found


def refusals(queries) -> int:
    return sum(bool(REFUSALS.match(query["sql"])) for query in queries.captured_queries)


def written(queries) -> list[str]:
    """The tables a request wrote to, but for those of its own machinery."""
    tables = []
    for query in queries.captured_queries:
        found = WRITES.match(query["sql"])
        if query["sql"].startswith(KEY_USED):
            continue
        if found and not found.group(1).startswith(OWN_BOOKS):
            tables.append(found.group(1))
    return tables


def masked(body: bytes, address: str) -> str:
    """The answer without what differs between any two requests: tokens, numbers, time left, its own address."""
    text = body.decode("utf-8", "replace")
    text = re.sub(r'(name="csrfmiddlewaretoken" value=")[^"]+', r"\1", text)
    text = re.sub(r'("token": ")[^"]+', r"\1", text)
    # The seconds until the login ends.
    text = re.sub(r'( data-left=")[0-9]+', r"\1", text)
    text = re.sub(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", "", text)
    plain = re.sub(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", "", address)
    for form in {address, plain, urlencode({"": address})[1:], urlencode({"": plain})[1:]}:
        text = text.replace(form, "")
    return text


def leaks(grid, cell, answer, body) -> list[str]:
    answer_owners, numbers = grid.aviary.found_in(answer, body)
    found = []
    for number in answer_owners:
        owner = grid.aviary.owners[number]
        if not grid.may_read(cell.subject, owner):
            found.append(f"{cell}: shows the {owner.model.__name__} of {grid.key_of[owner.body]}")
    revealed = cell.page.name == "reveal" and cell.method == "post" and answer.status_code == 200
    if numbers and not revealed:
        found.append(f"{cell}: shows {len(numbers)} numbers in full")
    return found


def faulty_headers(cell, answer) -> list[str]:
    """Headers every answer carries; what somebody logged in was shown is kept nowhere."""
    found = []
    for name, part in HEADERS.items():
        if part not in answer.headers.get(name, ""):
            found.append(f"{cell}: {name} is {answer.headers.get(name)!r}")
    if (
        cell.subject.is_logged_in
        and cell.page.permission not in (MACHINE, PUBLIC)
        and "no-store" not in answer.headers.get("Cache-Control", "")
    ):
        found.append(f"{cell}: may be kept by the browser")
    return found


@pytest.mark.parametrize("name", NAMES)
def test_every_answer_is_what_roles_and_tree_say(grid, name):
    page = BY_NAME[name]
    clients = {subject.name: grid.client(subject) for subject in grid.subjects.values()}
    wrong, not_there = [], {}
    allowed = worked = 0
    for cell in cells(grid, page):
        answer, body, (tables, refused, foreign) = send(clients[cell.subject.name], cell)
        count("cells of the matrix")
        count("cells answered 403", answer.status_code == 403)
        expected = cell.expected()
        if answer.status_code not in expected:
            wrong.append(f"{cell}: {answer.status_code}, expected {sorted(expected)}")
        wrong += leaks(grid, cell, answer, body)
        wrong += faulty_headers(cell, answer)
        if foreign:
            wrong.append(f"{cell}: changed {foreign[:5]} outside its scope")
        if tables and (cell.method == "get" or answer.status_code in (401, 403, 404, 405)):
            wrong.append(f"{cell}: wrote to {tables} though {answer.status_code}")
        if refused != (answer.status_code == 403 and (cell.subject.is_logged_in or cell.subject.is_machine)):
            wrong.append(f"{cell}: {answer.status_code} left {refused} entries of a refusal")
        if answer.status_code == 404:
            key = (cell.subject.name, cell.method)
            not_there.setdefault(key, {})[cell.relation] = masked(body, cell.address)
        if 200 in expected and cell.relation != "missing" and page.permission != PUBLIC:
            allowed += 1
            worked += answer.status_code in (200, 302, 409, 422)
    for (subject, method), bodies in not_there.items():
        for relation, text in bodies.items():
            if text != bodies.get("missing", text):
                wrong.append(f"{method} {name} as {subject}: {relation} does not read like missing")
            count("foreign answers compared with missing ones")
    count("allowed cells", allowed)
    count("allowed cells that worked", worked)
    assert not wrong, "\n".join(wrong[:40]) + f"\n({len(wrong)} in all)"
    assert worked >= allowed * 0.95, f"{worked} of {allowed} allowed requests worked"


def test_the_matrix_would_notice_a_write(grid):
    with CaptureQueriesContext(connection) as queries, rolled_back():
        grid.places["village"].disabledperson.save()
    assert "ledgers_disabledperson" in written(queries)


def test_the_matrix_would_notice_a_refusal_without_an_entry(grid, monkeypatch):
    subject = grid.subjects["member"]
    cell = Cell(grid, subject, BY_NAME["account-list"], "get", "", None)
    assert send(grid.client(subject), cell)[2].refusals == 1
    monkeypatch.setattr("federation.shared.permissions.record_refusal", lambda request: None)
    answer, _body, (_tables, refused, _foreign) = send(grid.client(subject), cell)
    assert answer.status_code == 403 and refused == 0


def test_every_relation_and_every_way_of_being_out_of_office_is_asked(grid):
    """A body or subject missing from the grid would silently shrink the matrix."""
    asked = {relation for subject in grid.subjects.values() for relation in grid.relations(subject, "disabledperson")}
    assert asked >= {
        "own",
        "child",
        "grandchild",
        "parent",
        "sibling",
        "cousin",
        "foreign",
        "missing",
        "moved away",
        "person moved away",
    }
    assert {"disabled", "assignment ended", "of a dissolved body", "disabled key", "expired key"} <= set(grid.subjects)
    assert "key of a dissolved body" in grid.subjects
    clerk = grid.relations(grid.subjects["clerk"], "disabledperson")
    assert grid.key_of[clerk["cousin"].organisation.pk] == "far_county"
    assert not grid.lies_below(clerk["moved away"].organisation.pk, grid.world.county.pk)
    assert clerk["person moved away"].disabledperson.org_path == grid.world.other_village.path


def test_the_matrix_would_notice_a_foreign_row_that_an_allowed_request_changed(grid, monkeypatch):
    from ledgers.views.persons import PersonEndView

    subject, place = grid.subjects["member"], grid.places["village"]
    foreign = grid.places["other_village"].disabledperson

    def careless(view, request, **kwargs):
        DisabledPerson.objects.filter(pk=foreign.pk).update(remark="改了别人的")
        return HttpResponse()

    monkeypatch.setattr(PersonEndView, "post", careless)
    cell = Cell(grid, subject, BY_NAME["person-end"], "post", "own", place)
    assert send(grid.client(subject), cell)[2].foreign == [f"DisabledPerson {foreign.pk}"]


@pytest.mark.parametrize("relation", ["moved away", "person moved away"])
def test_the_matrix_would_notice_a_path_left_behind_by_a_move(grid, relation):
    """The person's path as it was before the move: who lost it would still read it."""
    subject = grid.subjects["clerk"]
    place = grid.relations(subject, "disabledperson")[relation]
    with rolled_back():
        DisabledPerson.objects.filter(pk=place.disabledperson.pk).update(org_path=grid.world.village_second.path)
        cell = Cell(grid, subject, BY_NAME["person-detail"], "get", relation, place)
        answer, body, _written = send(grid.client(subject), cell)
    assert answer.status_code not in cell.expected()
    assert leaks(grid, cell, answer, body)


@pytest.mark.parametrize("name", ["person-list", "member-list", "roster-list", "job-list", "key-list"])
def test_the_matrix_would_notice_a_list_without_scope(grid, monkeypatch, name):
    monkeypatch.setattr(ScopedQuerySet, "in_scopes", lambda self, scopes: self.all())
    monkeypatch.setattr(WorkerQuerySet, "in_scopes", lambda self, scopes: self.all())
    monkeypatch.setattr(JobQuerySet, "visible_to", lambda self, principal, permission=None: self.all())
    subject = grid.subjects["administrator"]
    cell = Cell(grid, subject, BY_NAME[name], "get", "", None)
    answer, body, _written = send(grid.client(subject), cell)
    assert answer.status_code == 200
    assert leaks(grid, cell, answer, body)


def test_the_matrix_would_notice_a_page_without_scope(grid, monkeypatch):
    from ledgers.views.persons import PersonDetailView

    monkeypatch.setattr(PersonDetailView, "get_queryset", lambda self: self.model.objects.all())
    subject = grid.subjects["member"]
    cell = Cell(grid, subject, BY_NAME["person-detail"], "get", "foreign", grid.places["other_village"])
    answer, body, _written = send(grid.client(subject), cell)
    assert answer.status_code not in cell.expected()
    assert leaks(grid, cell, answer, body)


def test_the_matrix_would_notice_a_number_in_full(grid, monkeypatch):
    from federation.shared.sealed import SealedText

    monkeypatch.setattr(SealedText, "masked", SealedText.open_plain)
    subject = grid.subjects["member"]
    cell = Cell(grid, subject, BY_NAME["person-list"], "get", "", None)
    answer, body, _written = send(grid.client(subject), cell)
    assert [each for each in leaks(grid, cell, answer, body) if "in full" in each]
