"""A job in the middle of reading rows tells how far it is, on a connection of its own, and hears that it was ended."""

import contextlib
import sqlite3
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection, connections

from federation.shared.jobs import JobCancelled, engine
from federation.shared.jobs.context import PROGRESS_SECONDS
from federation.shared.models import Job
from tests.jobs.test_engine import context_of, planned

pytestmark = pytest.mark.django_db(transaction=True)
PATIENCE = 20 * PROGRESS_SECONDS


def until(condition) -> bool:
    """Whether it comes true before patience ends; looked at again and again, as a reader of the page would."""
    ends = time.monotonic() + PATIENCE
    waiting = threading.Event()
    while time.monotonic() < ends:
        if condition():
            return True
        waiting.wait(0.05)
    return False


def rows_being_read():
    """A statement whose rows are taken one by one: this connection reads until the last of them."""
    cursor = connection.cursor()
    cursor.execute(
        "WITH RECURSIVE counted(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM counted WHERE n < 100000) "
        "SELECT n, (SELECT count(*) FROM shared_job) FROM counted"
    )
    return cursor


def test_rows_done_are_told_while_rows_are_read_and_no_lock_is_held(world, ask, tmp_path):
    job = planned(ask("test.ledger", by=world.clerk, rows=8, size=8))

    def reads():
        context = context_of(engine.claim(job.pk))
        with context.heartbeat(), rows_being_read() as rows:
            assert rows.fetchone()
            context.progress_while_reading(5)
            # Written by another connection, though this one is still reading.
            assert until(lambda: _seen_by_another("done", job.pk) == 5)
            # And what reads keeps nobody from writing.
            assert _written_by_another(job.pk)
            assert rows.fetchone()
        with context.committing():
            pass
        return Job.objects.get(pk=job.pk).done

    with on_disk(tmp_path):
        assert _in_another_thread(reads) == 8


def test_who_reads_hears_that_the_job_was_ended(world, ask, tmp_path):
    job = planned(ask("test.ledger", by=world.clerk, rows=8, size=8))

    def reads():
        context = context_of(engine.claim(job.pk))
        with context.heartbeat(), rows_being_read() as rows:
            assert rows.fetchone()
            _in_another_thread(lambda: Job.objects.filter(pk=job.pk).update(state=Job.State.CANCELLED))
            context.progress_while_reading(3)
            assert until(context._cancelled.is_set)
            with pytest.raises(JobCancelled):
                context.check_cancelled()
        return "ended"

    with on_disk(tmp_path):
        assert _in_another_thread(reads) == "ended"


@contextlib.contextmanager
def on_disk(folder):
    """Connections opened inside are to a file, as in real life: a database in memory locks whole tables."""
    if connection.vendor != "sqlite":
        yield
        return
    path, given = folder / "copy.sqlite3", connections.settings["default"]
    copy = sqlite3.connect(path)
    connection.connection.backup(copy)
    copy.execute("PRAGMA journal_mode=WAL")
    copy.close()
    name, given["NAME"] = given["NAME"], str(path)
    try:
        yield
    finally:
        given["NAME"] = name


def _in_another_thread(work):
    """What `work` gives, done on a connection of its own."""

    def run():
        try:
            return work()
        finally:
            connection.close()

    with ThreadPoolExecutor(max_workers=1) as pool:
        return pool.submit(run).result()


def _seen_by_another(name: str, pk: int):
    return _in_another_thread(lambda: Job.objects.values_list(name, flat=True).get(pk=pk))


def _written_by_another(pk: int) -> bool:
    return _in_another_thread(lambda: Job.objects.filter(pk=pk).update(message="写得进去")) == 1
