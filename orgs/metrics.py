"""Numbers from what bodies own and who holds their posts. Points, targets and thresholds are in assessments/policies.

"Live", "current" and "subtree" are as the querysets say: in force on the window's last day, path below the body's.
"""

import math
from collections import defaultdict
from dataclasses import dataclass

from django.db.models import Exists, OuterRef, Q

from federation.shared.metrics import (
    SUBTREE,
    Counted,
    Figure,
    Kinds,
    NoSource,
    Worked,
    compute,
    metric,
    register,
    span,
)
from orgs.models import (
    ArchiveVolume,
    BodyKind,
    Budget,
    LedgerKind,
    Level,
    Organisation,
    Plaque,
    Post,
    Premises,
    Regulation,
    RegulationKind,
    ResponsibilityLetter,
    Tenure,
    YearlyTarget,
)
from orgs.requirements import requirements_for
from orgs.vacancies import first_day, posts_owed, vacant_gaps

LETTER_2011 = "乌海市海南区基层残疾人组织建设责任书（2011）"
COUNTY_REPORT = "会宁县残疾人基层组织建设汇报材料：三、下一步工作打算（一）"
CITY_REPORT = "全市残疾人基层组织建设汇报材料：三、下一步工作打算（三）"
CAMPAIGN_2012 = "残联厅〔2012〕21号"

_POSTS = dict(Post.choices)


def plaques_in_place(window):
    return Plaque.objects.in_place_on(window.as_of)


def premises_current(window):
    return Premises.objects.current_on(window.as_of)


def regulations_in_force(window):
    return Regulation.objects.in_force_on(window.as_of)


def budgets_of_year(window):
    return Budget.objects.of_year(window.year)


def letters_signed(window):
    return ResponsibilityLetter.objects.signed_of_year(window.year, window.as_of)


def targets_recorded(window):
    return YearlyTarget.objects.filter(year=window.year, recorded_on__lte=window.as_of)


def archive_volumes(window):
    return ArchiveVolume.objects.filter(year=window.year)


def tenures_in_post(window):
    return Tenure.objects.in_post_on(window.as_of)


def directors(window):
    return tenures_in_post(window).of_post(Post.DIRECTOR)


def committee_members(window):
    return tenures_in_post(window).of_post(Post.COMMITTEE_MEMBER)


def live_villages(window):
    return Organisation.objects.of_kind(BodyKind.VILLAGE_ASSOCIATION).live_on(window.as_of)


def live_townships(window):
    return Organisation.objects.of_kind(BodyKind.FEDERATION, Level.TOWNSHIP).live_on(window.as_of)


def live_bodies(window):
    """Township and village bodies: those that must have a committee member."""
    townships = Q(body_kind=BodyKind.FEDERATION, level=Level.TOWNSHIP)
    return Organisation.objects.filter(townships | Q(body_kind=BodyKind.VILLAGE_ASSOCIATION)).live_on(window.as_of)


def _with(rows):
    """Bodies that own at least one of `rows`."""
    return Exists(rows.filter(organisation=OuterRef("pk")))


def _posts_held(*posts):
    return lambda window: _with(tenures_in_post(window).of_post(*posts))


def _required_regulations(body, window) -> tuple[str, ...]:
    return requirements_for(body.body_kind, body.level, window.year).regulations


