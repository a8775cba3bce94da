"""Pages of one member's result: the list of all, one with its items, an item with its evidence, points, band, paper."""

from django.http import Http404
from django.urls import reverse

from assessments import appraisals, scoring
from assessments.appraisal_filters import ResultFilter
from assessments.appraisal_forms import BandForm, PointsForm
from assessments.courses import definition_of
from assessments.documents import OPEN_WORDS, band_words, told_words
from assessments.evidence import mend_url
from assessments.members import subjects_of
from assessments.models import Appraisal, MemberPoints, MemberResult, Objection
from assessments.objections import why_not
from assessments.reasons import number
from assessments.tables import band_kind, unsourced_words
from assessments.views.appraisals import appraisal_crumbs
from assessments.views.items import cn_day, item_row, reckoned, sections_of, state_of, state_words
from assessments.waiting import SCORED
from federation.shared.export_kinds import Sensitivity
from federation.shared.list_exports import ListExport, Shown
from federation.shared.steps import may
from federation.shared.tables import Column
from federation.shared.templatetags.ui import cn_date, tag
from federation.shared.views import ScopedActView, ScopedListView, ScopedView, get_in_scope
from orgs.areas import name_places

State = Appraisal.State


def result_url(result) -> str:
    return reverse("member-result", args=[result.pk])


def band_tag(result) -> str:
    return tag(band_kind(definition_of(result.appraisal), result.band), result.band or OPEN_WORDS)


def points_words(result) -> str:
    if result.pending:
        return tag("warn", "待评分")
    return f"{result.unsourced} 项尚无数据来源" if result.unsourced else "齐全"


class MemberResultListView(ScopedListView):
    permission = "appraisals.view"
    model = MemberResult
    title = "专职委员考核结果"
    filterset_class = ResultFilter
    ordering = ("rank_county", "total", "org_path", "worker__name")
    exports = (
        ListExport(
            "member-results", "member-result-list", Sensitivity.OFFICE,
            (
                "appraisal", "worker__name", "place", "appointment__role", "total", "rank_county", "band",
                "given_band", "band_reason", "unsourced", "pending",
                Shown("各项得分", lambda row: "，".join(f"{code} {cell['p']}" for code, cell in row.items.items())),
            ),
        ),
    )  # fmt: skip
    columns = [
        Column("name", "姓名", value=lambda row: row.worker.name, link=result_url, sort="worker__name"),
        Column("place", "机构", sort="org_path"),
        Column("role", "岗位", value=lambda row: row.appointment.get_role_display()),
        Column("total", "得分", numeric=True, sort="total"),
        Column("rank_county", "县内名次", numeric=True, sort="rank_county"),
        Column("band", "等次", value=band_tag),
        Column("points", "数据", value=points_words),
        Column("appraisal", "考核", value=lambda row: str(row.appraisal)),
    ]

    def get_queryset(self):
        rows = super().get_queryset().with_results()
        return rows.select_related("worker", "appointment", "appraisal__standard", "appraisal__organisation").defer(
            *(f"worker__{name}" for name in ("id_number", "certificate_number", "phone", "payment_account"))
        )

    def prepare(self, rows):
        name_places(rows)

    def each_row(self, queryset):
        return super().each_row(queryset.defer(None))


class OfOneResult:
    """Of views of one result of an appraisal that is computed; `object` is the result."""

    permission = "appraisals.view"
    model = MemberResult

    def results(self):
        rows = MemberResult.objects.with_results()
        return rows.select_related(
            "worker",
            "organisation",
            "appointment__tenure",
            "appraisal__standard",
            "appraisal__organisation",
            "appraisal__published_by",
            "band_given_by",
        )

    def find(self):
        return get_in_scope(
            self.results(), self.request.user, self.permission, MemberResult.view_permission, pk=self.kwargs["pk"]
        )

    def breadcrumbs(self):
        """Down from the appraisal; the result itself where this page lies below it."""
        crumbs = appraisal_crumbs(self.object.appraisal)
        here = {"url": result_url(self.object), "label": self.object.worker.name}
        return crumbs if type(self) is MemberResultView else [*crumbs, here]

    def item(self):
        item = definition_of(self.object.appraisal).item(self.kwargs["code"])
        if item is None:
            raise Http404("没有这个项目")
        return item

    def given(self):
        """What was given by hand: {item code: MemberPoints}."""
        result = self.object
        rows = result.appraisal.points_given.filter(appointment=result.appointment_id)
        return {row.item_code: row for row in rows.select_related("scored_by")}

    def success_url(self, row):
        return result_url(self.object)


