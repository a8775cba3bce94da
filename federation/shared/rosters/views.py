"""Pages of an import: the list, sending a file, the check report with its preview, confirming, taking back."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone

from federation.shared import audit
from federation.shared.export_kinds import Sensitivity
from federation.shared.jobs import wording
from federation.shared.list_exports import ListExport, Shown
from federation.shared.models.rosters import RosterImport
from federation.shared.numbers import plain_number
from federation.shared.rosters import asking, course, preview, services
from federation.shared.rosters.error_workbook import error_workbook
from federation.shared.rosters.forms import RosterUploadForm, writable_bodies
from federation.shared.rosters.registry import all_rosters, roster_of, rosters_for
from federation.shared.rosters.resource import RosterRefused
from federation.shared.rosters.template_workbook import template_workbook
from federation.shared.tables import Column
from federation.shared.templatetags.ui import tag
from federation.shared.views import ScopedListView, ScopedView
from federation.shared.workbooks import content_response, written_response

State = RosterImport.State
TAGS = {
    State.UPLOADED: "info",
    State.CHECKED: "warn",
    State.CONFIRMING: "info",
    State.DONE: "ok",
    State.REFUSED: "bad",
    State.UNDOING: "info",
    State.UNDONE: "warn",
}
TABS = (("new", "新增"), ("changed", "有变化"), ("unchanged", "无变化"), ("transfer", "在别处登记"))


def title_of(kind: str) -> str:
    roster = roster_of(kind)
    return roster.title if roster else kind


def state_tag(row):
    """What has become of the file; of a checked one whether it can be written as it is."""
    if row.state != State.CHECKED or row.may_be_confirmed:
        return tag(TAGS[row.state], row.get_state_display())
    if row.wrong_count:
        return tag("bad", "有错误，没有写入")
    return tag("", "没有要写入的内容")


def of_own_kinds(rows, user):
    """Imports of the kinds that `user` may import; of a kind that is no more, nobody's."""
    closed = [each.kind for each in all_rosters() if each not in rosters_for(user)]
    return rows.exclude(kind__in=closed)


def moment(value) -> str:
    return timezone.localtime(value).strftime("%Y-%m-%d %H:%M") if value else ""


class RosterListView(ScopedListView):
    model = RosterImport
    permission = "rosters.import"
    title = "名册导入"
    template_name = "rosters/roster_list.html"
    ordering = ("-id",)
    exports = (
        ListExport(
            "imports", "roster-list", Sensitivity.OFFICE,
            ("file_name", Shown("名册", lambda row: title_of(row.kind)), Shown("状态", state_tag, width=18),
             "row_count", "new_count", "changed_count", "unchanged_count", "wrong_count", "transfer_count",
             "organisation", "created_by", Shown("上传时间", lambda row: row.created_at, "moment"), "confirmed_at",
             "undone_at"),
        ),
    )  # fmt: skip
    columns = [
        Column("file_name", "文件", link=lambda row: reverse("roster-detail", args=[row.pk])),
        Column("kind", "名册", value=lambda row: title_of(row.kind)),
        Column("state", "状态", value=lambda row: state_tag(row)),
        Column("row_count", "行数", numeric=True),
        Column("organisation", "机构"),
        Column("created_by", "上传人"),
        Column("created_at", "上传时间", value=lambda row: moment(row.created_at)),
    ]

    def get_queryset(self):
        return of_own_kinds(super().get_queryset(), self.request.user).select_related("organisation", "created_by")

    def actions(self):
        offered = [{"url": reverse("roster-upload"), "label": "上传名册", "kind": "primary"}]
        if self.request.user.has_scope("rosters.synonyms"):
            offered.append({"url": reverse("roster-synonyms"), "label": "表头写法"})
        return offered

    def extra(self):
        return {"rosters": rosters_for(self.request.user)}


