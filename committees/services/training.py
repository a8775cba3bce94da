"""Training sessions: planned, changed, cancelled; people registered, what became of it, certificates; targets."""

import datetime
from collections.abc import Iterable

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from committees.models import Appointment, TrainingAttendance, TrainingSession
from federation.shared import audit
from federation.shared.fields import holding_paths
from federation.shared.history import create_versioned, save_versioned
from federation.shared.templatetags.ui import cn_date
from orgs.models import Organisation

State = TrainingSession.State
Presence = TrainingAttendance.Presence
Result = TrainingAttendance.Result
# What the page of attendance offers for one person: (value, words); see TrainingAttendance.outcome.
OUTCOMES = (
    ("registered", "还没有登记"),
    ("attended", "到会"),
    ("attended:passed", "到会，考核合格"),
    ("attended:excellent", "到会，考核优秀"),
    ("attended:failed", "到会，考核不合格"),
    ("absent", "缺席"),
)
# The same three at an attendance and at an appointment.
CERTIFICATE = ("certificate_number", "certificate_issued_on", "certificate_expires_on")
_WHO = ("pk", "worker_id", "organisation_id")


class TrainingRefused(ValidationError):
    """It cannot be done; the message says why and what to do. Nothing was written."""


def plan_session(*, session: TrainingSession, by) -> TrainingSession:
    """Store a new session. Raises TrainingRefused."""
    _check_session(session)
    return create_versioned(session, by=by)


def change_session(*, session: TrainingSession, by, expected_version: int):
    """Save a corrected session. Raises TrainingRefused, VersionConflict."""
    with transaction.atomic():
        stored = _locked(session)
        _check_session(session)
        if stored.is_cancelled:
            raise TrainingRefused("这个培训班已经取消，不能再修改。要办请另外登记一个。")
        if stored.state == State.HELD and session.starts_on > timezone.localdate():
            raise TrainingRefused({"starts_on": "这个培训班已经举办，开始日期不能晚于今天。请核对。"})
        if stored.organisation_id != session.organisation_id and session.attendances.exists():
            raise TrainingRefused({"organisation": "已经有人报名，主办机构不能再改。请另外登记一个培训班。"})
        return save_versioned(session, by=by, expected_version=expected_version)


def cancel_session(*, session: TrainingSession, reason: str, by, expected_version: int | None = None):
    """The session does not take place; who was registered stays on record. Raises TrainingRefused."""
    with transaction.atomic():
        stored = _locked(session)
        if stored.is_cancelled:
            raise TrainingRefused("这个培训班已经取消过了。")
        if stored.attendances.filter(presence=Presence.ATTENDED).exists():
            raise TrainingRefused("已经登记有人到会，不能取消。请先核对到会情况。")
        session.state, session.cancel_reason = State.CANCELLED, reason
        return save_versioned(
            session, by=by, expected_version=expected_version, action="training.cancelled", reason=reason
        )


def _locked(session: TrainingSession) -> TrainingSession:
    return TrainingSession.objects.select_for_update(of=("self",)).get(pk=session.pk)


def _check_session(session: TrainingSession):
    if session.ends_on < session.starts_on:
        raise TrainingRefused({"ends_on": "早于开始日期。请核对。"})
    days = (session.ends_on - session.starts_on).days + 1
    if session.hours > days * 24:
        raise TrainingRefused({"hours": f"{days} 天不可能有 {session.hours} 学时。请核对学时和日期。"})


# --- who goes ---------------------------------------------------------------------------------------
def may_be_registered(session: TrainingSession, people):
    """Of the tenures, those in post on the first day within the host's area whose person is not on the list yet."""
    listed = TrainingAttendance.objects.filter(session=session).order_by().values("worker")
    rows = people.under(session.org_path).in_post_on(session.starts_on)
    return rows.exclude(worker__in=listed)


def register_people(*, session: TrainingSession, people, by, came_without: bool = False) -> int:
    """Put the people of these tenures on the list; how many were not on it yet. Raises TrainingRefused.

    `people` is a queryset of tenures in the scope of `by`. `came_without`: to a session that was held, by its host.
    """
    with transaction.atomic():
        stored = _locked(session)
        if stored.is_cancelled:
            raise TrainingRefused("这个培训班已经取消，不能再报名。")
        if not stored.is_planned and not came_without:
            raise TrainingRefused("这个培训班已经举办，不能再报名。没有报名而到会的，请主办机构补登。")
        return _put_on_list(stored, people, by)


