"""A person passes from one body to another with the file, its history and all that hangs on it.

Either side asks, the other decides: whoever answers for personal forms there (persons.approve). Who answers for both
sides decides at once. Until the other side has accepted, the receiving body learns nothing it did not type itself.
Locks are taken in one order everywhere: household, person, transfer.
"""

import datetime
from collections.abc import Iterable
from dataclasses import dataclass, field

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone

from federation.shared import audit
from federation.shared.fields import subtree
from federation.shared.history import create_versioned, save_versioned
from federation.shared.models import AuditEntry
from federation.shared.sealed import blind_index
from ledgers.approvals import APPROVE
from ledgers.following import follow_person
from ledgers.households import alone, locked_with_household, refresh_household
from ledgers.models import DisabledPerson, Transfer
from ledgers.models.dictionaries import TransferState

EDIT = DisabledPerson.edit_permission
VIEW = DisabledPerson.view_permission
ASKED = "ledgers.transfer.asked"
TOO_MANY = "ledgers.transfer.too_many"
PER_HOUR = 20
# The one answer for a number that nobody has, for somebody else's, and for a name that does not fit.
NOT_FOUND = (
    "没有找到姓名和身份证号都与您填写的一致、可以转入的登记表。请对照身份证核对姓名和号码；"
    "核对无误的，请与迁出地的残联联系，由他们办理转出。"
)
TOO_OFTEN = f"一小时内最多申请转入 {PER_HOUR} 次，请稍后再试；成批转入的，请用名册导入。"
ALREADY_ASKED = "这个人已有一份转移正在办理，办完以后才能再申请。"
DONE = "这份转移已经办结或撤回，请刷新页面。"
OWN = "这是您自己提出的，请由对方有审核权限的同志处理。"


class NotFound(Exception):
    """No file fits name and number, or none may be taken over; which of them is told to nobody."""


@dataclass
class Requested:
    """What became of persons asked for together, by primary key."""

    asked: list[int] = field(default_factory=list)
    already_asked: list[int] = field(default_factory=list)
    # Registered at the body already, or no longer alive.
    left_out: list[int] = field(default_factory=list)


def holds(user, permission: str, path: str) -> bool:
    return any(path.startswith(scope.path) for scope in user.scopes(permission))


# --- asking ---------------------------------------------------------------------------------------


def count_attempt(*, by) -> bool:
    """Record that `by` typed a name and a number, whatever is on file; False where it was once too often this hour.

    Outside the transaction of the request, so that the entry stays whatever the answer is.
    """
    kind, number = audit.actor_of(by)
    since = timezone.now() - datetime.timedelta(hours=1)
    with transaction.atomic():
        # Two attempts at once are counted one after the other.
        audit.lock_chain(audit.chain_of(kind, number))
        entries = AuditEntry.objects.filter(actor_kind=kind, actor_id=number, at__gt=since, action=ASKED)
        allowed = entries.count() < PER_HOUR
        audit.record(ASKED if allowed else TOO_MANY, actor=by)
    return allowed


def ask_for_person(*, id_number: str, name: str, to_body, moved_on, reason: str, by) -> Transfer:
    """The receiving side asks for who has this number and this name (both normalised).

    Raises NotFound, and ValidationError where the person is registered at `to_body` or asked for already.
    """
    with transaction.atomic():
        person = locked_with_household(id_number_index=blind_index("id_number", id_number))
        if person is None or person.name != name:
            raise NotFound(NOT_FOUND)
        if person.organisation_id == to_body.pk:
            raise ValidationError(f"{name} 已在{to_body.label}登记，不用转入。")
        transfer = Transfer(person=person, organisation_id=person.organisation_id, to_organisation=to_body)
        return _open(transfer, person, moved_on, reason, by)


def offer_person(*, person: DisabledPerson, to_body, moved_on, reason: str, by) -> Transfer:
    """The sending side offers a person to the village or community where they live now."""
    with transaction.atomic():
        stored = locked_with_household(pk=person.pk)
        if stored is None:
            raise ValidationError("这份登记表刚被改过，请刷新页面再试。")
        if stored.organisation_id == to_body.pk:
            raise ValidationError({"to_organisation": f"{stored.name} 就在{to_body.label}登记，请选另一个村（社区）。"})
        if stored.deceased_on:
            raise ValidationError(f"{stored.name} 已登记死亡，不能转移。")
        transfer = Transfer(
            person=stored, organisation_id=stored.organisation_id, to_organisation=to_body, asked_by_receiver=False
        )
        return _open(transfer, stored, moved_on, reason, by)


def _open(transfer: Transfer, person, moved_on, reason, by) -> Transfer:
    transfer.moved_on, transfer.reason = moved_on, reason
    try:
        with transaction.atomic():
            create_versioned(transfer, by=by)
    except IntegrityError:
        raise ValidationError(ALREADY_ASKED) from None
    if _holds_both(transfer, by):
        return accept_transfer(transfer=transfer, by=by)
    return transfer


