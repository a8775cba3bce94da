"""What people do with a subsidy batch, one page a step; the steps of one batch are done by three people."""

from django.urls import reverse

from committees import services
from committees.forms import ConfirmSeenForm, PayBatchForm, ReturnBatchForm
from committees.models import SubsidyBatch
from committees.services.batches import own_part
from federation.shared.steps import StepView

State = SubsidyBatch.State


def batch_url(batch) -> str:
    return reverse("subsidy-batch-detail", args=[batch.pk])


def batches_crumb() -> dict:
    return {"url": reverse("subsidy-batch-list"), "label": "补贴"}


class BatchStepView(StepView):
    model, route = SubsidyBatch, "subsidy-batch"
    # Not for whoever has done an earlier step.
    by_others = False
    form_class = ConfirmSeenForm

    @classmethod
    def is_open(cls, batch, user) -> bool:
        if cls.by_others and user.pk in (batch.created_by_id, batch.checked_by_id):
            return False
        return super().is_open(batch, user)

    def breadcrumbs(self):
        return [batches_crumb(), {"url": self.row_url, "label": str(self.object)}]

    def get_form(self, instance=None):
        initial = {"seen": self.object.digest}
        return self.form_class(self.sent(), initial=initial, **self.form_kwargs())

    def summary(self):
        return [
            {"label": "批次", "value": str(self.object), "url": self.row_url},
            {"label": "人次", "value": self.object.line_count},
            {"label": "合计", "value": f"{self.object.total_amount} 元"},
        ]


class StepOfAnother(BatchStepView):
    """For somebody of whom nothing is in the batch."""

    @classmethod
    def is_open(cls, batch, user) -> bool:
        return cls.is_next(batch, user) and not own_part(batch, user)

    @classmethod
    def is_next(cls, batch, user) -> bool:
        """Whether it is the batch's next step and the user's work, were it not for their own part in it."""
        return super().is_open(batch, user)


class BatchCheckView(StepOfAnother):
    permission = "subsidies.check"
    name, label, kind = "check", "复核", "primary"
    states = (State.DRAFT,)
    consequence = "请逐行核对以后再确认。复核以后交给第三个人审批。"
    success_message = "已复核，等待审批。"

    def act(self, values):
        services.check_batch(batch=self.object, by=self.request.user, seen=values["seen"])


class BatchApproveView(StepOfAnother):
    permission = "subsidies.approve"
    name, label, kind = "approve", "审批", "primary"
    states = (State.CHECKED,)
    consequence = "审批以后这个批次不能再改，错的只能在以后的批次里更正。"
    success_message = "已审批。"

    def act(self, values):
        services.approve_batch(batch=self.object, by=self.request.user, seen=values["seen"])


class BatchReturnView(BatchStepView):
    permission = "subsidies.return"
    name, label = "return", "退回"
    states = (State.DRAFT, State.CHECKED)
    by_others = True
    consequence = "退回以后由制单人改正、重新计算。"
    success_message = "已退回。"
    form_class = ReturnBatchForm

    def act(self, values):
        services.return_batch(batch=self.object, by=self.request.user, reason=values["reason"])


class BatchPayView(BatchStepView):
    permission = "subsidies.edit"
    name, label, kind = "pay", "登记发放", "primary"
    states = (State.APPROVED,)
    consequence = "不经银行代发、已经全部发到本人手里的，登记实际付款的日期和凭证号；全部明细登记为已到账。"
    success_message = "已登记发放。"
    form_class = PayBatchForm

    @classmethod
    def is_open(cls, batch, user):
        return super().is_open(batch, user) and not batch.payments.exists()

    def act(self, values):
        given = {"on": values["paid_on"], "reference": values["reference"]}
        services.pay_batch(batch=self.object, by=self.request.user, **given)


class BatchArchiveView(BatchStepView):
    permission = "subsidies.edit"
    name, label = "archive", "归档"
    states = (State.PAID,)
    consequence = "归档以后这段时间不能再建批次，漏发的在以后的批次里补发。"
    success_message = "已归档。"

    def act(self, values):
        services.archive_batch(batch=self.object, by=self.request.user)


class BatchRecomputeView(BatchStepView):
    permission = "subsidies.edit"
    name, label = "recompute", "重新计算"
    states = (State.PLANNED, State.DRAFT)
    consequence = "按今天登记的任职和标准重新计算；扣减和更正保留。"
    success_message = "正在重新计算。"

    def act(self, values):
        services.recompute_batch(batch=self.object, by=self.request.user)


class BatchDeleteView(BatchStepView):
    permission = "subsidies.edit"
    name, label, kind = "delete", "删除", "danger"
    states = SubsidyBatch.OPEN
    consequence = "删除这个批次和它的全部明细，审计日志里留下记录。"
    success_message = "批次已删除。"
    is_done = False

    def act(self, values):
        services.delete_batch(batch=self.object, by=self.request.user)
        self.is_done = True

    def success_url(self, row):
        return reverse("subsidy-batch-list") if self.is_done else batch_url(self.object)
