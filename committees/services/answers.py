"""What the bank says: arrived, failed, or arrived and sent back days later (退汇); and what is paid without it."""

import datetime
from collections import defaultdict
from dataclasses import dataclass

from django.db import connection, transaction
from django.utils import timezone

from committees.models import SubsidyBatch, SubsidyLine, SubsidyPayment
from committees.services.locks import BatchRefused, locked, locked_in_order
from committees.services.outcomes import (
    LineOutcome,
    Outcome,
    State,
    failed_of,
    hold_lines,
    mark,
    mark_all_lines,
    mark_lines,
    settle,
    wait_again,
)
from federation.shared import audit
from federation.shared.history import record_created, save_versioned
from federation.shared.templatetags.ui import cn_date

ARCHIVED = (
    "这个批次已归档，不能再登记退汇。请在还没有复核的批次里对这一行办“更正”，把退回的金额补发，"
    "原因写明退汇的日期和原因。"
)


@dataclass(slots=True)
class Answer:
    """The bank's word on one transfer."""

    payment: SubsidyPayment
    outcome: str
    reason: str
    on: datetime.date
    reference: str

    @property
    def is_return(self) -> bool:
        """The money had arrived and came back."""
        return self.payment.outcome == Outcome.PAID and self.outcome == Outcome.FAILED

    @property
    def row(self) -> tuple:
        """What the transfer says from now on; of money that came back, also the day on which it had arrived."""
        payment = self.payment
        kept, arrived_on = (payment.reference, payment.outcome_on) if self.is_return else ("", None)
        return payment, self.outcome, self.reason, self.on, self.reference or kept, arrived_on


def register_answers(*, answers: list[Answer], by, via: str = "import") -> list[list]:
    """Write the bank's word; a batch of which nothing is open any more is paid, one to which money comes back is not.

    Gives [[payment, its version now, its reference before]] for an undo. Raises BatchRefused where a batch or a
    transfer is no longer as it was.
    """
    with transaction.atomic():
        batches = locked_in_order({answer.payment.batch_id for answer in answers})
        of_batch = defaultdict(dict)
        for answer in answers:
            batch = batches[answer.payment.batch_id]
            _refuse_out_of_turn(answer, batch)
            of_batch[batch.pk][answer.payment.worker_id] = (answer.outcome, answer.reason, answer.on)
        for pk in sorted({answer.payment.batch_id for answer in answers if answer.is_return}):
            wait_again(batches[pk], action="subsidy.waits_again", by=by, via=via)
        for pk, workers in of_batch.items():
            mark_lines(batches[pk], workers, by=by, via=via)
        written = [[each.payment.pk, each.payment.version + 1, each.payment.reference] for each in answers]
        mark(SubsidyPayment, [each.row for each in answers], by=by, via=via)
        for answer in answers:
            if answer.is_return:
                _record_return(answer, by)
        for batch in batches.values():
            settle(batch, by=by, via=via)
        return written


def _refuse_out_of_turn(answer: Answer, batch: SubsidyBatch):
    states = (State.APPROVED, State.PAID) if answer.is_return else (State.APPROVED,)
    if batch.state not in states or not (answer.is_return or answer.payment.outcome == Outcome.WAITING):
        raise BatchRefused("有的批次现在不能登记银行回单。请重新检查。")


def _record_return(answer: Answer, by):
    payment = answer.payment
    audit.record(
        "subsidy.money_returned", actor=by, target=payment, organisation=payment.organisation, reason=answer.reason,
        details={"batch": payment.batch_id, "amount": str(payment.amount), "arrived_on": str(payment.outcome_on)},
    )  # fmt: skip


def take_back_answers(*, written: list[list], by):
    """The transfers are as before the bank's word, where nothing followed. Raises BatchRefused."""
    with transaction.atomic():
        versions = {row[0]: row[1] for row in written}
        references = {row[0]: row[2] for row in written if len(row) > 2}
        ids = SubsidyPayment.objects.filter(pk__in=list(versions)).values_list("batch", flat=True)
        batches = locked_in_order(set(ids))
        payments = [
            each for each in SubsidyPayment.objects.filter(pk__in=list(versions)) if each.version == versions[each.pk]
        ]
        for pk, batch in batches.items():
            hold_lines(batch, [each.worker_id for each in payments if each.batch_id == pk])
        archived = any(batch.state == State.ARCHIVED for batch in batches.values())
        paid_later = SubsidyLine.objects.filter(
            kind=SubsidyLine.Kind.AGAIN, corrects__batch__in=list(batches),
            worker__in=[each.worker_id for each in payments],
        )  # fmt: skip
        if archived or len(payments) != len(versions) or paid_later.exists():
            raise BatchRefused("回单登记以后已经重发、退汇、登记不再发或者归档，不能整体撤销。请逐笔处理。")
        for pk, batch in batches.items():
            workers = {}
            if batch.state == State.PAID:
                wait_again(batch, action="subsidy.answers_taken_back", by=by, via="undo")
                # Who was paid nothing came to rest with the batch.
                of_payments = batch.payments.order_by().values("worker")
                nothing = batch.lines.exclude(worker__in=of_payments).values_list("worker", flat=True)
                workers = dict.fromkeys(nothing, _WAITING) if _is_sent(batch) else {}
            mine = [each for each in payments if each.batch_id == pk]
            mark_lines(batch, workers | {each.worker_id: _before(each) for each in mine}, by=by, via="undo")
        mark(SubsidyPayment, [_row_before(each, references.get(each.pk, "")) for each in payments], by=by, via="undo")
        for batch in batches.values():
            settle(batch, by=by, via="undo")