# --- own facts, counted -----------------------------------------------------------------------
register(Counted(
    name="orgs.plaques_in_place", label="在挂的牌子", unit="块", source=COUNTY_REPORT,
    definition="截止日当天挂着的牌子：挂牌日期不晚于截止日，摘牌日期为空或不早于截止日。只看本机构。",
    facts=plaques_in_place,
    mend="fact-add plaque", mend_permission="organisations.edit",
))  # fmt: skip
register(Counted(
    name="orgs.director_documents", label="有任职书的在任理事长", unit="人", source=COUNTY_REPORT,
    definition="截止日当天在任、登记了任职文号或任职书扫描件的理事长。只看本机构。",
    facts=directors, where=lambda window: ~Q(document_number="") | ~Q(document_scan=""), permission="members.view",
))  # fmt: skip
register(Counted(
    name="orgs.committee_members", label="在任专职委员", unit="人", source=COUNTY_REPORT,
    definition="截止日当天在任的专职委员。只看本机构。",
    facts=committee_members, permission="members.view",
    mend="tenure-add", mend_permission="members.edit",
))  # fmt: skip
register(Counted(
    name="orgs.premises_current", label="在用的场所", unit="处", source=COUNTY_REPORT,
    definition="截止日当天在用的办公或活动场所：启用日期不晚于截止日，停用日期为空或不早于截止日。只看本机构。",
    facts=premises_current,
    mend="fact-add premises", mend_permission="organisations.edit",
))  # fmt: skip
register(Counted(
    name="orgs.budgets_above_zero", label="安排了金额的经费", unit="笔", source=COUNTY_REPORT,
    definition="考核年度安排金额大于零的经费，不论来源。只看本机构。",
    facts=budgets_of_year, where=lambda window: Q(allocated_amount__gt=0),
    mend="fact-add budget", mend_permission="organisations.edit",
))  # fmt: skip
register(Counted(
    name="orgs.fiscal_budgets", label="列入财政预算的经费", unit="笔", source=CITY_REPORT,
    definition="考核年度来源为财政预算、安排金额大于零的经费。只看本机构。",
    facts=budgets_of_year, where=lambda window: Q(allocated_amount__gt=0, source=Budget.Source.FISCAL),
    mend="fact-add budget", mend_permission="organisations.edit",
))  # fmt: skip
register(Counted(
    name="orgs.budget_execution", label="支出金额", unit="元", source=CITY_REPORT,
    definition="考核年度各项经费的支出金额之和，除以安排金额之和。只看本机构。",
    facts=budgets_of_year, amounts=("spent_amount", "allocated_amount"),
    mend="fact-add budget", mend_permission="organisations.edit",
))  # fmt: skip
register(Counted(
    name="orgs.responsibility_letters", label="签订的责任书", unit="份", source=f"{LETTER_2011}第五条",
    definition="考核年度、签订日期不晚于截止日的责任书。只看本机构（下级一方）。",
    facts=letters_signed,
    mend="fact-add letter", mend_permission="organisations.edit",
))  # fmt: skip
register(Counted(
    name="orgs.association_chairs", label="在任协会主席", unit="人", source=f"{CAMPAIGN_2012}一、（一）",
    definition="截止日当天在任的协会主席。只看本机构。",
    facts=tenures_in_post, where=lambda window: Q(post=Post.ASSOCIATION_CHAIR), permission="members.view",
    mend="tenure-add", mend_permission="members.edit",
))  # fmt: skip
register(Counted(
    name="orgs.association_vice_chairs", label="在任协会副主席", unit="人", source=f"{CAMPAIGN_2012}一、（一）",
    definition="截止日当天在任的协会副主席。只看本机构。",
    facts=tenures_in_post, where=lambda window: Q(post=Post.ASSOCIATION_VICE_CHAIR), permission="members.view",
    mend="tenure-add", mend_permission="members.edit",
))  # fmt: skip
register(Counted(
    name="orgs.workers_in_post", label="在任工作人员", unit="人次", source=f"{CAMPAIGN_2012}四、（四）",
    definition="截止日当天在任的各种职务的人员。只看本机构。",
    facts=tenures_in_post, permission="members.view",
    mend="tenure-add", mend_permission="members.edit",
))  # fmt: skip
register(Counted(
    name="orgs.members_disabled_or_relative", label="由残疾人或残疾人亲友担任的专职委员", unit="人",
    source=f"{LETTER_2011}第一条",
    definition="截止日当天在任专职委员中，身份是残疾人或残疾人亲友的人数，除以在任专职委员人数。只看本机构。",
    facts=committee_members, where=lambda window: Q(worker__identity__in=["disabled", "relative"]), is_ratio=True,
    permission="members.view",
))  # fmt: skip

