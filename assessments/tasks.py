"""The job kinds that compute a run and an appraisal, county by county."""

from django.db import transaction
from django.urls import reverse

from assessments import appraisals, members
from assessments.bodies import Part, parts_of
from assessments.services import COURSE, JOB, compute_parts, finish_run, store_parts
from federation.shared.jobs import ChunkSpec, JobKind, register


def _chunks(parts) -> list[ChunkSpec]:
    return [
        ChunkSpec(payload={"path": part.path, "rest": part.rest, "area": part.area}, total=part.total, label=part.label)
        for part in parts
    ]


def _part(ctx) -> Part:
    return Part(label=ctx.chunk.label, total=ctx.chunk.total, **ctx.payload)


def plan(job) -> list[ChunkSpec]:
    return _chunks(parts_of(COURSE.of_job(job)))


def work(ctx):
    run = COURSE.of_job(ctx.job)
    computed = compute_parts(run, [_part(ctx)])
    with ctx.committing():
        store_parts(run, computed, is_whole=ctx.chunk.total == ctx.job.total)


def finish(job):
    with transaction.atomic():
        finish_run(COURSE.of_job(job))


register(
    JobKind(
        name=JOB,
        label="考核评分",
        unit="个机构",
        plan=plan,
        work=work,
        finish=finish,
        on_failure=COURSE.give_up,
        permission="assessments.run",
        result_url=lambda job: reverse("run-detail", args=[job.payload["run"]]),
    )
)


# --- appraisals of members ------------------------------------------------------------------------------
def plan_appraisal(job) -> list[ChunkSpec]:
    return _chunks(members.parts_of(appraisals.COURSE.of_job(job)))


def appraise(ctx):
    appraisal, part = appraisals.COURSE.of_job(ctx.job), _part(ctx)
    scores = appraisals.compute_part(appraisal, part)
    with ctx.committing():
        appraisals.store_scores(appraisal, appraisals.still_computed(appraisal, part, scores))


def finish_appraisal(job):
    with transaction.atomic():
        appraisals.finish_appraisal(appraisals.COURSE.of_job(job))


register(
    JobKind(
        name=appraisals.JOB,
        label="专职委员考核",
        unit="人",
        plan=plan_appraisal,
        work=appraise,
        finish=finish_appraisal,
        on_failure=appraisals.COURSE.give_up,
        permission="appraisals.run",
        result_url=lambda job: reverse("appraisal-detail", args=[job.payload["appraisal"]]),
    )
)
