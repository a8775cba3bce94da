"""Claim, fence, zombie, cancel, park, rights at run time: on real rows, without workers."""

from dataclasses import replace

import pytest
from django.db import OperationalError, connection, transaction

from federation.shared.jobs import JobRefused, LostLease, cancel, engine, retry_parked, run_now
from federation.shared.jobs.context import WorkContext
from federation.shared.jobs.kinds import JobCancelled, kind_of
from federation.shared.jobs.owners import this_owner
from federation.shared.models import Chunk, Job
from federation.shared.models.jobs import DatabaseClock
from tests.jobs.kinds import expected_rows, rows_of

pytestmark = pytest.mark.django_db


def planned(job) -> Job:
    engine.work_on(engine.claim(job.pk))
    job.refresh_from_db()
    return job


def context_of(chunk) -> WorkContext:
    return WorkContext(kind_of(chunk.job.kind), chunk.job, chunk)


def test_a_job_is_planned_worked_on_and_finished_once(world, ask):
    job = run_now(ask("test.ledger", by=world.clerk, rows=10, size=4))
    assert job.state == Job.State.DONE
    assert (job.done, job.total) == (10, 10)
    assert job.result == {"rows": 10, "finished": 1}
    assert rows_of(job.pk) == expected_rows(10)
    assert job.started_at <= job.finished_at


def test_a_job_without_parts_is_finished_too(world, ask):
    job = run_now(ask("test.ledger", by=world.clerk, rows=0))
    assert (job.state, job.result["finished"]) == (Job.State.DONE, 1)


def test_a_chunk_is_claimed_by_one_worker_only(world, ask):
    job = planned(ask("test.ledger", by=world.clerk, rows=8, size=4))
    first, second = engine.claim(job.pk), engine.claim(job.pk)
    assert (first.number, second.number) == (1, 2)
    assert engine.claim(job.pk) is None
    assert first.lease_owner == this_owner()


def test_a_zombie_cannot_write_after_its_chunk_was_given_to_another(world, ask):
    job = planned(ask("test.ledger", by=world.clerk, rows=4, size=4))
    zombie = engine.claim(job.pk)
    Chunk.objects.filter(pk=zombie.pk).update(lease_until=DatabaseClock(-1))
    assert engine.release_lost() == [job.pk]
    engine.work_on(engine.claim(job.pk))
    with pytest.raises(LostLease), context_of(zombie).committing():
        pytest.fail("the zombie was let in")
    assert rows_of(job.pk) == expected_rows(4)


def test_a_zombie_writes_nothing_even_before_another_takes_its_chunk(world, ask):
    job = planned(ask("test.ledger", by=world.clerk, rows=4, size=4))
    zombie = engine.claim(job.pk)
    Chunk.objects.filter(pk=zombie.pk).update(lease_until=DatabaseClock(-1))
    engine.release_lost()
    engine.work_on(zombie)
    assert rows_of(job.pk) == []
    assert Chunk.objects.get(pk=zombie.pk).state == Chunk.State.QUEUED


def test_a_chunk_of_a_dead_process_is_given_back_before_its_lease_ends(world, ask):
    job = planned(ask("test.ledger", by=world.clerk, rows=4, size=4))
    chunk = engine.claim(job.pk)
    host, pid, _ = this_owner().rsplit(":", 2)
    Chunk.objects.filter(pk=chunk.pk).update(lease_owner=f"{host}:{pid}:1")
    assert engine.release_lost() == [job.pk]
    assert Chunk.objects.get(pk=chunk.pk).losses == 1


def test_a_living_worker_or_one_on_another_host_keeps_its_chunk(world, ask):
    job = planned(ask("test.ledger", by=world.clerk, rows=8, size=4))
    engine.claim(job.pk)
    elsewhere = engine.claim(job.pk)
    Chunk.objects.filter(pk=elsewhere.pk).update(lease_owner="other/1:1:1")
    assert engine.release_lost() == []


