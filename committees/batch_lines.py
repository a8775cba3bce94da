"""The lines of a batch, worked out and stored set-based: all appointments of a part of the area at once."""

import datetime
import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from itertools import chain, groupby

from django.db.models import Count, F, Q, QuerySet, Sum

from committees.models import Appointment, SubsidyBatch, SubsidyLine, SubsidyMonth, SubsidyStandard
from committees.reckoning import Book, Reckoned, Spell, Terms, divide, last_of, months_between, months_served, reckon
from federation.shared.fields import holding_paths, subtree
from federation.shared.money import cents
from federation.shared.rosters.bulk import insert_columns, now_text
from orgs.models import BodyKind, Level, Organisation

ZERO = Decimal("0.00")
REGULAR = SubsidyLine.Kind.REGULAR
NOTHING_DUE = "本期没有应发的月份，但登记了扣减。请删去扣减。"


@dataclass(slots=True)
class Due:
    """One appointment with what it is due."""

    appointment: int
    worker: int
    organisation: int
    role: str
    reckoned: Reckoned


# --- parts of an area ---------------------------------------------------------------------------------
def parts_of(batch: SubsidyBatch) -> list[tuple[str, str]]:
    """(path, name) of the counties in the area; with the area itself at the end for what stands in none of them."""
    area = batch.organisation
    if area.level >= Level.COUNTY:
        return [(area.path, area.label)]
    counties = Organisation.objects.of_kind(BodyKind.FEDERATION, Level.COUNTY).under(area.path).order_by("path")
    return [*counties.values_list("path", "short_name"), (area.path, "其余机构")]


def rows_of_part(rows: QuerySet, batch: SubsidyBatch, path: str) -> QuerySet:
    """Rows under `path`; for the area's own part, those in none of the other parts."""
    rows = rows.filter(subtree(path, "org_path"))
    others = [part for part, _name in parts_of(batch) if part != path] if path == batch.organisation.path else []
    for part in others:
        rows = rows.exclude(subtree(part, "org_path"))
    return rows


# --- working out ----------------------------------------------------------------------------------------
def book_for(path: str, first: datetime.date, last: datetime.date) -> Book:
    """Every standard that can decide at `path` or below it in these days."""
    rows = SubsidyStandard.objects.bearing_on(path).touching(first, last)
    return Book(
        Terms(
            row.pk, row.org_path, row.role, row.employment, row.is_floor, row.monthly_amount, row.shares,
            row.valid_from, row.valid_to,
        )
        for row in rows.iterator()
    )  # fmt: skip


def appointments_in(batch: SubsidyBatch) -> QuerySet:
    """Who served in the period and is of the batch's role, wherever."""
    served = Appointment.objects.served_between(batch.first_month, last_of(batch.last_month))
    return served.filter(role=batch.role) if batch.role else served


_SPELL = (
    "pk", "tenure__worker_id", "organisation_id", "org_path", "role", "employment", "tenure__started_on",
    "tenure__ended_on",
)  # fmt: skip


def due_in(batch: SubsidyBatch, path: str) -> list[Due]:
    """What the appointments of a part are due in the period and have not been paid by another batch."""
    first, last = batch.first_month, last_of(batch.last_month)
    months = months_between(first, last)
    served = Appointment.objects.served_between(first, last)
    here = rows_of_part(appointments_in(batch), batch, path)
    inside = set(here.values_list("pk", flat=True))
    # A month belongs to one of a person's appointments, so all of them are looked at, wherever they are.
    rows = served.filter(tenure__worker__in=here.order_by().values("tenure__worker")).order_by(
        "tenure__worker_id", "pk"
    )
    paid = paid_months(here, first, last, batch)
    book = book_for(path, first, last)
    found = []
    for _worker, spells in groupby(rows.values_list(*_SPELL).iterator(chunk_size=5000), key=lambda row: row[1]):
        found += _due_of_person(batch.month_rule, list(spells), months, inside, paid, book)
    return found


