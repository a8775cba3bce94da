"""Storage and fetching: sealed on disk, once, within a day, by who asked, as long as the rights last."""

import datetime
import hashlib
import zipfile
from pathlib import Path

import pytest
import time_machine
from django.conf import settings
from django.core.signals import request_finished
from django.db import close_old_connections, transaction
from django.http import Http404
from django.utils import timezone

from accounts.models import User
from federation.shared import export_files
from federation.shared.export_files import FileKind, fetch_once, hand_over, register_kind, sealing
from federation.shared.models import AuditEntry, ExportFile
from federation.shared.sealed import SealBroken

KIND = register_kind(FileKind("test.people", "persons.view", "persons.reveal"))
# More than two pieces, and nothing that could be compressed into one.
CONTENT = b"".join(hashlib.sha256(str(number).encode()).digest() for number in range(80_000))


@pytest.fixture(autouse=True)
def _folder(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


def asked(world, user="clerk", area="county", **more):
    return ExportFile.objects.create(
        kind=KIND.name,
        title="残疾人登记表",
        purpose="入户核对",
        organisation=getattr(world, area),
        created_by=getattr(world, user),
        **more,
    )


def made(export, content=CONTENT, attempt=1):
    with sealing(export, attempt=attempt) as file:
        for start in range(0, len(content), 70_001):
            file.write(content[start : start + 70_001])
        with transaction.atomic():
            hand_over(export, file, rows=3)
    return export


def stored() -> list[Path]:
    folder = Path(settings.MEDIA_ROOT) / export_files.FOLDER
    return sorted(folder.iterdir()) if folder.exists() else []


def fetched(user, export) -> bytes:
    response = fetch_once(User.objects.get(pk=user.pk), export.pk)
    # As the test client does: the end of the answer would close the connection that holds the test's transaction.
    request_finished.disconnect(close_old_connections)
    try:
        return b"".join(response)
    finally:
        response.close()
        request_finished.connect(close_old_connections)


def test_a_file_comes_back_whole_once_and_is_gone_then(world):
    export = made(asked(world))
    assert export.sha256 == hashlib.sha256(CONTENT).hexdigest() and export.size == len(CONTENT)
    (path,) = stored()
    assert CONTENT[:32] not in path.read_bytes() and path.stat().st_mode & 0o077 == 0
    assert fetched(world.clerk, export) == CONTENT
    assert stored() == []
    export.refresh_from_db()
    assert export.state == ExportFile.State.FETCHED and export.fetched_at is not None
    entry = AuditEntry.objects.get(action=export_files.FETCHED)
    assert entry.actor_id == world.clerk.pk and entry.details["sha256"] == export.sha256
    with pytest.raises(Http404):
        fetched(world.clerk, export)


@pytest.mark.parametrize("pieces", [b"", b"x", b"x" * export_files.PIECE_BYTES, b"x" * (export_files.PIECE_BYTES + 1)])
def test_every_length_around_a_piece_comes_back(world, pieces):
    assert fetched(world.clerk, made(asked(world), pieces)) == pieces


def test_nobody_else_fetches_it_not_even_who_leads_the_county(world):
    export = made(asked(world))
    for user in (world.leader, world.director, world.viewer, world.administrator, world.other_clerk):
        with pytest.raises(Http404):
            fetch_once(user, export.pk)
    assert fetched(world.clerk, export) == CONTENT


def test_a_day_later_it_is_gone(world):
    export = made(asked(world))
    with time_machine.travel(timezone.now() + datetime.timedelta(hours=24, seconds=1)), pytest.raises(Http404):
        fetch_once(world.clerk, export.pk)


def test_who_no_longer_holds_the_role_does_not_fetch_what_was_made_before(world):
    export = made(asked(world))
    world.clerk.assignments.update(until=timezone.localdate() - datetime.timedelta(days=1))
    with pytest.raises(Http404):
        fetch_once(User.objects.get(pk=world.clerk.pk), export.pk)
    assert len(stored()) == 1


def test_whole_numbers_want_the_right_to_see_them_at_the_fetch_too(world):
    masked, whole = made(asked(world, "viewer", "province")), made(asked(world, "viewer", "province", is_whole=True))
    assert fetched(world.viewer, masked) == CONTENT
    with pytest.raises(Http404):
        fetch_once(world.viewer, whole.pk)


def test_what_breaks_off_leaves_no_file_and_nothing_to_fetch(world):
    export = asked(world)
    with pytest.raises(ZeroDivisionError), sealing(export, attempt=1) as file:
        file.write(CONTENT)
        with transaction.atomic():
            hand_over(export, file, rows=3)
            raise ZeroDivisionError
    assert stored() == []
    export.refresh_from_db()
    assert export.state == ExportFile.State.RUNNING and export.stored_path == ""
    with pytest.raises(Http404):
        fetch_once(world.clerk, export.pk)


def test_a_second_attempt_clears_what_a_killed_one_left(world):
    export = asked(world)
    killed = sealing(export, attempt=1)
    killed.__enter__().write(CONTENT)
    assert len(stored()) == 1
    made(export, attempt=2)
    (path,) = stored()
    assert path.name.endswith(".2.sealed") and fetched(world.clerk, export) == CONTENT


@pytest.mark.parametrize("harm", ["cut off", "changed", "swapped"])
def test_a_file_that_was_touched_on_the_disk_does_not_open(world, harm):
    export = made(asked(world))
    (path,) = stored()
    data = path.read_bytes()
    first = 4 + int.from_bytes(data[:4], "big")
    second = first + 4 + int.from_bytes(data[first : first + 4], "big")
    touched = {
        "cut off": data[:second],
        "changed": data[:200] + bytes([data[200] ^ 1]) + data[201:],
        "swapped": data[first:second] + data[:first] + data[second:],
    }
    path.write_bytes(touched[harm])
    with pytest.raises(SealBroken):
        fetched(world.clerk, export)


def test_a_zip_file_is_written_straight_into_it(world):
    export = asked(world)
    with sealing(export, attempt=1) as file:
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive, archive.open("a.bin", "w") as part:
            part.write(CONTENT)
        hand_over(export, file, rows=1)
    path = Path(settings.MEDIA_ROOT) / "plain.zip"
    path.write_bytes(fetched(world.clerk, export))
    with zipfile.ZipFile(path) as archive:
        assert archive.testzip() is None and archive.read("a.bin") == CONTENT


def test_files_are_sealed_again_under_a_new_key_and_still_open(world, settings):
    export = made(asked(world))
    (path,) = stored()
    before = path.read_bytes()
    assert export_files.reseal_files() == (0, 0)
    settings.KEYS.add_sealing_key()
    assert export_files.reseal_files() == (1, 0)
    assert path.read_bytes()[4:7] != before[4:7] and fetched(world.clerk, export) == CONTENT


def test_what_nobody_fetched_goes_at_night_and_its_row_stays(world):
    export, fresh = made(asked(world)), made(asked(world))
    ExportFile.objects.filter(pk=export.pk).update(expires_at=timezone.now() - datetime.timedelta(minutes=1))
    assert export_files.expire(ExportFile.objects.filter(expires_at__lt=timezone.now(), state="ready")) == 1
    export.refresh_from_db()
    assert export.state == ExportFile.State.EXPIRED and [path.name for path in stored()] == [f"{fresh.uid}.1.sealed"]
