"""One's jobs: the list, the page of one with its progress, cancelling it, taking up its parked parts."""

from django.contrib import messages
from django.http import JsonResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse

from federation.shared.jobs import wording
from federation.shared.jobs.kinds import JobRefused
from federation.shared.jobs.services import cancel, retry_parked
from federation.shared.models.jobs import Chunk, ChunkState, Job, JobState
from federation.shared.tables import Column
from federation.shared.templatetags.ui import tag
from federation.shared.views import ScopedDetailView, ScopedListView, ScopedView, Section

PARKED_SHOWN = 50


def state_tag(job: Job):
    return tag(wording.TAGS[job.state], job.get_state_display())


class JobListView(ScopedListView):
    model = Job
    permission = "jobs.view"
    title = "后台任务"
    template_name = "jobs/job_list.html"
    ordering = ("-id",)
    columns = [
        Column("title", "任务", link=lambda job: reverse("job-detail", args=[job.pk])),
        Column("state", "状态", value=state_tag),
        Column("progress", "进度", value=wording.progress_text),
        Column("requested_by", "发起人"),
        Column("created_at", "发起时间", value=lambda job: wording.moment(job.created_at)),
    ]

    def get_queryset(self):
        return super().get_queryset().select_related("requested_by")


class JobPage(ScopedView):
    """Base of the pages of one job; a job one does not see is 404."""

    model = Job
    permission = "jobs.view"

    def get_object(self) -> Job:
        return get_object_or_404(self.get_queryset(), pk=self.kwargs["pk"])

    def breadcrumbs(self):
        return [{"url": reverse("job-list"), "label": "后台任务"}]


class JobDetailView(JobPage, ScopedDetailView):
    template_name = "jobs/job_detail.html"

    def get_queryset(self):
        return super().get_queryset().select_related("requested_by", "organisation")

    def sections(self, job):
        rows = [
            {"label": "状态", "value": state_tag(job)},
            {"label": "发起人", "value": job.requested_by},
            {"label": "发起时间", "value": wording.moment(job.created_at)},
        ]
        if job.organisation is not None:
            rows.append({"label": "机构", "value": job.organisation})
        if job.started_at:
            rows.append({"label": "开始时间", "value": wording.moment(job.started_at)})
        if job.finished_at:
            rows.append({"label": "结束时间", "value": wording.moment(job.finished_at)})
        return [Section("任务情况", rows)]

    def actions(self, job):
        actions = []
        if wording.result_url(job):
            actions.append({"url": wording.result_url(job), "label": "查看结果", "kind": "primary"})
        if wording.may_cancel(job):
            actions.append({"url": reverse("job-cancel", args=[job.pk]), "label": "取消任务", "kind": "danger"})
        return actions

    def extra(self, job):
        parked = Chunk.objects.filter(job=job, state=ChunkState.PARKED).order_by("number")[:PARKED_SHOWN]
        here = reverse("job-detail", args=[job.pk])
        return {
            "job": job,
            "progress": {"label": job.title, "done": job.done, "total": job.total, "text": wording.progress_text(job)},
            "poll_url": reverse("job-progress", args=[job.pk]),
            "refresh_url": here,
            "parked": parked if job.state in (JobState.PARKED, JobState.RUNNING) else [],
            "may_retry": job.state == JobState.PARKED,
        }


class JobProgressView(JobPage):
    """What js/progress.js asks every two seconds."""

    def get(self, request, **kwargs):
        job = self.get_object()
        return JsonResponse(
            {
                "label": job.title,
                "done": job.done,
                "total": job.total,
                "text": wording.progress_text(job),
                "state": job.state,
                "finished": not job.is_open,
            }
        )


class JobCancelView(JobPage):
    template_name = "generic/confirm.html"
    title = "取消这个任务？"

    def get(self, request, **kwargs):
        job = self.get_object()
        return self.page(
            consequence="任务会立即停止。已经完成的部分保留，正在做的部分不会写入。取消后不能恢复，需要时请重新发起。",
            rows=[
                {"label": "任务", "value": job.title},
                {"label": "进度", "value": wording.progress_text(job)},
            ],
            submit_label="取消任务",
            danger=True,
            cancel_url=reverse("job-detail", args=[job.pk]),
        )

    def post(self, request, **kwargs):
        job = self.get_object()
        try:
            cancel(job=job)
            messages.success(request, "任务已取消。")
        except JobRefused as refusal:
            messages.error(request, str(refusal))
        return redirect("job-detail", pk=job.pk)


class JobRetryView(JobPage):
    http_method_names = ["post"]

    def post(self, request, **kwargs):
        job = self.get_object()
        try:
            retry_parked(job=job)
            messages.success(request, "已重新排队，请留意进度。")
        except JobRefused as refusal:
            messages.error(request, str(refusal))
        return redirect("job-detail", pk=job.pk)