_WAITING = (LineOutcome.WAITING, "", None)


def _is_sent(batch: SubsidyBatch) -> bool:
    """Paid by the bank: sheet 0 holds what came back of a batch that was paid by hand."""
    return not batch.payments.filter(sheet=0).exists()


def _before(payment: SubsidyPayment) -> tuple:
    """What the lines of the person said before the transfer's present word."""
    return (LineOutcome.PAID, "", payment.arrived_on) if payment.arrived_on else _WAITING


def _row_before(payment: SubsidyPayment, reference: str) -> tuple:
    outcome = Outcome.PAID if payment.arrived_on else Outcome.WAITING
    return payment, outcome, "", payment.arrived_on, reference, None


# --- one line -------------------------------------------------------------------------------------------
def record_return(*, line: SubsidyLine, on: datetime.date, reason: str, by):
    """The bank sent back what had arrived (退汇): open again as what failed at once is. Raises BatchRefused."""
    with transaction.atomic():
        batch = locked(line.batch, State.APPROVED, State.PAID, State.ARCHIVED, to="登记退汇")
        if batch.state == State.ARCHIVED:
            raise BatchRefused(ARCHIVED)
        lines = hold_lines(batch, [line.worker_id])
        payment = batch.payments.filter(worker=line.worker_id, outcome=Outcome.PAID).first()
        if payment is None:
            payment = _paid_by_hand(batch, lines, by)
        if on > timezone.localdate():
            raise BatchRefused({"on": "退汇日期还没有到。请填银行退回的日期。"})
        if on < payment.outcome_on:
            raise BatchRefused({"on": f"早于到账日期（{cn_date(payment.outcome_on)}）。请核对。"})
        register_answers(answers=[Answer(payment, Outcome.FAILED, reason, on, "")], by=by, via="form")


def _paid_by_hand(batch: SubsidyBatch, lines: list[SubsidyLine], by) -> SubsidyPayment:
    """What was paid without a sheet gets its transfer, so that it can be sent once more or given up like any other."""
    amount = sum(line.amount for line in lines)
    if amount <= 0 or any(line.outcome != LineOutcome.PAID for line in lines):
        raise BatchRefused("此人在这个批次里没有已到账的金额，不能登记退汇。请刷新页面核对。")
    last = batch.payments.order_by("-number").values_list("number", flat=True).first() or 0
    payment = SubsidyPayment(
        organisation=lines[0].organisation, batch=batch, worker=lines[0].worker, sheet=0, number=last + 1,
        amount=amount, outcome=Outcome.PAID, outcome_on=lines[0].outcome_on, reference=batch.payment_reference,
        created_by=by,
    )  # fmt: skip
    payment.save(force_insert=True)
    # Persons are held before the log is: who engages somebody holds the person and waits for the log.
    connection.check_constraints()
    record_created(payment, by=by)
    return payment


def take_back_return(*, line: SubsidyLine, by):
    """The money had not come back: recorded by mistake, and nothing followed. Raises BatchRefused."""
    with transaction.atomic():
        batch = locked(line.batch, State.APPROVED, to="撤销退汇")
        hold_lines(batch, [line.worker_id])
        payment = failed_of(batch).filter(worker=line.worker_id, arrived_on__isnull=False).first()
        if payment is None:
            raise BatchRefused("这一行没有登记退汇，或者已经重发、登记不再发，不能撤销退汇。请刷新页面核对。")
        mark_lines(batch, {payment.worker_id: _before(payment)}, by=by, via="form")
        mark(SubsidyPayment, [_row_before(payment, payment.reference)], by=by)
        audit.record(
            "subsidy.return_taken_back", actor=by, target=payment, organisation=payment.organisation,
            details={"batch": batch.pk, "amount": str(payment.amount)},
        )  # fmt: skip
        settle(batch, by=by)


# --- without the bank -----------------------------------------------------------------------------------
def pay_batch(*, batch: SubsidyBatch, by, on: datetime.date, reference: str) -> SubsidyBatch:
    """Everybody was paid without the bank's answer file: the day and the voucher. Raises BatchRefused."""
    with transaction.atomic():
        batch = locked(batch, State.APPROVED, to="登记发放")
        if batch.payments.exists():
            raise BatchRefused("这个批次已送银行代发。请上传银行回单；全部登记以后，批次自动成为“已发放”。")
        if on > timezone.localdate():
            raise BatchRefused({"paid_on": "发放日期还没有到。请填实际付款的日期。"})
        if on < timezone.localtime(batch.approved_at).date():
            raise BatchRefused({"paid_on": "发放日期早于审批日期。请核对。"})
        batch.paid_on, batch.payment_reference, batch.state = on, reference, State.PAID
        save_versioned(batch, by=by, action="subsidy.paid")
        mark_all_lines(batch, LineOutcome.PAID, on, by=by)
        return batch
