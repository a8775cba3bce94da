"""The database itself refuses to change or remove an approved 表一, whoever asks through it.

What may change of one is where it lies in the tree (`org_path`), which follows the bodies. The step to approved is
taken with the figures that were submitted. `verify_summaries` says when a trigger is missing.
"""

from federation.shared.guards import POSTGRESQL_REFUSES, SQLITE_REFUSES, Guard

TABLE = "ledgers_rostersummary"
REFUSAL = "审定的汇总表不能修改或删除"
MOVES_WITH_THE_TREE = "org_path"
# What is approved is what was submitted.
SUBMITTED = ("uid", "organisation_id", "as_of", "year", "figures", "digest", "submitted_by_id")
COLUMNS = (
    *SUBMITTED, "id", "version", "created_at", "updated_at", "created_by_id", "state", "submitted_at",
    "returned_reason", "decided_by_id", "decided_at",
)  # fmt: skip


def _differ(columns, operator: str = "IS NOT") -> str:
    return " OR ".join(f"NEW.{name} {operator} OLD.{name}" for name in columns)


_REFUSE = SQLITE_REFUSES.format(REFUSAL)

GUARD = Guard(
    sqlite={
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
    },
    postgresql={
        name: (TABLE, when, "ledgers_summary_refuse")
        for name, when in {
            "summary_no_change": "BEFORE UPDATE ON {table} FOR EACH ROW "
            "WHEN (OLD.state = 'approved' OR NEW.state = 'approved')",
            "summary_no_delete": "BEFORE DELETE ON {table} FOR EACH ROW WHEN (OLD.state = 'approved')",
            "summary_no_truncate": "BEFORE TRUNCATE ON {table} FOR EACH STATEMENT",
        }.items()
    },
    functions=f"""
        CREATE OR REPLACE FUNCTION ledgers_summary_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
          IF TG_OP = 'UPDATE' THEN
            IF OLD.state = 'approved'
               AND to_jsonb(NEW) - '{MOVES_WITH_THE_TREE}' = to_jsonb(OLD) - '{MOVES_WITH_THE_TREE}' THEN
              RETURN NEW;
            END IF;
            IF OLD.state = 'submitted' AND NOT ({_differ(SUBMITTED, "IS DISTINCT FROM")}) THEN
              RETURN NEW;
            END IF;
          END IF;
          {POSTGRESQL_REFUSES.format(REFUSAL)};
        END $$;""",
)
create, drop, missing = GUARD.create, GUARD.drop, GUARD.missing
