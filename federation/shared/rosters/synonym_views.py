"""Pages of the words for headings: every column of a roster with its words, adding one, deleting one."""

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db import transaction
from django.shortcuts import redirect
from django.urls import reverse

from federation.shared.forms import HouseForm
from federation.shared.models.rosters import RosterImport, RosterSynonym
from federation.shared.numbers import plain_number
from federation.shared.rosters.registry import all_rosters, roster_of
from federation.shared.rosters.synonyms import add_synonym, delete_synonym
from federation.shared.views import ScopedActView, ScopedFormView, ScopedView, add_refusal

PERMISSION = "rosters.synonyms"


def _address(kind: str) -> str:
    return f"{reverse('roster-synonyms')}?kind={kind}"


class SynonymForm(HouseForm):
    column = forms.ChoiceField(label="是哪个名册的哪一列", error_messages={"required": "请选择一列。"})
    word = forms.CharField(
        label="表头写法",
        max_length=50,
        help_text="照表里的样子填写；空格、全角和括号的差别不影响",
        error_messages={"required": "请填写表头的写法。"},
    )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        groups = [
            (roster.title, [(f"{roster.kind}.{column.field}", column.heading) for column in roster.columns])
            for roster in all_rosters()
        ]
        self.fields["column"].choices = [("", "请选择"), *groups]


class SynonymListView(ScopedView):
    permission = PERMISSION
    title = "表头写法"
    template_name = "rosters/synonyms.html"

    def breadcrumbs(self):
        return [{"url": reverse("roster-list"), "label": "名册导入"}]

    def get(self, request):
        rosters = all_rosters()
        roster = roster_of(request.GET.get("kind", "")) or rosters[-1]
        added: dict[str, list] = {}
        for synonym in RosterSynonym.objects.filter(kind=roster.kind):
            added.setdefault(synonym.field, []).append(synonym)
        tabs = [{"label": each.title, "url": _address(each.kind), "here": each is roster} for each in rosters]
        rows = [
            {"column": column, "built_in": "、".join(column.synonyms), "added": added.get(column.field, [])}
            for column in roster.columns
        ]
        actions = [{"url": f"{reverse('roster-synonym-add')}?kind={roster.kind}", "label": "加写法", "kind": "primary"}]
        return self.page(roster=roster, tabs=tabs, rows=rows, actions=actions)


class SynonymAddView(ScopedFormView):
    permission = PERMISSION
    title = "加表头写法"
    success_message = "已加。以后上传的名册认得这个写法；已经检查过的名册，请在它的页面上按“重新检查”。"
    form_class = SynonymForm

    def breadcrumbs(self):
        return [{"url": reverse("roster-synonyms"), "label": "表头写法"}]

    def get_form(self, instance=None):
        data = self.request.POST if self.request.method == "POST" else None
        return self.form_class(data, initial=self._asked(), **self.form_kwargs())

    def _asked(self) -> dict:
        """What the link says: a roster, or a heading that an import did not know. Headings stay out of addresses."""
        roster_import = self._roster_import()
        if roster_import is None:
            return {}
        number = plain_number(self.request.GET.get("heading"))
        unknown = roster_import.report.get("unknown", [])
        if number is None or number >= len(unknown):
            return {}
        word, near = unknown[number]
        roster = roster_of(roster_import.kind)
        column = next((each for each in roster.columns if each.heading == near), None) if roster else None
        return {"word": word, "column": f"{roster_import.kind}.{column.field}" if column else ""}

    def _roster_import(self):
        rows = RosterImport.objects.visible_to(self.request.user, "rosters.import")
        return rows.filter(pk=plain_number(self.request.GET.get("import"))).first()

    def cancel_url(self):
        return _address(self.request.GET.get("kind", ""))

    def get(self, request):
        return self.show(self.get_form())

    def post(self, request):
        form = self.get_form()
        if not form.is_valid():
            return self.show(form)
        kind, _, field = form.cleaned_data["column"].partition(".")
        try:
            with transaction.atomic():
                add_synonym(roster=roster_of(kind), field=field, word=form.cleaned_data["word"], by=request.user)
        except ValidationError as refusal:
            add_refusal(form, refusal)
            return self.show(form)
        messages.success(request, self.success_message)
        roster_import = self._roster_import()
        return redirect("roster-detail", pk=roster_import.pk) if roster_import else redirect(_address(kind))


class SynonymDeleteView(ScopedActView):
    """The address names the word by its number; without one there is nothing to ask about."""

    permission = PERMISSION
    form_class = HouseForm
    submit_label = "删除"
    success_message = "已删除。以后上传的名册不再认这个写法。"

    def dispatch(self, request, *args, **kwargs):
        self.object = RosterSynonym.objects.filter(pk=plain_number(request.GET.get("word"))).first()
        if self.object is None:
            return redirect("roster-synonyms")
        return super().dispatch(request, *args, **kwargs)

    def get_title(self):
        return f"删除表头写法“{self.object.word}”？"

    def breadcrumbs(self):
        return [{"url": reverse("roster-synonyms"), "label": "表头写法"}]

    def get_form(self, instance=None):
        return self.form_class(self.request.POST if self.request.method == "POST" else None, **self.form_kwargs())

    def question(self):
        return {"consequence": "以后名册里的这一列又不认得了，不会读入；已经写入的数据不受影响。"}

    def success_url(self, row):
        return _address(row.kind)

    def act(self, values):
        delete_synonym(synonym=self.object, by=self.request.user)