def _due_of_person(rule, spells, months, inside, paid, book) -> Iterable[Due]:
    counted = months_served(rule, [Spell(row[0], row[6], row[7]) for row in spells], months)
    for pk, worker, organisation, path, role, employment, *_days in spells:
        if pk not in inside:
            continue
        wanted = [month for month in counted.get(pk, ()) if month not in paid.get(pk, ())]
        if wanted:
            yield Due(pk, worker, organisation, role, reckon(book, path, role, employment, wanted))


def paid_months(appointments: QuerySet, first, last, batch=None) -> dict[int, set[datetime.date]]:
    """{appointment: months that another batch than `batch` pays already}."""
    rows = SubsidyMonth.objects.filter(month__gte=first, month__lte=last)
    rows = rows.filter(appointment__in=appointments.order_by().values("pk"))
    if batch is not None:
        rows = rows.exclude(line__batch=batch, line__kind=REGULAR)
    found = defaultdict(set)
    for appointment, month in rows.values_list("appointment_id", "month"):
        found[appointment].add(month)
    return found


# --- storing --------------------------------------------------------------------------------------------
def store_due(batch: SubsidyBatch, path: str, due: list[Due], by):
    """Write the part's regular lines anew; a line with deductions keeps them. In a transaction."""
    lines = rows_of_part(SubsidyLine.objects.filter(batch=batch, kind=REGULAR), batch, path)
    deducted = dict(lines.filter(deducted_amount__gt=0).values_list("appointment_id", "deducted_amount"))
    kept = lines.filter(deducted_amount__gt=0)
    SubsidyMonth.objects.filter(line__in=lines.order_by().values("pk")).delete()
    lines.filter(deducted_amount=0).delete()
    again = {each.appointment: each for each in due if each.appointment in deducted}
    for line in kept.select_for_update(of=("self",)):
        rewrite(line, again.get(line.appointment_id))
    fresh = [each for each in due if each.appointment not in deducted]
    with holding_paths(Organisation, {each.organisation for each in fresh}) as paths:
        _insert_lines(batch, fresh, paths, by)
    _insert_months(batch, due)


def rewrite(line: SubsidyLine, due: Due | None):
    """A line that keeps its deductions gets the arithmetic of today; nothing due leaves nought, and says so."""
    gross = due.reckoned.gross if due else ZERO
    line.parts = list(due.reckoned.parts) if due else []
    line.month_count = len(due.reckoned.months) if due else 0
    line.gross_amount = gross
    line.problem = due.reckoned.problem if due else NOTHING_DUE
    settle(line, due.reckoned.shares if due else (ZERO, ZERO, ZERO))
    line.save()


def settle(line: SubsidyLine, gross_shares: tuple[Decimal, ...]):
    """What is left after the deductions, and who pays it: each payer saves in proportion to what it would have paid."""
    line.amount = line.gross_amount - line.deducted_amount
    if line.amount < 0 and line.kind != SubsidyLine.Kind.CORRECTION:
        line.problem = line.problem or f"扣减 {line.deducted_amount} 元超过应发 {line.gross_amount} 元。请核对扣减。"
        line.deducted_amount, line.amount = line.gross_amount, ZERO
    line.county_share, line.township_share, line.welfare_share = divide(line.amount, gross_shares)


def _insert_lines(batch, due: list[Due], paths: dict[int, str], by):
    now = now_text()
    amounts = [str(cents(each.reckoned.gross)) for each in due]
    insert_columns(
        SubsidyLine,
        {
            "version": "1", "created_at": now, "updated_at": now, "created_by_id": str(by.pk) if by else None,
            "organisation_id": [str(each.organisation) for each in due],
            "org_path": [paths[each.organisation] for each in due],
            "batch_id": str(batch.pk), "kind": REGULAR.value,
            "appointment_id": [str(each.appointment) for each in due],
            "worker_id": [str(each.worker) for each in due],
            "role": [each.role for each in due],
            "parts": [_json(each.reckoned.parts) for each in due],
            "month_count": [str(len(each.reckoned.months)) for each in due],
            "gross_amount": amounts, "deducted_amount": "0", "amount": amounts,
            "county_share": [str(cents(each.reckoned.shares[0])) for each in due],
            "township_share": [str(cents(each.reckoned.shares[1])) for each in due],
            "welfare_share": [str(cents(each.reckoned.shares[2])) for each in due],
            "problem": [each.reckoned.problem for each in due],
            "reason": "", "corrects_id": None, "outcome": "", "outcome_reason": "", "outcome_on": None,
        },
        len(due),
    )  # fmt: skip