class ActsOnResult(OfOneResult):
    """Of views that do something to the result: it is there before their form is."""

    def dispatch(self, request, *args, **kwargs):
        self.request, self.kwargs = request, kwargs
        self.object = self.find()
        return super().dispatch(request, *args, **kwargs)


class MemberResultView(OfOneResult, ScopedView):
    template_name = "assessments/member_result.html"

    def get(self, request, **kwargs):
        self.object = self.find()
        result, definition = self.object, definition_of(self.object.appraisal)
        objections = list(result.objections.select_related("created_by", "decided_by"))
        return self.page(
            title=f"{result.worker.name}：{result.appraisal}",
            lead=f"{result.organisation.name} {result.appointment.get_role_display()}，"
            f"截止 {cn_date(result.appraisal.as_of)}，{result.appraisal.get_state_display()}。"
            f"{unsourced_words(definition)}",
            result=result,
            sections=sections_of(definition, result, self.row),
            tiles=tiles(result, definition),
            band=band_rows(result),
            given=list(self.given().values()),
            objections=[objection_panel(each, self.may_decide(each)) for each in objections],
            actions=self.actions(),
        )

    def row(self, result, item):
        to_mend = state_of(result.items.get(item.code, {})) in (scoring.NO, scoring.HALF)
        mend = mend_url(item, result.organisation, self.request.user) if to_mend else ""
        return item_row(result, item, self.item_url(item), mend)

    def item_url(self, item) -> str:
        return reverse("member-result-item", args=[self.object.pk, item.code])

    def may_decide(self, objection) -> str:
        """The address where the reader decides it; empty where it is decided, or the reader's own."""
        user = self.request.user
        if objection.state != Objection.State.OPEN or objection.created_by_id == user.pk:
            return ""
        allowed = may(user, Objection.edit_permission, objection.org_path)
        return reverse("objection-decide", args=[objection.pk]) if allowed else ""

    def actions(self):
        result, user, actions = self.object, self.request.user, []
        state, path = result.appraisal.state, result.org_path
        if state in SCORED and may(user, "appraisals.score", path):
            for item in definition_of(result.appraisal).items:
                if item.scoring == "manual":
                    url = reverse("member-result-score", args=[result.pk, item.code])
                    actions.append({"url": url, "label": f"打分：{item.name}", "kind": "primary"})
        if state in SCORED and result.is_open and may(user, "appraisals.decide", path):
            actions.append({"url": reverse("member-result-band", args=[result.pk]), "label": "评定等次"})
        if may(user, "appraisals.object", path) and not why_not(result):
            actions.append({"url": reverse("member-result-object", args=[result.pk]), "label": "代本人提出异议"})
        return [*actions, {"url": reverse("member-result-sheet", args=[result.pk]), "label": "打印考核表"}]


def tiles(result, definition) -> list[dict]:
    sourced = sum(item.points for item in definition.items if item.has_source)
    note = "" if sourced == definition.full_marks else f"现在最多可得 {number(sourced)} 分"
    return [
        {"label": "得分", "value": result.total, "unit": "分", "note": note},
        {"label": "等次", "value": result.band or "暂不评定", "unit": ""},
        {"label": "县内名次", "value": result.rank_county, "unit": "名"},
        {"label": "尚无数据来源", "value": result.unsourced, "unit": "项", "note": "不得分，也不当作没做到"},
    ]


def band_rows(result) -> list[dict]:
    """How the band came about, in words."""
    why = "怎么定的" if result.band else "为什么"
    return [{"label": "等次", "value": result.band or OPEN_WORDS}, {"label": why, "value": band_words(result)}]


