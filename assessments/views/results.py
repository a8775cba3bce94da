"""Pages of results: matrix, league, one body, one item with its evidence."""

from urllib.parse import urlencode

from django.contrib import messages
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse

from assessments import scoring
from assessments.evidence import mend_url
from assessments.filters import ResultFilter
from assessments.forms import ManualScoreForm
from assessments.models import AreaResult, BodyResult, ManualScore, Run
from assessments.reasons import number
from assessments.services import RunRefused, definition_of, manual_points, score_manually
from assessments.tables import (
    band_kind,
    barred,
    item_rates,
    item_url,
    labels_of,
    league_columns,
    matrix_of,
    missing_list,
    people_in_charge,
    published_columns,
    unsourced_words,
)
from assessments.views.items import item_row, reckoned, sections_of, state_of, state_words
from assessments.views.runs import RunView, run_crumbs
from federation.shared.steps import may
from federation.shared.tables import Page, Table
from federation.shared.templatetags.ui import cn_date, tag
from federation.shared.views import ScopedView


class RunTableView(RunView):
    """Base of the tables over a run's bodies: filter, page, download."""

    page_size = 50
    ordering = ("position", "total", "-total")

    def get(self, request, pk):
        run = self.get_run()
        if not run.has_results:
            messages.info(request, f"{run}{run.get_state_display()}，还没有结果。")
            return redirect("run-detail", run.pk)
        definition = definition_of(run)
        filters = self.filters(run, definition)
        results = filters.apply(self.results(run))
        page = Page(results, request.GET, ordering=self.ordering, size=self.page_size)
        context = self.table(run, definition, filters, page)
        label = context["title"]
        return self.page(
            run=run,
            definition=definition,
            filter_form=filters,
            page=page,
            breadcrumbs=run_crumbs(run, label),
            actions=self.actions(run),
            lead=f"{run}，截止 {cn_date(run.as_of)}，{run.get_state_display()}。{unsourced_words(definition)}",
            **context,
        )

    def filters(self, run, definition):
        return ResultFilter(self.request.GET, run=run, definition=definition, user=self.request.user)

    def actions(self, run):
        if not may(self.request.user, "tables.export", run.org_path):
            return []
        query = urlencode(
            {key: value for key, value in self.request.GET.items() if key in ("area", "band", "item", "unmet")}
        )
        url = reverse("run-export", args=[run.pk, self.export])
        return [{"url": f"{url}?{query}" if query else url, "label": "下载表格"}]


class RunMatrixView(RunTableView):
    template_name = "assessments/run_matrix.html"
    export = "matrix"

    def table(self, run, definition, filters, page):
        items = filters.chosen_items
        people = people_in_charge([result.organisation_id for result in page.rows], self.request.user, run.as_of)
        labels = labels_of(page.rows)
        whole, met, bodies = self.met_of(run, items, filters, page)
        return {
            "title": "达标矩阵",
            "matrix": matrix_of(run, definition, items, page.rows, labels),
            "rates": item_rates(items, met, bodies),
            "rates_of": whole,
            "missing": missing_list(items, page.rows, people, labels),
        }

    def met_of(self, run, items, filters, page) -> tuple[str, dict, int]:
        """How many bodies meet each item: of the area shown, or of the page where bodies were picked otherwise."""
        area = filters.area_alone(run)
        if area is not None:
            rolled = AreaResult.objects.visible_to(self.request.user).filter(run=run, organisation=area).first()
            if rolled is not None:
                return area.label, {code: pair[0] for code, pair in rolled.items.items()}, rolled.bodies
        states = [result.items.get(item.code, {}).get("s") for result in page.rows for item in items]
        met = {item.code: states[n :: len(items)].count(scoring.YES) for n, item in enumerate(items)}
        return "本页机构", met, len(page.rows)


class RunLeagueView(RunTableView):
    """The whole table for who sees the area; what is published of it for who stands below."""

    template_name = "generic/list.html"
    export = "league"

    def results(self, run):
        return BodyResult.objects.in_league(run, self.request.user).select_related("organisation")

    def filters(self, run, definition):
        by_item = self.sees_area(run)
        return ResultFilter(self.request.GET, run=run, definition=definition, user=self.request.user, by_item=by_item)

    def table(self, run, definition, filters, page):
        labels = labels_of(page.rows)
        if self.sees_area(run):
            columns = league_columns(run, definition, labels)
        else:
            columns = published_columns(run, definition, labels, self.is_own)
        table = Table("百分制排名表", columns, page.rows, request=self.request, page=page)
        table.empty_text = "没有符合条件的机构。"
        return {"title": "百分制排名表", "table": table}

    def is_own(self, result) -> bool:
        return may(self.request.user, self.permission, result.org_path)


