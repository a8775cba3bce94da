"""What the bank is asked to pay: one transfer a person of a batch, sent in a numbered sheet, with the bank's word."""

from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Q

from committees.models.subsidies import SubsidyBatch
from committees.querysets import SubsidyPaymentQuerySet
from federation.shared.money import CENT, MoneyField
from federation.shared.scope import OwnedByOrganisation
from orgs.models import Worker


class SubsidyPayment(OwnedByOrganisation):
    """All that the lines of a batch come to for one person; `organisation` is the body served.

    A transfer that failed may go out once more in a later sheet of the same batch. At any time one transfer a person
    is under way or has arrived: the database refuses a second. Money that arrived and came back days later (退汇) is
    failed like any other and keeps in `arrived_on` the day on which it had arrived. Sheet 0: not sent by a sheet, the
    batch was paid by hand and this transfer came back.
    """

    class Outcome(models.TextChoices):
        WAITING = "", "等银行回单"
        PAID = "paid", "已到账"
        FAILED = "failed", "银行退回"
        AGAIN = "again", "已重发"
        GIVEN_UP = "given_up", "不再发"

    batch = models.ForeignKey(SubsidyBatch, on_delete=models.PROTECT, related_name="payments", verbose_name="批次")
    worker = models.ForeignKey(Worker, on_delete=models.PROTECT, related_name="subsidy_payments", verbose_name="姓名")
    sheet = models.PositiveSmallIntegerField("第几张代发表")
    number = models.PositiveIntegerField("序号")
    amount = MoneyField("金额（元）", validators=[MinValueValidator(CENT)])
    outcome = models.CharField("到账情况", max_length=10, choices=Outcome.choices, default=Outcome.WAITING, blank=True)
    reason = models.CharField("原因", max_length=200, blank=True)
    outcome_on = models.DateField("银行回单日期", null=True, blank=True)
    reference = models.CharField("银行流水号", max_length=100, blank=True)
    arrived_on = models.DateField("退汇前到账日期", null=True, blank=True)

    objects = SubsidyPaymentQuerySet.as_manager()
    view_permission = "subsidies.view"
    edit_permission = "subsidies.edit"

    class Meta:
        verbose_name = "代发记录"
        verbose_name_plural = "代发记录"
        ordering = ["batch", "number"]
        indexes = [models.Index(fields=["org_path", "batch"], name="payment_path_batch")]
        constraints = [
            models.UniqueConstraint(fields=["batch", "number"], name="payment_number_once"),
            models.UniqueConstraint(
                fields=["batch", "worker"], condition=Q(outcome__in=["", "paid"]), name="payment_under_way_once"
            ),
            models.CheckConstraint(condition=Q(amount__gt=0), name="payment_pays_something"),
            models.CheckConstraint(
                condition=~Q(outcome="paid") | Q(outcome_on__isnull=False), name="payment_paid_has_day"
            ),
            models.CheckConstraint(
                condition=~Q(outcome__in=["failed", "given_up"]) | ~Q(reason=""), name="payment_failed_has_reason"
            ),
        ]

    def __str__(self):
        return f"{self.worker} {self.amount} 元"
