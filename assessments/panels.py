"""The assessments' part on an organisation's page: how it stands today, and what the last runs said."""

from django.urls import reverse

from assessments.live import live_state
from assessments.models import BodyResult, Run
from federation.shared.panels import Panel, register_panel


def organisation_context(organisation, user):
    state = live_state(organisation, user)
    results = (
        BodyResult.objects.visible_to(user)
        .filter(organisation=organisation, run__state__in=Run.WITH_RESULTS)
        .select_related("run__standard", "run__organisation")
        .order_by("-run__as_of", "-run")[:5]
    )
    rows = [
        {
            "label": str(result.run),
            "url": reverse("run-body", args=[result.run_id, organisation.pk]),
            "value": f"做到 {result.met} 项" if result.run.standard.is_checklist else f"{result.total} 分",
        }
        for result in results
    ]
    if state is None and not rows:
        return None
    return {"state": state, "results": rows}


register_panel(
    Panel(
        place="organisation",
        name="assessments",
        heading="达标和考核",
        template="assessments/panel.html",
        permission="assessments.view",
        context=organisation_context,
        order=20,
    )
)
