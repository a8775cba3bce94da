"""Pages of jobs: found again, progress in Chinese, cancelled, retried; seen by who asked and who manages."""

import pytest
from django.urls import reverse

from federation.shared.jobs import cancel, engine, run_now
from federation.shared.models import Job

pytestmark = pytest.mark.django_db


@pytest.fixture
def half_done(world, ask):
    job = ask("test.ledger", by=world.clerk, rows=12_000, size=6_000, organisation=world.county)
    for _ in range(2):
        engine.work_on(engine.claim(job.pk))
    return job


def test_the_list_shows_ones_own_jobs_with_rows_of_rows(as_user, half_done, world, ask):
    other = ask("test.ledger", by=world.director, organisation=world.township)
    page = as_user("clerk").get(reverse("job-list")).content.decode()
    assert "已完成 6,000 行，共 12,000 行" in page
    assert reverse("job-detail", args=[half_done.pk]) in page
    assert reverse("job-detail", args=[other.pk]) not in page


def test_an_administrator_sees_the_jobs_of_the_county_but_not_of_the_next(as_user, half_done, world, ask):
    foreign = ask("test.ledger", by=world.other_clerk, organisation=world.other_county)
    page = as_user("administrator").get(reverse("job-list")).content.decode()
    assert reverse("job-detail", args=[half_done.pk]) in page
    assert reverse("job-detail", args=[foreign.pk]) not in page


@pytest.mark.parametrize("name", ["job-detail", "job-progress", "job-cancel"])
@pytest.mark.parametrize("who", ["leader", "director", "other_clerk", "viewer"])
def test_somebody_elses_job_is_not_found(as_user, half_done, name, who):
    assert as_user(who).get(reverse(name, args=[half_done.pk])).status_code == 404


@pytest.mark.parametrize("name", ["job-cancel", "job-retry"])
def test_somebody_elses_job_is_neither_cancelled_nor_retried(as_user, half_done, name):
    assert as_user("other_clerk").post(reverse(name, args=[half_done.pk])).status_code == 404
    half_done.refresh_from_db()
    assert half_done.state == Job.State.RUNNING


def test_a_machine_key_sees_no_job(world, half_done):
    assert not Job.objects.visible_to(world.machine).exists()


def test_the_progress_is_given_to_the_script_and_on_the_page_without_it(as_user, half_done):
    client = as_user("clerk")
    told = client.get(reverse("job-progress", args=[half_done.pk])).json()
    assert (told["done"], told["total"], told["finished"]) == (6_000, 12_000, False)
    assert told["text"] == "已完成 6,000 行，共 12,000 行"
    page = client.get(reverse("job-detail", args=[half_done.pk])).content.decode()
    assert told["text"] in page and "刷新进度" in page


def test_a_running_job_is_cancelled_after_a_question(as_user, half_done):
    client = as_user("clerk")
    address = reverse("job-cancel", args=[half_done.pk])
    assert "已经完成的部分保留" in client.get(address).content.decode()
    half_done.refresh_from_db()
    assert half_done.state == Job.State.RUNNING
    page = client.post(address, follow=True).content.decode()
    assert "任务已取消" in page
    half_done.refresh_from_db()
    assert half_done.state == Job.State.CANCELLED


def test_a_job_whose_kind_is_gone_is_not_cancelled_and_says_why(as_user, half_done):
    Job.objects.filter(pk=half_done.pk).update(kind="test.removed")
    page = as_user("clerk").post(reverse("job-cancel", args=[half_done.pk]), follow=True).content.decode()
    assert "现在的程序里没有这类任务" in page
    half_done.refresh_from_db()
    assert half_done.state == Job.State.RUNNING


def test_a_finished_job_is_not_cancelled_and_says_why(as_user, half_done):
    run_now(half_done)
    page = as_user("clerk").post(reverse("job-cancel", args=[half_done.pk]), follow=True).content.decode()
    assert "任务已完成，不能再取消" in page
    half_done.refresh_from_db()
    assert half_done.state == Job.State.DONE


def test_a_parked_job_names_its_part_and_can_be_retried(as_user, world, ask):
    job = run_now(ask("test.poison", by=world.clerk, rows=8, size=4, poisoned=[0]))
    client = as_user("clerk")
    page = client.get(reverse("job-detail", args=[job.pk])).content.decode()
    assert "第 1 部分" in page and "重试搁置的部分" in page
    client.post(reverse("job-retry", args=[job.pk]))
    job.refresh_from_db()
    assert job.state == Job.State.QUEUED


def test_a_cancelled_job_is_not_retried(as_user, half_done):
    cancel(job=half_done)
    page = as_user("clerk").post(reverse("job-retry", args=[half_done.pk]), follow=True).content.decode()
    assert "没有可以重试的部分" in page


def test_the_list_asks_the_database_as_often_for_many_jobs_as_for_few(
    as_user, world, ask, django_assert_max_num_queries
):
    client = as_user("clerk")
    for _ in range(40):
        ask("test.ledger", by=world.clerk)
    with django_assert_max_num_queries(12):
        assert client.get(reverse("job-list")).status_code == 200
