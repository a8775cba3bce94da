"""What somebody should be told of a member in time: contracts and certificates that run out, and what others add.

An app's part adds a kind with `register_warning`, in a module that `ready` imports: a condition on the tenures in
post, and its words for one of them. The page of warnings, the tile on the start page, the file and a member's own
page follow from it.
"""

import datetime
from collections.abc import Callable
from dataclasses import dataclass

from django.conf import settings
from django.db.models import BooleanField, Case, Q, Value, When

from federation.shared.templatetags.ui import cn_date
from orgs.models import PAID_POSTS, Tenure


@dataclass(frozen=True)
class WarningKind:
    """`holds(day)` is a condition on a tenure in a paid post on `day`; `say(tenure, day)` its words, with what to do.

    `own` is how the member is told, on the own page; empty where it is nothing for the member.
    """

    name: str
    label: str
    holds: Callable[[datetime.date], Q]
    say: Callable[[Tenure, datetime.date], str]
    own: str = ""
    order: int = 50

    @property
    def flag(self) -> str:
        return f"warns_{self.name}"


_kinds: dict[str, WarningKind] = {}


def register_warning(kind: WarningKind):
    _kinds[kind.name] = kind


def warning_kinds() -> list[WarningKind]:
    return sorted(_kinds.values(), key=lambda kind: (kind.order, kind.name))


def soon() -> datetime.timedelta:
    """How long before a day runs out the office wants to know."""
    return datetime.timedelta(days=settings.FEDERATION_MEMBER_WARNING_DAYS)


def in_paid_post(rows, day):
    return rows.of_post(*PAID_POSTS).in_post_on(day)


def with_warnings(rows, day, kind: str = ""):
    """Those of `rows` (tenures) to be warned of on `day`, of one kind or any, each marked with the kinds it is of."""
    kinds = warning_kinds()
    flags = {
        each.flag: Case(When(each.holds(day), then=Value(True)), default=Value(False), output_field=BooleanField())
        for each in kinds
    }
    condition = Q(pk__in=[])
    for each in kinds:
        if kind in ("", each.name):
            condition |= each.holds(day)
    return in_paid_post(rows, day).filter(condition).annotate(**flags)


def warnings_of(tenure: Tenure, day) -> list[tuple[WarningKind, str]]:
    """(kind, words) of a tenure that `with_warnings` gave."""
    return [(kind, kind.say(tenure, day)) for kind in warning_kinds() if getattr(tenure, kind.flag)]


# --- the two that come of the engagement itself -----------------------------------------------------------
def _runs_out(field: str):
    return lambda day: Q(**{f"appointment__{field}__lte": day + soon()})


def _say(word: str, until: datetime.date, day: datetime.date, remedy: str) -> str:
    left = (until - day).days
    if left < 0:
        return f"{word} {cn_date(until)}已到期。{remedy}。"
    if left == 0:
        return f"{word}今天到期。{remedy}。"
    return f"{word} {cn_date(until)}到期，还有 {left} 天。{remedy}。"


register_warning(
    WarningKind(
        name="contract",
        label="聘期到期",
        holds=_runs_out("contract_to"),
        say=lambda tenure, day: _say("聘期", tenure.appointment.contract_to, day, "请办理续聘或离任"),
        own="请联系县残联或乡镇（街道）残联办理续聘",
        order=10,
    )
)
register_warning(
    WarningKind(
        name="certificate",
        label="上岗证到期",
        holds=_runs_out("certificate_expires_on"),
        say=lambda tenure, day: _say("上岗证", tenure.appointment.certificate_expires_on, day, "请安排培训换证"),
        own="请联系县残联参加培训换证",
        order=20,
    )
)
