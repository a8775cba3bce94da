"""Tables that leave the system as files: who asked for which rows, who agreed, what was in it, who fetched it."""

import uuid

from django.conf import settings
from django.db import models

from federation.shared.querysets import ExportQuerySet
from federation.shared.scope import OwnedByOrganisation
from federation.shared.sealed import SealedField, SealedRow


class ExportFile(SealedRow, OwnedByOrganisation):
    """One download: made by a job, fetched once within a day by who asked for it. `organisation` is its area."""

    class State(models.TextChoices):
        WAITING = "waiting", "等待第二人同意"
        REFUSED = "refused", "未同意"
        RUNNING = "running", "正在生成"
        READY = "ready", "可以下载"
        FETCHED = "fetched", "已下载"
        EXPIRED = "expired", "已过期"
        FAILED = "failed", "没有生成"

    class Format(models.TextChoices):
        XLSX = "xlsx", "Excel 表格（.xlsx）"
        CSV = "csv", "文本表格（.csv）"

    kind = models.CharField("内容", max_length=40)
    title = models.CharField("名称", max_length=100)
    # The query string of the list it was asked from; a search may name a person.
    criteria = SealedField("筛选条件", kind="form")
    criteria_words = SealedField("筛选条件（文字）", kind="form")
    columns = models.JSONField("列", default=list)
    format = models.CharField("格式", max_length=10, choices=Format.choices, default=Format.XLSX)
    is_whole = models.BooleanField("含完整号码", default=False)
    purpose = models.CharField("用途", max_length=200)
    state = models.CharField("状态", max_length=10, choices=State.choices, default=State.RUNNING)
    row_count = models.PositiveIntegerField("行数", default=0)
    size = models.PositiveBigIntegerField("大小", default=0, help_text="字节")
    sha256 = models.CharField("文件摘要", max_length=64, blank=True, editable=False)
    stored_path = models.CharField(max_length=200, blank=True, editable=False)
    job = models.ForeignKey("shared.Job", on_delete=models.SET_NULL, null=True, related_name="+", editable=False)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, editable=False, related_name="+"
    )
    decided_at = models.DateTimeField("同意时间", null=True, editable=False)
    answer = models.CharField("处理意见", max_length=200, blank=True)
    expires_at = models.DateTimeField("有效期至", null=True, editable=False)
    fetched_at = models.DateTimeField("下载时间", null=True, editable=False)
    refusal = models.CharField("没有生成的原因", max_length=300, blank=True)

    objects = ExportQuerySet.as_manager()
    view_permission = "tables.export"
    edit_permission = "tables.export"

    class Meta:
        verbose_name = "下载文件"
        verbose_name_plural = "下载文件"
        ordering = ["-id"]
        indexes = [models.Index(fields=["org_path", "state"], name="export_path_state")]

    def __str__(self):
        return f"{self.title}（{self.pk}）"


class Submission(models.Model):
    """A form that was sent with a key of its own: sent again, it gives the first answer and does nothing more."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    key = models.UUIDField("提交编号", default=uuid.uuid4)
    digest = models.CharField("内容摘要", max_length=64)
    location = models.CharField("结果页", max_length=300, blank=True)
    created_at = models.DateTimeField("时间", auto_now_add=True)

    class Meta:
        verbose_name = "已收到的提交"
        verbose_name_plural = "已收到的提交"
        constraints = [models.UniqueConstraint(fields=["user", "key"], name="submission_once")]

    def __str__(self):
        return str(self.key)
