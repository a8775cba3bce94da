"""Runs, results, compliance and rates over REST, of the key's own body and what lies below it.

Runs that are computed but not yet published are given as well, with their state: what is published elsewhere
is not, since a key reads nothing outside its subtree.
"""

import datetime

import django_filters
from django import forms
from django.core.exceptions import ValidationError as FormError
from django.db.models import Q
from django.utils import timezone
from drf_spectacular.utils import extend_schema_field
from rest_framework.exceptions import ValidationError

from assessments.models import AreaResult, BodyResult, Run, Standard
from assessments.serializers import AreaRatesSerializer, ComplianceSerializer, ResultSerializer, RunSerializer
from federation.shared.metrics import Window, compute, metric
from federation.shared.rest import ChangedSinceFilter, IdFilter, ResourceDetail, ResourceList
from orgs.metrics import THREE_HUNDRED_PERCENTS
from orgs.models import BodyKind, Level, Organisation, Tenure

STATES = [(state, state.label) for state in Run.WITH_RESULTS]


class YearFilter(IdFilter):
    """A year; 0 and 2^63 are refused as they stand."""


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


class AreaFilter(OfRunFilter):
    class Meta(OfRunFilter.Meta):
        model = AreaResult


class ComplianceList(ResourceList):
    """九有、六有达标情况：每个地区有多少机构做到每一项、多少机构全部做到。"""

    api_resource = "compliance"
    model = AreaResult
    serializer_class = ComplianceSerializer
    filterset_class = AreaFilter
    stamped_with = ("run__updated_at",)

    def get_queryset(self):
        rows = super().get_queryset().filter(run__standard__kind=Standard.Kind.CHECKLIST)
        return rows.filter(run__state__in=Run.WITH_RESULTS).select_related("run__standard", "organisation")


class DayField(forms.DateField):
    """A day that has been: rates of the future are nobody's."""

    input_formats = ["%Y-%m-%d"]

    def clean(self, value):
        day = super().clean(value)
        if day is not None and not datetime.date(1990, 1, 1) <= day <= timezone.localdate():
            raise FormError("日期应在 1990-01-01 与今天之间。")
        return day


@extend_schema_field({"type": "string", "format": "date"})
class DayFilter(django_filters.Filter):
    field_class = DayField

    def filter(self, queryset, value):
        # Which day does not choose areas; RateList reads it to compute.
        return queryset


class RateFilter(django_filters.FilterSet):
    as_of = DayFilter(label="哪一天的比率，默认今天，例如 2026-11-20")
    level = django_filters.ChoiceFilter(
        choices=[choice for choice in Level.choices if choice[0] < Level.VILLAGE], label="级别"
    )
    organisation = IdFilter(field_name="pk", label="地区的机构编号")

    class Meta:
        model = Organisation
        fields = ["as_of", "level", "organisation"]


class RateList(ResourceList):
    """三个百分之百：乡镇（街道）残联组建率、村（社区）残协组建率、专职委员配备率，每个地区一行，按需计算。"""

    api_resource = "rates"
    model = Organisation
    serializer_class = AreaRatesSerializer
    filterset_class = RateFilter

    def get_queryset(self):
        return super().get_queryset().filter(body_kind=BodyKind.FEDERATION)

    @property
    def day(self) -> datetime.date:
        text = self.request.query_params.get("as_of")
        try:
            return DayField(required=False).clean(text) or timezone.localdate()
        except FormError as error:
            raise ValidationError({"as_of": error.messages}) from None

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
