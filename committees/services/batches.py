"""The course of a subsidy batch: made and computed, checked, approved, paid, archived; by three people."""

import datetime

from django.db import transaction
from django.utils import timezone

from committees import batch_lines, recheck
from committees.models import SubsidyBatch, SubsidyDeduction, SubsidyLine
from committees.querysets import paths_above
from committees.reckoning import first_of, last_of
from committees.services.locks import BatchRefused, locked
from committees.services.outcomes import batches_paid_again_by, settle_earlier
from federation.shared import audit
from federation.shared.history import create_versioned, save_versioned
from federation.shared.jobs import JobRefused, enqueue
from federation.shared.templatetags.ui import cn_month
from orgs.bulk import hold_tree
from orgs.models import Organisation

JOB = "committees.subsidies"
State = SubsidyBatch.State


def make_batch(*, batch: SubsidyBatch, by) -> SubsidyBatch:
    """Store a batch and have its lines computed by a job. Raises BatchRefused."""
    batch.first_month, batch.last_month = first_of(batch.first_month), first_of(batch.last_month)
    with transaction.atomic():
        _in_line(batch.organisation)
        check_period(batch)
        batch.state, batch.attempt = State.PLANNED, 1
        create_versioned(batch, by=by, action="subsidy.made")
        return _hand_over(batch, by)


def _in_line(area: Organisation):
    """Who makes batches in one province at once is put in line: batches of areas above and below exclude each other."""
    hold_tree()
    top = (paths_above(area.path) or [area.path])[0]
    Organisation.objects.select_for_update(no_key=True).get(path=top)


def check_period(batch: SubsidyBatch, today: datetime.date | None = None):
    """Refuse months that have not ended, more than a year, an open batch beside it, and an archived period."""
    today = today or timezone.localdate()
    first, last = batch.first_month, batch.last_month
    if last < first:
        raise BatchRefused({"last_month": "截止月份早于起始月份。请核对。"})
    if (last.year - first.year) * 12 + last.month - first.month >= 12:
        raise BatchRefused({"last_month": "一个批次最多 12 个月。请分成几个批次。"})
    if last_of(last) > today:
        raise BatchRefused({"last_month": f"{cn_month(last)}还没有过完，不能发放。最晚可以选上个月。"})
    crossing = SubsidyBatch.objects.crossing(batch.organisation.path, first, last).exclude(pk=batch.pk)
    crossing = crossing.select_related("organisation")
    open_one = _same_roles(crossing.open(), batch).first()
    if open_one is not None:
        raise BatchRefused(
            f"“{open_one}”还没有办完（{open_one.get_state_display()}），同样的月份不能再建一个批次。请先办完或删除那个批次。"
        )
    closed = _same_roles(crossing.filter(state=State.ARCHIVED), batch).first()
    if closed is not None:
        raise BatchRefused(f"“{closed}”已归档，这段时间不能再建批次。漏发的请在以后的批次里补发，发错的请更正。")


def _same_roles(batches, batch):
    return batches.filter(role__in=("", batch.role)) if batch.role else batches


def recompute_batch(*, batch: SubsidyBatch, by) -> SubsidyBatch:
    """Compute the lines again from today's facts; deductions and corrections stay. Raises BatchRefused."""
    with transaction.atomic():
        batch = locked(batch, State.PLANNED, State.DRAFT, to="重新计算")
        if batch.job is not None and batch.job.is_open:
            raise BatchRefused("这个批次正在计算，请等它算完。")
        batch.attempt += 1
        batch.state = State.PLANNED
        batch.failure = ""
        save_versioned(batch, by=by, action="subsidy.recomputed")
        return _hand_over(batch, by)


def _hand_over(batch: SubsidyBatch, by) -> SubsidyBatch:
    batch.job = enqueue(
        JOB,
        requested_by=by,
        payload={"batch": batch.pk, "attempt": batch.attempt},
        idempotency_key=f"{JOB}:{batch.pk}:{batch.attempt}",
        organisation=batch.organisation,
        title=f"计算{batch}",
    )
    SubsidyBatch.objects.filter(pk=batch.pk).update(job=batch.job)
    return batch


