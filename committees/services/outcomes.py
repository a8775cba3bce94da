"""What became of the money: outcomes of transfers and lines, and a batch that comes to rest or has to wait again."""

import datetime

from django.db.models import Max, Q
from django.utils import timezone

from committees.models import SubsidyBatch, SubsidyLine, SubsidyPayment
from committees.services.locks import BatchRefused, locked_in_order
from federation.shared.bulk import now_text, update_columns
from federation.shared.history import record_changes_bulk, save_versioned

State = SubsidyBatch.State
Outcome = SubsidyPayment.Outcome
LineOutcome = SubsidyLine.Outcome
Again = SubsidyLine.Kind.AGAIN


def failed_of(batch: SubsidyBatch):
    """Transfers that came back and are neither sent once more nor given up nor paid by a later batch."""
    return _not_passed_on(batch, SubsidyLine.objects.all())


def _not_passed_on(batch: SubsidyBatch, lines):
    later = lines.filter(kind=Again, corrects__batch=batch)
    return batch.payments.failed().exclude(worker__in=later.order_by().values("worker"))


def hold_lines(batch: SubsidyBatch, workers: list[int]) -> list[SubsidyLine]:
    """Their lines, locked: who pays one of them again by a later batch locks it as well."""
    return list(batch.lines.filter(worker__in=workers).select_for_update(of=("self",)).order_by("pk"))


# --- the batch ------------------------------------------------------------------------------------------
def settle(batch: SubsidyBatch, *, by, via: str = "form"):
    """An approved batch of which every transfer has arrived, is given up or is paid by a later batch, is paid.

    What a later batch is to pay counts once that one is approved: until then its line may be taken out again.
    """
    if batch.state != State.APPROVED or not batch.payments.exists() or batch.payments.waiting().exists():
        return
    if _not_passed_on(batch, SubsidyLine.objects.final()).exists():
        return
    arrived = batch.lines.filter(outcome=LineOutcome.PAID).aggregate(last=Max("outcome_on"))
    batch.paid_on = arrived["last"] or timezone.localdate()
    # What came back of a batch that was paid by hand keeps that batch's voucher (sheet 0).
    said = batch.payments.filter(Q(outcome=Outcome.PAID) | Q(sheet=0)).exclude(reference="")
    said = said.order_by("-outcome_on", "number").values_list("reference", flat=True)
    references = list(dict.fromkeys(said[:3]))
    batch.payment_reference = ("、".join(references) or "银行回单")[:100]
    batch.state = State.PAID
    save_versioned(batch, by=by, via=via, action="subsidy.paid")
    nothing = set(batch.lines.filter(outcome=LineOutcome.WAITING).values_list("worker", flat=True))
    mark_lines(batch, dict.fromkeys(nothing, (LineOutcome.PAID, "", batch.paid_on)), by=by, via=via)


def batches_paid_again_by(batch: SubsidyBatch) -> set[int]:
    return set(batch.lines.filter(kind=Again).order_by().values_list("corrects__batch", flat=True))


def settle_earlier(batch: SubsidyBatch, *, by):
    """`batch` is approved: earlier ones that waited only for what it pays again come to rest."""
    for earlier in locked_in_order(batches_paid_again_by(batch)).values():
        settle(earlier, by=by)


def wait_again(batch: SubsidyBatch, *, action: str, by, via: str = "form"):
    """A batch that was paid waits for the bank once more."""
    if batch.state == State.PAID:
        batch.state, batch.paid_on, batch.payment_reference = State.APPROVED, None, ""
        save_versioned(batch, by=by, via=via, action=action)


# --- many rows at once ----------------------------------------------------------------------------------
def mark_lines(batch: SubsidyBatch, of_worker: dict[int, tuple], *, by, via: str):
    """Give the lines of these persons {worker: (outcome, reason, day)}."""
    lines = [line for line in batch.lines.order_by("pk").iterator() if line.worker_id in of_worker]
    mark(SubsidyLine, [(line, *of_worker[line.worker_id]) for line in lines], by=by, via=via)


def mark_all_lines(batch: SubsidyBatch, outcome: str, on: datetime.date, *, by):
    lines = batch.lines.order_by("pk").iterator()
    mark(SubsidyLine, [(line, outcome, "", on) for line in lines], by=by, via="form")


_NAMES = {
    SubsidyLine: ("outcome", "outcome_reason", "outcome_on"),
    SubsidyPayment: ("outcome", "reason", "outcome_on", "reference", "arrived_on"),
}


def mark(model, rows: list[tuple], *, by, via: str = "form"):
    """(row, values in the order of its names): written set-based with their history, where the version still holds."""
    names = _NAMES[model]
    rows = sorted(rows, key=lambda row: row[0].pk)
    rows = [row for row in rows if [getattr(row[0], name) for name in names] != list(row[1:])]
    columns = {
        name: [None if row[place] is None else str(row[place]) for row in rows] for place, name in enumerate(names, 1)
    }
    keys = [(row[0].pk, row[0].version) for row in rows]
    if update_columns(model, keys, columns | {"updated_at": now_text()}) != len(rows):
        raise BatchRefused("有的记录刚被别人改过，没有登记。请刷新后再办理。")
    changes = (
        (row[0].pk, row[0].version + 1, {
            name: [getattr(row[0], name), value] for name, value in zip(names, row[1:], strict=True)
            if getattr(row[0], name) != value
        })
        for row in rows
    )  # fmt: skip
    record_changes_bulk(model._meta.label_lower, changes, by=by, via=via)
