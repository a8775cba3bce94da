"""Lets the suite empty the tables after tests that commit: those that refuse it as well, and only those with rows.

Django ends a transactional test by emptying every table. The triggers refuse that, as they should: the suite owns its
tables, so it takes the triggers down for the flush and puts them up again; the product has no such switch. And of a
hundred and more tables a test fills a few: to truncate them all takes PostgreSQL seconds, to delete some rows nothing.
Imported by conftest.
"""

from django.core.management.sql import emit_post_migrate_signal
from django.db import connection, transaction
from django.test import TransactionTestCase

from assessments import triggers as appraisal_triggers
from committees import triggers as subsidy_triggers
from federation.shared import audit_triggers
from ledgers.summaries import triggers as summary_triggers

GUARDS = {
    "shared_auditentry": audit_triggers,
    subsidy_triggers.BATCH: subsidy_triggers,
    summary_triggers.TABLE: summary_triggers,
    appraisal_triggers.RESULT: appraisal_triggers,
}
# Django's own, made of the models after each migration and the same whatever a test did.
KEPT = {"django_content_type", "auth_permission"}
# From so many rows of a table on, truncating is cheaper.
MANY = 2_000
_flush = TransactionTestCase._fixture_teardown


def rows_by_table() -> dict[str, int]:
    """The tables with anything in them; what is more than MANY is not counted further."""
    tables = connection.introspection.django_table_names(only_existing=True, include_views=False)
    counted = {}
    with connection.cursor() as cursor:
        for table in set(tables) - KEPT:
            name = connection.ops.quote_name(table)
            cursor.execute(f"SELECT COUNT(*) FROM (SELECT 1 FROM {name} LIMIT {MANY}) AS few")
            if found := cursor.fetchone()[0]:
                counted[table] = found
    return counted


def _flush_what_is_full(self):
    counted = rows_by_table()
    is_small = all(found < MANY for found in counted.values())
    tables = set(connection.introspection.table_names())
    guards = [guard for table, guard in GUARDS.items() if table in tables]
    for guard in guards:
        guard.drop(connection)
    try:
        if not is_small:
            return _flush(self)
        # The keys between them are compared at the end, so the order does not matter.
        with transaction.atomic(), connection.cursor() as cursor:
            for table in counted:
                cursor.execute(f"DELETE FROM {connection.ops.quote_name(table)}")
        return emit_post_migrate_signal(0, False, connection.alias)
    finally:
        for guard in guards:
            guard.create(connection)


TransactionTestCase._fixture_teardown = _flush_what_is_full
