"""What is kept for a time only: listed, deleted once a night, counted in the audit log."""

import datetime
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import call_command
from django.utils import timezone

from federation.shared import retention
from federation.shared.jobs import run_now
from federation.shared.models import AuditEntry, Job, JobGate, PeriodRun, RosterImport, StagedBlock
from federation.shared.rosters import course as steps
from federation.shared.rosters import services
from federation.shared.rosters.error_workbook import error_workbook
from federation.shared.rosters.registry import roster_of
from federation.shared.rosters.resource import RosterRefused
from tests.rosters.people import person, roster_file

pytestmark = pytest.mark.django_db
State = RosterImport.State
KEPT = ["rosters.uploads", "rosters.staged", "jobs.ended"]


@pytest.fixture
def checked(world, settings, tmp_path):
    """An import that waits for its confirmation."""
    settings.MEDIA_ROOT = tmp_path / "media"
    sent = services.receive(
        kind="persons", file_name="名册.xlsx", chunks=[roster_file([person(0), person(1, 性别="不明")])],
        mode=RosterImport.Mode.CORRECT_ROWS, organisation=world.county, by=world.clerk,
    )  # fmt: skip
    run_now(steps.start_check(sent, by=world.clerk, post=False))
    sent.refresh_from_db()
    assert sent.state == State.CHECKED
    return sent


def aged(row, **days):
    moments = {name: timezone.now() - datetime.timedelta(days=count, minutes=1) for name, count in days.items()}
    type(row).objects.filter(pk=row.pk).update(**moments)


def at(hour, monkeypatch, day=21):
    moment = datetime.datetime(2026, 11, day, hour, 20, tzinfo=timezone.get_current_timezone())
    monkeypatch.setattr(retention.timezone, "localtime", lambda: moment)


def test_an_uploaded_file_goes_after_thirty_days_and_its_import_stays(checked):
    path = Path(settings.MEDIA_ROOT) / checked.stored_path
    aged(checked, created_at=29)
    assert retention.remove_due()["rosters.uploads"] == 0
    assert path.exists()
    aged(checked, created_at=30)
    assert retention.remove_due()["rosters.uploads"] == 1
    assert not path.exists()
    checked.refresh_from_db()
    assert (checked.state, checked.stored_path) == (State.CHECKED, "")
    with pytest.raises(RosterRefused, match="保存期已满"):
        error_workbook(checked, roster_of("persons"))
    assert retention.remove_due()["rosters.uploads"] == 0


def test_staged_rows_that_nobody_confirmed_go_after_seven_days(checked):
    aged(checked, updated_at=6)
    assert retention.remove_due()["rosters.staged"] == 0
    assert StagedBlock.objects.exists()
    aged(checked, updated_at=7)
    assert retention.remove_due()["rosters.staged"] == 1
    assert not StagedBlock.objects.exists()
    checked.refresh_from_db()
    assert checked.state == State.REFUSED
    assert "重新上传" in checked.refusal and not checked.may_be_confirmed


def test_what_was_confirmed_can_be_undone_after_seven_days(checked, world):
    steps.begin_confirming(checked, by=world.clerk, post=False)
    run_now(Job.objects.latest("pk"))
    aged(checked, updated_at=20)
    assert retention.remove_due()["rosters.staged"] == 0
    assert StagedBlock.objects.filter(content="written").exists()


def test_ended_jobs_go_after_a_year_with_their_parts_and_open_ones_never(checked, world):
    old = Job.objects.get()
    steps.begin_confirming(checked, by=world.clerk, post=False)
    waiting = Job.objects.latest("pk")
    aged(old, created_at=400, finished_at=365)
    aged(waiting, created_at=400)
    assert retention.remove_due()["jobs.ended"] == 1
    assert list(Job.objects.all()) == [waiting]
    assert not old.chunks.exists()


def test_the_command_lists_first_and_deletes_then(checked, capsys):
    aged(checked, created_at=31, updated_at=1)
    call_command("retention", dry_run=True)
    out = capsys.readouterr().out
    assert "上传的名册原件：保存 30 天" in out and "将删除 1 份" in out
    assert (Path(settings.MEDIA_ROOT) / checked.stored_path).exists()
    assert not AuditEntry.objects.filter(action="shared.retention.done").exists()
    call_command("retention")
    assert "已删除 1 份" in capsys.readouterr().out
    entry = AuditEntry.objects.get(action="shared.retention.done")
    assert entry.details["removed"]["rosters.uploads"] == 1


def test_a_night_runs_once_however_often_it_is_asked_for(db, monkeypatch):
    at(1, monkeypatch)
    assert retention.run_nightly() is None, "not before its hour"
    at(2, monkeypatch)
    assert set(KEPT) <= set(retention.run_nightly())
    at(3, monkeypatch)
    assert retention.run_nightly() is None
    assert PeriodRun.objects.get().period == "2026-11-21"
    assert AuditEntry.objects.filter(action="shared.retention.done").count() == 1


def test_a_day_on_which_nothing_ran_at_night_is_made_up_for(db, monkeypatch):
    at(2, monkeypatch)
    retention.run_nightly()
    at(17, monkeypatch, day=23)
    assert retention.run_nightly() is not None


def test_nothing_is_deleted_in_a_restored_database_before_it_is_released(db, monkeypatch):
    at(2, monkeypatch)
    JobGate.objects.update(database="7710770369689364592:16385")
    assert retention.run_nightly() is None
    assert not PeriodRun.objects.exists()


def test_every_line_says_what_it_is_how_long_and_on_what_ground():
    names = [kept.name for kept in retention.all_kept()]
    assert set(KEPT) <= set(names)
    for kept in retention.all_kept():
        assert kept.what and kept.source and kept.days > 0, kept.name
        assert kept.due_now().model is not None
