"""Whom each committee member looks after, and when they were visited last."""

import datetime

from django.db.models import Count, Min, Q
from django.db.models.functions import Coalesce
from django.http import Http404
from django.urls import reverse
from django.utils import timezone

from federation.shared.export_kinds import Sensitivity
from federation.shared.list_exports import BLOCK, ListExport, Shown
from federation.shared.tables import Column, Table
from federation.shared.templatetags.ui import tag
from federation.shared.views import ScopedListView
from ledgers.models import DisabledPerson
from ledgers.views.persons import list_crumb, person_url
from orgs.models import Worker

# Before anybody was born: where nothing is known, the list begins with it.
NEVER = datetime.date(1800, 1, 1)
MOST_MEMBERS = 1000


def in_charge(user):
    return DisabledPerson.objects.visible_to(user, DisabledPerson.edit_permission).still_registered()


def this_year() -> Q:
    """Visited in the year that is assessed (入户走访率 counts from 1 January)."""
    return Q(last_visited_on__gte=timezone.localdate().replace(month=1, day=1))


class InChargeListView(ScopedListView):
    """Everybody who is in charge of somebody in the reader's area, in one grouped question."""

    permission = DisabledPerson.edit_permission
    model = DisabledPerson
    title = "专职委员负责的残疾人"
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
            table=table, filter_form=None, page=None, actions=self.take_out(), lead="按姓名打开，看每个人最近一次走访。"
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
