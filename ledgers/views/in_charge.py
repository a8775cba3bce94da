"""Whom each committee member looks after, and when they were visited last."""

import datetime

from django import forms
from django.db.models import Count, Min, Q
from django.db.models.functions import Coalesce
from django.http import Http404
from django.urls import reverse
from django.utils import timezone

from federation.shared.export_kinds import Sensitivity
from federation.shared.forms import HouseForm
from federation.shared.list_exports import BLOCK, ListExport, Shown
from federation.shared.tables import Column, Table
from federation.shared.templatetags.ui import tag
from federation.shared.views import ScopedActView, ScopedListView, get_in_scope
from ledgers.approvals import APPROVE, may_approve
from ledgers.in_charge import assign_people, members_for, people_at
from ledgers.models import DisabledPerson
from ledgers.views.persons import list_crumb, person_url
from orgs.areas import labels_above
from orgs.models import Organisation, Worker

# Before anybody was born: where nothing is known, the list begins with it.
NEVER = datetime.date(1800, 1, 1)
MOST_MEMBERS = 1000
# Of the bodies with people in nobody's charge, those with the most of them.
MOST_BODIES = 30


def in_charge(user):
    return DisabledPerson.objects.visible_to(user, DisabledPerson.edit_permission).still_registered()


def this_year() -> Q:
    """Visited in the year that is assessed (入户走访率 counts from 1 January)."""
    return Q(last_visited_on__gte=timezone.localdate().replace(month=1, day=1))


def unassigned_by_body(user) -> list[dict]:
    """[{body, count, url}] of the bodies with people in nobody's charge, the most first."""

    def numbers(rows) -> dict[str, int]:
        return dict(rows.order_by().values_list("org_path").annotate(number=Count("pk")))

    # All of them an index knows, and those who are in charge are found by theirs: nobody's is what remains.
    everybody, cared_for = numbers(in_charge(user)), numbers(in_charge(user).filter(member_in_charge__isnull=False))
    left = {path: number - cared_for.get(path, 0) for path, number in everybody.items()}
    most = sorted((path for path in left if left[path]), key=lambda path: (-left[path], path))[:MOST_BODIES]
    bodies = {body.path: body for body in Organisation.objects.visible_to(user).filter(path__in=most)}
    labels = labels_above(most, lambda path: path)
    return [
        {
            "body": f"{labels.get(path[: -Organisation.steplen], '')} {labels.get(path, '')}".strip(),
            "count": left[path],
            "url": reverse("in-charge-assign", args=[bodies[path].pk])
            if path in bodies and may_approve(user, path)
            else "",
        }
        for path in most
    ]


class InChargeListView(ScopedListView):
    """Everybody who is in charge of somebody in the reader's area, in one grouped question."""

    permission = DisabledPerson.edit_permission
    model = DisabledPerson
    title = "专职委员负责的残疾人"
    template_name = "ledgers/in_charge_list.html"
    ordering = ("member_in_charge__name",)
    exports = (
        ListExport(
            "in-charge", "in-charge-list", Sensitivity.OFFICE,
            ("member", "people", "visited", "never", Shown("最久没有走访", lambda row: row["oldest"], "date")),
        ),
    )  # fmt: skip
    columns = [
        Column(
            "member", "专职委员", value=lambda row: row["member_in_charge__name"],
            link=lambda row: reverse("in-charge-detail", args=[row["member_in_charge"]]),
        ),
        Column("people", "负责人数", value=lambda row: row["people"], numeric=True),
        Column("visited", "今年已走访", value=lambda row: row["visited"], numeric=True),
        Column("never", "没有走访记录", value=lambda row: row["never"], numeric=True),
        Column("oldest", "最久没有走访", value=lambda row: row["oldest"]),
    ]  # fmt: skip

    def get(self, request):
        rows = self.rows_wanted().order_by(*self.ordering)
        empty = "您负责的范围内还没有写明由哪位专职委员负责的登记表。"
        table = Table(self.title, self.columns, list(rows[:MOST_MEMBERS]), request=request, empty_text=empty)
        return self.page(
            table=table,
            filter_form=None,
            page=None,
            actions=self.take_out(),
            lead="按姓名打开，看每个人最近一次走访。",
            unassigned=unassigned_by_body(request.user),
            most=MOST_BODIES,
        )

    def rows_wanted(self):
        people = in_charge(self.request.user).filter(member_in_charge__isnull=False)
        return people.values("member_in_charge", "member_in_charge__name").annotate(
            people=Count("pk"),
            visited=Count("pk", filter=this_year()),
            never=Count("pk", filter=Q(last_visited_on=None)),
            oldest=Min("last_visited_on"),
        )

    def each_row(self, queryset):
        return queryset.order_by(*self.ordering, "member_in_charge").iterator(chunk_size=BLOCK)

    def breadcrumbs(self):
        return [list_crumb()]


