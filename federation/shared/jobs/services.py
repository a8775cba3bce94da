"""What the pages and commands do with jobs: ask for one, cancel it, take up its parked parts, run it here."""

import hashlib
import json
import logging
import time

from django.core.serializers.json import DjangoJSONEncoder
from django.db import IntegrityError, connection, transaction
from django.db.models import Q
from kombu.exceptions import ChannelError, KombuError

from federation.shared.jobs import engine, gate
from federation.shared.jobs.context import end_job
from federation.shared.jobs.kinds import JobRefused, kind_of, kind_or_none
from federation.shared.models.jobs import Chunk, ChunkState, DatabaseClock, Job, JobState

logger = logging.getLogger(__name__)

SLICE_SECONDS = 20
# A bell nobody answered for so long is rung again; every claim counts as an answer, and a chunk takes 5 s.
BELL_SECONDS = 10
# How many workers are called to one job of many chunks; one on SQLite, which has one writer.
LANES = 8


def enqueue(name, *, requested_by, payload=None, idempotency_key, organisation=None, title="", post=True) -> Job:
    """Ask for a job. The same key while one exists gives that one back, with `was_created` False.

    Inside a transaction that rolls back there is no job and no message. `post=False` leaves the message out,
    for commands that work on the job themselves.
    """
    kind = kind_of(name)
    payload = payload or {}
    standing = ~Q(state__in=[JobState.FAILED, JobState.CANCELLED])
    existing = Job.objects.filter(standing, idempotency_key=idempotency_key).first()
    if existing is not None:
        return existing
    job = Job(
        kind=name,
        title=(title or kind.label)[:200],
        requested_by=requested_by,
        organisation=organisation,
        payload=payload,
        inputs_hash=inputs_hash(name, payload),
        idempotency_key=idempotency_key,
    )
    try:
        with transaction.atomic():
            job.save()
            Chunk.objects.create(job=job, number=0, label="准备工作")
    except IntegrityError:
        # Somebody asked for the same thing at the same moment.
        existing = Job.objects.filter(standing, idempotency_key=idempotency_key).first()
        if existing is None:
            raise
        return existing
    job.was_created = True
    if post:
        transaction.on_commit(lambda: ring(job.pk))
    return job


def inputs_hash(name: str, payload: dict) -> str:
    text = json.dumps([name, payload], sort_keys=True, ensure_ascii=False, cls=DjangoJSONEncoder)
    return hashlib.sha256(text.encode()).hexdigest()


def ring(job_id: int, times: int = 1) -> bool:
    """Post the job's id to the broker. A broker that is away is no error: the sweep rings again."""
    from federation.shared.tasks import run_job

    Job.objects.filter(pk=job_id).still_open().update(bell_at=DatabaseClock())
    try:
        for _ in range(times):
            run_job.apply_async((job_id,), retry=False)
    except (KombuError, ChannelError, OSError) as error:
        logger.warning("job %s waits for the sweep: the broker did not take its message (%s)", job_id, error)
        Job.objects.filter(pk=job_id).still_open().update(bell_at=None)
        return False
    return True


def work_through(job_id: int, seconds: float = SLICE_SECONDS) -> bool:
    """Work on the job for a while; True where chunks are still waiting for somebody."""
    engine.release_lost(job_id)
    until = time.monotonic() + seconds
    while not engine.is_stopping():
        chunk = engine.claim(job_id)
        if chunk is None:
            return False
        engine.work_on(chunk)
        if chunk.number == 0:
            _call_others(job_id)
        if time.monotonic() >= until:
            break
    return waiting_chunks(job_id).exists()


def waiting_chunks(job_id: int):
    return Chunk.objects.filter(job_id=job_id, state=ChunkState.QUEUED, job__state=JobState.RUNNING)


def _call_others(job_id: int):
    if connection.vendor == "sqlite":
        return
    others = min(waiting_chunks(job_id).count(), LANES) - 1
    if others > 0 and not connection.in_atomic_block:
        ring(job_id, times=others)


def run_now(job: Job) -> Job:
    """Work on the job in this process until it has ended, with workers or without; the job as stored then."""
    kind_of(job.kind)
    if not gate.jobs_may_run():
        raise JobRefused(gate.HELD)
    while True:
        engine.release_lost(job.pk)
        chunk = engine.claim(job.pk)
        if chunk is not None:
            engine.work_on(chunk)
            continue
        job.refresh_from_db()
        if not job.is_open:
            return job
        # The rest is in the hands of other workers.
        time.sleep(0.2)


def cancel(*, job: Job):
    """End the job at once; parts already done stay done, the part being worked on is rolled back."""
    kind = kind_or_none(job.kind)
    if kind is None:
        # Its kind knows what must be tidied up; without it an import, say, would stay half confirmed for ever.
        raise JobRefused("现在的程序里没有这类任务，它不会执行，也不能取消。请告诉系统管理员核对程序版本。")
    if not kind.cancellable:
        raise JobRefused("这类任务开始后不能取消。")
    with transaction.atomic():
        current = Job.objects.select_for_update(no_key=True).get(pk=job.pk)
        if not current.is_open and current.state != JobState.PARKED:
            raise JobRefused(f"任务{current.get_state_display()}，不能再取消。")
        # A parked job has tidied up already; what it left may since be in the hands of another.
        end_job(current, kind if current.is_open else None, JobState.CANCELLED, "")
    return current


def retry_parked(*, job: Job) -> Job:
    """Put the parked parts of a job back in the queue, with their counts of failures at nought."""
    with transaction.atomic():
        # Chunks before job, as everywhere.
        parked = list(
            Chunk.objects.select_for_update(no_key=True).filter(job=job, state=ChunkState.PARKED).values_list("pk")
        )
        current = Job.objects.select_for_update(no_key=True).get(pk=job.pk)
        if current.state != JobState.PARKED or not parked:
            raise JobRefused(f"任务{current.get_state_display()}，没有可以重试的部分。")
        Chunk.objects.filter(job=job, state=ChunkState.PARKED).update(
            state=ChunkState.QUEUED, attempts=0, losses=0, error=""
        )
        current.state = JobState.QUEUED
        current.error = ""
        current.finished_at = None
        current.save(update_fields=["state", "error", "finished_at"])
        transaction.on_commit(lambda: ring(job.pk))
    return current
