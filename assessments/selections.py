"""The selection 优秀残疾人工作专职委员: nominated from below, judged level by level, made public, awarded or not."""

import datetime

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from assessments.appraisals import AppraisalRefused
from assessments.courses import definition_of
from assessments.models import MemberResult, Nomination, NominationObjection, NominationOpinion
from committees.models import Appointment
from committees.querysets import paths_above
from federation.shared.history import create_versioned, save_versioned
from federation.shared.working_days import working_days_between
from orgs.models import BodyKind, Level, Organisation, Worker

State = Nomination.State
# Who is asked, from below.
LEVELS = (Level.TOWNSHIP, Level.COUNTY, Level.CITY)


class SelectionRefused(AppraisalRefused):
    """The step is not possible; the message says why and what to do. Nothing was written."""


def nominate(*, appointment: Appointment, year: int, deeds: str, reason: str, by) -> Nomination:
    """Put a member forward: with a published first band, or with a reason. Raises SelectionRefused."""
    with transaction.atomic():
        appointment = Appointment.objects.select_related("tenure", "organisation").get(pk=appointment.pk)
        # Who nominates the same person at once is put in line.
        worker = Worker.objects.select_for_update().get(pk=appointment.tenure.worker_id)
        today = timezone.localdate()
        if year > today.year or year < today.year - 1:
            raise SelectionRefused({"year": f"只能推荐 {today.year - 1} 或 {today.year} 年度的。"})
        if appointment.tenure.ended_on is not None and appointment.tenure.ended_on < today:
            raise SelectionRefused({"appointment": "此人已经离任，不能推荐。"})
        if by.worker_id == worker.pk:
            raise SelectionRefused("不能推荐自己。请由别的人推荐。")
        if Nomination.objects.filter(worker=worker, year=year).exists():
            raise SelectionRefused({"appointment": f"{year} 年度已经推荐过{worker.name}，一年推荐一次。"})
        result = first_band_of(worker)
        if result is None and not reason.strip():
            raise SelectionRefused({"reason": "没有查到此人已公布的“优秀”等次，请写明推荐理由。"})
        row = Nomination(
            organisation=appointment.organisation, appointment=appointment, worker=worker, year=year, result=result,
            deeds=deeds.strip(), reason=reason.strip(),
        )  # fmt: skip
        return create_versioned(row, by=by, action="selection.nominated")


def first_band_of(worker) -> MemberResult | None:
    """The latest published result of the person, where its band is the first of the standard."""
    last = MemberResult.objects.select_related("appraisal__standard").last_published([worker]).get(worker.pk)
    if last is None or not last.band:
        return None
    bands = definition_of(last.appraisal).bands
    return last if bands and last.band == bands[0][0] else None


def withdraw(*, nomination: Nomination, by):
    """Take back what nobody has judged yet. Raises SelectionRefused."""
    with transaction.atomic():
        row = _locked(nomination, State.ASKED, to="撤回")
        if row.opinions.exists():
            raise SelectionRefused("已经有人签了意见，不能撤回。")
        row.state, row.outcome_reason, row.decided_by = State.REFUSED, "推荐单位撤回", by
        row.decided_on = timezone.localdate()
        save_versioned(row, by=by, action="selection.withdrawn")
        return row


def _locked(nomination: Nomination, *states, to: str) -> Nomination:
    rows = Nomination.objects.select_for_update(of=("self",)).select_related("organisation", "worker")
    row = rows.get(pk=nomination.pk)
    if row.state not in states:
        raise SelectionRefused(f"这个推荐现在是“{row.get_state_display()}”，不能{to}。")
    return row


# --- opinions -------------------------------------------------------------------------------------------
def federations_above(nominations) -> dict[int, dict[int, Organisation]]:
    """{nomination: {level: federation}} of the township, the county and the city in which each member works."""
    lines = {row.pk: [*paths_above(row.org_path), row.org_path] for row in nominations}
    paths = {path for line in lines.values() for path in line}
    rows = Organisation.objects.filter(path__in=paths, body_kind=BodyKind.FEDERATION, level__in=LEVELS)
    found = {row.path: row for row in rows}
    return {pk: {found[path].level: found[path] for path in line if path in found} for pk, line in lines.items()}


def bodies_asked(nominations) -> dict[int, Organisation | None]:
    """{nomination: the body whose opinion is next, from below; None where all have given theirs}, asked at once."""
    nominations = list(nominations)
    given = set(NominationOpinion.objects.filter(nomination__in=nominations).values_list("nomination", "level"))
    return {
        pk: next((bodies[level] for level in LEVELS if level in bodies and (pk, level) not in given), None)
        for pk, bodies in federations_above(nominations).items()
    }


def next_level(nomination: Nomination) -> int | None:
    body = bodies_asked([nomination])[nomination.pk]
    return body.level if body is not None else None


def may_opine(nomination: Nomination, user) -> bool:
    """Whether it is now the turn of a body at which `user` speaks."""
    body = bodies_asked([nomination])[nomination.pk] if nomination.state == State.ASKED else None
    return body is not None and any(scope.path == body.path for scope in user.scopes(NominationOpinion.edit_permission))


