"""The bench's own database: made, filled with the world a group of benches needs, and dropped again."""

import json
import os
import sys
import tempfile
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

PREFIX = "federation_bench"


class NoDatabase(Exception):
    """The message says what to set."""


def postgresql_url(world: str) -> str:
    """BENCH_DATABASE_URL with the name of the world added; refuses any database that is not the bench's own."""
    url = os.environ.get("BENCH_DATABASE_URL", "")
    if not url:
        raise NoDatabase("BENCH_DATABASE_URL is not set, e.g. postgres://postgres@127.0.0.1:5432/federation_bench")
    parts = urlsplit(url)
    if not parts.path.lstrip("/").startswith(PREFIX):
        raise NoDatabase(f"the database of BENCH_DATABASE_URL must be named {PREFIX}…: the bench drops it")
    return urlunsplit(parts._replace(path=f"{parts.path}_{world}"))


def environment(engine: str, world: str, folder: Path) -> dict:
    """The variables under which Django starts on the bench's database."""
    url = postgresql_url(world) if engine == "postgresql" else f"sqlite:///{folder / f'{PREFIX}_{world}.sqlite3'}"
    return {
        "DATABASE_URL": url,
        "FEDERATION_DATA_DIR": str(folder),
        "DJANGO_SETTINGS_MODULE": "federation.settings",
        "CACHE_URL": "locmemcache://",
        "LOG_LEVEL": "ERROR",
        "FEDERATION_STATIC_STORAGE": "django.contrib.staticfiles.storage.StaticFilesStorage",
        "ALLOWED_HOSTS": "testserver,127.0.0.1",
    }


def folder_of(engine: str, keep: bool) -> Path:
    """Where keys and the SQLite file lie: a new folder, or with --keep always the same one."""
    if keep:
        folder = Path(tempfile.gettempdir()) / f"{PREFIX}_{engine}"
        folder.mkdir(exist_ok=True)
        return folder
    return Path(tempfile.mkdtemp(prefix=f"{PREFIX}_"))


def _maintenance(url: str):
    import psycopg2

    parts = urlsplit(url)
    connection = psycopg2.connect(urlunsplit(parts._replace(path="/postgres", scheme="postgresql")))
    connection.autocommit = True
    return connection, parts.path.lstrip("/")


def create(engine: str, keep: bool):
    """An empty database for Django's settings; with `keep` an existing one stays."""
    url = os.environ["DATABASE_URL"]
    if engine == "sqlite":
        path = Path(url.removeprefix("sqlite:///"))
        if not keep:
            path.unlink(missing_ok=True)
        return
    connection, name = _maintenance(url)
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name])
        exists = cursor.fetchone()
        if exists and not keep:
            cursor.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
        if not exists or not keep:
            cursor.execute(f'CREATE DATABASE "{name}"')
            # One backend does the whole work, so that its CPU time is all of it.
            cursor.execute(f'ALTER DATABASE "{name}" SET max_parallel_workers_per_gather = 0')
    connection.close()


def drop(engine: str):
    from django.db import connections

    connections.close_all()
    if engine == "postgresql":
        connection, name = _maintenance(os.environ["DATABASE_URL"])
        with connection.cursor() as cursor:
            cursor.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        connection.close()


def prepare(world: str, context):
    """Migrate, and fill with the world unless a kept one of the same shape is there."""
    from django.core.management import call_command
    from django.db import connection

    from bench.world import VERSION, build

    call_command("migrate", verbosity=0)
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE IF NOT EXISTS bench_world (made text)")
        wanted = json.dumps([world, context.scale, context.seed, VERSION])
        cursor.execute("SELECT made FROM bench_world")
        made = cursor.fetchone()
        if made:
            if made[0] == wanted:
                context.say("the kept world is used again")
                return
            print("the kept database holds another world; run once without --keep", file=sys.stderr)
            sys.exit(2)
        build(world, context)
        cursor.execute("INSERT INTO bench_world VALUES (%s)", [wanted])
