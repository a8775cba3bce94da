"""Numbers about committee members: certificates, trainings, subsidies. How months paid are counted: pay_record.py."""

from dataclasses import dataclass
from typing import ClassVar

from django.db.models import Count, Exists, OuterRef, Q, Value
from django.db.models.functions import Least

from committees import pay_evidence, pay_record
from committees.models import Appointment, TrainingAttendance
from committees.training_need import times_completed
from federation.shared.metrics import SUBTREE, Counted, Figure, Worked, added_up, register, span
from orgs.metrics import COUNTY_REPORT, LETTER_2011, committee_members, directors, tenures_in_post
from orgs.models import Post

ASSOCIATIONS_2012 = "残联厅〔2012〕21号二、（一）"
# Trainings of one person beyond the second in a year earn nothing (县报告三（三）).
AT_MOST = 2


def _certified(window):
    return Q(
        appointment__certificate_issued_on__lte=window.as_of, appointment__certificate_expires_on__gte=window.as_of
    )


register(Counted(
    name="committees.members_certified", label="持有有效上岗证的专职委员", unit="人", source=f"{LETTER_2011}第四条",
    definition="截止日当天在任、上岗证在有效期内（发证日期不晚于截止日，有效期不早于截止日）的专职委员人数，"
    "除以在任专职委员人数。本机构和下级机构都算。",
    facts=committee_members, where=_certified, is_ratio=True, reach=SUBTREE, permission="members.view",
))  # fmt: skip


# --- trainings --------------------------------------------------------------------------------------
_COMPLETED = "完成是指：已举办、在考核年度内结束（不晚于截止日）的培训班，登记到会，考核没有不合格。"


def association_chairs(window):
    return tenures_in_post(window).of_post(Post.ASSOCIATION_CHAIR)


def _trained(window):
    completed = TrainingAttendance.objects.completed_between(window.start, window.as_of)
    return Exists(completed.filter(worker=OuterRef("worker")))


def members_with_trainings(window):
    """Current members with how many trainings of theirs count, and how many could."""
    counting = Least(times_completed(window.start, window.as_of), Value(AT_MOST))
    return committee_members(window).annotate(times_counted=counting, times_possible=Value(AT_MOST))


@dataclass(frozen=True, kw_only=True)
class _TimesTrained(Counted):
    """Times are counted once a person and looked up: asked of the database member by member they cost far more."""

    shares_a_pass: ClassVar[bool] = False

    def compute(self, bodies, window):
        if not bodies:
            return {}
        members = committee_members(window).filter(span(bodies, "org_path")).order_by()
        times = TrainingAttendance.objects.completed_between(window.start, window.as_of)
        times = times.filter(worker__in=members.values("worker")).order_by().values("worker")
        times = dict(times.annotate(number=Count("pk")).values_list("worker", "number"))
        at: dict[str, list] = {}
        for path, worker in members.values_list("org_path", "worker_id").iterator(chunk_size=5000):
            sums = at.setdefault(path, [path, 0, 0, 0])
            sums[1] += min(times.get(worker, 0), AT_MOST)
            sums[2] += AT_MOST
            sums[3] += 1
        found = added_up(at.values(), bodies)
        return {body.pk: self.figure(*found[body.path][1:]) for body in bodies if body.path in found}


register(Counted(
    name="committees.directors_trained", label="参加过培训的理事长", unit="人", source=f"{LETTER_2011}第四条",
    definition=f"截止日当天在任、考核年度内完成过培训的理事长人数，除以在任理事长人数。只看本机构。{_COMPLETED}",
    facts=directors, where=_trained, is_ratio=True, permission="members.view",
    mend="training-people?audience=director&area={body}", mend_permission="trainings.view",
))  # fmt: skip
register(Counted(
    name="committees.chairs_trained", label="参加过培训的协会主席", unit="人", source=ASSOCIATIONS_2012,
    definition=f"截止日当天在任、考核年度内完成过培训的协会主席人数，除以在任协会主席人数。只看本机构。{_COMPLETED}",
    facts=association_chairs, where=_trained, is_ratio=True, permission="members.view",
    mend="training-people?audience=chair&area={body}", mend_permission="trainings.view",
))  # fmt: skip
register(_TimesTrained(
    name="committees.trainings_completed", label="专职委员完成的培训", unit="次", source=f"{LETTER_2011}第四条",
    definition="截止日当天在任的每名专职委员在考核年度内完成的培训次数（每人最多算 2 次）之和，"
    f"除以（2 × 在任专职委员人数）。本机构和下级机构都算。{_COMPLETED}",
    facts=members_with_trainings, amounts=("times_counted", "times_possible"), reach=SUBTREE, permission="members.view",
    mend="training-people?audience=member&area={body}", mend_permission="trainings.view",
))  # fmt: skip