def give_opinion(*, nomination: Nomination, agrees: bool, text: str, given_on: datetime.date, by) -> NominationOpinion:
    """The word of the level whose turn it is; one that disagrees ends the nomination. Raises SelectionRefused."""
    with transaction.atomic():
        row = _locked(nomination, State.ASKED, to="签意见")
        if row.created_by_id == by.pk:
            raise SelectionRefused("推荐是您提出的，意见请由别的人签。")
        if by.worker_id == row.worker_id:
            raise SelectionRefused("不能对自己的推荐签意见。")
        if not may_opine(row, by):
            level = next_level(row)
            words = f"现在等{Level(level).label}级签意见。" if level else "各级意见已经签完。"
            raise SelectionRefused(f"还没有轮到您的单位，或者已经签过。{words}")
        if given_on > timezone.localdate():
            raise SelectionRefused({"given_on": "日期还没有到。请填实际签署的日期。"})
        earlier = row.opinions.order_by("-given_on").first()
        if earlier is not None and given_on < earlier.given_on:
            raise SelectionRefused({"given_on": f"早于下级签意见的日期（{earlier.given_on:%Y-%m-%d}）。请核对。"})
        opinion = NominationOpinion(
            nomination=row, organisation_id=row.organisation_id, level=next_level(row), agrees=agrees,
            text=text.strip(), given_on=given_on,
        )  # fmt: skip
        create_versioned(opinion, by=by, action="selection.opinion_given")
        if not agrees:
            _refuse(row, f"{opinion.get_level_display()}级不同意：{opinion.text}"[:300], given_on, by)
        elif next_level(row) is None:
            row.state = State.AGREED
            save_versioned(row, by=by, action="selection.agreed")
        return opinion


def _refuse(row: Nomination, reason: str, on: datetime.date, by):
    row.state, row.outcome_reason, row.decided_on, row.decided_by = State.REFUSED, reason, on, by
    save_versioned(row, by=by, action="selection.refused", reason=reason)


# --- publicity and result -------------------------------------------------------------------------------
def make_public(
    *, nomination: Nomination, public_from: datetime.date, public_to: datetime.date, public_place: str, by
) -> Nomination:
    """From when until when, and where, the names hang out. Raises SelectionRefused."""
    with transaction.atomic():
        row = _locked(nomination, State.AGREED, State.PUBLIC, to="登记公示")
        least = settings.FEDERATION_PUBLICITY_WORKING_DAYS
        if public_to < public_from:
            raise SelectionRefused({"public_to": "公示止早于公示起。请核对。"})
        if working_days_between(public_from, public_to) < least:
            raise SelectionRefused({"public_to": f"公示不能少于 {least} 个工作日。请改晚一些。"})
        last = row.opinions.order_by("-given_on").first()
        if last is not None and public_from < last.given_on:
            raise SelectionRefused({"public_from": f"早于最后一级签意见的日期（{last.given_on:%Y-%m-%d}）。请核对。"})
        row.public_from, row.public_to, row.public_place = public_from, public_to, public_place.strip()
        row.state = State.PUBLIC
        save_versioned(row, by=by, action="selection.made_public")
        return row


def record_objection(
    *, nomination: Nomination, raised_by: str, raised_on: datetime.date, text: str, by
) -> NominationObjection:
    """What somebody said while the names hung out. Raises SelectionRefused."""
    with transaction.atomic():
        row = _locked(nomination, State.PUBLIC, to="登记反映")
        if not row.public_from <= raised_on <= min(row.public_to, timezone.localdate()):
            raise SelectionRefused(
                {"raised_on": f"应在公示期间（{row.public_from:%Y-%m-%d} 至 {row.public_to:%Y-%m-%d}）并且不晚于今天。"}
            )
        said = NominationObjection(
            nomination=row, organisation_id=row.organisation_id, raised_by=raised_by.strip(), raised_on=raised_on,
            text=text.strip(),
        )  # fmt: skip
        return create_versioned(said, by=by, action="selection.objected")


def settle_objection(*, objection: NominationObjection, finding: str, is_upheld: bool, by) -> NominationObjection:
    """What was found. Raises SelectionRefused."""
    with transaction.atomic():
        row = NominationObjection.objects.select_for_update(of=("self",)).get(pk=objection.pk)
        nomination = _locked(row.nomination, State.PUBLIC, to="写结论")
        if by.worker_id == nomination.worker_id:
            raise SelectionRefused("不能调查对自己的反映。")
        row.finding, row.is_upheld = finding.strip(), is_upheld
        row.settled_by, row.settled_at = by, timezone.now()
        save_versioned(row, by=by, action="selection.objection_settled")
        return row


def conclude(
    *, nomination: Nomination, is_awarded: bool, on: datetime.date, document_number: str, reason: str, by
) -> Nomination:
    """Awarded by a document, or not for a reason; after the publicity, nothing being open. Raises SelectionRefused."""
    with transaction.atomic():
        row = _locked(nomination, State.PUBLIC, to="登记结果")
        if on > timezone.localdate():
            raise SelectionRefused({"decided_on": "日期还没有到。请填文件的日期。"})
        if not is_awarded:
            if not reason.strip():
                raise SelectionRefused({"reason": "请写明未授予的原因。"})
            _refuse(row, reason.strip(), on, by)
            return row
        if on <= row.public_to:
            raise SelectionRefused({"decided_on": f"公示到 {row.public_to:%Y-%m-%d} 才结束，结果应在以后。"})
        open_ones = row.objections.filter(settled_at__isnull=True).count()
        if open_ones:
            raise SelectionRefused(f"还有 {open_ones} 条反映没有结论。请先写结论。")
        if row.objections.filter(is_upheld=True).exists():
            raise SelectionRefused("有反映的问题属实，不能授予。请登记为未授予，并写明原因。")
        if not document_number.strip():
            raise SelectionRefused({"document_number": "请填表彰文件的文号。"})
        row.state, row.document_number, row.decided_on, row.decided_by = State.AWARDED, document_number.strip(), on, by
        save_versioned(row, by=by, action="selection.awarded")
        return row
