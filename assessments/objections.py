"""Objections to a published appraisal: raised in time, decided by another person, the result corrected or kept."""

import datetime

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from assessments.appraisals import (
    COURSE,
    AppraisalRefused,
    digest_of,
    put_band,
    put_points,
    refuse_own,
    results_digest,
    scores_of,
    take_score,
)
from assessments.courses import definition_of
from assessments.members import subjects_of
from assessments.models import Appraisal, MemberPoints, MemberResult, Objection
from committees.querysets import paths_above
from federation.shared.history import create_versioned, save_versioned
from federation.shared.working_days import after_working_days
from orgs.models import BodyKind, Level, Organisation

# What is kept of a result, before and after, beside its items.
_TOLD = ("total", "band", "rank_county")


def own_results(user):
    """The published results of the person the account stands for, newest first."""
    rows = MemberResult.objects.of_own(user).published()
    people = ("worker", "organisation", "appointment__tenure", "band_given_by")
    rounds = ("appraisal__standard", "appraisal__organisation", "appraisal__published_by")
    return rows.select_related(*people, *rounds).order_by("-appraisal__as_of", "-pk")


def last_day_to_object(appraisal: Appraisal) -> datetime.date | None:
    """Until when its results may be objected to; None while it is not published."""
    if appraisal.published_at is None:
        return None
    published_on = timezone.localtime(appraisal.published_at).date()
    return after_working_days(published_on, settings.FEDERATION_OBJECTION_WORKING_DAYS)


def why_not(result: MemberResult, today: datetime.date | None = None) -> str:
    """Why no objection can be raised now; empty where it can."""
    appraisal = result.appraisal
    if appraisal.state != Appraisal.State.PUBLISHED:
        return "考核结果还没有公布，公布以后才能提出异议。"
    last = last_day_to_object(appraisal)
    if (today or timezone.localdate()) > last:
        days = settings.FEDERATION_OBJECTION_WORKING_DAYS
        return f"提出异议的时间已过：公布后 {days} 个工作日内，最晚 {last:%Y-%m-%d}。"
    if Objection.objects.filter(result=result, state=Objection.State.OPEN).exists():
        return "对这个结果已经提出过异议，正在复核。请等复核意见。"
    return ""


def raise_objection(*, result: MemberResult, text: str, by, is_own: bool) -> Objection:
    """By the member, or by the township on the member's behalf. Raises AppraisalRefused."""
    with transaction.atomic():
        result = _locked(result)
        refusal = why_not(result)
        if refusal:
            raise AppraisalRefused(refusal)
        row = Objection(result=result, organisation_id=result.organisation_id, text=text.strip(), is_own=is_own)
        return create_versioned(row, by=by, action="appraisal.objected")


def _locked(result: MemberResult) -> MemberResult:
    rows = MemberResult.objects.select_for_update(of=("self",))
    return rows.select_related("appraisal__standard", "appraisal__organisation", "worker").get(pk=result.pk)


def decide_objection(
    *, objection: Objection, is_corrected: bool, reason: str, by, points: dict | None = None, band: str = ""
) -> Objection:
    """Keep the result, or reckon it again from today's facts with other points or another band.

    `points` holds {item code: points} of manual items that change. Who objected or gave the points does not decide.
    The places of others stay as they were published. Raises AppraisalRefused.
    """
    with transaction.atomic():
        appraisal = COURSE.locked(pk=objection.result.appraisal_id)
        row = Objection.objects.select_for_update(of=("self",)).get(pk=objection.pk)
        if row.state != Objection.State.OPEN:
            raise AppraisalRefused(f"这个异议已经复核过：{row.get_state_display()}。")
        result = _locked(objection.result)
        _refuse_same_person(row, result, by)
        if not reason.strip():
            raise AppraisalRefused({"decision": "请写明复核意见和理由。"})
        row.before = _told(result) | {"digest": result.digest}
        if is_corrected:
            _reckon_again(appraisal, result, points or {}, band, reason, by)
            if _told(result) == {name: row.before[name] for name in _told(result)}:
                raise AppraisalRefused(
                    "按今天的登记重新计算，结果没有变化。请先更正登记、改评分或等次；没有错的，选“维持原结果”。"
                )
            row.after = _told(result) | {"digest": result.digest}
        row.state = Objection.State.CORRECTED if is_corrected else Objection.State.KEPT
        row.decision, row.decided_by, row.decided_at = reason.strip(), by, timezone.now()
        save_versioned(row, by=by, action="appraisal.objection_decided", reason=row.decision)
        if is_corrected:
            # After the decision: the database lets the result change only to what it names (assessments.triggers).
            save_versioned(result, by=by, action="appraisal.result_corrected", reason=reason)
            Appraisal.objects.filter(pk=appraisal.pk).update(facts_digest=results_digest(appraisal))
        return row


def _refuse_same_person(row: Objection, result: MemberResult, by):
    if row.created_by_id == by.pk:
        raise AppraisalRefused("异议是您提出的，请由别的人复核。")
    refuse_own(result, by, "复核自己的考核")
    scored = MemberPoints.objects.filter(appraisal=result.appraisal_id, appointment=result.appointment_id)
    if scored.filter(scored_by=by).exists():
        raise AppraisalRefused("这个结果里的评分是您打的，请由别的人复核。")


def _told(result: MemberResult) -> dict:
    """What is kept of a result beside the objection."""
    return {name: str(getattr(result, name)) for name in _TOLD} | {"items": result.items}


def _reckon_again(appraisal: Appraisal, result: MemberResult, points: dict, band: str, reason: str, by):
    """Store the points and put into `result`, not stored yet, what follows from them and from today's facts."""
    definition = definition_of(appraisal)
    # The objection keeps all the words.
    reason = reason.strip()[:300]
    for code, each in points.items():
        COURSE.check_points(definition, code, each, reason)
        put_points(appraisal, result, code, points=each, reason=reason, by=by)
    (score,) = scores_of(appraisal, subjects_of(result))
    take_score(result, score)
    if band and band != result.band:
        put_band(result, definition, band, reason, by)
    rivals = MemberResult.objects.filter(appraisal=appraisal, total__gt=result.total).exclude(pk=result.pk)
    result.rank_county = 1 + rivals.under(_county_path(result)).count()
    result.digest = digest_of(result)


def _county_path(result: MemberResult) -> str:
    """Where those lie among whom the result has its rank: the county's, or the whole area of the appraisal."""
    counties = Organisation.objects.of_kind(BodyKind.FEDERATION, Level.COUNTY)
    county = counties.filter(path__in=[*paths_above(result.org_path), result.org_path]).first()
    return county.path if county is not None else result.appraisal.organisation.path
