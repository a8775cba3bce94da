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


def grant_request(*, request: PersonRequest, answer: str, by, version: int | None = None):
    """Record that what was asked has been done. A withdrawal takes effect here; an erasure has `grant_erasure`."""
    with transaction.atomic():
        stored = _waiting(request)
        if stored.kind == Kind.ERASURE:
            raise ValidationError("删除请求由有删除权限的人办理。")
        if stored.kind in (Kind.ACCESS, Kind.CORRECTION) and not answer.strip():
            raise ValidationError({"answer": "请写明怎样办的，例如：当面给本人看过并打印一份；已更正监护人电话。"})
        if stored.kind == Kind.WITHDRAWAL:
            _withdraw_consent(stored, by)
        _decide(stored, State.GRANTED, answer, by, version)
    return stored


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
    save_versioned(person, by=by, action="ledgers.consent.withdrawn")
