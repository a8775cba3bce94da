"""Taking chunks, working on them, giving them back: the part that must survive a kill at any moment."""

import logging
import mmap
import secrets

from django.db import InterfaceError, OperationalError, connection, transaction
from django.db.models import F
from django.db.models.functions import Coalesce, Now

from federation.shared.jobs import gate
from federation.shared.jobs.context import WorkContext, end_job, settle
from federation.shared.jobs.kinds import JobCancelled, JobKind, JobRefused, LostLease, kind_or_none, known_kinds
from federation.shared.jobs.owners import is_dead, this_host, this_owner
from federation.shared.models.jobs import OPEN_STATES, Chunk, ChunkState, DatabaseClock, Job, JobState

logger = logging.getLogger(__name__)

ATTEMPTS_ALLOWED = 3
# More than attempts: a kill or a power cut is not the chunk's fault, but a chunk that eats all memory is.
LOSSES_ALLOWED = 10

# One byte shared with pool children: set when the worker is told to stop, so that it stops between two chunks.
_stopping = mmap.mmap(-1, 1)


def stop_taking():
    _stopping[0] = 1


def is_stopping() -> bool:
    return _stopping[0] == 1


def claim(job_id: int) -> Chunk | None:
    """Take the next waiting chunk of the job, or None. Two workers never get the same one; after a restore nobody."""
    if not gate.jobs_may_run():
        return None
    with transaction.atomic():
        chunk = (
            Chunk.objects.select_for_update(skip_locked=True, no_key=True, of=("self",))
            .filter(job_id=job_id, state=ChunkState.QUEUED, job__state__in=OPEN_STATES)
            .filter(job__kind__in=known_kinds())
            .select_related("job")
            .order_by("number")
            .first()
        )
        if chunk is None:
            return None
        kind = kind_or_none(chunk.job.kind)
        taken = Chunk.objects.filter(pk=chunk.pk, state=ChunkState.QUEUED, fence=chunk.fence).update(
            state=ChunkState.RUNNING,
            fence=F("fence") + 1,
            lease_until=DatabaseClock(kind.lease_seconds),
            lease_owner=this_owner(),
        )
        running = taken and Job.objects.filter(pk=job_id, state__in=OPEN_STATES).update(
            state=JobState.RUNNING, started_at=Coalesce("started_at", Now()), bell_at=DatabaseClock()
        )
        if not running:
            transaction.set_rollback(True)
            return None
        return Chunk.objects.select_related("job__requested_by").get(pk=chunk.pk)


def work_on(chunk: Chunk):
    """Do one claimed chunk, whatever happens in it. Raises only where the database itself is gone."""
    job = chunk.job
    kind = kind_or_none(job.kind)
    context = WorkContext(kind, job, chunk)
    try:
        with context.heartbeat():
            context.check_requester()
            if chunk.number == 0:
                _plan(context)
            else:
                kind.work(context)
                if not context.is_committed:
                    with context.committing():
                        pass
    except LostLease:
        logger.warning("chunk %s was taken over by another worker; nothing of this one was written", chunk)
    except JobCancelled:
        logger.info("job %s was ended while chunk %s was worked on", job.pk, chunk)
    except JobRefused as refusal:
        _refuse(kind, chunk, str(refusal))
    except (OperationalError, InterfaceError):
        # The database, not the chunk: a deadlock, a restart, a lock that was held too long.
        logger.exception("chunk %s was interrupted by the database", chunk)
        connection.close_if_unusable_or_obsolete()
        give_back(kind, chunk, "数据库暂时无法使用")
    except Exception:
        number = secrets.token_hex(4)
        logger.exception("chunk %s failed, reference %s", chunk, number)
        _fail(kind, chunk, f"程序出错（错误编号 {number}）。请把编号告诉系统管理员；改正后可在本页重试。")


def _plan(context: WorkContext):
    """Chunk 0: ask the kind for the parts and store them, with the total, in one transaction."""
    specs = list(context.kind.plan(context.job))
    with context.committing():
        Chunk.objects.bulk_create(
            [
                Chunk(job=context.job, number=number, payload=spec.payload, total=spec.total, label=spec.label[:100])
                for number, spec in enumerate(specs, start=1)
            ],
            batch_size=500,
        )
        Job.objects.filter(pk=context.job.pk).update(total=sum(spec.total for spec in specs))