def _trainings_of(bodies, window):
    """A body of this metric is an appointment (the appraised person's); of an organisation, its members together."""
    persons = {body.pk: body for body in bodies if isinstance(body, Appointment)}
    if persons:
        rows = members_with_trainings(window).filter(appointment__in=persons).values_list(
            "appointment__pk", "times_counted"
        )  # fmt: skip
        return {pk: Figure(number, rows=1 if number else 0) for pk, number in rows}
    by_path = {body.path: body.pk for body in bodies}
    found: dict[int, list[int]] = {}
    rows = members_with_trainings(window).filter(times_counted__gt=0).order_by()
    for path, number in rows.filter(span(bodies, "org_path")).values_list("org_path", "times_counted"):
        if path in by_path:
            found.setdefault(by_path[path], []).append(number)
    return {pk: Figure(sum(numbers), rows=len(numbers)) for pk, numbers in found.items()}


def _trained_members(body, window):
    rows = members_with_trainings(window).filter(times_counted__gt=0)
    if isinstance(body, Appointment):
        return rows.filter(appointment=body)
    return rows.filter(org_path=body.path)


register(Worked(
    name="committees.trainings_of_member", label="本人完成的培训", unit="次", source=COUNTY_REPORT,
    definition=f"被考核的专职委员在考核年度内完成的培训次数，最多算 2 次。{_COMPLETED}",
    figures=_trainings_of, proof=_trained_members, empty=lambda body: Figure(0, rows=0),
    measured=lambda rows: sum(row.times_counted for row in rows), permission="members.view",
    mend="training-people?audience=member&area={body}", mend_permission="trainings.view",
))  # fmt: skip

# --- subsidies --------------------------------------------------------------------------------------
register(Worked(
    name="committees.subsidy_months_paid", label="足额发放补贴的人月", unit="人月", source=COUNTY_REPORT,
    definition="考核年度内、截止日以前已经结束的发放周期（按所在地区规定的周期，没有规定的按半年）里，每名专职委员、辅导员在任的每一个月"
    "算一个人月（怎样算一个月也按地区规定）。分子是其中已经发放（银行登记到账，或者批次登记已发放，日期不晚于截止日，没有退回）、当月金额不低于当月标准"
    "和上级最低标准的人月，少发的在以后批次更正补足也算；写明原因的扣减不算少发。没有标准的月份算没有发。本机构和下级机构都算。",
    figures=pay_record.months_paid, proof=pay_evidence.paid_months_of, absent=pay_evidence.unpaid_months_of,
    permission="subsidies.view", mend="subsidy-batch-list?", mend_permission="subsidies.view",
))  # fmt: skip
register(Worked(
    name="committees.members_paid", label="人人都有的误工补贴", unit="人", source=COUNTY_REPORT,
    definition="截止日当天在任的每一个聘任（专职委员、辅导员）都领到了误工补贴，就是这些人的人数；有一个人没有领到，就是零；没有在任的人也是零。"
    "领到是指：考核年度内、截止日以前至少有一笔已发放、银行没有退回的明细；第一个发放周期还没有结束、没有到发放时候的，"
    "有正在执行的补贴标准就算。只看本机构。",
    figures=pay_record.members_paid, proof=pay_record.paid_members_of, absent=pay_record.unpaid_members_of,
    empty=lambda body: Figure(0), permission="subsidies.view",
    mend="subsidy-batch-list?", mend_permission="subsidies.view",
))  # fmt: skip
