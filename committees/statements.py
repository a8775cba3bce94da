"""The yearly statement (年度对账单): what a person, or everybody of a body, was due and paid for the months of a year.

It holds the approved batches whose period begins in the year. A correction or a payment once more stands in the batch
that made it and points back to the one it is about; what came back and was paid by a later batch, or is to be, counts
where it was paid: there with the months, the gross amount and the deductions of the line that first was to pay it.
"""

from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Case, CharField, Exists, F, Field, Func, IntegerField, OuterRef, Q, Sum, Value, When
from django.db.models.functions import Coalesce
from django.db.models.lookups import Exact

from committees.models import SubsidyLine
from federation.shared.money import MoneyField, in_words
from federation.shared.workbooks import Column, Sheet
from orgs.models import Organisation, Worker

VIEW = SubsidyLine.view_permission
Kind, Outcome = SubsidyLine.Kind, SubsidyLine.Outcome
ZERO = Decimal("0.00")
ROWS_A_PAGE = 20
# What a payment once more says as the first line did.
AS_FIRST = ("parts", "month_count", "gross_amount", "deducted_amount")
PAYERS = (("county_share", "县财政"), ("township_share", "乡镇（街道）"), ("welfare_share", "公益性岗位资金"))


def lines_of_year(user, year: int):
    return in_year(SubsidyLine.objects.visible_to(user, VIEW), year)


def in_year(lines, year: int):
    """Of `lines`, those of approved batches whose period begins in the year."""
    return lines.final().filter(batch__first_month__year=year)


def replaced():
    """Lines whose money came back and is paid, or may be paid, by another batch: they count there."""
    again = SubsidyLine.objects.filter(corrects=OuterRef("pk"), kind=Kind.AGAIN)
    return Q(outcome=Outcome.GIVEN_UP) | Q(Exists(again), outcome=Outcome.FAILED)


class _OfFirst(Func):
    """A column of the line that a payment once more is about, back to where a chain of them begins."""

    template = (
        "(WITH RECURSIVE chain AS ("
        # Under names of its own: the expression is a column of the table as the query around it calls it.
        "SELECT here.* FROM committees_subsidyline here WHERE here.id = %(expressions)s "
        "UNION ALL SELECT before.* FROM committees_subsidyline before JOIN chain ON before.id = chain.corrects_id "
        "WHERE chain.kind = 'again') SELECT %(column)s FROM chain WHERE kind <> 'again')"
    )


def _first(name: str, output_field: Field) -> Case:
    """What a line says itself; of a payment once more, what the first one says."""
    again = _OfFirst("pk", column=name, output_field=output_field)
    return Case(When(kind=Kind.AGAIN, then=again), default=F(name), output_field=output_field)


def _sum(what, condition: Q | None = None):
    return Coalesce(Sum(what, filter=condition), Value(0), output_field=MoneyField())


_IS_CORRECTION = Q(Exact(_first("kind", CharField()), Value(Kind.CORRECTION.value)))
# Of lines that are not replaced; what is due less what is deducted, and the corrections, make what is paid.
SUMS = {
    "months": Coalesce(Sum(_first("month_count", IntegerField())), Value(0)),
    "due": _sum(_first("gross_amount", MoneyField()), ~_IS_CORRECTION),
    "deducted": _sum(_first("deducted_amount", MoneyField())),
    "corrected": _sum("amount", _IS_CORRECTION),
    "paid": _sum("amount"),
    "arrived": _sum("amount", Q(outcome=Outcome.PAID)),
    **{name: _sum(name) for name, _label in PAYERS},
}


@dataclass
class Totals:
    """What a year comes to: of one person, of one row of a body's statement, or of the whole body."""

    months: int
    due: Decimal
    deducted: Decimal
    corrected: Decimal
    paid: Decimal
    arrived: Decimal
    county_share: Decimal
    township_share: Decimal
    welfare_share: Decimal

    @property
    def changed(self) -> Decimal:
        return self.corrected - self.deducted

    @property
    def open(self) -> Decimal:
        return self.paid - self.arrived

    @property
    def in_words(self) -> str:
        return in_words(self.paid)

    @property
    def payers(self) -> list[tuple[str, Decimal]]:
        return [(label, getattr(self, name)) for name, label in PAYERS if getattr(self, name)]


# --- of a person ----------------------------------------------------------------------------------------
@dataclass
class PersonRow:
    line: SubsidyLine
    remark: str


@dataclass
class PersonStatement:
    worker: Worker
    year: int
    rows: list[PersonRow]
    totals: Totals


def of_person(worker: Worker, year: int, user) -> PersonStatement:
    """What `user` may see of it by the tree."""
    return _of_lines(worker, year, lines_of_year(user, year).filter(worker=worker))


def of_oneself(worker: Worker, year: int, user) -> PersonStatement:
    """The whole of it, for the worker whose account `user` is: wherever the posts were."""
    return _of_lines(worker, year, in_year(SubsidyLine.objects.of_own(user), year))


def _of_lines(worker: Worker, year: int, rows) -> PersonStatement:
    shown = rows.annotate(
        is_replaced=Exists(SubsidyLine.objects.filter(pk=OuterRef("pk")).filter(replaced())),
        first=_first("id", IntegerField()),
    )
    shown = shown.select_related("batch", "organisation", "corrects__batch").order_by("batch__first_month", "pk")
    firsts = SubsidyLine.objects.in_bulk([line.first for line in shown if line.kind == Kind.AGAIN])
    for line in shown:
        # Shown, never stored: the rows add up to the totals below them.
        for name in AS_FIRST if line.kind == Kind.AGAIN else ():
            setattr(line, name, getattr(firsts[line.first], name))
    return PersonStatement(worker, year, [PersonRow(line, remark_of(line)) for line in shown], _totals(rows))


