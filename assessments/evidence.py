"""The rows behind a number, shown: what they say of themselves, only those the reader may see."""

from dataclasses import dataclass, field

from django.urls import NoReverseMatch, reverse

from assessments.models import BodyResult
from committees.models import Appointment
from committees.pay_evidence import AppointmentMonth
from federation.shared.metrics import Kinds, metric
from federation.shared.steps import may
from federation.shared.templatetags.ui import cn_date
from ledgers.models import DisabledPerson, RosterSummary
from orgs.metrics import Rate
from orgs.models import (
    ArchiveVolume,
    Budget,
    Organisation,
    Plaque,
    Premises,
    Regulation,
    ResponsibilityLetter,
    Tenure,
    YearlyTarget,
)
from orgs.vacancies import Gap

# So many rows are listed on a page; the number above the list is of all.
LISTED = 200


def _spell(start, end) -> str:
    return f"{cn_date(start)} 起" + (f"，到 {cn_date(end)}" if end else "")


def _times(row) -> str:
    """Of a member counted with the trainings that count."""
    return f"完成培训 {row.times_counted} 次（最多算 {row.times_possible} 次）" if hasattr(row, "times_counted") else ""


# What one row of each kind says: (what, when or how much).
_SAYINGS = {
    Plaque: lambda row: (str(row), _spell(row.hung_on, row.removed_on)),
    Premises: lambda row: (f"{row} {row.address}".strip(), _spell(row.since, row.until)),
    Regulation: lambda row: (str(row), _spell(row.issued_on, row.withdrawn_on)),
    Budget: lambda row: (str(row), f"安排 {row.allocated_amount} 元，支出 {row.spent_amount} 元"),
    ArchiveVolume: lambda row: (str(row), f"{row.item_count} 件"),
    ResponsibilityLetter: lambda row: (str(row), f"{cn_date(row.signed_on)} 签订"),
    YearlyTarget: lambda row: (str(row), f"{cn_date(row.recorded_on)} 下达"),
    Organisation: lambda row: (row.label, ""),
    Tenure: lambda row: (str(row), _times(row) or _spell(row.started_on, row.ended_on)),
    Appointment: lambda row: (str(row), _spell(row.tenure.started_on, row.tenure.ended_on)),
    AppointmentMonth: lambda row: (str(row), row.words),
    DisabledPerson: lambda row: (row.name, f"{cn_date(row.registered_on)} 登记"),
    RosterSummary: lambda row: (f"{row.organisation.label} {cn_date(row.as_of)}的汇总表", row.get_state_display()),
    BodyResult: lambda row: (row.organisation.label, f"{row.total} 分"),
    Gap: lambda row: (str(row), f"{cn_date(row.started_on)} 到 {cn_date(row.ended_on)}，{row.days} 天"),
    Rate: lambda row: (str(row), f"{row.numerator} ÷ {row.denominator}"),
}
_RELATED = {
    Tenure: ("worker", "organisation"),
    Appointment: ("tenure__worker", "organisation"),
    Organisation: (),
    BodyResult: ("organisation",),
}


@dataclass
class Listing:
    """Rows to show: `total` of all, `rows` [{what, detail, where, url}] of those seen, `hidden` in words."""

    total: int
    rows: list = field(default_factory=list)
    note: str = ""


def listing(rows, declared, user, path: str) -> Listing:
    """What `user` may see of `rows` of the body at `path`; the count is given in any case."""
    if rows is None:
        return Listing(0)
    if not hasattr(rows, "model"):
        return _of_list(list(rows), declared, user, path)
    total = rows.count()
    if not user.has_scope(declared.permission):
        return Listing(total, note="您的角色只能看到数量，看不到逐条内容。")
    seen = rows.visible_to(user)
    shown = seen.select_related(*_RELATED.get(rows.model, ("organisation",)))[: LISTED + 1]
    items = [_row(row) for row in shown]
    note = ""
    if len(items) > LISTED:
        items, note = items[:LISTED], f"只列出前 {LISTED} 条。"
    elif len(items) < total:
        note = f"另有 {total - len(items)} 条不在您负责的范围内，只计数。"
    return Listing(total, items, note)


def _of_list(rows, declared, user, path: str) -> Listing:
    # Made by code, they know no scope: the right is asked for at the very body.
    if not may(user, declared.permission, path):
        return Listing(len(rows), note="您的角色只能看到数量，看不到逐条内容。")
    return Listing(len(rows), [_row(row) for row in rows[:LISTED]])


def _row(row) -> dict:
    what, detail = _SAYINGS[type(row)](row)
    organisation = row if isinstance(row, Organisation) else getattr(row, "organisation", None)
    return {"what": what, "detail": detail, "where": organisation.label if organisation else "", "url": _address(row)}


def _address(row) -> str:
    if isinstance(row, DisabledPerson):
        return address("person-detail", row.uid)
    if isinstance(row, RosterSummary):
        return address("summary-detail", row.uid)
    if isinstance(row, BodyResult):
        return address("run-body", row.run_id, row.organisation_id)
    organisation = row.pk if isinstance(row, Organisation) else getattr(row, "organisation_id", None)
    return address("organisation-detail", organisation) if organisation else ""


def address(name: str, *args) -> str:
    """The URL of a page, or "" while it does not exist."""
    try:
        return reverse(name, args=args)
    except NoReverseMatch:
        return ""


def evidence_of(item, organisation, window, user) -> Listing:
    declared = metric(item.metric)
    return listing(declared.evidence(organisation, window), declared, user, organisation.path)


def absent_of(item, organisation, window, user, figure=None) -> Listing | None:
    """The rows that should count and do not, or the kinds that have none; None where only the lack is known."""
    declared = metric(item.metric)
    if isinstance(declared, Kinds):
        parts = figure.parts if figure is not None else ()
        rows = [{"what": declared.words(code), "detail": "没有", "where": "", "url": ""} for code, _amount in parts]
        return Listing(len(parts), rows)
    rows = declared.missing(organisation, window)
    return None if rows is None else listing(rows, declared, user, organisation.path)


def mend_url(item, organisation, user) -> str:
    """The page where what is missing is put right, where `user` may do it; "" otherwise."""
    declared = metric(item.metric) if item.metric else None
    if declared is None or not declared.has_source:
        return ""
    if not any(organisation.path.startswith(scope.path) for scope in user.scopes(declared.mend_permission)):
        return ""
    if "?" in declared.mend:
        name, query = declared.mend.split("?")
        url = address(name)
        return f"{url}?{query.format(body=organisation.pk)}".rstrip("?") if url else ""
    name, *more = declared.mend.split()
    return address(name, organisation.pk, *more) or address("organisation-detail", organisation.pk)
