"""Every job ends done, once, whatever dies: real workers and real signals on both ways to run.

KILLS=200 makes a long night of it (SUBSIDY_KILLS of the subsidies); SEED repeats one. Every run prints what it
really killed.
"""

import json
import os
import random
import secrets
import sqlite3
import subprocess
import sys
from pathlib import Path

import psycopg2
import pytest

from federation.shared.jobs.kinds import kind_of, known_kinds
from tests.jobs.product_scenes import SCENES
from tests.processes import spare_port

KILLS = int(os.environ.get("KILLS", "10"))
POSTGRESQL = os.environ.get("TEST_POSTGRES_URL") or "postgres://postgres@127.0.0.1:5432/postgres"
ROOT = Path(__file__).resolve().parents[2]

pytestmark = [pytest.mark.kill, pytest.mark.timeout(3600)]


def kinds_of_the_product() -> list[str]:
    """Kinds that tests declare for themselves are not among them, whichever test files were read before."""
    return [name for name in known_kinds() if not kind_of(name).work.__module__.startswith("tests.")]


def _missing(what: str):
    """A machine without the server fails, unless it was told that servers may be missing."""
    if os.environ.get("FEDERATION_ALLOW_MISSING"):
        pytest.skip(f"{what} is not reachable and FEDERATION_ALLOW_MISSING is set")
    pytest.fail(f"{what} is not reachable; start it or set FEDERATION_ALLOW_MISSING=1")


def _server(sql: str):
    try:
        server = psycopg2.connect(POSTGRESQL, connect_timeout=3)
    except psycopg2.OperationalError:
        _missing("PostgreSQL")
    server.autocommit = True
    with server.cursor() as cursor:
        cursor.execute(sql)
    server.close()


def _address(database: str) -> str:
    return f"{POSTGRESQL.rsplit('/', 1)[0]}/{database}"


def _migrate(folder: Path, database_url: str):
    subprocess.run(
        [sys.executable, "manage.py", "migrate", "--verbosity", "0"],
        cwd=ROOT,
        env=os.environ
        | {
            "FEDERATION_DATA_DIR": str(folder),
            "DATABASE_URL": database_url,
            "DJANGO_SETTINGS_MODULE": "federation.settings",
        },
        check=True,
    )


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory) -> Path:
    """A database to copy: the migrations run once for all the tests here, not eight seconds in each."""
    folder = tmp_path_factory.mktemp("migrated")
    _migrate(folder, f"sqlite:///{folder / 'migrated.sqlite3'}")
    return folder / "migrated.sqlite3"


