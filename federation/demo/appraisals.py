"""Appraisal and selection of the demonstration: last year's round, an objection, nominations on their way."""

from datetime import date, timedelta
from decimal import Decimal

from accounts.models import User
from assessments import appraisals, objections, selections
from assessments.models import MemberPoints, MemberResult, Standard
from committees.models import Appointment
from federation.shared.jobs import run_now
from federation.shared.working_days import after_working_days
from orgs.models import Organisation

ITEM = "M6"
# (points, what the people said, what the township said), in turn.
EVALUATIONS = (
    ("14.50", "12 月 10 日村民代表评议，22 人参加，22 人满意", "工作主动，走访勤，台账清楚"),
    ("13.00", "12 月 12 日评议，18 人参加，16 人满意", "能按要求完成工作"),
    ("11.50", "12 月 12 日评议，20 人参加，15 人满意", "完成了主要工作，走访偏少"),
    ("9.00", "12 月 15 日评议，16 人参加，9 人满意", "台账不全，要加强学习"),
)
DEEDS = "全年走访每户残疾人四次以上，帮助申领补贴、办理残疾人证，组织康复训练。"


def appraise_members(county: Organisation, today: date):
    """Last year's round: computed, scored, some bands given by the leader, published; one objection waits."""
    named = {user.username: user for user in User.objects.filter(username__in=("clerk", "leader", "director"))}
    year = today.year - 1
    question = {"standard": Standard.objects.get(code="member_2012"), "area": county, "year": year}
    asked = appraisals.start_appraisal(**question, as_of=date(year, 12, 31), by=named["clerk"])
    run_now(asked.job)
    _evaluate(asked, named["clerk"])
    run_now(appraisals.COURSE.recompute(asked, named["clerk"]).job)
    appraisals.COURSE.review(asked, named["clerk"])
    results = (
        MemberResult.objects.filter(appraisal=asked).select_related("appraisal", "worker").order_by("-total", "pk")
    )
    # The last one of the township whose director has an account, who objects for the member.
    best, last = list(results[:6]), results.under(named["director"].home_organisation.path).last()
    for result in best:
        _band(result, "优秀", "群众评议全部满意，镇残联推荐", named["leader"])
    _band(last, "基本称职", "评议满意率低，已谈话提醒", named["leader"])
    appraisals.publish_appraisal(appraisal=asked, by=named["leader"])
    objections.raise_objection(
        result=MemberResult.objects.get(pk=last.pk), is_own=False, by=named["director"],
        text="评议当天有两名代表不在，本人请求补计其意见。",
    )  # fmt: skip


def _evaluate(asked, by):
    rows = MemberResult.objects.filter(appraisal=asked).order_by("pk")
    MemberPoints.objects.bulk_create(
        [
            MemberPoints(
                appraisal=asked, appointment_id=row.appointment_id, organisation_id=row.organisation_id, item_code=ITEM,
                points=Decimal(points), people_note=people, township_note=township, reason="见评议表", scored_by=by,
                created_by=by,
            )
            for number, row in enumerate(rows)
            for points, people, township in [EVALUATIONS[number % len(EVALUATIONS)]]
        ],
        batch_size=500,
    )  # fmt: skip


def _band(result, band: str, reason: str, by):
    appraisals.give_band(result=result, band=band, reason=reason, by=by, expected_version=result.version)


def select_the_excellent(county: Organisation, today: date):
    """Three nominations of this year: one awarded, one made public, one that waits for the county."""
    names = ("township", "director", "leader", "city", "clerk")
    named = {user.username: user for user in User.objects.filter(username__in=names)}
    township = named["township"].home_organisation
    members = Appointment.objects.current_on(today).under(township.path).exclude(role=Appointment.Role.SUNSHINE_TUTOR)
    # Nobody nominates the person of the own account.
    members = members.exclude(tenure__worker=named["township"].worker_id)
    first, second, third = [
        selections.nominate(
            appointment=member, year=today.year, deeds=DEEDS, reason="群众公认，镇残联推荐", by=named["township"]
        )
        for member in members.order_by("pk")[:3]
    ]
    begun = today - timedelta(days=25)
    for row, since in ((first, begun), (second, today), (third, today)):
        speakers = ("director",) if row is third else ("director", "leader", "city")
        for name in speakers:
            selections.give_opinion(
                nomination=row, agrees=True, text="情况属实，同意推荐", given_on=since, by=named[name]
            )
    for row, since in ((first, begun), (second, today)):
        selections.make_public(
            nomination=row, public_from=since, public_to=after_working_days(since, 6), public_place="县残联公示栏",
            by=named["clerk"],
        )  # fmt: skip
    said = selections.record_objection(
        nomination=first, raised_by="", raised_on=begun, text="反映走访记录不全。", by=named["clerk"]
    )
    selections.settle_objection(
        objection=said, finding="查阅走访记录并入户核实，记录齐全。", is_upheld=False, by=named["clerk"]
    )
    selections.conclude(
        nomination=first, is_awarded=True, on=today, document_number="示例文号〔1〕号", reason="", by=named["leader"]
    )