class RosterUploadView(ScopedView):
    permission = "rosters.import"
    title = "上传名册"
    template_name = "rosters/roster_upload.html"

    def breadcrumbs(self):
        return [{"url": reverse("roster-list"), "label": "名册导入"}]

    def show(self, form, status=200):
        return self.page(
            form=form,
            submit_label="上传并检查",
            cancel_url=reverse("roster-list"),
            rosters=rosters_for(self.request.user),
            status=status,
        )

    def get(self, request):
        asked = {"kind": request.GET["kind"]} if request.GET.get("kind") else {}
        return self.show(RosterUploadForm(user=request.user, initial=asked))

    def post(self, request):
        form = RosterUploadForm(request.POST, request.FILES, user=request.user)
        if not form.is_valid():
            return self.show(form, status=422)
        file = form.cleaned_data["file"]
        try:
            roster_import = services.receive(
                kind=form.cleaned_data["kind"],
                file_name=file.name,
                chunks=file.chunks(),
                mode=form.cleaned_data["mode"],
                organisation=form.cleaned_data["organisation"],
                by=request.user,
            )
        except RosterRefused as refusal:
            form.add_error("file", str(refusal))
            return self.show(form, status=422)
        course.start_check(roster_import, by=request.user)
        return redirect("roster-detail", pk=roster_import.pk)


class RosterPage(ScopedView):
    """Base of the pages of one import; one that is not seen is 404."""

    model = RosterImport
    permission = "rosters.import"

    def get_object(self) -> RosterImport:
        rows = of_own_kinds(self.get_queryset(), self.request.user)
        rows = rows.select_related("organisation", "created_by", "job")
        roster_import = get_object_or_404(rows, pk=self.kwargs["pk"])
        if roster_of(roster_import.kind) is None:
            raise Http404("名册种类已不存在")
        return roster_import

    def breadcrumbs(self):
        return [{"url": reverse("roster-list"), "label": "名册导入"}]


