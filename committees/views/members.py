"""Pages of committee members and tutors: list, one person with all posts, engage, correct, end."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone

from committees.filters import MemberFilter
from committees.forms import AppointmentForm, EndEngagementForm, EngagementForm, WorkerEditForm
from committees.models import Appointment
from committees.resources import MemberRoster, prepare_written
from committees.services import change_engagement, end_engagement, engage_member
from committees.services.handovers import open_duties
from committees.views.second_posts import permits_of
from committees.views.tenure_rows import (
    certificate_tag,
    contract_tag,
    permit_actions,
    role_of,
    tenure_panel,
    tenures_of,
)
from federation.shared.export_kinds import Sensitivity
from federation.shared.list_exports import ListExport
from federation.shared.panels import panels_for
from federation.shared.reveal import sealed_cell
from federation.shared.tables import Column
from federation.shared.templatetags.ui import cn_date
from federation.shared.views import (
    ScopedActView,
    ScopedCreateView,
    ScopedDetailView,
    ScopedListView,
    ScopedUpdateView,
    Section,
    get_in_scope,
)
from orgs.areas import name_places
from orgs.models import PAID_POSTS, Identity, SecondPostPermit, Tenure, Worker
from orgs.services import change_worker
from orgs.views.organisations import history_entries
from orgs.views.pages import OfOneBody, ShowsRefusals, crumbs_of, organisation_url

PLAIN = ("sex", "ethnicity", "born_on", "education", "political_status")
SEALED = ("id_number", "certificate_number", "phone", "payment_account")


def member_url(worker) -> str:
    return reverse("member-detail", args=[worker.uid])


def after_leaving(tenure, user) -> str:
    """Where to go on when somebody has left: to hand over, where something is in the person's name."""
    if any(count for _duty, count in open_duties(tenure, user)):
        return reverse("member-handover", args=[tenure.pk])
    return member_url(tenure.worker)


def list_crumb() -> dict:
    return {"url": reverse("member-list"), "label": "专职委员"}


class MemberListView(ScopedListView):
    permission = "members.view"
    model = Tenure
    title = "专职委员"
    caption = "专职委员和辅导员"
    filterset_class = MemberFilter
    ordering = ("org_path", "worker__name", "started_on")
    counts_rows = 10_000
    # As the roster reads it back in.
    exports = (
        ListExport(
            "members", "member-list", Sensitivity.PERSONAL, MemberRoster.written_columns, "members.reveal",
            prepare=prepare_written,
        ),
    )  # fmt: skip
    columns = [
        Column(
            "name",
            "姓名",
            value=lambda row: row.worker.name,
            sort="worker__name",
            link=lambda row: member_url(row.worker),
        ),
        Column("place", "机构", sort="org_path", link=lambda row: organisation_url(row.organisation)),
        Column("role", "岗位", value=lambda row: role_of(row)),
        Column("identity", "身份", value=lambda row: row.worker.get_identity_display() or "未填"),
        Column("started_on", "任职日期", sort="started_on"),
        Column("certificate", "上岗证", value=certificate_tag),
        Column("contract", "聘期", value=contract_tag),
    ]

    def get_queryset(self):
        rows = super().get_queryset().of_post(*PAID_POSTS)
        return rows.select_related("worker", "organisation", "appointment").defer(
            *(f"worker__{name}" for name in SEALED)
        )

    def prepare(self, rows):
        name_places(rows)

    def each_row(self, queryset):
        return super().each_row(queryset.defer(None))

    def actions(self):
        told = {"url": reverse("member-warnings"), "label": "到期提醒", "kind": ""}
        if not self.request.user.has_scope("members.edit"):
            return [told]
        address = f"{reverse('vacancy-list')}?post=committee_member"
        return [{"url": address, "label": "到空缺岗位聘任", "kind": "primary"}, told]


