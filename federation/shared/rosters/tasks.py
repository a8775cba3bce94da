"""The jobs behind an import: check, confirm, undo. One chunk each: a file is written in one transaction."""

from django.db import transaction
from django.urls import reverse

from federation.shared.jobs import ChunkSpec, JobKind, JobRefused, register
from federation.shared.models.jobs import Chunk, Job, JobState
from federation.shared.models.rosters import RosterImport
from federation.shared.rosters import services, uploads
from federation.shared.rosters.course import CHECK, CONFIRM, UNDO, start_check
from federation.shared.rosters.resource import PreviewOutdated, RosterRefused

State = RosterImport.State
OUTDATED = "预览之后，系统里的数据有了变化，没有写入。已按现在的数据重新检查，请再核对一次预览。"


def _of(payload) -> RosterImport:
    return RosterImport.objects.select_related("organisation").get(pk=payload["import"])


def _plan(job) -> list[ChunkSpec]:
    roster_import = _of(job.payload)
    return [ChunkSpec(dict(job.payload), roster_import.row_count, roster_import.file_name[:100])]


def _check(ctx):
    roster_import = _of(ctx.payload)
    # A refused one may be tried again: its job was parked by an error of ours, not of the file.
    if roster_import.state not in (State.UPLOADED, State.REFUSED):
        raise JobRefused("这个名册已经检查过。")

    def told(done, total):
        if ctx.chunk.total != total:
            ctx.chunk.total = total
            Chunk.objects.filter(pk=ctx.chunk.pk).update(total=total)
            Job.objects.filter(pk=ctx.job.pk).update(total=total)
        ctx.check_cancelled()
        ctx.progress(done, "正在检查")

    try:
        table, report = services.read_and_check(roster_import, by=ctx.requested_by, told=told)
    except RosterRefused as refusal:
        raise JobRefused(str(refusal)) from refusal
    with ctx.committing():
        services.keep_checked(roster_import, table, report)


def _confirm(ctx):
    roster_import = _of(ctx.payload)
    if roster_import.state != State.CONFIRMING:
        raise JobRefused("这个名册现在不能写入。请回到名册页看它的状态，需要时再确认一次。")
    ctx.progress(0, "正在写入")
    try:
        with ctx.committing():
            take_in = bool(ctx.payload.get("take_in"))
            services.write_confirmed(roster_import, by=ctx.requested_by, take_in=take_in)
    except PreviewOutdated as outdated:
        raise JobRefused(OUTDATED) from outdated


def _undo(ctx):
    roster_import = _of(ctx.payload)
    if roster_import.state != State.UNDOING:
        raise JobRefused("这个名册现在不能撤销。请回到名册页看它的状态。")
    try:
        with ctx.committing():
            services.take_back(roster_import, by=ctx.requested_by)
    except RosterRefused as refusal:
        raise JobRefused(str(refusal)) from refusal


def _check_failed(job):
    roster_import = _of(job.payload)
    if roster_import.state not in (State.UPLOADED, State.REFUSED):
        return
    services.refuse(roster_import, job.error or "检查已取消，没有读入。")
    if job.state != JobState.PARKED:
        # A parked job may be tried again and then needs the file; a refused file is of no use to anybody.
        transaction.on_commit(lambda: uploads.remove_file(roster_import))


def _confirm_failed(job):
    """Back to the preview; one that is outdated is checked again with the data of now.

    An old job that was parked and is tried again after a newer one has written must not undo that.
    """
    roster_import = _of(job.payload)
    if roster_import.state != State.CONFIRMING:
        return
    roster_import.version += 1
    roster_import.state = State.UPLOADED if job.error == OUTDATED else State.CHECKED
    roster_import.refusal = job.error or "写入已取消，没有写入任何一行。"
    roster_import.save(update_fields=["version", "state", "refusal", "updated_at"])
    if roster_import.state == State.UPLOADED:
        start_check(roster_import, by=job.requested_by)


def _undo_failed(job):
    roster_import = _of(job.payload)
    if roster_import.state != State.UNDOING:
        return
    roster_import.version += 1
    roster_import.state = State.DONE
    roster_import.refusal = job.error or "撤销已取消，数据没有变化。"
    roster_import.save(update_fields=["version", "state", "refusal", "updated_at"])


def _page(job):
    return reverse("roster-detail", args=[job.payload["import"]])


_SAME = {"plan": _plan, "unit": "行", "lease_seconds": 120, "permission": "rosters.import", "result_url": _page}

register(JobKind(name=CHECK, label="检查名册", work=_check, on_failure=_check_failed, **_SAME))
register(JobKind(name=CONFIRM, label="写入名册", work=_confirm, on_failure=_confirm_failed, **_SAME))
register(JobKind(name=UNDO, label="撤销名册导入", work=_undo, on_failure=_undo_failed, **_SAME))
