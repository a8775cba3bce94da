"""Pages of the selection 优秀残疾人工作专职委员: the list, a nomination with its course, and each step."""

from django.urls import reverse

from assessments import selections
from assessments.appraisal_filters import NominationFilter
from assessments.appraisal_forms import (
    ConcludeForm,
    FindingForm,
    NominationForm,
    OpinionForm,
    PublicityForm,
    SaidForm,
)
from assessments.models import Nomination, NominationObjection
from assessments.views.items import cn_day
from assessments.views.members import result_url
from federation.shared.export_kinds import Sensitivity
from federation.shared.list_exports import ListExport
from federation.shared.steps import StepView, may
from federation.shared.tables import Column
from federation.shared.templatetags.ui import cn_date, tag
from federation.shared.views import (
    ScopedActView,
    ScopedCreateView,
    ScopedDetailView,
    ScopedListView,
    Section,
    get_in_scope,
)
from orgs.areas import name_places
from orgs.models import Level
from orgs.views.pages import organisation_url

State = Nomination.State
STATE_TAGS = {
    State.ASKED: "warn", State.AGREED: "warn", State.PUBLIC: "info", State.AWARDED: "ok", State.REFUSED: "",
}  # fmt: skip


def nomination_url(nomination) -> str:
    return reverse("nomination-detail", args=[nomination.pk])


def list_crumb() -> dict:
    return {"url": reverse("nomination-list"), "label": "优秀专职委员"}


def publicity_words(row) -> str:
    return f"{cn_date(row.public_from)} 至 {cn_date(row.public_to)}" if row.public_from else ""


class NominationListView(ScopedListView):
    permission = "selections.view"
    model = Nomination
    title = "优秀残疾人工作专职委员评选"
    caption = "推荐名单"
    filterset_class = NominationFilter
    ordering = ("-year", "org_path", "worker__name")
    exports = (
        ListExport(
            "nominations", "nomination-list", Sensitivity.OFFICE,
            (
                "year", "worker__name", "place", "appointment__role", "deeds", "reason", "state", "public_from",
                "public_to", "public_place", "document_number", "decided_on", "outcome_reason",
            ),
        ),
    )  # fmt: skip
    columns = [
        Column("name", "姓名", value=lambda row: row.worker.name, link=nomination_url, sort="worker__name"),
        Column("place", "机构", sort="org_path"),
        Column("year", "年度", numeric=True, sort="year"),
        Column("state", "状态", value=lambda row: tag(STATE_TAGS[row.state], row.get_state_display())),
        Column("publicity", "公示", value=publicity_words),
        Column("document_number", "表彰文号"),
    ]

    def get_queryset(self):
        rows = super().get_queryset().select_related("worker", "appointment")
        return rows.defer(
            *(f"worker__{name}" for name in ("id_number", "certificate_number", "phone", "payment_account"))
        )

    def prepare(self, rows):
        name_places(rows)

    def each_row(self, queryset):
        return super().each_row(queryset.defer(None))

    def actions(self):
        if not self.request.user.has_scope("selections.nominate"):
            return []
        return [{"url": reverse("nomination-add"), "label": "推荐", "kind": "primary"}]


class NominationCreateView(ScopedCreateView):
    permission = "selections.nominate"
    model = Nomination
    form_class = NominationForm
    title = "推荐优秀专职委员"
    submit_label = "推荐"
    success_message = "推荐已登记，等待各级意见。"

    def breadcrumbs(self):
        return [list_crumb()]

    def create(self, form):
        return selections.nominate(**form.cleaned_data, by=self.request.user)

    def success_url(self, row):
        return nomination_url(row) if row is not None and row.pk else reverse("nomination-list")


class NominationDetailView(ScopedDetailView):
    permission = "selections.view"
    model = Nomination
    template_name = "assessments/nomination_detail.html"

    def breadcrumbs(self):
        return [list_crumb()]

    def get_queryset(self):
        people = ("worker", "organisation", "appointment", "created_by", "decided_by", "result__appraisal__standard",
                  "result__appraisal__organisation")  # fmt: skip
        return super().get_queryset().select_related(*people)

    def sections(self, row):
        asked = [
            {"label": "姓名", "value": row.worker.name},
            {"label": "机构", "value": row.organisation.name, "url": organisation_url(row.organisation)},
            {"label": "岗位", "value": row.appointment.get_role_display()},
            {"label": "推荐人", "value": f"{row.created_by}，{cn_day(row.created_at)}"},
            {"label": "主要事迹", "value": row.deeds},
        ]
        if row.result_id and may(self.request.user, "appraisals.view", row.result.org_path):
            value = f"{row.result.appraisal}：{row.result.band}"
            asked.append({"label": "考核等次", "value": value, "url": result_url(row.result)})
        if row.reason:
            asked.append({"label": "推荐理由", "value": row.reason})
        course = [
            {"label": "状态", "value": tag(STATE_TAGS[row.state], row.get_state_display())},
            {"label": "公示", "value": publicity_words(row)},
            {"label": "公示地点", "value": row.public_place},
        ]
        if row.decided_on:
            course.append({"label": "结果日期", "value": cn_date(row.decided_on)})
            course.append({"label": "办理人", "value": str(row.decided_by or "")})
        for label, value in (("表彰文号", row.document_number), ("未授予的原因", row.outcome_reason)):
            if value:
                course.append({"label": label, "value": value})
        return [Section("推荐", asked), Section("公示和结果", course)]

    def actions(self, row):
        return [step.action(row) for step in STEPS if step.is_open(row, self.request.user)]

    def extra(self, row):
        given = {each.level: each for each in row.opinions.select_related("created_by")}
        bodies = selections.federations_above([row])[row.pk]
        opinions = [
            {"body": bodies[level].name if level in bodies else Level(level).label, "opinion": given.get(level)}
            for level in selections.LEVELS
            if level in bodies or level in given
        ]
        settles = may(self.request.user, Nomination.edit_permission, row.org_path) and row.state == State.PUBLIC
        return {
            "opinions": opinions,
            "said": list(row.objections.select_related("settled_by")),
            "may_settle": settles,
        }


