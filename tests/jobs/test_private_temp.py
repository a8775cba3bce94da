"""What lies open on the disk for a moment lies in a folder of ours, and goes though its writer was killed."""

import os
import time
from pathlib import Path

import pytest

from federation.shared import tasks
from federation.shared.models import RosterImport
from federation.shared.private_temp import LEFT_OVER_AFTER
from federation.shared.rosters import services
from federation.shared.rosters.uploads import opened_file
from tests.rosters.people import person, roster_file


@pytest.fixture(autouse=True)
def folder(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"
    settings.FILE_UPLOAD_TEMP_DIR = tmp_path / "temp"
    settings.FILE_UPLOAD_TEMP_DIR.mkdir()
    return settings.FILE_UPLOAD_TEMP_DIR


def aged(path: Path, seconds: int):
    os.utime(path, (time.time() - seconds,) * 2)


def test_an_upload_that_is_being_read_lies_in_the_products_own_folder(world, folder):
    sent = services.receive(
        kind="persons", file_name="名册.xlsx", chunks=[roster_file([person(0)])],
        mode=RosterImport.Mode.CORRECT_ROWS, organisation=world.county, by=world.clerk,
    )  # fmt: skip
    with opened_file(sent) as path:
        assert path.is_relative_to(folder) and path.read_bytes().startswith(b"PK")
        assert path.parent.stat().st_mode & 0o077 == 0
    assert list(folder.iterdir()) == []


def test_the_products_folder_is_closed_to_others():
    from federation import settings as product

    assert product.FILE_UPLOAD_TEMP_DIR.parent == product.DATA_DIR
    assert product.FILE_UPLOAD_TEMP_DIR.stat().st_mode & 0o077 == 0


@pytest.mark.django_db
def test_what_killed_processes_left_goes_every_hour_and_what_is_being_read_stays(folder):
    for name in ("roster-old", "roster-now"):
        (folder / name).mkdir()
        (folder / name / "upload").write_text("62999919680403251X")
    (folder / "half.upload").write_text("62999919680403251X")
    aged(folder / "roster-old", LEFT_OVER_AFTER + 60)
    aged(folder / "half.upload", LEFT_OVER_AFTER + 60)
    tasks.nightly()
    assert [path.name for path in folder.iterdir()] == ["roster-now"]
