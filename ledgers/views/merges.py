"""Pages of duplicates: groups of files that are alike, making one of two, taking that back."""

from django import forms
from django.core.exceptions import ValidationError
from django.http import Http404
from django.urls import reverse

from federation.shared.forms import HouseForm
from federation.shared.numbers import plain_number
from federation.shared.views import ScopedActView, ScopedView, get_in_scope
from ledgers.approvals import APPROVE
from ledgers.duplicates import LIKENESSES, MOST_PAGES, likenesses_of, read_groups, similar_to
from ledgers.merging import KEPT, REMOVED, merge_persons, pairs_of, undo_merge, what_moves, why_not_undone
from ledgers.models import DisabledPerson, DistinctPair, PersonMerge
from ledgers.search import NotSearchable, search
from ledgers.views.persons import list_crumb, person_url

MERGE = PersonMerge.edit_permission
MOST_FOUND = 20
PREFIX = "field-"


def duplicates_crumbs(user) -> list[dict]:
    """The list of files that may be of one person, for whom it is open."""
    return [{"url": reverse("duplicate-list"), "label": "疑似重复"}] if user.has_scope(APPROVE) else []


def as_line(person) -> dict:
    """What a list of files to compare shows of one."""
    return {
        "name": person.name,
        "url": person_url(person),
        "uid": person.uid,
        "born_on": person.born_on,
        "number": str(person.id_number or "未填"),
        "village": person.organisation.label,
    }


class DuplicateListView(ScopedView):
    """Groups of files in scope that may be of one person, by what they have in common."""

    permission = APPROVE
    model = DisabledPerson
    title = "疑似重复的登记表"
    template_name = "ledgers/duplicate_list.html"

    def breadcrumbs(self):
        return [list_crumb()]

    def get(self, request):
        likeness = LIKENESSES.get(request.GET.get("kind", "")) or next(iter(LIKENESSES.values()))
        here = reverse("duplicate-list")
        number = min(max(plain_number(request.GET.get("page")) or 1, 1), MOST_PAGES)
        pairs = DistinctPair.objects.visible_to(request.user, APPROVE)
        page = read_groups(self.get_queryset(), likeness, number, f"{here}?kind={likeness.name}", pairs)
        may_merge, may_say = request.user.has_scope(MERGE), request.user.has_scope(DistinctPair.edit_permission)
        groups = [
            {"lines": [as_line(row) for row in group], "merge": may_merge, "say": may_say} for group in page.groups
        ]
        kinds = [
            {"label": each.label, "url": f"{here}?kind={each.name}", "current": each is likeness}
            for each in LIKENESSES.values()
        ]
        return self.page(groups=groups, kinds=kinds, page=page, likeness=likeness.label)


class MergeForm(HouseForm):
    """One choice a field in which the two files differ, and why they are one person's."""

    def __init__(self, *args, pairs, **kwargs):
        super().__init__(*args, **kwargs)
        for pair in pairs:
            self.fields[PREFIX + pair.name] = forms.ChoiceField(
                label=pair.label,
                choices=[(KEPT, f"第一份：{pair.kept}"), (REMOVED, f"第二份：{pair.removed}")],
                widget=forms.RadioSelect,
                initial=pair.chosen,
            )
        self.fields["reason"] = forms.CharField(
            label="合并原因", max_length=300, help_text="例如：身份证号录错，重复登记。不要写号码"
        )
        for name in ("kept_version", "removed_version"):
            self.fields[name] = forms.IntegerField(widget=forms.HiddenInput)

    def clean(self):
        """The choices together, under the names of the fields."""
        values = super().clean()
        values["choices"] = {name[len(PREFIX) :]: each for name, each in values.items() if name.startswith(PREFIX)}
        return values


