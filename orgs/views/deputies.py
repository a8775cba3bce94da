"""Pages of who acts in a post for a time."""

from federation.shared.views import ScopedCreateView, ScopedUpdateView, get_in_scope
from orgs.deputy_form import DeputyDaysForm, DeputyForm
from orgs.models import Deputyship, Tenure
from orgs.services import change_deputy, record_deputy
from orgs.views.pages import OfOneBody, ShowsRefusals, crumbs_of, organisation_url


class DeputyCreateView(ShowsRefusals, OfOneBody, ScopedCreateView):
    permission = "members.edit"
    model = Deputyship
    form_class = DeputyForm
    success_message = "代理已登记。代理期间岗位空缺的天数照常计算。"

    def get_title(self):
        return f"安排代理：{self.organisation().label}"

    def breadcrumbs(self):
        return [*crumbs_of(self.organisation(), self.request.user), {"label": "安排代理"}]

    def initial_instance(self):
        return Deputyship(organisation=self.organisation())

    def form_kwargs(self):
        return super().form_kwargs() | {"initial": self._asked_for()}

    def _asked_for(self) -> dict:
        """The post, or whose, as the page before named it."""
        number = self.request.GET.get("for", "")
        rows = Tenure.objects.visible_to(self.request.user).filter(organisation=self.organisation(), ended_on=None)
        tenure = rows.filter(pk=number).first() if number.isascii() and number.isdigit() and len(number) < 10 else None
        if tenure is not None:
            return {"post": tenure.post, "absent": tenure.pk}
        return {"post": self.request.GET.get("post", "")}

    def create(self, form):
        return record_deputy(deputyship=form.save(commit=False), by=self.request.user)

    def success_url(self, row):
        return f"{organisation_url(self.organisation())}#panel-deputies"


class DeputyUpdateView(ShowsRefusals, ScopedUpdateView):
    permission = "members.edit"
    model = Deputyship
    form_class = DeputyDaysForm

    def get_object(self):
        rows = Deputyship.objects.select_related("organisation", "worker", "absent")
        return get_in_scope(rows, self.request.user, self.permission, Deputyship.view_permission, pk=self.kwargs["pk"])

    def get_title(self):
        return f"修改代理：{self.object.worker.name} 代{self.object.organisation.label}{self.object.get_post_display()}"

    def breadcrumbs(self):
        return [*crumbs_of(self.object.organisation, self.request.user), {"label": "修改代理"}]

    def update(self, form):
        row = form.save(commit=False)
        change_deputy(deputyship=row, by=self.request.user, expected_version=self.submitted_version())
        return row

    def success_url(self, row):
        return f"{organisation_url(row.organisation)}#panel-deputies"
