"""Every model that belongs to a body gives each member of the cast exactly the rows the tree says."""

import pytest

from federation.shared.fields import OrgPathField
from tests.access.conftest import count
from tests.access.rows import our_models, owned_models

pytestmark = pytest.mark.django_db

SCOPED = [model for model in our_models() if hasattr(model._default_manager.all(), "visible_to")]
# Read only together with the row they hang on, which the caller has fetched in scope.
REACHED_THROUGH_ANOTHER = {
    "shared.chunk": "through its job",
    "shared.changerecord": "through the row it speaks of (history_of)",
    "shared.auditehead": "checked by verify_audit only",
    "shared.audithead": "checked by verify_audit only",
    "shared.workerhost": "names hosts, no data of bodies",
    "shared.jobgate": "one row, no data of bodies",
    "shared.periodrun": "that a day was done, no data of bodies",
    "shared.stagedblock": "through its import",
    "committees.subsidymonth": "through its line",
    "orgs.division": "the public list of places",
    "shared.submission": "read by who sent it, by user and key",
    "shared.rostersynonym": "words of headings, no data of bodies",
}


def test_every_model_is_scoped_or_says_why_not():
    unscoped = {model._meta.label_lower for model in our_models()} - {model._meta.label_lower for model in SCOPED}
    assert unscoped <= set(REACHED_THROUGH_ANOTHER)


def test_every_model_with_a_body_is_scoped_and_names_its_permission():
    for model in owned_models():
        assert model in SCOPED
        assert model.view_permission


@pytest.mark.parametrize("model", owned_models(), ids=lambda model: model._meta.label_lower)
def test_visible_to_gives_exactly_the_rows_in_scope(grid, model):
    name = model._meta.model_name
    rows = [place.rows[name] for place in grid.places.values()]
    for subject in grid.subjects.values():
        if not subject.is_logged_in:
            continue
        visible = set(model._default_manager.visible_to(subject.user).values_list("pk", flat=True))
        for row in rows:
            assert (row.pk in visible) == grid.may(subject, model.view_permission, row), (subject.name, row)
            count("rows of scoped models asked for")


@pytest.mark.parametrize("model", owned_models(), ids=lambda model: model._meta.label_lower)
def test_without_a_user_nothing_is_visible(grid, model):
    assert not model._default_manager.visible_to(None).exists()
    assert not model._default_manager.visible_to(grid.world.stranger).exists()


def test_the_path_of_every_row_is_that_of_its_body(grid):
    for place in grid.places.values():
        for row in place.rows.values():
            fields = list(row._meta.concrete_fields) if hasattr(row, "_meta") else []
            for each in fields:
                if isinstance(each, OrgPathField):
                    assert getattr(row, each.attname) == place.organisation.path