def since(row) -> str:
    if row.last_visited_on is None:
        return "没有走访记录"
    return f"{(timezone.localdate() - row.last_visited_on).days} 天"


def year_tag(row) -> str:
    visited = row.last_visited_on and row.last_visited_on.year >= timezone.localdate().year
    return tag("ok", "今年已走访") if visited else tag("warn", "今年还没有走访")


class InChargeDetailView(ScopedListView):
    permission = DisabledPerson.edit_permission
    model = DisabledPerson
    ordering = ("visited", "name")
    columns = [
        Column("name", "姓名", link=person_url, sort="name"),
        Column("village", "村（社区）", value=lambda row: row.organisation.label),
        Column("last_visited_on", "最近走访日期", value=lambda row: row.last_visited_on, sort="visited"),
        Column("days", "距今", value=since),
        Column("year", "今年", value=year_tag),
    ]

    def get(self, request, pk):
        self.people = in_charge(request.user).filter(member_in_charge=pk)
        if not self.people.exists():
            raise Http404("您负责的范围内没有由这位专职委员负责的人")
        self.title = f"{Worker.objects.get(pk=pk).name} 负责的残疾人"
        return super().get(request)

    def get_queryset(self):
        return self.people.select_related("organisation").annotate(visited=Coalesce("last_visited_on", NEVER))

    def breadcrumbs(self):
        return [list_crumb(), {"url": reverse("in-charge-list"), "label": InChargeListView.title}]


class AssignForm(HouseForm):
    worker = forms.ChoiceField(label="由哪位专职委员负责", widget=forms.RadioSelect)
    whom = forms.ChoiceField(label="哪些人", widget=forms.RadioSelect, initial="unassigned")

    def __init__(self, *args, members, unassigned, everybody, **kwargs):
        super().__init__(*args, **kwargs)
        self.workers = {str(each.worker_id): each.worker for each in members}
        self.fields["worker"].choices = [
            (str(each.worker_id), f"{each.worker.name}（{each.organisation.label}）") for each in members
        ]
        self.fields["whom"].choices = [
            ("unassigned", f"还没有负责人的 {unassigned} 人"),
            ("all", f"在册的全部 {everybody} 人，原来由别人负责的也改"),
        ]
        if len(members) == 1:
            self.initial["worker"] = str(members[0].worker_id)
        if not members:
            self.fields["worker"].help_text = "这个村（社区）和上级乡镇现在没有在任的专职委员，请先登记任职"

    def clean_worker(self):
        return self.workers[self.cleaned_data["worker"]]


class InChargeAssignView(ScopedActView):
    """The people registered at one body, put in a member's charge at once instead of form by form."""

    permission = APPROVE
    form_class = AssignForm
    submit_label = "分派"

    def dispatch(self, request, *args, pk, **kwargs):
        self.object = get_in_scope(Organisation.objects, request.user, self.permission, pk=pk)
        return super().dispatch(request, *args, **kwargs)

    def form_kwargs(self):
        people = people_at(self.object, self.request.user)
        return super().form_kwargs() | {
            "members": list(members_for(self.object, self.request.user)),
            "unassigned": people.filter(member_in_charge=None).count(),
            "everybody": people.count(),
        }

    def get_title(self):
        return f"{self.object.label}：分派负责的专职委员"

    def breadcrumbs(self):
        return [list_crumb(), {"url": reverse("in-charge-list"), "label": InChargeListView.title}]

    def question(self):
        return {"consequence": "选中的人的登记表都写上这位专职委员，每一份都留下修改记录；审核状态不变。"}

    def act(self, values):
        only_unassigned = values["whom"] == "unassigned"
        number = assign_people(
            body=self.object, worker=values["worker"], only_unassigned=only_unassigned, by=self.request.user
        )
        self.success_message = f"已分派 {number} 人，由{values['worker'].name}负责。"

    def success_url(self, row):
        return reverse("in-charge-list")
