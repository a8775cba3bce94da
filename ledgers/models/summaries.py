"""表一 残疾人基本情况汇总表: counts of a body as of a day, frozen with a digest when approved."""

import uuid

from django.conf import settings
from django.db import models

from federation.shared.scope import OwnedByOrganisation


class SummaryState(models.TextChoices):
    SUBMITTED = "submitted", "待审定"
    RETURNED = "returned", "已退回"
    APPROVED = "approved", "已审定"


class RosterSummary(OwnedByOrganisation):
    """The figures of one body as of one day, as counted when they were submitted; fixed from the approval on."""

    uid = models.UUIDField("编号", default=uuid.uuid4, unique=True, editable=False)
    year = models.PositiveSmallIntegerField("年度")
    as_of = models.DateField("截止日期")
    state = models.CharField("状态", max_length=10, choices=SummaryState.choices, default=SummaryState.SUBMITTED)
    # {cell code: number of persons}; see ledgers/summaries/.
    figures = models.JSONField("数字", default=dict)
    digest = models.CharField("数字摘要", max_length=64, blank=True, editable=False)
    submitted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, editable=False, related_name="+",
        verbose_name="提交人",
    )  # fmt: skip
    submitted_at = models.DateTimeField("提交时间", null=True, editable=False)
    returned_reason = models.CharField("退回原因", max_length=300, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, editable=False, related_name="+"
    )
    decided_at = models.DateTimeField("审定时间", null=True, editable=False)

    view_permission = "summaries.view"
    edit_permission = "summaries.edit"
    # A hundred numbers, whose digest is recorded; and moments that the records have of themselves.
    unrecorded_fields = ("figures", "submitted_at", "decided_at")

    class Meta:
        verbose_name = "基本情况汇总表"
        verbose_name_plural = "基本情况汇总表"
        ordering = ["-as_of", "org_path"]
        indexes = [models.Index(fields=["org_path", "year", "state"], name="summary_path_year")]
        constraints = [
            models.UniqueConstraint(fields=["organisation", "as_of"], name="summary_once_a_day"),
            models.CheckConstraint(
                condition=~models.Q(state=SummaryState.APPROVED)
                | (models.Q(decided_by__isnull=False, decided_at__isnull=False) & ~models.Q(digest="")),
                name="summary_approved_by_somebody",
            ),
        ]

    def __str__(self):
        return f"{self.organisation} {self.as_of}"
