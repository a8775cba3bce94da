"""What is done to single lines of a batch that is not checked yet: deductions, corrections, payments once more."""

import datetime
from decimal import Decimal

from django.db import transaction
from django.db.models import Sum

from committees import batch_lines
from committees.forgotten import forgotten
from committees.models import (
    Appointment,
    SubsidyBatch,
    SubsidyDeduction,
    SubsidyLine,
    SubsidyMonth,
    SubsidyStandard,
)
from committees.reckoning import Spell, divide, last_of, months_between, months_served, reckon
from committees.services.batches import set_totals
from committees.services.locks import BatchRefused, locked
from federation.shared import audit
from federation.shared.history import create_versioned, save_versioned

Kind = SubsidyLine.Kind
State = SubsidyBatch.State
ZERO = Decimal("0.00")


def _open_batch(batch: SubsidyBatch, to: str) -> SubsidyBatch:
    """The batch, locked; lines change only while it waits for its checker."""
    return locked(batch, State.DRAFT, to=to)


def _settled(batch: SubsidyBatch, by):
    set_totals(batch)
    save_versioned(batch, by=by, action="subsidy.line_changed")


# --- deductions -----------------------------------------------------------------------------------------
def deduct(*, line: SubsidyLine, amount: Decimal, reason: str, by) -> SubsidyDeduction:
    """Take something off a line. Raises BatchRefused."""
    with transaction.atomic():
        batch = _open_batch(line.batch, "扣减")
        line = SubsidyLine.objects.select_for_update(of=("self",)).select_related("organisation").get(pk=line.pk)
        if line.corrects_id is not None:
            raise BatchRefused("更正和重发的明细不能扣减。")
        left = line.gross_amount - line.deducted_amount
        if amount > left:
            raise BatchRefused({"amount": f"最多还能扣减 {left} 元（应发 {line.gross_amount} 元）。请核对。"})
        row = SubsidyDeduction(line=line, organisation=line.organisation, amount=amount, reason=reason)
        create_versioned(row, by=by)
        _take_off(line, by)
        _settled(batch, by)
        return row


def take_back_deduction(*, deduction: SubsidyDeduction, by):
    """Raises BatchRefused."""
    with transaction.atomic():
        batch = _open_batch(deduction.line.batch, "删去扣减")
        line = SubsidyLine.objects.select_for_update(of=("self",)).get(pk=deduction.line_id)
        audit.record(
            "committees.subsidydeduction.deleted", actor=by, target=deduction, organisation=deduction.organisation,
            details={"line": line.pk, "amount": str(deduction.amount)},
        )  # fmt: skip
        deduction.delete()
        _take_off(line, by)
        _settled(batch, by)


def _take_off(line: SubsidyLine, by):
    line.deducted_amount = line.deductions.aggregate(total=Sum("amount"))["total"] or ZERO
    if not line.parts:
        line.problem = batch_lines.NOTHING_DUE if line.deducted_amount else ""
    batch_lines.settle(line, gross_shares_of(line))
    save_versioned(line, by=by)


def gross_shares_of(line: SubsidyLine) -> tuple[Decimal, ...]:
    """Who would pay how much of what is due, before anything was taken off."""
    standards = SubsidyStandard.objects.in_bulk([part["standard"] for part in line.parts])
    sums = [ZERO, ZERO, ZERO]
    for part in line.parts:
        for place, share in enumerate(standards[part["standard"]].shares):
            sums[place] += share * part["months"]
    return tuple(sums)


# --- corrections ----------------------------------------------------------------------------------------
def difference(line: SubsidyLine) -> Decimal:
    """What a paid line should be by today's facts and standards, less what it and its corrections have paid.

    Of a line that points back: what is wrong with the one it is about.
    """
    return sum(_shares_apart(_origin(line)), ZERO)


def _origin(line: SubsidyLine) -> SubsidyLine:
    while line.corrects_id is not None:
        line = line.corrects
    return line


def _shares_apart(line: SubsidyLine) -> tuple[Decimal, ...]:
    """`difference`, payer by payer."""
    return _less(_less(_due_shares(line), _shares_before_deductions(line)), _corrected_shares(line))


def _less(shares, others) -> tuple[Decimal, ...]:
    return tuple(map(Decimal.__sub__, shares, others))


def _shares(line: SubsidyLine) -> tuple[Decimal, ...]:
    return line.county_share, line.township_share, line.welfare_share


def _shares_before_deductions(line: SubsidyLine) -> tuple[Decimal, ...]:
    if not line.deducted_amount:
        return _shares(line)
    saved = divide(line.deducted_amount, gross_shares_of(line))
    return tuple(map(Decimal.__add__, _shares(line), saved))