def _put_on_list(session, people, by) -> int:
    wanted = may_be_registered(session, people).order_by("org_path", "pk")
    # Whoever holds two posts goes once, for the first of them.
    chosen = {worker: (tenure, body) for tenure, worker, body in reversed(list(wanted.values_list(*_WHO)))}
    account = by if getattr(by, "pk", None) else None
    rows = [
        TrainingAttendance(
            session=session, worker_id=worker, tenure_id=tenure, organisation_id=body, created_by=account
        )
        for worker, (tenure, body) in chosen.items()
    ]
    with holding_paths(Organisation, {row.organisation_id for row in rows}):
        TrainingAttendance.objects.bulk_create(rows, batch_size=500)
    if rows:
        audit.record("training.registered", actor=by, target=session, details={"people": len(rows)})
    return len(rows)


def withdraw_registration(*, attendance: TrainingAttendance, by):
    """Take somebody off the list, who has not been there. Raises TrainingRefused."""
    with transaction.atomic():
        rows = TrainingAttendance.objects.select_for_update(of=("self",)).select_related("session")
        stored = rows.get(pk=attendance.pk)
        if stored.presence == Presence.ATTENDED:
            raise TrainingRefused("已经登记到会，不能取消报名。登记错了的，请先改到会情况。")
        audit.record("training.withdrawn", actor=by, target=stored, details={"session": stored.session_id})
        stored.delete()


# --- what became of it --------------------------------------------------------------------------------
def record_attendance(*, session: TrainingSession, outcomes: dict[int, tuple[str, int]], by) -> int:
    """Store presence and result of the people: {attendance: (outcome, version seen)}; how many were changed.

    The first one who was there makes the session a held one. Raises TrainingRefused, VersionConflict.
    """
    with transaction.atomic():
        stored = _locked(session)
        _check_may_be_held(stored)
        rows = TrainingAttendance.objects.filter(session=stored, pk__in=outcomes).select_related("worker", "session")
        changed = 0
        for row in rows:
            outcome, version = outcomes[row.pk]
            presence, _, result = outcome.partition(":")
            if row.outcome == outcome:
                continue
            row.presence, row.result = presence, result
            if presence != Presence.ATTENDED or result == Result.FAILED:
                _check_no_certificate(row)
            if presence != Presence.ATTENDED:
                row.hours = None
            changed += save_versioned(row, by=by, expected_version=version) is not None
        _is_held_now(stored, by)
        return changed


def _check_may_be_held(session: TrainingSession):
    if session.is_cancelled:
        raise TrainingRefused("这个培训班已经取消，不能登记到会。")
    if session.starts_on > timezone.localdate():
        raise TrainingRefused(f"这个培训班 {cn_date(session.starts_on)}才开始。请到那天再登记到会。")


def _check_no_certificate(row: TrainingAttendance):
    if row.certificate_number:
        raise TrainingRefused(
            f"{row.worker}已经发了证书 {row.certificate_number}。要改成缺席或不合格，请先删去证书编号。"
        )


def _is_held_now(session: TrainingSession, by):
    if session.is_planned and session.attendances.filter(presence=Presence.ATTENDED).exists():
        session.state = State.HELD
        save_versioned(session, by=by, action="training.held")


def change_attendance(*, attendance: TrainingAttendance, by, expected_version: int):
    """Save hours, result and certificate of one person. Raises TrainingRefused, VersionConflict."""
    with transaction.atomic():
        session = _locked(attendance.session)
        if attendance.presence != Presence.REGISTERED:
            _check_may_be_held(session)
        if attendance.presence != Presence.ATTENDED:
            if attendance.result or attendance.hours is not None:
                raise TrainingRefused({"presence": "没有到会的人不填学时和考核结果。请核对。"})
            _check_no_certificate(attendance)
        _check_certificate(attendance)
        before = TrainingAttendance.objects.select_for_update(of=("self",)).get(pk=attendance.pk)
        save_versioned(attendance, by=by, expected_version=expected_version)
        _is_held_now(session, by)
        carry_to_appointment(attendance, before, by=by)


