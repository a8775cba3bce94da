"""Pages of an appraisal of members as a whole: list, start, one with its counts, and the steps of its course."""

from django.db.models import Count, Q
from django.urls import reverse

from assessments import appraisals
from assessments.appraisal_forms import AppraisalForm
from assessments.courses import definition_of
from assessments.models import Appraisal, MemberResult, Objection
from assessments.objections import last_day_to_object
from assessments.reasons import number
from assessments.tables import RUN_TAGS, unsourced_words
from assessments.views.items import cn_day
from federation.shared.export_kinds import Sensitivity
from federation.shared.list_exports import ListExport, everywhere
from federation.shared.steps import StepView
from federation.shared.tables import Column
from federation.shared.templatetags.ui import cn_date, tag
from federation.shared.views import (
    ScopedCreateView,
    ScopedDetailView,
    ScopedListView,
    Section,
)

State = Appraisal.State


def appraisal_url(appraisal) -> str:
    return reverse("appraisal-detail", args=[appraisal.pk])


def appraisals_crumb() -> dict:
    return {"url": reverse("appraisal-list"), "label": "专职委员考核"}


def appraisal_crumbs(appraisal) -> list[dict]:
    return [appraisals_crumb(), {"url": appraisal_url(appraisal), "label": str(appraisal)}]


def state_tag(appraisal) -> str:
    return tag(RUN_TAGS.get(appraisal.state, ""), appraisal.get_state_display())


class AppraisalListView(ScopedListView):
    permission = "appraisals.view"
    model = Appraisal
    title = "专职委员考核"
    caption = "专职委员考核批次"
    ordering = ("-id", "year", "as_of")
    exports = (
        ListExport(
            "appraisals", "appraisal-list", Sensitivity.OPEN,
            ("name", "standard", "organisation", "year", "as_of", "state", "member_count"), within=everywhere,
        ),
    )  # fmt: skip
    columns = [
        Column("name", "考核", value=str, link=appraisal_url),
        Column("year", "年度", sort="year", numeric=True),
        Column("as_of", "截止日", sort="as_of"),
        Column("state", "状态", value=state_tag),
        Column("member_count", "人数", numeric=True),
    ]

    def get_queryset(self):
        return super().get_queryset().select_related("standard", "organisation")

    def actions(self):
        actions = [
            {"url": reverse("member-result-list"), "label": "各人结果"},
            {"url": reverse("objection-list"), "label": "异议"},
        ]
        if self.request.user.has_scope(Appraisal.edit_permission):
            actions.insert(0, {"url": reverse("appraisal-add"), "label": "发起考核", "kind": "primary"})
        return actions


class AppraisalCreateView(ScopedCreateView):
    permission = "appraisals.run"
    model = Appraisal
    form_class = AppraisalForm
    title = "发起专职委员考核"
    submit_label = "开始计算"
    success_message = "考核已发起，正在后台计算。可以离开本页，稍后再看。"

    def breadcrumbs(self):
        return [appraisals_crumb()]

    def get_form(self, instance=None):
        return self.form_class(self.request.POST if self.request.method == "POST" else None, **self.form_kwargs())

    def show(self, form, status=200, **context):
        note = "分数由登记的事实算出；同一标准、地区和截止日再发起一次，会按最新的登记重新计算，评过的分保留。"
        return super().show(form, status, note=note, **context)

    def create(self, form):
        return appraisals.start_appraisal(**form.cleaned_data, by=self.request.user)

    def success_url(self, row):
        return appraisal_url(row) if row is not None else reverse("appraisal-list")