# --- what the job does ----------------------------------------------------------------------------------
def batch_of_job(job) -> SubsidyBatch:
    batch = SubsidyBatch.objects.select_related("organisation").filter(pk=job.payload["batch"]).first()
    if batch is None or batch.attempt != job.payload["attempt"] or batch.state != State.PLANNED:
        raise JobRefused("这个批次已被删除，或者又重新计算过，这一次不用再算。")
    return batch


def note_standards(batch: SubsidyBatch):
    """Computing begins: by which standards. One recorded from now on is noticed when the batch is approved."""
    batch.standards_digest = batch_lines.standards_digest(batch)
    SubsidyBatch.objects.filter(pk=batch.pk, state=State.PLANNED).update(standards_digest=batch.standards_digest)


def finish_computing(batch: SubsidyBatch):
    """All parts are stored: totals, and on to the checker."""
    hold_tree()
    batch = SubsidyBatch.objects.select_for_update(of=("self",)).select_related("organisation").get(pk=batch.pk)
    if batch.state != State.PLANNED:
        raise JobRefused("这个批次的状态已经变了，这一次不用再算。")
    set_totals(batch)
    batch.state = State.DRAFT
    batch.computed_at = timezone.now()
    save_versioned(batch, by=None, via="job", action="subsidy.computed")


def fail_batch(job):
    words = (job.error or job.get_state_display())[:500]
    SubsidyBatch.objects.filter(pk=job.payload["batch"], attempt=job.payload["attempt"], state=State.PLANNED).update(
        failure=words
    )


def set_totals(batch: SubsidyBatch):
    for name, value in batch_lines.totals_of(batch).items():
        setattr(batch, name, value)
    batch.digest = batch_lines.digest_of(batch)


# --- the steps of people --------------------------------------------------------------------------------
SEPARATE_HANDS = {
    State.DRAFT: "批次是您自己做的，要由另一个人复核。",
    State.CHECKED: "制单、复核、审批要由三个人分别办理。您已办过前面的一步，请换一个人审批。",
}
ENTERED_BY_YOU = {
    State.DRAFT: "请换一个人复核；或者先删去您登记的这些内容，由制单人重新登记，再由您复核。",
    State.CHECKED: "请换一个人审批；或者退回制单人，删去您登记的这些内容，由制单人重新登记，复核以后再由您审批。",
}


def own_part(batch: SubsidyBatch, user) -> str:
    """Why `user` may not do the next of checking and approving: what of the batch is their own. "" where nothing is."""
    if user.pk in (batch.created_by_id, batch.checked_by_id):
        return SEPARATE_HANDS[batch.state]
    # A regular line is computed, whoever asked for it.
    lines = batch.lines.exclude(kind=SubsidyLine.Kind.REGULAR).filter(created_by=user)
    if lines.exists() or SubsidyDeduction.objects.filter(line__batch=batch, created_by=user).exists():
        return f"这个批次里有您登记的更正、退回重发、补发或者扣减，等于参与了制单。{ENTERED_BY_YOU[batch.state]}"
    return ""


def _refuse_own_part(batch: SubsidyBatch, by):
    if words := own_part(batch, by):
        raise BatchRefused(words)


def check_batch(*, batch: SubsidyBatch, by, seen: str) -> SubsidyBatch:
    """Somebody who put nothing into it has looked at every line; `seen` is the digest of what was shown."""
    with transaction.atomic():
        batch = locked(batch, State.DRAFT, to="复核")
        _refuse_own_part(batch, by)
        _refuse_unsound(batch, seen, by)
        batch.checked_by, batch.checked_at = by, timezone.now()
        batch.state, batch.return_reason = State.CHECKED, ""
        save_versioned(batch, by=by, action="subsidy.checked")
        return batch


def approve_batch(*, batch: SubsidyBatch, by, seen: str) -> SubsidyBatch:
    """Approved by a third person; from here on nothing of the batch changes. Raises BatchRefused."""
    with transaction.atomic():
        batch = locked(batch, State.CHECKED, to="审批", beside=batches_paid_again_by(batch))
        _refuse_own_part(batch, by)
        _refuse_unsound(batch, seen, by)
        batch.approved_by, batch.approved_at = by, timezone.now()
        batch.state = State.APPROVED
        save_versioned(batch, by=by, action="subsidy.approved")
        settle_earlier(batch, by=by)
        return batch


