"""The page on which somebody who left a post hands over: what is still in their name, what went over already."""

from django.urls import reverse
from django.utils import timezone

from committees.forms.handovers import HandoverForm
from committees.models import Handover
from committees.services.handovers import hand_over, open_duties
from committees.views.members import list_crumb, member_url
from committees.views.tenure_rows import role_of
from federation.shared.handover import duty_named
from federation.shared.templatetags.ui import cn_date
from federation.shared.views import ScopedActView, get_in_scope
from orgs.models import Tenure


class HandoverView(ScopedActView):
    """Nothing moves until the button is pressed; then all that was ticked does, or nothing."""

    permission = "members.edit"
    model = Tenure
    form_class = HandoverForm
    template_name = "committees/handover.html"
    title = "工作移交"
    submit_label = "移交"
    success_message = "已移交，每份登记表都留下修改记录。"

    def dispatch(self, request, *args, **kwargs):
        rows = Tenure.objects.filter(ended_on__isnull=False).select_related("worker", "organisation", "appointment")
        self.object = get_in_scope(rows, request.user, self.permission, Tenure.view_permission, pk=kwargs["pk"])
        self.found = open_duties(self.object, request.user)
        return super().dispatch(request, *args, **kwargs)

    def form_kwargs(self):
        return super().form_kwargs() | {"tenure": self.object, "found": self.found}

    def get_title(self):
        return f"{self.object.worker.name}的工作移交"

    def breadcrumbs(self):
        worker = self.object.worker
        return [list_crumb(), {"url": member_url(worker), "label": worker.name}, {"label": self.title}]

    def question(self):
        tenure = self.object
        rows = [
            {"label": "离任的人", "value": tenure.worker.name},
            {"label": "机构", "value": tenure.organisation.name},
            {"label": "岗位", "value": role_of(tenure)},
            {"label": "离任", "value": cn_date(tenure.ended_on)},
        ]
        duties = [{"label": duty.label, "count": count, "unit": duty.unit} for duty, count in self.found]
        return {"rows": rows, "duties": duties, "is_left": any(count for _duty, count in self.found),
                "done": self._done()}  # fmt: skip

    def _done(self) -> list[dict]:
        rows = Handover.objects.visible_to(self.request.user).filter(tenure=self.object)
        return [
            {
                "on": timezone.localtime(row.created_at).strftime("%Y-%m-%d %H:%M"),
                "by": row.created_by or "系统",
                "successor": row.successor.name,
                "moved": [_moved(name, count) for name, count in row.moved.items()],
                "remark": row.remark,
            }
            for row in rows.select_related("successor", "created_by")
        ]

    def act(self, values):
        hand_over(
            tenure=self.object, successor=values["successor"], chosen=values["chosen"], remark=values["remark"],
            by=self.request.user,
        )  # fmt: skip

    def success_url(self, row):
        return handover_url(self.object)

    def cancel_url(self):
        return member_url(self.object.worker)


def _moved(name: str, count: int) -> str:
    duty = duty_named(name)
    return f"{duty.label if duty else name} {count} {duty.unit if duty else ''}".strip()


def handover_url(tenure) -> str:
    return reverse("member-handover", args=[tenure.pk])
