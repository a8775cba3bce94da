"""Pages of a run as a whole: list, start, detail, and the steps of its course."""

from django.contrib import messages
from django.shortcuts import redirect
from django.urls import reverse

from assessments.forms import RunForm
from assessments.models import AreaResult, BodyResult, Run
from assessments.services import (
    RunRefused,
    definition_of,
    hundred_percents,
    publish_run,
    recompute_run,
    review_run,
    start_run,
)
from assessments.tables import RUN_TAGS, item_rates, mean, run_columns, share
from federation.shared.export_kinds import Sensitivity
from federation.shared.list_exports import ListExport, everywhere
from federation.shared.metrics import metric
from federation.shared.steps import StepView, may
from federation.shared.templatetags.ui import cn_date, tag
from federation.shared.views import ScopedListView, ScopedView, get_in_scope
from orgs.models import Level


def run_crumbs(run=None, *more) -> list[dict]:
    crumbs = [{"url": reverse("run-list"), "label": "考核"}]
    if run is not None:
        crumbs.append({"url": reverse("run-detail", args=[run.pk]), "label": str(run)})
    return crumbs + [{"url": "", "label": label} for label in more]


class RunListView(ScopedListView):
    model = Run
    permission = "assessments.view"
    title = "考核"
    caption = "考核批次"
    template_name = "assessments/run_list.html"
    ordering = ("-id", "year", "as_of")
    exports = (
        ListExport(
            "runs", "run-list", Sensitivity.OPEN,
            ("name", "standard", "organisation", "year", "as_of", "state", "body_count"), within=everywhere,
        ),
    )  # fmt: skip

    def get_queryset(self):
        return super().get_queryset().select_related("standard", "organisation")

    @property
    def columns(self):
        return run_columns()

    @classmethod
    def page_columns(cls):
        return run_columns()

    def actions(self):
        actions = []
        if self.request.user.has_scope("assessments.run"):
            actions.append({"url": reverse("run-add"), "label": "发起考核", "kind": "primary"})
        return [*actions, {"url": reverse("standard-list"), "label": "考核标准"}]

    def extra(self):
        """Those below the area of every run find their own results here."""
        home = self.request.user.home_organisation
        own = BodyResult.objects.visible_to(self.request.user).filter(
            organisation=home, run__state__in=Run.WITH_RESULTS
        )
        own = own.select_related("run__standard", "run__organisation").order_by("-run__as_of", "-run")
        return {"own_results": list(own[:12])}


class RunAddView(ScopedView):
    model = Run
    permission = "assessments.run"
    title = "发起考核"
    template_name = "generic/form.html"

    def breadcrumbs(self):
        return run_crumbs(None, "发起考核")

    def get(self, request):
        return self.show(RunForm(user=request.user, initial=self._asked()))

    def _asked(self):
        """A link may name the standard, the area and the year."""
        return {name: self.request.GET[name] for name in ("standard", "area", "year") if self.request.GET.get(name)}

    def post(self, request):
        form = RunForm(request.POST, user=request.user)
        if not form.is_valid():
            return self.show(form)
        try:
            run = start_run(**form.cleaned_data, by=request.user)
        except RunRefused as refusal:
            form.add_error(None, refusal)
            return self.show(form)
        messages.success(request, "考核已发起，正在后台计算。可以离开本页，稍后再看。")
        return redirect("run-detail", run.pk)

    def show(self, form):
        return self.page(
            form=form,
            heading=self.title,
            submit_label="开始计算",
            cancel_url=reverse("run-list"),
            note="分数全部由登记的事实算出，不用填写。同一标准、地区和截止日再发起一次，会按最新的登记重新计算。",
            status=422 if form.errors else 200,
        )


class RunView(ScopedView):
    """Base of the pages of one run in scope."""

    model = Run
    permission = "assessments.view"

    def get_run(self) -> Run:
        rows = Run.objects.select_related("standard", "organisation", "job")
        return get_in_scope(rows, self.request.user, self.permission, pk=self.kwargs["pk"])

    def sees_area(self, run) -> bool:
        """False for who stands below the area and reads a published run."""
        return may(self.request.user, "assessments.view", run.org_path)

    def results(self, run):
        return BodyResult.objects.visible_to(self.request.user).filter(run=run).select_related("organisation")


