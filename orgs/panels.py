"""What posts and who acts in them show on the page of a body."""

from django.urls import reverse
from django.utils import timezone

from federation.shared.panels import Panel, register_panel
from orgs.models import Deputyship, Worker

SHOWN = 20


def deputies_of(organisation, user) -> dict | None:
    """Who acts or acted at a body; a name is a link for who may open the person's page."""
    today = timezone.localdate()
    may_edit = any(organisation.path.startswith(scope.path) for scope in user.scopes(Deputyship.edit_permission))
    rows = Deputyship.objects.visible_to(user).filter(organisation=organisation)
    rows = list(rows.select_related("worker", "absent__worker")[:SHOWN])
    if not rows and not may_edit:
        return None
    known = Worker.objects.visible_to(user).filter(pk__in=[row.worker_id for row in rows])
    uids = dict(known.values_list("pk", "uid"))
    acting = set(
        Deputyship.objects.visible_to(user)
        .filter(organisation=organisation)
        .acting_on(today)
        .values_list("pk", flat=True)
    )
    return {
        "rows": [
            {
                "name": row.worker.name,
                "url": reverse("member-detail", args=[uids[row.worker_id]]) if row.worker_id in uids else "",
                "post": row.get_post_display(),
                "absent": row.absent.worker.name if row.absent else "岗位空缺",
                "since": row.started_on,
                "until": row.ended_on,
                "reason": row.reason,
                "is_current": row.pk in acting,
                "has_left": row.pk not in acting and row.started_on <= today <= row.ended_on,
                "edit_url": reverse("deputy-edit", args=[row.pk]) if may_edit else "",
            }
            for row in rows
        ],
        "add_url": reverse("deputy-add", args=[organisation.pk]) if may_edit and organisation.is_live_on(today) else "",
    }


register_panel(
    Panel(
        place="organisation",
        name="deputies",
        heading="代理",
        template="orgs/deputies_panel.html",
        permission="members.view",
        context=deputies_of,
        order=20,
    )
)
