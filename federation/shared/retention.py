"""How long what is kept only for a while is kept: one table, one nightly run that deletes what is due.

A part that keeps something for a time adds a line with `register` (in a module read at the start, e.g. its
`tasks.py`). Everything here is set-based and may run twice.
"""

import datetime
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils import timezone

from federation.shared import audit
from federation.shared.jobs import gate
from federation.shared.models.exports import Submission
from federation.shared.models.jobs import Job
from federation.shared.models.periods import PeriodRun
from federation.shared.models.rosters import RosterImport, StagedBlock

NIGHTLY = "shared.retention"
# Local time; the run of a day is begun at this hour or, where nothing ran then, later.
NIGHT_HOUR = 2


@dataclass(frozen=True)
class Kept:
    """`due(before)` gives the rows last touched before that moment; `remove(rows)` deletes and gives their number.

    What a person must confirm is not deleted but put on a list: `does` says so, `period` the years in words.
    """

    name: str
    what: str
    days: int
    source: str
    due: Callable
    remove: Callable
    does: str = "删除"
    period: str = ""

    @property
    def period_words(self) -> str:
        return self.period or f"{self.days} 天"

    def due_now(self):
        return self.due(timezone.now() - datetime.timedelta(days=self.days))


_kept: dict[str, Kept] = {}


def register(kept: Kept) -> Kept:
    """Add a line to the table. The same name twice is a mistake, unless it is the same module read again."""
    known = _kept.get(kept.name)
    if known is not None and known.due.__module__ != kept.due.__module__:
        raise ValueError(f"retention {kept.name} is already registered by {known.due.__module__}")
    _kept[kept.name] = kept
    return kept


def all_kept() -> list[Kept]:
    return list(_kept.values())


def counts_due() -> list[tuple[Kept, int]]:
    return [(kept, kept.due_now().count()) for kept in all_kept()]


def remove_due() -> dict[str, int]:
    """Delete what is due, with one audit entry; {name: how many}."""
    with transaction.atomic():
        removed = {kept.name: kept.remove(kept.due_now()) for kept in all_kept()}
        audit.record("shared.retention.done", actor=None, details={"removed": removed})
    return removed


def run_nightly() -> dict[str, int] | None:
    """The run of this day, once however often it is asked for; None where it is done, too early or not released."""
    now = timezone.localtime()
    if now.hour < NIGHT_HOUR or not gate.jobs_may_run():
        return None
    day = now.date().isoformat()
    with transaction.atomic():
        _, is_mine = PeriodRun.objects.get_or_create(kind=NIGHTLY, period=day, organisation=None)
        return remove_due() if is_mine else None


# --- what the base keeps ----------------------------------------------------------------------------


def _uploads(before):
    return RosterImport.objects.filter(created_at__lt=before).exclude(stored_path="")


def _remove_uploads(rows) -> int:
    pks = []
    for pk, stored_path in rows.values_list("pk", "stored_path"):
        # Before the row says so: a file that is gone already is no error the next night.
        (Path(settings.MEDIA_ROOT) / stored_path).unlink(missing_ok=True)
        pks.append(pk)
    return RosterImport.objects.filter(pk__in=pks).update(stored_path="")


def _unconfirmed(before):
    return RosterImport.objects.filter(state=RosterImport.State.CHECKED, updated_at__lt=before)


def _remove_unconfirmed(rows) -> int:
    # Locked, so that a confirmation of this moment either comes first or finds nothing to confirm.
    pks = list(rows.select_for_update(of=("self",)).values_list("pk", flat=True))
    StagedBlock.objects.filter(roster_import__in=pks).delete()
    return RosterImport.objects.filter(pk__in=pks).update(
        state=RosterImport.State.REFUSED,
        refusal="检查后一直没有确认，暂存的内容已按规定期限删除，没有写入。需要时请重新上传。",
        updated_at=timezone.now(),
    )


def _submissions(before):
    return Submission.objects.filter(created_at__lt=before)


def _remove_submissions(rows) -> int:
    return rows.delete()[0]


def _written_imports(before):
    """Imports written (or taken back) before, of which something is still kept."""
    kept = StagedBlock.objects.filter(roster_import=OuterRef("pk"))
    states = (RosterImport.State.DONE, RosterImport.State.UNDONE)
    return RosterImport.objects.filter(Exists(kept), state__in=states, confirmed_at__lt=before)


def _remove_written_blocks(rows) -> int:
    # Locked, so that an undo of this moment either comes first or says that it is too late.
    pks = list(rows.select_for_update(of=("self",)).values_list("pk", flat=True))
    StagedBlock.objects.filter(roster_import__in=pks).delete()
    return len(pks)


def _ended_jobs(before):
    return Job.objects.filter(finished_at__lt=before)


def _remove_jobs(rows) -> int:
    _, by_model = rows.delete()
    return by_model.get(Job._meta.label, 0)


register(Kept("rosters.uploads", "上传的名册原件", 30, "系统规定：导入原件保存 30 天", _uploads, _remove_uploads))
register(
    Kept("rosters.staged", "检查后没有确认的名册", 7, "系统规定：未确认的 7 天", _unconfirmed, _remove_unconfirmed)
)
register(
    Kept("shared.submissions", "表单的提交编号", 90, "系统规定：防重复提交的编号保存 90 天", _submissions,
         _remove_submissions)
)  # fmt: skip
register(
    Kept(
        "rosters.written", "写入名册的记录（整体撤销用）", RosterImport.KEPT_DAYS,
        f"系统规定：写入后 {RosterImport.KEPT_DAYS} 天内可以整体撤销", _written_imports, _remove_written_blocks,
    )
)  # fmt: skip
register(Kept("jobs.ended", "结束的后台任务", 365, "系统规定：任务记录保存 1 年", _ended_jobs, _remove_jobs))