@pytest.fixture(scope="session")
def migrated_database(tmp_path_factory):
    """The same on PostgreSQL: the name of a database that serves as a template."""
    name = f"fed_kill_template_{secrets.token_hex(4)}"
    _server(f"CREATE DATABASE {name}")
    try:
        _migrate(tmp_path_factory.mktemp("migrated"), _address(name))
        yield name
    finally:
        _server(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def sqlite(tmp_path, migrated_file):
    """One office: SQLite, messages as files, a pool of threads."""
    path = tmp_path / "kill.sqlite3"
    with sqlite3.connect(migrated_file) as source, sqlite3.connect(path) as copy:
        source.backup(copy)
    return {
        "FEDERATION_DATA_DIR": str(tmp_path),
        "DATABASE_URL": f"sqlite:///{path}",
        "CELERY_BROKER_URL": "filesystem://",
    }, "threads"


@pytest.fixture
def postgresql(tmp_path, migrated_database, own_redis):
    """Production: PostgreSQL, Redis, a pool of processes."""
    name = f"fed_kill_{secrets.token_hex(4)}"
    _server(f"CREATE DATABASE {name} TEMPLATE {migrated_database}")
    yield (
        {"FEDERATION_DATA_DIR": str(tmp_path), "DATABASE_URL": _address(name), "CELERY_BROKER_URL": own_redis},
        "prefork",
    )
    _server(f"DROP DATABASE {name} WITH (FORCE)")


def kill_run(engine, *arguments, kills=KILLS, module="tests.jobs.kill_run") -> dict:
    environment, pool = engine
    seed = os.environ.get("SEED") or str(random.randrange(10**6))
    command = [sys.executable, "-m", module, "--pool", pool, "--seed", seed, "--kills", str(kills)]
    done = subprocess.run(
        [*command, *arguments],
        cwd=ROOT,
        env=os.environ | environment | {"DJANGO_SETTINGS_MODULE": "federation.settings"},
        capture_output=True,
        text=True,
        timeout=300 + 20 * kills,
    )
    assert done.returncode == 0, f"seed {seed}: {done.stderr[-3000:]}"
    report = json.loads(done.stdout.splitlines()[-1])
    print(" ".join(arguments), json.dumps(report))
    return report


def assert_exactly_once(report: dict):
    assert report["not_done"] == []
    assert report["finished_not_once"] == []
    assert (report["lost"], report["doubled"]) == (0, 0)
    assert report["cents"] == report["cents_wanted"] > 0
    assert report["orphans"] == 0


@pytest.mark.parametrize("engine", ["sqlite", "postgresql"])
def test_every_job_ends_done_once_though_workers_are_killed(engine, request):
    report = kill_run(request.getfixturevalue(engine))
    assert report["kills"] == KILLS
    assert report["mid_chunk"] + report["pool_child"] > 0, "no kill hit a chunk: the run proves nothing"
    assert report["losses"] > 0
    assert_exactly_once(report)
    assert report["seconds_to_recover"] <= 60


@pytest.mark.parametrize("engine", ["sqlite", "postgresql"])
def test_a_worker_that_slept_past_its_lease_writes_nothing_twice(engine, request):
    report = kill_run(request.getfixturevalue(engine), "--kind", "test.short_lease", "--stop", kills=2)
    assert report["stopped"] == 2
    assert_exactly_once(report)


@pytest.mark.parametrize("engine", ["sqlite", "postgresql"])
def test_a_worker_asked_to_go_finishes_its_chunk_first(engine, request):
    report = kill_run(request.getfixturevalue(engine), "--term", kills=2)
    assert report["asked_to_go"] == 2
    assert report["slowest_to_go"] <= 30
    assert report["losses"] == 0
    assert_exactly_once(report)


# What the issue asks for: SUBSIDY_KILLS=100 on PostgreSQL, 30 on SQLite. Few everyday.
SUBSIDY_KILLS = int(os.environ.get("SUBSIDY_KILLS", "8"))


@pytest.mark.parametrize("engine", ["sqlite", "postgresql"])
def test_no_month_is_lost_or_doubled_though_computing_approving_and_paying_are_killed(engine, request):
    report = kill_run(request.getfixturevalue(engine), kills=SUBSIDY_KILLS, module="tests.jobs.subsidy_run")
    assert report["kills"] == SUBSIDY_KILLS
    assert report["mid_chunk"] + report["pool_child"] > 0, "no kill hit a chunk: the run proves nothing"
    for name in ("not_done", "not_paid", "steps_not_once", "computed_not_once", "half", "wrong"):
        assert report[name] == [], name
    assert (report["lost"], report["doubled"], report["orphans"]) == (0, 0, 0)
    sums = [report[name] for name in ("cents", "cents_of_lines", "cents_of_batches")]
    assert sums == [report["cents_wanted"]] * 3 and report["cents"] > 0
    assert report["paid_by_bank"] > 0 and report["transfers_not_once"] == 0
    assert report["cents_by_bank"] == report["cents_of_batches_by_bank"] > 0


@pytest.mark.parametrize("engine", ["sqlite", "postgresql"])
def test_a_subsidy_batch_killed_at_any_of_its_statements_is_paid_once_in_the_end(engine, request):
    environment, pool = request.getfixturevalue(engine)
    # Nobody else is to take the job up.
    alone = environment | {"CELERY_BROKER_URL": "filesystem://"}
    # Like the scenes below: a night run kills at every statement.
    every = "1" if SUBSIDY_KILLS > 10 else "7"
    report = kill_run((alone, pool), "--sweep", "--every", every, kills=60, module="tests.jobs.subsidy_run")
    assert report["statements"] >= 100 and report["killed"] >= 15
    assert report["wrong"] == []


@pytest.mark.redis
def test_no_job_is_lost_though_redis_is_emptied_killed_and_away(postgresql):
    environment, pool = postgresql
    # The run starts and kills a Redis of its own.
    broker = environment | {"CELERY_BROKER_URL": f"redis://127.0.0.1:{spare_port()}/0"}
    report = kill_run((broker, pool), kills=4, module="tests.jobs.broker_run")
    assert (report["emptied"], report["killed"]) == (2, 2)
    assert_exactly_once(report)
    assert report["seconds_to_recover"] <= 120
    assert report["slowest_asking"] <= 5


@pytest.mark.parametrize("engine", ["sqlite", "postgresql"])
def test_a_job_killed_at_any_of_its_statements_is_completed_by_the_next_worker(engine, request):
    report = kill_run(request.getfixturevalue(engine), module="tests.jobs.crash_run")
    assert report["statements"] >= 50
    assert report["killed"] == report["statements"]
    assert report["wrong"] == []


def test_every_kind_of_job_is_killed_on_the_way():
    """A new kind needs a scene of its own: nobody sees a double by reading."""
    registered = set(kinds_of_the_product())
    assert registered <= set(SCENES), registered - set(SCENES)


@pytest.mark.parametrize("scene", SCENES)
def test_work_killed_on_the_way_leaves_what_undisturbed_work_leaves(sqlite, scene):
    # A night run kills at every statement, the everyday one at each ninth.
    every = "1" if KILLS > 10 else "9"
    environment, _ = sqlite
    done = subprocess.run(
        [sys.executable, "-m", "tests.jobs.product_run", "--scene", scene, "--every", every],
        cwd=ROOT,
        env=os.environ | environment | {"DJANGO_SETTINGS_MODULE": "federation.settings"},
        capture_output=True,
        text=True,
        timeout=900,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    report = json.loads(done.stdout.splitlines()[-1])
    print(json.dumps(report))
    assert report["killed"] >= 4 and report["rows"] > 0
    assert report["wrong"] == []


def test_a_kill_at_any_statement_shows_the_kind_that_breaks_the_rule(sqlite):
    report = kill_run(sqlite, "--kind", "test.careless", module="tests.jobs.crash_run")
    assert report["wrong"] != []


def test_the_same_check_catches_a_kind_that_breaks_the_rule(postgresql):
    report = kill_run(postgresql, "--kind", "test.careless", kills=6)
    assert report["doubled"] > 0
    with pytest.raises(AssertionError):
        assert_exactly_once(report)
