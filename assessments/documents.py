"""The appraisal form of one member (考核表) as it is printed, signed and filed: A4 upright, usually one page."""

from dataclasses import dataclass

from django.template.loader import render_to_string
from django.utils import timezone

from assessments import scoring
from assessments.courses import definition_of
from assessments.models import MemberResult
from assessments.reasons import number
from assessments.tables import STATE_WORDS, unsourced_words
from federation.shared import pdf
from federation.shared.templatetags.ui import cn_date

STYLE = "css/print-appraisal.css"
TEMPLATE = "assessments/_member_sheet.html"
OPEN_WORDS = "等次暂不评定"


@dataclass
class SheetItem:
    name: str
    full: str
    points: str
    state: str
    reason: str


@dataclass
class MemberSheet:
    """What stands on the form. `facts` are rows of (label, value, columns the value takes)."""

    result: MemberResult
    facts: list[list[tuple[str, str, int]]]
    items: list[SheetItem]
    full: str
    note: str
    given: list
    band: str
    band_words: str
    published: str
    objections: list[list[str]]

    @property
    def title(self) -> str:
        return f"{self.result.appraisal.year} 年度残疾人专职委员考核表"


def sheet_of(result: MemberResult) -> MemberSheet:
    """`result` with worker, organisation, appointment, its tenure and the appraisal."""
    definition, appraisal = definition_of(result.appraisal), result.appraisal
    given = appraisal.points_given.filter(appointment=result.appointment_id).select_related("scored_by")
    objections = result.objections.select_related("created_by", "decided_by").order_by("pk")
    published = f"{_signed(appraisal.published_by, appraisal.published_at)}公布" if appraisal.published_at else ""
    return MemberSheet(
        result=result,
        facts=_facts(result),
        items=[_item(result, item) for item in definition.items],
        full=number(definition.full_marks),
        note=unsourced_words(definition),
        given=list(given),
        band=result.band or OPEN_WORDS,
        band_words=band_words(result),
        published=published,
        objections=[objection_words(each) for each in objections],
    )


def _facts(result) -> list[list[tuple[str, str, int]]]:
    worker, appointment, appraisal = result.worker, result.appointment, result.appraisal
    contract = " 至 ".join(cn_date(day) for day in (appointment.contract_from, appointment.contract_to) if day)
    born = f"{worker.born_on.year} 年 {worker.born_on.month} 月" if worker.born_on else ""
    return [
        [("姓名", worker.name, 1), ("性别", worker.get_sex_display(), 1), ("出生年月", born, 1)],
        [("民族", worker.ethnicity, 1), ("政治面貌", worker.political_status, 1), ("文化程度", worker.education, 1)],
        [("单位", result.organisation.name, 3), ("身份", worker.get_identity_display(), 1)],
        [("岗位", appointment.get_role_display(), 3), ("任职日期", cn_date(appointment.tenure.started_on), 1)],
        [("聘期", contract, 3), ("上岗证编号", appointment.certificate_number, 1)],
        [("考核期间", f"{appraisal.year} 年 1 月 1 日 至 {cn_date(appraisal.as_of)}", 3),
         ("县内名次", f"第 {result.rank_county} 名", 1)],
    ]  # fmt: skip


def _item(result, item) -> SheetItem:
    cell = result.items.get(item.code, {})
    state = STATE_WORDS[cell.get("s", scoring.NONE)]
    name = f"{item.code} {item.name}"
    return SheetItem(name, number(item.points), cell.get("p", "0"), state, cell.get("r", ""))


def _signed(who, at) -> str:
    return f"{who}，{cn_date(timezone.localtime(at))}"


def band_words(result) -> str:
    """How the band came about."""
    if not result.is_open:
        return "按标准由得分算出"
    if not result.band:
        why = "有项目尚无数据来源" if result.unsourced else "有项目还没有评分"
        return f"{why}，按现在的分数定等次不公平"
    return f"由负责人评定：{result.band_reason}（{_signed(result.band_given_by, result.band_given_at)}）"


def objection_words(objection) -> list[str]:
    """One objection in sentences: who said what, what was decided, the result before and after."""
    who = "本人" if objection.is_own else f"乡镇（街道）代为（{objection.created_by}）"
    words = [f"{who}于 {cn_date(timezone.localtime(objection.created_at))}提出：{objection.text}"]
    if objection.decided_by is None:
        return [*words, "正在复核。"]
    state, signed = objection.get_state_display(), _signed(objection.decided_by, objection.decided_at)
    words.append(f"复核：{state}。{objection.decision}（{signed}）")
    if objection.after:
        words.append(f"更正前 {told_words(objection.before)}；更正后 {told_words(objection.after)}。")
    return words


def told_words(told: dict) -> str:
    """A result as it is kept beside an objection."""
    return f"{told['total']} 分，{told['band'] or OPEN_WORDS}，县内第 {told['rank_county']} 名"


def laid_out(sheet: MemberSheet):
    """A weasyprint document. Raises federation.shared.pdf.PdfUnavailable."""
    context = {"title": sheet.title, "template": TEMPLATE, "sheet": sheet}
    (document,) = pdf.documents([render_to_string("print/list_document.html", context)], style=STYLE)
    return document
