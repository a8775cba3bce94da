"""What hangs on a person and goes along when the person moves to another body or two files become one."""

from django.db import models

from federation.shared.fields import OrgPathField, paths_now
from ledgers.models import DisabledPerson
from orgs.models import Organisation


def keys_to_persons() -> list[tuple[type[models.Model], str]]:
    """(model, name of its key) of every model, in whatever app, whose rows belong to one person."""
    return [
        (relation.related_model, relation.field.name)
        for relation in DisabledPerson._meta.get_fields(include_hidden=True)
        if relation.auto_created and not relation.concrete and (relation.one_to_many or relation.one_to_one)
    ]


def _lies_at_the_persons_body(model) -> bool:
    """Rows of a model that says `stays_behind` belong to the body that wrote them, wherever the person goes."""
    owned = any(
        isinstance(field, OrgPathField) and field.source == "organisation" for field in model._meta.concrete_fields
    )
    return owned and not getattr(model, "stays_behind", False)


def follow_person(person: DisabledPerson):
    """Give every row that hangs on `person` the body where the person is registered now: one statement a model."""
    path = paths_now(Organisation, [person.organisation_id])[person.organisation_id]
    for model, key in keys_to_persons():
        if _lies_at_the_persons_body(model):
            rows = model._base_manager.filter(**{key: person}).exclude(
                organisation=person.organisation_id, org_path=path
            )
            rows.update(organisation=person.organisation_id, org_path=path)
