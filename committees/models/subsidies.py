"""Subsidies: dated standards, batches, their lines with the arithmetic, and the months each line pays.

Money is yuan with two places. An appointment's month is paid once: SubsidyMonth has one row for it, whatever the
batch, and the database refuses a second.
"""

import datetime
from decimal import Decimal

from django.conf import settings
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import F, Q

from committees.models.appointments import Appointment
from committees.querysets import (
    SubsidyBatchQuerySet,
    SubsidyDeductionQuerySet,
    SubsidyLineQuerySet,
    SubsidyMonthQuerySet,
    SubsidyStandardQuerySet,
)
from federation.shared.money import MoneyField
from federation.shared.scope import OwnedByOrganisation
from federation.shared.templatetags.ui import cn_month, cn_months
from orgs.models import Worker

ZERO = Decimal("0.00")


class MonthRule(models.TextChoices):
    """When a month counts as served. Which one holds is said on the batch."""

    FIFTEENTH_OR_HALF = "fifteenth_or_half", "当月 15 日在任，或者在任超过半个月"
    ANY_DAY = "any_day", "当月在任一天就算"
    WHOLE_MONTH = "whole_month", "整月在任才算"


class Payer(models.TextChoices):
    """Who pays; a standard says how much of the month each of them does."""

    COUNTY = "county", "县财政"
    TOWNSHIP = "township", "乡镇（街道）"
    WELFARE = "welfare", "公益性岗位资金"


def _month(text: str) -> datetime.date:
    """The first day of a month written 2026-01, as the arithmetic of a line keeps it."""
    return datetime.date.fromisoformat(f"{text}-01")


def _share(label: str) -> MoneyField:
    return MoneyField(label, default=ZERO)


class SubsidyStandard(OwnedByOrganisation):
    """So many yuan a month for members of one area, from the first of a month on until the end of another.

    The nearest area above a member whose standard fits wins. A floor (不低于) of a level above binds the areas below;
    where no standard of their own fits it is what is paid.
    """

    class Composition(models.TextChoices):
        POST = "post", "岗位补贴"
        LOST_WORK = "lost_work", "误工补贴"
        DIBAO_TOP_UP = "dibao_top_up", "低保加补贴"

    role = models.CharField(
        "岗位", max_length=20, choices=Appointment.Role.choices, blank=True, help_text="不选就是各种岗位"
    )
    employment = models.CharField(
        "用工方式", max_length=20, choices=Appointment.Employment.choices, blank=True, help_text="不选就是各种用工方式"
    )
    is_floor = models.BooleanField("是最低标准（不低于）", default=False, help_text="下级自定的标准不能低于它")
    composition = models.CharField("补贴名目", max_length=20, choices=Composition.choices, default=Composition.POST)
    monthly_amount = MoneyField("每人每月（元）", validators=[MinValueValidator(Decimal("0.01"))])
    county_share = _share("其中县财政（元）")
    township_share = _share("其中乡镇（街道）（元）")
    welfare_share = _share("其中公益性岗位资金（元）")
    valid_from = models.DateField("执行起始日", help_text="从某月 1 日起")
    valid_to = models.DateField("执行截止日", null=True, blank=True, help_text="到某月最后一天；仍在执行的不填")
    document_number = models.CharField("依据文件", max_length=200, help_text="文号或文件名称")
    remark = models.CharField("备注", max_length=200, blank=True)

    objects = SubsidyStandardQuerySet.as_manager()
    view_permission = "subsidies.view"
    edit_permission = "subsidies.edit"

    class Meta:
        verbose_name = "补贴标准"
        verbose_name_plural = "补贴标准"
        ordering = ["org_path", "role", "-valid_from", "id"]
        indexes = [models.Index(fields=["org_path", "role", "valid_from"], name="standard_path_role")]
        constraints = [
            models.CheckConstraint(
                condition=Q(monthly_amount__gt=0),
                name="standard_pays_something",
                violation_error_message="每月金额要大于 0。请核对。",
            ),
            models.CheckConstraint(
                condition=Q(monthly_amount=F("county_share") + F("township_share") + F("welfare_share"))
                & Q(county_share__gte=0, township_share__gte=0, welfare_share__gte=0),
                name="standard_shares_add_up",
                violation_error_message="县财政、乡镇（街道）、公益性岗位资金三项相加要等于每月金额。请核对。",
            ),
            models.CheckConstraint(
                condition=Q(valid_to__isnull=True) | Q(valid_to__gt=F("valid_from")),
                name="standard_days_in_order",
                violation_error_message="执行截止日早于执行起始日。请核对。",
            ),
            models.UniqueConstraint(
                fields=["organisation", "role", "employment", "is_floor", "valid_from"],
                name="standard_once_a_day",
                violation_error_message="这个地区已有同一天起执行的同类标准。请修改那一个。",
            ),
        ]

    def __str__(self):
        return f"{self.get_role_display() or '各种岗位'}每月 {self.monthly_amount} 元"

    @property
    def shares(self) -> tuple[Decimal, Decimal, Decimal]:
        return self.county_share, self.township_share, self.welfare_share


