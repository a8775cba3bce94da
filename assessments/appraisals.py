"""The course of an appraisal of committee members: asked, computed by county, scored, given bands, published."""

import datetime
import hashlib
import json

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from assessments import scoring
from assessments.bodies import Part
from assessments.computing import BodyScore, Scorer
from assessments.courses import Course, definition_of, window_of
from assessments.members import judged_members, members_of, parts_of
from assessments.models import Appraisal, MemberPoints, MemberResult, Standard
from assessments.standards import check
from assessments.storing import ranks_of
from federation.shared import audit
from federation.shared.fields import holding_paths, paths_now
from federation.shared.history import create_versioned, save_versioned
from orgs.models import Organisation

JOB = "assessments.appraisal"
_BATCH = 500
_WRITTEN = (
    "org_path", "organisation", "worker", "total", "met", "unsourced", "pending", "band", "rank_county", "items",
    "digest", "version", "updated_at",
)  # fmt: skip


class AppraisalRefused(ValidationError):
    """The step is not possible; the message says why and what to do. Nothing was written."""


COURSE = Course(model=Appraisal, word="appraisal", job=JOB, refused=AppraisalRefused, remedy="异议", unit="人")


def check_question(*, standard: Standard, area, year: int, as_of: datetime.date):
    """Refuse, in a sentence, what cannot be appraised."""
    if standard.subject != Standard.Subject.MEMBER:
        raise AppraisalRefused(f"《{standard.title}》考核的是机构，请在“考核”里发起。这里请选择考核专职委员的标准。")
    check(standard.definition)
    COURSE.check_days(standard, year, as_of)
    if not judged_members(area.path, as_of).exists():
        raise AppraisalRefused(f"{area.label}在 {as_of.isoformat()} 没有在任的专职委员。请换一个地区或日期。")


def start_appraisal(*, standard: Standard, area, year: int, as_of: datetime.date, by) -> Appraisal:
    """Ask for an appraisal in `area`; a job computes it. Asking the same again computes it again."""
    check_question(standard=standard, area=area, year=year, as_of=as_of)
    return COURSE.start({"standard": standard, "organisation": area, "year": year, "as_of": as_of}, by)


# --- computing, part by part ----------------------------------------------------------------------------
def compute_part(appraisal: Appraisal, part: Part) -> list[BodyScore]:
    """The scores of a part's members, as the facts stand; reads only."""
    members = members_of(appraisal, part.path, part.rest)
    return scores_of(appraisal, members) if members else []


def scores_of(appraisal: Appraisal, members: list) -> list[BodyScore]:
    points = MemberPoints.objects.filter(appraisal=appraisal)
    if len(members) == 1:
        points = points.filter(appointment=members[0].pk)
    given = {(pk, code): each for pk, code, each in points.values_list("appointment_id", "item_code", "points")}
    return Scorer(definition_of(appraisal), window_of(appraisal)).score(members, given)


def still_computed(appraisal: Appraisal, part: Part, scores: list[BodyScore]) -> list[BodyScore]:
    """`scores`, of members none of whom moves any more before the transaction ends (see services._held)."""
    while True:
        read = {score.body.organisation_id: score.body.path for score in scores} | {part.area: part.path}
        now = paths_now(Organisation, read)
        if now == read:
            return scores
        part = part._replace(path=now[part.area])
        scores = compute_part(appraisal, part)


def store_scores(appraisal: Appraisal, scores: list[BodyScore]) -> int:
    """Write one county's results, in a transaction; what is stored already is left alone. Gives the rows written."""
    Appraisal.objects.filter(pk=appraisal.pk, state=Appraisal.State.PLANNED).update(state=Appraisal.State.COMPUTING)
    stored = {
        row.appointment_id: row
        for row in MemberResult.objects.filter(appraisal=appraisal, appointment__in=[each.body.pk for each in scores])
        .select_for_update()
        .only("appointment", "digest", "version", "given_band")
    }
    ranks, rows = ranks_of(scores), []
    for score in scores:
        row = _row(appraisal, score, ranks[score.body.pk], stored.get(score.body.pk))
        if row is not None:
            rows.append(row)
    with holding_paths(Organisation, {row.organisation_id for row in rows}):
        MemberResult.objects.bulk_create(
            rows, update_conflicts=True, unique_fields=["appraisal", "appointment"], update_fields=_WRITTEN,
            batch_size=_BATCH,
        )  # fmt: skip
    return len(rows)


def _row(appraisal, score: BodyScore, rank: int, stored) -> MemberResult | None:
    """The row to be written; None where it stands so already."""
    member = score.body
    row = MemberResult(
        appraisal=appraisal, appointment_id=member.pk, organisation_id=member.organisation_id, org_path=member.path,
        worker_id=member.worker_id, given_band=stored.given_band if stored else "",
    )  # fmt: skip
    take_score(row, score)
    row.rank_county = rank
    row.digest = digest_of(row)
    if stored is not None and stored.digest == row.digest:
        return None
    row.version = stored.version + 1 if stored else 1
    row.updated_at = timezone.now()
    return row


def take_score(row: MemberResult, score: BodyScore):
    """Put what was reckoned into the row; the band stays open, or as given by hand, while it cannot be reckoned."""
    row.total, row.met, row.unsourced, row.pending = score.total, score.met, score.unsourced, score.pending
    row.items = json.loads(score.items)
    row.band = row.given_band if row.is_open else score.band