def request_transfers(*, persons: Iterable[int], to_body, by, reason: str, moved_on=None) -> Requested:
    """Ask for many persons at once on behalf of `to_body` (a preview of a roster that found them elsewhere).

    `persons` are primary keys. The caller has compared name and number of each with what its user typed, and has
    checked that the user may write for `to_body`. Every request waits for its sending side, also where `by` answers
    for both: nobody has looked at these one by one. `moved_on` is today unless given. One question and one statement
    however many they are; the persons are locked meanwhile.
    """
    outcome = Requested()
    wanted = sorted(set(persons))
    with transaction.atomic():
        rows = DisabledPerson.objects.filter(pk__in=wanted).order_by("pk").select_for_update(of=("self",))
        found = list(rows.only("pk", "organisation_id", "org_path", "deceased_on"))
        asked_for = set(Transfer.objects.open().filter(person__in=wanted).values_list("person_id", flat=True))
        fresh = []
        for row in found:
            if row.organisation_id == to_body.pk or row.deceased_on:
                outcome.left_out.append(row.pk)
            elif row.pk in asked_for:
                outcome.already_asked.append(row.pk)
            else:
                outcome.asked.append(row.pk)
                fresh.append(
                    Transfer(
                        person_id=row.pk, organisation_id=row.organisation_id, to_organisation=to_body,
                        moved_on=moved_on or timezone.localdate(), reason=reason, created_by=by,
                    )
                )  # fmt: skip
        if fresh:
            # The persons are locked, and asking for one takes that lock first: no request came in between.
            Transfer.objects.bulk_create(fresh, batch_size=500)
            audit.record("ledgers.transfer.requested", actor=by, organisation=to_body, details={"number": len(fresh)})
    return outcome


# --- deciding -------------------------------------------------------------------------------------


def deciding_path(transfer: Transfer) -> str:
    return transfer.org_path if transfer.asked_by_receiver else transfer.to_path


def asking_path(transfer: Transfer) -> str:
    return transfer.to_path if transfer.asked_by_receiver else transfer.org_path


def _holds_both(transfer, user) -> bool:
    return holds(user, APPROVE, transfer.org_path) and holds(user, APPROVE, transfer.to_path)


def may_decide(transfer: Transfer, user) -> bool:
    """Whether `user` answers for the side that was asked; one's own request only where one answers for both."""
    if transfer.created_by_id == user.pk:
        return _holds_both(transfer, user)
    return holds(user, APPROVE, deciding_path(transfer))


def may_withdraw(transfer: Transfer, user) -> bool:
    return holds(user, EDIT, asking_path(transfer))


def waiting_for(user):
    """Open transfers that `user` may decide."""
    scopes = user.scopes(APPROVE)
    if not scopes:
        return Transfer.objects.none()
    sends, receives = Q(), Q()
    for scope in scopes:
        sends |= subtree(scope.path, "org_path")
        receives |= subtree(scope.path, "to_path")
    own = Q(created_by=user.pk, created_by__isnull=False)
    decided_here = (Q(asked_by_receiver=True) & sends) | (Q(asked_by_receiver=False) & receives)
    return Transfer.objects.open().filter(decided_here).exclude(own & ~(sends & receives))


def accept_transfer(*, transfer: Transfer, by, answer: str = "") -> Transfer:
    """Move the person: file, attachments and all that hangs on it lie at the receiving body from now on."""
    with transaction.atomic():
        person, stored = _locked(transfer)
        _check_decider(stored, by)
        body = stored.to_organisation
        if person.organisation_id != stored.organisation_id:
            raise ValidationError("提出以后，这个人已改到别的村（社区）登记。请填写不同意，由对方重新申请。")
        if person.deceased_on:
            raise ValidationError("这个人已登记死亡，不能转移。请填写不同意。")
        if not body.is_live_on(timezone.localdate()):
            raise ValidationError("转入的村（社区）已撤销。请填写不同意，由对方重新选择。")
        left, stored.written_off_on = person.household_id, person.moved_away_on
        _hand_over(person, body, by)
        _decide(stored, TransferState.ACCEPTED, answer, by, "ledgers.transfer.accepted")
        refresh_household(pk=left, by=by)
    return stored


def _hand_over(person, body, by):
    person.organisation = body
    # These name people and places of the village that was left.
    person.member_in_charge, person.responsible_cadre, person.grid = None, "", ""
    # Who was written off as moved away has turned up inside the system; the transfer keeps since when.
    person.moved_away_on = None
    if person.household_id:
        alone(person)
    save_versioned(person, by=by, via="system", action="ledgers.person.transferred")
    follow_person(person)


def refuse_transfer(*, transfer: Transfer, reason: str, by) -> Transfer:
    reason = reason.strip()
    if not reason:
        raise ValidationError({"answer": "请写明不同意的原因，让提出的一方知道该怎么办。"})
    with transaction.atomic():
        _person, stored = _locked(transfer)
        _check_decider(stored, by)
        return _decide(stored, TransferState.REFUSED, reason, by, "ledgers.transfer.refused")


def withdraw_transfer(*, transfer: Transfer, by) -> Transfer:
    """The side that asked takes it back, as long as the other has not decided."""
    with transaction.atomic():
        _person, stored = _locked(transfer)
        if not may_withdraw(stored, by):
            raise ValidationError("只有提出转移的一方可以撤回。")
        return _decide(stored, TransferState.WITHDRAWN, "", by, "ledgers.transfer.withdrawn")


def _locked(transfer) -> tuple[DisabledPerson, Transfer]:
    """Person and transfer as they are now, locked; refused where somebody was quicker."""
    person = locked_with_household(pk=transfer.person_id)
    rows = Transfer.objects.select_related("to_organisation").select_for_update(of=("self",))
    stored = rows.filter(pk=transfer.pk, person=person).first() if person else None
    if stored is None or stored.state != TransferState.REQUESTED:
        raise ValidationError(DONE)
    return person, stored


def _check_decider(stored, by):
    if not may_decide(stored, by):
        raise ValidationError(OWN if stored.created_by_id == by.pk else "只有对方有审核权限的同志可以处理。")


def _decide(stored, state, answer, by, action) -> Transfer:
    stored.state, stored.answer = state, answer.strip()
    stored.decided_by, stored.decided_at = by, timezone.now()
    save_versioned(stored, by=by, action=action)
    return stored
