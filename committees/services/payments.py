"""What goes to the bank: numbered sheets of transfers, and what came back sent once more or given up."""

from collections import defaultdict
from dataclasses import dataclass
from decimal import Decimal

from django.db import connection, transaction
from django.utils import timezone

from committees.models import SubsidyBatch, SubsidyLine, SubsidyMonth, SubsidyPayment
from committees.services.locks import BatchRefused, locked
from committees.services.outcomes import (
    LineOutcome,
    Outcome,
    State,
    failed_of,
    hold_lines,
    mark,
    mark_lines,
    settle,
)
from federation.shared import audit
from federation.shared.bulk import insert_columns, now_text
from federation.shared.money import cents
from federation.shared.normalise import account_fault
from federation.shared.sealed_blobs import unseal_many
from orgs.models import Organisation, Worker

ZERO = Decimal("0.00")
_AT_ONCE = 5000
NO_ACCOUNT = "没有登记账号。请在此人的资料里补登一卡通账号。"


@dataclass(slots=True)
class Payee:
    """One person of a batch with what all lines come to."""

    worker: int
    organisation: int
    amount: Decimal = ZERO


@dataclass(slots=True)
class Fault:
    """Why the bank could not pay somebody, before it is asked."""

    worker: Worker
    body: str
    amount: Decimal
    sentence: str


# --- who is paid ----------------------------------------------------------------------------------------
def payees_of(batch: SubsidyBatch) -> list[Payee]:
    """Everybody to whom the batch pays something, in the order of the tree; their amounts sum to the batch's total."""
    lines = SubsidyLine.objects.filter(batch=batch).order_by("org_path", "worker__name", "worker", "pk")
    found: dict[int, Payee] = {}
    for worker, organisation, amount in lines.values_list("worker", "organisation", "amount").iterator():
        payee = found.setdefault(worker, Payee(worker, organisation))
        payee.amount += amount
    return [payee for payee in found.values() if payee.amount > 0]


def faults_of(payees: list[Payee]) -> list[Fault]:
    """Those without an account that can be one. The numbers are looked at by the system and shown to nobody."""
    wrong = {}
    for start in range(0, len(payees), _AT_ONCE):
        part = [payee.worker for payee in payees[start : start + _AT_ONCE]]
        rows = list(Worker.objects.filter(pk__in=part).values_list("pk", "uid", "payment_account"))
        tokens, uids = [row[2] for row in rows], [str(row[1]) for row in rows]
        opened = unseal_many(tokens, Worker._meta.label_lower, "payment_account", uids)
        for (worker, *_sealed), number in zip(rows, opened, strict=True):
            sentence = account_fault(number) if number else NO_ACCOUNT
            if sentence:
                wrong[worker] = sentence
    people = Worker.objects.in_bulk(list(wrong))
    bodies = Organisation.objects.in_bulk({payee.organisation for payee in payees if payee.worker in wrong})
    return [
        Fault(people[payee.worker], bodies[payee.organisation].label, payee.amount, wrong[payee.worker])
        for payee in payees
        if payee.worker in wrong
    ]


# --- to the bank ----------------------------------------------------------------------------------------
def send_to_bank(*, batch: SubsidyBatch, by, leave_out: bool = False) -> int:
    """Number the transfers of an approved batch; gives the number of the sheet. Raises BatchRefused.

    `leave_out`: who has no usable account stays behind as failed, to be sent once it is put right.
    """
    with transaction.atomic():
        batch = locked(batch, State.APPROVED, to="生成银行代发表")
        if batch.payments.exists():
            raise BatchRefused("这个批次的银行代发表已经生成。要再下载，请选那一张；银行退回的，请用“重发退回的”。")
        payees = payees_of(batch)
        if not payees:
            raise BatchRefused("这个批次没有要付给谁的金额，不用送银行。请用“登记发放”。")
        faults = {fault.worker.pk: fault for fault in faults_of(payees)}
        if faults and not leave_out:
            raise BatchRefused(
                f"{_names(faults.values())}的账号不能用。请先补正账号；"
                "或者勾选“其余的人先发”，他们留在退回名单里，以后重发。"
            )
        if len(faults) == len(payees):
            raise BatchRefused("没有一个人的账号可用，不能生成银行代发表。请先补正账号。")
        _insert(batch, payees, 1, by, faults)
        failed = list(batch.payments.failed().values_list("worker", "reason"))
        mark_lines(batch, {worker: (LineOutcome.FAILED, reason, None) for worker, reason in failed}, by=by, via="form")
        audit.record(
            "subsidy.sent_to_bank", actor=by, target=batch, organisation=batch.organisation,
            details={"sheet": 1, "transfers": len(payees) - len(faults), "left_out": len(faults)},
        )  # fmt: skip
        return 1


def _names(faults) -> str:
    faults = list(faults)
    return f"{'、'.join(fault.worker.name for fault in faults[:5])}{'等' if len(faults) > 5 else ''} {len(faults)} 人"


