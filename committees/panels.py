"""What committee members show on the start page."""

from django.db.models import Count, Q
from django.urls import reverse
from django.utils import timezone

from committees.warnings import in_paid_post, warning_kinds
from federation.shared.panels import Panel, register_panel
from orgs.models import Tenure


def warnings_for(organisation, user) -> dict | None:
    """How many members the office should be told of, by kind; one question."""
    day, kinds = timezone.localdate(), warning_kinds()
    rows = in_paid_post(Tenure.objects.visible_to(user), day)
    counts = rows.aggregate(**{kind.name: Count("pk", filter=Q(kind.holds(day))) for kind in kinds})
    address = reverse("member-warnings")
    found = [
        {"label": kind.label, "count": counts[kind.name], "url": f"{address}?kind={kind.name}"}
        for kind in kinds
        if counts[kind.name]
    ]
    return {"kinds": found, "url": address} if found else None


register_panel(
    Panel(
        place="home",
        name="member-warnings",
        heading="专职委员提醒",
        template="committees/home_warnings.html",
        permission="members.view",
        context=warnings_for,
        order=30,
    )
)
