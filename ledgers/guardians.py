"""One guardian looks after several people: a new phone number is changed in all of their files at once."""

from collections.abc import Mapping

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from federation.shared import audit
from federation.shared.history import record_changes_bulk
from federation.shared.sealed import SealedText, blind_index
from ledgers.approvals import may_approve
from ledgers.models import DisabledPerson
from ledgers.models.dictionaries import EntryState
from ledgers.querysets import STILL_REGISTERED

LABEL = DisabledPerson._meta.label_lower
MOST = 50
STALE = "您打开页面以后，其中有登记表被改过，没有保存。请核对后再试。"


def with_guardian_phone(visible, phone: SealedText | None):
    """Those of `visible` still registered whose guardian has this phone number."""
    if phone is None or not phone.is_readable():
        return visible.none()
    return visible.filter(STILL_REGISTERED, guardian_phone_index=blind_index("phone", phone.open_plain()))


def change_guardian_phone(*, chosen: Mapping[int, int], phone: str, by) -> list[DisabledPerson]:
    """Give the files in `chosen` ({person: version that was read}) the guardian's new number (normalised).

    What was approved waits again where `by` does not answer for it. One statement for the rows, one for their
    records, one audit entry.
    """
    if len(chosen) > MOST:
        raise ValidationError(f"一次最多更换 {MOST} 份，请分几次选。")
    with transaction.atomic():
        rows = list(
            DisabledPerson.objects.visible_to(by, DisabledPerson.edit_permission)
            .filter(pk__in=chosen)
            .order_by("pk")
            .select_for_update(of=("self",))
        )
        if len(rows) != len(chosen) or any(row.version != chosen[row.pk] for row in rows):
            raise ValidationError(STALE)
        changes = [_change(row, phone, by) for row in rows]
        records = [(row.pk, row.version, changed) for row, changed in zip(rows, changes, strict=True)]
        DisabledPerson.objects.bulk_update(
            rows,
            ["guardian_phone", "guardian_phone_index", "state", "decided_by", "decided_at", "version", "updated_at"],
        )
        record_changes_bulk(LABEL, records, by=by, via="form")
        audit.record("ledgers.guardian_phone.changed", actor=by, details={"persons": [row.pk for row in rows]})
    return rows


def _change(row, phone, by) -> dict:
    """Set the new number and what follows from it, the version too; gives the record of the change."""
    changes = {"guardian_phone": [row.guardian_phone, None]}
    row.guardian_phone = phone
    changes["guardian_phone"][1] = row.guardian_phone
    # bulk_update asks no field for what it derives.
    row.guardian_phone_index = blind_index("phone", phone)
    if row.state == EntryState.APPROVED and not may_approve(by, row.org_path):
        changes["state"] = [row.state, EntryState.SUBMITTED]
        changes["decided_by"] = [row.decided_by_id, None]
        row.state, row.decided_by, row.decided_at = EntryState.SUBMITTED, None, None
    row.version += 1
    row.updated_at = timezone.now()
    return changes
