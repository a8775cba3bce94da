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