def _corrected_shares(line: SubsidyLine) -> tuple[Decimal, ...]:
    corrections = line.corrections.filter(kind=Kind.CORRECTION).exclude(outcome=SubsidyLine.Outcome.GIVEN_UP)
    names = ("county_share", "township_share", "welfare_share")
    sums = corrections.aggregate(**{f"{name}_sum": Sum(name) for name in names})
    return tuple(sums[f"{name}_sum"] or ZERO for name in names)


def _months_answered_for(line: SubsidyLine) -> tuple[datetime.date, ...]:
    """A supplement pays some months before its batch; every other line all that its person is due in the period."""
    if line.kind == Kind.SUPPLEMENT:
        return tuple(line.months.order_by("month").values_list("month", flat=True))
    return months_between(line.batch.first_month, last_of(line.batch.last_month))


def _due_shares(line: SubsidyLine) -> tuple[Decimal, ...]:
    """Who would pay how much of the line by today's facts and standards."""
    sums = (ZERO, ZERO, ZERO)
    wanted = _months_answered_for(line)
    if not wanted:
        return sums
    first, last = wanted[0], last_of(wanted[-1])
    rows = Appointment.objects.filter(tenure__worker=line.worker_id).served_between(first, last)
    days = rows.values_list("pk", "tenure__started_on", "tenure__ended_on", "tenure__permit_id")
    spells = [Spell(*row, permit is not None) for *row, permit in days]
    served = months_served(line.batch.month_rule, spells, wanted)
    own = set(line.months.values_list("month", flat=True))
    paid = SubsidyMonth.objects.standing().filter(month__gte=first, month__lte=last).exclude(line=line)
    posts = rows.filter(pk=line.appointment_id)
    if line.appointment.tenure.permit_id is None:
        posts = posts | rows.filter(tenure__permit=None)
        elsewhere = set(paid.filter(payee=line.worker_id).values_list("month", flat=True))
    else:
        elsewhere = set(paid.filter(appointment=line.appointment_id).values_list("month", flat=True))
    for appointment in posts.filter(pk__in=list(served)):
        here = appointment.pk == line.appointment_id
        # A month this line has paid may belong to another post by what was recorded since.
        months = [month for month in served[appointment.pk] if month in own or here and month not in elsewhere]
        book = batch_lines.book_for(appointment.org_path, first, last)
        due = reckon(book, appointment.org_path, appointment.role, appointment.employment, months)
        sums = tuple(map(Decimal.__add__, sums, due.shares))
    return sums


def _shares_of_correction(line: SubsidyLine, amount: Decimal) -> tuple[Decimal, ...]:
    apart, corrected = _shares_apart(line), _corrected_shares(line)
    if amount == sum(apart, ZERO):
        return apart
    # The opposite of all that was corrected: each payer gets back what it paid.
    if amount == -sum(corrected, ZERO):
        return tuple(-share for share in corrected)
    # Of a line that was deducted wholly nobody pays anything.
    return divide(amount, _shares(line) if line.amount else gross_shares_of(line))


def _points_back(batch: SubsidyBatch, line: SubsidyLine, kind: str, shares: tuple, reason: str, by) -> SubsidyLine:
    amount = sum(shares, ZERO)
    row = SubsidyLine(
        organisation=line.organisation, batch=batch, kind=kind, appointment=line.appointment, worker=line.worker,
        role=line.role, gross_amount=amount, amount=amount, corrects=line, reason=reason,
    )  # fmt: skip
    row.county_share, row.township_share, row.welfare_share = shares
    return create_versioned(row, by=by)


def _held(line: SubsidyLine) -> SubsidyLine:
    """The line as stored, locked: who pays it again, corrects it or gives it up meanwhile is put in line by the row."""
    rows = SubsidyLine.objects.select_for_update(of=("self",))
    return rows.select_related("batch", "organisation", "appointment__tenure", "worker").get(pk=line.pk)


def _check_points_back(batch: SubsidyBatch, line: SubsidyLine):
    if not line.batch.is_final:
        raise BatchRefused("这一行还没有审批，请直接改正后重新计算，不用更正。")
    if not line.org_path.startswith(batch.organisation.path):
        raise BatchRefused(f"{line.organisation.label}不在所选批次的地区里。请选别的批次。")
    if line.outcome == SubsidyLine.Outcome.GIVEN_UP:
        raise BatchRefused("这一行已登记为不再发，月份已经放回。请在以后的批次里补发。")
    if batch.lines.filter(corrects=line).exists():
        raise BatchRefused("所选批次里已经有对这一行的更正或重发。请先在那个批次里删除它。")


