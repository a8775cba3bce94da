"""Training: sessions, who was there and with what result, and how often a year somebody has to go."""

from decimal import Decimal

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q

from committees.querysets import AttendanceQuerySet, TrainingSessionQuerySet, TrainingTargetQuerySet
from federation.shared.scope import OwnedByOrganisation
from federation.shared.templatetags.ui import cn_date
from orgs.models import Tenure, Worker


class Audience(models.TextChoices):
    """Who has to be trained, counted apart."""

    DIRECTOR = "director", "乡镇（街道）理事长"
    MEMBER = "member", "专职委员"
    CHAIR = "chair", "专门协会主席"


class TrainingSession(OwnedByOrganisation):
    """A course; `organisation` is its host. Planned, then held; or cancelled."""

    class Kind(models.TextChoices):
        DIRECTOR = "director", "理事长培训"
        MEMBER = "member", "专职委员培训"
        TRAINER = "trainer", "师资培训"
        CHAIR = "chair", "协会主席培训"

    class State(models.TextChoices):
        PLANNED = "planned", "待举办"
        HELD = "held", "已举办"
        CANCELLED = "cancelled", "已取消"

    title = models.CharField("培训名称", max_length=100)
    code = models.CharField("班次编号", max_length=30, blank=True, help_text="导入参训名单时用来对应，例如 2026-03")
    kind = models.CharField("培训类别", max_length=10, choices=Kind.choices)
    starts_on = models.DateField("开始日期")
    ends_on = models.DateField("结束日期", help_text="一天的与开始日期相同")
    hours = models.DecimalField(
        "学时", max_digits=5, decimal_places=1, validators=[MinValueValidator(Decimal("0.5"))], help_text="小时"
    )
    topics = models.CharField("培训内容", max_length=500)
    teacher = models.CharField("授课人", max_length=100, blank=True)
    place = models.CharField("地点", max_length=200, blank=True)
    gives_certificate = models.BooleanField(
        "是上岗证培训", default=False, help_text="发的证书同时登记为专职委员的上岗证"
    )
    state = models.CharField("状态", max_length=10, choices=State.choices, default=State.PLANNED, editable=False)
    cancel_reason = models.CharField("取消原因", max_length=200, blank=True, editable=False)

    objects = TrainingSessionQuerySet.as_manager()
    view_permission = "trainings.view"
    edit_permission = "trainings.edit"

    class Meta:
        verbose_name = "培训班"
        verbose_name_plural = "培训班"
        ordering = ["-starts_on", "-id"]
        indexes = [
            models.Index(fields=["org_path", "starts_on"], name="training_path_day"),
            models.Index(fields=["state", "ends_on"], name="training_state_day"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_on__gte=F("starts_on")),
                name="training_days_in_order",
                violation_error_message="结束日期早于开始日期。请核对。",
            ),
            models.CheckConstraint(condition=Q(hours__gt=0), name="training_has_hours"),
            models.UniqueConstraint(
                fields=["organisation", "code"],
                condition=~Q(code=""),
                name="training_code_once",
                violation_error_message="本机构已有同一编号的培训班。请换一个编号。",
            ),
            models.UniqueConstraint(
                fields=["organisation", "title", "starts_on"],
                name="training_title_once",
                violation_error_message="本机构已登记同一天开始的同名培训班。请核对。",
            ),
        ]

    def __str__(self):
        return self.title

    @property
    def days(self) -> str:
        if self.starts_on == self.ends_on:
            return cn_date(self.starts_on)
        return f"{cn_date(self.starts_on)} 至 {cn_date(self.ends_on)}"

    @property
    def is_planned(self) -> bool:
        return self.state == self.State.PLANNED

    @property
    def is_cancelled(self) -> bool:
        return self.state == self.State.CANCELLED