class BodyResultView(ScopedView):
    """Base of the pages of one body in a run: whoever sees the body sees its result."""

    model = BodyResult
    permission = "assessments.view"

    def get_result(self) -> BodyResult:
        results = BodyResult.objects.visible_to(self.request.user).select_related(
            "organisation", "run__standard", "run__organisation"
        )
        result = get_object_or_404(
            results, run=self.kwargs["pk"], organisation=self.kwargs["organisation"], run__state__in=Run.WITH_RESULTS
        )
        if not may(self.request.user, self.permission, result.org_path):
            raise Http404
        return result

    def crumbs(self, result, *more) -> list[dict]:
        """Down from the run where the reader sees it; its own body otherwise."""
        is_published = result.run.state == Run.State.PUBLISHED
        sees_run = is_published or may(self.request.user, "assessments.view", result.run.org_path)
        crumbs = run_crumbs(result.run) if sees_run else run_crumbs()
        url = reverse("run-body", args=[result.run_id, result.organisation_id])
        labels = [(url if more else "", result.organisation.label), *(("", label) for label in more)]
        return crumbs + [{"url": url, "label": label} for url, label in labels]


class RunBodyView(BodyResultView):
    template_name = "assessments/run_body.html"

    def get(self, request, pk, organisation):
        result = self.get_result()
        definition = definition_of(result.run)
        sections = sections_of(definition, result, self.row)
        extras = [self.row(result, item) for item in definition.bonuses + definition.penalties]
        return self.page(
            title=f"{result.organisation.label}：{result.run.standard.title}",
            breadcrumbs=self.crumbs(result),
            result=result,
            definition=definition,
            sections=sections,
            extras=extras,
            tiles=self.tiles(definition, result),
            lead=f"{result.run}，截止 {cn_date(result.run.as_of)}，{result.run.get_state_display()}。"
            f"{unsourced_words(definition)}",
        )

    def tiles(self, definition, result):
        if definition.is_checklist:
            items = len(definition.items)
            return [{"label": "做到", "value": result.met, "unit": "项", "note": f"共 {items} 项"}] + [
                {"label": "尚无数据来源", "value": result.unsourced, "unit": "项"}
            ] * bool(result.unsourced)
        return [
            {"label": "总分", "value": result.total, "unit": "分", "note": result.band},
            {"label": "县内名次", "value": result.rank_county, "unit": "名"},
            {"label": "全区域名次", "value": result.rank_area, "unit": "名"},
            {"label": "尚无数据来源", "value": result.unsourced, "unit": "项", "note": "这些项目暂不得分"},
        ]

    def row(self, result, item):
        to_mend = state_of(result.items.get(item.code, {})) in (scoring.NO, scoring.HALF)
        mend = mend_url(item, result.organisation, self.request.user) if to_mend else ""
        return item_row(result, item, item_url(result.run_id, result.organisation_id, item.code), mend)


class RunItemView(BodyResultView):
    """One item of one body: definition, clause, arithmetic, the rows counted and those that are missing."""

    template_name = "assessments/run_item.html"

    def get(self, request, pk, organisation, code):
        result = self.get_result()
        run = result.run
        definition = definition_of(run)
        item = definition.item(code)
        if item is None:
            raise Http404("没有这个项目")
        cell = result.items.get(code, {})
        context = self.manual(result, item) if item.scoring == "manual" else self.computed(result, item, cell)
        return self.page(
            title=f"{item.code} {item.name}",
            heading=f"{item.name}（{result.organisation.label}）",
            breadcrumbs=self.crumbs(result, item.name),
            result=result,
            item=item,
            full=number(item.points),
            state=state_words(cell),
            as_of=run.as_of,
            points=cell.get("p", "0"),
            reason=cell.get("r", ""),
            is_checklist=definition.is_checklist,
            **context,
        )

    def computed(self, result, item, cell) -> dict:
        body = result.organisation
        return reckoned(result.run, item, body, body, manual_points(result.run), cell, self.request.user)

    def manual(self, result, item) -> dict:
        given = ManualScore.objects.visible_to(self.request.user).filter(
            run=result.run, organisation=result.organisation, item_code=item.code
        )
        may_score = may(self.request.user, "assessments.score", result.org_path)
        is_open = result.run.state in (Run.State.COMPUTED, Run.State.REVIEWED)
        args = [result.run_id, result.organisation_id, item.code]
        return {
            "given": given.select_related("scored_by").first(),
            "score_url": reverse("run-score", args=args) if may_score and is_open else "",
        }


