"""The yearly selection 优秀残疾人工作专职委员: nominated, judged level by level, made public, awarded or not."""

from django.conf import settings
from django.db import models

from assessments.models.appraisals import MemberResult
from assessments.querysets import NominationQuerySet
from committees.models import Appointment
from federation.shared.scope import OwnedByOrganisation
from orgs.models import Level, Worker


class Nomination(OwnedByOrganisation):
    """A member put forward for the award of a year by the own village or township."""

    class State(models.TextChoices):
        ASKED = "asked", "征求意见"
        AGREED = "agreed", "待公示"
        PUBLIC = "public", "公示"
        AWARDED = "awarded", "已授予"
        REFUSED = "refused", "未授予"

    OPEN = (State.ASKED, State.AGREED, State.PUBLIC)

    year = models.PositiveSmallIntegerField("评选年度")
    appointment = models.ForeignKey(Appointment, on_delete=models.PROTECT, related_name="+", verbose_name="聘任")
    worker = models.ForeignKey(Worker, on_delete=models.PROTECT, related_name="nominations", verbose_name="姓名")
    # The published result with the first band that it rests on; none where the reason stands in for it.
    result = models.ForeignKey(
        MemberResult, on_delete=models.SET_NULL, null=True, editable=False, related_name="+", verbose_name="考核结果"
    )
    deeds = models.TextField("主要事迹", max_length=2000)
    reason = models.CharField(
        "推荐理由", max_length=300, blank=True, help_text="没有已公布的“优秀”等次的，写明为什么推荐"
    )
    state = models.CharField("状态", max_length=10, choices=State.choices, default=State.ASKED)
    public_from = models.DateField("公示起", null=True, blank=True)
    public_to = models.DateField("公示止", null=True, blank=True)
    public_place = models.CharField("公示地点", max_length=100, blank=True, help_text="例如：县残联公示栏、县政府网站")
    document_number = models.CharField("表彰文号", max_length=100, blank=True)
    decided_on = models.DateField("结果日期", null=True, blank=True)
    outcome_reason = models.CharField("未授予的原因", max_length=300, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, editable=False, related_name="+",
        verbose_name="办理人",
    )  # fmt: skip

    objects = NominationQuerySet.as_manager()
    view_permission = "selections.view"
    edit_permission = "selections.edit"

    class Meta:
        verbose_name = "优秀专职委员推荐"
        verbose_name_plural = "优秀专职委员推荐"
        ordering = ["-year", "-id"]
        indexes = [models.Index(fields=["org_path", "-year", "-id"], name="nomination_path")]
        constraints = [
            models.UniqueConstraint(fields=["worker", "year"], name="nominated_once_a_year"),
            models.CheckConstraint(
                condition=models.Q(public_to__isnull=True) | models.Q(public_to__gte=models.F("public_from")),
                name="publicity_order",
            ),
        ]

    def __str__(self):
        return f"{self.year} 年 {self.worker}"


class NominationOpinion(OwnedByOrganisation):
    """What one level said of a nomination. Its body is the nominee's, so that it is seen with the nomination."""

    nomination = models.ForeignKey(Nomination, on_delete=models.CASCADE, related_name="opinions", verbose_name="推荐")
    level = models.PositiveSmallIntegerField("级别", choices=Level.choices)
    agrees = models.BooleanField("同意")
    text = models.CharField("意见", max_length=500)
    given_on = models.DateField("日期")

    view_permission = "selections.view"
    edit_permission = "selections.opine"

    class Meta:
        verbose_name = "推荐意见"
        verbose_name_plural = "推荐意见"
        ordering = ["-level", "id"]
        constraints = [models.UniqueConstraint(fields=["nomination", "level"], name="one_opinion_a_level")]

    def __str__(self):
        return f"{self.get_level_display()}：{'同意' if self.agrees else '不同意'}"


class NominationObjection(OwnedByOrganisation):
    """What somebody said against a nomination while it was public, and what was found."""

    nomination = models.ForeignKey(Nomination, on_delete=models.CASCADE, related_name="objections", verbose_name="推荐")
    raised_by = models.CharField("反映人", max_length=50, blank=True, help_text="不愿留名的不填")
    raised_on = models.DateField("反映日期")
    text = models.TextField("反映的问题", max_length=1000)
    finding = models.TextField("调查结论", max_length=1000, blank=True)
    is_upheld = models.BooleanField("问题属实", null=True, blank=True)
    settled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, editable=False, related_name="+",
        verbose_name="调查人",
    )  # fmt: skip
    settled_at = models.DateTimeField("结论时间", null=True, editable=False)

    view_permission = "selections.view"
    edit_permission = "selections.edit"

    class Meta:
        verbose_name = "公示期间的反映"
        verbose_name_plural = "公示期间的反映"
        ordering = ["id"]

    def __str__(self):
        return f"{self.raised_on:%Y-%m-%d} 的反映"