class MergeView(ScopedActView):
    """`?with=` names the file that goes; without it, files are offered to choose from."""

    permission = MERGE
    form_class = MergeForm
    submit_label = "合并成一份"
    template_name = "ledgers/merge.html"
    choose_template_name = "ledgers/merge_choose.html"

    def dispatch(self, request, *args, uid, **kwargs):
        self.object = get_in_scope(DisabledPerson.objects, request.user, MERGE, uid=uid)
        self.other = self.named(request.GET.get("with", ""))
        if self.other is None and request.method != "POST":
            return self.choose(request)
        if self.other is None:
            raise Http404("没有说明与哪一份合并")
        return super().dispatch(request, *args, **kwargs)

    def named(self, uid) -> DisabledPerson | None:
        if not uid:
            return None
        try:
            row = DisabledPerson.objects.visible_to(self.request.user, MERGE).filter(uid=uid).first()
        except ValidationError:
            row = None
        if row is None or row.pk == self.object.pk:
            raise Http404("没有这份登记表")
        return row

    def choose(self, request):
        typed = request.GET.get("q", "").strip()[:50]
        found, refusal = [], ""
        if typed:
            rows = DisabledPerson.objects.visible_to(request.user, MERGE).exclude(pk=self.object.pk)
            try:
                found = list(search(rows, typed).select_related("organisation").order_by("name", "id")[:MOST_FOUND])
            except NotSearchable as error:
                refusal = str(error)
        similar = [] if typed else [row for row in similar_to(self.object, request.user) if self.is_mine(row)]
        self.template_name = self.choose_template_name
        return self.page(
            title=f"合并：{self.object.name}",
            this=as_line(self.object),
            lines=[as_line(row) | {"why": "、".join(likenesses_of(self.object, row))} for row in found or similar],
            typed=typed,
            refusal=refusal,
            most=MOST_FOUND,
            back_url=person_url(self.object),
        )

    def is_mine(self, row) -> bool:
        return any(row.org_path.startswith(scope.path) for scope in self.request.user.scopes(MERGE))

    def get_title(self):
        return f"合并：{self.object.name}"

    def breadcrumbs(self):
        return [
            list_crumb(),
            *duplicates_crumbs(self.request.user),
            {"url": person_url(self.object), "label": self.object.name},
        ]

    def form_kwargs(self):
        versions = {"kept_version": self.object.version, "removed_version": self.other.version}
        return super().form_kwargs() | {"pairs": pairs_of(self.object, self.other), "initial": versions}

    def question(self):
        swapped = f"{reverse('person-merge', args=[self.other.uid])}?with={self.object.uid}"
        return {
            "this": as_line(self.object),
            "other": as_line(self.other),
            "moves": what_moves(self.other),
            "swap_url": swapped,
        }

    def act(self, values):
        # As they were when the page was drawn.
        self.object.version, self.other.version = values["kept_version"], values["removed_version"]
        merge_persons(
            kept=self.object,
            removed=self.other,
            choices=values["choices"],
            reason=values["reason"],
            by=self.request.user,
        )
        self.success_message = "已合并成一份。合并错了的，在这一页最下面的“合并记录”里撤销；登记表再改过就不能撤销了。"

    def success_url(self, row):
        return person_url(row)


class MergeUndoView(ScopedActView):
    permission = MERGE
    form_class = HouseForm
    submit_label = "撤销合并"
    success_message = "已撤销合并，两份登记表恢复原样。"

    def dispatch(self, request, *args, uid, **kwargs):
        self.object = get_in_scope(PersonMerge.objects, request.user, MERGE, uid=uid)
        self.person = self.object.person
        return super().dispatch(request, *args, **kwargs)

    def get_title(self):
        return f"撤销合并：{self.person.name}"

    def breadcrumbs(self):
        return [list_crumb(), {"url": person_url(self.person), "label": self.person.name}]

    def get(self, request, **kwargs):
        refusal = why_not_undone(self.object)
        if refusal:
            self.template_name = "ledgers/merge_kept.html"
            return self.page(title=self.get_title(), refusal=refusal, back_url=person_url(self.person))
        return super().get(request, **kwargs)

    def question(self):
        return {"consequence": "被合并的那份登记表连同它的材料恢复原样，这一份也恢复合并以前的内容。"}

    def act(self, values):
        undo_merge(merge=self.object, by=self.request.user)

    def success_url(self, row):
        return person_url(self.person)