def _json(parts) -> str:
    return json.dumps(parts, separators=(",", ":"))


def _insert_months(batch, due: list[Due]):
    wanted = [each.appointment for each in due]
    ids = dict(
        SubsidyLine.objects.filter(batch=batch, kind=REGULAR, appointment__in=wanted).values_list(
            "appointment_id", "pk"
        )
        if len(wanted) < 500
        else SubsidyLine.objects.filter(batch=batch, kind=REGULAR).values_list("appointment_id", "pk")
    )
    insert_months((ids[each.appointment], each.appointment, each.reckoned.months) for each in due)


def insert_months(rows: Iterable[tuple]):
    """(line, appointment, months) → one row a month. A month that was paid already raises IntegrityError."""
    flat = list(chain.from_iterable(((line, who, month) for month in months) for line, who, months in rows))
    insert_columns(
        SubsidyMonth,
        {
            "line_id": [str(line) for line, _who, _month in flat],
            "appointment_id": [str(who) for _line, who, _month in flat],
            "month": [month.month.isoformat() for _line, _who, month in flat],
            "standard_id": [str(month.terms.pk) for _line, _who, month in flat],
            "amount": [str(cents(month.terms.amount)) for _line, _who, month in flat],
        },
        len(flat),
    )


# --- totals ---------------------------------------------------------------------------------------------
TOTALS = {
    "line_count": Count("pk"),
    "month_count": Sum("month_count"),
    "problem_count": Count("pk", filter=~Q(problem="")),
    "total_amount": Sum("amount"),
    "county_total": Sum("county_share"),
    "township_total": Sum("township_share"),
    "welfare_total": Sum("welfare_share"),
}


def totals_of(batch: SubsidyBatch) -> dict:
    """Number of lines, months and problems, and the money, from the lines as they stand."""
    found = SubsidyLine.objects.filter(batch=batch).order_by().aggregate(**TOTALS)
    return {name: value if value is not None else 0 for name, value in found.items()}


def people_overdrawn(batch: SubsidyBatch) -> list[str]:
    """Names of those from whom more is taken back than the batch pays them."""
    people = SubsidyLine.objects.filter(batch=batch).order_by().values("worker").annotate(net=Sum("amount"))
    return list(people.filter(net__lt=0).order_by("worker__name").values_list("worker__name", flat=True))


def digest_of(batch: SubsidyBatch) -> str:
    """One hash over every line: what was checked is what is approved."""
    rows = SubsidyLine.objects.filter(batch=batch).order_by("appointment_id", "kind", "pk")
    names = ("appointment_id", "kind", "gross_amount", "deducted_amount", "amount", "county_share", "township_share")
    digest = hashlib.sha256()
    for row in rows.values_list(*names, "welfare_share", "month_count", "corrects_id").iterator(chunk_size=5000):
        digest.update(("|".join(map(str, row)) + "\n").encode())
    return digest.hexdigest()


def lines_that_do_not_add_up(batch: SubsidyBatch) -> int:
    """Lines whose months do not sum to what they say is due: none, or somebody has changed the tables by hand."""
    months = (
        SubsidyMonth.objects.filter(line__batch=batch, line__kind__in=(REGULAR, SubsidyLine.Kind.SUPPLEMENT))
        .order_by()
        .values("line")
        .annotate(summed=Sum("amount"), counted=Count("pk"))
    )
    wrong = months.exclude(summed=F("line__gross_amount"), counted=F("line__month_count")).count()
    with_months = SubsidyLine.objects.filter(
        batch=batch, kind__in=(REGULAR, SubsidyLine.Kind.SUPPLEMENT), month_count__gt=0
    )
    return wrong + abs(with_months.count() - months.count())
