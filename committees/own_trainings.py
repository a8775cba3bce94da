"""The part of 我的 about trainings, and the warning of members who were not trained this year."""

from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from committees.models import TrainingAttendance
from committees.training_need import year_until
from committees.warnings import WarningKind, register_warning
from federation.shared.panels import Panel, register_panel
from federation.shared.templatetags.ui import cn_date
from orgs.models import Post
from orgs.querysets import OWN

SHOWN = 24
# Before this month there is still time: nobody is told.
FROM_MONTH = 7


def trainings(worker, user) -> dict:
    """The sessions the member is registered for or was at, newest first."""
    rows = TrainingAttendance.objects.of_own(user).select_related("session__organisation")
    rows = list(rows.order_by("-session__starts_on", "-pk")[: SHOWN + 1])
    today = timezone.localdate()
    completed = TrainingAttendance.objects.of_own(user).completed_between(*year_until(today)).count()
    return {
        "rows": [
            {
                "title": row.session.title,
                "days": row.session.days,
                "host": row.session.organisation.label,
                "state": _state(row),
                "certificate": _certificate(row),
            }
            for row in rows[:SHOWN]
        ],
        "completed": completed,
        "year": today.year,
        "has_more": len(rows) > SHOWN,
        "shown": SHOWN,
    }


def _state(row) -> str:
    if row.session.is_cancelled:
        return "培训班已取消"
    said = row.get_presence_display()
    return f"{said}，{row.get_result_display()}" if row.result else said


def _certificate(row) -> str:
    if not row.certificate_number:
        return ""
    until = f"，有效期至 {cn_date(row.certificate_expires_on)}" if row.certificate_expires_on else ""
    return f"{row.certificate_number}{until}"


def _untrained(day) -> Q:
    """Committee members who completed no training this year, told from the second half of it on."""
    if day.month < FROM_MONTH:
        return Q(pk__in=[])
    completed = TrainingAttendance.objects.completed_between(*year_until(day)).filter(worker=OuterRef("worker"))
    return Q(~Exists(completed), post=Post.COMMITTEE_MEMBER)


register_panel(
    Panel(
        place="own", name="own-trainings", heading="培训", template="committees/own_trainings.html", permission=OWN,
        context=trainings, order=30,
    )
)  # fmt: skip
register_warning(
    WarningKind(
        name="untrained",
        label="今年还没有培训",
        holds=_untrained,
        say=lambda tenure, day: f"{day.year} 年还没有完成过培训。请安排参加培训。",
        own="请联系县残联或乡镇（街道）残联参加培训",
        order=30,
    )
)
