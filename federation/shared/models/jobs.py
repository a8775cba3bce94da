"""Work done behind the pages: the rows are the truth, a Celery message only rings the bell.

Lock order everywhere: chunk before job. Leases and bells run by the database's clock, so that hosts whose
clocks differ agree on what has expired.
"""

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import Q
from django.db.models.functions import Coalesce

from federation.shared.fields import OrgPathField
from federation.shared.scope import ScopedQuerySet


class DatabaseClock(models.Func):
    """The database's own clock now, moved by `seconds`. Not the transaction's start: it runs on inside one."""

    output_field = models.DateTimeField()

    def __init__(self, seconds: int = 0, **extra):
        self.seconds = seconds
        super().__init__(**extra)

    def as_sql(self, compiler, connection, **extra):
        return f"clock_timestamp() + interval '{int(self.seconds)} seconds'", []

    def as_sqlite(self, compiler, connection, **extra):
        # The shape in which Django stores a moment on SQLite, so that text order is time order.
        return f"strftime('%%Y-%%m-%%d %%H:%%M:%%f', 'now', '{int(self.seconds):+d} seconds')", []


class JobState(models.TextChoices):
    QUEUED = "queued", "等待处理"
    RUNNING = "running", "正在处理"
    DONE = "done", "已完成"
    FAILED = "failed", "没有完成"
    CANCELLED = "cancelled", "已取消"
    PARKED = "parked", "有部分搁置"


# Not ended: a worker may still take a chunk of it.
OPEN_STATES = (JobState.QUEUED, JobState.RUNNING)


class JobQuerySet(ScopedQuerySet):
    def visible_to(self, principal, permission: str | None = None):
        """Jobs one has asked for, and, for who manages jobs, those of its subtree. Machines see none."""
        if principal is None or not hasattr(principal, "has_scope"):
            return self.none()
        condition = Q(pk__in=[])
        if principal.has_scope(permission or Job.view_permission):
            condition |= Q(requested_by=principal.pk)
        for scope in principal.scopes("jobs.manage"):
            condition |= self.scope_condition(scope)
        return self.filter(condition)

    def still_open(self):
        return self.filter(state__in=OPEN_STATES)


class Job(models.Model):
    """One piece of work somebody asked for; it acts with the rights that person has when it runs."""

    kind = models.CharField("种类", max_length=60)
    title = models.CharField("名称", max_length=200)
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="jobs", verbose_name="发起人"
    )
    organisation = models.ForeignKey(
        "orgs.Organisation", on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name="机构"
    )
    org_path = OrgPathField("机构路径")
    payload = models.JSONField("内容", default=dict, encoder=DjangoJSONEncoder)
    inputs_hash = models.CharField(max_length=64, editable=False)
    idempotency_key = models.CharField(max_length=200, editable=False)
    state = models.CharField("状态", max_length=10, choices=JobState.choices, default=JobState.QUEUED)
    done = models.PositiveBigIntegerField("已完成", default=0)
    total = models.PositiveBigIntegerField("总数", default=0)
    message = models.CharField("说明", max_length=300, blank=True)
    error = models.CharField("没有完成的原因", max_length=500, blank=True)
    result = models.JSONField("结果", default=dict, encoder=DjangoJSONEncoder)
    created_at = models.DateTimeField("发起时间", auto_now_add=True)
    started_at = models.DateTimeField("开始时间", null=True)
    finished_at = models.DateTimeField("结束时间", null=True)
    # When a message was last posted for it or a worker last took a chunk; the sweep rings again when it is old.
    bell_at = models.DateTimeField(null=True, editable=False)

    objects = JobQuerySet.as_manager()
    view_permission = "jobs.view"

    State = JobState
    was_created = False

    class Meta:
        verbose_name = "后台任务"
        verbose_name_plural = "后台任务"
        ordering = ["-id"]
        constraints = [
            # A failed or cancelled job does not stand in the way of asking again.
            models.UniqueConstraint(
                fields=["idempotency_key"],
                condition=~Q(state__in=["failed", "cancelled"]),
                name="job_once_per_key",
            ),
        ]
        indexes = [
            models.Index(fields=["requested_by", "-id"], name="job_by_requester"),
            models.Index(fields=["org_path"], name="job_by_path"),
            models.Index(fields=["bell_at"], name="job_waiting", condition=Q(state__in=["queued", "running"])),
        ]

    def __str__(self):
        return self.title

    @property
    def is_open(self) -> bool:
        return self.state in OPEN_STATES


class ChunkState(models.TextChoices):
    QUEUED = "queued", "等待处理"
    RUNNING = "running", "正在处理"
    DONE = "done", "已完成"
    PARKED = "parked", "搁置"


class ChunkQuerySet(models.QuerySet):
    def unfinished(self):
        return self.filter(state__in=(ChunkState.QUEUED, ChunkState.RUNNING))

    def rows_done(self) -> int:
        return self.aggregate(rows=Coalesce(models.Sum("done"), 0))["rows"]


class Chunk(models.Model):
    """A part of a job that is done in one transaction. Number 0 plans the job and makes the others."""

    job = models.ForeignKey(Job, on_delete=models.CASCADE, related_name="chunks")
    number = models.PositiveIntegerField("序号")
    label = models.CharField("部分", max_length=100, blank=True)
    payload = models.JSONField(default=dict, encoder=DjangoJSONEncoder)
    state = models.CharField("状态", max_length=10, choices=ChunkState.choices, default=ChunkState.QUEUED)
    done = models.PositiveBigIntegerField("已完成", default=0)
    total = models.PositiveBigIntegerField("总数", default=0)
    lease_until = models.DateTimeField(null=True, editable=False)
    lease_owner = models.CharField(max_length=160, blank=True, editable=False)
    # Raised by every claim and every release: who holds an older number may not write any more.
    fence = models.PositiveBigIntegerField(default=0, editable=False)
    # Times the work itself raised an error, and times the worker vanished in the middle of it.
    attempts = models.PositiveSmallIntegerField("出错次数", default=0)
    losses = models.PositiveSmallIntegerField("中断次数", default=0)
    error = models.CharField("原因", max_length=500, blank=True)

    objects = ChunkQuerySet.as_manager()

    State = ChunkState

    class Meta:
        verbose_name = "任务的一部分"
        verbose_name_plural = "任务的各部分"
        ordering = ["job", "number"]
        constraints = [models.UniqueConstraint(fields=["job", "number"], name="chunk_number_once")]
        indexes = [
            models.Index(fields=["lease_owner"], name="chunk_running", condition=Q(state="running")),
        ]

    def __str__(self):
        return f"{self.job_id}/{self.number}"


class WorkerHost(models.Model):
    """A host whose workers sweep: when it was last heard, for the readiness page."""

    host = models.CharField(max_length=120, unique=True)
    seen_at = models.DateTimeField()

    class Meta:
        verbose_name = "后台程序所在主机"
        verbose_name_plural = "后台程序所在主机"

    def __str__(self):
        return self.host