def objection_panel(objection, decide_url: str = "") -> dict:
    """One objection, with the result before and after where it was corrected."""
    who = "本人" if objection.is_own else f"乡镇（街道）代为提出（{objection.created_by}）"
    rows = [
        {"label": "提出", "value": f"{who}，{cn_day(objection.created_at)}"},
        {"label": "异议内容", "value": objection.text},
        {"label": "状态", "value": objection.get_state_display()},
    ]
    if objection.decided_by:
        rows.append({"label": "复核", "value": f"{objection.decided_by}，{cn_day(objection.decided_at)}"})
        rows.append({"label": "复核意见", "value": objection.decision})
    if objection.after:
        for label, told in (("更正前", objection.before), ("更正后", objection.after)):
            items = "，".join(f"{code} {cell['p']}" for code, cell in told["items"].items())
            rows.append({"label": label, "value": f"{told_words(told)}（{items}）"})
    actions = [{"url": decide_url, "label": "复核", "kind": "primary"}] if decide_url else []
    return {"rows": rows, "actions": actions}


class MemberItemView(OfOneResult, ScopedView):
    """One item of one member: clause, arithmetic, the rows counted and those that are missing."""

    template_name = "assessments/run_item.html"

    def get(self, request, **kwargs):
        self.object = self.find()
        result, item = self.object, self.item()
        cell = result.items.get(item.code, {})
        return self.page(
            title=f"{item.code} {item.name}",
            heading=f"{item.name}（{result.worker.name}）",
            result=result,
            item=item,
            full=number(item.points),
            state=state_words(cell),
            as_of=result.appraisal.as_of,
            points=cell.get("p", "0"),
            reason=cell.get("r", ""),
            is_checklist=False,
            **self.shown(item, cell),
        )

    def shown(self, item, cell) -> dict:
        result = self.object
        if item.scoring == "manual":
            may_score = result.appraisal.state in SCORED and may(self.request.user, "appraisals.score", result.org_path)
            url = reverse("member-result-score", args=[result.pk, item.code]) if may_score else ""
            return {"given": self.given().get(item.code), "score_url": url}
        (member,) = subjects_of(result)
        given = {(member.pk, code): row.points for code, row in self.given().items()}
        return reckoned(result.appraisal, item, member, result.organisation, given, cell, self.request.user)


class MemberScoreView(ActsOnResult, ScopedActView):
    permission = "appraisals.score"
    form_class = PointsForm
    template_name = "generic/form.html"
    submit_label = "保存得分"
    success_message = "得分已保存，总分和名次已更新。"

    def dispatch(self, request, *args, **kwargs):
        self.request, self.kwargs = request, kwargs
        self.object = self.find()
        if self.item().scoring != "manual":
            raise Http404("不是人工评分项")
        return super().dispatch(request, *args, **kwargs)

    def get_title(self):
        return f"{self.item().name}：{self.object.worker.name}"

    def get_form(self, instance=None):
        code = self.kwargs["code"]
        given = self.given().get(code) or MemberPoints(
            appraisal=self.object.appraisal, appointment=self.object.appointment, item_code=code
        )
        return self.form_class(self.sent(), instance=given, item=self.item(), **self.form_kwargs())

    def act(self, values):
        appraisals.score_member(
            result=self.object, item_code=self.kwargs["code"], by=self.request.user, points=values["points"],
            reason=values["reason"], people_note=values["people_note"], township_note=values["township_note"],
        )  # fmt: skip


class MemberBandView(ActsOnResult, ScopedActView):
    permission = "appraisals.decide"
    form_class = BandForm
    submit_label = "评定"
    success_message = "等次已评定。"

    def get_title(self):
        return f"评定等次：{self.object.worker.name}"

    def get_form(self, instance=None):
        initial = {"band": self.object.given_band, "seen": self.object.version}
        return self.form_class(self.sent(), result=self.object, initial=initial, **self.form_kwargs())

    def question(self):
        rows = [
            {"label": "姓名", "value": self.object.worker.name, "url": result_url(self.object)},
            {"label": "得分", "value": f"{self.object.total} 分（{self.object.unsourced} 项尚无数据来源）"},
        ]
        return {
            "consequence": "各项数据齐全以前，可以由负责人写明理由评定等次；数据齐全后以按标准算出的为准。",
            "rows": rows,
        }  # fmt: skip

    def act(self, values):
        appraisals.give_band(
            result=self.object, band=values["band"], reason=values["reason"], by=self.request.user,
            expected_version=values["seen"],
        )  # fmt: skip
