"""Asking for a list as a file: the form, and the file of a list that is given at once."""

from django import forms
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.functional import cached_property

from federation.shared.export_at_once import give_at_once
from federation.shared.export_kinds import (
    criteria_of,
    export_kind,
    is_given_at_once,
    may_take_whole,
    needs_second_person,
)
from federation.shared.exports import NOTHING, PRESETS, areas_of, ask_for, who_may_answer
from federation.shared.forms import HouseForm
from federation.shared.models.exports import ExportFile
from federation.shared.views import ScopedFormView, ScopedView, add_refusal

# Leads what the form chose, in an address beside the criteria of the list.
WANTED = "file-"


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
        help_text=(
            "平时号码只显示头尾几位，住址只到村（社区），自己填写的健康情况不显示。要完整的，须由另一个人同意。"
        ),
    )
    purpose = forms.CharField(
        label="用途",
        min_length=4,
        max_length=200,
        help_text="写明做什么用，例如：核对 2026 年护理补贴发放。用途会印在文件里，并登记备查。",
        error_messages={"min_length": "用途至少写 4 个字，写明做什么用。"},
    )

    def __init__(self, *args, kind, areas, may_take_whole, at_once, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["area"].choices = [(str(body.pk), str(body)) for body in areas]
        if len(areas) == 1:
            del self.fields["area"]
        if not kind.has_choice_of_columns:
            del self.fields["preset"]
        if not may_take_whole:
            del self.fields["whole"]
        if at_once:
            del self.fields["purpose"]


class OfList:
    """What the pages about one list share: the kind, the criteria, over which bodies the reader may take it out."""

    permission = ExportFile.view_permission
    model = ExportFile

    def dispatch(self, request, *args, **kwargs):
        if not hasattr(self, request.method.lower()):
            return self.http_method_not_allowed(request)
        self.kind = export_kind(kwargs["kind"])
        if self.kind is None:
            raise Http404
        self.criteria = criteria_of(request)
        self.areas = list(areas_of(self.kind, request.user, self.criteria))
        if not self.areas or not request.user.has_scope(self.kind.permission):
            raise PermissionDenied("您的账号不能下载这份名单。需要时请向县残联管理员申请。")
        return super().dispatch(request, *args, **kwargs)

    def count(self) -> int:
        return sum(self.kind.rows(self.request.user, area, self.criteria).count() for area in self.areas)

    def area(self, chosen: str):
        return next((body for body in self.areas if str(body.pk) == chosen), self.areas[0])


class ExportAskView(OfList, ScopedFormView):
    title = "下载名单"
    template_name = "exports/ask.html"
    form_class = AskForm

    @cached_property
    def rows(self) -> int:
        return self.count()

    @property
    def at_once(self) -> bool:
        return is_given_at_once(self.kind, self.rows)

    @property
    def answers_once(self) -> bool:
        return not self.at_once

    @property
    def submit_label(self):
        return "下载" if self.at_once else "申请下载"

    def get_form(self, instance=None):
        data = self.request.POST if self.request.method == "POST" else None
        given = {"kind": self.kind, "areas": self.areas, "at_once": self.at_once}
        whole = may_take_whole(self.kind, self.request.user)
        return self.form_class(data, may_take_whole=whole, **given, **self.form_kwargs())

    def get_title(self):
        return f"下载名单：{self.kind.label}"

    def show(self, form, status=200, **context):
        return super().show(
            form,
            status,
            count=self.rows,
            words=self.kind.words(self.request.user, self.criteria, True),
            waits=needs_second_person(self.kind, self.rows, whole=False),
            at_once=self.at_once,
            answerers=who_may_answer(self.request.user, self.areas[0]),
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
        if self.at_once:
            return self.give(form, chosen)
        area = self.area(chosen.get("area", ""))
        try:
            export = ask_for(
                kind=self.kind,
                by=request.user,
                area=area,
                criteria=self.criteria,
                file_format=chosen["format"],
                preset=chosen.get("preset", "all"),
                whole=chosen.get("whole", False),
                purpose=chosen["purpose"],
            )
        except ValidationError as refusal:
            add_refusal(form, refusal)
            return self.show(form)
        return redirect("export-detail", pk=export.pk)

    def give(self, form, chosen):
        """The file has an address of its own: asked for twice, the form answers the same twice."""
        if not self.rows:
            form.add_error(None, NOTHING)
            return self.show(form)
        asked = self.criteria.copy()
        asked.update({f"{WANTED}{name}": value for name, value in chosen.items() if value})
        return redirect(f"{reverse('export-now', args=[self.kind.name])}?{asked.urlencode()}")


class ExportNowView(OfList, ScopedView):
    """A list without personal data, at once."""

    def get(self, request, kind):
        wanted = {name: self.criteria.pop(f"{WANTED}{name}", [""])[-1] for name in ("format", "preset", "area")}
        if not is_given_at_once(self.kind, self.count()):
            return redirect(f"{reverse('export-ask', args=[kind])}?{self.criteria.urlencode()}")
        return give_at_once(
            kind=self.kind,
            by=request.user,
            area=self.area(wanted["area"]),
            criteria=self.criteria,
            file_format="csv" if wanted["format"] == "csv" else "xlsx",
            preset="usual" if wanted["preset"] == "usual" else "all",
        )
