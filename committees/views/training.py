"""Pages of training sessions: the list, one session, a new one, changes, cancelling, who goes."""

from django.core.exceptions import PermissionDenied
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property

from committees.forms import CancelSessionForm, RegisterForm, SessionForm
from committees.models import TrainingAttendance, TrainingSession
from committees.services import training
from committees.training_filters import RegisterFilter, SessionFilter
from committees.training_need import AUDIENCE_OF, people_of, still_to_go, with_training
from federation.shared.export_kinds import Sensitivity
from federation.shared.forms import HouseForm
from federation.shared.list_exports import ListExport, everywhere
from federation.shared.tables import Column, Page, Table
from federation.shared.templatetags.ui import tag
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
from orgs.models import Tenure
from orgs.views.pages import ShowsRefusals

State = TrainingSession.State
Presence = TrainingAttendance.Presence
STATE_TAGS = {State.PLANNED: "info", State.HELD: "ok", State.CANCELLED: ""}
PRESENCE_TAGS = {Presence.REGISTERED: "info", Presence.ATTENDED: "ok", Presence.ABSENT: "warn"}
EDIT, VIEW = TrainingSession.edit_permission, TrainingSession.view_permission
PEOPLE_SHOWN = 50
# So many names are offered to be ticked at once; a filter gives the others.
OFFERED = 200


def session_url(session) -> str:
    return reverse("training-detail", args=[session.pk])


def trainings_crumb() -> dict:
    return {"url": reverse("training-list"), "label": "培训"}


def session_crumbs(session) -> list[dict]:
    return [trainings_crumb(), {"url": session_url(session), "label": session.title}]


def state_tag(session) -> str:
    return tag(STATE_TAGS[session.state], session.get_state_display())


def outcome_tag(attendance) -> str:
    words = attendance.get_presence_display()
    if attendance.result:
        words = f"{words}，{attendance.get_result_display()}"
    failed = attendance.result == TrainingAttendance.Result.FAILED
    return tag("bad" if failed else PRESENCE_TAGS[attendance.presence], words)


def may_run(session, user) -> bool:
    """Whether `user` works for the host: records who was there, gives certificates."""
    return TrainingSession.objects.visible_to(user, EDIT).filter(pk=session.pk).exists()


class SessionListView(ScopedListView):
    permission = VIEW
    model = TrainingSession
    title = "培训"
    caption = "培训班"
    filterset_class = SessionFilter
    ordering = ("-starts_on", "title", "org_path")
    exports = (
        ListExport(
            "trainings", "training-list", Sensitivity.OPEN,
            ("title", "code", "host", "kind", "starts_on", "ends_on", "hours", "topics", "place", "state"),
            within=everywhere,
        ),
    )  # fmt: skip
    columns = [
        Column("title", "培训名称", link=session_url, sort="title"),
        Column("kind", "类别", value=lambda row: row.get_kind_display()),
        Column("host", "主办机构", value=lambda row: row.organisation.label, sort="org_path"),
        Column("starts_on", "开始日期", sort="starts_on"),
        Column("hours", "学时", numeric=True),
        Column("place", "地点"),
        Column("state", "状态", value=state_tag),
    ]

    def get_queryset(self):
        return super().get_queryset().select_related("organisation")

    def actions(self):
        actions = [
            {"url": reverse("training-people"), "label": "还要培训的人"},
            {"url": reverse("training-coverage"), "label": "培训情况"},
            {"url": reverse("training-target-list"), "label": "培训任务"},
        ]
        if self.request.user.has_scope(EDIT):
            actions.insert(0, {"url": reverse("training-add"), "label": "登记培训班", "kind": "primary"})
        return actions


class SessionPage(ShowsRefusals):
    permission = EDIT
    model = TrainingSession
    form_class = SessionForm

    def success_url(self, row):
        return session_url(row) if row is not None and row.pk else reverse("training-list")


class SessionCreateView(SessionPage, ScopedCreateView):
    title = "登记培训班"
    success_message = "培训班已登记。"

    def breadcrumbs(self):
        return [trainings_crumb()]

    def create(self, form):
        return training.plan_session(session=form.save(commit=False), by=self.request.user)


class SessionUpdateView(SessionPage, ScopedUpdateView):
    def get_title(self):
        return f"修改培训班：{self.object.title}"

    def breadcrumbs(self):
        return session_crumbs(self.object)

    def update(self, form):
        row = form.save(commit=False)
        training.change_session(session=row, by=self.request.user, expected_version=self.submitted_version())
        return row


