"""Pages of posts: who takes one up, who leaves it."""

from django.contrib import messages
from django.http import Http404
from django.shortcuts import redirect
from django.urls import reverse

from federation.shared.templatetags.ui import cn_date
from federation.shared.views import ScopedActView, ScopedCreateView, ScopedUpdateView, get_in_scope
from orgs.forms import EndTenureForm, TenureEditForm, TenureForm
from orgs.models import PAID_POSTS, Tenure, Worker
from orgs.services import change_tenure, end_tenure, find_or_record_worker, record_tenure
from orgs.views.pages import OfOneBody, ShowsRefusals, crumbs_of, organisation_url


class TenureCreateView(ShowsRefusals, OfOneBody, ScopedCreateView):
    permission = "members.edit"
    model = Tenure
    form_class = TenureForm
    success_message = "任职已登记。"

    def get(self, request, **kwargs):
        if request.GET.get("post") in PAID_POSTS:
            return redirect(f"{reverse('member-add', args=[self.organisation().pk])}?{request.GET.urlencode()}")
        return super().get(request, **kwargs)

    def get_title(self):
        return f"登记任职：{self.organisation().label}"

    def breadcrumbs(self):
        return [*crumbs_of(self.organisation(), self.request.user), {"label": "登记任职"}]

    def initial_instance(self):
        return Tenure(organisation=self.organisation())

    def form_kwargs(self):
        return super().form_kwargs() | {"initial": {"post": self.request.GET.get("post", "")}}

    def create(self, form):
        tenure = form.save(commit=False)
        tenure.worker = find_or_record_worker(
            worker=Worker(name=form.cleaned_data["name"]),
            id_number=form.cleaned_data["id_number"],
            by=self.request.user,
        )
        return record_tenure(tenure=tenure, by=self.request.user)

    def success_url(self, row):
        return f"{organisation_url(self.organisation())}#posts"


class TenureUpdateView(ShowsRefusals, ScopedUpdateView):
    permission = "members.edit"
    model = Tenure
    form_class = TenureEditForm

    def get_object(self):
        rows = Tenure.objects.select_related("organisation", "worker").exclude(post__in=PAID_POSTS)
        return get_in_scope(rows, self.request.user, self.permission, Tenure.view_permission, pk=self.kwargs["pk"])

    def get_title(self):
        return f"修改 {self.object.worker.name} 的任职"

    def breadcrumbs(self):
        return [*crumbs_of(self.object.organisation, self.request.user), {"label": "修改任职"}]

    def update(self, form):
        row = form.save(commit=False)
        change_tenure(tenure=row, by=self.request.user, expected_version=self.submitted_version())
        return row

    def success_url(self, row):
        return f"{organisation_url(row.organisation)}#posts"


class TenureEndView(ScopedActView):
    permission = "members.edit"
    model = Tenure
    form_class = EndTenureForm
    submit_label = "办理离任"
    title = "办理离任"
    success_message = "离任已登记。"

    def dispatch(self, request, *args, **kwargs):
        rows = Tenure.objects.select_related("organisation", "worker")
        self.object = get_in_scope(rows, request.user, self.permission, Tenure.view_permission, pk=kwargs["pk"])
        return super().dispatch(request, *args, **kwargs)

    def breadcrumbs(self):
        return [*crumbs_of(self.object.organisation, self.request.user), {"label": "办理离任"}]

    def question(self):
        tenure = self.object
        rows = [
            {"label": "姓名", "value": tenure.worker.name},
            {"label": "机构", "value": tenure.organisation.name},
            {"label": "职务", "value": tenure.get_post_display()},
            {"label": "任职日期", "value": cn_date(tenure.started_on)},
        ]
        return {"consequence": "离任的第二天起这个岗位记为空缺。", "rows": rows}

    def get(self, request, **kwargs):
        if self.object.ended_on is not None:
            messages.info(request, "此人已经离任。")
            return redirect(self.success_url(None))
        if self.object.post in PAID_POSTS and hasattr(self.object, "appointment"):
            return redirect("member-end", pk=self.object.pk)
        return super().get(request, **kwargs)

    def post(self, request, **kwargs):
        if self.object.ended_on is not None or (self.object.post in PAID_POSTS and hasattr(self.object, "appointment")):
            raise Http404("这个任职不在这里办理离任")
        return super().post(request, **kwargs)

    def act(self, values):
        end_tenure(
            tenure=self.object,
            on=values["ended_on"],
            reason=values["reason"],
            by=self.request.user,
            expected_version=self.object.version,
        )

    def success_url(self, row):
        return f"{organisation_url(self.object.organisation)}#posts"
