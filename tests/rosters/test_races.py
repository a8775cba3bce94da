"""What happens to an import when others write between its preview and its confirmation."""

import pytest

from federation.shared.history import save_versioned
from federation.shared.jobs import enqueue, run_now
from federation.shared.models import AuditEntry, ChangeRecord, RosterImport
from federation.shared.rosters import course as steps
from federation.shared.rosters.resource import RosterRefused
from ledgers.models import DisabledPerson
from tests.rosters.people import person, roster_file

State = RosterImport.State


def checked_again(sent):
    """The check that an outdated confirmation asks for by itself."""
    assert sent.state == State.UPLOADED
    assert "预览之后" in sent.refusal
    run_now(sent.job)
    sent.refresh_from_db()
    return sent


def test_somebody_registered_meanwhile_makes_the_preview_outdated(course):
    first, second = course.send(roster_file([person(0), person(1)])), course.send(roster_file([person(1), person(2)]))
    course.confirm(first)
    outdated = course.confirm(second)
    assert DisabledPerson.objects.count() == 2, "nothing of the second was written"
    again = checked_again(outdated)
    assert (again.state, again.new_count, again.unchanged_count) == (State.CHECKED, 1, 1)
    assert "预览之后" in again.refusal, "the page says why it is to be confirmed once more"
    assert course.confirm(again).state == State.DONE
    assert DisabledPerson.objects.count() == 3


def test_an_edit_made_meanwhile_is_not_overwritten_unseen(course, world):
    course.written(roster_file([person(0)]))
    sent = course.send(roster_file([person(0, 现住址="名册里的地址")]))
    row = DisabledPerson.objects.get()
    row.current_address = "窗口改的地址"
    save_versioned(row, by=world.clerk)
    again = checked_again(course.confirm(sent))
    assert DisabledPerson.objects.get().current_address == "窗口改的地址"
    assert again.changed_count == 1
    course.confirm(again)
    record = ChangeRecord.objects.filter(via="import").get()
    assert record.changes["current_address"] == ["窗口改的地址", "名册里的地址"]


def test_an_edit_of_other_fields_stays_beside_the_import(course, world):
    course.written(roster_file([person(0)]))
    sent = course.send(roster_file([person(0, 现住址="名册里的地址")]))
    row = DisabledPerson.objects.get()
    row.cause = "疾病"
    save_versioned(row, by=world.clerk)
    assert course.confirm(sent).state == State.DONE
    row = DisabledPerson.objects.get()
    assert (row.cause, row.current_address, row.version) == ("疾病", "名册里的地址", 3)


def test_a_preview_is_confirmed_once(course, world):
    sent = course.send(roster_file([person(0)]))
    steps.begin_confirming(sent, by=world.clerk, post=False)
    with pytest.raises(RosterRefused):
        steps.begin_confirming(sent, by=world.clerk, post=False)
    sent.refresh_from_db()
    run_now(sent.job)
    with pytest.raises(RosterRefused):
        steps.begin_confirming(sent, by=world.clerk, post=False)
    assert DisabledPerson.objects.count() == 1
    assert AuditEntry.objects.filter(action="rosters.import.confirmed").count() == 1


def test_rights_lost_after_the_preview_stop_the_writing(course, world):
    sent = course.send(roster_file([person(0)]))
    steps.begin_confirming(sent, by=world.clerk, post=False)
    world.clerk.assignments.all().delete()
    sent.refresh_from_db()
    job = run_now(sent.job)
    sent.refresh_from_db()
    assert (job.state, sent.state) == ("failed", State.CHECKED)
    assert not DisabledPerson.objects.exists()


def test_a_cancelled_confirmation_leaves_the_preview(course, world):
    from federation.shared.jobs import cancel

    sent = course.send(roster_file([person(0)]))
    steps.begin_confirming(sent, by=world.clerk, post=False)
    sent.refresh_from_db()
    cancel(job=sent.job)
    sent.refresh_from_db()
    assert sent.may_be_confirmed
    assert course.confirm(sent).state == State.DONE


@pytest.mark.parametrize("kind", [steps.CONFIRM, steps.UNDO, steps.CHECK])
def test_an_old_job_that_fails_late_does_not_take_back_what_a_newer_one_wrote(course, world, kind):
    """A parked job may be tried again long after; the import has gone on without it."""
    sent = course.written(roster_file([person(0)]))
    old = enqueue(
        kind, requested_by=world.clerk, payload={"import": sent.pk}, idempotency_key=f"old:{kind}", post=False
    )
    assert run_now(old).state == "failed"
    sent.refresh_from_db()
    assert sent.state == State.DONE
    assert DisabledPerson.objects.count() == 1
