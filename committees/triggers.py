"""The database itself refuses to change what was approved: a batch's money, its lines, its months, its deductions.

Created by a migration; one that rebuilds a table (SQLite copies it for most changes of a column) must call `create`
again. What may still change on an approved batch: its way on to paid and archived, the bank's word on a transfer and
its lines, and the path of the body after a reform. A month is freed only where its line was given up, a line is given
up only after the bank has sent its money back, and neither is ever taken back.
"""

from federation.shared.guards import Dialect, Guard

BATCH, LINE, MONTH, DEDUCTION, PAYMENT = (
    "committees_subsidybatch", "committees_subsidyline", "committees_subsidymonth", "committees_subsidydeduction",
    "committees_subsidypayment",
)  # fmt: skip
REFUSAL = "已审批的补贴批次不能修改或删除，请在以后的批次里更正"
FINAL = "('approved', 'paid', 'archived')"

_BATCH_FIXED = (
    "organisation_id", "first_month", "last_month", "role", "month_rule", "line_count", "month_count", "problem_count",
    "total_amount", "county_total", "township_total", "welfare_total", "digest", "standards_digest", "created_by_id",
    "checked_by_id", "approved_by_id", "approved_at",
)  # fmt: skip
_LINE_FIXED = (
    "batch_id", "kind", "appointment_id", "worker_id", "role", "month_count", "gross_amount", "deducted_amount",
    "amount", "county_share", "township_share", "welfare_share", "corrects_id", "organisation_id",
)  # fmt: skip
_MONTH_FIXED = ("line_id", "appointment_id", "payee_id", "month", "standard_id", "amount")
_DEDUCTION_FIXED = ("line_id", "amount", "reason")
_PAYMENT_FIXED = ("batch_id", "worker_id", "organisation_id", "sheet", "number", "amount")


def _is_final(reference: str) -> str:
    """That the batch of the line `reference` names (an expression) is approved."""
    return (
        f"EXISTS (SELECT 1 FROM {LINE} line JOIN {BATCH} batch ON batch.id = line.batch_id "  # noqa: S608
        f"WHERE line.id = {reference} AND batch.state IN {FINAL})"
    )


def _batch_is_final(reference: str) -> str:
    return f"EXISTS (SELECT 1 FROM {BATCH} batch WHERE batch.id = {reference} AND batch.state IN {FINAL})"  # noqa: S608


def _rules(sql: Dialect) -> dict[str, tuple[str, str, str]]:
    """{trigger: (event, table, when it refuses)}."""
    steps_back = (
        "NOT (NEW.state = OLD.state OR (OLD.state = 'approved' AND NEW.state = 'paid') "
        "OR (OLD.state = 'paid' AND NEW.state = 'archived') "
        # The bank's answers were taken back.
        "OR (OLD.state = 'paid' AND NEW.state = 'approved' AND NEW.paid_on IS NULL))"
    )
    given_up = f"EXISTS (SELECT 1 FROM {LINE} line WHERE line.id = OLD.line_id AND line.outcome = 'given_up')"  # noqa: S608
    rules = {
        "subsidy_batch_fixed": (
            "UPDATE", BATCH, f"OLD.state IN {FINAL} AND ({sql.differ(_BATCH_FIXED)} OR {steps_back})",
        ),
        "subsidy_batch_stays": ("DELETE", BATCH, f"OLD.state IN {FINAL}"),
        "subsidy_line_fixed": (
            "UPDATE", LINE, f"({sql.differ(_LINE_FIXED)}) AND {_batch_is_final('OLD.batch_id')}",
        ),
        "subsidy_line_stays": ("DELETE", LINE, _batch_is_final("OLD.batch_id")),
        "subsidy_line_late": ("INSERT", LINE, _batch_is_final("NEW.batch_id")),
        "subsidy_line_given_up": (
            "UPDATE", LINE,
            "OLD.outcome <> NEW.outcome AND (OLD.outcome = 'given_up' "
            "OR (NEW.outcome = 'given_up' AND OLD.outcome <> 'failed'))",
        ),
        "subsidy_month_freed": (
            "UPDATE", MONTH,
            f"{sql.differ(('freed_on',))} AND (OLD.freed_on IS NOT NULL OR NOT {given_up})",
        ),
        "subsidy_payment_fixed": (
            "UPDATE", PAYMENT,
            f"{sql.differ(_PAYMENT_FIXED)} "
            "OR (OLD.outcome <> NEW.outcome AND OLD.outcome IN ('again', 'given_up'))",
        ),
        "subsidy_payment_stays": ("DELETE", PAYMENT, "OLD.id IS NOT NULL"),
    }  # fmt: skip
    for table, word, columns in ((MONTH, "month", _MONTH_FIXED), (DEDUCTION, "deduction", _DEDUCTION_FIXED)):
        rules[f"subsidy_{word}_fixed"] = (
            "UPDATE", table,
            f"({sql.differ(columns)}) AND ({_is_final('OLD.line_id')} OR {_is_final('NEW.line_id')})",
        )  # fmt: skip
        rules[f"subsidy_{word}_stays"] = ("DELETE", table, _is_final("OLD.line_id"))
        rules[f"subsidy_{word}_late"] = ("INSERT", table, _is_final("NEW.line_id"))
    return rules


GUARD = Guard.of_rules(_rules, REFUSAL)
create, drop = GUARD.create, GUARD.drop
