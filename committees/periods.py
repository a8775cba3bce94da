"""Which months an area pays together: the period in which a month lies, and the one that is open.

The sources only say that the period is set place by place, so what does not fit is told, not refused.
"""

import datetime
from typing import NamedTuple

from committees.models import MonthRule, SubsidyBatch, SubsidyPeriod
from committees.reckoning import last_of, next_month
from orgs.models import Organisation

_DAY = datetime.timedelta(days=1)
CURE = "确实要这样发的可以继续；选错了的，请删除后重新建立。"
Span = tuple[datetime.date, datetime.date]


class Rhythm(NamedTuple):
    """How an area pays in a year: what the nearest area above has laid down, else every half-year."""

    months: int
    month_rule: str
    laid_down: SubsidyPeriod | None

    def words(self, area: Organisation) -> str:
        if self.laid_down is None:
            return f"{area.label}没有规定发放周期，按{SubsidyPeriod.USUAL.label}发一次"
        row = self.laid_down
        return f"{row.organisation.label}规定从 {row.from_year} 年起{row.get_length_display()}发一次"


def rhythm_at(path: str, month: datetime.date) -> Rhythm:
    row = SubsidyPeriod.objects.in_force_at(path, month.year)
    if row is None:
        return Rhythm(SubsidyPeriod.MONTHS[SubsidyPeriod.USUAL], MonthRule.FIFTEENTH_OR_HALF, None)
    return Rhythm(SubsidyPeriod.MONTHS[row.length], row.month_rule, row)


def period_of(path: str, month: datetime.date) -> Span:
    """First and last month of the area's period in which `month` lies."""
    size = rhythm_at(path, month).months
    first = (month.month - 1) // size * size + 1
    return datetime.date(month.year, first, 1), datetime.date(month.year, first + size - 1, 1)


def last_ended(path: str, today: datetime.date) -> Span:
    first, last = period_of(path, today.replace(day=1))
    return (first, last) if last_of(last) < today else period_of(path, first - _DAY)


def covered_to(path: str) -> datetime.date | None:
    """The last month for which the whole area, or one above it, has a batch."""
    batches = SubsidyBatch.objects.covering(path).filter(role="").order_by("-last_month")
    return batches.values_list("last_month", flat=True).first()


def open_words(path: str, first: datetime.date, last: datetime.date) -> str:
    """What there is to pay now, the open period being from `first` to `last`."""
    paid_to = covered_to(path)
    if paid_to is not None and paid_to >= last:
        return f"到 {span_words(paid_to, paid_to)}为止都已建批次，现在没有到期要发的"
    return f"现在该发 {span_words(first, last)}"


def open_period(path: str, today: datetime.date) -> Span:
    """The next period without a batch of the whole area that has ended; the last one that has, where there is none."""
    latest, paid_to = last_ended(path, today), covered_to(path)
    if paid_to is None:
        return latest
    following = period_of(path, next_month(paid_to))
    return min(following, latest)


def misfits(batch: SubsidyBatch) -> list[str]:
    """What about the months of a batch is not as its area, or one above it, has laid down; in sentences."""
    area = batch.organisation
    rhythm = rhythm_at(area.path, batch.first_month)
    if rhythm.laid_down is None:
        return []
    told, whole = [], period_of(area.path, batch.first_month)
    if whole != (batch.first_month, batch.last_month):
        told.append(
            f"{rhythm.words(area)}，一个周期是 {span_words(*whole)}；"
            f"这个批次是 {span_words(batch.first_month, batch.last_month)}。{CURE}"
        )
    if batch.month_rule != rhythm.month_rule:
        told.append(
            f"{rhythm.laid_down.organisation.label}规定的“怎样算一个月”是“{rhythm.laid_down.get_month_rule_display()}”，"
            f"这个批次选的是“{batch.get_month_rule_display()}”。{CURE}"
        )
    return told


def span_words(first: datetime.date, last: datetime.date) -> str:
    return SubsidyBatch(first_month=first, last_month=last).period_words
