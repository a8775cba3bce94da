"""Numbers from the ledgers. Of the nine books 表一 and 表二 have a place yet; the others earn nothing until they do."""

from django.db.models import Q

from federation.shared.fields import subtree
from federation.shared.metrics import SUBTREE, Counted, Elsewhere, Exceptions, NoSource, register
from ledgers.models import DisabledPerson, RosterSummary, SummaryState
from ledgers.querysets import NARROWED_LATE
from ledgers.whereabouts import PATH_THEN, moved_since
from orgs.metrics import CAMPAIGN_2012, CITY_REPORT, COUNTY_REPORT, LETTER_2011


def current_persons(window):
    return DisabledPerson.objects.current_on(window.as_of)


def _left_out(window):
    return DisabledPerson.objects.narrowed_late().not_current_on(window.as_of)


# Few have left, few registered later, few have faults: each of these is an index of its own.
_EXCEPTIONS = Exceptions(
    every=lambda: DisabledPerson.objects.narrowed_late(), left_out=_left_out, narrowed_by=NARROWED_LATE
)


def _moved(window):
    moved = moved_since(window.as_of)
    if moved is None:
        return None
    return current_persons(window).filter(pk__in=moved.keys), moved.then.current_on(window.as_of), PATH_THEN


def _within(window, path: str) -> Q:
    moved = moved_since(window.as_of)
    return moved.within(path) if moved else subtree(path, "org_path")


_ELSEWHERE = Elsewhere(moved=_moved, within=_within)


def approved_summaries(window):
    return RosterSummary.objects.filter(state=SummaryState.APPROVED, year=window.year, as_of__lte=window.as_of)


register(Counted(
    name="ledgers.persons_complete", label="必填项齐全的登记表", unit="份", source=f"{LETTER_2011}第三条",
    definition="截止日当天在册残疾人中，登记表必填项（姓名、性别、民族、出生日期、身份证号、残疾类别和等级、户口类型、"
    "现住址、监护人或联系人、文化程度、就业形式）全部填写的人数，除以在册人数。本机构和下级机构都算。"
    "后来转走的人算在当天登记的机构；登记表填得齐不齐，以计算时为准。",
    facts=current_persons, where=lambda window: Q(missing_mandatory=0), is_ratio=True, reach=SUBTREE,
    exceptions=_EXCEPTIONS, elsewhere=_ELSEWHERE, unless=lambda window: Q(missing_mandatory__gt=0),
    permission="persons.view",
    mend="person-list?area={body}&quality=missing", mend_permission="persons.view",
))  # fmt: skip
register(Counted(
    name="ledgers.persons_valid", label="通过全部数据检查的登记表", unit="份", source=f"{LETTER_2011}第三条",
    definition="截止日当天在册残疾人中，登记表通过全部数据检查（号码、日期、类别等级相互一致）的人数，除以在册人数。"
    "本机构和下级机构都算。后来转走的人算在当天登记的机构；登记表对不对，以计算时为准。",
    facts=current_persons, where=lambda window: Q(failed_checks=""), is_ratio=True, reach=SUBTREE,
    exceptions=_EXCEPTIONS, elsewhere=_ELSEWHERE, unless=lambda window: ~Q(failed_checks=""), permission="persons.view",
    mend="person-list?area={body}&quality=failed", mend_permission="persons.view",
))  # fmt: skip

register(Counted(
    name="ledgers.approved_summaries", label="审定的基本情况汇总表（表一）", unit="份", source=COUNTY_REPORT,
    definition="考核年度内、截止日期不晚于考核截止日、考核时已经审定的基本情况汇总表（表一）。只看本机构。",
    facts=approved_summaries, permission="summaries.view",
    mend="summary-current?organisation={body}", mend_permission="summaries.edit",
))  # fmt: skip

# An answer from two of nine books would call missing what has no place to be written down.
for _name, _label in (
    ("ledgers.entry_kinds", "有审定记录的台账种类"),
    ("ledgers.village_entry_kinds", "村级残协有审定记录的台账种类"),
):
    register(NoSource(
        name=_name, label=_label, unit="种",
        source=COUNTY_REPORT if _name == "ledgers.entry_kinds" else f"{LETTER_2011}第三条",
        definition="考核年度有审定记录的台账种类数（七表一录一记共九种）。九种中系统里目前只有表一、表二有登记的地方，"
        "另外七种还没有，现在计算会把没有地方登记当成没有做，所以暂不计算。",
    ))  # fmt: skip

for _name, _label, _unit, _source in (
    ("ledgers.needs_met", "已落实的服务需求", "件", f"{LETTER_2011}第三条"),
    ("ledgers.influential_activities", "在当地有影响的扶残助残活动", "次", f"{LETTER_2011}第一条"),
    ("ledgers.good_deeds", "为残疾人做的实事、好事", "件", f"{LETTER_2011}第一条"),
    ("ledgers.support_activities", "扶残助残活动", "次", f"{LETTER_2011}第一条"),
    ("ledgers.volunteer_hours", "志愿助残小时数", "小时", f"{LETTER_2011}第三条"),
    ("ledgers.volunteer_services", "志愿助残服务", "次", f"{LETTER_2011}第三条"),
    ("ledgers.petitions_on_time", "按期办结的来信来访", "件", CITY_REPORT),
    ("ledgers.association_activities", "协会开展的活动", "次", f"{CAMPAIGN_2012}一、（二）"),
    ("ledgers.association_joint_activities", "依托乡镇、社区开展的协会活动", "次", f"{CAMPAIGN_2012}一、（二）"),
    ("ledgers.diary_days", "写了工作日记的天数", "天", f"{LETTER_2011}第三条"),
    ("ledgers.needs_followed_up", "30 天内有跟进的服务需求", "件", f"{LETTER_2011}第三条"),
    ("ledgers.entries_approved_at_once", "一次审定的台账记录", "条", f"{LETTER_2011}第三条"),
):
    register(NoSource(
        name=_name, label=_label, unit=_unit, source=_source, definition="系统中还没有登记这类事实的地方。",
    ))  # fmt: skip

# The form keeps the last visit alone: whoever is visited again after the day of a run would not count by it any more.
for _name, _label in (
    ("ledgers.persons_visited", "入户走访到的残疾人"),
    ("ledgers.persons_in_charge_visited", "走访到的所负责残疾人"),
):
    register(NoSource(
        name=_name, label=_label, unit="人", source=f"{LETTER_2011}第三条",
        definition="登记表上只有最近一次走访的日期，后来又走访过的，以前的日期不再保留，按它算出的比率以后重新计算会不一样；"
        "逐次的走访记录（工作日记）系统中还没有登记的地方，所以暂不计算。",
    ))  # fmt: skip
