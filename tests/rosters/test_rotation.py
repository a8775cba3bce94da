"""After the sealing key was changed nothing of an import needs the old one."""

from pathlib import Path

import pytest
from django.conf import settings

from federation.shared import rotation
from federation.shared.models import RosterImport, StagedBlock
from federation.shared.rosters import staging, uploads
from federation.shared.rosters.error_workbook import error_workbook
from federation.shared.rosters.registry import roster_of
from federation.shared.sealed import key_number
from ledgers.models import DisabledPerson
from tests.rosters.people import person, roster_file

State = RosterImport.State


@pytest.fixture
def changed_key():
    """Gives what changes the key and then loses every older one; the keys are put back afterwards."""
    keys = settings.KEYS
    before = dict(keys.sealing)

    def change():
        number = keys.add_sealing_key()
        tally = rotation.reseal_everything(settle=0)
        for old in set(keys.sealing) - {number}:
            del keys.sealing[old]
        return tally

    yield change
    keys.sealing.update(before)


def test_staged_rows_are_confirmed_and_undone_without_the_old_key(course, changed_key):
    course.written(roster_file([person(0)]))
    sent = course.send(roster_file([person(0, 现住址="别处"), person(1)]))
    tally = changed_key()
    assert (tally.blobs, tally.broken) == (5, 0), "two files, two blocks of rows and one of what was written"
    done = course.confirm(sent)
    assert done.state == State.DONE, done.refusal
    assert {person.current_address for person in DisabledPerson.objects.all()} == {"别处", "东山村1号"}
    changed_key()
    assert course.undo(done).state == State.UNDONE


def test_the_kept_file_is_read_again_without_the_old_key(course, changed_key, monkeypatch):
    monkeypatch.setattr(uploads, "PIECE_BYTES", 1000)
    sent = course.send(roster_file([person(0), person(1, 性别="不明")]))
    assert sent.wrong_count == 1
    path = Path(settings.MEDIA_ROOT) / sent.stored_path
    changed_key()
    assert error_workbook(sent, roster_of("persons")).rows == 2
    assert not list(path.parent.glob("*.part"))
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_second_pass_renews_nothing_and_a_removed_file_is_no_fault(course, changed_key):
    sent = course.send(roster_file([person(0)]))
    changed_key()
    uploads.remove_file(sent)
    tally = rotation.reseal_everything(settle=0)
    assert (tally.blobs, tally.broken) == (0, 0)


def test_a_block_that_was_tampered_with_is_counted_and_left(course, changed_key):
    sent = course.send(roster_file([person(0)]))
    block = staging.blocks_of(sent, StagedBlock.Content.ROWS).get()
    StagedBlock.objects.filter(pk=block.pk).update(payload=bytes(block.payload)[:-1] + b"\0\0")
    assert changed_key().broken == 1
    assert key_number(bytes(StagedBlock.objects.get(pk=block.pk).payload)) != settings.KEYS.sealing_key()[0]