class SubsidyBatch(OwnedByOrganisation):
    """What is paid to the members of an area for a period: made, checked, approved by three people, then paid."""

    class State(models.TextChoices):
        PLANNED = "planned", "待计算"
        DRAFT = "draft", "待复核"
        CHECKED = "checked", "待审批"
        APPROVED = "approved", "已审批"
        PAID = "paid", "已发放"
        ARCHIVED = "archived", "已归档"

    OPEN = (State.PLANNED, State.DRAFT, State.CHECKED)
    FINAL = (State.APPROVED, State.PAID, State.ARCHIVED)

    first_month = models.DateField("起始月份")
    last_month = models.DateField("截止月份")
    role = models.CharField(
        "岗位", max_length=20, choices=Appointment.Role.choices, blank=True, help_text="不选就是各种岗位"
    )
    month_rule = models.CharField(
        "怎样算一个月", max_length=20, choices=MonthRule.choices, default=MonthRule.FIFTEENTH_OR_HALF
    )
    state = models.CharField("状态", max_length=10, choices=State.choices, default=State.PLANNED)
    attempt = models.PositiveIntegerField("计算次数", default=0)
    job = models.ForeignKey("shared.Job", on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    failure = models.CharField("没有算成的原因", max_length=500, blank=True)
    computed_at = models.DateTimeField("计算时间", null=True, blank=True)
    line_count = models.PositiveIntegerField("人次", default=0)
    month_count = models.PositiveIntegerField("人月", default=0)
    problem_count = models.PositiveIntegerField("有问题的人次", default=0)
    total_amount = MoneyField("合计（元）", default=ZERO)
    county_total = MoneyField("县财政（元）", default=ZERO)
    township_total = MoneyField("乡镇（街道）（元）", default=ZERO)
    welfare_total = MoneyField("公益性岗位资金（元）", default=ZERO)
    digest = models.CharField("各行的校验码", max_length=64, blank=True)
    standards_digest = models.CharField("所依据标准的校验码", max_length=64, blank=True)
    checked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name="复核人",
    )
    checked_at = models.DateTimeField("复核时间", null=True, blank=True)
    approved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name="审批人",
    )
    approved_at = models.DateTimeField("审批时间", null=True, blank=True)
    paid_on = models.DateField("发放日期", null=True, blank=True)
    payment_reference = models.CharField("付款凭证号", max_length=100, blank=True)
    remark = models.CharField("备注", max_length=200, blank=True)
    return_reason = models.CharField("退回原因", max_length=200, blank=True)

    objects = SubsidyBatchQuerySet.as_manager()
    view_permission = "subsidies.view"
    edit_permission = "subsidies.edit"

    class Meta:
        verbose_name = "补贴发放批次"
        verbose_name_plural = "补贴发放批次"
        ordering = ["-first_month", "-id"]
        indexes = [models.Index(fields=["org_path", "first_month"], name="batch_path_month")]
        constraints = [
            models.CheckConstraint(
                condition=Q(last_month__gte=F("first_month")),
                name="batch_months_in_order",
                violation_error_message="截止月份早于起始月份。请核对。",
            ),
            # Maker, checker and approver are three people.
            models.CheckConstraint(
                condition=(Q(checked_by__isnull=True) | ~Q(checked_by=F("created_by")))
                & (Q(approved_by__isnull=True) | ~Q(approved_by=F("created_by")))
                & (Q(approved_by__isnull=True) | Q(checked_by__isnull=True) | ~Q(approved_by=F("checked_by"))),
                name="batch_by_three_people",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["approved", "paid", "archived"])
                | Q(checked_by__isnull=False, approved_by__isnull=False, problem_count=0),
                name="batch_final_is_approved",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["paid", "archived"]) | Q(paid_on__isnull=False), name="batch_paid_has_day"
            ),
            models.CheckConstraint(
                condition=Q(total_amount=F("county_total") + F("township_total") + F("welfare_total")),
                name="batch_shares_add_up",
            ),
        ]

    def __str__(self):
        role = f"（{self.get_role_display()}）" if self.role else ""
        return f"{self.organisation.label} {self.period_words}补贴{role}"

    @property
    def period_words(self) -> str:
        return cn_months(self.first_month, self.last_month)

    @property
    def is_final(self) -> bool:
        return self.state in self.FINAL


