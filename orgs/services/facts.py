"""Deleting a fact that was entered by mistake. What ended is ended by its date, not deleted."""

from django.db import models, transaction

from federation.shared import audit


def delete_fact(*, fact: models.Model, by, reason: str):
    """Remove a wrongly entered fact and its file; the audit entry keeps what stood there and why it went."""
    label = fact._meta.label_lower
    before = {
        field.name: field.value_from_object(fact)
        if not isinstance(field, models.FileField)
        else str(getattr(fact, field.name))
        for field in fact._meta.concrete_fields
        if not field.primary_key
    }
    files = [getattr(fact, field.name) for field in fact._meta.concrete_fields if isinstance(field, models.FileField)]
    with transaction.atomic():
        audit.record(f"{label}.deleted", actor=by, target=fact, before=before, reason=reason)
        fact.delete()
        for file in files:
            if file:
                transaction.on_commit(lambda file=file: file.storage.delete(file.name))
