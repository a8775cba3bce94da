"""Messages are only a bell: lost, doubled, late or never sent, the table decides what is done."""

import threading

import pytest
from django.db import connection, transaction
from django.urls import reverse

from federation.celery import app
from federation.shared import tasks
from federation.shared.jobs import engine, enqueue, retry_parked, run_now, services, sweeping
from federation.shared.models import Chunk, Job, WorkerHost
from federation.shared.models.jobs import DatabaseClock
from tests.jobs.kinds import expected_rows, rows_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def broker(tmp_path):
    """A broker of one's own: an empty folder. `broker.iterdir()` are the messages in it."""
    old = app.conf.broker_url, app.conf.broker_transport_options
    folder = tmp_path / "messages"
    folder.mkdir()
    use_broker(
        "filesystem://localhost/",
        {"data_folder_in": str(folder), "data_folder_out": str(folder), "control_folder": str(folder)},
    )
    yield folder
    use_broker(*old)


def use_broker(url, options):
    app.conf.broker_url = app.conf.broker_write_url = url
    app.conf.broker_transport_options = options
    app.amqp._producer_pool = None
    app._pool = None


@pytest.fixture
def no_broker(broker):
    """The broker has gone away: what it would write to is not there."""
    broker.rmdir()
    broker.write_text("")


@pytest.mark.django_db(transaction=True)
def test_asking_for_a_job_posts_its_id_after_the_commit(world, ask, broker):
    with transaction.atomic():
        ask("test.ledger", by=world.clerk)
        assert list(broker.iterdir()) == []
    assert len(list(broker.iterdir())) == 1


@pytest.mark.django_db(transaction=True)
def test_a_job_asked_for_in_a_transaction_that_rolls_back_leaves_no_trace(world, ask, broker):
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        ask("test.ledger", by=world.clerk)
        raise ZeroDivisionError
    assert not Job.objects.exists()
    assert list(broker.iterdir()) == []


@pytest.mark.django_db(transaction=True)
def test_a_broker_that_is_away_does_not_stop_the_asking_and_the_sweep_rings_later(world, ask, broker):
    folder = broker.with_name("away")
    broker.rename(folder)
    broker.write_text("")
    job = ask("test.ledger", by=world.clerk)
    assert job.was_created
    assert sweeping.sweep() == []
    broker.unlink()
    folder.rename(broker)
    assert sweeping.sweep() == [job.pk]
    assert len(list(broker.iterdir())) == 1
    assert sweeping.sweep() == [], "the bell was just rung"


@pytest.mark.django_db(transaction=True)
def test_a_page_that_takes_a_job_up_again_works_without_a_broker(as_user, world, ask, no_broker):
    job = run_now(ask("test.poison", by=world.clerk, rows=4, poisoned=[0]))
    answer = as_user("clerk").post(reverse("job-retry", args=[job.pk]))
    assert answer.status_code == 302
    job.refresh_from_db()
    assert job.state == Job.State.QUEUED


def test_a_lost_message_is_rung_for_again(world, ask, broker):
    job = ask("test.ledger", by=world.clerk)
    Job.objects.filter(pk=job.pk).update(bell_at=DatabaseClock())
    assert sweeping.sweep() == []
    Job.objects.filter(pk=job.pk).update(bell_at=DatabaseClock(-services.BELL_SECONDS - 1))
    assert sweeping.sweep() == [job.pk]


def test_the_sweep_leaves_ended_jobs_and_those_in_good_hands_alone(world, ask, broker):
    run_now(ask("test.ledger", by=world.clerk))
    taken = ask("test.ledger", by=world.clerk, rows=4, size=4)
    engine.work_on(engine.claim(taken.pk))
    engine.claim(taken.pk)
    Job.objects.update(bell_at=None)
    assert sweeping.sweep() == []


def test_the_sweep_gives_back_what_a_dead_worker_held_and_rings_at_once(world, ask, broker):
    job = ask("test.ledger", by=world.clerk, rows=4, size=4)
    engine.work_on(engine.claim(job.pk))
    chunk = engine.claim(job.pk)
    Chunk.objects.filter(pk=chunk.pk).update(lease_until=DatabaseClock(-1))
    assert sweeping.sweep() == [job.pk]


def test_the_sweep_tells_that_workers_are_there(world, broker):
    sweeping.sweep()
    assert WorkerHost.objects.filter(seen_at__gt=DatabaseClock(-5)).count() == 1


def test_doubled_reordered_and_late_messages_change_nothing(world, ask, broker):
    jobs = [ask("test.ledger", by=world.clerk, rows=10, size=4) for _ in range(3)]
    for job in reversed(jobs):
        tasks.run_job(job.pk)
    for _ in range(5):
        for job in jobs:
            tasks.run_job(job.pk)
    tasks.run_job(10**9)
    for job in jobs:
        job.refresh_from_db()
        assert (job.state, job.result["finished"]) == (Job.State.DONE, 1)
        assert rows_of(job.pk) == expected_rows(10)


def test_a_slice_that_ends_before_the_job_says_that_there_is_more(world, ask, broker):
    job = ask("test.ledger", by=world.clerk, rows=12, size=4)
    assert services.work_through(job.pk, seconds=0)
    assert services.work_through(job.pk, seconds=0)
    assert Chunk.objects.filter(job=job, state=Chunk.State.DONE).count() == 2


def test_the_same_key_gives_the_same_job(world, ask):
    first = ask("test.ledger", by=world.clerk, key="one")
    again = ask("test.ledger", by=world.clerk, key="one")
    assert (first.was_created, again.was_created) == (True, False)
    assert first.pk == again.pk
    run_now(first)
    assert ask("test.ledger", by=world.clerk, key="one").pk == first.pk


def test_after_a_failure_the_same_key_asks_anew(world, ask):
    failed = run_now(ask("test.refuse", by=world.clerk, key="one"))
    again = ask("test.refuse", by=world.clerk, key="one")
    assert again.was_created and again.pk != failed.pk


def test_a_parked_job_keeps_its_key_and_is_retried_instead(world, ask):
    parked = run_now(ask("test.poison", by=world.clerk, rows=4, poisoned=[0], key="one"))
    assert ask("test.poison", by=world.clerk, key="one").pk == parked.pk
    assert retry_parked(job=parked).state == Job.State.QUEUED


def test_equal_payloads_have_equal_hashes_in_any_order(world, ask):
    assert services.inputs_hash("x", {"a": 1, "b": [2]}) == services.inputs_hash("x", {"b": [2], "a": 1})
    assert services.inputs_hash("x", {"a": 1}) != services.inputs_hash("y", {"a": 1})


@pytest.mark.django_db(transaction=True)
def test_twenty_who_ask_for_the_same_at_once_get_one_job(world, ask, broker):
    # A database in memory belongs to one thread: the race itself is run on PostgreSQL.
    askers = 1 if connection.vendor == "sqlite" and connection.is_in_memory_db() else 20
    barrier = threading.Barrier(askers)
    found = []

    def once():
        barrier.wait()
        try:
            payload = {"rows": 4, "size": 4}
            job = enqueue("test.ledger", requested_by=world.clerk, payload=payload, idempotency_key="same")
            found.append((job.pk, job.was_created))
        finally:
            connection.close()

    if askers == 1:
        once()
    else:
        threads = [threading.Thread(target=once) for _ in range(askers)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert len(found) == askers
    assert len({pk for pk, _ in found}) == 1
    assert sum(created for _, created in found) == 1