# --- kinds that occur -------------------------------------------------------------------------
register(Kinds(
    name="orgs.regulations_in_force", label="在执行的规定制度", unit="项", source=f"{LETTER_2011}第二条",
    definition="截止日当天在执行的制度中，本级机构应建立的制度有几种：印发日期不晚于截止日，废止日期为空或不早于截止日。"
    "同一种制度有几份也只算一种。只看本机构。",
    facts=regulations_in_force, field="kind", required=_required_regulations, absent_unit="项制度",
    labels=dict(RegulationKind.choices),
    mend="fact-add regulation", mend_permission="organisations.edit",
))  # fmt: skip
register(Kinds(
    name="orgs.regulation_kinds", label="在执行的制度种类", unit="种", source=f"{CAMPAIGN_2012}一、（一）",
    definition="截止日当天在执行的制度有几种。同一种制度有几份也只算一种。只看本机构。",
    facts=regulations_in_force, field="kind", required=lambda body, window: tuple(RegulationKind.values),
    labels=dict(RegulationKind.choices),
    mend="fact-add regulation", mend_permission="organisations.edit",
))  # fmt: skip
register(Kinds(
    name="orgs.archive_kinds", label="有工作档案的台账种类", unit="种", source=COUNTY_REPORT,
    definition="考核年度有工作档案的台账种类数（七表一录一记共九种），本机构或下属村（社区）有一处即算。",
    facts=archive_volumes, field="ledger_kind", required=lambda body, window: tuple(LedgerKind.values), reach=SUBTREE,
    absent_unit="种台账", labels=dict(LedgerKind.choices),
    mend="fact-add archive", mend_permission="organisations.edit",
))  # fmt: skip

# --- bodies of the subtree --------------------------------------------------------------------
register(Counted(
    name="orgs.villages_with_chair", label="有主席在任的村级残协", unit="个", source=f"{LETTER_2011}第一条",
    definition="截止日当天有协会主席在任的村（社区）残协数，除以辖区内在运行的村（社区）残协数。",
    facts=live_villages, where=_posts_held(Post.ASSOCIATION_CHAIR), is_ratio=True, reach=SUBTREE, path_field="path",
))  # fmt: skip
register(Counted(
    name="orgs.villages_with_member", label="有专职委员在任的村级残协", unit="个", source=f"{LETTER_2011}第一条",
    definition="截止日当天有专职委员在任的村（社区）残协数，除以辖区内在运行的村（社区）残协数。",
    facts=live_villages, where=_posts_held(Post.COMMITTEE_MEMBER), is_ratio=True, reach=SUBTREE, path_field="path",
))  # fmt: skip
register(Counted(
    name="orgs.villages_with_letter", label="签订了责任书的村级残协", unit="个", source=f"{LETTER_2011}第五条",
    definition="签订了考核年度责任书（签订日期不晚于截止日）的村（社区）残协数，除以辖区内在运行的村（社区）残协数。",
    facts=live_villages, where=lambda window: _with(letters_signed(window)), is_ratio=True, reach=SUBTREE,
    path_field="path",
))  # fmt: skip
register(Counted(
    name="orgs.townships_with_director", label="有理事长在任的乡镇（街道）残联", unit="个",
    source=f"{LETTER_2011}第一条（三个百分之百）",
    definition="截止日当天有理事长在任的乡镇（街道）残联数，除以辖区内在运行的乡镇（街道）残联数。",
    facts=live_townships, where=_posts_held(Post.DIRECTOR), is_ratio=True, reach=SUBTREE, path_field="path",
))  # fmt: skip
register(Counted(
    name="orgs.bodies_with_member", label="有专职委员在任的乡镇、村机构", unit="个",
    source=f"{LETTER_2011}第一条（三个百分之百）",
    definition="截止日当天有专职委员在任的乡镇（街道）残联和村（社区）残协数，除以辖区内在运行的这两类机构数。",
    facts=live_bodies, where=_posts_held(Post.COMMITTEE_MEMBER), is_ratio=True, reach=SUBTREE, path_field="path",
))  # fmt: skip


# --- goals set: letters or targets ------------------------------------------------------------
def _goals(bodies, window):
    counts: dict[str, int] = defaultdict(int)
    within = span(bodies, "org_path")
    for facts in (letters_signed(window), targets_recorded(window)):
        for path in facts.filter(within).order_by().values_list("org_path", flat=True):
            counts[path] += 1
    return {body.pk: Figure(counts[body.path]) for body in bodies if body.path in counts}


def _goal_rows(body, window):
    return [*letters_signed(window).filter(org_path=body.path), *targets_recorded(window).filter(org_path=body.path)]


register(Worked(
    name="orgs.goals_set", label="责任书和目标任务", unit="份", source=COUNTY_REPORT,
    definition="考核年度签订的责任书（签订日期不晚于截止日）和下达的目标任务（下达日期不晚于截止日）。只看本机构。",
    figures=_goals, proof=_goal_rows, empty=lambda body: Figure(0),
    mend="fact-add target", mend_permission="organisations.edit",
))  # fmt: skip


