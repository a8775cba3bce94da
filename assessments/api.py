"""Runs, results, compliance and rates over REST, of the key's own body and what lies below it.

Runs that are computed but not yet published are given as well, with their state: what is published elsewhere
is not, since a key reads nothing outside its subtree.
"""

import django_filters
from django.db.models import Q

from assessments.models import AreaResult, BodyResult, Run, Standard
from assessments.serializers import AreaRatesSerializer, ComplianceSerializer, ResultSerializer, RunSerializer
from federation.shared.metrics import Window, compute, metric
from federation.shared.rest import ChangedSinceFilter, IdFilter, ResourceDetail, ResourceList
from federation.shared.rest_when import OfDay, ToldDayFilter, YearFilter
from orgs.api import AreaFilter, AreaList
from orgs.metrics import THREE_HUNDRED_PERCENTS
from orgs.models import Organisation, Tenure

STATES = [(state, state.label) for state in Run.WITH_RESULTS]


class RunFilter(django_filters.FilterSet):
    changed_since = ChangedSinceFilter()
    year = YearFilter(label="考核年度")
    standard = django_filters.CharFilter(field_name="standard__code", max_length=50, label="考核标准的代号")
    state = django_filters.ChoiceFilter(choices=STATES, label="状态")
    organisation = IdFilter(field_name="organisation_id", label="考核地区的机构编号")

    class Meta:
        model = Run
        fields = ["changed_since", "year", "standard", "state", "organisation"]


class RunPart:
    api_resource = "runs"
    model = Run
    serializer_class = RunSerializer

    def get_queryset(self):
        rows = super().get_queryset()
        return rows if getattr(self, "swagger_fake_view", False) else rows.with_results().select_related("standard")


class RunList(RunPart, ResourceList):
    """已经算出结果的考核批次。"""

    filterset_class = RunFilter


class RunDetail(RunPart, ResourceDetail):
    """一个考核批次。"""


class OfRunFilter(django_filters.FilterSet):
    """Filters of rows that hang on a run. A row counts as changed also when its run does (is published)."""

    changed_since = ChangedSinceFilter(method="changed")
    run = IdFilter(field_name="run_id", label="考核批次的编号")
    year = YearFilter(field_name="run__year", label="考核年度")
    standard = django_filters.CharFilter(field_name="run__standard__code", max_length=50, label="考核标准的代号")
    state = django_filters.ChoiceFilter(field_name="run__state", choices=STATES, label="状态")
    organisation = IdFilter(field_name="organisation_id", label="机构编号")

    class Meta:
        model = BodyResult
        fields = ["changed_since", "run", "year", "standard", "state", "organisation"]

    def changed(self, queryset, name, moment):
        return queryset.filter(Q(updated_at__gte=moment) | Q(run__updated_at__gte=moment))


class ResultList(ResourceList):
    """每个机构的考核结果，带各项得分、依据的记录条数和没有得满分的原因。"""

    api_resource = "results"
    model = BodyResult
    serializer_class = ResultSerializer
    filterset_class = OfRunFilter
    stamped_with = ("run__updated_at",)

    def get_queryset(self):
        rows = super().get_queryset().filter(run__state__in=Run.WITH_RESULTS)
        return rows.select_related("run__standard", "organisation")


class ComplianceFilter(OfRunFilter):
    class Meta(OfRunFilter.Meta):
        model = AreaResult


class ComplianceList(ResourceList):
    """九有、六有达标情况：每个地区有多少机构做到每一项、多少机构全部做到。"""

    api_resource = "compliance"
    model = AreaResult
    serializer_class = ComplianceSerializer
    filterset_class = ComplianceFilter
    stamped_with = ("run__updated_at",)

    def get_queryset(self):
        rows = super().get_queryset().filter(run__standard__kind=Standard.Kind.CHECKLIST)
        return rows.filter(run__state__in=Run.WITH_RESULTS).select_related("run__standard", "organisation")


class RateFilter(AreaFilter):
    as_of = ToldDayFilter(label="哪一天的比率，默认今天，例如 2026-11-20")

    class Meta(AreaFilter.Meta):
        fields = ["as_of", "level", "organisation"]


class RateList(OfDay, AreaList):
    """三个百分之百：乡镇（街道）残联组建率、村（社区）残协组建率、专职委员配备率，每个地区一行，按需计算。"""

    api_resource = "rates"
    serializer_class = AreaRatesSerializer
    filterset_class = RateFilter

    def stamp(self, queryset) -> str:
        """Rates follow from bodies and posts; today's also from the day."""
        posts = self.stamp_of(Tenure.objects.visible_to(self.request.user, "api.rates"))
        bodies = self.stamp_of(Organisation.objects.visible_to(self.request.user, "api.rates"))
        return f"{super().stamp(queryset)}|{posts}|{bodies}|{self.day}"

    def prepare(self, rows):
        figures = compute(THREE_HUNDRED_PERCENTS, rows, Window(self.day.year, self.day))
        for row in rows:
            row.as_of = self.day
            row.rates = [_rate(name, figures.of(name, row)) for name in THREE_HUNDRED_PERCENTS]
        return rows


def _rate(name, figure) -> dict:
    return {
        "metric": name,
        "label": metric(name).label,
        "numerator": figure.numerator,
        "denominator": figure.denominator or 0,
    }
