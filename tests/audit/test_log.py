"""The audit log: what an entry holds, who may change it (nobody), and that it counts exactly."""

import datetime
import re
from decimal import Decimal
from pathlib import Path

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction

from federation.shared import audit, audit_triggers
from federation.shared.models import AuditEntry, AuditHead

pytestmark = pytest.mark.django_db


def test_an_entry_says_who_what_which_row_and_which_body(world):
    entry = audit.record("orgs.plaque.hung", actor=world.clerk, target=world.village, details={"count": 1})
    entry.refresh_from_db()
    assert (entry.actor_kind, entry.actor_id) == ("user", world.clerk.pk)
    assert (entry.target_label, entry.target_id) == ("orgs.organisation", str(world.village.pk))
    assert entry.organisation_id == world.village.pk
    assert entry.details == {"count": 1}


def test_a_machine_key_the_system_and_a_visitor_are_told_apart(world):
    from django.contrib.auth.models import AnonymousUser

    kinds = [
        audit.record("api.read", actor=actor).actor_kind
        for actor in (world.machine, None, AnonymousUser(), world.clerk)
    ]
    assert kinds == ["accounts.apikey", "system", "anonymous", "user"]


def test_an_entry_without_a_body_of_its_own_belongs_to_the_actors_body(world):
    assert audit.record("tables.exported", actor=world.member).organisation_id == world.village.pk
    assert audit.record("api.read", actor=world.machine).organisation_id == world.province.pk
    assert audit.record("shared.backup.made", actor=None).organisation_id is None


def test_an_entry_goes_with_the_transaction_that_is_rolled_back(world):
    class Undone(Exception):
        pass

    with pytest.raises(Undone), transaction.atomic():
        audit.record("orgs.plaque.hung", actor=world.clerk)
        raise Undone
    assert AuditEntry.objects.count() == 0


@pytest.mark.parametrize(
    "value",
    [1, "文字", "a\x00b", "\ud800", Decimal("1.10"), datetime.date(2026, 1, 2), [1, {"a": None}], {"键": 1.5}, True],
)
def test_an_entry_reads_back_with_the_hash_it_was_written_with(world, value):
    entry = audit.record("orgs.plaque.hung", actor=world.clerk, details={"value": value}, reason=str(value))
    stored = AuditEntry.objects.get(pk=entry.pk)
    head = AuditHead.objects.get(chain=entry.chain)
    assert stored.hash_after(audit_genesis()) == stored.entry_hash == head.last_hash


def audit_genesis():
    from federation.shared.models.audit import GENESIS

    return GENESIS


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE shared_auditentry SET action = 'x'",
        "DELETE FROM shared_auditentry",
        "UPDATE shared_audithead SET count = 0",
        "UPDATE shared_audithead SET count = count + 2",
        "DELETE FROM shared_audithead",
    ],
)
def test_the_database_refuses_to_change_or_remove_an_entry(world, statement):
    audit.record("orgs.plaque.hung", actor=world.clerk)
    with pytest.raises(IntegrityError, match="审计记录只能追加"), transaction.atomic():
        connection.cursor().execute(statement)
    assert AuditEntry.objects.get().action == "orgs.plaque.hung"
    assert AuditHead.objects.filter(count=1).count() == 1


def test_the_database_refuses_to_empty_the_log_by_its_quick_way(world):
    audit.record("orgs.plaque.hung", actor=world.clerk)
    if connection.vendor == "postgresql":
        statement = "TRUNCATE shared_auditentry"
    else:
        statement = (
            "INSERT OR REPLACE INTO shared_auditentry SELECT id, chain, number, at, 'x', actor_kind, actor_id, "
            "target_label, target_id, before, after, reason, details, ip, user_agent, request_id, entry_hash, seal, "
            "organisation_id FROM shared_auditentry"
        )
    with pytest.raises(IntegrityError, match="审计记录只能追加"), transaction.atomic():
        connection.cursor().execute(statement)
    assert AuditEntry.objects.get().action == "orgs.plaque.hung"


@pytest.mark.skipif("connection.vendor != 'postgresql'", reason="SQLite has no replica mode")
def test_a_session_in_replica_mode_does_not_slip_past_the_triggers(world):
    audit.record("orgs.plaque.hung", actor=world.clerk)
    with pytest.raises(IntegrityError), transaction.atomic():
        cursor = connection.cursor()
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute("DELETE FROM shared_auditentry")


def test_every_trigger_is_in_force_after_migrating(db):
    assert audit_triggers.missing(connection) == []


def test_a_missing_chain_refuses_the_act_instead_of_going_on_unlogged(world):
    audit_triggers.drop(connection)
    AuditHead.objects.all().delete()
    with pytest.raises(audit.AuditUnavailable, match="操作没有执行"):
        audit.record("orgs.plaque.hung", actor=world.clerk)


def test_a_failing_log_undoes_the_act(world):
    audit_triggers.drop(connection)
    connection.cursor().execute("ALTER TABLE shared_auditentry RENAME TO gone")
    with pytest.raises(DatabaseError), transaction.atomic():
        world.village.short_name = "改名村"
        world.village.save()
        audit.record("orgs.organisation.changed", actor=world.clerk, target=world.village)
    world.village.refresh_from_db()
    assert world.village.short_name == "东山村"


@pytest.mark.skipif("connection.vendor != 'postgresql'", reason="SQLite has no roles")
@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM shared_auditentry",
        "UPDATE shared_auditentry SET reason = 'x'",
        "TRUNCATE shared_auditentry",
        "DELETE FROM shared_audithead",
        "ALTER TABLE shared_auditentry DISABLE TRIGGER ALL",
        "DROP TRIGGER audit_no_change ON shared_auditentry",
        "DROP TABLE shared_auditentry",
        "DROP FUNCTION shared_audit_refuse CASCADE",
        "SET LOCAL session_replication_role = replica",
    ],
)
def test_the_role_the_handbook_gives_the_application_can_only_add(world, statement):
    handbook = (Path(__file__).resolve().parents[2] / "docs" / "audit.md").read_text()
    grants = re.search(r"```sql\n(.*?)```", handbook, re.DOTALL)[1].replace("federation_app", "federation_app_test")
    with connection.cursor() as cursor:
        cursor.execute(grants)
        cursor.execute("SET LOCAL ROLE federation_app_test")
        audit.record("orgs.plaque.hung", actor=world.clerk)
        with pytest.raises(DatabaseError, match="permission denied|must be owner"), transaction.atomic():
            cursor.execute(statement)
        cursor.execute("RESET ROLE")
    assert AuditEntry.objects.count() == 1
