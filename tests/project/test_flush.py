"""Between two tests that commit nothing of the first is left, whichever tables it filled, and the triggers stand."""

import pytest
from django.contrib.auth.models import Permission
from django.contrib.sessions.models import Session
from django.db import connection
from django.utils import timezone

from federation.shared import audit
from tests.access.canaries import Aviary
from tests.access.conftest import _standard as make_standard
from tests.access.rows import Place, fill
from tests.audit_flush import MANY, rows_by_table

pytestmark = pytest.mark.django_db(transaction=True)
TRIGGERS = {
    "sqlite": "SELECT name FROM sqlite_master WHERE type = 'trigger'",
    "postgresql": "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal",
}
# How a test that commits finds the database, before and after others.
FOUND: list = []


def state() -> tuple:
    with connection.cursor() as cursor:
        cursor.execute(TRIGGERS[connection.vendor])
        triggers = sorted(name for (name,) in cursor.fetchall())
    return rows_by_table(), triggers, Permission.objects.count()


def test_how_a_test_finds_the_database():
    FOUND.append(state())
    _rows, triggers, permissions = FOUND[0]
    assert triggers and permissions


def test_rows_of_nearly_every_model_are_committed(world):
    village = Place("village", world.village)
    fill(village, Aviary(), make_standard())
    audit.record("access.tested", actor=village.user, target=village.organisation)
    assert len(rows_by_table()) > len(FOUND[0][0]) + 40


def test_none_of_them_is_left():
    assert [state()] == FOUND


def test_so_many_rows_are_committed_that_the_tables_are_truncated():
    Session.objects.bulk_create(Session(pk=f"key{n}", expire_date=timezone.now()) for n in range(MANY))
    assert rows_by_table()["django_session"] == MANY


def test_none_of_the_many_is_left():
    assert [state()] == FOUND
