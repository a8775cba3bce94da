"""Pages of lists that leave: asking from the list, one's downloads, agreeing as the second person, fetching once."""

from django import forms
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, QueryDict
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone

from federation.shared.export_files import fetch_once, file_number
from federation.shared.exports import (
    PRESETS,
    areas_of,
    ask_for,
    decide,
    export_kind,
    may_decide,
    may_take_whole,
    needs_second_person,
    rows_of,
)
from federation.shared.forms import HouseForm
from federation.shared.jobs import wording
from federation.shared.models.exports import ExportFile
from federation.shared.panels import Panel, register_panel
from federation.shared.querysets import APPROVE_EXPORTS
from federation.shared.tables import Column
from federation.shared.templatetags.ui import tag
from federation.shared.views import (
    ScopedActView,
    ScopedDetailView,
    ScopedFormView,
    ScopedListView,
    ScopedView,
    Section,
    add_refusal,
)

State = ExportFile.State
TAGS = {
    State.WAITING: "warn", State.REFUSED: "bad", State.RUNNING: "info", State.READY: "ok", State.FETCHED: "",
    State.EXPIRED: "", State.FAILED: "bad",
}  # fmt: skip
# Where on a list one is, and how it is sorted: no part of what is taken out.
_PASSING = ("after", "before", "sort", "restore")


def ask_link(kind: str, request) -> list[dict]:
    """The action 下载名单 of a list, with the filters that are set; none for who may not take lists out."""
    if not request.user.has_scope(ExportFile.view_permission):
        return []
    criteria = criteria_of(request).urlencode()
    address = reverse("export-ask", args=[kind])
    return [{"url": f"{address}?{criteria}" if criteria else address, "label": "下载名单", "kind": ""}]


def criteria_of(request) -> QueryDict:
    criteria = request.GET.copy()
    for name in _PASSING:
        criteria.pop(name, None)
    return criteria


def is_over(export: ExportFile) -> bool:
    return export.state == State.READY and not (export.expires_at and export.expires_at > timezone.now())


def state_tag(export: ExportFile):
    state = State.EXPIRED if is_over(export) else State(export.state)
    return tag(TAGS[state], state.label)


def list_crumb() -> dict:
    return {"url": reverse("export-list"), "label": "我的下载"}