class SessionDetailView(ScopedDetailView):
    permission = VIEW
    model = TrainingSession
    template_name = "committees/training_session.html"
    columns = [
        Column(
            "name", "姓名", value=lambda row: row.worker.name, sort="worker__name",
            link=lambda row: reverse("member-detail", args=[row.worker.uid]),
        ),
        Column("place", "机构", sort="org_path"),
        Column("post", "当时职务", value=lambda row: row.tenure.get_post_display()),
        Column("outcome", "到会和考核", value=outcome_tag),
        Column("certificate_number", "证书编号"),
        Column("use", "办理", value=lambda row: row.act_label, link=lambda row: row.act_url),
    ]  # fmt: skip

    def breadcrumbs(self):
        return [trainings_crumb()]

    def get_queryset(self):
        return super().get_queryset().select_related("organisation")

    @cached_property
    def runs_it(self) -> bool:
        return may_run(self.object, self.request.user)

    def sections(self, row):
        about = [
            {"label": "主办机构", "value": row.organisation.name},
            {"label": "类别", "value": row.get_kind_display()},
            {"label": "班次编号", "value": row.code},
            {"label": "日期", "value": row.days},
            {"label": "学时", "value": row.hours},
            {"label": "地点", "value": row.place},
            {"label": "内容", "value": row.topics},
            {"label": "授课人", "value": row.teacher},
            {"label": "上岗证培训", "value": "是" if row.gives_certificate else "否"},
            {"label": "状态", "value": state_tag(row)},
        ]
        if row.cancel_reason:
            about.append({"label": "取消原因", "value": row.cancel_reason})
        return [Section("培训班", about)]

    def actions(self, row):
        user, wanted = self.request.user, []
        if row.is_planned and user.has_scope(EDIT):
            wanted.append(("training-register", "报名", "primary"))
        if self.runs_it and not row.is_cancelled:
            if row.starts_on <= timezone.localdate():
                wanted.append(("training-attendance", "登记到会", "" if row.is_planned else "primary"))
            if row.state == State.HELD:
                wanted.append(("training-certificates", "发证书", ""))
            wanted += [("training-edit", "修改", ""), ("training-cancel", "取消", "")]
        wanted.append(("training-sheet", "签到表", ""))
        return [{"url": reverse(name, args=[row.pk]), "label": label, "kind": kind} for name, label, kind in wanted]

    def extra(self, row):
        rows = TrainingAttendance.objects.visible_to(self.request.user).filter(session=row)
        page = Page(
            people_listed(rows), self.request.GET, ordering=("org_path", "worker__name"), size=PEOPLE_SHOWN
        )  # fmt: skip
        name_places(page.rows)
        editable = set(
            TrainingAttendance.objects.visible_to(self.request.user, EDIT)
            .filter(pk__in=[each.pk for each in page.rows])
            .values_list("pk", flat=True)
        )
        for each in page.rows:
            each.act_label, each.act_url = self._act(row, each, each.pk in editable)
        table = Table("参训的人", self.columns, page.rows, request=self.request, page=page)
        table.empty_text = "还没有人报名。"
        return {"table": table, "page": page}

    def _act(self, session, attendance, may_edit: bool) -> tuple[str, str]:
        if self.runs_it and not session.is_cancelled and not session.is_planned:
            return "修改", reverse("attendance-edit", args=[attendance.pk])
        if may_edit and attendance.presence == Presence.REGISTERED and session.is_planned:
            return "取消报名", reverse("attendance-withdraw", args=[attendance.pk])
        return "", ""


def people_listed(attendances):
    """Attendances with the names that lists show; no numbers are read."""
    names = ("worker__name", "worker__uid", "organisation__name", "organisation__short_name", "tenure__post")
    own = [each.name for each in TrainingAttendance._meta.concrete_fields]
    return attendances.select_related("worker", "tenure", "organisation").only(*own, *names)


class SessionStepView(ScopedActView):
    """Something the host does with a session; `self.object` is the session."""

    permission = EDIT

    def dispatch(self, request, *args, **kwargs):
        rows = TrainingSession.objects.select_related("organisation")
        self.object = get_in_scope(rows, request.user, EDIT, VIEW, pk=kwargs["pk"])
        return super().dispatch(request, *args, **kwargs)

    def breadcrumbs(self):
        return session_crumbs(self.object)

    def success_url(self, row):
        return session_url(self.object)


