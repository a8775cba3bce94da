"""What hangs on a person goes along: every model, also those that come later, finds itself at the new body."""

import pytest

from ledgers.following import follow_person, keys_to_persons

pytestmark = pytest.mark.django_db


def test_every_model_that_hangs_on_a_person_lies_with_it_afterwards(grid):
    home, target = grid.places["village"], grid.places["neighbour_village"].organisation
    person = home.disabledperson
    person.organisation = target
    person.save()
    follow_person(person)
    left = {}
    for model, key in keys_to_persons():
        if not getattr(model, "stays_behind", False) and hasattr(model, "org_path"):
            rows = model._base_manager.filter(**{key: person}).exclude(organisation=target, org_path=target.path)
            left[model.__name__] = rows.count()
    assert len(left) >= 3 and set(left.values()) == {0}, left