class AskForm(HouseForm):
    area = forms.ChoiceField(label="范围", widget=forms.RadioSelect)
    format = forms.ChoiceField(
        label="文件格式",
        choices=ExportFile.Format.choices,
        initial=ExportFile.Format.XLSX,
        widget=forms.RadioSelect,
        help_text="一般选 Excel 表格。文本表格供别的程序读取。",
    )
    preset = forms.ChoiceField(label="包含哪些列", choices=PRESETS, initial="usual", widget=forms.RadioSelect)
    whole = forms.BooleanField(
        label="号码不遮盖，导出完整号码",
        required=False,
        help_text="身份证号、残疾人证号、电话等平时只显示头尾几位。要完整号码时，须由另一个人同意。",
    )
    purpose = forms.CharField(
        label="用途",
        min_length=4,
        max_length=200,
        help_text="写明做什么用，例如：核对 2026 年护理补贴发放。用途会印在文件里，并登记备查。",
        error_messages={"min_length": "用途至少写 4 个字，写明做什么用。"},
    )

    def __init__(self, *args, areas, may_take_whole, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["area"].choices = [(str(body.pk), str(body)) for body in areas]
        if len(areas) == 1:
            del self.fields["area"]
        if not may_take_whole:
            del self.fields["whole"]


class ExportAskView(ScopedFormView):
    permission = ExportFile.view_permission
    model = ExportFile
    title = "下载名单"
    template_name = "exports/ask.html"
    form_class = AskForm
    submit_label = "申请下载"

    def dispatch(self, request, *args, **kwargs):
        self.kind = export_kind(kwargs["kind"])
        if self.kind is None:
            raise Http404
        self.criteria = criteria_of(request)
        self.areas = list(areas_of(self.kind, request.user, self.criteria))
        if not self.areas:
            raise PermissionDenied("您的账号不能下载这份名单。需要时请向县残联管理员申请。")
        return super().dispatch(request, *args, **kwargs)

    def get_form(self, instance=None):
        data = self.request.POST if self.request.method == "POST" else None
        whole = may_take_whole(self.kind, self.request.user)
        return self.form_class(data, areas=self.areas, may_take_whole=whole, **self.form_kwargs())

    def get_title(self):
        return f"下载名单：{self.kind.label}"

    def show(self, form, status=200, **context):
        count = sum(rows_of(self.kind, self.request.user, area, self.criteria).count() for area in self.areas)
        return super().show(
            form,
            status,
            count=count,
            words=self.kind.words(self.request.user, self.criteria, True),
            waits=needs_second_person(count, whole=False),
            **context,
        )

    def list_url(self) -> str:
        criteria = self.criteria.urlencode()
        return f"{reverse(self.kind.list_page)}?{criteria}" if criteria else reverse(self.kind.list_page)

    def cancel_url(self):
        return self.list_url()

    def breadcrumbs(self):
        return [{"url": self.list_url(), "label": self.kind.label}]

    def get(self, request, **kwargs):
        return self.show(self.get_form())

    def post(self, request, **kwargs):
        form = self.get_form()
        if not form.is_valid():
            return self.show(form)
        chosen = form.cleaned_data
        area = next((body for body in self.areas if str(body.pk) == chosen.get("area")), self.areas[0])
        try:
            export = ask_for(
                kind=self.kind,
                by=request.user,
                area=area,
                criteria=self.criteria,
                file_format=chosen["format"],
                preset=chosen["preset"],
                whole=chosen.get("whole", False),
                purpose=chosen["purpose"],
            )
        except ValidationError as refusal:
            add_refusal(form, refusal)
            return self.show(form)
        return redirect("export-detail", pk=export.pk)


COLUMNS = [
    Column("title", "名单", link=lambda row: reverse("export-detail", args=[row.pk])),
    Column("state", "状态", value=state_tag),
    Column("row_count", "行数", numeric=True),
    Column("is_whole", "号码", value=lambda row: "完整" if row.is_whole else "遮盖"),
    Column("purpose", "用途"),
    Column("created_at", "申请时间", value=lambda row: wording.moment(row.created_at)),
]


class ExportListView(ScopedListView):
    permission = ExportFile.view_permission
    model = ExportFile
    title = "我的下载"
    template_name = "exports/list.html"
    ordering = ("-id",)
    columns = COLUMNS

    def get_queryset(self):
        return super().get_queryset().filter(created_by=self.request.user)

    def extra(self):
        return {"waiting": waiting_for(self.request.user).count()}


class ExportWaitingView(ScopedListView):
    permission = APPROVE_EXPORTS
    model = ExportFile
    title = "待同意的下载"
    ordering = ("id",)
    columns = [
        Column("title", "名单", link=lambda row: reverse("export-decide", args=[row.pk])),
        Column("created_by", "申请人"),
        Column("organisation", "范围"),
        *COLUMNS[2:],
    ]

    def get_queryset(self):
        return waiting_for(self.request.user).select_related("created_by", "organisation")

    def breadcrumbs(self):
        return [list_crumb()]


def waiting_for(user):
    """What this user may answer as the second person."""
    if not user.has_scope(APPROVE_EXPORTS):
        return ExportFile.objects.none()
    return ExportFile.objects.visible_to(user).filter(state=State.WAITING).exclude(created_by=user)


def rows_about(export: ExportFile) -> list[dict]:
    """What asker and second person read of a file; the criteria are opened for these two alone."""
    words = export.criteria_words.open_plain() if export.criteria_words else ""
    rows = [
        ("状态", state_tag(export)),
        ("范围", export.organisation),
        ("条件", words),
        (
            "行数",
            f"{export.row_count:,} 行，{len(export.columns)} 列" if export.columns else f"{export.row_count:,} 份",
        ),
        ("号码", "完整，没有遮盖" if export.is_whole else "遮盖中间几位"),
        ("文件格式", export.get_format_display()),
        ("用途", export.purpose),
        ("申请人", export.created_by),
        ("申请时间", wording.moment(export.created_at)),
        ("文件编号", file_number(export)),
    ]
    if export.decided_by_id:
        rows += [
            ("答复人", export.decided_by),
            ("答复时间", wording.moment(export.decided_at)),
            ("处理意见", export.answer or "没有写"),
        ]
    if export.expires_at:
        rows.append(("有效期至", wording.moment(export.expires_at)))
    if export.fetched_at:
        rows.append(("下载时间", wording.moment(export.fetched_at)))
    if export.refusal:
        rows.append(("说明", export.refusal))
    return [{"label": label, "value": value} for label, value in rows]


class ExportDetailView(ScopedDetailView):
    permission = ExportFile.view_permission
    model = ExportFile
    template_name = "exports/detail.html"

    def get_queryset(self):
        return super().get_queryset().select_related("organisation", "created_by", "decided_by", "job")

    def get_title(self):
        return f"下载：{self.object.title}"

    def breadcrumbs(self):
        return [list_crumb()]

    def sections(self, export):
        return [Section("申请内容", rows_about(export))]

    def actions(self, export):
        if export.state == State.WAITING and may_decide(self.request.user, export):
            return [{"url": reverse("export-decide", args=[export.pk]), "label": "答复", "kind": "primary"}]
        return []

    def extra(self, export):
        job = export.job
        is_own = export.created_by_id == self.request.user.pk
        shown = {
            "export": export,
            "is_own": is_own,
            "may_fetch": is_own and export.state == State.READY and not is_over(export),
            "is_over": is_over(export),
        }
        if job is None or export.state != State.RUNNING or not is_own:
            return shown
        return shown | {
            "progress": {"label": job.title, "done": job.done, "total": job.total, "text": wording.progress_text(job)},
            "poll_url": reverse("job-progress", args=[job.pk]),
            "refresh_url": reverse("export-detail", args=[export.pk]),
        }


class DecideForm(HouseForm):
    actions = [("agree", "同意下载", "primary"), ("refuse", "不同意", "danger")]
    answer = forms.CharField(
        label="处理意见", required=False, max_length=200, help_text="不同意时请写明原因，申请人会看到。"
    )


class ExportDecideView(ScopedActView):
    """The second person reads how many rows, of whom and what for, and answers."""

    permission = APPROVE_EXPORTS
    model = ExportFile
    template_name = "exports/decide.html"
    form_class = DecideForm
    success_message = "已答复。"

    def dispatch(self, request, *args, pk):
        rows = ExportFile.objects.visible_to(request.user).select_related("organisation", "created_by", "decided_by")
        self.object = get_object_or_404(rows, pk=pk)
        if self.object.created_by_id == request.user.pk:
            raise PermissionDenied("您自己申请的下载，要由另一个人同意。")
        return super().dispatch(request)

    def get_title(self):
        return f"{self.object.created_by} 申请下载{self.object.title}，是否同意？"

    def question(self):
        return {"sections": [Section("申请内容", rows_about(self.object))], "export": self.object}

    def breadcrumbs(self):
        return [list_crumb(), {"url": reverse("export-waiting"), "label": "待同意的下载"}]

    def success_url(self, row):
        return reverse("export-waiting")

    def act(self, values):
        decide(
            export=self.object,
            by=self.request.user,
            agrees=self.request.POST.get("action") == "agree",
            answer=values["answer"],
        )


class ExportFetchView(ScopedView):
    """The file, once. An act: a link that a browser or a mail program opens beforehand must not use it up."""

    permission = ExportFile.view_permission
    http_method_names = ["post"]

    def post(self, request, pk):
        if "Range" in request.headers:
            # There is no second part to a file that is gone after the first.
            raise Http404
        return fetch_once(request.user, pk)


def _home(organisation, user) -> dict | None:
    """On the start page: what waits for one's answer, what lies ready."""
    own = ExportFile.objects.visible_to(user).filter(created_by=user)
    waiting, ready = waiting_for(user).count(), own.filter(state=State.READY, expires_at__gt=timezone.now()).count()
    if not (waiting or ready):
        return None
    return {
        "waiting": waiting,
        "waiting_url": reverse("export-waiting"),
        "ready": ready,
        "ready_url": reverse("export-list"),
    }


register_panel(
    Panel(
        place="home",
        name="exports",
        heading="下载名单",
        template="exports/home.html",
        permission=ExportFile.view_permission,
        context=_home,
        order=30,
    )
)
