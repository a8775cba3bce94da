"""The list of persons: filters, chips, saved conditions, one page of rows."""

from django.urls import reverse
from django.utils import timezone

from federation.shared.tables import Column, Table
from federation.shared.views import ScopedListView
from ledgers.filters import PersonFilter
from ledgers.listing import read_page
from ledgers.models import DisabilityCategory, DisabilityGrade, DisabledPerson
from ledgers.views.persons import person_url, state_tags
from ledgers.views.saved_filters import kept_of
from orgs.models import Organisation, Sex


def age_of(person) -> str:
    if person.born_on is None:
        return ""
    today = timezone.localdate()
    had_birthday = (today.month, today.day) >= (person.born_on.month, person.born_on.day)
    return f"{today.year - person.born_on.year - (0 if had_birthday else 1)} 岁"


# Looked up fifty times a page: a model's own get_…_display builds such a table at every call.
SEXES, CATEGORIES, GRADES = dict(Sex.choices), dict(DisabilityCategory.choices), dict(DisabilityGrade.choices)
ORDERS_SHOWN = (
    ("name", "姓名拼音"),
    ("-name", "姓名拼音，倒序"),
    ("age", "年龄，小的在前"),
    ("-age", "年龄，大的在前"),
    ("category", "残疾类别"),
    ("-category", "残疾类别，倒序"),
    ("grade", "残疾等级，重的在前"),
    ("-grade", "残疾等级，轻的在前"),
    ("village", "所在村"),
    ("-village", "所在村，倒序"),
    ("review", "下次复审，早的在前"),
    ("-review", "下次复审，晚的在前"),
    ("-changed", "最后修改，新的在前"),
    ("changed", "最后修改，旧的在前"),
)


class PersonListView(ScopedListView):
    permission = "persons.view"
    model = DisabledPerson
    title = "残疾人登记"
    caption = "残疾人登记表"
    exports = ("persons",)
    template_name = "ledgers/person_list.html"
    columns = [
        Column("name", "姓名", sort="name", link=person_url),
        Column("sex", "性别", value=lambda person: SEXES.get(person.sex, "")),
        Column("age", "年龄", value=age_of, sort="age", numeric=True),
        Column(
            "category",
            "残疾类别和等级",
            value=lambda person: CATEGORIES.get(person.category, "") + GRADES.get(person.grade, "") or "未填",
            sort="category",
        ),
        Column("id_number", "身份证号", value=lambda person: person.id_number),
        Column("place", "所在村（社区）", sort="village"),
        Column("state", "登记情况", value=state_tags),
    ]

    # Shown where the list is sorted by them: each further column costs every reader time.
    sorted_columns = {
        "review": Column("review", "下次复审", value=lambda person: person.next_review_on or "未填", sort="review"),
        "changed": Column(
            "changed", "最后修改", value=lambda person: timezone.localdate(person.updated_at), sort="changed"
        ),
    }

    def get(self, request):
        self.filterset = PersonFilter(request.GET, request=request)
        page = read_page(request.user, self.filterset, request.GET, self.page_size)
        self.prepare(page.rows)
        more = self.sorted_columns.get(page.sort.removeprefix("-"))
        columns = [*self.columns, more] if more else self.columns
        table = Table(self.caption, columns, page.rows, request=request, page=page)
        return self.page(
            table=table,
            page=page,
            filter_form=self.filterset.form,
            orders_shown=self.orders_shown(page),
            actions=[*self.actions(), *self.take_out()],
            **self.extra(),
        )

    def orders_shown(self, page) -> list[dict]:
        """The ways to sort that this scope offers, for the list beside the conditions."""
        return [
            {"value": value, "word": word, "chosen": value == page.sort}
            for value, word in ORDERS_SHOWN
            if value.removeprefix("-") in page.ordering
        ]

    def extra(self):
        valid = self.filterset.form.is_valid()
        given = self.filterset.given() if valid else {}
        keep_url = f"{reverse('saved-filter-add')}?{self.request.GET.urlencode()}" if given else ""
        return {"chips": self.filterset.chips(), "kept": kept_of(self.request.user), "keep_url": keep_url}

    def prepare(self, rows):
        """「会师镇 东山村」 of every row, in one query."""
        steplen = Organisation.steplen
        paths = {row.org_path for row in rows} | {row.org_path[:-steplen] for row in rows}
        names = dict(Organisation.objects.filter(path__in=paths).values_list("path", "short_name"))
        for row in rows:
            row.place = f"{names.get(row.org_path[:-steplen], '')} {names.get(row.org_path, '')}".strip()

    def actions(self):
        if not self.request.user.has_scope("persons.edit"):
            return []
        return [{"url": reverse("person-add"), "label": "新登记", "kind": "primary"}]
