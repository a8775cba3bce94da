"""Pages between us and the bank: the sheet of a batch, what came back, sending it once more or giving it up."""

from django.db.models import Count, Q, Sum
from django.urls import reverse
from django.utils.functional import cached_property

from committees import bank_sheets, services
from committees.forms import GiveUpForm, SendAgainForm, SendToBankForm, SheetAgainForm
from committees.models import SubsidyBatch, SubsidyPayment
from committees.views.batch_steps import BatchStepView, batch_url, batches_crumb
from federation.shared.tables import Column, Page, Table
from federation.shared.templatetags.ui import cn_date, tag
from federation.shared.views import ScopedActView, ScopedDetailView, Section, get_in_scope

State = SubsidyBatch.State
Outcome = SubsidyPayment.Outcome
TAGS = {
    Outcome.WAITING: "info", Outcome.PAID: "ok", Outcome.FAILED: "bad", Outcome.AGAIN: "", Outcome.GIVEN_UP: "warn",
}  # fmt: skip
SHOWN = 200
FAULTS_SHOWN = 50


class BankView(BatchStepView):
    """The sheet for the bank: made once, and downloaded again while it has people waiting for an answer."""

    permission = "subsidies.edit"
    name, label, kind = "bank", "银行代发表", "primary"
    states = (State.APPROVED,)
    consequence = "表里有完整的账号和身份证号，下载一次有效，用途登记备查。"
    success_message = "正在生成代发表。"
    template_name = "committees/bank.html"

    def post(self, request, **kwargs):
        self.export = None
        return super().post(request, **kwargs)

    @cached_property
    def sheets(self) -> list[tuple[int, str]]:
        rows = SubsidyPayment.objects.visible_to(self.request.user, self.permission).filter(batch=self.object).waiting()
        rows = rows.order_by("sheet").values("sheet").annotate(people=Count("pk"), total=Sum("amount"))
        return [(row["sheet"], f"第 {row['sheet']} 张：{row['people']} 人，{row['total']} 元") for row in rows]

    @cached_property
    def is_sent(self) -> bool:
        return self.object.payments.visible_to(self.request.user, self.permission).exists()

    @cached_property
    def payees(self) -> list:
        return services.payees_of(self.object)

    @cached_property
    def faults(self) -> list:
        may = self.object.state == State.APPROVED and not self.is_sent
        return services.faults_of(self.payees) if may else []

    def get_form(self, instance=None):
        if self.is_sent:
            return SheetAgainForm(self.sent(), sheets=self.sheets, **self.form_kwargs())
        return SendToBankForm(self.sent(), has_faults=bool(self.faults), **self.form_kwargs())

    def question(self):
        asked = super().question()
        asked["rows"].append({"label": "领款人", "value": f"{len(self.payees)} 人"})
        asked["faults"] = self.faults[:FAULTS_SHOWN]
        asked["fault_count"] = len(self.faults)
        if self.object.state != State.APPROVED:
            asked["consequence"] = f"这个批次现在是“{self.object.get_state_display()}”，审批以后才能生成银行代发表。"
        elif self.is_sent and not self.sheets:
            asked["consequence"] = "代发表都已有银行回单，不用再下载。"
        return asked

    def act(self, values):
        sheet = values.get("sheet")
        if sheet is None:
            leave_out = values.get("leave_out", False)
            sheet = services.send_to_bank(batch=self.object, by=self.request.user, leave_out=leave_out)
        self.export = ask(self.object, sheet, values, self.request.user)

    def success_url(self, row):
        export = getattr(self, "export", None)
        return reverse("export-detail", args=[export.pk]) if export else batch_url(self.object)


def ask(batch, sheet: int, values: dict, user):
    return bank_sheets.ask_for_sheet(
        batch=batch, sheet=sheet, by=user, file_format=values["format"], purpose=values["purpose"]
    )


class SendAgainView(BatchStepView):
    permission = "subsidies.edit"
    name, label = "resend", "重发退回的"
    states = (State.APPROVED,)
    consequence = "所选的人进入新的一张代发表，仍算在这个批次里。请先改正账号。"
    success_message = "正在生成重发的代发表。"

    @classmethod
    def is_open(cls, batch, user):
        return super().is_open(batch, user) and services.failed_of(batch).exists()

    @cached_property
    def failed(self) -> list[tuple[int, str]]:
        mine = services.failed_of(self.object).visible_to(self.request.user, self.permission)
        rows = mine.select_related("worker", "organisation").order_by("number")[:SHOWN]
        return [
            (row.pk, f"{row.number} 号 {row.organisation.label} {row.worker.name}，{row.amount} 元：{reason_of(row)}")
            for row in rows
        ]

    def get_form(self, instance=None):
        return SendAgainForm(self.sent(), choices=self.failed, **self.form_kwargs())

    def question(self):
        asked = super().question()
        if not self.failed:
            asked["consequence"] = "这个批次没有银行退回、还没有办的人。"
        return asked

    def act(self, values):
        sheet = services.send_again(batch=self.object, payments=values["people"], by=self.request.user)
        self.export = ask(self.object, sheet, values, self.request.user)

    def success_url(self, row):
        export = getattr(self, "export", None)
        return reverse("export-detail", args=[export.pk]) if export else batch_url(self.object)


def reason_of(payment) -> str:
    """Why it came back; of money that had arrived before (退汇), since when it was there."""
    return f"退汇（{cn_date(payment.arrived_on)}到账）：{payment.reason}" if payment.arrived_on else payment.reason