def test_a_chunk_that_fails_three_times_is_parked_with_words_and_the_rest_is_done(world, ask):
    job = run_now(ask("test.poison", by=world.clerk, rows=12, size=4, poisoned=[4]))
    assert job.state == Job.State.PARKED
    assert job.done == 8
    assert "第 2 部分" in job.error and "连续 3 次" in job.error and "错误编号" in job.error
    assert "ZeroDivision" not in job.error
    assert [row for row, _ in rows_of(job.pk)] == [0, 1, 2, 3, 8, 9, 10, 11]
    assert job.result == {"tidied": ["parked"]}


def test_parked_parts_are_taken_up_again_on_request(world, ask):
    job = run_now(ask("test.poison", by=world.clerk, rows=8, size=4, poisoned=[4]))
    Job.objects.filter(pk=job.pk).update(payload=job.payload | {"poisoned": []})
    job = run_now(retry_parked(job=job))
    assert (job.state, job.error) == (Job.State.DONE, "")
    assert rows_of(job.pk) == expected_rows(8)


def test_a_chunk_whose_worker_keeps_vanishing_is_parked(world, ask):
    job = planned(ask("test.ledger", by=world.clerk, rows=4, size=4))
    for _ in range(engine.LOSSES_ALLOWED):
        chunk = engine.claim(job.pk)
        Chunk.objects.filter(pk=chunk.pk).update(lease_until=DatabaseClock(-1))
        engine.release_lost()
    job.refresh_from_db()
    assert job.state == Job.State.PARKED
    assert "内存" in job.error
    assert engine.claim(job.pk) is None


def test_a_refusal_of_the_office_ends_the_job_with_its_sentence(world, ask):
    job = run_now(ask("test.refuse", by=world.clerk, rows=8))
    assert (job.state, job.error) == (Job.State.FAILED, "2027 年还没有到，不能考核。请改为 2026 年或更早的年度。")
    assert job.chunks.filter(attempts__gt=0).count() == 0


def test_a_cancelled_job_takes_no_further_chunk_and_rolls_the_current_one_back(world, ask):
    job = planned(ask("test.ledger", by=world.clerk, rows=8, size=4))
    engine.work_on(engine.claim(job.pk))
    running = engine.claim(job.pk)
    cancel(job=job)
    with pytest.raises(JobCancelled):
        context_of(running).check_cancelled()
    engine.work_on(running)
    assert run_now(job).state == Job.State.CANCELLED
    assert rows_of(job.pk) == expected_rows(4)


def test_a_cancel_that_comes_while_the_effect_is_being_written_rolls_it_back(world, ask):
    job = planned(ask("test.ledger", by=world.clerk, rows=4, size=4))
    context = context_of(engine.claim(job.pk))
    with pytest.raises(JobCancelled), context.committing():
        Job.objects.filter(pk=job.pk).update(state=Job.State.CANCELLED)
    assert Chunk.objects.get(pk=context.chunk.pk).state == Chunk.State.RUNNING


def test_a_kind_tidies_up_once_however_its_job_ends_without_success(world, ask):
    cancelled = cancel(job=ask("test.tidy", by=world.clerk))
    failed = run_now(ask("test.refuse", by=world.clerk))
    parked = run_now(ask("test.poison", by=world.clerk, rows=4, poisoned=[0]))
    given_up = cancel(job=parked)
    assert [job.result["tidied"] for job in (cancelled, failed, parked, given_up)] == [
        ["cancelled"],
        ["failed"],
        ["parked"],
        ["parked"],
    ]
    assert given_up.state == Job.State.CANCELLED


def test_a_job_whose_tidying_up_the_database_interrupts_is_not_ended_half(world, ask, monkeypatch):
    """Else what it was doing would stand as under way for ever, with no job that ends it."""
    job = ask("test.tidy", by=world.clerk)

    def deadlock(job):
        raise OperationalError("deadlock detected")

    kind = replace(kind_of("test.tidy"), on_failure=deadlock)
    monkeypatch.setattr("federation.shared.jobs.services.kind_or_none", lambda name: kind)
    with pytest.raises(OperationalError):
        cancel(job=job)
    monkeypatch.undo()
    job.refresh_from_db()
    assert job.is_open
    assert cancel(job=job).result["tidied"] == ["cancelled"]


