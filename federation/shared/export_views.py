"""Pages of lists that leave: one's downloads, agreeing as the second person, fetching once."""

from django import forms
from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone

from federation.shared.export_files import fetch_once, file_number
from federation.shared.exports import decide, may_decide, who_may_answer
from federation.shared.forms import HouseForm
from federation.shared.jobs import wording
from federation.shared.masking import mask_free_text
from federation.shared.models.exports import ExportFile
from federation.shared.panels import Panel, register_panel
from federation.shared.querysets import APPROVE_EXPORTS
from federation.shared.tables import Column
from federation.shared.templatetags.ui import tag
from federation.shared.views import (
    ScopedActView,
    ScopedDetailView,
    ScopedListView,
    ScopedView,
    Section,
)

State = ExportFile.State
TAGS = {
    State.WAITING: "warn", State.REFUSED: "bad", State.RUNNING: "info", State.READY: "ok", State.FETCHED: "",
    State.EXPIRED: "", State.FAILED: "bad",
}  # fmt: skip


def is_over(export: ExportFile) -> bool:
    return export.state == State.READY and not (export.expires_at and export.expires_at > timezone.now())


def state_tag(export: ExportFile):
    state = State.EXPIRED if is_over(export) else State(export.state)
    return tag(TAGS[state], state.label)


def list_crumb() -> dict:
    return {"url": reverse("export-list"), "label": "我的下载"}


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
    return ExportFile.objects.to_answer(user).filter(state=State.WAITING)


def rows_about(export: ExportFile) -> list[dict]:
    """What asker and second person read of a file; the criteria are opened for these two alone."""
    words = export.criteria_words.open_plain() if export.criteria_words else ""
    words = words if export.is_whole else mask_free_text(words)
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
        if export.state == State.WAITING and is_own:
            shown["answerers"] = who_may_answer(self.request.user, export.organisation)
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
        if not may_decide(request.user, self.object):
            raise PermissionDenied("这份名单里有您的账号看不到的内容，要由别的人同意。")
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
