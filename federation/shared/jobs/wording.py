"""How a job is put into words on pages."""

from django.utils import timezone

from federation.shared.jobs.kinds import kind_or_none
from federation.shared.models.jobs import Job, JobState

TAGS = {
    JobState.QUEUED: "info",
    JobState.RUNNING: "info",
    JobState.DONE: "ok",
    JobState.FAILED: "bad",
    JobState.CANCELLED: "warn",
    JobState.PARKED: "bad",
}


def progress_text(job: Job) -> str:
    """已完成 12,000 行，共 40,900 行 — with the unit of the job's kind."""
    kind = kind_or_none(job.kind)
    unit = kind.unit if kind else "行"
    if job.state == JobState.QUEUED:
        return "正在排队，轮到后自动开始。可以离开本页，稍后在“后台任务”里查看。"
    if not job.total:
        text = "正在做准备工作。" if job.is_open else "没有需要处理的内容。"
    else:
        text = f"已完成 {job.done:,} {unit}，共 {job.total:,} {unit}"
    return f"{text}　{job.message}" if job.message and job.is_open else text


def moment(value) -> str:
    """2026 年 11 月 21 日 20:45; nothing for nothing."""
    if value is None:
        return ""
    local = timezone.localtime(value)
    return f"{local.year} 年 {local.month} 月 {local.day} 日 {local:%H:%M}"


def result_url(job: Job) -> str:
    """Where the finished job's result is looked at, or ""."""
    kind = kind_or_none(job.kind)
    if job.state != JobState.DONE or kind is None or kind.result_url is None:
        return ""
    return kind.result_url(job)


def may_cancel(job: Job) -> bool:
    kind = kind_or_none(job.kind)
    return kind is not None and kind.cancellable and (job.is_open or job.state == JobState.PARKED)
