"""Backups made while people write, and the check that says whether one could be restored."""

import json
import os
import sqlite3
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from federation.shared import audit
from federation.shared.models import AuditEntry

ROOT = Path(__file__).resolve().parents[2]
ON_POSTGRESQL = "connection.vendor == 'postgresql'"

SEED = """
import datetime
from federation.shared import audit
from ledgers.models import DisabledPerson
from orgs.models import BodyKind, Level, Organisation
kind = BodyKind.VILLAGE_ASSOCIATION
body = Organisation.objects.add_root({"name": "东山村残疾人协会", "level": Level.VILLAGE, "body_kind": kind})
for number in range(60):
    person = DisabledPerson.objects.create(
        organisation=body, name="甲某", id_number=f"62999919900101{number:04}", phone="13900000001",
        registered_on=datetime.date(2024, 5, 6),
    )
    audit.record("ledgers.disabledperson.created", actor=None, target=person)
"""

# Goes on writing until it is stopped; prints a line once it has begun.
WRITER = """
from federation.shared import audit
number = 0
while True:
    number += 1
    audit.record("orgs.plaque.hung", actor=None, details={"n": number})
    if number == 20:
        print("writing", flush=True)
"""


class Office:
    """An installation of its own: data folder, SQLite file, keys; its commands run as real processes."""

    def __init__(self, folder: Path):
        self.folder = folder
        self.env = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
        self.env |= {"FEDERATION_DATA_DIR": str(folder), "DJANGO_SETTINGS_MODULE": "federation.settings"}

    def start(self, *arguments):
        command = [sys.executable, str(ROOT / "manage.py"), *arguments]
        return subprocess.Popen(
            command, cwd=ROOT, env=self.env, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )

    def run(self, *arguments):
        process = self.start(*arguments)
        out, errors = process.communicate(timeout=120)
        return process.returncode, out, errors

    def back_up(self, *arguments) -> Path:
        code, out, errors = self.run("backup", *arguments)
        assert code == 0, errors
        return Path(out.splitlines()[0].removeprefix("备份已做好："))


@pytest.fixture(scope="module")
def office(tmp_path_factory):
    office = Office(tmp_path_factory.mktemp("office"))
    assert office.run("migrate", "--verbosity", "0")[0] == 0
    code, _, errors = office.run("shell", "--verbosity", "0", "--command", SEED)
    assert code == 0, errors
    (office.folder / "media" / "plaques").mkdir(parents=True)
    (office.folder / "media" / "plaques" / "牌子.jpg").write_bytes(b"picture")
    return office


@pytest.fixture(scope="module")
def quiet_backup(office):
    return office.back_up()


def copy_of(folder: Path, tmp_path: Path) -> Path:
    copy = tmp_path / "copy"
    subprocess.run(["cp", "-a", str(folder), str(copy)], check=True)
    return copy


def test_a_backup_made_while_somebody_writes_is_whole(office):
    writer = office.start("shell", "--verbosity", "0", "--command", WRITER)
    try:
        assert writer.stdout.readline() == "writing\n"
        made = office.back_up()
        assert writer.poll() is None
    finally:
        writer.kill()
        writer.communicate()
    code, out, errors = office.run("restore_check", str(made))
    assert (code, errors) == (0, "")
    assert "链条完整" in out and "抽查打开了" in out and "这份备份可以恢复" in out


def test_a_backup_leaves_the_keys_out_and_says_so(office, quiet_backup):
    names = {path.name for path in quiet_backup.iterdir()}
    assert names == {"database.sqlite3", "media.tar", "manifest.json"}
    keys = json.loads((office.folder / "keys" / "keys.json").read_text())
    everything = b"".join(path.read_bytes() for path in quiet_backup.iterdir())
    for secret in (keys["django_secret"], keys["audit"], keys["index"], keys["sealing"]["keys"]["1"]):
        assert secret.encode() not in everything
    assert quiet_backup.stat().st_mode & 0o777 == 0o700
    assert {path.stat().st_mode & 0o777 for path in quiet_backup.iterdir()} == {0o600}


def test_the_numbers_of_people_are_not_readable_in_a_backup(quiet_backup):
    content = (quiet_backup / "database.sqlite3").read_bytes()
    assert b"629999199001010" not in content and b"13900000001" not in content


def test_the_keys_come_along_only_when_asked_for_and_with_a_warning(office, tmp_path):
    code, out, _ = office.run("backup", "--with-keys", "--to", str(tmp_path))
    assert code == 0 and "这份备份含有密钥" in out
    assert next(tmp_path.glob("backup-*/keys.json")).read_bytes() == (office.folder / "keys" / "keys.json").read_bytes()


