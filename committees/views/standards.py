"""Pages of subsidy standards."""

from django.urls import reverse

from committees.forms import BudgetForm, StandardForm, standard_thought_of
from committees.models import SubsidyStandard
from committees.services import change_standard, record_standard
from committees.views.edit_links import edit_column, link_editing
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
        edit_column(),
    ]  # fmt: skip

    def nothing_yet(self):
        add = "要自定的，请点“登记标准”。" if self.request.user.has_scope(SubsidyStandard.edit_permission) else ""
        return f"本级和下级还没有登记补贴标准，按上级的标准算；上级也没有的，补贴算不出来。{add}"

    def breadcrumbs(self):
        return [{"url": reverse("subsidy-batch-list"), "label": "补贴"}]

    def get_queryset(self):
        return super().get_queryset().select_related("organisation")

    def prepare(self, rows):
        link_editing(rows, self.request.user, "subsidy-standard-edit")

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

    def initial_instance(self):
        """What was tried in a budget, where one comes from there."""
        tried = BudgetForm(self.request.GET, user=self.request.user) if "monthly_amount" in self.request.GET else None
        return standard_thought_of(tried) if tried is not None and tried.is_valid() else None

    def create(self, form):
        return record_standard(standard=form.save(commit=False), by=self.request.user)


class StandardUpdateView(StandardPage, ScopedUpdateView):
    title = "修改补贴标准"

    def update(self, form):
        row = form.save(commit=False)
        change_standard(standard=row, by=self.request.user, expected_version=self.submitted_version())
        return row
