"""The database itself refuses to change or remove an approved 表一, whoever asks through it.

What may change of one is where it lies in the tree (`org_path`), which follows the bodies. The step to approved is
taken with the figures that were submitted. Created by a migration; one that rebuilds the table must call `create`
again, as SQLite drops the triggers with the table, and `verify_summaries` says when one is missing. As with the audit
log (federation/shared/audit_triggers.py) there is no switch in them.
"""

TABLE = "ledgers_rostersummary"
REFUSAL = "审定的汇总表不能修改或删除"
MOVES_WITH_THE_TREE = "org_path"
# What is approved is what was submitted.
SUBMITTED = ("uid", "organisation_id", "as_of", "year", "figures", "digest", "submitted_by_id")
COLUMNS = (
    *SUBMITTED, "id", "version", "created_at", "updated_at", "created_by_id", "state", "submitted_at",
    "returned_reason", "decided_by_id", "decided_at",
)  # fmt: skip


def _differ(columns) -> str:
    return " OR ".join(f"NEW.{name} IS NOT OLD.{name}" for name in columns)


_REFUSE = f"BEGIN SELECT RAISE(ABORT, '{REFUSAL}'); END"
_SQLITE = {
    "summary_no_change": f"CREATE TRIGGER summary_no_change BEFORE UPDATE ON {TABLE} "
    f"WHEN OLD.state = 'approved' AND ({_differ(COLUMNS)}) {_REFUSE}",
    "summary_no_delete": f"CREATE TRIGGER summary_no_delete BEFORE DELETE ON {TABLE} "
    f"WHEN OLD.state = 'approved' {_REFUSE}",
    # INSERT OR REPLACE removes the old row without firing a delete trigger.
    "summary_no_replace": f"""CREATE TRIGGER summary_no_replace BEFORE INSERT ON {TABLE}
        WHEN EXISTS (SELECT 1 FROM {TABLE} WHERE state = 'approved' AND (id = NEW.id OR uid = NEW.uid
                     OR (organisation_id = NEW.organisation_id AND as_of = NEW.as_of))) {_REFUSE}""",  # noqa: S608
    "summary_as_submitted": f"CREATE TRIGGER summary_as_submitted BEFORE UPDATE ON {TABLE} "
    "WHEN OLD.state <> 'approved' AND NEW.state = 'approved' "
    f"AND (OLD.state <> 'submitted' OR {_differ(SUBMITTED)}) {_REFUSE}",
}

_FUNCTION = f"""
CREATE OR REPLACE FUNCTION ledgers_summary_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'UPDATE' THEN
    IF OLD.state = 'approved' AND to_jsonb(NEW) - '{MOVES_WITH_THE_TREE}' = to_jsonb(OLD) - '{MOVES_WITH_THE_TREE}' THEN
      RETURN NEW;
    END IF;
    IF OLD.state = 'submitted' AND NOT ({" OR ".join(f"NEW.{name} IS DISTINCT FROM OLD.{name}" for name in SUBMITTED)})
    THEN
      RETURN NEW;
    END IF;
  END IF;
  RAISE EXCEPTION '{REFUSAL}' USING ERRCODE = 'restrict_violation';
END $$;
"""
_POSTGRESQL = {
    "summary_no_change": "BEFORE UPDATE ON {table} FOR EACH ROW "
    "WHEN (OLD.state = 'approved' OR NEW.state = 'approved')",
    "summary_no_delete": "BEFORE DELETE ON {table} FOR EACH ROW WHEN (OLD.state = 'approved')",
    "summary_no_truncate": "BEFORE TRUNCATE ON {table} FOR EACH STATEMENT",
}


def create(connection):
    """Put the triggers in force on `connection`'s database."""
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            for statement in _SQLITE.values():
                cursor.execute(statement)
            return
        cursor.execute(_FUNCTION)
        for name, when in _POSTGRESQL.items():
            cursor.execute(
                f"CREATE TRIGGER {name} {when.format(table=TABLE)} EXECUTE FUNCTION ledgers_summary_refuse()"
            )
            # ALWAYS: a session in replica mode does not slip past them.
            cursor.execute(f"ALTER TABLE {TABLE} ENABLE ALWAYS TRIGGER {name}")


def drop(connection):
    """Take the triggers away; only the owner of the table can."""
    with connection.cursor() as cursor:
        for name in _SQLITE if connection.vendor == "sqlite" else _POSTGRESQL:
            on = "" if connection.vendor == "sqlite" else f" ON {TABLE}"
            cursor.execute(f"DROP TRIGGER IF EXISTS {name}{on}")


def missing(connection) -> list[str]:
    """Names of the triggers that are not in force."""
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'")
        else:
            cursor.execute("SELECT tgname FROM pg_trigger WHERE tgenabled = 'A'")
        present = {name for (name,) in cursor.fetchall()}
    return [name for name in (_SQLITE if connection.vendor == "sqlite" else _POSTGRESQL) if name not in present]