def _insert(batch, payees: list[Payee], sheet: int, by, faults=None):
    faults = faults or {}
    first = (batch.payments.order_by("-number").values_list("number", flat=True).first() or 0) + 1
    paths = dict(Organisation.objects.filter(pk__in={payee.organisation for payee in payees}).values_list("pk", "path"))
    now = now_text()
    insert_columns(
        SubsidyPayment,
        {
            "version": "1", "created_at": now, "updated_at": now, "created_by_id": str(by.pk) if by else None,
            "organisation_id": [str(payee.organisation) for payee in payees],
            "org_path": [paths[payee.organisation] for payee in payees],
            "batch_id": str(batch.pk), "worker_id": [str(payee.worker) for payee in payees], "sheet": str(sheet),
            "number": [str(number) for number in range(first, first + len(payees))],
            "amount": [str(cents(payee.amount)) for payee in payees],
            "outcome": [Outcome.FAILED.value if payee.worker in faults else "" for payee in payees],
            "reason": [faults[payee.worker].sentence if payee.worker in faults else "" for payee in payees],
            "outcome_on": None, "reference": "",
        },
        len(payees),
    )  # fmt: skip
    # Persons are held before the log is: who engages somebody holds the person and waits for the log.
    connection.check_constraints()


def _as_said(payment: SubsidyPayment, outcome: str, reason: str) -> tuple:
    """The transfer with another outcome; its days and its reference stay."""
    return payment, outcome, reason, payment.outcome_on, payment.reference, payment.arrived_on


def send_again(*, batch: SubsidyBatch, payments: list[int], by) -> int:
    """A further sheet of the batch for transfers that came back; gives its number. Raises BatchRefused."""
    with transaction.atomic():
        batch = locked(batch, State.APPROVED, to="重发")
        chosen = list(batch.payments.failed().filter(pk__in=payments).order_by("number"))
        workers = {payment.worker_id: (LineOutcome.WAITING, "", None) for payment in chosen}
        hold_lines(batch, list(workers))
        open_ones = set(failed_of(batch).values_list("pk", flat=True))
        if not chosen or len(chosen) != len(set(payments)) or any(each.pk not in open_ones for each in chosen):
            raise BatchRefused("所选的人里有的已经重发或不再发。请刷新页面重新选择。")
        payees = [Payee(each.worker_id, each.organisation_id, each.amount) for each in chosen]
        faults = faults_of(payees)
        if faults:
            raise BatchRefused(f"{_names(faults)}的账号不能用：{faults[0].sentence}")
        mark_lines(batch, workers, by=by, via="form")
        mark(SubsidyPayment, [_as_said(each, Outcome.AGAIN, each.reason) for each in chosen], by=by)
        sheet = batch.payments.order_by("-sheet").values_list("sheet", flat=True).first() + 1
        _insert(batch, payees, sheet, by)
        audit.record(
            "subsidy.sent_to_bank", actor=by, target=batch, organisation=batch.organisation,
            details={"sheet": sheet, "transfers": len(payees), "left_out": 0},
        )  # fmt: skip
        return sheet


def give_up(*, payment: SubsidyPayment, reason: str, by):
    """What came back is not sent once more; its months may be paid by a later batch. Raises BatchRefused."""
    with transaction.atomic():
        batch = locked(payment.batch, State.APPROVED, to="登记不再发")
        lines = _held_with_earlier(batch, payment.worker_id)
        if not failed_of(batch).filter(pk=payment.pk).exists():
            raise BatchRefused("只有银行退回、还没有重发的才能登记不再发。请刷新页面核对。")
        _refuse_corrected(lines)
        mark(SubsidyLine, [(line, LineOutcome.GIVEN_UP, reason, line.outcome_on) for line in lines], by=by)
        words = f"{payment.reason}；不再发：{reason}"[:200]
        mark(SubsidyPayment, [_as_said(payment, Outcome.GIVEN_UP, words)], by=by)
        SubsidyMonth.objects.filter(line__in=[line.pk for line in lines]).update(freed_on=timezone.localdate())
        audit.record(
            "subsidy.given_up", actor=by, target=payment, organisation=payment.organisation, reason=reason,
            details={"batch": batch.pk, "amount": str(payment.amount)},
        )  # fmt: skip
        settle(batch, by=by)


def _held_with_earlier(batch: SubsidyBatch, worker: int) -> list[SubsidyLine]:
    """The person's lines, locked; what the bank sent back of an earlier batch and this one paid again, goes with it."""
    lines = hold_lines(batch, [worker])
    known = {line.pk for line in lines}
    for line in lines:
        if line.kind == SubsidyLine.Kind.AGAIN and line.corrects_id not in known:
            known.add(line.corrects_id)
            # From the latest back: whoever corrects one of them holds that one only.
            lines.append(SubsidyLine.objects.select_for_update(of=("self",)).get(pk=line.corrects_id))
    return lines


def _refuse_corrected(lines: list[SubsidyLine]):
    """Freed months are paid anew in full: what corrections have paid of them or taken back must come to nothing."""
    given_up = [line.pk for line in lines]
    rows = SubsidyLine.objects.filter(corrects__in=given_up, kind=SubsidyLine.Kind.CORRECTION)
    rows = rows.exclude(outcome=LineOutcome.GIVEN_UP).exclude(pk__in=given_up)
    sums = defaultdict(Decimal)
    for row in rows.select_related("batch__organisation", "corrects__batch__organisation").order_by("pk"):
        if not row.batch.is_final:
            raise BatchRefused(
                f"“{row.batch}”里还有对此人这笔钱的更正，没有审批。请先办完那个批次的审批，或者在那里删除这一行更正，"
                "再登记不再发。"
            )
        sums[row.corrects] += row.amount
    for line, corrected in sums.items():
        if corrected:
            raise BatchRefused(
                f"“{line.batch}”里此人的明细另有更正，合计 {corrected} 元；月份放回以后会重复计算。"
                f"请先对那一行办一笔相反的更正（{-corrected} 元），那个批次审批以后，再登记不再发。"
            )
