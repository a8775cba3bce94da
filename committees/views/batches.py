"""Pages of subsidy batches: the list, a new one, one with its lines."""

from django.urls import reverse
from django.utils import timezone

from committees import periods, services
from committees.forms import BatchForm
from committees.models import SubsidyBatch, SubsidyLine
from committees.services.batches import own_part
from committees.views import batch_steps as steps
from committees.views.batch_steps import batch_url, batches_crumb
from committees.views.lines import SupplementView, line_url
from committees.views.payments import BankView, SendAgainView, payments_url
from committees.views.standards import standards_crumb
from federation.shared.export_kinds import TAKE_PERSONAL, Sensitivity
from federation.shared.list_exports import ListExport
from federation.shared.tables import Column, Page, Table
from federation.shared.templatetags.ui import cn_date, tag
from federation.shared.views import ScopedCreateView, ScopedDetailView, ScopedListView, Section
from orgs.views.pages import ShowsRefusals

State = SubsidyBatch.State
STATE_TAGS = {
    State.PLANNED: "info", State.DRAFT: "warn", State.CHECKED: "warn", State.APPROVED: "info", State.PAID: "ok",
    State.ARCHIVED: "ok",
}  # fmt: skip
LINES_SHOWN = 50
# In the order of their buttons.
STEPS = (
    steps.BatchCheckView, steps.BatchApproveView, steps.BatchReturnView, BankView, SendAgainView, steps.BatchPayView,
    steps.BatchArchiveView, SupplementView, steps.BatchRecomputeView, steps.BatchDeleteView,
)  # fmt: skip


def state_tag(batch) -> str:
    return tag(STATE_TAGS[batch.state], batch.get_state_display())


def who_and_when(person, at) -> str:
    return f"{person}，{timezone.localtime(at):%Y-%m-%d %H:%M}" if person and at else ""


class BatchListView(ScopedListView):
    permission = "subsidies.view"
    model = SubsidyBatch
    title = "补贴"
    caption = "补贴发放批次"
    ordering = ("-first_month", "org_path", "total_amount")
    exports = (
        ListExport(
            "subsidy-batches", "subsidy-batch-list", Sensitivity.OPEN,
            ("name", "area", "state", "line_count", "month_count", "total_amount", "county_total", "township_total",
             "welfare_total", "paid_on", "payment_reference"),
        ),
    )  # fmt: skip
    columns = [
        Column("name", "批次", value=str, link=batch_url, sort="first_month"),
        Column("area", "地区", value=lambda row: row.organisation.label, sort="org_path"),
        Column("line_count", "人次", numeric=True),
        Column("total_amount", "合计（元）", numeric=True, sort="total_amount"),
        Column("state", "状态", value=state_tag),
        Column("paid_on", "发放日期"),
    ]

    def get_queryset(self):
        return super().get_queryset().select_related("organisation")

    def nothing_yet(self):
        add = "请先登记补贴标准，再点“新建批次”。" if self.request.user.has_scope(SubsidyBatch.edit_permission) else ""
        return f"还没有补贴批次。{add}"

    def actions(self):
        actions = [
            {"url": standards_crumb()["url"], "label": "补贴标准"},
            {"url": reverse("subsidy-period-list"), "label": "发放周期"},
            {"url": reverse("subsidy-budget"), "label": "预算"},
        ]
        home = self.request.user.home_organisation
        if home is not None:
            year = timezone.localdate().year
            actions.append({"url": reverse("statement-body", args=[home.pk, year]), "label": "年度对账单"})
        if self.request.user.has_scope(SubsidyBatch.edit_permission):
            actions.insert(0, {"url": reverse("subsidy-batch-add"), "label": "新建批次", "kind": "primary"})
        return actions


class BatchCreateView(ShowsRefusals, ScopedCreateView):
    permission = "subsidies.edit"
    model = SubsidyBatch
    form_class = BatchForm
    title = "新建补贴批次"
    submit_label = "建立并计算"
    success_message = "批次已建立，正在计算各人的补贴。"

    def breadcrumbs(self):
        return [batches_crumb()]

    def create(self, form):
        return services.make_batch(batch=form.save(commit=False), by=self.request.user)

    def success_url(self, row):
        return batch_url(row) if row is not None and row.pk else reverse("subsidy-batch-list")


