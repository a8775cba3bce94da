"""Pages of how often an area pays its subsidies."""

from django.urls import reverse
from django.utils import timezone

from committees.forms import PeriodForm
from committees.models import SubsidyPeriod
from committees.periods import rhythm_at
from committees.views.batch_steps import batches_crumb
from committees.views.edit_links import edit_column, link_editing
from federation.shared.export_kinds import Sensitivity
from federation.shared.list_exports import ListExport
from federation.shared.tables import Column
from federation.shared.views import ScopedCreateView, ScopedListView, ScopedUpdateView
from orgs.views.pages import ShowsRefusals


class PeriodListView(ScopedListView):
    permission = SubsidyPeriod.view_permission
    model = SubsidyPeriod
    title = "补贴发放周期"
    ordering = ("org_path", "-from_year")
    exports = (
        ListExport(
            "subsidy-periods", "subsidy-period-list", Sensitivity.OPEN,
            ("area", "from_year", "length", "month_rule", "document_number"),
        ),
    )  # fmt: skip
    columns = [
        Column("area", "地区", value=lambda row: row.organisation.label, sort="org_path"),
        Column("from_year", "从哪一年起", sort="from_year"),
        Column("length", "多久发一次", value=lambda row: row.get_length_display()),
        Column("month_rule", "怎样算一个月", value=lambda row: row.get_month_rule_display()),
        Column("document_number", "依据文件"),
        edit_column(),
    ]

    def breadcrumbs(self):
        return [batches_crumb()]

    def get_queryset(self):
        return super().get_queryset().select_related("organisation")

    def prepare(self, rows):
        link_editing(rows, self.request.user, "subsidy-period-edit")

    def extra(self):
        return {"lead": "没有规定的地区按每半年发一次；足额发放的考核也按发放周期算。离得最近的上级的规定优先。"}

    def nothing_yet(self):
        home = self.request.user.home_organisation
        rule = rhythm_at(home.path, timezone.localdate()).words(home) if home else ""
        cure = "要规定另外的周期，请点“规定周期”登记。" if self.actions() else "要规定的，请县残联登记。"
        return f"还没有登记发放周期。{rule}。{cure}" if rule else f"还没有登记发放周期。{cure}"

    def actions(self):
        if not self.request.user.has_scope(SubsidyPeriod.edit_permission):
            return []
        return [{"url": reverse("subsidy-period-add"), "label": "规定周期", "kind": "primary"}]


class PeriodPage(ShowsRefusals):
    permission = SubsidyPeriod.edit_permission
    model = SubsidyPeriod
    form_class = PeriodForm

    def breadcrumbs(self):
        return [batches_crumb(), {"url": reverse("subsidy-period-list"), "label": "补贴发放周期"}]

    def success_url(self, row):
        return reverse("subsidy-period-list")


class PeriodCreateView(PeriodPage, ScopedCreateView):
    title = "规定发放周期"
    success_message = "发放周期已登记。"


class PeriodUpdateView(PeriodPage, ScopedUpdateView):
    title = "修改发放周期"