def why_not_corrected(line: SubsidyLine) -> str:
    """A line that points back answers for no months; what is wrong with it is put right where it points to."""
    if line.corrects_id is None:
        return ""
    kind, batch, name = line.get_kind_display(), _origin(line).batch, line.worker.name
    return f"这一行是“{kind}”，不能再更正。请打开“{batch}”里{name}的那一行办更正。"


def correct_line(*, line: SubsidyLine, batch: SubsidyBatch, amount: Decimal, reason: str, by) -> SubsidyLine:
    """A line in a later batch that pays what was too little, or takes back what was too much. Raises BatchRefused."""
    with transaction.atomic():
        batch = _open_batch(batch, "更正")
        line = _held(line)
        refusal = why_not_corrected(line)
        if refusal:
            raise BatchRefused(refusal)
        _check_points_back(batch, line)
        if amount == 0:
            raise BatchRefused({"amount": "差额是 0，不用更正。"})
        row = _points_back(batch, line, Kind.CORRECTION, _shares_of_correction(line, amount), reason, by)
        _settled(batch, by)
        return row


def pay_again(*, line: SubsidyLine, batch: SubsidyBatch, reason: str, by) -> SubsidyLine:
    """What the bank sent back is paid once more in a later batch. Raises BatchRefused."""
    with transaction.atomic():
        batch = _open_batch(batch, "重发")
        line = _held(line)
        _check_points_back(batch, line)
        if line.outcome != SubsidyLine.Outcome.FAILED:
            raise BatchRefused("只有银行退回的才能重发。")
        if line.batch.lines.filter(worker=line.worker_id).count() > 1:
            raise BatchRefused("此人这一批有几行，合成一笔发放。请在那个批次里用“重发退回的”再送银行。")
        if line.corrections.filter(kind=Kind.AGAIN).exists():
            raise BatchRefused("这一行已经在另一个批次里重发。")
        row = _points_back(batch, line, Kind.AGAIN, _shares(line), reason, by)
        _settled(batch, by)
        return row


def remove_line(*, line: SubsidyLine, by):
    """Take a correction, a payment once more or a supplement out of a batch that is not checked."""
    with transaction.atomic():
        batch = _open_batch(line.batch, "删除这一行")
        if line.kind == Kind.REGULAR:
            raise BatchRefused("应发的明细由系统计算，不能单独删除。请改正任职或标准后重新计算。")
        audit.record(
            "committees.subsidyline.deleted", actor=by, target=line, organisation=line.organisation,
            details={"batch": batch.pk, "kind": line.kind, "amount": str(line.amount)},
        )  # fmt: skip
        line.delete()
        _settled(batch, by)


# --- who was forgotten ----------------------------------------------------------------------------------
def supplement(*, batch: SubsidyBatch, appointments: list[int], reason: str, by) -> int:
    """Lines for people who were forgotten in earlier batches; gives how many. Raises BatchRefused."""
    with transaction.atomic():
        batch = _open_batch(batch, "补发")
        missed = forgotten(batch)
        unknown = [pk for pk in appointments if pk not in missed]
        if unknown:
            raise BatchRefused("所选的人里有的已经没有漏发的月份。请刷新页面重新选择。")
        there = batch.lines.filter(kind=Kind.SUPPLEMENT, appointment__in=appointments).order_by("worker__name", "pk")
        names = list(there.values_list("worker__name", flat=True))
        if names:
            named = "、".join(names[:5]) + (f"等 {len(names)} 人" if len(names) > 5 else "")
            raise BatchRefused(f"这个批次里已经有{named}的补发。请先删除那一行，再把漏发的月份一起补发。")
        rows = Appointment.objects.filter(pk__in=appointments).select_related("organisation", "tenure__worker")
        for appointment in rows:
            _supplement_one(batch, appointment, missed[appointment.pk], reason, by)
        _settled(batch, by)
        return len(appointments)


def _supplement_one(batch, appointment, months, reason, by):
    path = appointment.org_path
    book = batch_lines.book_for(path, months[0], last_of(months[-1]))
    due = reckon(book, path, appointment.role, appointment.employment, months)
    line = SubsidyLine(
        organisation=appointment.organisation, batch=batch, kind=Kind.SUPPLEMENT, appointment=appointment,
        worker=appointment.tenure.worker, role=appointment.role, parts=list(due.parts), month_count=len(due.months),
        gross_amount=due.gross, amount=due.gross, county_share=due.shares[0], township_share=due.shares[1],
        welfare_share=due.shares[2], problem=due.problem, reason=reason,
    )  # fmt: skip
    create_versioned(line, by=by)
    payee = batch_lines.payee_of(line.worker_id, appointment.tenure.permit_id)
    batch_lines.insert_months([(line.pk, appointment.pk, payee, due.months)])