class BatchDetailView(ScopedDetailView):
    permission = "subsidies.view"
    model = SubsidyBatch
    template_name = "committees/batch_detail.html"
    columns = [
        Column("name", "姓名", value=lambda row: row.worker.name, link=lambda row: line_url(row), sort="worker__name"),
        Column("body", "机构", value=lambda row: row.organisation.label, sort="org_path"),
        Column("role", "岗位", value=lambda row: row.get_role_display()),
        Column("kind", "类别", value=lambda row: row.get_kind_display()),
        Column("parts", "算式", value=lambda row: row.arithmetic),
        Column("deducted_amount", "扣减（元）", numeric=True),
        Column("amount", "实发（元）", numeric=True, sort="amount"),
        Column("problem", "问题", value=lambda row: tag("bad", row.problem) if row.problem else ""),
    ]

    def breadcrumbs(self):
        return [batches_crumb()]

    def get_queryset(self):
        people = ("organisation", "created_by", "checked_by", "approved_by", "job")
        return super().get_queryset().select_related(*people)

    def sections(self, row):
        money = [
            {"label": "人次", "value": row.line_count},
            {"label": "人月", "value": row.month_count},
            {"label": "合计", "value": f"{row.total_amount} 元"},
            {"label": "其中县财政", "value": f"{row.county_total} 元"},
            {"label": "乡镇（街道）", "value": f"{row.township_total} 元"},
            {"label": "公益性岗位资金", "value": f"{row.welfare_total} 元"},
            {"label": "怎样算一个月", "value": row.get_month_rule_display()},
        ]
        course = [
            {"label": "状态", "value": state_tag(row)},
            {"label": "制单", "value": who_and_when(row.created_by, row.created_at)},
            {"label": "复核", "value": who_and_when(row.checked_by, row.checked_at)},
            {"label": "审批", "value": who_and_when(row.approved_by, row.approved_at)},
            {
                "label": "发放",
                "value": f"{cn_date(row.paid_on)} {row.payment_reference}".strip() if row.paid_on else "",
            },
        ]
        for label, value in (("退回原因", row.return_reason), ("没有算成", row.failure), ("备注", row.remark)):
            if value:
                course.append({"label": label, "value": value})
        # Whose button is missing reads why.
        user, next_steps = self.request.user, (steps.BatchCheckView, steps.BatchApproveView)
        if any(step.is_next(row, user) for step in next_steps) and (words := own_part(row, user)):
            course.append({"label": "不能由您办理", "value": words})
        return [Section("金额", money), Section("办理经过", course)]

    def actions(self, row):
        actions = [step.action(row) for step in STEPS if step.is_open(row, self.request.user)]
        if row.is_final:
            actions.append({"url": payments_url(row), "label": "银行代发"})
            if self.request.user.has_scope(TAKE_PERSONAL):
                actions.append({"url": reverse("subsidy-batch-notices", args=[row.pk]), "label": "发放通知"})
        return [*actions, {"url": reverse("subsidy-batch-sheet", args=[row.pk]), "label": "签领表"}]

    def extra(self, row):
        lines = SubsidyLine.objects.visible_to(self.request.user).filter(batch=row)
        lines = lines.select_related("organisation", "worker").defer(
            "worker__id_number", "worker__certificate_number", "worker__phone", "worker__payment_account"
        )
        if self.request.GET.get("problems"):
            lines = lines.exclude(problem="")
        page = Page(lines, self.request.GET, ordering=("org_path", "worker__name", "amount"), size=LINES_SHOWN)
        table = Table("各人明细", self.columns, page.rows, request=self.request, page=page)
        told = [] if row.is_final else periods.misfits(row)
        return {"table": table, "page": page, "job": row.job if row.state == State.PLANNED else None, "misfits": told}