def _lock_mine(chunk: Chunk) -> Chunk | None:
    """The chunk's row, locked, as long as this worker still holds it."""
    mine = Chunk.objects.select_for_update(no_key=True).filter(pk=chunk.pk, fence=chunk.fence).first()
    return mine if mine is not None and mine.state == ChunkState.RUNNING else None


def _refuse(kind: JobKind, chunk: Chunk, sentence: str):
    with transaction.atomic():
        mine = _lock_mine(chunk)
        if mine is None:
            return
        _store(mine, ChunkState.PARKED, sentence)
        job = Job.objects.select_for_update(no_key=True).get(pk=chunk.job_id)
        if job.is_open:
            end_job(job, kind, JobState.FAILED, sentence)


def _fail(kind: JobKind, chunk: Chunk, reason: str):
    with transaction.atomic():
        mine = _lock_mine(chunk)
        if mine is None:
            return
        mine.attempts += 1
        if mine.attempts < ATTEMPTS_ALLOWED:
            _store(mine, ChunkState.QUEUED, reason)
        else:
            _park(kind, mine, f"连续 {mine.attempts} 次没有完成，已搁置。原因：{reason}")


def give_back(kind: JobKind | None, chunk: Chunk, reason: str):
    """Return a chunk whose worker or database went away; park it where that keeps happening."""
    with transaction.atomic():
        mine = _lock_mine(chunk)
        if mine is not None:
            _lose(kind, mine, reason)


def _lose(kind: JobKind | None, mine: Chunk, reason: str):
    mine.losses += 1
    if mine.losses < LOSSES_ALLOWED:
        _store(mine, ChunkState.QUEUED, reason)
    else:
        _park(
            kind, mine, f"处理时中断了 {mine.losses} 次，已搁置。原因：{reason}。请告诉系统管理员检查后台程序的内存。"
        )


def _park(kind: JobKind | None, mine: Chunk, reason: str):
    part = mine.label or (f"第 {mine.number} 部分" if mine.number else "准备工作")
    _store(mine, ChunkState.PARKED, f"{part}：{reason}")
    job = Job.objects.select_for_update(no_key=True).get(pk=mine.job_id)
    if job.is_open:
        settle(job, kind)


def _store(mine: Chunk, state: ChunkState, error: str):
    mine.state = state
    mine.error = error[:500]
    # Raised here too, so that a worker that was only stopped cannot write after it wakes.
    mine.fence += 1
    mine.done = 0
    mine.lease_until, mine.lease_owner = None, ""
    mine.save(update_fields=["state", "error", "fence", "done", "lease_until", "lease_owner", "attempts", "losses"])


def release_lost(job_id: int | None = None) -> list[int]:
    """Give back chunks whose lease ran out or whose worker on this host is dead; the jobs' ids."""
    running = Chunk.objects.filter(state=ChunkState.RUNNING)
    if job_id is not None:
        running = running.filter(job_id=job_id)
    expired = set(running.filter(lease_until__lt=DatabaseClock()).values_list("pk", flat=True))
    here = running.filter(lease_owner__startswith=this_host() + ":").values_list("pk", "lease_owner")
    dead = {pk for pk, owner in here if is_dead(owner)}
    jobs = set()
    for pk in sorted(expired | dead):
        with transaction.atomic():
            # Looked at again under the lock: its worker may have committed or renewed meanwhile.
            still = Chunk.objects.select_for_update(skip_locked=True, no_key=True, of=("self",)).filter(
                pk=pk, state=ChunkState.RUNNING
            )
            chunk = still.select_related("job").first()
            if chunk is None:
                continue
            if not is_dead(chunk.lease_owner) and not still.filter(lease_until__lt=DatabaseClock()).exists():
                continue
            logger.warning("chunk %s is given back: its worker %s is gone", chunk, chunk.lease_owner)
            _lose(kind_or_none(chunk.job.kind), chunk, "后台程序意外退出")
            jobs.add(chunk.job_id)
    return sorted(jobs)
