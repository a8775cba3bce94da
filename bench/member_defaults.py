"""What a person who knows Django well writes for the trainings and the months paid of committee members."""

from collections import defaultdict
from datetime import date

from django.db.models import Count, Prefetch

from committees.batch_lines import book_for
from committees.models import Appointment, SubsidyMonth, TrainingAttendance
from committees.reckoning import counts
from federation.shared.metrics import Figure
from orgs.models import Post, Tenure
from orgs.querysets import spanning

RULE = "fifteenth_or_half"
MOST = 2


def _times(window) -> dict[int, int]:
    """{worker: trainings completed in the window}."""
    rows = TrainingAttendance.objects.filter(
        presence="attended", session__state="held", session__ends_on__gte=window.start,
        session__ends_on__lte=window.as_of,
    ).exclude(result="failed")  # fmt: skip
    return dict(rows.order_by().values_list("worker").annotate(number=Count("pk")))


def directors_trained(judged, window):
    times, found = _times(window), {}
    for body in judged.bodies:
        directors = [
            each
            for each in body.tenures_of_the_year
            if each.post == Post.DIRECTOR and (each.ended_on is None or each.ended_on >= window.as_of)
        ]
        found[body.pk] = Figure(sum(each.worker_id in times for each in directors), len(directors))
    return found


def _summed_below(judged, at: dict[str, list[int]]) -> dict[int, list[int]]:
    """{body: sums of everything at and below it}."""
    by_path = {body.path: body.pk for body in judged.bodies}
    found = {body.pk: [0] * 3 for body in judged.bodies}
    for length in {len(body.path) for body in judged.bodies}:
        for path, numbers in at.items():
            pk = by_path.get(path[:length])
            if pk is not None:
                found[pk] = [mine + more for mine, more in zip(found[pk], numbers, strict=True)]
    return found


def trainings_completed(judged, window):
    times = _times(window)
    members = Tenure.objects.under(judged.area.path).filter(
        spanning(window.as_of, "started_on", "ended_on"), post=Post.COMMITTEE_MEMBER
    )
    at = defaultdict(lambda: [0, 0, 0])
    for path, worker in members.order_by().values_list("org_path", "worker"):
        sums = at[path]
        sums[0] += min(times.get(worker, 0), MOST)
        sums[1] += MOST
        sums[2] += 1
    return {pk: Figure(done, due, rows=rows) for pk, (done, due, rows) in _summed_below(judged, at).items()}


def months_paid(judged, window):
    ends = [last for last in (6, 12) if date(window.year, last, 30 if last == 6 else 31) <= window.as_of]
    months = [date(window.year, month, 1) for month in range(1, max(ends, default=0) + 1)]
    book = book_for(judged.area.path, window.start, window.as_of)
    paid = SubsidyMonth.objects.filter(
        line__batch__state__in=("paid", "archived"), line__batch__paid_on__lte=window.as_of, month__in=months
    ).exclude(line__outcome="failed")
    served = Appointment.objects.under(judged.area.path).select_related("tenure")
    served = served.prefetch_related(Prefetch("paid_months", queryset=paid, to_attr="months_paid"))
    at = defaultdict(lambda: [0, 0, 0])
    for row in served.order_by("pk").iterator(chunk_size=2000):
        amounts = {each.month: each.amount for each in row.months_paid}
        for month in months:
            if counts(RULE, month, row.tenure.started_on, row.tenure.ended_on):
                terms, floor = book.in_force(row.org_path, row.role, row.employment, month)
                full = terms is not None and month in amounts and amounts[month] >= max(terms.amount, floor)
                at[row.org_path][0] += full
                at[row.org_path][1] += 1
    return {pk: Figure(full, due) for pk, (full, due, _rows) in _summed_below(judged, at).items()}