class SubsidyLine(OwnedByOrganisation):
    """One appointment's money of one batch; `organisation` is the body served.

    `parts` is the arithmetic: [{"from": "2026-01", "to": "2026-03", "months": 3, "amount": "200.00", "standard": 7}].
    A correction or a payment once more points back to the line it is about.
    """

    class Kind(models.TextChoices):
        REGULAR = "regular", "应发"
        SUPPLEMENT = "supplement", "补发"
        CORRECTION = "correction", "更正"
        AGAIN = "again", "退回重发"

    class Outcome(models.TextChoices):
        WAITING = "", "等银行回单"
        PAID = "paid", "已到账"
        FAILED = "failed", "银行退回"
        GIVEN_UP = "given_up", "不再发"

    batch = models.ForeignKey(SubsidyBatch, on_delete=models.CASCADE, related_name="lines", verbose_name="批次")
    kind = models.CharField("类别", max_length=10, choices=Kind.choices, default=Kind.REGULAR)
    appointment = models.ForeignKey(
        Appointment, on_delete=models.PROTECT, related_name="subsidy_lines", verbose_name="聘任"
    )
    worker = models.ForeignKey(Worker, on_delete=models.PROTECT, related_name="subsidy_lines", verbose_name="姓名")
    role = models.CharField("岗位", max_length=20, choices=Appointment.Role.choices)
    parts = models.JSONField("算式", default=list)
    month_count = models.PositiveSmallIntegerField("月数", default=0)
    gross_amount = MoneyField("应发（元）")
    deducted_amount = MoneyField("扣减（元）", default=ZERO)
    amount = MoneyField("实发（元）")
    county_share = _share("县财政（元）")
    township_share = _share("乡镇（街道）（元）")
    welfare_share = _share("公益性岗位资金（元）")
    problem = models.CharField("问题", max_length=200, blank=True)
    reason = models.CharField("原因", max_length=200, blank=True)
    corrects = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="corrections", verbose_name="更正的是"
    )
    outcome = models.CharField("到账情况", max_length=10, choices=Outcome.choices, default=Outcome.WAITING, blank=True)
    outcome_reason = models.CharField("银行退回原因", max_length=200, blank=True)
    outcome_on = models.DateField("银行回单日期", null=True, blank=True)

    objects = SubsidyLineQuerySet.as_manager()
    view_permission = "subsidies.view"
    edit_permission = "subsidies.edit"

    class Meta:
        verbose_name = "补贴发放明细"
        verbose_name_plural = "补贴发放明细"
        ordering = ["org_path", "worker__name", "id"]
        indexes = [
            models.Index(fields=["batch", "org_path"], name="line_batch_path"),
            models.Index(fields=["org_path", "batch"], name="line_path_batch"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["batch", "appointment", "kind"], condition=Q(corrects__isnull=True), name="line_once"
            ),
            models.UniqueConstraint(
                fields=["batch", "corrects"], condition=Q(corrects__isnull=False), name="line_corrects_once"
            ),
            models.CheckConstraint(
                condition=Q(amount=F("gross_amount") - F("deducted_amount")) & Q(deducted_amount__gte=0),
                name="line_deductions_add_up",
            ),
            models.CheckConstraint(
                condition=Q(amount=F("county_share") + F("township_share") + F("welfare_share")),
                name="line_shares_add_up",
            ),
            models.CheckConstraint(condition=Q(amount__gte=0) | Q(kind="correction"), name="line_pays"),
            models.CheckConstraint(
                condition=Q(kind__in=["regular", "supplement"], corrects__isnull=True)
                | Q(kind__in=["correction", "again"], corrects__isnull=False),
                name="line_points_back",
            ),
        ]

    def __str__(self):
        return f"{self.worker} {self.amount} 元"

    @property
    def arithmetic(self) -> str:
        """200.00 元 × 3 个月（2026 年 1 月至 3 月）; one after the other."""
        return "；".join(
            f"{part['amount']} 元 × {part['months']} 个月（{cn_months(_month(part['from']), _month(part['to']))}）"
            for part in self.parts
        )


