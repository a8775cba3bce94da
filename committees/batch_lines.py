"""The lines of a batch, worked out and stored set-based: all appointments of a part of the area at once."""

import datetime
import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from itertools import groupby

from django.db import connection
from django.db.models import Count, F, Q, QuerySet, Sum
from django.db.models.functions import Substr

from committees.models import Appointment, SubsidyBatch, SubsidyDeduction, SubsidyLine, SubsidyMonth, SubsidyStandard
from committees.reckoning import Book, Reckoned, Spell, Terms, divide, last_of, months_between, months_served
from federation.shared.bulk import insert_columns, now_text
from federation.shared.fields import holding_paths, subtree
from federation.shared.money import cents
from federation.shared.templatetags.ui import cn_month
from orgs.models import BodyKind, Level, Organisation

ZERO = Decimal("0.00")
REGULAR = SubsidyLine.Kind.REGULAR
PAID_ELSEWHERE = "{}已按原岗位发过，不再发；金额不同的，请更正原来的明细。"
NOTHING_DUE = "本期没有应发的月份，但登记了扣减。请删去扣减。"


@dataclass(slots=True)
class Due:
    """One appointment with what it is due."""

    appointment: int
    worker: int
    organisation: int
    role: str
    reckoned: Reckoned
    # Whose months these are; nobody's for a second post held by permission.
    payee: int | None = None
    note: str = ""


# --- parts of an area ---------------------------------------------------------------------------------
def parts_of(batch: SubsidyBatch) -> list[tuple[str, str]]:
    """(path, name) of the cities of a province or the counties of a city; at its end the area itself, for what stands
    in none of them. A part is one piece of work: fewer cost less, a city's members are some thousands."""
    area = batch.organisation
    if area.level >= Level.COUNTY:
        return [(area.path, area.label)]
    below = Organisation.objects.filter(
        body_kind=BodyKind.FEDERATION, level__in=(Level.CITY, Level.COUNTY), level__gt=area.level
    )
    parts: list[tuple[str, str]] = []
    for path, name in below.under(area.path).order_by("path").values_list("path", "short_name"):
        # A county of a city comes behind it; one that stands under the province directly is a part.
        if not parts or not path.startswith(parts[-1][0]):
            parts.append((path, name))
    return [*parts, (area.path, "其余机构")]


def rows_of_part(rows: QuerySet, batch: SubsidyBatch, path: str) -> QuerySet:
    """Rows under `path`; for the area's own part, those in none of the other parts."""
    rows = rows.filter(subtree(path, "org_path"))
    others = [part for part, _name in parts_of(batch) if part != path] if path == batch.organisation.path else []
    for length, same in groupby(sorted(others, key=len), key=len):
        # One look-up a row, not a range for every county.
        rows = rows.alias(**{f"part_{length}": Substr("org_path", 1, length)}).exclude(
            **{f"part_{length}__in": list(same)}
        )
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
    "tenure__ended_on", "tenure__permit_id",
)  # fmt: skip


def book_of(batch: SubsidyBatch, path: str) -> Book:
    """The standards that decide in a part of the batch, as they are now."""
    return book_for(path, batch.first_month, last_of(batch.last_month))


def standards_digest(batch: SubsidyBatch) -> str:
    """One hash over what the standards say in the batch's months: recorded, raised or ended, it is another."""
    first, last = batch.first_month, last_of(batch.last_month)
    digest = hashlib.sha256()
    for each in book_of(batch, batch.organisation.path).terms:
        days = max(each.first, first), min(each.last or last, last)
        digest.update("|".join(map(str, (*each[:6], *each.shares, *days))).encode() + b"\n")
    return digest.hexdigest()


def held_book(batch: SubsidyBatch, path: str) -> Book:
    """The same, and nobody changes one of them until the transaction ends."""
    if connection.vendor == "postgresql":
        rows = SubsidyStandard.objects.bearing_on(path).touching(batch.first_month, last_of(batch.last_month))
        with connection.cursor() as cursor:
            # Shared: the parts of a batch are stored side by side. Who changes a standard waits for them.
            sql, values = rows.order_by("pk").values("pk").query.sql_with_params()
            cursor.execute(f"{sql} FOR SHARE", values)
    return book_of(batch, path)


def still_due(batch: SubsidyBatch, path: str, book: Book, due: list[Due]) -> list[Due]:
    """`due` as worked out by `book`; anew where a standard was changed since that was read. In a transaction."""
    now = held_book(batch, path)
    return due if now.terms == book.terms else due_in(batch, path, now)


