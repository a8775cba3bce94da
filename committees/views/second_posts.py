"""An administrator notes that somebody may hold a second paid post at once, or takes the note back."""

from django.urls import reverse
from django.utils import timezone

from committees.forms.changes import SecondPostForm
from federation.shared.forms import HouseForm
from federation.shared.templatetags.ui import cn_date
from federation.shared.views import ScopedActView, ScopedCreateView, get_in_scope
from orgs.models import SecondPostPermit, Worker
from orgs.services import permit_second_post, withdraw_permit


def permits_of(worker, user) -> list[dict]:
    """What stands on the person's page: where a second post is permitted, why, and whether it is made use of."""
    permits = SecondPostPermit.objects.visible_to(user).filter(worker=worker).select_related("organisation")
    may_edit = user.has_scope(SecondPostPermit.edit_permission)
    found = []
    for permit in permits.prefetch_related("tenures"):
        used = bool(permit.tenures.all())
        found.append(
            {
                "place": permit.organisation.name,
                "reason": permit.reason,
                "document": permit.document_number,
                "on": cn_date(timezone.localdate(permit.created_at)),
                "used": used,
                "withdraw_url": reverse("second-post-withdraw", args=[permit.pk]) if may_edit and not used else "",
            }
        )
    return found


class SecondPostCreateView(ScopedCreateView):
    permission = "members.permit_second"
    model = SecondPostPermit
    form_class = SecondPostForm
    submit_label = "准许"
    success_message = "已准许。由业务人员到那个机构的空缺岗位办理聘任。"

    def dispatch(self, request, *args, **kwargs):
        self.worker = get_in_scope(
            Worker.objects, request.user, self.permission, Worker.view_permission, uid=kwargs["uid"]
        )
        return super().dispatch(request, *args, **kwargs)

    def get_title(self):
        return f"准许 {self.worker.name} 同时受聘第二个岗位"

    def breadcrumbs(self):
        return [
            {"url": reverse("member-list"), "label": "专职委员"},
            {"url": self.success_url(None), "label": self.worker.name},
            {"label": "准许第二个岗位"},
        ]

    def initial_instance(self):
        return SecondPostPermit(worker=self.worker)

    def create(self, form):
        return permit_second_post(permit=form.save(commit=False), by=self.request.user)

    def success_url(self, row):
        return reverse("member-detail", args=[self.worker.uid])


class SecondPostWithdrawView(ScopedActView):
    permission = "members.permit_second"
    model = SecondPostPermit
    form_class = HouseForm
    title = "取消准许"
    submit_label = "取消准许"
    success_message = "准许已取消。"

    def dispatch(self, request, *args, **kwargs):
        rows = SecondPostPermit.objects.select_related("worker", "organisation")
        self.object = get_in_scope(
            rows, request.user, self.permission, SecondPostPermit.view_permission, pk=kwargs["pk"]
        )  # fmt: skip
        return super().dispatch(request, *args, **kwargs)

    def breadcrumbs(self):
        return [
            {"url": reverse("member-list"), "label": "专职委员"},
            {"url": self.success_url(None), "label": self.object.worker.name},
            {"label": self.title},
        ]

    def question(self):
        rows = [
            {"label": "姓名", "value": self.object.worker.name},
            {"label": "机构", "value": self.object.organisation.name},
            {"label": "准许的原因", "value": self.object.reason},
        ]
        return {"consequence": "取消以后，不能再按它办理第二个受聘岗位。", "rows": rows}

    def act(self, values):
        withdraw_permit(permit=self.object, by=self.request.user)

    def success_url(self, row):
        return reverse("member-detail", args=[self.object.worker.uid])
