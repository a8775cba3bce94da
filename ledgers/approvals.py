"""Between who fills in a personal form and who answers for it: submit, approve, return, withdraw.

Who may approve at the person's body saves an approved form; everybody else submits it, and what was approved waits
again once such a person changes it. Nobody approves what they themselves submitted last.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from federation.shared import audit
from federation.shared.history import (
    VersionConflict,
    changed_fields,
    create_versioned,
    record_changes_bulk,
    save_versioned,
)
from federation.shared.models import ChangeRecord
from ledgers.approval_history import LABEL, ever_approved, last_submitters
from ledgers.attachments import delete_attachments
from ledgers.drafts import delete_draft
from ledgers.erasure_traces import forget_requests
from ledgers.following import follow_person
from ledgers.households import alone, lock_household, refresh_household
from ledgers.models import DisabledPerson, PersonMerge, Transfer
from ledgers.models.dictionaries import EntryState, TransferState

APPROVE = "persons.approve"
MOST_AT_ONCE = 100
OWN = "这是您自己提交的，请由另一位有审核权限的同志审核。"
STALE = "您打开页面以后它又被改过，请重新打开核对。"
NOT_WAITING = "它现在不在待审核状态，可能别人已经办过。"


@dataclass
class Outcome:
    """What became of the forms chosen together: those approved, and (name, sentence) of those refused."""

    approved: list[DisabledPerson] = field(default_factory=list)
    refused: list[tuple[str, str]] = field(default_factory=list)


def may_approve(user, path: str) -> bool:
    """Whether `user` answers for the forms of the body at `path`."""
    return any(path.startswith(scope.path) for scope in user.scopes(APPROVE))


def submit_person(*, person: DisabledPerson, by, expected_version: int | None = None, draft=None) -> DisabledPerson:
    """Save what was filled in, with the state that follows from who `by` is; the draft it came from goes.

    A file on which nothing was changed keeps its state, unless it had been returned. Raises VersionConflict.
    """
    with transaction.atomic():
        if person.pk is None:
            _decide(person, by)
            create_versioned(person, by=by)
        else:
            # A household is locked before its people, as everywhere.
            home = person.household_id
            lock_household(home)
            stored = DisabledPerson.objects.select_for_update(of=("self",)).get(pk=person.pk)
            if home and stored.organisation_id != person.organisation_id:
                alone(person)
            if person.state == EntryState.RETURNED or changed_fields(stored, person):
                _decide(person, by)
            save_versioned(person, by=by, expected_version=expected_version)
            if stored.organisation_id != person.organisation_id:
                _record_move(stored, person, by)
                follow_person(person)
            refresh_household(pk=home, by=by)
        if draft is not None:
            delete_draft(draft=draft, by=by)
    return person


def _record_move(stored, person, by):
    """A village changed in the form is a move as well: without it a past day would count the person at the new one."""
    move = Transfer(
        person=person,
        organisation_id=stored.organisation_id,
        to_organisation_id=person.organisation_id,
        asked_by_receiver=False,
        moved_on=timezone.localdate(),
        reason="在登记表里改了所在村（社区）",
        state=TransferState.ACCEPTED,
        decided_by=by,
        decided_at=timezone.now(),
    )
    create_versioned(move, by=by)


def _decide(person, by):
    waits_for_others = (
        person.pk is not None
        and person.state == EntryState.SUBMITTED
        and last_submitters([person.pk]).get(person.pk) == by.pk
    )
    was_approved = person.pk is not None and person.state == EntryState.APPROVED
    person.returned_reason = ""
    if not may_approve(by, person.organisation.path) or waits_for_others:
        person.state, person.decided_by, person.decided_at = EntryState.SUBMITTED, None, None
    elif not was_approved:
        person.state, person.decided_by, person.decided_at = EntryState.APPROVED, by, timezone.now()


def approve_persons(*, chosen: Mapping[UUID, int], by) -> Outcome:
    """Approve those of `chosen` ({uid: version that was read}) that wait, unchanged since, and are not one's own.

    One statement for the rows and one for their records; an audit entry each.
    """
    if len(chosen) > MOST_AT_ONCE:
        raise ValidationError(f"一次最多审核 {MOST_AT_ONCE} 份，请分几次选。")
    outcome = Outcome()
    with transaction.atomic():
        rows = list(
            DisabledPerson.objects.visible_to(by, APPROVE).filter(uid__in=chosen).order_by("pk").select_for_update()
        )
        submitters = last_submitters([row.pk for row in rows])
        for row in rows:
            refusal = _refusal(row, chosen[row.uid], submitters.get(row.pk), by)
            if refusal:
                outcome.refused.append((row.name, refusal))
            else:
                outcome.approved.append(row)
        gone = len(chosen) - len(rows)
        if gone:
            outcome.refused.append((f"另有 {gone} 份", "已撤回，或不在您负责的范围内。"))
        _write_approvals(outcome.approved, by)
    return outcome


def _refusal(row, version, submitter, by) -> str:
    if row.state != EntryState.SUBMITTED:
        return NOT_WAITING
    if row.version != version:
        return STALE
    return OWN if submitter == by.pk else ""


def _write_approvals(rows, by):
    now = timezone.now()
    approved = {"state": EntryState.APPROVED, "decided_by": by, "decided_at": now, "returned_reason": ""}
    DisabledPerson.objects.filter(pk__in=[row.pk for row in rows]).update(
        **approved, version=F("version") + 1, updated_at=now
    )
    records = []
    for row in rows:
        changes = {"state": [row.state, EntryState.APPROVED], "decided_by": [row.decided_by_id, by.pk]}
        records.append((row.pk, row.version + 1, changes))
    if records:
        record_changes_bulk(LABEL, records, by=by, via="form")
    for row in rows:
        row.version += 1
        row.state = EntryState.APPROVED
        audit.record("ledgers.person.approved", actor=by, target=row, details={"version": row.version})


def return_person(*, person: DisabledPerson, reason: str, by, expected_version: int) -> DisabledPerson:
    """Give a submitted form back to who filled it in, with what is to be mended."""
    reason = reason.strip()
    if not reason:
        raise ValidationError({"reason": "请写明退回原因，让填表的人知道要改什么。"})
    with transaction.atomic():
        stored = DisabledPerson.objects.select_for_update(of=("self",)).get(pk=person.pk)
        if stored.version != expected_version:
            raise ValidationError(STALE)
        if stored.state != EntryState.SUBMITTED:
            raise ValidationError(NOT_WAITING)
        stored.state, stored.returned_reason = EntryState.RETURNED, reason
        stored.decided_by, stored.decided_at = by, timezone.now()
        save_versioned(stored, by=by, expected_version=expected_version, action="ledgers.person.returned")
    return stored


def may_withdraw(person: DisabledPerson, by) -> bool:
    """A new entry nobody has approved yet may be taken back by who made it, unless another file lives in it."""
    if person.state == EntryState.APPROVED or person.created_by_id != by.pk or ever_approved(person):
        return False
    return not PersonMerge.objects.filter(person=person, undone_at=None).exists()


def withdraw_person(*, person: DisabledPerson, by, expected_version: int):
    """Delete one's own new entry before anybody has approved it; the audit entry remains."""
    with transaction.atomic():
        stored = DisabledPerson.objects.select_for_update(of=("self",)).get(pk=person.pk)
        if stored.version != expected_version:
            raise VersionConflict(stored, person, [])
        if not may_withdraw(stored, by):
            raise ValidationError("只能撤回自己新登记、还没有审核通过、也没有合并过别的登记表的登记表。")
        audit.record("ledgers.person.withdrawn", actor=by, target=stored, details={"state": stored.state})
        delete_attachments(person=stored, by=by)
        forget_requests(stored)
        # Of somebody who was never registered nothing stays but the entry in the log.
        ChangeRecord.objects.of(stored).delete()
        stored.delete()
