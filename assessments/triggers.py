"""The database itself refuses to change what was published of an appraisal: results, bands, points, decided objections.

Put in force by a migration; one that rebuilds a table (SQLite copies it for most changes of a column) must call
`create` again. What may still change: where a body lies in the tree, and what an objection puts right. Points change
while an objection against the result is open; the result changes once, from the digest to the digest that a decided
objection names. So whoever corrects leaves the decision beside it, with both results, and that is fixed as well.
"""

from federation.shared.guards import Dialect, Guard

APPRAISAL, RESULT, POINTS, OBJECTION = (
    "assessments_appraisal", "assessments_memberresult", "assessments_memberpoints", "assessments_objection",
)  # fmt: skip
REFUSAL = "已公布的专职委员考核不能修改或删除，有错的请按考核异议办理"

# Not the digest of all results, which follows a correction, nor the job, which is not kept for ever.
_APPRAISAL_FIXED = (
    "standard_id", "organisation_id", "year", "as_of", "state", "attempt", "definition", "content_hash", "member_count",
    "computed_at", "published_at", "published_by_id",
)  # fmt: skip
_RESULT_FIXED = (
    "appraisal_id", "appointment_id", "worker_id", "organisation_id", "total", "met", "unsourced", "pending", "band",
    "rank_county", "items", "digest", "given_band", "band_reason", "band_given_by_id", "band_given_at",
)  # fmt: skip
_POINTS_FIXED = (
    "appraisal_id", "appointment_id", "organisation_id", "item_code", "points", "reason", "scored_by_id", "scored_at",
    "people_note", "township_note",
)  # fmt: skip
_OBJECTION_FIXED = (
    "result_id", "organisation_id", "text", "is_own", "state", "decision", "decided_by_id", "decided_at", '"before"',
    '"after"', "created_by_id",
)  # fmt: skip


def _is_published(reference: str) -> str:
    return f"EXISTS (SELECT 1 FROM {APPRAISAL} held WHERE held.id = {reference} AND held.state = 'published')"  # noqa: S608


def _is_objected_to(row: str) -> str:
    """That an objection against the result to which the points `row` (OLD or NEW) belong waits for its decision."""
    return (
        f"EXISTS (SELECT 1 FROM {OBJECTION} said JOIN {RESULT} result ON result.id = said.result_id "  # noqa: S608
        f"WHERE said.state = 'open' AND result.appraisal_id = {row}.appraisal_id "
        f"AND result.appointment_id = {row}.appointment_id)"
    )


def _is_put_right(sql: Dialect) -> str:
    """That a decided objection says so: the result that was, and the one that will be."""
    was, becomes = sql.text('said."before"', "digest"), sql.text('said."after"', "digest")
    return (
        f"EXISTS (SELECT 1 FROM {OBJECTION} said WHERE said.result_id = OLD.id AND said.state = 'corrected' "  # noqa: S608
        f"AND {was} = OLD.digest AND {becomes} = NEW.digest)"
    )


def _rules(sql: Dialect) -> dict[str, tuple[str, str, str]]:
    of_published = f"({_is_published('OLD.appraisal_id')} OR {_is_published('NEW.appraisal_id')})"
    decided = f"OLD.state <> 'open' AND ({sql.differ(_OBJECTION_FIXED)})"
    return {
        "appraisal_fixed": ("UPDATE", APPRAISAL, f"OLD.state = 'published' AND ({sql.differ(_APPRAISAL_FIXED)})"),
        "appraisal_stays": ("DELETE", APPRAISAL, "OLD.state = 'published'"),
        "member_result_fixed": (
            "UPDATE", RESULT, f"({sql.differ(_RESULT_FIXED)}) AND {of_published} AND NOT {_is_put_right(sql)}",
        ),
        "member_result_stays": ("DELETE", RESULT, _is_published("OLD.appraisal_id")),
        "member_result_late": ("INSERT", RESULT, _is_published("NEW.appraisal_id")),
        "member_points_fixed": (
            "UPDATE", POINTS,
            f"({sql.differ(_POINTS_FIXED)}) AND {of_published} "
            f"AND NOT ({_is_objected_to('OLD')} AND {_is_objected_to('NEW')})",
        ),
        "member_points_stay": ("DELETE", POINTS, _is_published("OLD.appraisal_id")),
        "member_points_late": (
            "INSERT", POINTS, f"{_is_published('NEW.appraisal_id')} AND NOT {_is_objected_to('NEW')}",
        ),
        "objection_fixed": ("UPDATE", OBJECTION, decided),
        "objection_stays": ("DELETE", OBJECTION, "OLD.state <> 'open'"),
    }  # fmt: skip


GUARD = Guard.of_rules(_rules, REFUSAL)
create, drop = GUARD.create, GUARD.drop
