"""Pages of committee members and tutors: list, one person with all posts, engage, correct, end."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html_join

from committees.filters import SOON, MemberFilter
from committees.forms import AppointmentForm, EndEngagementForm, EngagementForm, WorkerEditForm
from committees.models import Appointment
from committees.resources import MemberRoster, prepare_written
from committees.services import change_engagement, end_engagement, engage_member
from federation.shared.export_kinds import Sensitivity
from federation.shared.list_exports import ListExport
from federation.shared.reveal import sealed_cell
from federation.shared.tables import Column
from federation.shared.templatetags.ui import cn_date, tag
from federation.shared.views import (
    ScopedActView,
    ScopedCreateView,
    ScopedDetailView,
    ScopedListView,
    ScopedUpdateView,
    Section,
    get_in_scope,
)
from orgs.areas import labels_above
from orgs.body_page import media_url
from orgs.models import PAID_POSTS, Identity, Organisation, Tenure, Worker
from orgs.services import change_worker
from orgs.views.organisations import history_entries
from orgs.views.pages import OfOneBody, ShowsRefusals, crumbs_of, organisation_url

PLAIN = ("sex", "ethnicity", "born_on", "education", "political_status")
SEALED = ("id_number", "certificate_number", "phone", "payment_account")


def member_url(worker) -> str:
    return reverse("member-detail", args=[worker.uid])


def list_crumb() -> dict:
    return {"url": reverse("member-list"), "label": "专职委员"}


def appointment_of(tenure) -> Appointment | None:
    return getattr(tenure, "appointment", None)


def validity_tag(day, none_word: str, past_word: str) -> str:
    """Until when something runs, and whether that is soon or past."""
    if day is None:
        return tag("", none_word)
    today = timezone.localdate()
    if day < today:
        return tag("bad", f"{cn_date(day)}{past_word}")
    return tag("warn" if day <= today + SOON else "ok", f"至 {cn_date(day)}")


def certificate_tag(tenure) -> str:
    appointment = appointment_of(tenure)
    if appointment is None or appointment.certificate_issued_on is None:
        return tag("warn", "没有上岗证")
    return validity_tag(appointment.certificate_expires_on, "未填有效期", "过期")


def contract_tag(tenure) -> str:
    appointment = appointment_of(tenure)
    return validity_tag(appointment.contract_to if appointment else None, "未填聘期", "到期")


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
        Column("role", "岗位", value=lambda row: _role(row)),
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
        labels = labels_above(rows, lambda row: row.org_path)
        for row in rows:
            above = labels.get(row.org_path[: -Organisation.steplen], "")
            row.place = f"{above} {labels.get(row.org_path, '')}".strip()

    def each_row(self, queryset):
        return super().each_row(queryset.defer(None))

    def actions(self):
        if not self.request.user.has_scope("members.edit"):
            return []
        address = f"{reverse('vacancy-list')}?post=committee_member"
        return [{"url": address, "label": "到空缺岗位聘任", "kind": "primary"}]


def _role(tenure) -> str:
    appointment = appointment_of(tenure)
    return appointment.get_role_display() if appointment else tenure.get_post_display()


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
        if not may_edit_worker(row, self.request.user):
            return []
        return [{"url": reverse("member-edit", args=[row.uid]), "label": "修改", "kind": "primary"}]

    def extra(self, row):
        rows = Tenure.objects.visible_to(self.request.user).filter(worker=row).order_by("-started_on", "-id")
        tenures = list(rows.select_related("organisation", "appointment"))
        editable = set(
            Tenure.objects.visible_to(self.request.user, Tenure.edit_permission)
            .filter(worker=row)
            .values_list("pk", flat=True)
        )
        return {
            "tenures": [self._tenure(tenure, tenure.pk in editable) for tenure in tenures],
            "entries": history_entries(row, 20),
        }

    def _tenure(self, tenure, may_edit: bool) -> dict:
        appointment = appointment_of(tenure)
        kind = f"兼任（{tenure.other_job}）" if tenure.other_job else "兼任" if tenure.is_concurrent else "专职"
        rows = [
            {"label": "机构", "value": tenure.organisation.name, "url": organisation_url(tenure.organisation)},
            {"label": "任职", "value": cn_date(tenure.started_on)},
            {"label": "离任", "value": cn_date(tenure.ended_on) or tag("ok", "在任")},
            {"label": "专职或兼任", "value": kind},
            {"label": "任职文号", "value": tenure.document_number},
        ]
        if appointment:
            rows += _appointment_rows(tenure, appointment)
        actions = []
        if may_edit:
            if appointment:
                actions.append({"url": reverse("appointment-edit", args=[appointment.pk]), "label": "修改任职和聘任"})
            elif tenure.post not in PAID_POSTS:
                actions.append({"url": reverse("tenure-edit", args=[tenure.pk]), "label": "修改任职"})
            if tenure.ended_on is None:
                name = "member-end" if appointment else "tenure-end"
                actions.append({"url": reverse(name, args=[tenure.pk]), "label": "办理离任"})
        scan = media_url(tenure, "document_scan")
        if scan:
            actions.append({"url": scan, "label": "查看任职书"})
        return {"heading": f"{_role(tenure)}（{tenure.organisation.label}）", "rows": rows, "actions": actions}


def _appointment_rows(tenure, appointment) -> list[dict]:
    contract = " 至 ".join(filter(None, [cn_date(appointment.contract_from), cn_date(appointment.contract_to)]))
    rows = [
        {"label": "聘期", "value": contract},
        {"label": "用工方式", "value": appointment.get_employment_display()},
        {"label": "聘任文号", "value": appointment.document_number},
        {"label": "上岗证编号", "value": appointment.certificate_number},
        {"label": "上岗证", "value": format_html_join(" ", "{}", [(certificate_tag(tenure),)])},
    ]
    if appointment.ending:
        rows.append({"label": "离任原因", "value": appointment.get_ending_display()})
    return rows


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
            {"label": "岗位", "value": _role(self.object)},
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
        return redirect(self.success_url(None))

    def act(self, values):
        end_engagement(
            tenure=self.object,
            on=values["ended_on"],
            ending=values["ending"],
            reason=values["reason"],
            by=self.request.user,
            expected_version=self.object.version,
        )

    def success_url(self, row):
        return member_url(self.object.worker)
