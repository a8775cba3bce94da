"""Pages of subsidy standards."""

from django.urls import reverse

from committees.forms import StandardForm
from committees.models import SubsidyStandard
from committees.services import change_standard, record_standard
from federation.shared.export_kinds import Sensitivity
from federation.shared.list_exports import ListExport, Shown
from federation.shared.tables import Column
from federation.shared.templatetags.ui import cn_date
from federation.shared.views import ScopedCreateView, ScopedListView, ScopedUpdateView
from orgs.views.pages import ShowsRefusals

CRUMB = {"label": "补贴标准"}


def standards_crumb() -> dict:
    return CRUMB | {"url": reverse("subsidy-standard-list")}


def days_of(standard) -> str:
    since = cn_date(standard.valid_from)
    return f"{since}至 {cn_date(standard.valid_to)}" if standard.valid_to else f"{since}起"


def payers_of(standard) -> str:
    named = zip(("县财政", "乡镇（街道）", "公益性岗位资金"), standard.shares, strict=True)
    return "，".join(f"{name} {amount}" for name, amount in named if amount)


class StandardListView(ScopedListView):
    permission = "subsidies.view"
    model = SubsidyStandard
    title = "补贴标准"
    ordering = ("org_path", "-valid_from", "monthly_amount")
    exports = (
        ListExport(
            "subsidy-standards", "subsidy-standard-list", Sensitivity.OPEN,
            ("area", Shown("岗位", lambda row: row.get_role_display() or "各种岗位", width=20),
             Shown("用工方式", lambda row: row.get_employment_display() or "各种"), "monthly_amount", "is_floor",
             "payers", "valid_from", "valid_to", "document_number"),
        ),
    )  # fmt: skip
    columns = [
        Column("area", "地区", value=lambda row: row.organisation.label, sort="org_path"),
        Column("role", "岗位", value=lambda row: row.get_role_display() or "各种岗位"),
        Column("employment", "用工方式", value=lambda row: row.get_employment_display() or "各种"),
        Column(
            "monthly_amount", "每人每月（元）", numeric=True, sort="monthly_amount",
            value=lambda row: f"不低于 {row.monthly_amount}" if row.is_floor else str(row.monthly_amount),
        ),
        Column("payers", "由谁承担（元）", value=payers_of),
        Column("days", "执行时间", value=days_of, sort="valid_from"),
        Column("document_number", "依据文件"),
        Column("use", "办理", value=lambda row: "修改" if row.may_edit else "", link=lambda row: row.edit_url),
    ]  # fmt: skip

    def breadcrumbs(self):
        return [{"url": reverse("subsidy-batch-list"), "label": "补贴"}]

    def get_queryset(self):
        return super().get_queryset().select_related("organisation")

    def prepare(self, rows):
        mine = SubsidyStandard.objects.visible_to(self.request.user, SubsidyStandard.edit_permission)
        editable = set(mine.filter(pk__in=[row.pk for row in rows]).values_list("pk", flat=True))
        for row in rows:
            row.may_edit = row.pk in editable
            row.edit_url = reverse("subsidy-standard-edit", args=[row.pk]) if row.may_edit else ""

    def actions(self):
        if not self.request.user.has_scope(SubsidyStandard.edit_permission):
            return []
        return [{"url": reverse("subsidy-standard-add"), "label": "登记标准", "kind": "primary"}]


class StandardPage(ShowsRefusals):
    permission = "subsidies.edit"
    model = SubsidyStandard
    form_class = StandardForm

    def breadcrumbs(self):
        return [{"url": reverse("subsidy-batch-list"), "label": "补贴"}, standards_crumb()]

    def success_url(self, row):
        return reverse("subsidy-standard-list")


class StandardCreateView(StandardPage, ScopedCreateView):
    title = "登记补贴标准"
    success_message = "补贴标准已登记。"

    def create(self, form):
        return record_standard(standard=form.save(commit=False), by=self.request.user)


class StandardUpdateView(StandardPage, ScopedUpdateView):
    title = "修改补贴标准"

    def update(self, form):
        row = form.save(commit=False)
        change_standard(standard=row, by=self.request.user, expected_version=self.submitted_version())
        return row
