"""What a person asks of an import: check it, write it, take it back. Each asking becomes a job."""

from django.db import transaction

from federation.shared import audit
from federation.shared.jobs import enqueue
from federation.shared.models.jobs import Job
from federation.shared.models.rosters import RosterImport
from federation.shared.rosters.registry import roster_of
from federation.shared.rosters.resource import RosterRefused

CHECK, CONFIRM, UNDO = "rosters.check", "rosters.confirm", "rosters.undo"
State = RosterImport.State
UNDO_OVER = f"写入已超过 {RosterImport.KEPT_DAYS} 天，整体撤销要用的记录已按规定期限删除，不能再整体撤销。请逐条修改。"


def start_check(roster_import: RosterImport, *, by, post=True) -> Job:
    return _start(CHECK, "检查名册", roster_import, by, post)


def check_again(roster_import: RosterImport, *, by, post=True):
    """Read and check the kept file once more, e.g. after a heading was made known. Raises RosterRefused."""
    with transaction.atomic():
        current = RosterImport.objects.select_for_update().get(pk=roster_import.pk)
        if not current.may_be_checked_again:
            raise RosterRefused("这个名册现在不能重新检查。请重新上传。")
        current.state = State.UPLOADED
        current.version += 1
        current.save(update_fields=["state", "version", "updated_at"])
        start_check(current, by=by, post=post)


def choose_mode(roster_import: RosterImport, *, mode: str, by):
    """Another way of writing, chosen at the preview. Raises RosterRefused where it is too late."""
    with transaction.atomic():
        current = RosterImport.objects.select_for_update().get(pk=roster_import.pk)
        if current.state != State.CHECKED:
            raise RosterRefused(f"这个名册{current.get_state_display()}，不能再改写入方式。")
        if current.mode == mode:
            return
        before, current.mode = current.mode, mode
        current.save(update_fields=["mode", "updated_at"])
        audit.record(
            "rosters.import.mode_chosen", actor=by, target=current, before={"mode": before}, after={"mode": mode}
        )


def begin_confirming(roster_import: RosterImport, *, by, take_in=False, post=True):
    """The importer says yes to the preview: the writing job is asked for. Raises RosterRefused where it may not be.

    `take_in`: people registered elsewhere in the importer's own area come along, as the importer has said.
    """
    with transaction.atomic():
        current = RosterImport.objects.select_for_update().get(pk=roster_import.pk)
        if not current.may_be_confirmed:
            raise RosterRefused(_why_not(current))
        current.state = State.CONFIRMING
        current.refusal = ""
        current.save(update_fields=["state", "refusal", "updated_at"])
        _start(CONFIRM, "写入名册", current, by, post, {"take_in": True} if take_in else {})


def _why_not(roster_import) -> str:
    if roster_import.state != State.CHECKED:
        return f"这个名册{roster_import.get_state_display()}，不能再确认。"
    if roster_import.correct_count == 0 and roster_import.transfer_count:
        return f"没有要写入的内容：其中的人在别处登记。{roster_of(roster_import.kind).way_for_people_elsewhere}"
    if roster_import.correct_count == 0:
        return "名册与系统里的数据完全一样，没有要写入的内容。"
    return (
        f"还有 {roster_import.wrong_count} 行有错误，没有写入。"
        "请下载错误表改正后重新上传；或把写入方式改为“只写入正确的行”。"
    )


def begin_undoing(roster_import: RosterImport, *, by, post=True):
    """Ask for an import to be taken back as a whole. Raises RosterRefused where it was not written."""
    with transaction.atomic():
        current = RosterImport.objects.select_for_update().get(pk=roster_import.pk)
        if current.state != State.DONE:
            raise RosterRefused(f"这个名册{current.get_state_display()}，没有可以撤销的内容。")
        if not current.may_be_undone:
            raise RosterRefused(UNDO_OVER)
        current.state = State.UNDOING
        current.refusal = ""
        current.save(update_fields=["state", "refusal", "updated_at"])
        _start(UNDO, "撤销名册导入", current, by, post)


def _start(kind: str, words: str, roster_import: RosterImport, by, post: bool, more: dict | None = None) -> Job:
    # The key carries the version, which a step that failed has raised: asking again is then a new job.
    job = enqueue(
        kind,
        requested_by=by,
        payload={"import": roster_import.pk} | (more or {}),
        idempotency_key=f"{kind}:{roster_import.pk}:{roster_import.version}",
        organisation=roster_import.organisation,
        title=f"{words}：{roster_import.file_name}",
        post=post,
    )
    RosterImport.objects.filter(pk=roster_import.pk).update(job=job)
    return job
