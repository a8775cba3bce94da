import contextlib
import os
import shutil
import socket
import subprocess

import pytest
from django.db import connection

from federation.shared.jobs import enqueue
from tests.jobs import kinds
from tests.processes import spare_port, wait_until


@pytest.fixture(scope="session")
def _effects(django_db_setup, django_db_blocker):
    with django_db_blocker.unblock():
        kinds.create_table()


@pytest.fixture
def ask(_effects, request):
    """Ask for a job of the suite: `ask("test.ledger", by=user, rows=10)`."""
    if "transactional_db" in request.fixturenames or request.node.get_closest_marker("django_db") is not None:
        request.getfixturevalue("db")
    with connection.cursor() as cursor:
        cursor.execute(f"DELETE FROM {kinds.TABLE}")
    numbers = iter(range(1, 1000))

    def ask(name, *, by, rows=10, size=4, key="", organisation=None, **payload):
        return enqueue(
            name,
            requested_by=by,
            payload={"rows": rows, "size": size, **payload},
            idempotency_key=key or f"test-{next(numbers)}",
            organisation=organisation,
        )

    return ask


@pytest.fixture
def port_for_redis() -> int:
    """A port on which a Redis of one's own may be started; without the program the test fails."""
    if shutil.which("redis-server") is None:
        if os.environ.get("FEDERATION_ALLOW_MISSING"):
            pytest.skip("redis-server is not installed and FEDERATION_ALLOW_MISSING is set")
        pytest.fail("redis-server is not installed; install it or set FEDERATION_ALLOW_MISSING=1")
    return spare_port()


@contextlib.contextmanager
def _redis(folder, port, policy):
    command = ["redis-server", "--port", str(port), "--save", "", "--maxmemory-policy", policy]
    server = subprocess.Popen([*command, "--dir", str(folder)], stdout=subprocess.DEVNULL)
    try:
        wait_until(lambda: _answers(port), 20, "Redis answers")
        yield f"redis://127.0.0.1:{port}/0"
    finally:
        server.kill()
        server.wait()


def _answers(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@pytest.fixture
def forgetful_redis(tmp_path, port_for_redis):
    """The address of a Redis that throws messages away when its memory is full."""
    with _redis(tmp_path, port_for_redis, "allkeys-lru") as address:
        yield address


@pytest.fixture
def own_redis(tmp_path, port_for_redis):
    """The address of a Redis that no other test sends messages through, so that killed workers may run side by side."""
    with _redis(tmp_path, port_for_redis, "noeviction") as address:
        yield address