class NominationStepView(StepView):
    model, route, related = Nomination, "nomination", ("worker", "organisation")

    def breadcrumbs(self):
        return [list_crumb(), {"url": self.row_url, "label": str(self.object)}]

    def summary(self):
        return [
            {"label": "推荐", "value": str(self.object), "url": self.row_url},
            {"label": "机构", "value": self.object.organisation.name},
            {"label": "状态", "value": self.object.get_state_display()},
        ]


class OpineView(NominationStepView):
    permission = "selections.opine"
    name, label, kind = "opine", "签本级意见", "primary"
    states = (State.ASKED,)
    form_class = OpinionForm
    consequence = "从乡镇（街道）到县、市逐级签。不同意的，这次推荐到此为止。签了不能再改。"
    success_message = "意见已签。"

    @classmethod
    def is_open(cls, row, user) -> bool:
        return super().is_open(row, user) and row.created_by_id != user.pk and selections.may_opine(row, user)

    def act(self, values):
        selections.give_opinion(
            nomination=self.object, agrees=values["agrees"] == "yes", text=values["text"],
            given_on=values["given_on"], by=self.request.user,
        )  # fmt: skip


class WithdrawView(NominationStepView):
    permission = "selections.nominate"
    name, label = "withdraw", "撤回推荐"
    states = (State.ASKED,)
    consequence = "还没有人签意见的推荐可以撤回；撤回后本年度不能再推荐这个人。"
    success_message = "推荐已撤回。"

    def act(self, values):
        selections.withdraw(nomination=self.object, by=self.request.user)


class PublicityView(NominationStepView):
    permission = "selections.edit"
    name, label, kind = "publicise", "登记公示", "primary"
    states = (State.AGREED, State.PUBLIC)
    form_class = PublicityForm
    consequence = "公示期间收到的反映都要登记并写明结论；公示结束以后才能授予。"
    success_message = "公示已登记。"

    def get_form(self, instance=None):
        return super().get_form() if not self.object.public_from else self._filled()

    def _filled(self):
        initial = {name: getattr(self.object, name) for name in PublicityForm.Meta.fields}
        return self.form_class(self.sent(), initial=initial, **self.form_kwargs())

    def act(self, values):
        selections.make_public(nomination=self.object, by=self.request.user, **values)


class SaidView(NominationStepView):
    permission = "selections.edit"
    name, label = "said", "登记反映"
    states = (State.PUBLIC,)
    form_class = SaidForm
    consequence = "登记公示期间收到的反映；写明结论以前不能授予。"
    success_message = "反映已登记。"

    def act(self, values):
        selections.record_objection(nomination=self.object, by=self.request.user, **values)


class ConcludeView(NominationStepView):
    permission = "selections.conclude"
    name, label, kind = "conclude", "登记结果", "primary"
    states = (State.PUBLIC,)
    form_class = ConcludeForm
    consequence = "结果登记后不能再改；授予的显示在本人的页面上，聘到上一级时优先。"
    success_message = "结果已登记。"

    def act(self, values):
        selections.conclude(
            nomination=self.object, is_awarded=values["outcome"] == "awarded", on=values["decided_on"],
            document_number=values["document_number"], reason=values["reason"], by=self.request.user,
        )  # fmt: skip


class SettleView(ScopedActView):
    """What was found about something said during the publicity."""

    permission = "selections.edit"
    form_class = FindingForm
    submit_label = "保存结论"
    success_message = "结论已保存。"

    def dispatch(self, request, *args, **kwargs):
        rows = NominationObjection.objects.select_related("nomination__worker", "nomination__organisation")
        self.object = get_in_scope(
            rows, request.user, self.permission, NominationObjection.view_permission, pk=kwargs["pk"]
        )
        return super().dispatch(request, *args, **kwargs)

    def breadcrumbs(self):
        nomination = self.object.nomination
        return [list_crumb(), {"url": nomination_url(nomination), "label": str(nomination)}]

    def get_title(self):
        return f"写结论：{self.object}"

    def question(self):
        rows = [
            {"label": "推荐", "value": str(self.object.nomination), "url": nomination_url(self.object.nomination)},
            {"label": "反映", "value": self.object.text},
        ]
        return {"consequence": "问题属实的，不能授予。", "rows": rows}

    def act(self, values):
        selections.settle_objection(
            objection=self.object, finding=values["finding"], is_upheld=values["is_upheld"] == "yes",
            by=self.request.user,
        )  # fmt: skip

    def success_url(self, row):
        return nomination_url(self.object.nomination)


# In the order of their buttons.
STEPS = (OpineView, PublicityView, SaidView, ConcludeView, WithdrawView)
