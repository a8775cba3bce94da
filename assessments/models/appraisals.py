"""The yearly appraisal of committee members (绩效考核): one result an appointment, points by hand, objections."""

from django.conf import settings
from django.db import models

from assessments.models.rounds import GivenPoints, Round, RoundResult
from assessments.models.standards import Standard
from assessments.querysets import AppraisalQuerySet, MemberResultQuerySet
from committees.models import Appointment
from federation.shared.scope import OwnedByOrganisation
from orgs.models import Worker


class Appraisal(Round):
    """One standard for members, put to all who were in post in the area on the day."""

    standard = models.ForeignKey(Standard, on_delete=models.PROTECT, related_name="appraisals", verbose_name="考核标准")
    member_count = models.PositiveIntegerField("人数", default=0, editable=False)

    objects = AppraisalQuerySet.as_manager()
    view_permission = "appraisals.view"
    edit_permission = "appraisals.run"

    class Meta:
        verbose_name = "专职委员考核"
        verbose_name_plural = "专职委员考核"
        ordering = ["-id"]
        indexes = [models.Index(fields=["org_path", "-id"], name="appraisal_path")]
        constraints = [
            models.UniqueConstraint(
                fields=["standard", "organisation", "year", "as_of"], name="appraisal_once_per_question"
            )
        ]


class MemberResult(RoundResult, OwnedByOrganisation):
    """What an appraisal found about one member in one post. `version` rises with every change, also a computed one.

    `band` is what counts: the reckoned one where every item has a source and its points; else the one that the
    leader has given by hand, with a reason; else none (等次暂不评定).
    """

    # No index of its own: the one of (appraisal, appointment) begins with it.
    appraisal = models.ForeignKey(
        Appraisal, on_delete=models.CASCADE, related_name="results", db_index=False, verbose_name="考核批次"
    )
    appointment = models.ForeignKey(Appointment, on_delete=models.PROTECT, related_name="+", verbose_name="聘任")
    worker = models.ForeignKey(Worker, on_delete=models.PROTECT, related_name="appraisals", verbose_name="姓名")
    given_band = models.CharField("负责人评定的等次", max_length=10, blank=True)
    band_reason = models.CharField("评定理由", max_length=300, blank=True)
    band_given_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, editable=False, related_name="+",
        verbose_name="评定人",
    )  # fmt: skip
    band_given_at = models.DateTimeField("评定时间", null=True, editable=False)

    objects = MemberResultQuerySet.as_manager()
    view_permission = "appraisals.view"
    edit_permission = "appraisals.decide"

    class Meta:
        verbose_name = "专职委员考核结果"
        verbose_name_plural = "专职委员考核结果"
        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["appraisal", "appointment"], name="member_result_once")]
        indexes = [
            models.Index(fields=["appraisal", "org_path"], name="member_result_path"),
            models.Index(fields=["appraisal", "-total", "id"], name="member_result_total"),
        ]

    def __str__(self):
        return f"{self.worker}：{self.total} 分"

    @property
    def is_open(self) -> bool:
        """Whether the band stays open because facts of some items have no place in the system yet."""
        return bool(self.unsourced or self.pending)


class MemberPoints(GivenPoints, OwnedByOrganisation):
    """Points for an item of a member's appraisal that people judge: what they, and the township, said of the work."""

    appraisal = models.ForeignKey(
        Appraisal, on_delete=models.CASCADE, related_name="points_given", verbose_name="考核批次"
    )
    appointment = models.ForeignKey(Appointment, on_delete=models.PROTECT, related_name="+", verbose_name="聘任")
    people_note = models.CharField(
        "群众评议情况", max_length=300, blank=True, help_text="何时、怎样评议的，多少人参加，满意的多少人"
    )
    township_note = models.CharField("镇残联评价", max_length=300, blank=True, help_text="乡镇（街道）残联的评价意见")

    view_permission = "appraisals.view"
    edit_permission = "appraisals.score"

    class Meta:
        verbose_name = "专职委员考核评分"
        verbose_name_plural = "专职委员考核评分"
        ordering = ["item_code", "id"]
        constraints = [
            models.UniqueConstraint(fields=["appraisal", "appointment", "item_code"], name="member_points_once"),
            models.CheckConstraint(condition=models.Q(points__gte=0), name="member_points_not_negative"),
        ]

    def __str__(self):
        return f"{self.item_code}：{self.points}"


class Objection(OwnedByOrganisation):
    """Against a published result (异议), by the member or by the township for the member; both results are kept."""

    class State(models.TextChoices):
        OPEN = "open", "待复核"
        KEPT = "kept", "维持原结果"
        CORRECTED = "corrected", "已更正"

    result = models.ForeignKey(
        MemberResult, on_delete=models.CASCADE, related_name="objections", verbose_name="考核结果"
    )
    text = models.TextField("异议内容", max_length=1000, help_text="对哪一项、为什么有异议，有什么依据")
    is_own = models.BooleanField("本人提出", default=False, editable=False)
    state = models.CharField("状态", max_length=10, choices=State.choices, default=State.OPEN)
    decision = models.TextField("复核意见", max_length=1000, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, editable=False, related_name="+",
        verbose_name="复核人",
    )  # fmt: skip
    decided_at = models.DateTimeField("复核时间", null=True, editable=False)
    # The result as it stood before and after: {"total", "band", "rank_county", "items"}.
    before = models.JSONField("更正前的结果", default=dict, editable=False)
    after = models.JSONField("更正后的结果", default=dict, editable=False)

    view_permission = "appraisals.view"
    edit_permission = "appraisals.decide"

    class Meta:
        verbose_name = "考核异议"
        verbose_name_plural = "考核异议"
        ordering = ["-id"]
        indexes = [models.Index(fields=["org_path", "state"], name="objection_path_state")]
        constraints = [
            models.UniqueConstraint(fields=["result"], condition=models.Q(state="open"), name="one_open_objection")
        ]

    def __str__(self):
        return f"{self.result.worker}的异议"
