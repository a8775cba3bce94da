"""How the lists of appraised members, of objections and of nominations are narrowed."""

import django_filters
from django.utils import timezone

from assessments.models import Appraisal, MemberResult, Nomination, Objection, Standard
from assessments.standards import parse
from assessments.waiting import nominations_to_judge
from committees.filters import by_worker_name
from committees.models import Appointment
from orgs.filters import AreaFilterSet, area_filter

OPEN_BAND = "open"
BANDS_FIRST = [(OPEN_BAND, "暂不评定")]
PENDING = [("pending", "待评分"), ("done", "评完分")]
MY_TURN = [("mine", "等我单位签")]
YEARS_BACK = 10


def band_names() -> list[tuple[str, str]]:
    """The bands of every edition for members, each once, in their order."""
    definitions = Standard.objects.filter(subject=Standard.Subject.MEMBER).values_list("definition", flat=True)
    names = dict.fromkeys(name for each in definitions for name, _floor in parse(each).bands)
    return [*((name, name) for name in names), *BANDS_FIRST]


def year_choices() -> list[tuple[str, str]]:
    year = timezone.localdate().year
    return [(str(each), f"{each} 年") for each in range(year, year - YEARS_BACK, -1)]


class ResultFilter(AreaFilterSet):
    appraisal = django_filters.ModelChoiceFilter(
        label="考核批次", queryset=lambda request: appraisals_for(request.user), empty_label="全部"
    )
    q = django_filters.CharFilter(method="by_search", label="姓名或拼音")
    area = area_filter()
    band = django_filters.ChoiceFilter(method="by_band", label="等次", choices=band_names, empty_label="全部")
    role = django_filters.ChoiceFilter(
        field_name="appointment__role", label="岗位", choices=Appointment.Role.choices[:3], empty_label="全部"
    )
    points = django_filters.ChoiceFilter(method="by_pending", label="评分", choices=PENDING, empty_label="全部")

    area_permission = MemberResult.view_permission

    class Meta(AreaFilterSet.Meta):
        model = MemberResult

    def by_search(self, queryset, name, value):
        return by_worker_name(queryset, value)

    def by_band(self, queryset, name, value):
        return queryset.filter(band="" if value == OPEN_BAND else value)

    def by_pending(self, queryset, name, value):
        return queryset.filter(pending__gt=0) if value == "pending" else queryset.filter(pending=0)


def appraisals_for(user):
    rows = Appraisal.objects.visible_to(user).with_results().select_related("standard", "organisation")
    return rows.order_by("-as_of", "-pk")


class ObjectionFilter(AreaFilterSet):
    state = django_filters.ChoiceFilter(label="状态", choices=Objection.State.choices, empty_label="全部")
    area = area_filter()

    area_permission = Objection.view_permission

    class Meta(AreaFilterSet.Meta):
        model = Objection


class NominationFilter(AreaFilterSet):
    year = django_filters.ChoiceFilter(label="评选年度", choices=year_choices, empty_label="全部")
    q = django_filters.CharFilter(method="by_search", label="姓名或拼音")
    area = area_filter()
    state = django_filters.ChoiceFilter(label="状态", choices=Nomination.State.choices, empty_label="全部")
    turn = django_filters.ChoiceFilter(method="by_turn", label="意见", choices=MY_TURN, empty_label="全部")

    area_permission = Nomination.view_permission

    class Meta(AreaFilterSet.Meta):
        model = Nomination

    def by_search(self, queryset, name, value):
        return by_worker_name(queryset, value)

    def by_turn(self, queryset, name, value):
        return queryset.filter(pk__in=nominations_to_judge(self.request.user).values("pk"))