def _check_certificate(attendance: TrainingAttendance):
    if attendance.result == Result.FAILED and attendance.certificate_number:
        raise TrainingRefused({"certificate_number": "考核不合格的不发证书。请核对。"})
    if attendance.certificate_number and not attendance.certificate_issued_on:
        raise TrainingRefused({"certificate_issued_on": "填了证书编号，请填发证日期。"})
    if not attendance.certificate_number and (attendance.certificate_issued_on or attendance.certificate_expires_on):
        raise TrainingRefused({"certificate_number": "填了证书的日期，请填证书编号。"})
    issued, expires = attendance.certificate_issued_on, attendance.certificate_expires_on
    if issued and expires and expires < issued:
        raise TrainingRefused({"certificate_expires_on": "早于发证日期。请核对。"})


def carry_to_appointment(attendance: TrainingAttendance, before: TrainingAttendance | None = None, *, by):
    """The certificate of a 上岗证 training is that of the appointment as well; `before`: what was stored till now."""
    if not attendance.session.gives_certificate:
        return
    appointment = Appointment.objects.select_for_update(of=("self",)).filter(tenure=attendance.tenure_id).first()
    given = attendance.certificate_number, attendance.certificate_issued_on
    if appointment is None or not replaces(*given, before, appointment):
        return
    for name in CERTIFICATE:
        setattr(appointment, name, getattr(attendance, name))
    save_versioned(appointment, by=by)


def replaces(
    number: str, issued_on: datetime.date | None, before: TrainingAttendance | None, appointment: Appointment
) -> bool:
    """Whether this is the certificate of the appointment from now on: unless a later one is there.

    The one that came from this very attendance (`before`) follows it, also to an earlier day and to none.
    """
    known = appointment.certificate_issued_on
    if before is not None and before.certificate_number:
        came_from = before.certificate_number, before.certificate_issued_on
        if came_from == (appointment.certificate_number, known):
            return True
    return bool(number) and (known is None or issued_on >= known)


def award_certificates(
    *,
    session: TrainingSession,
    prefix: str,
    first_number: int,
    digits: int,
    issued_on: datetime.date,
    expires_on: datetime.date | None,
    by,
) -> int:
    """Number the certificates of all who completed the session and have none; how many. Raises TrainingRefused."""
    with transaction.atomic():
        stored = _locked(session)
        if stored.state != State.HELD:
            raise TrainingRefused("还没有登记到会情况。请先登记到会，再发证书。")
        if issued_on < stored.starts_on:
            raise TrainingRefused({"issued_on": f"早于培训开始的 {cn_date(stored.starts_on)}。请核对。"})
        if expires_on and expires_on < issued_on:
            raise TrainingRefused({"expires_on": "早于发证日期。请核对。"})
        waiting = list(without_certificate(stored).select_related("session").order_by("org_path", "worker__name", "pk"))
        if not waiting:
            raise TrainingRefused("到会并且没有不合格的人都已经有证书，没有要发的。")
        numbers = [f"{prefix}{number:0{digits}d}" for number in range(first_number, first_number + len(waiting))]
        _check_not_given(stored, numbers)
        for row, number in zip(waiting, numbers, strict=True):
            row.certificate_number, row.certificate_issued_on = number, issued_on
            row.certificate_expires_on = expires_on
            save_versioned(row, by=by)
            carry_to_appointment(row, by=by)
        return len(waiting)


def without_certificate(session: TrainingSession):
    """Who was there, did not fail and has no certificate."""
    there = TrainingAttendance.objects.filter(session=session, presence=Presence.ATTENDED, certificate_number="")
    return there.exclude(result=Result.FAILED)


def _check_not_given(session: TrainingSession, numbers: Iterable[str]):
    """One host gives a number once."""
    given = TrainingAttendance.objects.filter(session__organisation=session.organisation_id)
    taken = given.filter(certificate_number__in=list(numbers)).order_by("certificate_number").first()
    if taken is not None:
        raise TrainingRefused(
            {"first_number": f"编号 {taken.certificate_number} 已经发给别人。请从没有用过的号码开始。"}
        )