class RunScoreView(BodyResultView):
    """Points by hand for an item no record can show."""

    permission = "assessments.score"
    template_name = "generic/form.html"

    def dispatch(self, request, *args, **kwargs):
        self.result = self.get_result()
        self.item = definition_of(self.result.run).item(kwargs["code"])
        if self.item is None or self.item.scoring != "manual":
            raise Http404("不是人工评分项")
        return super().dispatch(request, *args, **kwargs)

    def get_form(self):
        given = ManualScore.objects.filter(
            run=self.result.run, organisation=self.result.organisation, item_code=self.item.code
        ).first()
        return ManualScoreForm(self.request.POST or None, instance=given, item=self.item)

    def get(self, request, **kwargs):
        return self.show(self.get_form())

    def post(self, request, **kwargs):
        form = self.get_form()
        if not form.is_valid():
            return self.show(form)
        try:
            score_manually(
                run=self.result.run, organisation=self.result.organisation, item_code=self.item.code,
                by=request.user, **form.cleaned_data,
            )  # fmt: skip
        except RunRefused as refusal:
            form.add_error(None, refusal)
            return self.show(form)
        messages.success(request, "已打分。")
        return redirect(item_url(self.result.run_id, self.result.organisation_id, self.item.code))

    def show(self, form):
        title = f"给“{self.item.name}”打分"
        return self.page(
            form=form,
            heading=f"{title}（{self.result.organisation.label}）",
            title=title,
            submit_label="保存得分",
            cancel_url=item_url(self.result.run_id, self.result.organisation_id, self.item.code),
            breadcrumbs=self.crumbs(self.result, title),
            status=422 if form.errors else 200,
        )


def compared(definition, result, other) -> list[dict]:
    """Item by item: points then and now."""
    rows = []
    for item in definition.items:
        now, then = result.points_of(item.code), other.points_of(item.code) if item.code in other.items else None
        rows.append({"item": item, "now": now, "then": then, "change": None if then is None else now - then})
    return rows


class RunCompareView(RunView):
    """This run beside an earlier one: bodies, then the items of the area."""

    template_name = "assessments/run_compare.html"

    def get(self, request, pk):
        run = self.get_run()
        earlier = list(Run.objects.visible_to(request.user).before(run).select_related("standard", "organisation")[:20])
        wanted = request.GET.get("with", "")
        other = next((each for each in earlier if str(each.pk) == wanted), earlier[0] if earlier else None)
        context = {"rows": [], "items": []}
        page = None
        if other is not None and run.has_results:
            page = Page(self.results(run), request.GET, ordering=("position",), size=50)
            context = self.rows(run, other, page.rows)
        return self.page(
            title="与上次比较",
            breadcrumbs=run_crumbs(run, "与上次比较"),
            run=run,
            other=other,
            earlier=earlier,
            page=page,
            barred=barred,
            **context,
        )

    def rows(self, run, other, results) -> dict:
        definition = definition_of(run)
        then = {
            result.organisation_id: result
            for result in self.results(other).filter(organisation__in=[each.organisation_id for each in results])
        }
        rows = [self.body_row(definition, result, then.get(result.organisation_id)) for result in results]
        areas = {area.run_id: area for area in self.areas(run, other)}
        items = []
        if len(areas) == 2:
            for item in definition.items:
                now, before = areas[run.pk].items.get(item.code, [0]), areas[other.pk].items.get(item.code)
                change = now[0] - before[0] if before else None
                items.append({"item": item, "now": now[0], "then": before[0] if before else None, "change": change})
        return {"rows": rows, "items": items}

    def areas(self, run, other):
        model = Run._meta.get_field("areas").related_model
        return model.objects.visible_to(self.request.user).filter(
            run__in=[run.pk, other.pk], organisation=run.organisation_id
        )

    def body_row(self, definition, result, before) -> dict:
        moved = []
        if before is not None:
            moved = [row for row in compared(definition, result, before) if row["change"]]
        return {
            "result": result,
            "before": before,
            "change": result.total - before.total if before is not None else None,
            "moved": moved,
            "band": tag(band_kind(definition, result.band), result.band) if result.band else "",
        }
