"""What an office does with 表一: submit the figures of a body, approve or return them, look whether they still fit."""

import datetime
import hashlib
import json
from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from federation.shared.history import create_versioned, save_versioned
from federation.shared.models import AuditEntry
from ledgers.models import RosterSummary
from ledgers.models.summaries import SummaryState
from ledgers.summaries.definition import TOTAL
from ledgers.summaries.past import figures_on


def digest_of(summary: RosterSummary) -> str:
    """SHA-256 over the figures with what they are figures of, as canonical JSON."""
    content = {"uid": str(summary.uid), "as_of": summary.as_of.isoformat(), "figures": summary.figures}
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def still_fits(summary: RosterSummary) -> bool:
    """Whether the figures are those whose digest was taken."""
    return digest_of(summary) == summary.digest


def whole_body(organisation):
    """What narrows people to those of a body and of all below it, whoever asks: what its summary counts."""
    return lambda rows: rows.under(organisation.path)


def submit_summary(*, organisation, day: datetime.date, by) -> RosterSummary:
    """Count the body as of `day` and hand the figures to who approves; once more where they were returned or wait."""
    if day > timezone.localdate():
        raise ValidationError("截止日期在今天以后，还没有这一天的数字。请改为今天或以前的日期。")
    with transaction.atomic():
        stored = RosterSummary.objects.select_for_update(of=("self",)).filter(organisation=organisation, as_of=day)
        summary = stored.first() or RosterSummary(organisation=organisation, as_of=day, year=day.year)
        if summary.state == SummaryState.APPROVED:
            raise ValidationError("这一天的汇总表已经审定，不能再改。需要新的数字时，请换一个截止日期提交。")
        summary.figures = figures_on(whole_body(organisation), day)
        summary.digest = digest_of(summary)
        summary.state, summary.returned_reason = SummaryState.SUBMITTED, ""
        summary.submitted_by, summary.submitted_at = by, timezone.now()
        if summary.pk is None:
            return create_versioned(summary, by=by, action="summary.submitted")
        save_versioned(summary, by=by, action="summary.submitted")
        return summary


def _decide(summary: RosterSummary, by, version: int) -> RosterSummary:
    """The waiting summary, locked: it is what the decider looked at, and not the decider's own."""
    locked = RosterSummary.objects.select_for_update(of=("self",)).get(pk=summary.pk)
    if locked.state != SummaryState.SUBMITTED:
        raise ValidationError(f"这份汇总表现在是“{locked.get_state_display()}”，不用再审定。")
    if locked.version != version:
        raise ValidationError("您打开以后，数字又重新提交过。请看过新的数字再决定。")
    if by.pk in (locked.submitted_by_id, locked.created_by_id):
        raise ValidationError("自己提交的汇总表要由别人审定。请上级或本单位负责人办理。")
    return locked


def approve_summary(*, summary: RosterSummary, by, version: int) -> RosterSummary:
    """Fix the figures. Nothing of the row changes afterwards."""
    with transaction.atomic():
        summary = _decide(summary, by, version)
        if not still_fits(summary):
            raise ValidationError("数字和提交时的摘要对不上，不能审定。请退回，让提交的人重新提交。")
        summary.state, summary.decided_by, summary.decided_at = SummaryState.APPROVED, by, timezone.now()
        save_versioned(summary, by=by, action="summary.approved")
        return summary


def return_summary(*, summary: RosterSummary, by, version: int, reason: str) -> RosterSummary:
    reason = reason.strip()
    if not reason:
        raise ValidationError({"reason": "请写明为什么退回，提交的人要照着改。"})
    with transaction.atomic():
        summary = _decide(summary, by, version)
        summary.state, summary.returned_reason = SummaryState.RETURNED, reason
        summary.decided_by, summary.decided_at = by, timezone.now()
        save_versioned(summary, by=by, action="summary.returned", reason=reason)
        return summary


def differences(before: dict, after: dict) -> dict[str, int]:
    """{code: how much more} of the cells that differ; a cell that one side does not know counts as nought."""
    codes = {**before, **after}
    changed = {code: after.get(code, 0) - before.get(code, 0) for code in codes}
    return {code: number for code, number in changed.items() if number}


@dataclass(frozen=True)
class Broken:
    """An approved summary that is not what was approved, and how one can tell."""

    summary: RosterSummary
    sentence: str

    def __str__(self):
        return f"{self.summary.organisation.name} {self.summary.as_of} 编号 {self.summary.uid}：{self.sentence}"


def broken_summaries() -> list[Broken]:
    """Approved summaries that were changed from outside, in the order in which they were made.

    The digest shows changed figures. Who changed the digest as well is found by the audit log, which holds the digest
    of every submission and cannot be changed without its chain breaking (`verify_audit`).
    """
    approved = RosterSummary.objects.filter(state=SummaryState.APPROVED).select_related("organisation").order_by("pk")
    found = []
    for summaries in _batches(approved):
        logged = _logged_digests(summaries)
        for summary in summaries:
            if not still_fits(summary):
                found.append(Broken(summary, "数字和审定时的摘要对不上，审定以后被人从外面改过。"))
            elif logged.get(str(summary.pk), summary.digest) != summary.digest:
                found.append(Broken(summary, "摘要和审计日志里提交时的摘要对不上，数字和摘要一起被人从外面改过。"))
    return found


def _batches(rows, size: int = 500):
    """Lists of the rows, by their keys."""
    last = 0
    while some := list(rows.filter(pk__gt=last)[:size]):
        yield some
        last = some[-1].pk


def _logged_digests(summaries) -> dict[str, str]:
    """{key of the summary: digest of its last submission}, of those whose submission is in the log."""
    entries = AuditEntry.objects.filter(
        action="summary.submitted",
        target_label=RosterSummary._meta.label_lower,
        target_id__in=[str(summary.pk) for summary in summaries],
    )
    return {entry.target_id: entry.after["digest"] for entry in entries.order_by("at") if "digest" in entry.after}


def total_of(summary: RosterSummary) -> int:
    return summary.figures.get(TOTAL, 0)
