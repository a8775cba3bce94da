"""What people type where somebody acts in a post for a time."""

from django.utils import timezone

from federation.shared.forms import HouseModelForm
from orgs.models import Deputyship, Organisation, Tenure, Worker
from orgs.requirements import requirements_for


class DeputyForm(HouseModelForm):
    class Meta:
        model = Deputyship
        fields = ["post", "absent", "worker", "started_on", "ended_on", "reason", "document_number"]

    def __init__(self, *args, user, **kwargs):
        super().__init__(*args, **kwargs)
        body, today = self.instance.organisation, timezone.localdate()
        seen = Tenure.objects.visible_to(user, Tenure.edit_permission)
        here = seen.filter(organisation=body)
        self._narrow_posts(body, here)
        absent = self.fields["absent"]
        absent.queryset = here.in_post_on(today).select_related("worker").order_by("post", "id")
        absent.label_from_instance = lambda tenure: f"{tenure.worker.name}（{tenure.get_post_display()}）"
        absent.empty_label = "岗位空缺，代管"
        colleagues = seen.filter(org_path__in=_neighbourhood(body)).in_post_on(today)
        worker = self.fields["worker"]
        known = Worker.objects.visible_to(user, Worker.view_permission)
        worker.queryset = known.filter(pk__in=colleagues.values("worker")).only("name").order_by("name", "id")
        worker.help_text = "从本机构、上级和左右机构在任的同事中选"

    def _narrow_posts(self, body, here):
        required = requirements_for(body.body_kind, body.level, timezone.localdate().year).posts
        present = {*required, *here.in_post_on(timezone.localdate()).values_list("post", flat=True)}
        if self.instance.post:
            present.add(self.instance.post)
        field = self.fields["post"]
        field.choices = [choice for choice in field.choices if not choice[0] or choice[0] in present]

    def clean(self):
        values = super().clean()
        absent = values.get("absent")
        if absent is not None and values.get("post") and absent.post != values["post"]:
            self.add_error("absent", "所代的人不在这个岗位上。请核对岗位，或另选一人。")
        return values


class DeputyDaysForm(HouseModelForm):
    """Corrects days and reason; another person or post is another deputyship."""

    class Meta:
        model = Deputyship
        fields = ["started_on", "ended_on", "reason", "document_number"]

    def __init__(self, *args, user, **kwargs):
        super().__init__(*args, **kwargs)


def _neighbourhood(body) -> list[str]:
    """Paths of the body, the one above it, those beside it and those right below it."""
    step = Organisation.steplen
    above = body.path[:-step]
    beside = Organisation.objects.under(above or body.path).filter(depth=body.depth)
    below = Organisation.objects.under(body.path).filter(depth=body.depth + 1)
    return [above, *beside.values_list("path", flat=True), *below.values_list("path", flat=True)]