class SessionCancelView(SessionStepView):
    title = "取消培训班"
    submit_label = "取消这个培训班"
    success_message = "培训班已取消。"
    form_class = CancelSessionForm

    def question(self):
        rows = [
            {"label": "培训名称", "value": self.object.title},
            {"label": "日期", "value": self.object.days},
            {"label": "已报名", "value": f"{self.object.attendances.count()} 人"},
        ]
        return {"consequence": "取消以后不能再报名、登记到会。报名的记录保留。", "rows": rows}

    def act(self, values):
        training.cancel_session(session=self.object, reason=values["reason"], by=self.request.user)


class RegisterView(ScopedActView):
    """Put people of one's own area on the list of a session of one's area or of a body above."""

    permission = EDIT
    template_name = "committees/training_register.html"
    form_class = RegisterForm

    def dispatch(self, request, *args, **kwargs):
        rows = TrainingSession.objects.visible_to(request.user).select_related("organisation")
        self.object = get_object_or_404(rows, pk=kwargs["pk"])
        return super().dispatch(request, *args, **kwargs)

    def breadcrumbs(self):
        return session_crumbs(self.object)

    def get_title(self):
        return f"报名：{self.object.title}"

    @cached_property
    def came_without(self) -> bool:
        return not self.object.is_planned

    @cached_property
    def filterset(self):
        return RegisterFilter(self.request.GET, queryset=self.offered(), request=self.request, session=self.object)

    def offered(self):
        return training.may_be_registered(self.object, Tenure.objects.visible_to(self.request.user, EDIT))

    @cached_property
    def due(self):
        """Those of the audience, within the criteria, who still have to go."""
        audience = AUDIENCE_OF.get(self.object.kind)
        if audience is None:
            return Tenure.objects.none()
        today = timezone.localdate()
        return still_to_go(with_training(people_of(audience, today, self.narrowed), audience, today))

    @cached_property
    def narrowed(self):
        return self.filterset.qs if self.filterset.form.is_valid() else Tenure.objects.none()

    @cached_property
    def choices(self) -> list[tuple[int, str]]:
        rows = self.narrowed.select_related("worker", "organisation").only(
            "org_path", "post", "worker__name", "organisation__name"
        )
        people = list(rows.order_by("org_path", "worker__name", "pk")[:OFFERED])
        name_places(people)
        return [(row.pk, f"{row.place} {row.worker.name}（{row.get_post_display()}）") for row in people]

    def get_form(self, instance=None):
        self.check_open()
        return self.form_class(self.sent(), choices=self.choices, due=self.due.count(), **self.form_kwargs())

    def check_open(self):
        if self.came_without and not may_run(self.object, self.request.user):
            raise PermissionDenied("这个培训班已经举办。没有报名而到会的人，由主办机构补登。")

    def question(self):
        note = "这个培训班已经举办，这里补登没有报名而到会的人。" if self.came_without else ""
        if len(self.choices) == OFFERED:
            note += f"人多，只列出前 {OFFERED} 人，请按范围缩小；“全部报名”不受这个限制。"
        return {"session": self.object, "filter_form": self.filterset.form, "note": note}

    def act(self, values):
        if self.get_form().chosen_action == "due":
            people = self.due
        else:
            people = Tenure.objects.visible_to(self.request.user, EDIT).filter(pk__in=values["people"])
        added = training.register_people(
            session=self.object, people=people, by=self.request.user, came_without=self.came_without
        )
        self.success_message = f"已报名 {added} 人。"

    def success_url(self, row):
        return session_url(self.object)


class WithdrawView(ScopedActView):
    permission = EDIT
    title = "取消报名"
    submit_label = "取消报名"
    success_message = "已取消报名。"
    form_class = HouseForm

    def dispatch(self, request, *args, **kwargs):
        rows = TrainingAttendance.objects.select_related("session", "worker", "organisation")
        self.object = get_in_scope(rows, request.user, EDIT, VIEW, pk=kwargs["pk"])
        return super().dispatch(request, *args, **kwargs)

    def breadcrumbs(self):
        return session_crumbs(self.object.session)

    def question(self):
        rows = [
            {"label": "姓名", "value": self.object.worker.name},
            {"label": "机构", "value": self.object.organisation.name},
            {"label": "培训班", "value": self.object.session.title},
        ]
        return {"consequence": "从这个培训班的名单里去掉此人。", "rows": rows}

    def act(self, values):
        training.withdraw_registration(attendance=self.object, by=self.request.user)

    def success_url(self, row):
        return session_url(self.object.session)