# --- vacant days ------------------------------------------------------------------------------
def _vacant_days(bodies, window):
    figures, full = {}, {}
    gaps_of, posts = vacant_gaps(bodies, window), posts_owed(bodies, window)
    for body in bodies:
        gaps, number = gaps_of.get(body.pk, ()), len(posts[body.body_kind, body.level])
        # Most have no gap, and are of the same age in the window.
        key = (number, body.established_on)
        figure = None if gaps else full.get(key)
        if figure is None:
            days: dict[str, int] = {}
            for gap in gaps:
                days[gap.post] = days.get(gap.post, 0) + gap.days
            owed = max(0, (window.as_of - first_day(body, window)).days + 1)
            figure = Figure(sum(days.values()), owed * number, tuple(days.items()), len(gaps))
            if not gaps:
                full[key] = figure
        figures[body.pk] = figure
    return figures


register(Worked(
    name="orgs.vacant_days", label="必设岗位空缺天数", unit="天", source=f"{LETTER_2011}第一条",
    definition="考核年度 1 月 1 日（当年成立的从成立日起）到截止日，每个必设岗位没有人在任的天数，分段的相加；"
    "几个人的任期重叠只算一次。分母是必设岗位数乘以天数。只看本机构。",
    figures=_vacant_days, proof=lambda body, window: vacant_gaps([body], window).get(body.pk, []),
    measured=lambda gaps: sum(gap.days for gap in gaps), labels=_POSTS, permission="members.view",
    mend="tenure-add", mend_permission="members.edit",
))  # fmt: skip


# --- the three hundred-percents -----------------------------------------------------------------
THREE_HUNDRED_PERCENTS = ("orgs.townships_with_director", "orgs.villages_with_chair", "orgs.bodies_with_member")


@dataclass(frozen=True)
class Rate:
    """One of the three, of one body."""

    label: str
    numerator: int
    denominator: int

    def __str__(self):
        return self.label


def _rates(bodies, window) -> dict[int, list[Rate]]:
    figures = compute(THREE_HUNDRED_PERCENTS, bodies, window)
    found = {}
    for body in bodies:
        each = [(metric(name).label, figures.of(name, body)) for name in THREE_HUNDRED_PERCENTS]
        # An area without townships has no rate of townships: the mean is over the rates that exist.
        found[body.pk] = [Rate(label, one.numerator, one.denominator) for label, one in each if one.denominator]
    return found


def _mean(rates: list[Rate]) -> Figure:
    """The mean as one exact fraction: the sum over a common denominator, and that times how many there are."""
    common = math.prod(rate.denominator for rate in rates)
    total = sum(rate.numerator * common // rate.denominator for rate in rates)
    return Figure(total, common * len(rates), rows=len(rates)) if rates else Figure(0, 0, rows=0)


register(Worked(
    name="orgs.three_hundred_percents", label="三个百分之百的平均", unit="", source=f"{LETTER_2011}第一条",
    definition="乡镇（街道）残联组建率、村（社区）残协组建率、专职委员配备率三个比率的平均；没有对象的比率不参加平均。",
    figures=lambda bodies, window: {pk: _mean(rates) for pk, rates in _rates(bodies, window).items()},
    proof=lambda body, window: _rates([body], window)[body.pk], measured=lambda rates: _mean(rates).numerator,
))  # fmt: skip


# --- facts that have no place yet -------------------------------------------------------------
for _name, _label, _unit, _source in (
    ("orgs.plans_by_march", "3 月 31 日前制定的年度计划", "份", f"{LETTER_2011}第一条"),
    ("orgs.terms_on_time", "按期换届", "次", f"{CAMPAIGN_2012}四、（六）"),
    ("orgs.association_committee", "协会委员", "人", f"{CAMPAIGN_2012}二、（一）"),
    ("orgs.social_organisations", "联系或指导的社会组织", "个", f"{CAMPAIGN_2012}一、（三）"),
    ("orgs.commendations", "县级以上表扬", "次", f"{CAMPAIGN_2012}三、（一）"),
    ("orgs.criticism_notices", "通报批评", "次", "会宁县残疾人基层组织建设汇报材料：一、（六）"),
    ("orgs.accountability_cases", "责任追究", "次", CITY_REPORT),
):
    register(NoSource(
        name=_name, label=_label, unit=_unit, source=_source, definition="系统中还没有登记这类事实的地方。",
    ))  # fmt: skip
