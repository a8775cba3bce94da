"""Verbs on the personal forms that are more than saving one row."""

from django.db import transaction

from federation.shared import audit
from ledgers import rules
from ledgers.models import DisabledPerson, SavedFilter
from ledgers.models.derived import rule_values


def refresh_checks(person: DisabledPerson):
    """Set the two columns that follow from the rules; the caller writes the row."""
    person.missing_mandatory, person.failed_checks = rules.assess_row(rule_values(person))


def recheck_persons(*, batch_size: int = 1000) -> int:
    """Recompute both columns of every row, after a rule or MANDATORY changed. Gives the number of rows that differed.

    Neither column is part of the record, so this writes no history; only rows whose answer changed are written.
    """
    changed = 0
    last = 0
    while True:
        with transaction.atomic():
            rows = list(DisabledPerson.objects.filter(pk__gt=last).order_by("pk").select_for_update()[:batch_size])
            if not rows:
                return changed
            last = rows[-1].pk
            before = {row.pk: (row.missing_mandatory, row.failed_checks) for row in rows}
            for row in rows:
                refresh_checks(row)
            different = [row for row in rows if before[row.pk] != (row.missing_mandatory, row.failed_checks)]
            DisabledPerson.objects.bulk_update(different, ["missing_mandatory", "failed_checks"])
            changed += len(different)


def delete_saved_filter(*, kept: SavedFilter, by):
    """Remove conditions somebody kept for the list; the audit entry says which."""
    with transaction.atomic():
        before = {"name": kept.name, "conditions": kept.conditions}
        audit.record(f"{kept._meta.label_lower}.deleted", actor=by, target=kept, before=before)
        kept.delete()
