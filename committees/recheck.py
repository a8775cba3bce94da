"""Whether the lines of a batch are still what today's facts make of them: worked out once more, stored nowhere."""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from committees import batch_lines
from committees.forgotten import forgotten
from committees.models import Appointment, SubsidyBatch, SubsidyLine
from committees.reckoning import Reckoned, last_of, reckon

ZERO = Decimal("0.00")
NAMED = 3
_LINE = (
    "appointment_id", "worker_id", "organisation_id", "role", "parts", "month_count", "gross_amount",
)  # fmt: skip


@dataclass(slots=True)
class Change:
    """One appointment whose line says something else than the facts of today."""

    worker: int
    lies: tuple[int, Decimal] = (0, ZERO)
    due: tuple[int, Decimal] = (0, ZERO)

    def __str__(self):
        if self.lies == self.due:
            return "月份、岗位或机构变了"
        return f"批次里{_said(*self.lies)}，现在{_said(*self.due)}"


def _said(months: int, amount: Decimal) -> str:
    return f" {months} 个月 {amount} 元" if months else "没有"


def changes_since(batch: SubsidyBatch) -> dict[int, Change]:
    """{appointment: what differs} of the computed lines and of those who were forgotten."""
    return dict(_changed_lines(batch)) | dict(_changed_supplements(batch))


def _changed_lines(batch: SubsidyBatch) -> Iterator[tuple[int, Change]]:
    due = {each.appointment: each for each in batch_lines.due_in_all(batch)}
    lines = SubsidyLine.objects.filter(batch=batch, kind=SubsidyLine.Kind.REGULAR)
    rows = lines.order_by().values_list(*_LINE)
    for appointment, *whose, parts, months, amount in rows.iterator(chunk_size=5000):
        each = due.pop(appointment, None)
        if each is None:
            # A line that only keeps its deductions pays no month.
            if months:
                yield appointment, Change(whose[0], lies=(months, amount))
        elif whose != [each.worker, each.organisation, each.role] or not _is_so(parts, each.reckoned):
            yield appointment, Change(each.worker, (months, amount), _sum_of(each.reckoned))
    for appointment, each in due.items():
        yield appointment, Change(each.worker, due=_sum_of(each.reckoned))


def _is_so(parts: list, reckoned: Reckoned) -> bool:
    """The same months by the same standards; amounts and shares follow from them."""
    return parts == list(reckoned.parts)


def _sum_of(reckoned: Reckoned) -> tuple[int, Decimal]:
    return len(reckoned.months), reckoned.gross


def _changed_supplements(batch: SubsidyBatch) -> Iterator[tuple[int, Change]]:
    lines = batch.lines.filter(kind=SubsidyLine.Kind.SUPPLEMENT).select_related("appointment")
    lines = list(lines.prefetch_related("months"))
    missed = forgotten(batch, own_is_paid=False) if lines else {}
    for line in lines:
        here, lying = line.appointment, sorted(month.month for month in line.months.all())
        months = [month for month in lying if month in missed.get(here.pk, ())]
        book = batch_lines.book_for(here.org_path, lying[0], last_of(lying[-1])) if months else None
        due = reckon(book, here.org_path, here.role, here.employment, months) if months else None
        if due is None or line.role != here.role or not _is_so(line.parts, due):
            lies = line.month_count, line.gross_amount
            yield here.pk, Change(line.worker_id, lies, _sum_of(due) if due else (0, ZERO))


def told(changes: dict[int, Change], by) -> str:
    """How many persons it is about, and the first of them with what differs: those that `by` sees."""
    rows = Appointment.objects.visible_to(by, SubsidyLine.view_permission).filter(pk__in=list(changes))
    rows = rows.select_related("tenure__worker").order_by("org_path", "pk")[:NAMED]
    people = len({change.worker for change in changes.values()})
    named = [f"{row.tenure.worker.name}（{changes[row.pk]}）" for row in rows]
    return (
        f"{people} 人的补贴现在算出来不一样"
        + (f"：{'、'.join(named)}" if named else "")
        + ("等" if len(changes) > len(named) and named else "")
    )
