"""What a person asks of an import: check it, write it, take it back. Each asking becomes a job."""

from django.db import transaction

from federation.shared.jobs import enqueue
from federation.shared.models.jobs import Job
from federation.shared.models.rosters import RosterImport
from federation.shared.rosters.resource import RosterRefused

CHECK, CONFIRM, UNDO = "rosters.check", "rosters.confirm", "rosters.undo"
State = RosterImport.State


def start_check(roster_import: RosterImport, *, by, post=True) -> Job:
    return _start(CHECK, "检查名册", roster_import, by, post)


def begin_confirming(roster_import: RosterImport, *, by, post=True):
    """The importer says yes to the preview: the writing job is asked for. Raises RosterRefused where it may not be."""
    with transaction.atomic():
        current = RosterImport.objects.select_for_update().get(pk=roster_import.pk)
        if not current.may_be_confirmed:
            raise RosterRefused(_why_not(current))
        current.state = State.CONFIRMING
        current.refusal = ""
        current.save(update_fields=["state", "refusal", "updated_at"])
        _start(CONFIRM, "写入名册", current, by, post)


def _why_not(roster_import) -> str:
    if roster_import.state != State.CHECKED:
        return f"这个名册{roster_import.get_state_display()}，不能再确认。"
    if roster_import.correct_count == 0:
        return "名册与系统里的数据完全一样，没有要写入的内容。"
    return (
        f"还有 {roster_import.wrong_count} 行有错误，没有写入。"
        "请下载错误表改正后重新上传；或重新上传时选择“只写入正确的行”。"
    )


def begin_undoing(roster_import: RosterImport, *, by, post=True):
    """Ask for an import to be taken back as a whole. Raises RosterRefused where it was not written."""
    with transaction.atomic():
        current = RosterImport.objects.select_for_update().get(pk=roster_import.pk)
        if current.state != State.DONE:
            raise RosterRefused(f"这个名册{current.get_state_display()}，没有可以撤销的内容。")
        current.state = State.UNDOING
        current.refusal = ""
        current.save(update_fields=["state", "refusal", "updated_at"])
        _start(UNDO, "撤销名册导入", current, by, post)


def _start(kind: str, words: str, roster_import: RosterImport, by, post: bool) -> Job:
    # The key carries the version, which a step that failed has raised: asking again is then a new job.
    job = enqueue(
        kind,
        requested_by=by,
        payload={"import": roster_import.pk},
        idempotency_key=f"{kind}:{roster_import.pk}:{roster_import.version}",
        organisation=roster_import.organisation,
        title=f"{words}：{roster_import.file_name}",
        post=post,
    )
    RosterImport.objects.filter(pk=roster_import.pk).update(job=job)
    return job