class WorkerPage:
    """What the pages of one person share."""

    model = Worker
    lookup = "uid"

    def breadcrumbs(self):
        if isinstance(self, MemberDetailView):
            return [list_crumb()]
        person = {"url": member_url(self.object), "label": self.object.name}
        return [list_crumb(), person, {"label": self.get_title()}]

    def success_url(self, row):
        return member_url(row)


def may_edit_worker(worker, user) -> bool:
    """Who is in post somewhere is looked after there; nobody who only had the person once changes the record."""
    today = timezone.localdate()
    seen = Tenure.objects.visible_to(user, Worker.edit_permission).filter(worker=worker)
    if not seen.exists():
        return False
    current = Tenure.objects.filter(worker=worker).in_post_on(today)
    return not current.exists() or seen.in_post_on(today).exists()


class MemberDetailView(WorkerPage, ScopedDetailView):
    permission = "members.view"
    template_name = "committees/member_detail.html"

    def get_title(self):
        return self.object.name

    def sections(self, row):
        sealed = {name: {"label": _label(name), "value": sealed_cell(self.request, row, name)} for name in SEALED}
        own = [{"label": _label(name), "value": _shown(row, name)} for name in PLAIN]
        identity = [{"label": "身份", "value": row.get_identity_display()}, sealed["certificate_number"]]
        if row.identity == Identity.RELATIVE:
            identity += [{"label": _label(name), "value": getattr(row, name)} for name in ("relative_name", "relation")]
        contact = [sealed["phone"], sealed["payment_account"]]
        if self.request.user.has_scope(row.reveal_permission):
            contact.insert(1, {"label": "住址", "value": row.address})
        return [
            Section("本人情况", [sealed["id_number"], *own]),
            Section("身份", identity),
            Section("联系和账号", contact),
        ]

    def actions(self, row):
        actions = []
        if may_edit_worker(row, self.request.user):
            actions.append({"url": reverse("member-edit", args=[row.uid]), "label": "修改", "kind": "primary"})
            label = "换照片" if row.photo_path else "上传照片"
            actions.append({"url": reverse("member-photo-edit", args=[row.uid]), "label": label})
        if self.request.user.has_scope(SecondPostPermit.edit_permission):
            actions.append({"url": reverse("second-post-add", args=[row.uid]), "label": "准许同时受聘第二个岗位"})
        if self.request.user.has_scope("subsidies.view"):
            year = timezone.localdate().year
            actions.append({"url": reverse("statement-member", args=[row.uid, year]), "label": "补贴对账单"})
        return actions

    def extra(self, row):
        tenures = tenures_of(row, Tenure.objects.visible_to(self.request.user))
        editable = set(
            Tenure.objects.visible_to(self.request.user, Tenure.edit_permission)
            .filter(worker=row)
            .values_list("pk", flat=True)
        )
        return {
            "tenures": [self.panel(tenure, tenure.pk in editable) for tenure in tenures],
            "permits": permits_of(row, self.request.user),
            "panels": panels_for("member", row, self.request.user),
            "entries": history_entries(row, 20),
        }

    def panel(self, tenure, may_edit: bool) -> dict:
        panel = tenure_panel(tenure, may_edit)
        panel["actions"] += permit_actions(tenure, self.request.user)
        return panel


def _label(name: str) -> str:
    return str(Worker._meta.get_field(name).verbose_name)


def _shown(row, name: str):
    if name == "sex":
        return row.get_sex_display()
    return cn_date(row.born_on) if name == "born_on" else getattr(row, name)


