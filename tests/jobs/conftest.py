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
def redis_server(tmp_path):
    """Start a Redis of one's own on a spare port: `redis_server("--maxmemory-policy", "…")` gives its address."""
    if shutil.which("redis-server") is None:
        if os.environ.get("FEDERATION_ALLOW_MISSING"):
            pytest.skip("redis-server is not installed and FEDERATION_ALLOW_MISSING is set")
        pytest.fail("redis-server is not installed; install it or set FEDERATION_ALLOW_MISSING=1")
    running = []

    def start(*options, port=0):
        if not port:
            with socket.socket() as probe:
                probe.bind(("127.0.0.1", 0))
                port = probe.getsockname()[1]
        command = ["redis-server", "--port", str(port), "--save", "", "--appendonly", "no", "--dir", str(tmp_path)]
        server = subprocess.Popen([*command, *options], stdout=subprocess.DEVNULL)
        running.append(server)
        start.server = server
        until = time.monotonic() + 10
        while time.monotonic() < until:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    return f"redis://127.0.0.1:{port}/0"
            time.sleep(0.05)
        pytest.fail("redis-server did not start")

    yield start
    for server in running:
        server.kill()
        server.wait()
