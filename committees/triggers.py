"""The database itself refuses to change what was approved: a batch's money, its lines, its months, its deductions.

Created by a migration; one that rebuilds a table (SQLite copies it for most changes of a column) must call `create`
again. What may still change on an approved batch: its way on to paid and archived, the bank's word on a line, and
the path of the body after a reform.
"""

BATCH, LINE, MONTH, DEDUCTION = (
    "committees_subsidybatch", "committees_subsidyline", "committees_subsidymonth", "committees_subsidydeduction",
)  # fmt: skip
REFUSAL = "已审批的补贴批次不能修改或删除，请在以后的批次里更正"
FINAL = "('approved', 'paid', 'archived')"

_BATCH_FIXED = (
    "organisation_id", "first_month", "last_month", "role", "month_rule", "line_count", "month_count", "problem_count",
    "total_amount", "county_total", "township_total", "welfare_total", "digest", "created_by_id", "checked_by_id",
    "approved_by_id", "approved_at",
)  # fmt: skip
_LINE_FIXED = (
    "batch_id", "kind", "appointment_id", "worker_id", "role", "month_count", "gross_amount", "deducted_amount",
    "amount", "county_share", "township_share", "welfare_share", "corrects_id", "organisation_id",
)  # fmt: skip
_MONTH_FIXED = ("line_id", "appointment_id", "month", "standard_id", "amount")
_DEDUCTION_FIXED = ("line_id", "amount", "reason")


def _differs(columns, operator: str) -> str:
    return " OR ".join(f"OLD.{name} {operator} NEW.{name}" for name in columns)


def _is_final(reference: str) -> str:
    """That the batch of the line `reference` names (an expression) is approved."""
    return (
        f"EXISTS (SELECT 1 FROM {LINE} line JOIN {BATCH} batch ON batch.id = line.batch_id "  # noqa: S608
        f"WHERE line.id = {reference} AND batch.state IN {FINAL})"
    )


def _batch_is_final(reference: str) -> str:
    return f"EXISTS (SELECT 1 FROM {BATCH} batch WHERE batch.id = {reference} AND batch.state IN {FINAL})"  # noqa: S608


def _rules(operator: str) -> dict[str, tuple[str, str, str]]:
    """{trigger: (event, table, when it refuses)}; `operator` is the database's "differs, and nothing is a value"."""
    steps_back = (
        "NOT (NEW.state = OLD.state OR (OLD.state = 'approved' AND NEW.state = 'paid') "
        "OR (OLD.state = 'paid' AND NEW.state = 'archived'))"
    )
    rules = {
        "subsidy_batch_fixed": (
            "UPDATE", BATCH, f"OLD.state IN {FINAL} AND ({_differs(_BATCH_FIXED, operator)} OR {steps_back})",
        ),
        "subsidy_batch_stays": ("DELETE", BATCH, f"OLD.state IN {FINAL}"),
        "subsidy_line_fixed": (
            "UPDATE", LINE, f"({_differs(_LINE_FIXED, operator)}) AND {_batch_is_final('OLD.batch_id')}",
        ),
        "subsidy_line_stays": ("DELETE", LINE, _batch_is_final("OLD.batch_id")),
        "subsidy_line_late": ("INSERT", LINE, _batch_is_final("NEW.batch_id")),
    }  # fmt: skip
    for table, word, columns in ((MONTH, "month", _MONTH_FIXED), (DEDUCTION, "deduction", _DEDUCTION_FIXED)):
        rules[f"subsidy_{word}_fixed"] = (
            "UPDATE", table,
            f"({_differs(columns, operator)}) AND ({_is_final('OLD.line_id')} OR {_is_final('NEW.line_id')})",
        )  # fmt: skip
        rules[f"subsidy_{word}_stays"] = ("DELETE", table, _is_final("OLD.line_id"))
        rules[f"subsidy_{word}_late"] = ("INSERT", table, _is_final("NEW.line_id"))
    return rules


def names() -> list[str]:
    return list(_rules("IS NOT"))


def create(connection):
    """Put the triggers in force on `connection`'s database."""
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            for name, (event, table, refuses) in _rules("IS NOT").items():
                cursor.execute(
                    f"CREATE TRIGGER {name} BEFORE {event} ON {table} WHEN {refuses} "
                    f"BEGIN SELECT RAISE(ABORT, '{REFUSAL}'); END"
                )
            return
        for name, (event, table, refuses) in _rules("IS DISTINCT FROM").items():
            # A trigger's own WHEN may not ask other tables, so the function does.
            fires, gives = "BEFORE {event} ON {table} FOR EACH ROW", "OLD" if event == "DELETE" else "NEW"
            if event == "INSERT":
                # Lines and months come by the ten thousand: all rows of a statement are asked about at once.
                fires = "AFTER {event} ON {table} REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT"
                refuses, gives = f"EXISTS (SELECT 1 FROM fresh WHERE {refuses.replace('NEW.', 'fresh.')})", "NULL"  # noqa: S608
            cursor.execute(
                f"CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
                f"IF {refuses} THEN RAISE EXCEPTION '{REFUSAL}' USING ERRCODE = 'restrict_violation'; END IF; "
                f"RETURN {gives}; END $$"
            )
            fires = fires.format(event=event, table=table)
            cursor.execute(f"CREATE TRIGGER {name} {fires} EXECUTE FUNCTION {name}()")


def drop(connection):
    """Take the triggers away; only the owner of the tables can."""
    with connection.cursor() as cursor:
        for name, (_event, table, _refuses) in _rules("IS NOT").items():
            if connection.vendor == "sqlite":
                cursor.execute(f"DROP TRIGGER IF EXISTS {name}")
            else:
                cursor.execute(f"DROP TRIGGER IF EXISTS {name} ON {table}")
                cursor.execute(f"DROP FUNCTION IF EXISTS {name}()")