def finish_appraisal(appraisal: Appraisal):
    """Everything that needs all parts: members missed, rows of who is no longer judged, the digest."""
    judged = judged_members(appraisal.organisation.path, appraisal.as_of).order_by()
    rows = MemberResult.objects.filter(appraisal=appraisal)
    missed = list(judged.exclude(pk__in=rows.values("appointment")).values_list("org_path", flat=True))
    for part in parts_of(appraisal) if missed else ():
        if any(path.startswith(part.path) for path in missed):
            store_scores(appraisal, compute_part(appraisal, part))
    rows.exclude(appointment__in=judged.values("pk")).delete()
    appraisal.member_count = rows.count()
    appraisal.facts_digest = results_digest(appraisal)
    appraisal.state = Appraisal.State.COMPUTED
    appraisal.computed_at = timezone.now()
    appraisal.save(update_fields=["member_count", "facts_digest", "state", "computed_at", "updated_at"])
    audit.record(
        "appraisal.computed", actor=None, target=appraisal, organisation=appraisal.organisation,
        details={"members": appraisal.member_count, "facts_digest": appraisal.facts_digest},
    )  # fmt: skip


def results_digest(appraisal: Appraisal) -> str:
    """One hash over every result: what "the same points again" means."""
    rows = MemberResult.objects.filter(appraisal=appraisal).order_by("appointment_id")
    return _hash("".join(rows.values_list("digest", flat=True)))


def digest_of(row: MemberResult) -> str:
    """One hash over what a result says."""
    items = json.dumps(row.items, ensure_ascii=False, sort_keys=True)
    return _hash(
        f"{row.appointment_id}|{row.worker_id}|{row.org_path}|{row.total}|{row.rank_county}|{row.band}|{items}"
    )


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


# --- points by hand -------------------------------------------------------------------------------------
def score_member(
    *, result: MemberResult, item_code: str, points, reason: str, people_note: str, township_note: str, by
) -> MemberPoints:
    """Give the points of a manual item, with what the people and the township said. Raises AppraisalRefused."""
    with transaction.atomic():
        appraisal = COURSE.locked_for_scoring(result.appraisal)
        COURSE.check_points(definition_of(appraisal), item_code, points, reason)
        refuse_own(result, by, "给自己打分")
        given = put_points(
            appraisal, result, item_code, points=points, reason=reason, people_note=people_note,
            township_note=township_note, by=by,
        )  # fmt: skip
        _total_again(appraisal, result)
    return given


def put_points(appraisal, result, item_code: str, *, points, by, **texts) -> MemberPoints:
    """Store points, new or in place of those given before; both stand in the history."""
    key = {"appraisal": appraisal, "appointment_id": result.appointment_id, "item_code": item_code}
    row = MemberPoints.objects.select_for_update().filter(**key).first() or MemberPoints(**key)
    row.organisation_id = result.organisation_id
    for name, value in texts.items():
        setattr(row, name, value.strip())
    row.points, row.scored_by = scoring.round_points(points), by
    if row.pk is None:
        return create_versioned(row, by=by, action="appraisal.scored")
    save_versioned(row, by=by, action="appraisal.scored", reason=row.reason)
    return row


def refuse_own(result: MemberResult, by, what: str):
    """Nobody judges the own work."""
    if by.worker_id == result.worker_id:
        raise AppraisalRefused(f"不能{what}。请由别的人办理。")


def _total_again(appraisal: Appraisal, result: MemberResult):
    """The county the member belongs to, computed again: the own total, and the ranks it moves."""
    for part in parts_of(appraisal):
        if result.org_path.startswith(part.path):
            store_scores(appraisal, compute_part(appraisal, part))
    Appraisal.objects.filter(pk=appraisal.pk).update(facts_digest=results_digest(appraisal))


# --- bands and publication ------------------------------------------------------------------------------
def give_band(*, result: MemberResult, band: str, reason: str, by, expected_version: int) -> MemberResult:
    """The leader's word while the band cannot be reckoned. Raises AppraisalRefused, VersionConflict."""
    with transaction.atomic():
        appraisal = COURSE.locked(pk=result.appraisal_id)
        if appraisal.state not in (Appraisal.State.COMPUTED, Appraisal.State.REVIEWED):
            raise AppraisalRefused(f"{appraisal}现在是“{appraisal.get_state_display()}”，不能评定等次。")
        refuse_own(result, by, "给自己评定等次")
        row = MemberResult.objects.select_for_update(of=("self",)).select_related("worker").get(pk=result.pk)
        put_band(row, definition_of(appraisal), band, reason, by)
        save_versioned(
            row, by=by, expected_version=expected_version, action="appraisal.band_given", reason=row.band_reason
        )
        Appraisal.objects.filter(pk=appraisal.pk).update(facts_digest=results_digest(appraisal))
    return row


def put_band(row: MemberResult, definition, band: str, reason: str, by):
    if not row.is_open:
        raise AppraisalRefused(f"各项都已有数据和评分，等次按标准算出是“{row.band}”，不用评定。")
    if band and band not in [name for name, _floor in definition.bands]:
        raise AppraisalRefused({"band": "请从标准的等次里选。"})
    if not reason.strip():
        raise AppraisalRefused({"reason": "请写明评定的理由。"})
    row.given_band = row.band = band
    row.band_reason, row.band_given_by, row.band_given_at = reason.strip(), by, timezone.now()
    row.digest = digest_of(row)


def publish_appraisal(*, appraisal: Appraisal, by) -> Appraisal:
    """Freeze it; every member sees the own result from now on. Raises AppraisalRefused."""
    with transaction.atomic():
        rows = MemberResult.objects.filter(appraisal=appraisal)
        appraisal = COURSE.locked_for_publishing(appraisal, rows)
        return COURSE.publish(appraisal, by, results_digest(appraisal), members=appraisal.member_count)
