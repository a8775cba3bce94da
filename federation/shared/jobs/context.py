"""What the work of a chunk is given: its payload, its requester, progress, and the one way to write."""

import contextlib
import logging
import threading
import time

from django.db import DatabaseError, InterfaceError, OperationalError, connection, transaction
from django.utils import timezone

from federation.shared.jobs.kinds import JobCancelled, JobKind, JobRefused, LostLease
from federation.shared.models.jobs import Chunk, ChunkState, DatabaseClock, Job, JobState

logger = logging.getLogger(__name__)

PROGRESS_SECONDS = 1.0


class WorkContext:
    def __init__(self, kind: JobKind, job: Job, chunk: Chunk):
        self.kind = kind
        self.job = job
        self.chunk = chunk
        self.payload = chunk.payload
        self.is_committed = False
        self._told_at = 0.0
        self._lost = threading.Event()
        self._cancelled = threading.Event()
        self._reached = self._told = 0

    @property
    def requested_by(self):
        """The requester as stored now; the rights of the moment count, not those of the asking."""
        return self.job.requested_by

    def check_requester(self):
        user = self.requested_by
        if not user.is_active:
            raise JobRefused("发起人的账号已停用，任务没有执行。请由在用的账号重新发起。")
        if not self.kind.permission:
            return
        scopes = user.scopes(self.kind.permission)
        if self.job.org_path:
            scopes = [scope for scope in scopes if self.job.org_path.startswith(scope.path)]
        if not scopes:
            raise JobRefused("发起人现在没有办理这件事的权限，任务没有执行。请由有权限的账号重新发起。")

    def progress(self, done_rows: int, message: str = ""):
        """Tell how many rows of this chunk are done. At most once a second; silent inside `committing`."""
        now = time.monotonic()
        if connection.in_atomic_block or now - self._told_at < PROGRESS_SECONDS:
            return
        self._told_at = now
        if not self._tell(done_rows, message):
            raise LostLease

    def progress_while_reading(self, done_rows: int):
        """`progress` for who is in the middle of reading rows, told within a second on the heartbeat's connection.

        SQLite refuses a write on a connection that still reads what another has changed since; and what that other
        did, a cancellation, is not seen on it either.
        """
        if not connection.in_atomic_block:
            self._reached = done_rows

    def _tell(self, done_rows: int, message: str = "") -> bool:
        """Store how far the chunk is; False where it is somebody else's by now."""
        with transaction.atomic():
            mine = Chunk.objects.filter(pk=self.chunk.pk, fence=self.chunk.fence, state=ChunkState.RUNNING)
            if not mine.update(done=min(done_rows, self.chunk.total)):
                return False
            told = {"done": Chunk.objects.filter(job=self.job).rows_done()}
            if message:
                told["message"] = message[:300]
            Job.objects.filter(pk=self.job.pk).update(**told)
        return True

    def check_cancelled(self):
        """Raise where the job was cancelled or the chunk was given to another worker. Call it in long loops."""
        if self._lost.is_set():
            raise LostLease
        if self._cancelled.is_set():
            raise JobCancelled
        if not Job.objects.filter(pk=self.job.pk, state=JobState.RUNNING).exists():
            raise JobCancelled

    @contextlib.contextmanager
    def committing(self):
        """The transaction that holds the chunk's effect and its "done" together, or neither."""
        if self.is_committed:
            raise RuntimeError("a chunk commits once")
        with transaction.atomic():
            self._end_session_when_stopped()
            chunk = Chunk.objects.select_for_update(no_key=True).get(pk=self.chunk.pk)
            if chunk.fence != self.chunk.fence or chunk.state != ChunkState.RUNNING:
                raise LostLease
            self.check_cancelled()
            yield
            chunk.state = ChunkState.DONE
            chunk.done = chunk.total
            chunk.lease_until, chunk.lease_owner, chunk.error = None, "", ""
            chunk.save(update_fields=["state", "done", "lease_until", "lease_owner", "error"])
            job = Job.objects.select_for_update(no_key=True).get(pk=self.job.pk)
            if job.state != JobState.RUNNING:
                raise JobCancelled
            settle(job, self.kind)
        self.is_committed = True

    def _end_session_when_stopped(self):
        # A process stopped in the middle keeps its row locks; the server ends such a session for us.
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute(f"SET LOCAL idle_in_transaction_session_timeout = '{self.kind.lease_seconds * 2}s'")

    @contextlib.contextmanager
    def heartbeat(self):
        """Renew the lease at a third of it from a thread, as long as the work goes on."""
        stop = threading.Event()
        thread = threading.Thread(target=self._beat, args=(stop,), name=f"lease-{self.chunk}", daemon=True)
        thread.start()
        try:
            yield
        finally:
            stop.set()
            thread.join()

    def _beat(self, stop: threading.Event):
        try:
            renewed_at = time.monotonic()
            while not stop.wait(min(PROGRESS_SECONDS, self.kind.lease_seconds / 3)):
                try:
                    if time.monotonic() - renewed_at >= self.kind.lease_seconds / 3:
                        renewed_at = time.monotonic()
                        self._renew()
                    if self._reached > self._told:
                        self._tell_reached()
                except DatabaseError:
                    # Locked or unreachable: the lease still has two thirds to go, and the fence protects.
                    logger.warning("lease of chunk %s was not renewed", self.chunk)
                    connection.close()
        finally:
            if self._used_connection:
                connection.close()

    _used_connection = False

    def _tell_reached(self):
        self._used_connection = True
        self._told = reached = self._reached
        if not self._tell(reached):
            self._lost.set()
        if not Job.objects.filter(pk=self.job.pk, state=JobState.RUNNING).exists():
            self._cancelled.set()

    def _renew(self):
        self._used_connection = True
        with transaction.atomic():
            # Skipped where `committing` holds the row: the row lock protects it better than any lease.
            mine = Chunk.objects.select_for_update(skip_locked=True, no_key=True).filter(pk=self.chunk.pk).first()
            if mine is None:
                return
            if mine.fence != self.chunk.fence:
                self._lost.set()
                return
            Chunk.objects.filter(pk=mine.pk, fence=mine.fence, state=ChunkState.RUNNING).update(
                lease_until=DatabaseClock(self.kind.lease_seconds)
            )


def settle(job: Job, kind: JobKind | None):
    """Recompute the job from its chunks and end it where nothing is left. The caller holds the job row's lock."""
    chunks = Chunk.objects.filter(job=job)
    job.done = chunks.rows_done()
    if not chunks.unfinished().exists():
        parked = chunks.filter(state=ChunkState.PARKED).first()
        if parked is not None:
            end_job(job, kind, JobState.PARKED, parked.error)
            return
        job.message = ""
        if kind is not None and kind.finish is not None:
            kind.finish(job)
        job.state = JobState.DONE
        job.finished_at = timezone.now()
    job.save(update_fields=["done", "state", "finished_at", "message", "result"])


def end_job(job: Job, kind: JobKind | None, state: JobState, error: str):
    """End a job without success and let its kind tidy up. The caller holds the job row's lock."""
    job.state = state
    job.error = error[:500]
    job.finished_at = timezone.now()
    job.save(update_fields=["done", "state", "error", "finished_at", "result"])
    if kind is None or kind.on_failure is None:
        return
    try:
        with transaction.atomic():
            kind.on_failure(job)
    except (OperationalError, InterfaceError):
        # A deadlock, a lost connection: whoever ends the job does it again as a whole.
        raise
    except Exception:
        # The job must end all the same, or it would be taken up again for ever.
        logger.exception("tidying up after job %s failed", job.pk)
