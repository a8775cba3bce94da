"""表一 handed in: submit, the list, one summary with what has changed since, approve or return, the file."""

import django_filters
from django import forms
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone

from federation.shared.export_kinds import Sensitivity
from federation.shared.forms import HouseForm, ThreeBoxDateField, read_date
from federation.shared.history import history_of
from federation.shared.list_exports import ListExport
from federation.shared.tables import Column
from federation.shared.templatetags.ui import cn_date, tag
from federation.shared.views import ScopedActView, ScopedDetailView, ScopedListView, ScopedView, get_in_scope
from ledgers.models import RosterSummary
from ledgers.models.summaries import SummaryState
from ledgers.summaries import layout
from ledgers.summaries.definition import TOTAL
from ledgers.summaries.past import figures_on
from ledgers.summaries.services import (
    approve_summary,
    differences,
    return_summary,
    still_fits,
    submit_summary,
    total_of,
    whole_body,
)
from ledgers.views.summaries import EARLIEST, address_of, people, send_table
from orgs.models import Organisation

STATE_TAGS = {SummaryState.SUBMITTED: "info", SummaryState.RETURNED: "warn", SummaryState.APPROVED: "ok"}


def summary_url(summary) -> str:
    return reverse("summary-detail", args=[summary.uid])


def moment(value) -> str:
    return timezone.localtime(value).strftime("%Y-%m-%d %H:%M") if value else ""


class SavedPage:
    model = RosterSummary
    permission = "summaries.view"

    def breadcrumbs(self):
        crumbs = [{"url": reverse("summary-current"), "label": "基本情况汇总表"}]
        if not isinstance(self, SummaryListView):
            crumbs.append({"url": reverse("summary-list"), "label": "提交和审定的汇总表"})
        return crumbs


class SummaryFilter(django_filters.FilterSet):
    state = django_filters.ChoiceFilter(choices=SummaryState.choices, label="状态", empty_label="全部")
    year = django_filters.ChoiceFilter(choices=(), label="年度", empty_label="全部")

    class Meta:
        model = RosterSummary
        fields = ["state", "year"]
        form = HouseForm

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        this_year = timezone.localdate().year
        self.filters["year"].extra["choices"] = [
            (str(year), f"{year} 年") for year in range(this_year, EARLIEST.year - 1, -1)
        ]


class SummaryListView(SavedPage, ScopedListView):
    title = "提交和审定的汇总表"
    filterset_class = SummaryFilter
    ordering = ("-as_of", "submitted_at", "org_path")
    exports = (
        ListExport(
            "summaries", "summary-list", Sensitivity.OPEN,
            ("body", "as_of", "total", "state", "submitted_at", "decided_at", "returned_reason"),
        ),
    )  # fmt: skip
    columns = [
        Column("body", "机构", value=lambda row: row.organisation.name, link=summary_url, sort="org_path"),
        Column("as_of", "截止日期", sort="as_of"),
        Column("total", "在册人数", value=total_of, numeric=True),
        Column("state", "状态", value=lambda row: tag(STATE_TAGS[row.state], row.get_state_display())),
        Column("submitted_by", "提交人", value=lambda row: str(row.submitted_by or "")),
        Column("submitted_at", "提交时间", value=lambda row: moment(row.submitted_at)),
    ]

    def get_queryset(self):
        return super().get_queryset().select_related("organisation", "submitted_by")


class SummaryDetailView(SavedPage, ScopedDetailView):
    template_name = "ledgers/summary_detail.html"
    lookup = "uid"

    def get_queryset(self):
        return super().get_queryset().select_related("organisation", "submitted_by", "decided_by")

    def get_title(self):
        return f"{self.object.organisation.label} {cn_date(self.object.as_of)}的基本情况汇总表"

    def actions(self, row):
        user = self.request.user
        rows = RosterSummary.objects
        actions = []
        may_decide = row.state == SummaryState.SUBMITTED and user.pk not in (row.submitted_by_id, row.created_by_id)
        if may_decide and rows.visible_to(user, "summaries.approve").filter(pk=row.pk).exists():
            url = reverse("summary-decide", args=[row.uid])
            actions.append({"url": url, "label": "审定或退回", "kind": "primary"})
        if row.state != SummaryState.APPROVED and rows.visible_to(user, "summaries.edit").filter(pk=row.pk).exists():
            url = address_of("summary-submit", row.organisation, day=row.as_of.isoformat())
            actions.append({"url": url, "label": "重新统计并提交", "kind": ""})
        if rows.visible_to(user, "tables.export").filter(pk=row.pk).exists():
            url = reverse("summary-saved-table", args=[row.uid])
            actions.append({"url": url, "label": "下载 Excel", "kind": ""})
        return actions

    def extra(self, row):
        now = figures_on(whole_body(row.organisation), row.as_of)
        changed = differences(row.figures, now)
        since = row.decided_at if row.state == SummaryState.APPROVED else row.submitted_at
        touched = people(self.request.user, row.organisation).filter(updated_at__gt=since).count() if since else 0

        def link(code):
            # A number that would open another list than it counts opens none.
            if code in changed:
                return ""
            return address_of("summary-people", row.organisation, day=row.as_of.isoformat(), cell=code)

        return {
            "lead": f"{row.organisation.name}，截至 {cn_date(row.as_of)}，单位：人。",
            "state": tag(STATE_TAGS[row.state], row.get_state_display()),
            "facts": self.facts(row),
            "total": total_of(row),
            "blocks": layout.blocks(row.figures, link=link),
            "needs": layout.needs(),
            "signatures": layout.SIGNATURES,
            "fits": still_fits(row),
            "changed": len(changed),
            "touched": touched,
            "since_word": "审定" if row.state == SummaryState.APPROVED else "提交",
            "now_total": now[TOTAL],
            "now_blocks": layout.blocks(now, other=row.figures, other_word="表上") if changed else [],
            "entries": [
                {
                    "at": moment(each.at),
                    "by": each.by or "系统",
                    "kind": each.get_kind_display(),
                    "differences": each.differences,
                }
                for each in history_of(row)[:50]
            ],
        }

    def facts(self, row) -> list[dict]:
        rows = [
            {"label": "提交人", "value": str(row.submitted_by or "")},
            {"label": "提交时间", "value": moment(row.submitted_at)},
        ]
        if row.decided_at:
            word = "退回" if row.state == SummaryState.RETURNED else "审定"
            rows += [
                {"label": f"{word}人", "value": str(row.decided_by)},
                {"label": f"{word}时间", "value": moment(row.decided_at)},
            ]
        if row.returned_reason:
            rows.append({"label": "退回原因", "value": row.returned_reason})
        return [*rows, {"label": "数字摘要（SHA-256）", "value": row.digest}]


