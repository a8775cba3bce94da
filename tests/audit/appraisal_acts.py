"""Acts of the appraisal of members and of the selection of the excellent."""

import datetime
from decimal import Decimal

from django.utils import timezone

from accounts.models import Assignment, User
from assessments import appraisals, objections, selections
from assessments.models import Appraisal, MemberResult, Nomination
from committees.models import Appointment
from federation.roles import Role
from federation.shared.jobs import run_now
from federation.shared.working_days import after_working_days
from orgs.models import Tenure
from tests.assessments.members import AS_OF, YEAR, standard_for_members


def appointment(s) -> Appointment:
    tenure = Tenure.objects.get(worker=s.worker)
    return Appointment.objects.create(tenure=tenure, organisation=tenure.organisation, role="village_member")


def started(s) -> Appraisal:
    appointment(s)
    standard = standard_for_members()
    s.begins()
    return appraisals.start_appraisal(standard=standard, area=s.world.county, year=YEAR, as_of=AS_OF, by=s.world.clerk)


def computed(s) -> MemberResult:
    asked = started(s)
    s.begins()
    run_now(asked.job)
    return MemberResult.objects.select_related("appraisal", "worker").get()


def scored(s) -> MemberResult:
    result = computed(s)
    s.begins()
    appraisals.score_member(
        result=result, item_code="M6", points=Decimal(12), reason="查看评议表", people_note="满意",
        township_note="认真", by=s.world.clerk,
    )  # fmt: skip
    return MemberResult.objects.select_related("appraisal", "worker").get()


def reviewed(s):
    result = computed(s)
    s.begins()
    appraisals.COURSE.review(result.appraisal, s.world.clerk)


def band_given(s):
    result = scored(s)
    s.begins()
    appraisals.give_band(
        result=result, band="称职", reason="全年表现", by=s.world.leader, expected_version=result.version
    )


def published(s) -> MemberResult:
    result = scored(s)
    s.begins()
    appraisals.publish_appraisal(appraisal=result.appraisal, by=s.world.leader)
    return MemberResult.objects.select_related("appraisal", "worker").get()


def objected(s):
    result = published(s)
    s.begins()
    return objections.raise_objection(result=result, text="少算了培训", by=s.world.director, is_own=False)


def decided(s):
    objection = objected(s)
    s.begins()
    objections.decide_objection(objection=objection, is_corrected=False, reason="核对过", by=s.world.leader)


def corrected(s):
    objection = objected(s)
    s.begins()
    objections.decide_objection(
        objection=objection, is_corrected=True, reason="补计", by=s.world.leader, points={"M6": Decimal(14)}
    )


def sheet(s):
    result = published(s)
    s.begins()
    s.look("clerk", "member-result-sheet-pdf", result.pk)


# --- the selection --------------------------------------------------------------------------------------
def long_ago() -> datetime.date:
    return timezone.localdate() - datetime.timedelta(days=20)


def nominated(s) -> Nomination:
    member = appointment(s)
    s.begins()
    return selections.nominate(
        appointment=member, year=timezone.localdate().year, deeds="走访全村", reason="突出", by=s.world.member
    )


def withdrawn(s):
    row = nominated(s)
    s.begins()
    selections.withdraw(nomination=row, by=s.world.member)


def opinion(s, row, by, agrees=True):
    s.begins()
    selections.give_opinion(nomination=row, agrees=agrees, text="情况属实", given_on=long_ago(), by=by)


def agreed(s) -> Nomination:
    city = User.objects.create_user("city", display_name="周新名")
    Assignment.objects.create(user=city, role=Role.UPPER_VIEWER, organisation=s.world.city, since=long_ago())
    row = nominated(s)
    for by in (s.world.director, s.world.leader, city):
        opinion(s, row, by)
    return Nomination.objects.get()


def made_public(s) -> Nomination:
    row = agreed(s)
    s.begins()
    return selections.make_public(
        nomination=row, public_from=long_ago(), public_to=after_working_days(long_ago(), 5), public_place="公示栏",
        by=s.world.clerk,
    )  # fmt: skip


def said(s):
    row = made_public(s)
    s.begins()
    return selections.record_objection(
        nomination=row, raised_by="", raised_on=long_ago(), text="没有走访", by=s.world.clerk
    )


def settled(s):
    words = said(s)
    s.begins()
    selections.settle_objection(objection=words, finding="查了记录", is_upheld=False, by=s.world.clerk)


def awarded(s):
    row = made_public(s)
    s.begins()
    selections.conclude(
        nomination=row, is_awarded=True, on=timezone.localdate(), document_number="会残 9 号", reason="",
        by=s.world.leader,
    )  # fmt: skip


APPRAISAL_ACTS = {
    "appraisal.started": started,
    "appraisal.computed": computed,
    "appraisal.scored": scored,
    "appraisal.reviewed": reviewed,
    "appraisal.band_given": band_given,
    "appraisal.published": published,
    "appraisal.objected": objected,
    "appraisal.objection_decided": decided,
    "appraisal.result_corrected": corrected,
    "appraisal.sheet_printed": sheet,
    "selection.nominated": nominated,
    "selection.withdrawn": withdrawn,
    "selection.opinion_given": lambda s: opinion(s, nominated(s), s.world.director),
    "selection.agreed": agreed,
    "selection.refused": lambda s: opinion(s, nominated(s), s.world.director, agrees=False),
    "selection.made_public": made_public,
    "selection.objected": said,
    "selection.objection_settled": settled,
    "selection.awarded": awarded,
}
