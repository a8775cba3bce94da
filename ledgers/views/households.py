"""Pages of households: list with 一户多残 and 老残一体, one household, its people."""

import django_filters
from django import forms
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html_join

from federation.shared.export_kinds import Sensitivity
from federation.shared.forms import HouseForm, HouseModelForm
from federation.shared.list_exports import ListExport
from federation.shared.masking import mask_address
from federation.shared.tables import Column
from federation.shared.templatetags.ui import cn_date, tag
from federation.shared.views import (
    ScopedActView,
    ScopedDetailView,
    ScopedListView,
    ScopedUpdateView,
    Section,
    get_in_scope,
)
from ledgers.households import (
    add_members,
    change_household,
    create_household,
    remove_member,
    suggestions_for,
    with_counts,
)
from ledgers.models import DisabledPerson, Household
from ledgers.querysets import STILL_REGISTERED
from ledgers.views.persons import list_crumb, person_url, state_tags
from orgs.areas import area_choices, chosen_area, labels_above
from orgs.models import Organisation

VIEW, EDIT = Household.view_permission, Household.edit_permission
KINDS = [("several", "一户多残"), ("elderly", "老残一体")]
MOST_OFFERED = 30


def household_url(household) -> str:
    return reverse("household-detail", args=[household.uid])


def households_crumb() -> dict:
    return {"url": reverse("household-list"), "label": "残疾人家庭"}


def kind_tags(row) -> str:
    """What the household is, from its counts (see with_counts); "" for neither."""
    tags = [tag("info", "一户多残")] if row.disabled >= 2 else []
    if row.disabled and row.is_elderly:
        tags.append(tag("warn", "老残一体"))
    return format_html_join(" ", "{}", ((each,) for each in tags))


def people_of(user, permission=VIEW):
    return DisabledPerson.objects.visible_to(user, permission)


class HouseholdFilter(django_filters.FilterSet):
    area = django_filters.ChoiceFilter(method="by_area", label="范围", empty_label="全部", choices=())
    kind = django_filters.ChoiceFilter(method="by_kind", label="情况", empty_label="全部", choices=KINDS)

    class Meta:
        model = Household
        form = HouseForm
        fields: list[str] = []

    def __init__(self, data, *args, **kwargs):
        super().__init__(data, *args, **kwargs)
        chosen = str((data or {}).get("area") or "")
        self.at = chosen_area(self.request.user, VIEW, chosen)
        choices = area_choices(self.request.user, VIEW, chosen)
        if self.at is not None and str(self.at.pk) not in dict(choices):
            choices.append((str(self.at.pk), self.at.label))
        self.filters["area"].extra["choices"] = choices

    def by_area(self, queryset, name, value):
        return queryset.under(self.at.path) if self.at is not None else queryset.none()

    def by_kind(self, queryset, name, value):
        return (
            queryset.filter(disabled__gte=2)
            if value == "several"
            else queryset.filter(disabled__gte=1, is_elderly=True)
        )


class HouseholdListView(ScopedListView):
    permission = VIEW
    model = Household
    title = "残疾人家庭"
    filterset_class = HouseholdFilter
    ordering = ("org_path", "number")
    counts_rows = 10_000
    exports = (
        ListExport(
            "households", "household-list", Sensitivity.PERSONAL,
            ("place", "number", "disabled", "size", "elderly", "kind", "address", "remark"), "persons.reveal",
        ),
    )  # fmt: skip
    columns = [
        Column("number", "户号", value=str, link=household_url, sort="number"),
        Column("place", "村（社区）", sort="org_path"),
        Column("disabled", "残疾人数", numeric=True),
        Column("size", "家庭人口", value=lambda row: row.size, numeric=True),
        Column("elderly", "60 岁及以上", value=lambda row: row.elderly, numeric=True),
        Column("kind", "情况", value=lambda row: row.kinds),
    ]

    def get_queryset(self):
        # A household everybody has left keeps its number and is shown no more.
        return with_counts(super().get_queryset(), timezone.localdate()).filter(linked__gt=0)

    def prepare(self, rows):
        labels = labels_above(rows, lambda row: row.org_path)
        for row in rows:
            above = labels.get(row.org_path[: -Organisation.steplen], "")
            row.place = f"{above} {labels.get(row.org_path, '')}".strip()
            row.kinds = kind_tags(row)

    def breadcrumbs(self):
        return [list_crumb()]