class SubmitForm(HouseForm):
    day = ThreeBoxDateField(label="截止日期", help_text="按这一天在册的残疾人统计，不能在今天以后")

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["day"].earliest, self.fields["day"].latest = EARLIEST, timezone.localdate()


class SummarySubmitView(SavedPage, ScopedActView):
    permission = "summaries.edit"
    form_class = SubmitForm
    submit_label = "统计并提交"
    success_message = "已提交，等待审定。"

    def dispatch(self, request, *args, **kwargs):
        self.object = get_in_scope(Organisation.objects, request.user, self.permission, pk=kwargs["pk"])
        return super().dispatch(request, *args, **kwargs)

    def get_form(self, instance=None):
        initial = {"day": read_date(self.request.GET.get("day", "")) or timezone.localdate()}
        return self.form_class(self.request.POST or None, initial=initial, **self.form_kwargs())

    def get_title(self):
        return f"提交{self.object.label}的基本情况汇总表"

    def question(self):
        return {
            "consequence": "系统会马上按所填日期统计本机构和全部下级，把数字交给上级或本单位负责人审定。"
            "审定以前可以重新统计再提交，审定以后数字固定不变。"
        }

    def act(self, values):
        self.saved = submit_summary(organisation=self.object, day=values["day"], by=self.request.user)

    def success_url(self, row):
        saved = getattr(self, "saved", None)
        return summary_url(saved) if saved else f"{reverse('summary-current')}?organisation={self.object.pk}"


class DecideForm(HouseForm):
    decision = forms.ChoiceField(
        label="决定", choices=[("approve", "审定：数字从此固定"), ("return", "退回修改")], widget=forms.RadioSelect
    )
    reason = forms.CharField(label="退回原因", required=False, max_length=300, help_text="退回时填写，要改什么写清楚")
    seen = forms.IntegerField(widget=forms.HiddenInput, min_value=1)


class SummaryDecideView(SavedPage, ScopedActView):
    permission = "summaries.approve"
    form_class = DecideForm
    submit_label = "确定"
    success_message = "已办理。"

    def dispatch(self, request, *args, **kwargs):
        self.object = get_in_scope(RosterSummary.objects, request.user, self.permission, uid=kwargs["uid"])
        return super().dispatch(request, *args, **kwargs)

    def get_form(self, instance=None):
        initial = {"seen": self.object.version}
        return self.form_class(self.request.POST or None, initial=initial, **self.form_kwargs())

    def get_title(self):
        return f"审定{self.object.organisation.label} {cn_date(self.object.as_of)}的基本情况汇总表"

    def question(self):
        return {
            "consequence": f"在册 {total_of(self.object)} 人。审定以后这份表的数字不能再改。",
            "rows": [{"label": "汇总表", "value": self.object.organisation.name, "url": summary_url(self.object)}],
        }

    def act(self, values):
        given = {"summary": self.object, "by": self.request.user, "version": values["seen"]}
        if values["decision"] == "approve":
            approve_summary(**given)
        else:
            return_summary(**given, reason=values["reason"])

    def success_url(self, row):
        return summary_url(self.object)


class SummarySavedTableView(SavedPage, ScopedView):
    permission = "tables.export"

    def get(self, request, uid):
        summary = get_object_or_404(self.get_queryset().select_related("organisation"), uid=uid)
        state = summary.get_state_display()
        if summary.state == SummaryState.APPROVED:
            state = f"{state}，摘要 {summary.digest[:16]}"
        return send_table(request, summary.organisation, summary.as_of, summary.figures, state=state, target=summary)
