"""The database itself refuses to change the audit log, whoever asks through it.

Created by the first migration of `shared`; `verify_audit` says when one is missing. The test suite, being owner of
the tables, drops them around its flush.
"""

from federation.shared.guards import POSTGRESQL_REFUSES, SQLITE_REFUSES, Guard

ENTRIES = "shared_auditentry"
HEADS = "shared_audithead"
REFUSAL = "审计记录只能追加，不能修改或删除"
_REFUSE = SQLITE_REFUSES.format(REFUSAL)
_RAISE = POSTGRESQL_REFUSES.format(REFUSAL)

GUARD = Guard(
    sqlite={
        "audit_no_update": f"CREATE TRIGGER audit_no_update BEFORE UPDATE ON {ENTRIES} {_REFUSE}",
        "audit_no_delete": f"CREATE TRIGGER audit_no_delete BEFORE DELETE ON {ENTRIES} {_REFUSE}",
        # INSERT OR REPLACE removes the old row without firing a delete trigger.
        "audit_no_replace": f"""CREATE TRIGGER audit_no_replace BEFORE INSERT ON {ENTRIES}
            WHEN EXISTS (SELECT 1 FROM {ENTRIES}
                         WHERE id = NEW.id OR (chain = NEW.chain AND number = NEW.number)) {_REFUSE}""",  # noqa: S608
        "audit_head_one_step": f"""CREATE TRIGGER audit_head_one_step BEFORE UPDATE ON {HEADS}
            WHEN NEW.chain <> OLD.chain OR NEW.count <> OLD.count + 1 {_REFUSE}""",
        "audit_head_no_delete": f"CREATE TRIGGER audit_head_no_delete BEFORE DELETE ON {HEADS} {_REFUSE}",
    },
    postgresql={
        "audit_no_change": (ENTRIES, "BEFORE UPDATE OR DELETE ON {table} FOR EACH ROW", "shared_audit_refuse"),
        "audit_no_truncate": (ENTRIES, "BEFORE TRUNCATE ON {table} FOR EACH STATEMENT", "shared_audit_refuse"),
        "audit_head_one_step": (HEADS, "BEFORE UPDATE ON {table} FOR EACH ROW", "shared_audit_head_step"),
        "audit_head_no_delete": (HEADS, "BEFORE DELETE ON {table} FOR EACH ROW", "shared_audit_refuse"),
        "audit_head_no_truncate": (HEADS, "BEFORE TRUNCATE ON {table} FOR EACH STATEMENT", "shared_audit_refuse"),
    },
    functions=f"""
        CREATE OR REPLACE FUNCTION shared_audit_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN {_RAISE}; END $$;
        CREATE OR REPLACE FUNCTION shared_audit_head_step() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
          IF NEW.chain <> OLD.chain OR NEW.count <> OLD.count + 1 THEN {_RAISE}; END IF;
          RETURN NEW;
        END $$;""",
)
create, drop, missing = GUARD.create, GUARD.drop, GUARD.missing