class HouseholdDetailView(ScopedDetailView):
    permission = VIEW
    model = Household
    lookup = "uid"
    template_name = "ledgers/household_detail.html"

    def get_queryset(self):
        return with_counts(super().get_queryset().select_related("organisation"), timezone.localdate())

    def get_title(self):
        return f"{self.object.organisation.label} {self.object}"

    def breadcrumbs(self):
        return [list_crumb(), households_crumb()]

    def may_edit(self) -> bool:
        return Household.objects.visible_to(self.request.user, EDIT).filter(pk=self.object.pk).exists()

    def sections(self, row):
        whole = self.request.user.has_scope(DisabledPerson.reveal_permission)
        rows = [
            {"label": "村（社区）", "value": row.organisation.label},
            {"label": "住址", "value": row.address if whole else mask_address(row.address)},
            {"label": "家庭人口", "value": f"{row.size} 人" if row.size else ""},
            {"label": "60 岁及以上人数", "value": "" if row.elderly is None else f"{row.elderly} 人"},
            {"label": "残疾人数", "value": f"{row.disabled} 人"},
            {"label": "情况", "value": kind_tags(row) or "不属于一户多残或老残一体"},
            {"label": "备注", "value": row.remark},
        ]
        return [Section("这一户", rows)]

    def actions(self, row):
        if not self.may_edit():
            return []
        return [
            {"url": reverse("household-members", args=[row.uid]), "label": "加入成员", "kind": "primary"},
            {"url": reverse("household-edit", args=[row.uid]), "label": "修改", "kind": ""},
        ]

    def extra(self, row):
        members = people_of(self.request.user).filter(household=row).order_by("born_on", "id")
        editable = self.may_edit()
        return {
            "members": [
                {
                    "name": member.name,
                    "url": person_url(member),
                    "born_on": cn_date(member.born_on),
                    "category": member.get_category_display(),
                    "relation": member.guardian_relation,
                    "state": state_tags(member),
                    "leave_url": reverse("household-leave", args=[member.uid]) if editable else "",
                }
                for member in members
            ]
        }


# --- filling in -----------------------------------------------------------------------------------