ANEW = {
    State.DRAFT: "请制单人点“重新计算”，算完以后再复核。",
    State.CHECKED: "请点“退回”退给制单人，由制单人点“重新计算”，再复核、审批。",
}


def _refuse_unsound(batch: SubsidyBatch, seen: str, by):
    """The lines are those that were looked at, they add up to the cent, nothing is wrong with any of them, and the
    facts are still those by which they were computed."""
    totals = batch_lines.totals_of(batch)
    if batch.standards_digest != batch_lines.standards_digest(batch):
        raise BatchRefused(f"这个批次算完以后，补贴标准有改动（新登记、修改或到期）。{ANEW[batch.state]}")
    if not totals["line_count"]:
        raise BatchRefused("这个批次里没有人要发放，不用办理。请删除它。")
    if batch.digest != seen or batch.digest != batch_lines.digest_of(batch):
        raise BatchRefused("批次的内容在您打开之后变了。请重新核对各行再办理。")
    if totals["problem_count"]:
        raise BatchRefused(f"还有 {totals['problem_count']} 行有问题。请按各行的提示改正后重新计算。")
    overdrawn = batch_lines.people_overdrawn(batch)
    if overdrawn:
        raise BatchRefused(
            f"{'、'.join(overdrawn[:5])}等 {len(overdrawn)} 人要追回的比这一批应发的多，银行不能付负数。"
            "请把追回的金额分到以后几个批次。"
        )
    if any(getattr(batch, name) != value for name, value in totals.items()) or batch_lines.lines_that_do_not_add_up(
        batch
    ):
        raise BatchRefused("各行相加与合计不一致。请重新计算；仍不一致的，请告诉系统管理员。")
    changes = recheck.changes_since(batch)
    if changes:
        raise BatchRefused(
            f"这个批次算完以后，任职、聘任或者别的批次有改动，{recheck.told(changes, by)}。{ANEW[batch.state]}"
        )


def return_batch(*, batch: SubsidyBatch, by, reason: str) -> SubsidyBatch:
    """Back to the maker with a reason. Raises BatchRefused."""
    with transaction.atomic():
        batch = locked(batch, State.DRAFT, State.CHECKED, to="退回")
        if by.pk == batch.created_by_id:
            raise BatchRefused("批次是您自己做的，不用退回，可以直接修改或删除。")
        batch.state, batch.return_reason = State.DRAFT, reason
        batch.checked_by = batch.checked_at = None
        save_versioned(batch, by=by, action="subsidy.returned", reason=reason)
        return batch


def archive_batch(*, batch: SubsidyBatch, by) -> SubsidyBatch:
    """Its period is closed: every line was paid, given up, or paid by a later batch. Raises BatchRefused."""
    with transaction.atomic():
        batch = locked(batch, State.PAID, to="归档")
        lines = SubsidyLine.objects.filter(batch=batch, amount__gt=0)
        waiting = lines.filter(outcome=SubsidyLine.Outcome.WAITING).count()
        if waiting:
            raise BatchRefused(f"还有 {waiting} 行没有银行回单。请先登记回单再归档。")
        failed = lines.filter(outcome=SubsidyLine.Outcome.FAILED).exclude(corrections__kind=SubsidyLine.Kind.AGAIN)
        if failed.exists():
            raise BatchRefused(f"还有 {failed.count()} 行被银行退回，没有重发。请先重发再归档。")
        batch.state = State.ARCHIVED
        save_versioned(batch, by=by, action="subsidy.archived")
        return batch


def delete_batch(*, batch: SubsidyBatch, by):
    """Take back a batch that is not approved; its months may be paid by another. Raises BatchRefused."""
    with transaction.atomic():
        batch = locked(batch, *SubsidyBatch.OPEN, to="删除")
        if batch.job is not None and batch.job.is_open:
            raise BatchRefused("这个批次正在计算。请先取消计算，再删除。")
        if batch.payments.exists():
            raise BatchRefused("这个批次已经送过银行代发，不能删除。")
        audit.record(
            "subsidy.deleted", actor=by, target=batch, organisation=batch.organisation,
            details={"batch": str(batch), "lines": batch.line_count, "total": str(batch.total_amount)},
        )  # fmt: skip
        batch.delete()
