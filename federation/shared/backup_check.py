"""Whether a backup could be restored: sums, a database that opens, a whole audit log, numbers that open."""

import contextlib
import json
import secrets
import sqlite3
import tarfile
from pathlib import Path

from django.apps import apps
from django.db import connection, connections

from federation.shared import backup
from federation.shared.audit_check import HeadsUnreadable, check_log, read_heads
from federation.shared.sealed import SealedField

ALIAS = "restored"
SAMPLE = 100


def check_backup(folder: Path) -> tuple[list[str], list[str]]:
    """(what was found in order, what is wrong), each a sentence. Changes nothing in the running system."""
    good: list[str] = []
    try:
        manifest = json.loads((folder / backup.MANIFEST).read_text())
        files = {file["name"]: file for file in manifest["files"]}
    except (OSError, ValueError, KeyError, TypeError):
        return good, [f"{folder} 不是备份目录，或清单 {backup.MANIFEST} 读不出来。请另选一份备份。"]
    faults = list(_wrong_files(folder, files))
    if faults:
        return good, faults
    good.append(f"{len(files)} 个文件的校验和相符。")
    if manifest["keys"] != backup.key_fingerprint():
        return good, ["这份备份不是用现在的密钥文件做的。请先放回当时的密钥文件，否则加密的号码打不开。"]
    faults += _wrong_media(folder, manifest, good)
    try:
        with restored_database(folder, manifest["engine"]):
            faults += _wrong_log(manifest, good) + _wrong_numbers(good)
    except (backup.BackupFailed, sqlite3.Error) as error:
        faults.append(f"数据库副本打不开：{error}")
    return good, faults


def _wrong_files(folder: Path, files: dict):
    for name, file in files.items():
        path = folder / name
        if not path.is_file():
            yield f"文件 {name} 不见了。"
        elif path.stat().st_size != file["bytes"] or backup.file_hash(path) != file["sha256"]:
            yield f"文件 {name} 与做备份时不同：已损坏或被改动。"


def _wrong_media(folder: Path, manifest: dict, good: list) -> list[str]:
    with tarfile.open(folder / backup.MEDIA) as archive:
        count = sum(1 for member in archive if member.isfile())
    if count != manifest["media_files"]:
        return [f"上传的文件应有 {manifest['media_files']} 个，备份里只有 {count} 个。"]
    good.append(f"上传的文件 {count} 个，都在。")
    return []


@contextlib.contextmanager
def restored_database(folder: Path, engine: str):
    """The backup's database as the connection `restored`: SQLite read only, PostgreSQL restored for the while."""
    if engine != connection.vendor:
        raise backup.BackupFailed(f"备份来自 {engine}，现在的数据库是 {connection.vendor}。请在同类数据库上核对。")
    parameters = dict(connection.settings_dict)
    if engine == "sqlite":
        parameters |= {"NAME": f"{(folder / backup.SQLITE).resolve().as_uri()}?mode=ro&immutable=1", "OPTIONS": {}}
        with _connected(parameters):
            yield
        return
    name = f"restore_check_{secrets.token_hex(4)}"
    backup.run_postgresql("createdb", name, database="postgres")
    try:
        backup.run_postgresql(
            "pg_restore", "--no-owner", "--exit-on-error", f"--dbname={name}", str(folder / backup.DUMP)
        )
        with _connected(parameters | {"NAME": name}):
            yield
    finally:
        backup.run_postgresql("dropdb", "--force", name, database="postgres")


@contextlib.contextmanager
def _connected(parameters: dict):
    connections.databases[ALIAS] = parameters
    try:
        if parameters["ENGINE"].endswith("sqlite3"):
            _check_integrity()
        yield
    finally:
        connections[ALIAS].close()
        del connections[ALIAS]
        del connections.databases[ALIAS]


def _check_integrity():
    with connections[ALIAS].cursor() as cursor:
        cursor.execute("PRAGMA integrity_check")
        verdict = cursor.fetchone()[0]
    if verdict != "ok":
        raise backup.BackupFailed(f"数据库文件有损坏（{verdict}）。")


def _wrong_log(manifest: dict, good: list) -> list[str]:
    try:
        heads = read_heads(json.dumps(manifest["audit_heads"]))
    except HeadsUnreadable as error:
        return [str(error)]
    result = check_log(using=ALIAS, exported=heads)
    if result.faults:
        return [f"审计日志：{fault}" for fault in result.faults]
    good.append(f"审计日志 {result.records} 条，链条完整。")
    return []


def _wrong_numbers(good: list) -> list[str]:
    """Opens up to SAMPLE sealed values, spread over the tables that have any."""
    opened, faults = 0, []
    sealed = [
        (model, field)
        for model in apps.get_models()
        for field in model._meta.concrete_fields
        if isinstance(field, SealedField)
    ]
    for model, field in sealed:
        rows = model._base_manager.using(ALIAS).exclude(**{field.name: None}).only("pk", "uid", field.name)
        for row in rows.order_by("-pk")[: SAMPLE // len(sealed) + 1]:
            if getattr(row, field.name).is_readable():
                opened += 1
            else:
                faults.append(f"{model._meta.verbose_name} 编号 {row.pk} 的{field.verbose_name}打不开。")
    good.append(f"抽查打开了 {opened} 个加密的号码。")
    return faults
