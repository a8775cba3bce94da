"""The database itself refuses to change the audit log, whoever asks through it.

Created by the first migration of `shared`. A later migration that rebuilds one of these tables must call
`create` again, as SQLite drops the triggers with the table; `verify_audit` says when one is missing.
There is no switch in them: putting them out of force takes the owner of the tables, which in production is
not the role the application connects with. The test suite, being owner, drops them around its flush.
"""

ENTRIES = "shared_auditentry"
HEADS = "shared_audithead"
REFUSAL = "审计记录只能追加，不能修改或删除"

_SQLITE = {
    "audit_no_update": f"""
        CREATE TRIGGER audit_no_update BEFORE UPDATE ON {ENTRIES}
        BEGIN SELECT RAISE(ABORT, '{REFUSAL}'); END""",
    "audit_no_delete": f"""
        CREATE TRIGGER audit_no_delete BEFORE DELETE ON {ENTRIES}
        BEGIN SELECT RAISE(ABORT, '{REFUSAL}'); END""",
    # INSERT OR REPLACE removes the old row without firing a delete trigger.
    "audit_no_replace": f"""
        CREATE TRIGGER audit_no_replace BEFORE INSERT ON {ENTRIES}
        WHEN EXISTS (SELECT 1 FROM {ENTRIES}
                     WHERE id = NEW.id OR (chain = NEW.chain AND number = NEW.number))
        BEGIN SELECT RAISE(ABORT, '{REFUSAL}'); END""",  # noqa: S608
    "audit_head_one_step": f"""
        CREATE TRIGGER audit_head_one_step BEFORE UPDATE ON {HEADS}
        WHEN NEW.chain <> OLD.chain OR NEW.count <> OLD.count + 1
        BEGIN SELECT RAISE(ABORT, '{REFUSAL}'); END""",
    "audit_head_no_delete": f"""
        CREATE TRIGGER audit_head_no_delete BEFORE DELETE ON {HEADS}
        BEGIN SELECT RAISE(ABORT, '{REFUSAL}'); END""",
}

_POSTGRESQL_FUNCTIONS = f"""
CREATE OR REPLACE FUNCTION shared_audit_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION '{REFUSAL}' USING ERRCODE = 'restrict_violation'; END $$;
CREATE OR REPLACE FUNCTION shared_audit_head_step() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.chain <> OLD.chain OR NEW.count <> OLD.count + 1 THEN
    RAISE EXCEPTION '{REFUSAL}' USING ERRCODE = 'restrict_violation';
  END IF;
  RETURN NEW;
END $$;
"""
_POSTGRESQL = {
    "audit_no_change": (ENTRIES, "BEFORE UPDATE OR DELETE", "ROW", "shared_audit_refuse"),
    "audit_no_truncate": (ENTRIES, "BEFORE TRUNCATE", "STATEMENT", "shared_audit_refuse"),
    "audit_head_one_step": (HEADS, "BEFORE UPDATE", "ROW", "shared_audit_head_step"),
    "audit_head_no_delete": (HEADS, "BEFORE DELETE", "ROW", "shared_audit_refuse"),
    "audit_head_no_truncate": (HEADS, "BEFORE TRUNCATE", "STATEMENT", "shared_audit_refuse"),
}


def create(connection):
    """Put the triggers in force on `connection`'s database."""
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            for statement in _SQLITE.values():
                cursor.execute(statement)
            return
        cursor.execute(_POSTGRESQL_FUNCTIONS)
        for name, (table, when, level, function) in _POSTGRESQL.items():
            cursor.execute(f"CREATE TRIGGER {name} {when} ON {table} FOR EACH {level} EXECUTE FUNCTION {function}()")
            # ALWAYS: a session in replica mode does not slip past them.
            cursor.execute(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {name}")


def drop(connection):
    """Take the triggers away; only the owner of the tables can."""
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            for name in _SQLITE:
                cursor.execute(f"DROP TRIGGER IF EXISTS {name}")
            return
        for name, (table, *_) in _POSTGRESQL.items():
            cursor.execute(f"DROP TRIGGER IF EXISTS {name} ON {table}")


def missing(connection) -> list[str]:
    """Names of the triggers that are not in force."""
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'")
            wanted = _SQLITE
        else:
            cursor.execute("SELECT tgname FROM pg_trigger WHERE tgenabled = 'A'")
            wanted = _POSTGRESQL
        present = {name for (name,) in cursor.fetchall()}
    return [name for name in wanted if name not in present]