class PaymentsView(ScopedDetailView):
    """What the bank was asked for and what it said, one row a transfer."""

    permission = "subsidies.view"
    model = SubsidyBatch
    template_name = "committees/payments.html"
    columns = [
        Column("number", "序号", numeric=True, sort="number"),
        Column("name", "姓名", value=lambda row: row.worker.name),
        Column("body", "机构", value=lambda row: row.organisation.label, sort="org_path"),
        Column("amount", "金额（元）", numeric=True, sort="amount"),
        Column("sheet", "第几张", numeric=True, value=lambda row: row.sheet or "登记发放"),
        Column("outcome", "到账情况", value=lambda row: tag(TAGS[row.outcome], row.get_outcome_display())),
        Column("outcome_on", "日期", value=lambda row: cn_date(row.outcome_on) if row.outcome_on else ""),
        Column("reason", "原因", value=lambda row: reason_of(row)),
        Column("reference", "流水号"),
    ]

    def get_queryset(self):
        return super().get_queryset().select_related("organisation")

    def breadcrumbs(self):
        return [batches_crumb(), {"url": batch_url(self.object), "label": str(self.object)}]

    def get_title(self):
        return f"银行代发：{self.object}"

    def payments(self):
        return SubsidyPayment.objects.visible_to(self.request.user).filter(batch=self.object)

    def sections(self, row):
        counted = {
            name: Count("pk", filter=Q(outcome=value)) for name, value in
            (("paid", Outcome.PAID), ("waiting", Outcome.WAITING), ("failed", Outcome.FAILED), ("up", Outcome.GIVEN_UP))
        }  # fmt: skip
        counts = self.payments().order_by().aggregate(**counted, money=Sum("amount", filter=Q(outcome=Outcome.PAID)))
        return [
            Section(
                "到账情况",
                [
                    {"label": "已到账", "value": f"{counts['paid']} 笔，{counts['money'] or '0.00'} 元"},
                    {"label": "等银行回单", "value": f"{counts['waiting']} 笔"},
                    {"label": "银行退回", "value": f"{counts['failed']} 笔"},
                    {"label": "不再发", "value": f"{counts['up']} 笔"},
                ],
            )
        ]

    def actions(self, row):
        user = self.request.user
        actions = [step.action(row) for step in (BankView, SendAgainView) if step.is_open(row, user)]
        # Of a batch that is paid, money may still come back.
        if (
            row.state in (State.APPROVED, State.PAID)
            and user.has_scope("rosters.import")
            and user.has_scope(row.edit_permission)
        ):
            actions.insert(0, {"url": f"{reverse('roster-upload')}?kind=payments", "label": "上传银行回单"})
        return actions

    def extra(self, row):
        rows = self.payments().select_related("organisation", "worker")
        rows = rows.defer("worker__id_number", "worker__certificate_number", "worker__phone", "worker__payment_account")
        chosen = self.request.GET.get("outcome", "")
        if chosen in Outcome.values and chosen:
            rows = rows.filter(outcome=chosen)
        page = Page(rows, self.request.GET, ordering=("number", "org_path", "amount"), size=50)
        columns = self.columns
        if row.state == State.APPROVED and self.request.user.has_scope(SubsidyPayment.edit_permission):
            columns = [*columns[:5], Column("outcome", "到账情况", value=self._outcome, link=self._link), *columns[6:]]
        table = Table("代发记录", columns, page.rows, request=self.request, page=page)
        return {"table": table, "page": page}

    @staticmethod
    def _outcome(row):
        return f"{row.get_outcome_display()}" + ("，登记不再发" if row.outcome == Outcome.FAILED else "")

    @staticmethod
    def _link(row):
        return reverse("subsidy-payment-give-up", args=[row.pk]) if row.outcome == Outcome.FAILED else ""


class GiveUpView(ScopedActView):
    permission = "subsidies.edit"
    submit_label = "登记不再发"
    success_message = "已登记，月份放回，可以在以后的批次里补发。"
    form_class = GiveUpForm

    def dispatch(self, request, *args, **kwargs):
        rows = SubsidyPayment.objects.select_related("batch__organisation", "worker", "organisation")
        self.object = get_in_scope(rows, request.user, self.permission, SubsidyPayment.view_permission, pk=kwargs["pk"])
        return super().dispatch(request, *args, **kwargs)

    def breadcrumbs(self):
        return [batches_crumb(), {"url": batch_url(self.object.batch), "label": str(self.object.batch)}]

    def get_title(self):
        return f"登记不再发：{self.object.worker.name}"

    def question(self):
        row = self.object
        rows = [
            {"label": "批次", "value": str(row.batch), "url": payments_url(row.batch)},
            {"label": "序号", "value": row.number},
            {"label": "金额", "value": f"{row.amount} 元"},
            {"label": "到账情况", "value": f"{row.get_outcome_display()} {reason_of(row)}".strip()},
        ]
        words = "这一笔不再送银行。它的月份放回，可以在以后的批次里补发；这一步不能撤销。"
        return {"consequence": words, "rows": rows, "danger": True}

    def act(self, values):
        services.give_up(payment=self.object, reason=values["reason"], by=self.request.user)

    def success_url(self, row):
        return payments_url(self.object.batch)


def payments_url(batch) -> str:
    return reverse("subsidy-batch-payments", args=[batch.pk])