def test_a_job_that_may_not_be_cancelled_says_so(world, ask):
    with pytest.raises(JobRefused, match="不能取消"):
        cancel(job=ask("test.steady", by=world.clerk))


def test_a_finished_job_is_not_cancelled(world, ask):
    job = run_now(ask("test.ledger", by=world.clerk))
    with pytest.raises(JobRefused, match="已完成"):
        cancel(job=job)
    job.refresh_from_db()
    assert job.state == Job.State.DONE


def test_a_job_of_an_account_disabled_meanwhile_does_nothing(world, ask):
    job = ask("test.ledger", by=world.clerk)
    type(world.clerk).objects.filter(pk=world.clerk.pk).update(is_active=False)
    job = run_now(job)
    assert job.state == Job.State.FAILED
    assert "账号已停用" in job.error
    assert rows_of(job.pk) == []


def test_a_job_acts_with_the_rights_its_requester_has_when_it_runs(world, ask):
    job = planned(ask("test.granted", by=world.clerk, organisation=world.county, rows=8, size=4))
    engine.work_on(engine.claim(job.pk))
    world.clerk.assignments.update(role="auditor")
    job = run_now(job)
    assert job.state == Job.State.FAILED
    assert "没有办理这件事的权限" in job.error
    assert rows_of(job.pk) == expected_rows(4)


def test_a_right_held_elsewhere_does_not_count(world, ask):
    job = run_now(ask("test.granted", by=world.other_clerk, organisation=world.county))
    assert job.state == Job.State.FAILED


def test_a_worker_that_does_not_know_the_kind_leaves_the_job_alone(world, ask):
    job = ask("test.ledger", by=world.clerk)
    Job.objects.filter(pk=job.pk).update(kind="of.a.later.version")
    assert engine.claim(job.pk) is None
    job.refresh_from_db()
    assert job.state == Job.State.QUEUED


def test_the_heartbeat_renews_the_lease_and_notices_its_loss(world, ask):
    job = planned(ask("test.ledger", by=world.clerk, rows=4, size=4))
    context = context_of(engine.claim(job.pk))
    Chunk.objects.filter(pk=context.chunk.pk).update(lease_until=DatabaseClock(1))
    before = Chunk.objects.get(pk=context.chunk.pk).lease_until
    context._renew()
    assert (Chunk.objects.get(pk=context.chunk.pk).lease_until - before).total_seconds() > 50
    Chunk.objects.filter(pk=context.chunk.pk).update(fence=99)
    context._renew()
    with pytest.raises(LostLease):
        context.check_cancelled()


@pytest.mark.django_db(transaction=True)
def test_progress_is_told_between_commits_and_counted_once(world, ask):
    job = planned(ask("test.ledger", by=world.clerk, rows=8, size=4))
    engine.work_on(engine.claim(job.pk))
    context = context_of(engine.claim(job.pk))
    context.progress(3, "正在核对西山村")
    job.refresh_from_db()
    assert (job.done, job.message) == (7, "正在核对西山村")
    context.progress(4)
    job.refresh_from_db()
    assert job.done == 7, "a second report within a second is left out"
    with context.committing():
        pass
    job.refresh_from_db()
    assert job.done == 8


def test_the_effect_and_done_are_rolled_back_together(world, ask):
    job = planned(ask("test.ledger", by=world.clerk, rows=4, size=4))
    context = context_of(engine.claim(job.pk))
    with pytest.raises(KeyboardInterrupt), context.committing():
        with connection.cursor() as cursor:
            cursor.execute("INSERT INTO job_test_effect VALUES (%s, 1, 1)", [job.pk])
        raise KeyboardInterrupt
    assert rows_of(job.pk) == []
    assert Chunk.objects.get(pk=context.chunk.pk).state == Chunk.State.RUNNING


def test_leases_run_by_the_clock_of_the_database(world, ask):
    job = planned(ask("test.ledger", by=world.clerk, rows=4, size=4))
    with transaction.atomic():
        chunk = engine.claim(job.pk)
        assert not Chunk.objects.filter(pk=chunk.pk, lease_until__lt=DatabaseClock(55)).exists()
        assert Chunk.objects.filter(pk=chunk.pk, lease_until__lt=DatabaseClock(65)).exists()