class MembersForm(HouseForm):
    """People of the village who may live here; ticked, they are added."""

    members = forms.MultipleChoiceField(
        label="一起生活的残疾人", widget=forms.CheckboxSelectMultiple, required=False, help_text="勾选住在同一户的人"
    )

    def __init__(self, *args, offered=(), **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["members"].choices = [(str(row.pk), words) for row, words in offered]
        if not offered:
            self.fields["members"].help_text = "没有现住址或监护人电话相同、还不在别的户里的人"

    def clean_members(self):
        return [int(pk) for pk in self.cleaned_data["members"]]


class StartForm(MembersForm):
    address = forms.CharField(label="住址", max_length=200, required=False)
    size = forms.IntegerField(label="家庭人口", min_value=1, max_value=50, required=False, help_text="人")
    elderly = forms.IntegerField(
        label="60 岁及以上人数", min_value=0, max_value=50, required=False, help_text="人，含残疾人本人"
    )
    remark = forms.CharField(label="备注", max_length=300, required=False)

    field_order = ["address", "size", "elderly", "remark", "members"]

    def clean(self):
        values = super().clean()
        _check_size(self, values)
        return values


def _check_size(form, values):
    size, elderly = values.get("size"), values.get("elderly")
    if size is not None and elderly is not None and elderly > size:
        form.add_error("elderly", f"60 岁及以上人数 {elderly} 多于家庭人口 {size}，请核对。")


class HouseholdForm(HouseModelForm):
    class Meta:
        model = Household
        fields = ["address", "size", "elderly", "remark"]

    def clean(self):
        values = super().clean()
        _check_size(self, values)
        return values


def offered_to(anchor, members, user, typed="") -> list[tuple[DisabledPerson, str]]:
    """[(person, words)] of who may live with `members`: same address or guardian's phone, or found by name."""
    visible = people_of(user, EDIT).exclude(pk__in=[member.pk for member in members])
    if typed:
        rows = visible.filter(
            STILL_REGISTERED, organisation=anchor.organisation_id, household=None, name__contains=typed
        )
    else:
        rows = suggestions_for(anchor, members, visible)
    addresses = {member.current_address for member in members} | {getattr(anchor, "address", "")}
    offered = []
    for row in rows.order_by("name", "id")[:MOST_OFFERED]:
        why = (
            "现住址相同"
            if row.current_address and row.current_address in addresses
            else ""
            if typed
            else "监护人电话相同"
        )
        words = [row.name, f"{row.born_on.year} 年生" if row.born_on else "", row.get_category_display(), why]
        offered.append((row, "，".join(filter(None, words))))
    return offered


class HouseholdStartView(ScopedActView):
    """建立家庭户, from the page of one of its people."""

    permission = EDIT
    form_class = StartForm
    submit_label = "建立家庭户"
    success_message = "已建立家庭户。"

    def dispatch(self, request, *args, uid, **kwargs):
        self.object = get_in_scope(DisabledPerson.objects, request.user, EDIT, uid=uid)
        return super().dispatch(request, *args, **kwargs)

    def get_title(self):
        return f"建立家庭户：{self.object.name}"

    def breadcrumbs(self):
        return [list_crumb(), {"url": person_url(self.object), "label": self.object.name}]

    def form_kwargs(self):
        person = self.object
        initial = {"address": person.current_address, "size": person.household_size}
        return super().form_kwargs() | {"offered": offered_to(person, [person], self.request.user), "initial": initial}

    def question(self):
        return {"consequence": "家庭残疾人数和老残一体按这一户自动计算，写进每个成员的登记表。"}

    def act(self, values):
        self.household = create_household(
            first=self.object, others=values.pop("members"), by=self.request.user, **values
        )

    def success_url(self, row):
        return household_url(self.household)

    def cancel_url(self):
        return person_url(self.object)


class HouseholdUpdateView(ScopedUpdateView):
    permission = EDIT
    model = Household
    lookup = "uid"
    form_class = HouseholdForm

    def get_title(self):
        return f"修改 {self.object}"

    def breadcrumbs(self):
        return [list_crumb(), households_crumb(), {"url": household_url(self.object), "label": str(self.object)}]

    def update(self, form):
        row = form.save(commit=False)
        return change_household(household=row, expected_version=self.submitted_version(), by=self.request.user)

    def success_url(self, row):
        return household_url(row)


class HouseholdMembersView(ScopedActView):
    permission = EDIT
    form_class = MembersForm
    template_name = "ledgers/household_members.html"
    submit_label = "加入这一户"

    def dispatch(self, request, *args, uid, **kwargs):
        self.object = get_in_scope(Household.objects, request.user, EDIT, uid=uid)
        self.typed = request.GET.get("q", "").replace("\0", "").strip()[:50]
        return super().dispatch(request, *args, **kwargs)

    def get_title(self):
        return f"加入成员：{self.object}"

    def breadcrumbs(self):
        return [list_crumb(), households_crumb(), {"url": household_url(self.object), "label": str(self.object)}]

    def form_kwargs(self):
        members = list(people_of(self.request.user).filter(household=self.object))
        return super().form_kwargs() | {"offered": offered_to(self.object, members, self.request.user, self.typed)}

    def question(self):
        return {"typed": self.typed}

    def act(self, values):
        add_members(household=self.object, persons=values["members"], by=self.request.user)
        self.success_message = f"已加入 {len(values['members'])} 人。"

    def success_url(self, row):
        return household_url(row)


class HouseholdLeaveView(ScopedActView):
    permission = EDIT
    form_class = HouseForm
    submit_label = "移出这一户"
    success_message = "已移出，其余成员的家庭残疾人数已重新计算。"

    def dispatch(self, request, *args, uid, **kwargs):
        self.object = get_in_scope(DisabledPerson.objects, request.user, EDIT, uid=uid)
        return super().dispatch(request, *args, **kwargs)

    def get_title(self):
        return f"移出家庭户：{self.object.name}"

    def breadcrumbs(self):
        return [list_crumb(), {"url": person_url(self.object), "label": self.object.name}]

    def question(self):
        return {"consequence": f"{self.object.name} 不再与这一户一起计算；登记表本身不变。"}

    def act(self, values):
        remove_member(person=self.object, by=self.request.user)

    def success_url(self, row):
        return person_url(row)
