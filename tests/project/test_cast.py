"""The cast is built by the product once and copied from then on: a copy must not differ from what is built."""

import pytest
from django.db.models import DateTimeField

from accounts.models import ApiKey, Assignment, User
from orgs.models import Organisation
from tests.access.conftest import rolled_back
from tests.conftest import build_by_the_product, build_world, write_again

# What a new row gets from the database or from the clock, and what is drawn by lot.
NEW_EACH_TIME = {"id", "password", "key_id", "secret_hash"}


def told(row, each):
    """A relation is told by whom it leads to, since numbers are given anew."""
    value = getattr(row, each.name)
    return str(getattr(value, "path", value)) if each.is_relation else value


def rows() -> list:
    found = []
    for model, order in ((Organisation, "path"), (User, "username"), (Assignment, "user__username"), (ApiKey, "name")):
        columns = [
            each
            for each in model._meta.concrete_fields
            if each.name not in NEW_EACH_TIME and not isinstance(each, DateTimeField)
        ]
        found += [
            [model.__name__, *(told(row, each) for each in columns)] for row in model._base_manager.order_by(order)
        ]
    return found


@pytest.mark.django_db
def test_the_copied_cast_is_the_cast_that_the_product_builds():
    with rolled_back():
        built = build_by_the_product()
        wanted = rows()
        scopes = User.objects.get(username="clerk").scopes("persons.view")
    with rolled_back():
        copied = write_again(built)
        assert rows() == wanted
        assert {key: row.path for key, row in copied.orgs.items()} == {key: row.path for key, row in built.orgs.items()}
        assert copied.association.federation == copied.county
        assert copied.clerk.scopes("persons.view") == scopes != []


@pytest.mark.django_db
def test_one_test_does_not_see_what_another_did_to_its_cast():
    with rolled_back():
        world = build_world()
        world.county.name = "changed"
        world.clerk.display_name = "changed"
    with rolled_back():
        world = build_world()
        assert world.county.name == Organisation.objects.get(pk=world.county.pk).name == "会宁县残疾人联合会"
        assert world.clerk.display_name == "赵经办"
