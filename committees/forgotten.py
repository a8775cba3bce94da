"""Who was forgotten: months that were served and that every closed batch has passed over."""

import datetime
from collections import defaultdict

from committees import batch_lines
from committees.models import Appointment, SubsidyBatch, SubsidyLine
from committees.reckoning import Spell, last_of, months_between, months_served

Kind = SubsidyLine.Kind
# How far back somebody who was forgotten is looked for.
MONTHS_BACK = 36


def forgotten(batch: SubsidyBatch, *, own_is_paid: bool = True) -> dict[int, list[datetime.date]]:
    """{appointment: months before the batch that were served, lie in a closed batch, and were paid to nobody}.

    `own_is_paid`: whether what the batch itself makes up for counts as paid.
    """
    closed = closed_months(batch)
    if not closed:
        return {}
    first, last = min(closed), last_of(max(closed))
    served = Appointment.objects.under(batch.organisation.path).served_between(first, last)
    if batch.role:
        served = served.filter(role=batch.role)
    paid = batch_lines.paid_months(served, first, last, None if own_is_paid else batch, kind=Kind.SUPPLEMENT)
    spells, beside = defaultdict(list), set()
    workers = served.order_by().values("tenure__worker")
    rows = Appointment.objects.served_between(first, last).filter(tenure__worker__in=workers)
    names = ("pk", "tenure__worker_id", "tenure__started_on", "tenure__ended_on", "tenure__permit_id")
    for pk, worker, started_on, ended_on, permit in rows.values_list(*names).iterator(chunk_size=5000):
        spells[worker].append(Spell(pk, started_on, ended_on, permit is not None))
        if permit is not None:
            beside.add(pk)
    inside = set(served.values_list("pk", flat=True))
    found = {}
    for worker, some in spells.items():
        for pk, months in months_served(batch.month_rule, some, months_between(first, last)).items():
            payee = None if pk in beside else worker
            missed = [month for month in months if month in closed and not paid.has(payee, pk, month)]
            if missed and pk in inside:
                found[pk] = missed
    return found


def closed_months(batch: SubsidyBatch) -> set[datetime.date]:
    """Months before the batch that approved batches of the area, or of one above, have dealt with."""
    above = SubsidyBatch.objects.final().covering(batch.organisation.path)
    earliest = batch.first_month.replace(year=batch.first_month.year - MONTHS_BACK // 12)
    months = set()
    for first, last in above.filter(last_month__gte=earliest).values_list("first_month", "last_month"):
        months.update(month for month in months_between(first, last) if earliest <= month < batch.first_month)
    return months
