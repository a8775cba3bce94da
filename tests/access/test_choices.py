"""What forms offer and accept: no choice outside one's scope, and a row saved out of scope is rolled back."""

import pytest
from django import forms
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.test import RequestFactory
from django.test.utils import CaptureQueriesContext

from federation.shared.permissions import LOGGED_IN, MACHINE, PUBLIC
from federation.shared.views import ScopedCreateView, ScopedUpdateView
from orgs.models import Organisation, Plaque
from tests.access.conftest import count, rolled_back
from tests.access.test_matrix import BY_NAME, Cell, written

pytestmark = pytest.mark.django_db

WHO = ["clerk", "leader", "director", "township_member", "member", "officer", "administrator"]
PAGES = sorted(name for name, page in BY_NAME.items() if page.permission not in (PUBLIC, LOGGED_IN, MACHINE, None))


def forms_of(answer):
    """The forms a page was drawn with."""
    found = {}
    for layer in answer.context or []:
        for value in layer.dicts if hasattr(layer, "dicts") else [layer]:
            for name, item in value.items() if hasattr(value, "items") else []:
                if isinstance(item, forms.BaseForm):
                    found[name] = item
    return found


def open_page(grid, clients, who, name):
    subject = grid.subjects[who]
    page = BY_NAME[name]
    place = grid.places[subject.anchor] if page.arguments else None
    cell = Cell(grid, subject, page, "get", "own", place)
    return cell, clients[who].get(cell.address)


def row_choices(form):
    for name, field in form.fields.items():
        if isinstance(field, forms.ModelChoiceField):
            yield name, field, list(field.queryset)


# Choices that are not rows but name bodies by their number.
BODY_FIELDS = {"area", "organisation", "parent", "body", "township", "village", "county", "under"}


def bodies_named(grid, form):
    """Bodies a plain choice offers by number."""
    for name, field in form.fields.items():
        if name in BODY_FIELDS and type(field).__name__ != "ModelChoiceField" and hasattr(field, "choices"):
            for value, _label in field.choices:
                if str(value).isdigit() and int(value) in grid.key_of:
                    yield name, grid.places[grid.key_of[int(value)]].organisation


@pytest.fixture
def clients(grid):
    return {who: grid.client(grid.subjects[who]) for who in WHO}


def is_open(grid, subject, row) -> bool:
    """In scope, or the name of a body above one's own, which is open."""
    if not hasattr(row, "_meta") or not hasattr(type(row), "view_permission"):
        return True
    if isinstance(row, Organisation):
        mine = [body for _role, body in subject.assignments]
        # An association's officer reads people of the whole area of its federation, and so its places.
        mine += [grid.places[grid.key_of[body]].organisation.federation_id or body for body in mine]
        return any(grid.lies_below(row.pk, body) or grid.lies_below(body, row.pk) for body in mine)
    return grid.may(subject, type(row).view_permission, row)


@pytest.mark.parametrize("who", WHO)
def test_no_form_offers_a_row_outside_the_scope(grid, clients, who):
    offered = 0
    for name in PAGES:
        cell, answer = open_page(grid, clients, who, name)
        if answer.status_code != 200:
            continue
        for form in forms_of(answer).values():
            for field_name, _field, rows in row_choices(form):
                wrong = [row for row in rows if not is_open(grid, cell.subject, row)]
                assert not wrong, f"{cell}: {field_name} offers {wrong[:3]}"
                offered += len(rows)
            for field_name, body in bodies_named(grid, form):
                assert is_open(grid, cell.subject, body), f"{cell}: {field_name} offers {body}"
                offered += 1
    count("choices looked at", offered)


@pytest.mark.parametrize("who", ["clerk", "director", "member", "administrator"])
def test_a_foreign_row_sent_into_a_choice_is_refused_and_nothing_is_written(grid, clients, who):
    foreign = grid.places["other_village"]
    tried = 0
    for name in PAGES:
        cell, answer = open_page(grid, clients, who, name)
        if answer.status_code != 200 or "post" not in (cell.page.methods or ()):
            continue
        for form in forms_of(answer).values():
            for field_name, field, _rows in row_choices(form):
                row = foreign.rows.get(field.queryset.model._meta.model_name)
                if row is None:
                    continue
                data = {"version": 1, field_name: getattr(row, field.to_field_name or "pk")}
                with rolled_back(), CaptureQueriesContext(connection) as queries:
                    sent = clients[who].post(cell.address, data)
                assert sent.status_code in (403, 404, 422), f"{cell}: {field_name} gave {sent.status_code}"
                assert written(queries) == []
                tried += 1
    count("foreign choices sent", tried)


class AnywhereForm(forms.ModelForm):
    """A form that forgot its scope: what the second question is for."""

    class Meta:
        model = Plaque
        fields = ["organisation", "hung_on"]

    def __init__(self, *args, user=None, **kwargs):
        super().__init__(*args, **kwargs)


class MovesOut(ScopedUpdateView):
    permission = "organisations.edit"
    model = Plaque
    form_class = AnywhereForm

    def success_url(self, row):
        return "/"


class PutsElsewhere(ScopedCreateView):
    permission = "organisations.edit"
    model = Plaque
    form_class = AnywhereForm

    def success_url(self, row):
        return "/"


def post_as(user, data):
    request = RequestFactory().post("/", data)
    request.user, request.session = user, {}
    return request


def test_a_row_moved_out_of_scope_is_rolled_back_even_where_the_form_allows_it(grid):
    plaque = grid.places["village"].plaque
    data = {"organisation": grid.places["other_village"].organisation.pk, "hung_on": "2020-01-01", "version": 1}
    with pytest.raises(PermissionDenied, match="不在您负责的范围内"):
        MovesOut.as_view()(post_as(grid.world.member, data), pk=plaque.pk)
    plaque.refresh_from_db()
    assert plaque.organisation_id == grid.places["village"].organisation.pk
    assert plaque.version == 1


def test_a_row_put_outside_the_scope_is_rolled_back(grid):
    foreign = grid.places["other_village"].organisation
    before = Plaque.objects.filter(organisation=foreign).count()
    with pytest.raises(PermissionDenied):
        PutsElsewhere.as_view()(post_as(grid.world.member, {"organisation": foreign.pk, "hung_on": "2020-01-01"}))
    assert Plaque.objects.filter(organisation=foreign).count() == before
