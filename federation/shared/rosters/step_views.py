"""Pages that ask before a step of an import: writing it, another way of writing, checking again, taking it back."""

from django.contrib import messages
from django.shortcuts import redirect
from django.urls import reverse

from federation.shared.models.rosters import RosterImport
from federation.shared.rosters import asking, course
from federation.shared.rosters.forms import TakeInForm
from federation.shared.rosters.registry import roster_of
from federation.shared.rosters.resource import RosterRefused
from federation.shared.rosters.views import RosterPage, moment, title_of

State = RosterImport.State


def _what(row, new: str, changed: str) -> str:
    """新增 27 行，修改 3 行; what there is none of is not spoken of."""
    parts = ((new, row.new_count), (changed, row.changed_count))
    return "，".join(f"{word} {count:,} 行" for word, count in parts if count)


class RosterConfirmView(RosterPage):
    template_name = "generic/confirm.html"
    title = "确认写入这个名册？"

    def get(self, request, **kwargs):
        row = self.get_object()
        if not row.may_be_confirmed:
            return redirect("roster-detail", pk=row.pk)
        within = asking.within_at_once(row, request.user)
        wrong = f"有错误的 {row.wrong_count:,} 行不写入。" if row.wrong_count else ""
        unless = "，除非勾选下面的“同时转入”。" if within else f"。{roster_of(row.kind).way_for_people_elsewhere}"
        aside = f"在别处登记的 {row.transfer_count:,} 人不改动{unless}" if row.transfer_count else ""
        return self.page(
            consequence=f"将{_what(row, '新增', '修改')}。{wrong}{aside}"
            f"{roster_of(row.kind).told_before(row, request.user)}"
            f"写入后 {RosterImport.KEPT_DAYS} 天内可以整体撤销；其中有记录被再次修改过的，就不能撤销了。",
            rows=[
                {"label": "文件", "value": row.file_name},
                {"label": "名册", "value": title_of(row.kind)},
                {"label": "机构", "value": row.organisation},
                {"label": "写入方式", "value": row.get_mode_display()},
            ],
            form=TakeInForm(within=within, user=request.user) if within else None,
            submit_label="确认写入",
            cancel_url=reverse("roster-detail", args=[row.pk]),
        )

    def post(self, request, **kwargs):
        row = self.get_object()
        try:
            take_in = request.POST.get("take_in") == "on" and bool(asking.within_at_once(row, request.user))
            course.begin_confirming(row, by=request.user, take_in=take_in)
        except RosterRefused as refusal:
            messages.error(request, str(refusal))
        return redirect("roster-detail", pk=row.pk)


class RosterModeView(RosterPage):
    """The other way of writing, told with what it would do to this file."""

    template_name = "generic/confirm.html"
    title = "改写入方式？"

    @staticmethod
    def _other(row) -> str:
        is_strict = row.mode == RosterImport.Mode.ALL_OR_NOTHING
        return RosterImport.Mode.CORRECT_ROWS if is_strict else RosterImport.Mode.ALL_OR_NOTHING

    def get(self, request, **kwargs):
        row = self.get_object()
        if row.state != State.CHECKED:
            return redirect("roster-detail", pk=row.pk)
        other = RosterImport.Mode(self._other(row))
        told = {
            RosterImport.Mode.CORRECT_ROWS: "这一步还不写入。改了以后回到预览，再按“确认写入”："
            f"正确的 {row.correct_count:,} 行写入，有错误的 {row.wrong_count:,} 行不写入，留在错误表里，改好后再传。",
            RosterImport.Mode.ALL_OR_NOTHING: f"有错误的 {row.wrong_count:,} 行改好以前，{row.row_count:,} 行"
            "一行都不写入；错误表里是全部的行。",
        }
        return self.page(
            consequence=told[other],
            rows=[
                {"label": "文件", "value": row.file_name},
                {"label": "现在的写入方式", "value": row.get_mode_display()},
                {"label": "改为", "value": other.label},
            ],
            submit_label=f"改为“{other.label}”",
            cancel_url=reverse("roster-detail", args=[row.pk]),
        )

    def post(self, request, **kwargs):
        row = self.get_object()
        try:
            course.choose_mode(row, mode=self._other(row), by=request.user)
        except RosterRefused as refusal:
            messages.error(request, str(refusal))
        return redirect("roster-detail", pk=row.pk)


class RosterCheckView(RosterPage):
    template_name = "generic/confirm.html"
    title = "重新检查这个名册？"

    def get(self, request, **kwargs):
        row = self.get_object()
        if not row.may_be_checked_again:
            return redirect("roster-detail", pk=row.pk)
        return self.page(
            consequence="按现在的表头写法和系统里的数据，把上传的文件再检查一遍；还是不写入。",
            rows=[{"label": "文件", "value": row.file_name}],
            submit_label="重新检查",
            cancel_url=reverse("roster-detail", args=[row.pk]),
        )

    def post(self, request, **kwargs):
        row = self.get_object()
        try:
            course.check_again(row, by=request.user)
        except RosterRefused as refusal:
            messages.error(request, str(refusal))
        return redirect("roster-detail", pk=row.pk)


class RosterUndoView(RosterPage):
    template_name = "generic/confirm.html"
    title = "撤销这次导入？"

    def get(self, request, **kwargs):
        row = self.get_object()
        if not row.may_be_undone:
            return redirect("roster-detail", pk=row.pk)
        return self.page(
            consequence=f"将{_what(row, '删除这次新增的', '恢复这次修改的')}。"
            "其中任何一条在导入后又被改过，就整体不撤销，也会告诉您。转入的人和转入申请不随着撤回。",
            rows=[{"label": "文件", "value": row.file_name}, {"label": "写入时间", "value": moment(row.confirmed_at)}],
            submit_label="撤销这次导入",
            danger=True,
            cancel_url=reverse("roster-detail", args=[row.pk]),
        )

    def post(self, request, **kwargs):
        row = self.get_object()
        try:
            course.begin_undoing(row, by=request.user)
        except RosterRefused as refusal:
            messages.error(request, str(refusal))
        return redirect("roster-detail", pk=row.pk)
