"""The job kind that computes a run, county by county."""

from django.db import transaction
from django.urls import reverse

from assessments.bodies import Part, parts_of
from assessments.models import Run
from assessments.services import JOB, compute_parts, fail_run, finish_run, refuse_stale, store_parts
from federation.shared.jobs import ChunkSpec, JobKind, register


def _run(job) -> Run:
    run = Run.objects.select_related("organisation", "standard").get(pk=job.payload["run"])
    refuse_stale(run, job.payload["attempt"])
    return run


def plan(job) -> list[ChunkSpec]:
    return [
        ChunkSpec(payload={"path": part.path, "rest": part.rest, "area": part.area}, total=part.total, label=part.label)
        for part in parts_of(_run(job))
    ]


def work(ctx):
    run = _run(ctx.job)
    part = Part(label=ctx.chunk.label, total=ctx.chunk.total, **ctx.payload)
    computed = compute_parts(run, [part])
    with ctx.committing():
        store_parts(run, computed, is_whole=ctx.chunk.total == ctx.job.total)


def finish(job):
    with transaction.atomic():
        finish_run(_run(job))


def give_up(job):
    fail_run(job.payload["run"], job.payload["attempt"], job.error or job.get_state_display())


register(
    JobKind(
        name=JOB,
        label="考核评分",
        unit="个机构",
        plan=plan,
        work=work,
        finish=finish,
        on_failure=give_up,
        permission="assessments.run",
        result_url=lambda job: reverse("run-detail", args=[job.payload["run"]]),
    )
)
