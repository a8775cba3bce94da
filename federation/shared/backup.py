"""Backups: a consistent copy of the database while people go on writing, the uploaded files, sums, audit heads.

A backup is a folder: `database.sqlite3` or `database.dump`, `media.tar`, `manifest.json`, and the key file only
when asked for, because who holds both can open every sealed number. Nothing else in it is encrypted, so it
belongs where the office's own files may lie. It is written beside its name and renamed when whole.
"""

import hashlib
import json
import os
import shutil
import sqlite3
import subprocess
import tarfile
from pathlib import Path

from django.conf import settings
from django.db import connection
from django.utils import timezone

from federation.shared.audit_check import export_heads
from federation.shared.jobs.gate import RESTORED
from federation.shared.models.audit import keyed
from federation.shared.models.periods import JobGate

MANIFEST = "manifest.json"
KEYS = "keys.json"
MEDIA = "media.tar"
SQLITE = "database.sqlite3"
DUMP = "database.dump"


class BackupFailed(Exception):
    """The backup was not made; the message says why and what to do."""


def make_backup(folder: Path, with_keys: bool = False) -> Path:
    """Write a backup into a new folder below `folder` and give its path."""
    # Heads before the copy: the copy then has at least these entries.
    heads = export_heads()
    name = timezone.localtime().strftime("backup-%Y%m%d-%H%M%S")
    final = folder / name
    draft = folder / f".{name}.part"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        draft.mkdir(mode=0o700)
        copy_database(draft)
        media_files = pack_media(draft / MEDIA)
        if with_keys:
            shutil.copyfile(settings.KEYS.path, draft / KEYS)
        manifest = {
            "format": 1,
            "made_at": timezone.now().isoformat(timespec="seconds"),
            "engine": connection.vendor,
            "with_keys": with_keys,
            "keys": key_fingerprint(),
            "media_files": media_files,
            "audit_heads": heads,
            "files": [describe(path) for path in sorted(draft.iterdir())],
        }
        (draft / MANIFEST).write_text(json.dumps(manifest, ensure_ascii=False, indent=1))
        for path in draft.iterdir():
            path.chmod(0o600)
        draft.rename(final)
    except (OSError, sqlite3.Error) as error:
        raise BackupFailed(f"备份没有做成：{error}。请检查目录 {folder} 是否可写、磁盘是否已满。") from error
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    return final


def key_fingerprint() -> str:
    """Tells whether a backup and a key file belong together, without telling the keys."""
    return keyed("backup")[:16]


def describe(path: Path) -> dict:
    return {"name": path.name, "bytes": path.stat().st_size, "sha256": file_hash(path)}


def file_hash(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def copy_database(folder: Path):
    """A consistent copy of the database as of one moment."""
    if connection.vendor == "sqlite":
        copy_sqlite(folder / SQLITE)
    else:
        run_postgresql("pg_dump", "--format=custom", "--no-owner", f"--file={folder / DUMP}")


def copy_sqlite(target: Path):
    """SQLite's online backup: readers and, in WAL mode, writers go on meanwhile."""
    if connection.in_atomic_block:
        # SQLite would wait for this very connection to finish, for ever.
        raise BackupFailed("请在没有进行中的写入时做备份。")
    connection.ensure_connection()
    copy = sqlite3.connect(target)
    try:
        connection.connection.backup(copy)
        # Restored, it is to be known for a copy (see jobs.gate); on PostgreSQL a restored database is another one.
        copy.execute(f"UPDATE {JobGate._meta.db_table} SET database = ?", (RESTORED,))  # noqa: S608
        copy.commit()
        # One file without a log beside it, so that it can be read where nothing may be written.
        copy.execute("PRAGMA journal_mode=DELETE")
        verdict = copy.execute("PRAGMA integrity_check").fetchone()[0]
    finally:
        copy.close()
    if verdict != "ok":
        raise BackupFailed(f"数据库文件有损坏（{verdict}）。请停止录入，保留现有文件，从上一份备份恢复。")


def run_postgresql(program: str, *arguments: str, database: str | None = None) -> str:
    """Run one of PostgreSQL's client programs on our server; the password goes by the environment."""
    parameters = connection.settings_dict
    named = {
        "PGHOST": parameters["HOST"],
        "PGPORT": str(parameters["PORT"] or ""),
        "PGUSER": parameters["USER"],
        "PGPASSWORD": parameters["PASSWORD"],
        "PGDATABASE": database or parameters["NAME"],
    }
    path = shutil.which(program)
    if path is None:
        raise BackupFailed(f"这台机器没有 {program}。请安装与数据库同版本的 postgresql-client 后再试。")
    done = subprocess.run(  # noqa: S603  (the program is found by name, the arguments are ours)
        [path, *arguments],
        env=os.environ | {name: value for name, value in named.items() if value},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise BackupFailed(f"{program} 没有完成：{done.stderr.strip()[:500]}")
    return done.stdout


def pack_media(target: Path) -> int:
    """All uploaded files in one archive; gives their number."""
    root = Path(settings.MEDIA_ROOT)
    count = 0
    with tarfile.open(target, "w") as archive:
        for path in sorted(root.rglob("*")) if root.is_dir() else []:
            if path.is_file():
                archive.add(path, arcname=str(path.relative_to(root)))
                count += 1
    return count
