"""After a restore no job runs until an operator says so."""

import contextlib
import sqlite3

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.urls import reverse

from federation.shared import health
from federation.shared.backup import make_backup
from federation.shared.jobs import JobRefused, engine, gate, run_now, sweeping
from federation.shared.models import AuditEntry, Job, JobGate
from tests.jobs.kinds import expected_rows, rows_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def restored(db):
    """The database as it is after a restore: its mark is that of another one."""
    JobGate.objects.update(database="7710770369689364592:16385")


def test_a_new_database_runs_jobs_at_once(db):
    assert gate.jobs_may_run()
    assert JobGate.objects.get().database == gate.this_database()


def test_in_a_restored_database_nothing_is_claimed_or_swept(world, ask, restored):
    job = ask("test.ledger", by=world.clerk)
    assert engine.claim(job.pk) is None
    assert sweeping.sweep() == []
    with pytest.raises(JobRefused, match="release_jobs"):
        run_now(job)
    job.refresh_from_db()
    assert (job.state, rows_of(job.pk)) == (Job.State.QUEUED, [])


def test_an_administrator_releases_the_jobs_and_they_go_on(world, ask, restored, capsys):
    job = ask("test.ledger", by=world.clerk)
    call_command("release_jobs", username="administrator")
    assert "已放行" in capsys.readouterr().out
    assert rows_of(run_now(job).pk) == expected_rows(10)
    entry = AuditEntry.objects.get(action="shared.jobs.released")
    assert entry.actor_id == JobGate.objects.get().released_by_id == world.administrator.pk
    call_command("release_jobs", username="administrator")
    assert "不需要放行" in capsys.readouterr().out
    assert AuditEntry.objects.filter(action="shared.jobs.released").count() == 1


@pytest.mark.parametrize("who", ["clerk", "auditor", "nobody"])
def test_nobody_else_releases_them(world, restored, who):
    with pytest.raises(CommandError, match="账号"):
        call_command("release_jobs", username=who)
    assert not gate.jobs_may_run()


def test_the_readiness_page_says_that_jobs_are_held(client, restored, monkeypatch):
    monkeypatch.setattr(health, "_seen", (0.0, {}))
    answer = client.get(reverse("readyz"))
    assert answer.status_code == 200, "pages work meanwhile"
    assert "release_jobs" in answer.json()["parts"]["jobs"]


@pytest.mark.skipif("connection.vendor != 'sqlite'", reason="on PostgreSQL a restored database is another one")
@pytest.mark.django_db(transaction=True)
def test_the_copy_in_a_backup_is_marked_and_the_running_system_goes_on(tmp_path):
    folder = make_backup(tmp_path)
    with contextlib.closing(sqlite3.connect(folder / "database.sqlite3")) as copy:
        assert copy.execute("SELECT database FROM shared_jobgate").fetchall() == [(gate.RESTORED,)]
    assert gate.jobs_may_run()


@pytest.mark.skipif("connection.vendor != 'postgresql'", reason="on SQLite the backup marks its copy")
@pytest.mark.django_db(transaction=True)
def test_another_database_of_the_same_server_is_told_apart():
    with connection.cursor() as cursor:
        cursor.execute("DROP DATABASE IF EXISTS test_fed_gate_copy")
        cursor.execute("CREATE DATABASE test_fed_gate_copy TEMPLATE template0")
        try:
            other = connection.Database.connect(**connection.get_connection_params() | {"dbname": "test_fed_gate_copy"})
            with contextlib.closing(other), other.cursor() as elsewhere:
                elsewhere.execute(gate.WHICH_DATABASE)
                identity = ":".join(map(str, elsewhere.fetchone()))
        finally:
            cursor.execute("DROP DATABASE test_fed_gate_copy")
    assert identity != gate.this_database()
    assert identity.split(":")[0] == gate.this_database().split(":")[0]