def test_a_backup_is_restored_by_putting_its_files_in_place(office, quiet_backup, tmp_path):
    restored = Office(tmp_path)
    (tmp_path / "keys").mkdir()
    (tmp_path / "keys" / "keys.json").write_bytes((office.folder / "keys" / "keys.json").read_bytes())
    (tmp_path / "federation.sqlite3").write_bytes((quiet_backup / "database.sqlite3").read_bytes())
    code, out, errors = restored.run("verify_audit")
    assert code == 0, errors
    asked = "from ledgers.models import DisabledPerson as P; print(P.objects.first().id_number.open_plain()[:14])"
    assert restored.run("shell", "--verbosity", "0", "--command", asked)[1].strip() == "62999919900101"


@pytest.mark.parametrize("name", ["database.sqlite3", "media.tar"])
def test_a_damaged_or_missing_file_is_named(office, quiet_backup, tmp_path, name):
    copy = copy_of(quiet_backup, tmp_path)
    content = bytearray((copy / name).read_bytes())
    content[len(content) // 2] ^= 1
    (copy / name).write_bytes(content)
    code, _, errors = office.run("restore_check", str(copy))
    assert code == 1 and f"文件 {name} 与做备份时不同" in errors
    (copy / name).unlink()
    assert f"文件 {name} 不见了" in office.run("restore_check", str(copy))[2]


def test_a_tampered_log_in_a_backup_is_found_though_its_sum_was_made_to_fit(office, quiet_backup, tmp_path):
    from federation.shared.backup import describe

    copy = copy_of(quiet_backup, tmp_path)
    with sqlite3.connect(copy / "database.sqlite3") as database:
        database.execute("DROP TRIGGER audit_no_delete")
        database.execute("DELETE FROM shared_auditentry WHERE number = 30")
    manifest = json.loads((copy / "manifest.json").read_text())
    manifest["files"] = [describe(copy / file["name"]) for file in manifest["files"]]
    (copy / "manifest.json").write_text(json.dumps(manifest))
    code, _, errors = office.run("restore_check", str(copy))
    assert code == 1 and "第 30 号" in errors


def test_a_backup_of_other_keys_and_a_folder_that_is_none_are_refused(office, quiet_backup, tmp_path):
    stranger = Office(tmp_path / "stranger")
    assert "不是用现在的密钥文件做的" in stranger.run("restore_check", str(quiet_backup))[2]
    code, _, errors = office.run("restore_check", str(tmp_path))
    assert code == 1 and "不是备份目录" in errors


def test_a_backup_that_cannot_be_written_is_a_sentence(db, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(CommandError, match="备份没有做成"):
        call_command("backup", to=str(tmp_path / "file"))
    assert not AuditEntry.objects.exists()


def test_making_a_backup_is_in_the_audit_log(transactional_db, tmp_path):
    call_command("backup", to=str(tmp_path))
    assert AuditEntry.objects.get().action == "shared.backup.made"
    assert len(list(tmp_path.iterdir())) == 1


@pytest.mark.skipif(f"not ({ON_POSTGRESQL})", reason="the SQLite way is tested with an office of its own")
@pytest.mark.django_db(transaction=True)
def test_a_backup_of_postgresql_made_while_somebody_writes_is_whole(world, person, worker, tmp_path):
    begun, stop = threading.Event(), threading.Event()

    def write():
        while not stop.is_set():
            audit.record("orgs.plaque.hung", actor=None)
            begun.set()
        connection.close()

    writer = threading.Thread(target=write)
    writer.start()
    try:
        assert begun.wait(10)
        call_command("backup", to=str(tmp_path))
    finally:
        stop.set()
        writer.join()
    made = next(tmp_path.glob("backup-*"))
    here = connection.settings_dict
    url = f"postgres://{here['USER']}:{here['PASSWORD']}@{here['HOST']}:{here['PORT']}/{here['NAME']}"
    done = subprocess.run(
        [sys.executable, str(ROOT / "manage.py"), "restore_check", str(made)],
        env=os.environ | {"DATABASE_URL": url, "DJANGO_SETTINGS_MODULE": "federation.settings"},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    assert "链条完整" in done.stdout and "抽查打开了 6 个加密的号码" in done.stdout
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_database WHERE datname LIKE 'restore_check_%'")
        assert cursor.fetchone()[0] == 0
