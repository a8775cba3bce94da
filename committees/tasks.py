"""The job kind that computes a subsidy batch, part by part of its area."""

from django.urls import reverse

from committees import bank_sheets, batch_lines, notices
from committees.services.batches import JOB, batch_of_job, fail_batch, finish_computing, note_standards
from federation.shared.jobs import ChunkSpec, JobKind, register
from orgs.bulk import hold_tree


def plan(job) -> list[ChunkSpec]:
    batch = batch_of_job(job)
    note_standards(batch)
    served = batch_lines.appointments_in(batch)
    return [
        # Parts where nobody serves any more are worked on too: lines of an earlier computation go.
        ChunkSpec(payload={"path": path}, total=batch_lines.rows_of_part(served, batch, path).count(), label=label)
        for path, label in batch_lines.parts_of(batch)
    ]


def work(ctx):
    batch = batch_of_job(ctx.job)
    path = ctx.payload["path"]
    book = batch_lines.book_of(batch, path)
    due = batch_lines.due_in(batch, path, book)
    with ctx.committing():
        hold_tree()
        due = batch_lines.still_due(batch, path, book, due)
        batch_lines.store_due(batch, path, due, ctx.job.requested_by)


def finish(job):
    finish_computing(batch_of_job(job))


register(
    JobKind(
        name=JOB,
        label="计算补贴",
        unit="人",
        plan=plan,
        work=work,
        finish=finish,
        on_failure=fail_batch,
        permission="subsidies.edit",
        result_url=lambda job: reverse("subsidy-batch-detail", args=[job.payload["batch"]]),
    )
)
register(bank_sheets.JOB)
register(notices.PRINTING.kind())
