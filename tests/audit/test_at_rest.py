"""P-PI-03: after a day's work no number that identifies a person lies readable anywhere on the disk.

The database's files and its dump, media, temporary files, messages, logs and the backup are searched for every
number of the day: as text, in base64, in hexadecimal digits, as UTF-16, and inside archives.
"""

import base64
import gzip
import io
import json
import os
import random
import secrets
import shutil
import subprocess
import sys
import tarfile
import time
import zipfile
from pathlib import Path
from urllib.parse import urlsplit

import psycopg2
import pytest

from tests.jobs.test_kill import POSTGRESQL, _missing, _server

ROOT = Path(__file__).resolve().parents[2]
PIECE = 8 * 1024 * 1024

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]


def shapes_of(value: str) -> list[bytes]:
    """Every way in which `value` may be written in a file."""
    plain = value.encode()
    digits = plain.hex().encode()
    found = [plain, value.encode("utf-16-le"), value.encode("utf-16-be"), digits, digits.upper()]
    for before in range(3):
        # In base64 the neighbours on either side change the first and the last characters.
        text = base64.b64encode(b"\0" * before + plain)
        found.append(text[-(-before * 8 // 6) : (before + len(plain)) * 8 // 6])
    return found


class Search:
    """All shapes of all values at once; `found` says which value lies in which file."""

    def __init__(self, values: dict[str, str]):
        self.shapes = [(name, shape) for name, value in values.items() for shape in shapes_of(value)]
        self.longest = max(len(shape) for _name, shape in self.shapes)
        self.found: dict[str, set[str]] = {}
        self.bytes = 0

    def in_bytes(self, data: bytes, where: str, depth: int = 0):
        self.bytes += len(data)
        for name, shape in self.shapes:
            if shape in data:
                self.found.setdefault(name, set()).add(where)
        if depth < 3:
            for inner, content in _members(data):
                self.in_bytes(content, f"{where}!{inner}", depth + 1)

    def in_file(self, path: Path):
        if path.stat().st_size <= PIECE * 4:
            self.in_bytes(path.read_bytes(), str(path))
            return
        kept = b""
        with path.open("rb") as file:
            while piece := file.read(PIECE):
                self.in_bytes(kept + piece, str(path), depth=3)
                kept = piece[-self.longest :]

    def in_folder(self, folder: Path):
        for path in sorted(folder.rglob("*")):
            if path.is_file() and not path.is_symlink():
                self.in_file(path)


def _members(data: bytes):
    """What an archive holds, of the kinds that occur."""
    try:
        if data.startswith(b"PK\x03\x04"):
            with zipfile.ZipFile(io.BytesIO(data)) as archive:
                yield from ((each.filename, archive.read(each)) for each in archive.infolist())
        elif data.startswith(b"\x1f\x8b"):
            yield "gzip", gzip.decompress(data)
        elif data[257:262] == b"ustar":
            with tarfile.open(fileobj=io.BytesIO(data)) as archive:
                for each in archive.getmembers():
                    content = archive.extractfile(each)
                    if content is not None:
                        yield each.name, content.read()
    except (zipfile.BadZipFile, tarfile.TarError, OSError, EOFError):
        return


def spend_the_day(folder: Path, **environment) -> dict[str, str]:
    """The scripted day in an installation of its own; its numbers. `folder` then holds all that it left."""
    seed = int(os.environ.get("SEED") or random.randrange(10**6))
    for name in ("data", "temp"):
        (folder / name).mkdir()
    inherited = {name: value for name, value in os.environ.items() if name in ("PATH", "HOME", "LANG")}
    with (folder / "log.txt").open("wb") as log:
        done = subprocess.run(
            [
                sys.executable,
                "-m",
                "tests.audit.scripted_day",
                "--seed",
                str(seed),
                "--unpacked",
                folder / "unpacked",
            ],
            cwd=ROOT,
            env=inherited
            | {
                "FEDERATION_DATA_DIR": str(folder / "data"),
                "TMPDIR": str(folder / "temp"),
                "CELERY_BROKER_URL": "filesystem://",
                "FEDERATION_STATIC_STORAGE": "django.contrib.staticfiles.storage.StaticFilesStorage",
                "ALLOWED_HOSTS": "testserver",
                "LOG_LEVEL": "DEBUG",
                "DJANGO_SETTINGS_MODULE": "federation.settings",
            }
            | environment,
            stdout=subprocess.PIPE,
            stderr=log,
            timeout=600,
        )
    assert done.returncode == 0, f"seed {seed}: {(folder / 'log.txt').read_text()[-3000:]}"
    numbers = json.loads(done.stdout.splitlines()[-1])
    print(f"seed {seed}, {len(numbers)} numbers")
    # The output is the list of what is looked for; all else that was said is in the log.
    assert len(set(numbers.values())) == len(numbers) >= 40
    return numbers


def assert_nothing_lies_open(numbers: dict[str, str], *folders: Path) -> Search:
    search = Search(numbers | {"a name, which is not sealed": "雀测试"})
    for folder in folders:
        search.in_folder(folder)
    assert search.found.pop("a name, which is not sealed", None), "the search does not see what lies open"
    assert search.found == {}
    assert search.bytes > 100_000
    return search


@pytest.mark.parametrize("shape", range(8))
def test_the_search_finds_a_number_in_every_shape(tmp_path, shape):
    number = "62999919680403251X"
    (tmp_path / "file").write_bytes(b"before" + shapes_of(number)[shape] + b"after")
    search = Search({"it": number})
    search.in_folder(tmp_path)
    assert set(search.found) == {"it"}


@pytest.mark.parametrize("offset", range(3))
def test_the_search_finds_a_number_in_base64_wherever_it_stands(offset):
    text = base64.b64encode(b"x" * offset + b"62999919680403251X and more")
    search = Search({"it": "62999919680403251X"})
    search.in_bytes(text, "text")
    assert search.found


def test_the_search_looks_into_archives_within_archives():
    inner, outer = io.BytesIO(), io.BytesIO()
    with zipfile.ZipFile(inner, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("sheet.xml", "62999919680403251X" * 50)
    with tarfile.open(fileobj=outer, mode="w") as archive:
        member = tarfile.TarInfo("book.xlsx")
        member.size = len(inner.getvalue())
        archive.addfile(member, io.BytesIO(inner.getvalue()))
    search = Search({"it": "62999919680403251X"})
    search.in_bytes(gzip.compress(outer.getvalue()), "backup")
    assert search.found


def test_after_a_day_on_sqlite_no_number_lies_open_on_the_disk(tmp_path):
    numbers = spend_the_day(tmp_path, DATABASE_URL=f"sqlite:///{tmp_path / 'data' / 'day.sqlite3'}")
    assert (tmp_path / "data" / "day.sqlite3").exists()
    assert_nothing_lies_open(numbers, tmp_path)


@pytest.fixture
def database():
    try:
        psycopg2.connect(POSTGRESQL, connect_timeout=3).close()
    except psycopg2.OperationalError:
        _missing("PostgreSQL")
    name = f"fed_day_{secrets.token_hex(4)}"
    _server(f"CREATE DATABASE {name}")
    yield f"{POSTGRESQL.rsplit('/', 1)[0]}/{name}"
    _server(f"DROP DATABASE {name} WITH (FORCE)")


def test_after_a_day_on_postgresql_no_number_lies_open_on_the_disk(tmp_path, database):
    began = time.time()
    numbers = spend_the_day(tmp_path, DATABASE_URL=database)
    dump = shutil.which("pg_dump") or _missing("pg_dump")
    subprocess.run([dump, "--file", str(tmp_path / "dump.sql"), database], check=True, timeout=120)
    assert_nothing_lies_open(numbers, tmp_path)
    _assert_nothing_in_the_servers_files(numbers, database, began)


def _assert_nothing_in_the_servers_files(numbers, database, began):
    """The tables' files and the log of writes, where this account may read them (the server's own machine)."""
    server = psycopg2.connect(database)
    server.autocommit = True
    with server.cursor() as cursor:
        cursor.execute("CHECKPOINT")
        cursor.execute("SELECT current_setting('data_directory'), oid FROM pg_database WHERE datname = %s",
                       [urlsplit(database).path.lstrip("/")])  # fmt: skip
        folder, oid = cursor.fetchone()
    server.close()
    root = Path(folder)
    if not os.access(root / "base", os.R_OK | os.X_OK):
        print("the server's files cannot be read from here; the dump stands for them")
        return
    search = Search(numbers)
    for path in [*(root / "base" / str(oid)).iterdir(), *(root / "pg_wal").iterdir()]:
        if path.is_file() and path.stat().st_mtime >= began - 1:
            search.in_file(path)
    assert search.found == {}
    assert search.bytes > 1_000_000
