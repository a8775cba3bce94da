import os
import shutil
import socket
import subprocess
import time

import pytest
from django.db import connection

from federation.shared.jobs import enqueue
from tests.jobs import kinds


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
def spare_port() -> int:
    """A port on which a Redis of one's own may be started; without the program the test fails."""
    if shutil.which("redis-server") is None:
        if os.environ.get("FEDERATION_ALLOW_MISSING"):
            pytest.skip("redis-server is not installed and FEDERATION_ALLOW_MISSING is set")
        pytest.fail("redis-server is not installed; install it or set FEDERATION_ALLOW_MISSING=1")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture
def forgetful_redis(tmp_path, spare_port):
    """The address of a Redis that throws messages away when its memory is full."""
    command = ["redis-server", "--port", str(spare_port), "--save", "", "--maxmemory-policy", "allkeys-lru"]
    server = subprocess.Popen([*command, "--dir", str(tmp_path)], stdout=subprocess.DEVNULL)
    until = time.monotonic() + 10
    with socket.socket() as probe:
        while probe.connect_ex(("127.0.0.1", spare_port)) and time.monotonic() < until:
            time.sleep(0.05)
    yield f"redis://127.0.0.1:{spare_port}/0"
    server.kill()
    server.wait()
