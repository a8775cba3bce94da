"""The board of vacancies: which body lacks whom, since when, and how many each area lacks."""

import itertools

from django.urls import reverse
from django.utils import timezone

from federation.shared.export_kinds import Sensitivity
from federation.shared.list_exports import BLOCK, ListExport, Shown
from federation.shared.tables import Column, Page, Table
from federation.shared.templatetags.ui import cn_date
from federation.shared.views import ScopedListView
from orgs.areas import labels_above
from orgs.filters import VacancyFilter
from orgs.models import Deputyship, Organisation
from orgs.open_vacancies import bodies_with_vacancies, count_vacancies, vacancies_of
from orgs.vacancy_areas import AreaVacancies, vacancies_by_area
from orgs.views.pages import organisation_url


class VacancyListView(ScopedListView):
    """Bodies with vacant posts in the order of the tree, one row a vacancy; a page holds whole bodies."""

    permission = "members.view"
    model = Organisation
    title = "岗位空缺"
    filterset_class = VacancyFilter
    ordering = ("path",)
    exports = (
        ListExport("vacancies", "vacancy-list", Sensitivity.OPEN, (
            Shown("机构", lambda row: row.organisation.name, width=30), "above", "post",
            Shown("空缺起始日", lambda row: row.vacancy.since, "date"),
            Shown("已空缺天数", lambda row: row.vacancy.days, "number"),
        )),
    )  # fmt: skip
    columns = [
        Column(
            "label",
            "机构",
            value=lambda row: row.organisation.label,
            link=lambda row: organisation_url(row.organisation),
        ),
        Column("above", "所属", value=lambda row: row.above),
        Column("post", "职务", value=lambda row: row.vacancy.post_label),
        Column("since", "空缺起始日", value=lambda row: row.vacancy.since or "不详"),
        Column("days", "已空缺天数", value=lambda row: row.vacancy.days if row.vacancy.days else "不详", numeric=True),
        Column("deputy", "代理", value=lambda row: row.deputy),
    ]
    template_name = "orgs/vacancy_board.html"

    def breadcrumbs(self):
        return [{"url": reverse("organisation-list"), "label": "机构"}, {"label": self.title}]

    def get(self, request):
        bodies = self.rows_wanted()
        vacant = bodies_with_vacancies(bodies, self.day, **self.chosen)
        page = Page(vacant, request.GET, ordering=self.ordering, size=self.page_size, counts=False)
        rows = _rows(vacancies_of(page.rows, self.day, **self.chosen), request.user, self.day)
        table = Table("空缺岗位", self.columns, rows, request=request, empty_text="没有符合条件的空缺岗位。")
        return self.page(
            table=table,
            page=page,
            filter_form=self.filterset.form,
            lead=f"截至 {cn_date(self.day)}，共有 {self.count_rows(bodies):,} 个岗位空缺。",
            actions=self.take_out(),
            by_area=self.by_area(bodies),
        )

    def by_area(self, bodies) -> Table | None:
        """Below the chosen area, or the reader's only one: how many each county, township or village lacks."""
        area = self.filterset.at or self.only_area()
        if area is None or not area.numchild:
            return None
        found = vacancies_by_area(bodies, area, self.day, **self.chosen)
        return Table(f"{area.label}的空缺，按下级机构", _AREA_COLUMNS, [_AreaRow(each, self.request) for each in found])

    def only_area(self) -> Organisation | None:
        paths = {scope.path for scope in self.request.user.scopes(self.permission)}
        rows = Organisation.objects.visible_to(self.request.user, self.permission)
        return rows.filter(path__in=paths).first() if len(paths) == 1 else None

    def rows_wanted(self):
        """Bodies in scope, narrowed; post and age are asked of their vacancies."""
        self.day = timezone.localdate()
        queryset = self.get_queryset()
        self.filterset = self.filterset_for(queryset)
        self.chosen = self.filterset.chosen()
        return self.filterset.qs if self.filterset.form.is_valid() else queryset.none()

    def count_rows(self, queryset) -> int:
        return count_vacancies(queryset, self.day, **self.chosen)

    def each_row(self, queryset):
        bodies = bodies_with_vacancies(queryset, self.day, **self.chosen).order_by("path").iterator(chunk_size=BLOCK)
        while block := list(itertools.islice(bodies, BLOCK)):
            yield from _rows(vacancies_of(block, self.day, **self.chosen), self.request.user, self.day)


class _VacancyRow:
    def __init__(self, vacancy, above, deputy):
        self.vacancy = vacancy
        self.organisation = vacancy.organisation
        self.above = above
        self.deputy = deputy


def _rows(vacancies, user, day) -> list[_VacancyRow]:
    labels = labels_above(vacancies, lambda vacancy: vacancy.organisation.path)
    acting = _acting_at([each.organisation for each in vacancies], user, day)
    steplen = Organisation.steplen
    return [
        _VacancyRow(
            each,
            labels.get(each.organisation.path[:-steplen], ""),
            "、".join(acting.get((each.organisation.pk, each.post), ())),
        )
        for each in vacancies
    ]


def _acting_at(bodies, user, day) -> dict[tuple[int, str], list[str]]:
    """{(body, post): who acts there for a time}; the post is vacant all the same."""
    rows = Deputyship.objects.visible_to(user).acting_on(day).filter(organisation__in=bodies, absent=None)
    found: dict[tuple[int, str], list[str]] = {}
    for body, post, name, until in rows.values_list("organisation_id", "post", "worker__name", "ended_on"):
        found.setdefault((body, post), []).append(f"{name}（至 {cn_date(until)}）")
    return found


class _AreaRow:
    """A line by area: its name leads to the same question about it."""

    def __init__(self, found: AreaVacancies, request):
        self.found = found
        query = request.GET.copy()
        for name in ("after", "before"):
            query.pop(name, None)
        query["area"] = found.organisation.pk
        self.url = "" if found.is_own else f"?{query.urlencode()}"


_AREA_COLUMNS = [
    Column("label", "机构", value=lambda row: row.found.organisation.label + ("（本级）" if row.found.is_own else ""),
           link=lambda row: row.url),
    Column("members", "专职委员空缺", value=lambda row: row.found.members, numeric=True),
    Column("total", "空缺合计", value=lambda row: row.found.total, numeric=True),
    Column("days", "最久已空缺天数", value=lambda row: row.found.days or "不详", numeric=True),
]  # fmt: skip
