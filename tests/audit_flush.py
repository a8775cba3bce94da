"""Lets the suite empty the tables that refuse to be emptied after tests that commit.

Django ends a transactional test by emptying every table, which the triggers refuse, as they should. The suite
owns its tables, so it takes the triggers down for the flush and puts them up again; the product has no such
switch. Imported by conftest.
"""

from django.db import connection
from django.test import TransactionTestCase

from committees import triggers as subsidy_triggers
from federation.shared import audit_triggers
from ledgers.summaries import triggers as summary_triggers

GUARDS = {
    "shared_auditentry": audit_triggers,
    subsidy_triggers.BATCH: subsidy_triggers,
    summary_triggers.TABLE: summary_triggers,
}
_flush = TransactionTestCase._fixture_teardown


def _flush_without_triggers(self):
    tables = set(connection.introspection.table_names())
    guards = [guard for table, guard in GUARDS.items() if table in tables]
    for guard in guards:
        guard.drop(connection)
    try:
        return _flush(self)
    finally:
        for guard in guards:
            guard.create(connection)


TransactionTestCase._fixture_teardown = _flush_without_triggers
