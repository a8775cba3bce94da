"""How the lists of training sessions and of people to be trained are narrowed."""

import django_filters
from django.utils import timezone

from committees.filters import by_worker_name
from committees.models import Audience, TrainingSession
from committees.training_need import AUDIENCE_OF, done_with, people_of, still_to_go, with_training
from orgs.filters import AreaFilterSet, area_filter
from orgs.models import Tenure

PROGRESS = [("due", "还要培训的"), ("done", "已完成的"), ("all", "全部")]
YEARS_BACK = 5


def year_choices() -> list[tuple[str, str]]:
    year = timezone.localdate().year
    return [(str(each), f"{each} 年") for each in range(year + 1, year - YEARS_BACK, -1)]


class SessionFilter(AreaFilterSet):
    q = django_filters.CharFilter(field_name="title", lookup_expr="icontains", label="培训名称")
    area = area_filter()
    year = django_filters.ChoiceFilter(
        field_name="starts_on__year", label="年度", choices=year_choices, empty_label="全部"
    )
    kind = django_filters.ChoiceFilter(label="培训类别", choices=TrainingSession.Kind.choices, empty_label="全部")
    state = django_filters.ChoiceFilter(label="状态", choices=TrainingSession.State.choices, empty_label="全部")

    area_permission = TrainingSession.view_permission


class PeopleFilter(AreaFilterSet):
    """People who have to be trained this year, of one audience."""

    audience = django_filters.ChoiceFilter(
        method="by_audience", label="培训对象", choices=Audience.choices, empty_label=None
    )
    area = area_filter()
    q = django_filters.CharFilter(method="by_search", label="姓名或拼音")
    progress = django_filters.ChoiceFilter(method="by_progress", label="培训情况", choices=PROGRESS, empty_label=None)

    defaults = {"audience": Audience.MEMBER.value, "progress": "due"}
    area_permission = TrainingSession.view_permission

    def by_audience(self, queryset, name, value):
        today = timezone.localdate()
        return with_training(people_of(value, today, queryset), value, today)

    def by_search(self, queryset, name, value):
        return by_worker_name(queryset, value)

    def by_progress(self, queryset, name, value):
        if value == "all":
            return queryset
        return still_to_go(queryset) if value == "due" else done_with(queryset)

    class Meta(AreaFilterSet.Meta):
        model = Tenure


class RegisterFilter(AreaFilterSet):
    """Who may be put on the list of a session."""

    who = django_filters.ChoiceFilter(
        method="by_who",
        label="列出",
        choices=[("audience", "这类培训的对象"), ("all", "各种职务的人")],
        empty_label=None,
    )
    area = area_filter()
    q = django_filters.CharFilter(method="by_search", label="姓名或拼音")

    defaults = {"who": "audience"}
    area_permission = TrainingSession.edit_permission

    class Meta(AreaFilterSet.Meta):
        model = Tenure

    def __init__(self, *args, session, **kwargs):
        self.session = session
        super().__init__(*args, **kwargs)

    def by_who(self, queryset, name, value):
        audience = AUDIENCE_OF.get(self.session.kind)
        if value == "all" or audience is None:
            return queryset
        return people_of(audience, self.session.starts_on, queryset)

    def by_search(self, queryset, name, value):
        return by_worker_name(queryset, value)


class CoverageFilter(AreaFilterSet):
    area = area_filter()

    area_permission = TrainingSession.view_permission

    class Meta(AreaFilterSet.Meta):
        model = Tenure
