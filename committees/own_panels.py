"""The parts of the page 我的 that come of posts and subsidies; trainings and appraisals add theirs the same way.

Every part reads its rows by `of_own`: those of the worker whose account asks.
"""

from django.urls import reverse
from django.utils import timezone

from committees.models import SubsidyLine
from committees.views.tenure_rows import tenure_panel, tenures_of
from committees.warnings import warnings_of, with_warnings
from federation.shared.panels import Panel, register_panel
from federation.shared.templatetags.ui import cn_date
from orgs.models import Tenure
from orgs.querysets import OWN

LINES_SHOWN = 24


def _told(worker, user) -> list[str]:
    """What the member should see to, in sentences."""
    day = timezone.localdate()
    rows = with_warnings(Tenure.objects.of_own(user), day).select_related("appointment", "organisation")
    found = [(kind, words) for tenure in rows for kind, words in warnings_of(tenure, day)]
    return [f"{_first_sentence(words)}。{kind.own}。" for kind, words in found if kind.own]


def _first_sentence(words: str) -> str:
    return words.partition("。")[0]


def to_do(worker, user) -> dict:
    return {"told": _told(worker, user)}


def posts(worker, user) -> dict:
    tenures = tenures_of(worker, Tenure.objects.of_own(user))
    return {"tenures": [tenure_panel(tenure, may_edit=False) for tenure in tenures]}


def subsidies(worker, user) -> dict:
    """What approved batches pay the member, line by line; what is still being worked out is nobody's yet."""
    lines = SubsidyLine.objects.of_own(user).final().select_related("batch", "organisation")
    lines = lines.order_by("-batch__first_month", "-pk")[: LINES_SHOWN + 1]
    rows = list(lines)
    return {
        "lines": [
            {
                "period": line.batch.period_words,
                "place": line.organisation.label,
                "kind": line.get_kind_display(),
                "months": line.month_count,
                "gross": line.gross_amount,
                "deducted": line.deducted_amount,
                "amount": line.amount,
                "arithmetic": line.arithmetic,
                "state": _state(line),
            }
            for line in rows[:LINES_SHOWN]
        ],
        "has_more": len(rows) > LINES_SHOWN,
        "shown": LINES_SHOWN,
        "statement_url": reverse("statement-own", args=[timezone.localdate().year]),
    }


def _state(line: SubsidyLine) -> str:
    """How far the money is, as the member needs to know it."""
    if line.outcome == SubsidyLine.Outcome.FAILED:
        return f"银行退回（{line.outcome_reason}）" if line.outcome_reason else "银行退回"
    if line.outcome == SubsidyLine.Outcome.GIVEN_UP:
        return "不再发"
    if line.outcome == SubsidyLine.Outcome.PAID:
        return "已到账"
    paid_on = line.batch.paid_on
    return f"{cn_date(paid_on)}已付款" if paid_on else "已审批，等待付款"


def reminder(home, user) -> dict | None:
    """On the start page of a member: the own to-do, where there is any."""
    told = _told(None, user)
    return {"told": told, "url": reverse("own-page")} if told else None


for _name, _heading, _context, _order in (
    ("to_do", "提醒", to_do, 10),
    ("posts", "任职、聘期和上岗证", posts, 20),
    ("subsidies", "补贴", subsidies, 40),
):
    register_panel(
        Panel(
            place="own", name=f"own-{_name.replace('_', '-')}", heading=_heading,
            template=f"committees/own_{_name}.html", permission=OWN, context=_context, order=_order,
        )
    )  # fmt: skip
register_panel(
    Panel(
        place="home", name="own", heading="与我有关的提醒", template="committees/home_own.html", permission=OWN,
        context=reminder, order=5,
    )
)  # fmt: skip
