"""What people ask about their own data: received, answered within the policy's days, and what follows."""

import datetime

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from federation.shared.history import create_versioned, save_versioned
from ledgers import consent
from ledgers.erasure import erase_person, why_not
from ledgers.models import DisabledPerson, Erasure, PersonRequest

Kind, State = PersonRequest.Kind, PersonRequest.State
DECIDED = "这个请求已经办理过了，请刷新页面查看结果。"


def receive_request(*, request: PersonRequest, by) -> PersonRequest:
    """Record what somebody asks; the policy says until when it is answered."""
    request.organisation_id = request.person.organisation_id
    request.due_on = request.received_on + datetime.timedelta(days=consent.policy_now().answer_days)
    return create_versioned(request, by=by, action="ledgers.request.received")


def refuse_request(*, request: PersonRequest, answer: str, by, version: int | None = None):
    """Answer no, with the reason that the person is told."""
    if not answer.strip():
        raise ValidationError({"answer": "不同意的，请写明理由和依据，这句话要告诉请求人。"})
    with transaction.atomic():
        stored = _waiting(request)
        _decide(stored, State.REFUSED, answer, by, version, action="ledgers.request.refused")
    return stored


# On what the file may still be kept once the consent is gone (个人信息保护法 art. 13, 47).
KEPT_FOR = {
    "subsidy": "正在享受补贴、低保或救助，发放依据依法保存（个人信息保护法第十三条第三项）",
    "certificate": "残疾人证的核发和管理，履行法定职责（个人信息保护法第十三条第三项）",
    "other": "法律、行政法规规定的其他保存义务（在办理结果里写明是哪一条）",
    "none": "没有别的依据，转为删除请求，由有删除权限的同志办理",
}
NO_BASIS = "撤回同意以后没有继续保存的依据"


def grant_request(*, request: PersonRequest, answer: str, by, version: int | None = None, kept_for: str = ""):
    """Record that what was asked has been done. A withdrawal takes effect here; an erasure has `grant_erasure`.

    Of a withdrawal it is said on what the file may still be kept (a word of KEPT_FOR); where on nothing, an erasure
    is asked for in its place.
    """
    with transaction.atomic():
        stored = _waiting(request)
        if stored.kind == Kind.ERASURE:
            raise ValidationError("删除请求由有删除权限的人办理。")
        if stored.kind in (Kind.ACCESS, Kind.CORRECTION) and not answer.strip():
            raise ValidationError({"answer": "请写明怎样办的，例如：当面给本人看过并打印一份；已更正监护人电话。"})
        if stored.kind == Kind.WITHDRAWAL:
            answer = _kept_in_words(kept_for, answer)
            _withdraw_consent(stored, by)
            if kept_for == "none":
                _ask_for_erasure(stored, by)
        _decide(stored, State.GRANTED, answer, by, version)
    return stored


def _kept_in_words(kept_for: str, answer: str) -> str:
    if kept_for not in KEPT_FOR:
        raise ValidationError({"kept_for": "请选择撤回同意以后凭什么继续保存这份登记表；没有依据的选最后一项。"})
    if kept_for == "other" and not answer.strip():
        raise ValidationError({"answer": "请写明是哪一部法律、行政法规的哪一条。"})
    return f"{KEPT_FOR[kept_for]}。{answer.strip()}"[:300]


def _ask_for_erasure(withdrawal: PersonRequest, by):
    waiting = PersonRequest.objects.filter(person=withdrawal.person, kind=Kind.ERASURE, state=State.WAITING)
    if not waiting.exists():
        request = PersonRequest(
            person=withdrawal.person,
            kind=Kind.ERASURE,
            asker=withdrawal.asker,
            identity_check=withdrawal.identity_check,
            received_on=withdrawal.received_on,
            content=NO_BASIS,
        )
        receive_request(request=request, by=by)


def kept_without_basis(rows):
    """Of `rows`, withdrawals that were granted before a basis was asked for, of people who have not agreed again."""
    granted = rows.filter(kind=Kind.WITHDRAWAL, state=State.GRANTED, answer="")
    return granted.filter(person__in=DisabledPerson.objects.filter(consent.WITHDRAWN))


def grant_erasure(*, request: PersonRequest, by, version: int | None = None) -> Erasure:
    """Erase whose request this is. Nobody grants what they recorded themselves. Raises ValidationError."""
    with transaction.atomic():
        stored = _waiting(request)
        if stored.kind != Kind.ERASURE:
            raise ValidationError("这不是删除请求。")
        if stored.created_by_id == by.pk:
            raise ValidationError("这个请求是您自己登记的，请由另一位有删除权限的同志办理。")
        refusal = why_not(stored.person)
        if refusal:
            raise ValidationError(refusal)
        _decide(stored, State.GRANTED, "", by, version)
        return erase_person(person=stored.person, by=by, reason=Erasure.Reason.REQUEST, on_request=stored)


def _waiting(request: PersonRequest) -> PersonRequest:
    stored = PersonRequest.objects.select_for_update(of=("self",)).select_related("person").get(pk=request.pk)
    if stored.state != State.WAITING or stored.person is None:
        raise ValidationError(DECIDED)
    return stored


def _decide(stored, state, answer, by, version, action="ledgers.request.granted"):
    stored.state, stored.answer = state, answer.strip()
    stored.decided_by, stored.decided_on = by, timezone.localdate()
    save_versioned(stored, by=by, expected_version=version, action=action)


def _withdraw_consent(stored, by):
    person = DisabledPerson.objects.select_for_update(of=("self",)).get(pk=stored.person_id)
    person.consent_withdrawn_on = stored.received_on
    # Whoever records it has not submitted the form.
    save_versioned(person, by=by, via="system", action="ledgers.consent.withdrawn")
