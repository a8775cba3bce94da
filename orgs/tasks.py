"""Loading an uploaded list of divisions behind the pages."""

from pathlib import Path

from django.core.files.storage import default_storage
from django.db import transaction
from django.urls import reverse

from federation.shared.jobs import ChunkSpec, JobKind, JobRefused, register
from federation.shared.models.jobs import Job
from federation.shared.rotation import register_blobs
from orgs.division_files import DivisionsRefused, read_divisions
from orgs.services import load_divisions
from orgs.worker_photos import reseal_photos

LOAD_DIVISIONS = "orgs.load_divisions"
PROBLEMS_SHOWN = 100


def _plan(job):
    # One chunk: a list is loaded as a whole or not at all.
    return [ChunkSpec(payload=job.payload, total=1, label="装入区划")]


def _work(ctx):
    try:
        rows = read_divisions(Path(default_storage.path(ctx.payload["file"])))
        with ctx.committing():
            result = load_divisions(rows=rows, by=ctx.requested_by, under=ctx.payload["under"] or None)
            Job.objects.filter(pk=ctx.job.pk).update(result={"sentences": result.sentences()})
    except DivisionsRefused as refusal:
        problems = [list(problem) for problem in refusal.problems[:PROBLEMS_SHOWN]]
        Job.objects.filter(pk=ctx.job.pk).update(result={"problems": problems, "count": refusal.count})
        raise JobRefused(str(refusal)) from refusal


def _forget_file(job):
    # Not before: a worker that dies in this transaction leaves the work, and the list with it, to the next one.
    transaction.on_commit(lambda: default_storage.delete(job.payload["file"]))


register(
    JobKind(
        name=LOAD_DIVISIONS,
        label="装入区划",
        plan=_plan,
        work=_work,
        finish=_forget_file,
        on_failure=_forget_file,
        unit="份",
        permission="organisations.manage",
        result_url=lambda job: reverse("division-result", args=[job.pk]),
    )
)

register_blobs("工作人员的照片", reseal_photos)
