"""Pages on which somebody says that files which are alike are different people's, and takes that back."""

from django import forms
from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.shortcuts import get_object_or_404
from django.urls import reverse

from federation.shared.forms import HouseForm
from federation.shared.views import ScopedActView, get_in_scope
from ledgers.distinct import WHY, say_distinct, take_back_distinct
from ledgers.duplicates import likenesses_of, similar_to
from ledgers.models import DisabledPerson, DistinctPair
from ledgers.views.merges import duplicates_crumbs
from ledgers.views.persons import list_crumb, person_url

EDIT = DistinctPair.edit_permission


class DistinctForm(HouseForm):
    """Which of the files that are alike are somebody else's, and how one knows."""

    others = forms.MultipleChoiceField(
        label="不是同一个人的", widget=forms.CheckboxSelectMultiple, help_text="请先打开核对，再勾选"
    )
    reason = forms.CharField(
        label="为什么不是同一个人",
        max_length=300,
        help_text="例如：同名同日出生，身份证已当面核对。不要写号码",
        error_messages={"required": WHY},
    )

    def __init__(self, *args, choices, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["others"].choices = choices


def _shown(person) -> str:
    return f"{person.name}，{person.organisation.label}，{person.id_number or '没有身份证号'}"


class DistinctSayView(ScopedActView):
    """Of one file: those that are alike, to be marked as other people's. `?with=` marks one beforehand."""

    permission = EDIT
    form_class = DistinctForm
    submit_label = "确认不是同一个人"
    success_message = "已记下，这些登记表不再一起列为疑似重复。说错了的，在登记表的“重复登记”里取消。"

    def dispatch(self, request, *args, uid, **kwargs):
        self.object = get_in_scope(DisabledPerson.objects, request.user, EDIT, uid=uid)
        self.similar = {str(row.uid): row for row in similar_to(self.object, request.user)}
        if not self.similar and request.method != "POST":
            raise Http404("没有相似的登记表")
        return super().dispatch(request, *args, **kwargs)

    def get_title(self):
        return f"与 {self.object.name} 不是同一个人"

    def breadcrumbs(self):
        return [
            list_crumb(),
            *duplicates_crumbs(self.request.user),
            {"url": person_url(self.object), "label": self.object.name},
        ]

    def form_kwargs(self):
        named = self.request.GET.get("with", "")
        only = len(self.similar) == 1
        marked = [uid for uid in self.similar if uid == named or only]
        choices = [(uid, self.in_words(row)) for uid, row in self.similar.items()]
        return super().form_kwargs() | {"choices": choices, "initial": {"others": marked}}

    def in_words(self, row) -> str:
        return f"{_shown(row)}（{'、'.join(likenesses_of(self.object, row))}）"

    def question(self):
        return {
            "consequence": "勾选的登记表与这一份不是同一个人的，以后不再一起列为疑似重复，也不能合并，直到取消认定。",
            "rows": [{"label": "这一份", "value": _shown(self.object)}],
        }

    def act(self, values):
        others = [self.similar[uid] for uid in values["others"]]
        say_distinct(person=self.object, others=others, reason=values["reason"], by=self.request.user)

    def success_url(self, row):
        return person_url(row)


class DistinctUndoView(ScopedActView):
    permission = EDIT
    form_class = HouseForm
    submit_label = "取消认定"
    success_message = "已取消。两份登记表仍然相似的，会再列为疑似重复。"

    def dispatch(self, request, *args, uid, **kwargs):
        pairs = DistinctPair.objects.visible_to(request.user)
        self.object = get_object_or_404(pairs.select_related("lower__organisation", "higher__organisation"), uid=uid)
        self.sides = (self.object.lower, self.object.higher)
        rows = DisabledPerson.objects.visible_to(request.user, EDIT).filter(pk__in=[each.pk for each in self.sides])
        if not rows.exists():
            raise PermissionDenied("您可以查看这两份登记表，但没有修改的权限。")
        return super().dispatch(request, *args, **kwargs)

    def get_title(self):
        return f"取消认定：{self.sides[0].name}"

    def breadcrumbs(self):
        return [list_crumb(), *duplicates_crumbs(self.request.user)]

    def question(self):
        words = zip(("一份", "另一份"), self.sides, strict=True)
        rows = [{"label": word, "value": _shown(each)} for word, each in words]
        return {
            "consequence": f"曾认定不是同一个人（{self.object.reason}）。取消以后，两份登记表又可以合并。",
            "rows": rows,
        }

    def act(self, values):
        take_back_distinct(pair=self.object, by=self.request.user)

    def success_url(self, row):
        return reverse("person-detail", args=[self.sides[0].uid])