class SubsidyMonth(models.Model):
    """One month of one appointment, paid by one line: the row that can be there once only.

    `payee` is the person, whose months are paid once whatever the posts; nobody for a second post held by permission.
    A month whose money came back and is given up is freed for a later batch.
    """

    line = models.ForeignKey(SubsidyLine, on_delete=models.CASCADE, related_name="months", verbose_name="明细")
    appointment = models.ForeignKey(
        Appointment, on_delete=models.PROTECT, related_name="paid_months", verbose_name="聘任"
    )
    payee = models.ForeignKey(Worker, on_delete=models.PROTECT, null=True, related_name="+", verbose_name="领款人")
    month = models.DateField("月份")
    standard = models.ForeignKey(SubsidyStandard, on_delete=models.PROTECT, related_name="+", verbose_name="标准")
    amount = MoneyField("金额（元）")
    freed_on = models.DateField("放回日期", null=True)

    objects = SubsidyMonthQuerySet.as_manager()

    class Meta:
        verbose_name = "已发月份"
        verbose_name_plural = "已发月份"
        constraints = [
            models.UniqueConstraint(
                fields=["appointment", "month"], condition=Q(freed_on__isnull=True), name="month_paid_once"
            ),
            models.UniqueConstraint(
                fields=["payee", "month"], condition=Q(freed_on__isnull=True), name="person_month_paid_once"
            ),
        ]

    def __str__(self):
        return cn_month(self.month)


class SubsidyDeduction(OwnedByOrganisation):
    """Something taken off a line, with its reason."""

    line = models.ForeignKey(SubsidyLine, on_delete=models.CASCADE, related_name="deductions", verbose_name="明细")
    amount = MoneyField("扣减（元）", validators=[MinValueValidator(Decimal("0.01"))])
    reason = models.CharField("原因", max_length=200, help_text="例如：请假 5 天，按规定扣减")

    objects = SubsidyDeductionQuerySet.as_manager()
    view_permission = "subsidies.view"
    edit_permission = "subsidies.edit"

    class Meta:
        verbose_name = "扣减"
        verbose_name_plural = "扣减"
        ordering = ["id"]
        constraints = [models.CheckConstraint(condition=Q(amount__gt=0), name="deduction_takes_something")]

    def __str__(self):
        return f"{self.reason}：{self.amount} 元"