def due_in(batch: SubsidyBatch, path: str, book: Book | None = None) -> list[Due]:
    """What the appointments of a part are due in the period and have not been paid by another batch."""
    return _due_of(batch, rows_of_part(appointments_in(batch), batch, path), book or book_of(batch, path))


def due_in_all(batch: SubsidyBatch) -> list[Due]:
    """The same of the whole area, in one piece: what is only looked at is not divided into pieces of work."""
    path = batch.organisation.path
    return _due_of(batch, appointments_in(batch).filter(subtree(path, "org_path")), book_of(batch, path))


def _due_of(batch: SubsidyBatch, here: QuerySet, book: Book) -> list[Due]:
    first, last = batch.first_month, last_of(batch.last_month)
    months = months_between(first, last)
    served = Appointment.objects.served_between(first, last)
    inside = set(here.values_list("pk", flat=True))
    # A month belongs to one of a person's appointments, so all of them are looked at, wherever they are.
    rows = served.filter(tenure__worker__in=here.order_by().values("tenure__worker")).order_by(
        "tenure__worker_id", "pk"
    )
    paid = paid_months(here, first, last, batch)
    found = []
    for _worker, spells in groupby(rows.values_list(*_SPELL).iterator(chunk_size=5000), key=lambda row: row[1]):
        found += _due_of_person(batch.month_rule, list(spells), months, inside, paid, book)
    return found


def _due_of_person(rule, spells, months, inside, paid, book) -> Iterable[Due]:
    counted = months_served(rule, [Spell(row[0], *row[6:8], row[8] is not None) for row in spells], months)
    for pk, worker, organisation, path, role, employment, *_days, permit in spells:
        if pk not in inside:
            continue
        served, payee = counted.get(pk, ()), payee_of(worker, permit)
        wanted = tuple(month for month in served if not paid.has(payee, pk, month))
        if wanted:
            elsewhere = [month for month in served if paid.is_elsewhere(payee, pk, month)]
            note = PAID_ELSEWHERE.format("、".join(map(cn_month, elsewhere[:6]))) if elsewhere else ""
            yield Due(pk, worker, organisation, role, book.line(path, role, employment, wanted), payee, note)


def payee_of(worker: int, permit: int | None) -> int | None:
    """Whose months a post's are: a person's, once; those of a second post held by permission nobody's but its own."""
    return worker if permit is None else None


class PaidMonths:
    """Months that are paid already: of appointments, and of persons whatever their post was then."""

    def __init__(self, rows: Iterable[tuple]):
        self._here, self._of_person = defaultdict(set), defaultdict(set)
        for appointment, payee, month in rows:
            self._here[appointment].add(month)
            if payee is not None:
                self._of_person[payee].add(month)

    def has(self, payee: int | None, appointment: int, month: datetime.date) -> bool:
        return month in self._here.get(appointment, ()) or month in self._of_person.get(payee, ())

    def is_elsewhere(self, payee: int | None, appointment: int, month: datetime.date) -> bool:
        """Paid to the person at another post, as when a move is recorded only afterwards."""
        return month in self._of_person.get(payee, ()) and month not in self._here.get(appointment, ())


def paid_months(appointments: QuerySet, first, last, batch=None, kind=REGULAR) -> PaidMonths:
    """What is paid already to those who hold `appointments`, without the lines of `kind` of `batch`."""
    rows = SubsidyMonth.objects.standing().filter(month__gte=first, month__lte=last)
    rows = rows.filter(line__worker__in=appointments.order_by().values("tenure__worker"))
    if batch is not None:
        rows = rows.exclude(line__batch=batch, line__kind=kind)
    return PaidMonths(rows.values_list("appointment_id", "payee_id", "month").iterator(chunk_size=5000))


