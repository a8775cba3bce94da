"""Pages of the conditions one keeps for the list of persons: list, keep, rename, delete. Only one's own."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.html import format_html
from django.utils.http import urlencode

from federation.shared.forms import HouseForm, HouseModelForm
from federation.shared.numbers import plain_number
from federation.shared.tables import Column
from federation.shared.views import ScopedActView, ScopedCreateView, ScopedListView, ScopedUpdateView
from ledgers.filters import PersonFilter, describe
from ledgers.models import SavedFilter
from ledgers.services import delete_saved_filter
from orgs.models import Organisation


def list_address(conditions: str) -> str:
    return f"{reverse('person-list')}?{conditions}"


def kept_of(user) -> list[dict]:
    """One's saved conditions as links to the list."""
    return [
        {"name": name, "url": list_address(conditions)}
        for name, conditions in SavedFilter.objects.visible_to(user).values_list("name", "conditions")
    ]


class SavedFilterForm(HouseModelForm):
    class Meta:
        model = SavedFilter
        fields = ["name"]

    def clean(self):
        """Names differ, and there are not too many: the page would no longer help to find anything."""
        kept = SavedFilter.objects.visible_to(self.user).exclude(pk=self.instance.pk)
        name = super().clean().get("name")
        if name and kept.filter(name=name).exists():
            self.add_error("name", "您已有一个同名的常用条件，请换一个名称。")
        if self.instance.pk is None and kept.count() >= SavedFilter.LIMIT:
            raise ValidationError(f"最多保存 {SavedFilter.LIMIT} 个常用条件，请先删除不用的。")
        return self.cleaned_data


class SavedFilterPage:
    model = SavedFilter
    permission = "persons.view"

    def breadcrumbs(self):
        crumbs = [{"url": reverse("person-list"), "label": "残疾人登记"}]
        if not isinstance(self, SavedFilterListView):
            crumbs.append({"url": reverse("saved-filter-list"), "label": "常用条件"})
        return crumbs

    def success_url(self, row):
        return reverse("saved-filter-list")


class SavedFilterListView(SavedFilterPage, ScopedListView):
    title = "常用查找条件"
    ordering = ("name",)
    columns = [
        Column("name", "名称", sort="name", link=lambda row: list_address(row.conditions)),
        Column("words", "条件"),
        Column("change", "改名", value=lambda row: row.links[0]),
        Column("remove", "删除", value=lambda row: row.links[1]),
    ]

    def prepare(self, rows):
        given = [QueryDict(row.conditions) for row in rows]
        wanted = [plain_number(each.get("area")) for each in given]
        seen = Organisation.objects.visible_to(self.request.user, self.permission).filter(pk__in=filter(None, wanted))
        areas = {str(pk): name for pk, name in seen.values_list("pk", "name")}
        for row, each in zip(rows, given, strict=True):
            row.words = describe(each, areas)
            row.links = [
                format_html(
                    '<a href="{}">{}<span class="hide">：{}</span></a>', reverse(page, args=[row.pk]), word, row.name
                )
                for page, word in (("saved-filter-edit", "改名"), ("saved-filter-delete", "删除"))
            ]


class SavedFilterCreateView(SavedFilterPage, ScopedCreateView):
    """The address carries the conditions, as the list had them."""

    title = "保存为常用条件"
    form_class = SavedFilterForm
    success_message = "已保存，以后在残疾人登记的列表上一点就能用。"

    def dispatch(self, request, *args, **kwargs):
        chosen = PersonFilter(request.GET, request=request)
        self.conditions = urlencode(chosen.given()) if chosen.form.is_valid() else ""
        if not self.conditions or len(self.conditions) > SavedFilter._meta.get_field("conditions").max_length:
            messages.error(request, "没有可以保存的条件。请先在列表上选好条件，再点“保存这些条件”。")
            return redirect("person-list")
        self.words = "、".join(f"{chip['label']}：{chip['word']}" for chip in chosen.chips() if chip["name"] != "q")
        return super().dispatch(request, *args, **kwargs)

    def initial_instance(self):
        return SavedFilter(user=self.request.user, conditions=self.conditions)

    def show(self, form, status=200, **context):
        note = "姓名和号码不会保存。" if self.request.GET.get("q") else ""
        return super().show(form, status, lead=f"条件：{self.words or '按所选的顺序排列'}。{note}", **context)

    def cancel_url(self):
        return list_address(self.conditions)

    def success_url(self, row):
        return list_address(self.conditions)


class SavedFilterUpdateView(SavedFilterPage, ScopedUpdateView):
    title = "给常用条件改名"
    form_class = SavedFilterForm
    success_message = "已改名。"


class SavedFilterDeleteView(SavedFilterPage, ScopedActView):
    form_class = HouseForm
    submit_label = "删除"
    success_message = "已删除。"

    def dispatch(self, request, *args, **kwargs):
        self.object = get_object_or_404(self.model.objects.visible_to(request.user, self.permission), pk=kwargs["pk"])
        return super().dispatch(request, *args, **kwargs)

    def get_title(self):
        return f"删除常用条件“{self.object.name}”"

    def question(self):
        return {"consequence": "只删除这一组查找条件，残疾人的登记不受影响。", "danger": True}

    def act(self, values):
        delete_saved_filter(kept=self.object, by=self.request.user)