class TrainingAttendance(OwnedByOrganisation):
    """A person at a session, in the post held that day; `organisation` is the body of that post."""

    class Presence(models.TextChoices):
        REGISTERED = "registered", "已报名"
        ATTENDED = "attended", "到会"
        ABSENT = "absent", "缺席"

    class Result(models.TextChoices):
        NOT_TESTED = "", "没有考核"
        EXCELLENT = "excellent", "优秀"
        PASSED = "passed", "合格"
        FAILED = "failed", "不合格"

    session = models.ForeignKey(
        TrainingSession, on_delete=models.PROTECT, related_name="attendances", verbose_name="培训班"
    )
    worker = models.ForeignKey(Worker, on_delete=models.PROTECT, related_name="trainings", verbose_name="姓名")
    tenure = models.ForeignKey(Tenure, on_delete=models.PROTECT, related_name="trainings", verbose_name="当时的任职")
    presence = models.CharField("到会情况", max_length=10, choices=Presence.choices, default=Presence.REGISTERED)
    hours = models.DecimalField(
        "本人学时",
        max_digits=5,
        decimal_places=1,
        null=True,
        blank=True,
        validators=[MinValueValidator(Decimal("0.5"))],
        help_text="与培训班的学时相同的不填",
    )
    result = models.CharField("考核结果", max_length=10, choices=Result.choices, default=Result.NOT_TESTED, blank=True)
    certificate_number = models.CharField("证书编号", max_length=50, blank=True)
    certificate_issued_on = models.DateField("发证日期", null=True, blank=True)
    certificate_expires_on = models.DateField("证书有效期至", null=True, blank=True, help_text="长期有效的不填")
    remark = models.CharField("备注", max_length=200, blank=True)

    objects = AttendanceQuerySet.as_manager()
    view_permission = "trainings.view"
    edit_permission = "trainings.edit"

    class Meta:
        verbose_name = "参训登记"
        verbose_name_plural = "参训登记"
        ordering = ["org_path", "id"]
        indexes = [
            models.Index(fields=["org_path", "session"], name="attendance_path_session"),
            models.Index(fields=["worker", "session", "presence", "result"], name="attendance_of_worker"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["session", "worker"], name="attendance_once"),
            models.CheckConstraint(
                condition=Q(presence="attended") | Q(result="", certificate_number="", hours__isnull=True),
                name="attendance_result_of_present",
                violation_error_message="没有到会的人不填学时、考核结果和证书。请核对。",
            ),
            models.CheckConstraint(
                condition=~Q(result="failed") | Q(certificate_number=""),
                name="attendance_failed_no_certificate",
                violation_error_message="考核不合格的不发证书。请核对。",
            ),
            models.CheckConstraint(
                condition=Q(certificate_expires_on__isnull=True)
                | Q(certificate_issued_on__isnull=True)
                | Q(certificate_expires_on__gte=F("certificate_issued_on")),
                name="attendance_certificate_order",
                violation_error_message="证书有效期早于发证日期。请核对。",
            ),
        ]

    def __str__(self):
        return f"{self.worker} {self.session}"

    @property
    def outcome(self) -> str:
        """Presence and result in one word, as the page of attendance asks for it."""
        return f"{self.presence}:{self.result}" if self.result else self.presence


class TrainingTarget(OwnedByOrganisation):
    """How often in a year the people of an area have to be trained; the nearest area above somebody wins."""

    year = models.PositiveSmallIntegerField("年度", validators=[MinValueValidator(2000), MaxValueValidator(2100)])
    audience = models.CharField("培训对象", max_length=10, choices=Audience.choices)
    times = models.PositiveSmallIntegerField(
        "每人至少（次）",
        validators=[MinValueValidator(1), MaxValueValidator(12)],
        help_text="例如每年不少于 2 次，填 2",
    )
    document_number = models.CharField("依据文件", max_length=200, help_text="文号或文件名称")

    objects = TrainingTargetQuerySet.as_manager()
    view_permission = "trainings.view"
    edit_permission = "trainings.targets"

    class Meta:
        verbose_name = "培训任务"
        verbose_name_plural = "培训任务"
        ordering = ["-year", "org_path", "audience"]
        indexes = [models.Index(fields=["year", "audience"], name="target_year_audience")]
        constraints = [
            models.CheckConstraint(condition=Q(times__gte=1, times__lte=12), name="target_times_possible"),
            models.UniqueConstraint(
                fields=["organisation", "year", "audience"],
                name="target_once",
                violation_error_message="这个地区这一年已经规定了这类人员的次数。请修改那一条。",
            ),
        ]

    def __str__(self):
        return f"{self.year} 年{self.get_audience_display()}每人 {self.times} 次"