class MemberCreateView(ShowsRefusals, OfOneBody, ScopedCreateView):
    permission = "members.edit"
    model = Tenure
    form_class = EngagementForm
    success_message = "聘任已登记。"

    def get_title(self):
        return f"聘任：{self.organisation().label}"

    def breadcrumbs(self):
        return [*crumbs_of(self.organisation(), self.request.user), {"label": "聘任"}]

    def form_kwargs(self):
        post = self.request.GET.get("post", "")
        return super().form_kwargs() | {"initial": {"post": post} if post in PAID_POSTS else {}}

    def create(self, form):
        worker = form.save(commit=False)
        return engage_member(
            worker=worker,
            id_number=form.cleaned_data["id_number"],
            tenure=Tenure(organisation=self.organisation(), **form.tenure_values()),
            appointment=Appointment(**form.appointment_values()),
            by=self.request.user,
        )

    def success_url(self, row):
        return member_url(row.worker) if row is not None and row.pk else organisation_url(self.organisation())


class MemberUpdateView(ShowsRefusals, WorkerPage, ScopedUpdateView):
    permission = "members.edit"
    form_class = WorkerEditForm

    def get_object(self):
        worker = super().get_object()
        if not may_edit_worker(worker, self.request.user):
            raise PermissionDenied("此人现在在别的机构任职，由那里修改。您可以查看在您这里的任职。")
        return worker

    def get_title(self):
        return f"修改 {self.object.name} 的登记"

    def update(self, form):
        row = form.save(commit=False)
        change_worker(worker=row, by=self.request.user, expected_version=self.submitted_version())
        return row


class AppointmentUpdateView(ShowsRefusals, ScopedUpdateView):
    permission = "members.edit"
    model = Appointment
    form_class = AppointmentForm

    def get_object(self):
        rows = Appointment.objects.select_related("tenure__worker", "tenure__organisation", "organisation")
        return get_in_scope(rows, self.request.user, self.permission, Appointment.view_permission, pk=self.kwargs["pk"])

    def get_title(self):
        return f"修改 {self.object.tenure.worker.name} 的任职和聘任"

    def breadcrumbs(self):
        worker = self.object.tenure.worker
        return [list_crumb(), {"url": member_url(worker), "label": worker.name}, {"label": "修改任职和聘任"}]

    def update(self, form):
        row = form.save(commit=False)
        change_engagement(
            tenure=form.changed_tenure(),
            appointment=row,
            by=self.request.user,
            expected_version=self.submitted_version(),
        )
        return row

    def success_url(self, row):
        return member_url(row.tenure.worker)


class MemberEndView(ScopedActView):
    permission = "members.edit"
    model = Tenure
    form_class = EndEngagementForm
    submit_label = "办理离任"
    title = "办理离任"
    success_message = "离任已登记。"

    def dispatch(self, request, *args, **kwargs):
        rows = Tenure.objects.filter(appointment__isnull=False).select_related("worker", "organisation", "appointment")
        self.object = get_in_scope(rows, request.user, self.permission, Tenure.view_permission, pk=kwargs["pk"])
        return super().dispatch(request, *args, **kwargs)

    def breadcrumbs(self):
        worker = self.object.worker
        return [list_crumb(), {"url": member_url(worker), "label": worker.name}, {"label": self.title}]

    def question(self):
        rows = [
            {"label": "姓名", "value": self.object.worker.name},
            {"label": "机构", "value": self.object.organisation.name},
            {"label": "岗位", "value": role_of(self.object)},
            {"label": "任职日期", "value": cn_date(self.object.started_on)},
        ]
        return {"consequence": "离任的第二天起这个岗位记为空缺。", "rows": rows}

    def get(self, request, **kwargs):
        return self.already_left() or super().get(request, **kwargs)

    def post(self, request, **kwargs):
        return self.already_left() or super().post(request, **kwargs)

    def already_left(self):
        if self.object.ended_on is None:
            return None
        messages.info(self.request, "此人已经离任。")
        return redirect(self.cancel_url())

    def act(self, values):
        end_engagement(
            tenure=self.object,
            on=values["ended_on"],
            ending=values["ending"],
            reason=values["reason"],
            ground=values["ground"],
            by=self.request.user,
            expected_version=self.object.version,
        )

    def success_url(self, row):
        return after_leaving(self.object, self.request.user)

    def cancel_url(self):
        return member_url(self.object.worker)