# --- storing --------------------------------------------------------------------------------------------
def store_due(batch: SubsidyBatch, path: str, due: list[Due], by):
    """Write the part's regular lines anew; a line with deductions keeps them. In a transaction.

    Persons in the order of their keys: two batches that pay the same persons wait for one another, never both.
    """
    lines = rows_of_part(SubsidyLine.objects.filter(batch=batch, kind=REGULAR), batch, path)
    # Asked of the deductions themselves: a line that had too little to take them from says less.
    taken = SubsidyDeduction.objects.filter(line__in=lines.order_by().values("pk")).order_by()
    deducted = dict(taken.values_list("line__appointment").annotate(Sum("amount")))
    SubsidyMonth.objects.filter(line__in=lines.order_by().values("pk")).delete()
    lines.exclude(appointment__in=deducted).delete()
    again = {each.appointment: each for each in due if each.appointment in deducted}
    for line in lines.select_for_update(of=("self",)):
        line.deducted_amount = deducted[line.appointment_id]
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
    line.reason = due.note if due else ""
    if due:
        line.worker_id, line.organisation_id, line.role = due.worker, due.organisation, due.role
    settle(line, due.reckoned.shares if due else (ZERO, ZERO, ZERO))
    line.save()
    for deduction in line.deductions.exclude(organisation=line.organisation_id):
        deduction.organisation_id = line.organisation_id
        deduction.save()


def settle(line: SubsidyLine, gross_shares: tuple[Decimal, ...]):
    """What is left after the deductions, and who pays it: each payer saves in proportion to what it would have paid."""
    line.amount = line.gross_amount - line.deducted_amount
    if line.amount < 0 and line.kind != SubsidyLine.Kind.CORRECTION:
        line.problem = line.problem or f"扣减 {line.deducted_amount} 元超过应发 {line.gross_amount} 元。请核对扣减。"
        line.deducted_amount, line.amount = line.gross_amount, ZERO
    # The saving is divided, not what is left: half a cent would fall to another payer.
    owed, saved = divide(line.gross_amount, gross_shares), divide(line.deducted_amount, gross_shares)
    line.county_share, line.township_share, line.welfare_share = map(Decimal.__sub__, owed, saved)


def _texts(reckoned: Reckoned) -> tuple[str, ...]:
    """What a line says, as texts for the database: parts, months, amount, the payers' shares, problem."""
    return (
        json.dumps(reckoned.parts, separators=(",", ":")), str(len(reckoned.months)), str(cents(reckoned.gross)),
        *(str(cents(share)) for share in reckoned.shares), reckoned.problem,
    )  # fmt: skip


def _month_texts(months: tuple) -> list[tuple[str, str, str]]:
    """(month, standard, amount) of each."""
    return [(each.month.isoformat(), str(each.terms.pk), str(cents(each.terms.amount))) for each in months]


def _insert_lines(batch, due: list[Due], paths: dict[int, str], by):
    if not due:
        return
    now = now_text()
    # Most members share their arithmetic with others (Book.line), so it is put into words once.
    said = {id(each.reckoned): each.reckoned for each in due}
    said = {key: _texts(reckoned) for key, reckoned in said.items()}
    columns = zip(*(said[id(each.reckoned)] for each in due), strict=True)
    parts, months, amounts, county, township, welfare, problems = map(list, columns)
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
            "parts": parts, "month_count": months, "gross_amount": amounts, "deducted_amount": "0",
            "amount": amounts, "county_share": county, "township_share": township, "welfare_share": welfare,
            "problem": problems, "reason": [each.note for each in due], "corrects_id": None, "outcome": "",
            "outcome_reason": "", "outcome_on": None,
        },
        len(due),
    )  # fmt: skip


def _insert_months(batch, due: list[Due]):
    wanted = [each.appointment for each in due]
    ids = dict(
        SubsidyLine.objects.filter(batch=batch, kind=REGULAR, appointment__in=wanted).values_list(
            "appointment_id", "pk"
        )
        if len(wanted) < 500
        else SubsidyLine.objects.filter(batch=batch, kind=REGULAR).values_list("appointment_id", "pk")
    )
    insert_months([(ids[each.appointment], each.appointment, each.payee, each.reckoned.months) for each in due])


def insert_months(rows: list[tuple]):
    """(line, appointment, payee, months) → one row a month. A month that was paid already raises IntegrityError."""
    said = {id(months): months for *_whose, months in rows}
    said = {key: _month_texts(months) for key, months in said.items()}
    lines, appointments, payees, flat = [], [], [], []
    for line, appointment, payee, months in rows:
        flat += said[id(months)]
        lines += [str(line)] * len(months)
        appointments += [str(appointment)] * len(months)
        payees += [None if payee is None else str(payee)] * len(months)
    insert_columns(
        SubsidyMonth,
        {
            "line_id": lines,
            "appointment_id": appointments,
            "payee_id": payees,
            "month": [month for month, _standard, _amount in flat],
            "standard_id": [standard for _month, standard, _amount in flat],
            "amount": [amount for _month, _standard, amount in flat],
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