class AppraisalDetailView(ScopedDetailView):
    permission = "appraisals.view"
    model = Appraisal
    template_name = "assessments/appraisal_detail.html"

    def breadcrumbs(self):
        return [appraisals_crumb()]

    def get_queryset(self):
        return super().get_queryset().select_related("standard", "organisation", "job", "published_by")

    def sections(self, row):
        published = f"{row.published_by}，{cn_day(row.published_at)}" if row.published_at else "还没有公布"
        last = last_day_to_object(row)
        rows = [
            {"label": "状态", "value": state_tag(row)},
            {"label": "截止日", "value": cn_date(row.as_of)},
            {
                "label": "考核标准",
                "value": row.standard.title,
                "url": reverse("standard-detail", args=[row.standard.code]),
            },
            {"label": "公布", "value": published},
        ]
        if last:
            rows.append({"label": "提出异议最晚", "value": cn_date(last)})
        if row.failure:
            rows.append({"label": "没有算完", "value": row.failure})
        return [Section("考核情况", rows)]

    def actions(self, row):
        actions = []
        if row.has_results:
            results = f"{reverse('member-result-list')}?appraisal={row.pk}"
            actions.append({"url": results, "label": "各人结果", "kind": "primary"})
        steps = (AppraisalRecomputeView, AppraisalReviewView, AppraisalPublishView)
        return actions + [step.action(row) for step in steps if step.is_open(row, self.request.user)]

    def extra(self, row):
        user, definition = self.request.user, definition_of(row)
        results = MemberResult.objects.visible_to(user).filter(appraisal=row)
        return {
            "tiles": self.tiles(row, definition, results) if row.has_results else [],
            "lead": unsourced_words(definition),
            "job": row.job if self.shows_job(row) else None,
        }

    def shows_job(self, row) -> bool:
        if row.job is None or row.has_results:
            return False
        return type(row.job).objects.visible_to(self.request.user).filter(pk=row.job_id).exists()

    def tiles(self, row, definition, results) -> list[dict]:
        address = f"{reverse('member-result-list')}?appraisal={row.pk}"
        counts = results.aggregate(
            members=Count("pk"), pending=Count("pk", filter=Q(pending__gt=0)), open=Count("pk", filter=Q(band=""))
        )
        tiles = [{"label": "考核人数", "value": counts["members"], "unit": "人", "note": "您能看到的"}]
        bands = dict(results.exclude(band="").order_by().values_list("band").annotate(number=Count("pk")))
        for name, _floor in definition.bands:
            if bands.get(name):
                link = {"url": f"{address}&band={name}", "note": "看名单"}
                tiles.append({"label": name, "value": bands[name], "unit": "人", **link})
        if counts["open"]:
            link = {"url": f"{address}&band=open", "note": "看名单"}
            tiles.append({"label": "等次暂不评定", "value": counts["open"], "unit": "人", **link})
        if counts["pending"]:
            link = {"url": f"{address}&points=pending", "note": "去打分"}
            tiles.append({"label": "待人工评分", "value": counts["pending"], "unit": "人", "kind": "bad", **link})
        sourced = sum(item.points for item in definition.items if item.has_source)
        if sourced < definition.full_marks:
            note = f"满分 {number(definition.full_marks)} 分"
            tiles.append({"label": "现在最多可得", "value": number(sourced), "unit": "分", "note": note})
        objections = Objection.objects.visible_to(self.request.user).filter(result__appraisal=row, state="open").count()
        if objections:
            link = {"url": f"{reverse('objection-list')}?state=open", "note": "去看"}
            tiles.append({"label": "待复核的异议", "value": objections, "unit": "个", "kind": "bad", **link})
        return tiles


class AppraisalStepView(StepView):
    model, route, related = Appraisal, "appraisal", ("standard", "organisation")

    def breadcrumbs(self):
        return appraisal_crumbs(self.object)

    def summary(self):
        return [
            {"label": "考核", "value": str(self.object), "url": self.row_url},
            {"label": "状态", "value": self.object.get_state_display()},
            {"label": "人数", "value": self.object.member_count},
        ]


class AppraisalRecomputeView(AppraisalStepView):
    permission = "appraisals.run"
    name, label = "recompute", "重新计算"
    states = (State.FAILED, State.COMPUTED, State.REVIEWED)
    consequence = "按现在的登记重新计算每个人的分数；评过的分和评定的等次保留。"
    success_message = "正在重新计算。"

    def act(self, values):
        appraisals.COURSE.recompute(self.object, self.request.user)


class AppraisalReviewView(AppraisalStepView):
    permission = "appraisals.score"
    name, label = "review", "标记为已核对"
    states = (State.COMPUTED,)
    consequence = "表示各人的结果已看过依据。之后发现登记有误，仍可更正后重新计算。"
    success_message = "已标记为核对过。"

    def act(self, values):
        appraisals.COURSE.review(self.object, self.request.user)


class AppraisalPublishView(AppraisalStepView):
    permission = "appraisals.decide"
    name, label, kind = "publish", "公布结果", "primary"
    states = (State.COMPUTED, State.REVIEWED)
    consequence = "公布后标准、得分和等次固定，不能再重新计算；本人能看到自己的结果，可以提出异议。"
    success_message = "考核结果已公布。"

    def act(self, values):
        appraisals.publish_appraisal(appraisal=self.object, by=self.request.user)