def _totals(rows) -> Totals:
    return Totals(**rows.exclude(replaced()).order_by().aggregate(**SUMS))


def remark_of(line: SubsidyLine) -> str:
    """Where a line comes from and where it went: corrections point back, what came back says what became of it."""
    words = []
    if line.corrects_id:
        words.append(f"{line.get_kind_display()}：{line.corrects.batch.period_words}那一批")
    elif line.kind != Kind.REGULAR:
        words.append(line.get_kind_display())
    if getattr(line, "is_replaced", False):
        words.append("没有发成，由以后的批次发放，这里不计入合计")
    return "；".join([*words, *filter(None, [line.reason, line.outcome_reason])])


def person_sheet(statement: PersonStatement) -> Sheet:
    columns = (
        Column("批次", 28), Column("机构", 16), Column("岗位", 18), Column("算式", 44), Column("月数", 8, "number"),
        Column("应发", 12, "money"), Column("扣减", 12, "money"), Column("实发", 12, "money"), Column("到账情况", 12),
        Column("到账日期", 13, "date"), Column("备注", 40),
    )  # fmt: skip
    rows = (
        (
            line.batch.period_words, line.organisation.label, line.get_role_display(), line.arithmetic,
            line.month_count, line.gross_amount, line.deducted_amount, line.amount, line.get_outcome_display(),
            line.outcome_on, remark,
        )
        for line, remark in ((row.line, row.remark) for row in statement.rows)
    )  # fmt: skip
    sheet = Sheet(f"{statement.year}年对账单", columns, rows, has_filter=False)
    sheet.above = (f"{statement.worker.name} {statement.year} 年度补贴对账单", _sum_words(statement.totals))
    return sheet


def _sum_words(totals: Totals) -> str:
    return f"合计实发 {totals.paid} 元，已到账 {totals.arrived} 元，未到账 {totals.open} 元"


# --- of a body ------------------------------------------------------------------------------------------
@dataclass
class BodyRow:
    """One person at one body under it."""

    name: str
    body: str
    role: str
    totals: Totals
    number: int = 0


@dataclass
class BodyStatement:
    body: Organisation
    year: int
    rows: list[BodyRow]
    corrections: list[SubsidyLine]
    totals: Totals
    people: int

    @property
    def pages(self) -> list[list[BodyRow]]:
        return [self.rows[start : start + ROWS_A_PAGE] for start in range(0, len(self.rows), ROWS_A_PAGE)]


def of_body(body: Organisation, year: int, user) -> BodyStatement:
    """Set-based: one question for the people, one for the sums, one for what points back."""
    lines = lines_of_year(user, year).under(body.path)
    counted = lines.exclude(replaced())
    names = {"name": F("worker__name"), "body": F("organisation__short_name"), "whole": F("organisation__name")}
    grouped = counted.order_by().values("worker", "organisation", "role").annotate(**names, path=F("org_path"), **SUMS)
    roles = dict(SubsidyLine._meta.get_field("role").flatchoices)
    rows = [
        BodyRow(row["name"], row["body"] or row["whole"], roles[row["role"]], Totals(**{key: row[key] for key in SUMS}))
        for row in grouped.order_by("path", "name", "worker")
    ]
    for number, row in enumerate(rows, 1):
        row.number = number
    corrections = lines.filter(corrects__isnull=False).select_related("batch", "worker", "organisation")
    corrections = corrections.select_related("corrects__batch").order_by("org_path", "worker__name", "pk")
    people = counted.order_by().values("worker").distinct().count()
    return BodyStatement(body, year, rows, list(corrections), _totals(lines), people)


def body_sheets(statement: BodyStatement) -> list[Sheet]:
    """The people, and beside them what was corrected or paid once more, pointing back."""
    money = ("应发", "扣减", "更正", "实发", "已到账", "未到账", *(label for _name, label in PAYERS))
    columns = (
        Column("序号", 8, "number"), Column("姓名", 12), Column("机构", 18), Column("岗位", 18),
        Column("月数", 8, "number"), *(Column(heading, 14, "money") for heading in money),
    )  # fmt: skip
    rows = (
        (
            row.number, row.name, row.body, row.role, each.months, each.due, -each.deducted, each.corrected, each.paid,
            each.arrived, each.open, each.county_share, each.township_share, each.welfare_share,
        )
        for row, each in ((row, row.totals) for row in statement.rows)
    )  # fmt: skip
    people = Sheet("对账单", columns, rows)
    people.above = (
        f"{statement.body.label} {statement.year} 年度补贴对账单",
        f"{statement.people} 人，{_sum_words(statement.totals)}",
    )
    pointing = (
        Column("姓名", 12), Column("机构", 18), Column("批次", 28), Column("类别", 12), Column("金额", 14, "money"),
        Column("更正的是", 28), Column("原因", 40),
    )  # fmt: skip
    back = (
        (
            line.worker.name, line.organisation.label, line.batch.period_words, line.get_kind_display(), line.amount,
            line.corrects.batch.period_words, line.reason,
        )
        for line in statement.corrections
    )  # fmt: skip
    return [people, Sheet("更正和重发", pointing, back)]
