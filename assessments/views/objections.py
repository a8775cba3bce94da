"""Pages of objections: a member's own results and objection, the township's for a member, the list, the decision."""

from django.shortcuts import get_object_or_404
from django.urls import reverse

from assessments import objections
from assessments.appraisal_filters import ObjectionFilter
from assessments.appraisal_forms import DecisionForm, ObjectionForm
from assessments.courses import definition_of
from assessments.models import Objection
from assessments.tables import unsourced_words
from assessments.views.appraisals import appraisals_crumb
from assessments.views.items import cn_day, item_row, sections_of
from assessments.views.members import ActsOnResult, band_rows, objection_panel, result_url, tiles
from federation.shared.export_kinds import Sensitivity
from federation.shared.list_exports import ListExport
from federation.shared.tables import Column
from federation.shared.templatetags.ui import cn_date, tag
from federation.shared.views import ScopedActView, ScopedListView, ScopedView, get_in_scope
from orgs.areas import name_places
from orgs.querysets import OWN

State = Objection.State
STATE_TAGS = {State.OPEN: "warn", State.KEPT: "info", State.CORRECTED: "ok"}


class ObjectionListView(ScopedListView):
    permission = "appraisals.view"
    model = Objection
    title = "考核异议"
    filterset_class = ObjectionFilter
    ordering = ("-id", "org_path")
    exports = (
        ListExport(
            "objections", "objection-list", Sensitivity.OFFICE,
            ("result__worker__name", "place", "created_at", "text", "state", "decision", "decided_at"),
        ),
    )  # fmt: skip
    columns = [
        Column("name", "姓名", value=lambda row: row.result.worker.name, link=lambda row: result_url(row.result)),
        Column("place", "机构", sort="org_path"),
        Column("appraisal", "考核", value=lambda row: str(row.result.appraisal)),
        Column("raised", "提出日期", value=lambda row: cn_day(row.created_at)),
        Column("state", "状态", value=lambda row: tag(STATE_TAGS[row.state], row.get_state_display())),
    ]

    def breadcrumbs(self):
        return [appraisals_crumb()]

    def get_queryset(self):
        rows = (
            super()
            .get_queryset()
            .select_related("result__worker", "result__appraisal__standard", "result__appraisal__organisation")
        )
        return rows.defer(
            *(f"result__worker__{name}" for name in ("id_number", "certificate_number", "phone", "payment_account"))
        )

    def prepare(self, rows):
        name_places(rows)

    def each_row(self, queryset):
        return super().each_row(queryset.defer(None))


class ObjectView(ActsOnResult, ScopedActView):
    """By the township, for the member."""

    permission = "appraisals.object"
    form_class = ObjectionForm
    template_name = "generic/form.html"
    submit_label = "提出异议"
    success_message = "异议已提出，等待复核。"

    def get_title(self):
        return f"代 {self.object.worker.name} 提出考核异议"

    def act(self, values):
        objections.raise_objection(result=self.object, text=values["text"], by=self.request.user, is_own=False)


class DecideView(ScopedActView):
    permission = "appraisals.decide"
    form_class = DecisionForm
    submit_label = "保存复核意见"
    success_message = "复核意见已保存。"

    def dispatch(self, request, *args, **kwargs):
        rows = Objection.objects.select_related(
            "result__worker", "result__appraisal__standard", "result__appraisal__organisation", "created_by"
        )
        self.object = get_in_scope(rows, request.user, self.permission, Objection.view_permission, pk=kwargs["pk"])
        return super().dispatch(request, *args, **kwargs)

    def breadcrumbs(self):
        objections_crumb = {"url": reverse("objection-list"), "label": "异议"}
        here = {"url": result_url(self.object.result), "label": self.object.result.worker.name}
        return [appraisals_crumb(), objections_crumb, here]

    def get_title(self):
        return f"复核{self.object}"

    def get_form(self, instance=None):
        return self.form_class(self.sent(), objection=self.object, **self.form_kwargs())

    def question(self):
        result = self.object.result
        rows = [
            {
                "label": "结果",
                "value": f"{result.total} 分，{result.band or '等次暂不评定'}",
                "url": result_url(result),
            },
            *objection_panel(self.object)["rows"],
        ]
        return {"consequence": "复核以后不能再改；更正的，原来的结果和更正后的结果都保留。", "rows": rows}

    def act(self, values):
        given = {
            name.removeprefix("points_"): value
            for name, value in values.items()
            if name.startswith("points_") and value is not None
        }
        objections.decide_objection(
            objection=self.object, is_corrected=values["outcome"] == "correct", reason=values["decision"],
            by=self.request.user, points=given, band=values.get("band", ""),
        )  # fmt: skip

    def success_url(self, row):
        return result_url(self.object.result)


# --- the member's own -----------------------------------------------------------------------------------
class OfOwnResult:
    """Of views of a published result of the person whose account it is; any other reads 404."""

    permission = OWN

    def find(self):
        return get_object_or_404(objections.own_results(self.request.user), pk=self.kwargs["pk"])

    def breadcrumbs(self):
        crumbs = [{"url": reverse("own-page"), "label": "我的"}]
        if type(self) is not OwnResultView:
            crumbs.append({"url": self.success_url(None), "label": str(self.object.appraisal)})
        return crumbs

    def success_url(self, row):
        return reverse("appraisal-own-result", args=[self.object.pk])


class OwnResultView(OfOwnResult, ScopedView):
    """What the member sees: every item with its reason, the points given, the band, the objections."""

    template_name = "assessments/member_result.html"

    def get(self, request, **kwargs):
        self.object = self.find()
        result, definition = self.object, definition_of(self.object.appraisal)
        given = result.appraisal.points_given.filter(appointment=result.appointment_id).select_related("scored_by")
        refusal = objections.why_not(result)
        actions = [] if refusal else [{"url": reverse("appraisal-own-object", args=[result.pk]), "label": "提出异议"}]
        actions.append({"url": reverse("appraisal-own-sheet", args=[result.pk]), "label": "打印考核表"})
        last = objections.last_day_to_object(result.appraisal)
        return self.page(
            title=str(result.appraisal),
            lead=f"{result.organisation.name}，截止 {cn_date(result.appraisal.as_of)}。{unsourced_words(definition)}"
            + (refusal or f"对结果有异议的，最晚 {cn_date(last)} 提出。"),
            result=result,
            sections=sections_of(definition, result, lambda row, item: item_row(row, item, "")),
            tiles=tiles(result, definition),
            band=band_rows(result),
            given=list(given),
            objections=[objection_panel(each) for each in result.objections.select_related("created_by", "decided_by")],
            actions=actions,
        )


class OwnObjectView(OfOwnResult, ScopedActView):
    form_class = ObjectionForm
    template_name = "generic/form.html"
    submit_label = "提出异议"
    success_message = "异议已提出，等待复核。复核意见会显示在这一页。"

    def dispatch(self, request, *args, **kwargs):
        self.request, self.kwargs = request, kwargs
        self.object = self.find()
        return super().dispatch(request, *args, **kwargs)

    def get_title(self):
        return f"对{self.object.appraisal}提出异议"

    def act(self, values):
        objections.raise_objection(result=self.object, text=values["text"], by=self.request.user, is_own=True)
