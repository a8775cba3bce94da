"""Lets the suite empty the audit log after tests that commit.

Django ends a transactional test by emptying every table, which the triggers refuse, as they should. The suite
owns its tables, so it takes the triggers down for the flush and puts them up again; the product has no such
switch. Imported by conftest.
"""

from django.db import connection
from django.test import TransactionTestCase

from federation.shared import audit_triggers

_flush = TransactionTestCase._fixture_teardown


def _flush_without_triggers(self):
    if "shared_auditentry" not in connection.introspection.table_names():
        return _flush(self)
    audit_triggers.drop(connection)
    try:
        return _flush(self)
    finally:
        audit_triggers.create(connection)


TransactionTestCase._fixture_teardown = _flush_without_triggers