class RunDetailView(RunView):
    template_name = "assessments/run_detail.html"

    def get(self, request, pk):
        run = self.get_run()
        definition = definition_of(run)
        areas = AreaResult.objects.visible_to(request.user).filter(run=run).select_related("organisation")
        areas = list(areas.order_by("org_path")[:200])
        top = next((area for area in areas if area.organisation_id == run.organisation_id), None)
        met = {code: pair[0] for code, pair in top.items.items()} if top else {}
        return self.page(
            title=str(run),
            breadcrumbs=run_crumbs(run),
            run=run,
            definition=definition,
            state_tag=tag(RUN_TAGS.get(run.state, ""), run.get_state_display()),
            tiles=self.tiles(run, definition, top),
            hundreds=self.hundreds(run),
            rates=item_rates(definition.items, met, top.bodies) if top else [],
            areas=[self.area_row(run, area) for area in areas if area is not top],
            actions=self.actions(run),
            job_url=reverse("job-detail", args=[run.job_id]) if self.sees_job(run) else "",
        )

    def sees_job(self, run) -> bool:
        model = Run._meta.get_field("job").related_model
        return bool(run.job_id) and model.objects.visible_to(self.request.user).filter(pk=run.job_id).exists()

    def tiles(self, run, definition, top) -> list[dict]:
        if top is None:
            return []
        unsourced = sum(1 for item in definition.items if not item.has_source)
        tiles = [{"label": "考核机构", "value": top.bodies, "unit": "个", "note": f"截止 {cn_date(run.as_of)}"}]
        if run.standard.is_checklist:
            note = f"占 {share(top.complete, top.bodies)}"
            tiles.append({"label": "全部做到", "value": top.complete, "unit": "个", "note": note})
            sourced = {"label": "有数据来源的各项全部做到", "value": top.complete_sourced, "unit": "个"}
            tiles.append(sourced | {"note": f"占 {share(top.complete_sourced, top.bodies)}"})
        else:
            best = "，".join(f"{name} {count} 个" for name, count in top.bands.items())
            tiles.append({"label": "平均分", "value": mean(top), "unit": "分", "note": best})
        if unsourced:
            note = "这些项目不得分，也不当作没做到"
            tiles.append({"label": "尚无数据来源", "value": unsourced, "unit": "项", "note": note})
        pending = self.results(run).filter(pending__gt=0).count()
        if pending:
            tiles.append({"label": "待人工评分", "value": pending, "unit": "个机构", "kind": "bad"})
        return tiles

    def hundreds(self, run) -> list[dict]:
        return [
            {"label": metric(name).label, "value": share(*pair), "unit": "", "note": f"{pair[0]} ÷ {pair[1]}"}
            for name, pair in hundred_percents(run).items()
        ]

    def area_row(self, run, area) -> dict:
        return {
            "name": area.organisation.label,
            "bodies": area.bodies,
            "complete": f"{area.complete}（{share(area.complete, area.bodies)}）",
            "mean": mean(area),
            "url": reverse("run-matrix" if run.standard.is_checklist else "run-league", args=[run.pk])
            + (f"?area={area.organisation_id}" if self.can_filter(run, area) else ""),
        }

    def can_filter(self, run, area) -> bool:
        step = Level.TOWNSHIP if run.organisation.level >= Level.COUNTY else Level.COUNTY
        return area.organisation.level == step

    def actions(self, run) -> list[dict]:
        actions = []
        if run.has_results:
            if self.sees_area(run) or run.standard.is_checklist:
                actions.append({"url": reverse("run-matrix", args=[run.pk]), "label": "达标矩阵", "kind": "primary"})
            if not run.standard.is_checklist:
                actions.append({"url": reverse("run-league", args=[run.pk]), "label": "排名表", "kind": "primary"})
            if self.sees_area(run):
                actions.append({"url": reverse("run-compare", args=[run.pk]), "label": "与上次比较"})
        actions += [step.action(run) for step in STEPS if step.is_open(run, self.request.user)]
        return actions


class RunStepView(StepView):
    model, route, related = Run, "run", ("standard", "organisation")

    def breadcrumbs(self):
        return run_crumbs(self.object)

    def summary(self):
        return [
            {"label": "考核", "value": str(self.object), "url": self.row_url},
            {"label": "截止日", "value": cn_date(self.object.as_of)},
            {"label": "状态", "value": self.object.get_state_display()},
        ]


class RunRecomputeView(RunStepView):
    permission = "assessments.run"
    name, label = "recompute", "重新计算"
    states = (Run.State.FAILED, Run.State.COMPUTED, Run.State.REVIEWED)
    consequence = "按现在的登记情况重新计算全部机构的分数，覆盖上一次的结果。人工评分保留。"
    success_message = "已开始重新计算。"

    def act(self, values):
        recompute_run(run=self.object, by=self.request.user)


class RunReviewView(RunStepView):
    permission = "assessments.score"
    name, label = "review", "标记为已核对"
    states = (Run.State.COMPUTED,)
    consequence = "表示各项结果已看过依据。之后发现登记有误，仍可更正后重新计算。"
    success_message = "已标记为核对过。"

    def act(self, values):
        review_run(run=self.object, by=self.request.user)


class RunPublishView(RunStepView):
    permission = "assessments.publish"
    name, label = "publish", "公布结果"
    states = (Run.State.COMPUTED, Run.State.REVIEWED)
    consequence = "公布后标准、得分和依据数量全部固定，不能再修改或重新计算。"
    success_message = "考核结果已公布。"

    def act(self, values):
        publish_run(run=self.object, by=self.request.user)


STEPS = (RunRecomputeView, RunReviewView, RunPublishView)
