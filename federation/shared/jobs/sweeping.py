"""The sweep: gives back what dead workers held and rings again for jobs nobody has answered.

It makes lost messages harmless. Beat posts it every few seconds, and workers that are busy sweep between two
chunks, so that a full pool does not put it off.
"""

import itertools
import time

from django.db.models import Exists, OuterRef, Q

from federation.shared.jobs import engine, gate, services
from federation.shared.jobs.owners import this_host
from federation.shared.models.jobs import Chunk, ChunkState, DatabaseClock, Job, WorkerHost

SWEEP_SECONDS = 5
# So many jobs are called for at once; the others wait, with their rows, for the next sweep.
CALLS = 50

_last_sweep = time.monotonic()


def sweep() -> list[int]:
    """One sweep; the ids of the jobs that were rung for."""
    global _last_sweep
    _last_sweep = time.monotonic()
    WorkerHost.objects.update_or_create(host=this_host(), defaults={"seen_at": DatabaseClock()})
    if not gate.jobs_may_run():
        return []
    released = engine.release_lost()
    waiting = Chunk.objects.filter(job=OuterRef("pk"), state=ChunkState.QUEUED)
    unanswered = Q(bell_at__isnull=True) | Q(bell_at__lt=DatabaseClock(-services.BELL_SECONDS))
    jobs = (
        Job.objects.still_open()
        .filter(Exists(waiting))
        .filter(unanswered | Q(pk__in=released))
        .order_by("bell_at", "pk")
        .values_list("pk", flat=True)[:CALLS]
    )
    # Where the broker is away the first refusal tells; the next sweep tries again.
    return list(itertools.takewhile(services.ring, jobs))


def sweep_when_due():
    if time.monotonic() - _last_sweep >= SWEEP_SECONDS:
        sweep()