class RosterDetailView(RosterPage):
    template_name = "rosters/roster_detail.html"

    def get(self, request, **kwargs):
        roster_import = self.get_object()
        roster = roster_of(roster_import.kind)
        context = {
            "title": roster_import.file_name,
            "roster_import": roster_import,
            "roster": roster,
            "facts": self._facts(roster_import, roster),
            "actions": self._actions(roster_import, request.user),
        }
        if roster_import.is_working:
            context |= self._progress(roster_import)
        elif roster_import.row_count:
            context |= self._report(request, roster_import, roster)
        return self.page(**context)

    @staticmethod
    def _facts(row, roster) -> list[dict]:
        facts = [
            {"label": "名册", "value": roster.title},
            {"label": "状态", "value": state_tag(row)},
            {"label": "写入方式", "value": row.get_mode_display()},
            {"label": "为哪个机构导入", "value": row.organisation},
            {"label": "上传", "value": f"{row.created_by}，{moment(row.created_at)}"},
            {"label": "文件校验码", "value": row.sha256[:16]},
        ]
        if row.report.get("sheet"):
            facts.append(
                {"label": "读的表", "value": f"{row.report['sheet']}，表头在第 {row.report['heading_row']} 行"}
            )
        if row.confirmed_at:
            facts.append({"label": "写入时间", "value": moment(row.confirmed_at)})
        if row.undone_at:
            facts.append({"label": "撤销时间", "value": moment(row.undone_at)})
        return facts

    @staticmethod
    def _actions(row, user) -> list[dict]:
        offered = []

        def offer(name, label, kind=""):
            offered.append({"url": reverse(name, args=[row.pk]), "label": label, "kind": kind})

        goes_on = roster_of(row.kind).goes_on
        if row.state == State.DONE and goes_on:
            offered.append({"url": reverse(goes_on[0]), "label": goes_on[1], "kind": "primary"})
        if row.may_be_confirmed:
            offer("roster-confirm", "确认写入", "primary")
        if row.state == State.CHECKED and row.wrong_count and row.correct_count:
            offer("roster-mode", "改写入方式")
        if asking.may_ask(row, user):
            offer("roster-transfers", "申请转入")
        if row.may_be_checked_again:
            offer("roster-check", "重新检查")
        if row.may_be_undone:
            offer("roster-undo", "撤销这次导入", "danger")
        if row.state in (State.CHECKED, State.REFUSED) and not row.may_be_confirmed:
            again = f"{reverse('roster-upload')}?kind={row.kind}"
            offered.append({"url": again, "label": "重新上传", "kind": ""})
        return offered

    @staticmethod
    def _progress(row) -> dict:
        job = row.job
        if job is None:
            return {}
        return {
            "progress": {"label": job.title, "done": job.done, "total": job.total, "text": wording.progress_text(job)},
            "poll_url": reverse("job-progress", args=[job.pk]),
            "refresh_url": reverse("roster-detail", args=[row.pk]),
        }

    def _report(self, request, row, roster) -> dict:
        counts = (row.new_count, row.changed_count, row.unchanged_count, row.transfer_count)
        shown = preview.page_of(row, roster, request.GET.get("show", ""), plain_number(request.GET.get("page")) or 1)
        errors = row.report.get("error_count", 0)
        may_add = request.user.has_scope("rosters.synonyms")
        add_url = f"{reverse('roster-synonym-add')}?import={row.pk}&heading="
        unknown = [
            {"heading": heading, "near": near, "add_url": f"{add_url}{number}" if may_add else ""}
            for number, (heading, near) in enumerate(row.report.get("unknown", []))
        ]
        may_download = bool(row.wrong_count) and row.created_by_id == request.user.pk
        return {
            "unknown": unknown,
            "way_for_people_elsewhere": roster_of(row.kind).way_for_people_elsewhere,
            "undo_over": course.UNDO_OVER if row.state == State.DONE and not row.may_be_undone else "",
            "tiles": [
                {"label": "读入", "value": row.row_count, "unit": "行"},
                {"label": "新增", "value": row.new_count, "unit": "行"},
                {"label": "有变化", "value": row.changed_count, "unit": "行"},
                {"label": "无变化", "value": row.unchanged_count, "unit": "行"},
                {"label": "有错误", "value": row.wrong_count, "unit": "行", "kind": "bad" if row.wrong_count else ""},
                {"label": "在别处登记", "value": row.transfer_count, "unit": "行"},
            ],
            "problems": preview.problems_of(row) if row.wrong_count else [],
            "more": max(0, errors - preview.ERRORS_SHOWN),
            "download_url": reverse("roster-errors", args=[row.pk]) if may_download else "",
            "tabs": [
                {"label": f"{label}（{count:,}）", "url": f"?show={slug}#rows", "here": slug == shown.slug}
                for (slug, label), count in zip(TABS, counts, strict=True)
            ],
            "table": shown,
            "preview": shown,
        }


class RosterErrorsView(RosterPage):
    """The workbook of errors. It holds whole numbers, so it goes to who sent them and to nobody else."""

    def get(self, request, **kwargs):
        row = self.get_object()
        if row.created_by_id != request.user.pk:
            raise PermissionDenied("错误表里有完整的证件号码，只有上传的人可以下载。")
        if not row.wrong_count:
            raise Http404("没有错误")
        try:
            written = error_workbook(row, roster_of(row.kind))
        except RosterRefused as refusal:
            messages.error(request, str(refusal))
            return redirect("roster-detail", pk=row.pk)
        audit.record(
            "rosters.errors.downloaded",
            actor=request.user,
            target=row,
            details={"rows": written.rows, "sha256": written.sha256},
        )
        return written_response(f"{title_of(row.kind)}-错误-{row.pk}", written)


class RosterTemplateView(ScopedView):
    permission = "rosters.import"

    def get(self, request, kind):
        roster = next((each for each in rosters_for(request.user) if each.kind == kind), None)
        if roster is None:
            raise Http404("没有这种名册")
        body = writable_bodies(request.user).first()
        places = roster.places_of(RosterImport(organisation=body, kind=kind), request.user)
        data = template_workbook(roster, roster.place_choices(places))
        return content_response(f"{roster.title}模板", data)
