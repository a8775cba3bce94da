"""表一 over REST, of the key's own body and what lies below it: approved tables, and any body's counted now."""

import datetime

import django_filters
from django import forms
from django.core.exceptions import ValidationError as FormError
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.exceptions import ValidationError
from rest_framework.response import Response

from federation.shared.rest import ChangedSinceFilter, IdFilter, ResourceList, ResourceView
from ledgers.models import DisabledPerson, RosterSummary, SummaryState
from ledgers.serializers import CurrentSummarySerializer, SummarySerializer, cells
from ledgers.summaries.past import figures_on
from orgs.models import Organisation

EARLIEST = datetime.date(2000, 1, 1)
LARGEST = 2**63 - 1


class SummaryFilter(django_filters.FilterSet):
    changed_since = ChangedSinceFilter()
    year = IdFilter(label="年度")
    organisation = IdFilter(field_name="organisation_id", label="机构编号")

    class Meta:
        model = RosterSummary
        fields = ["changed_since", "year", "organisation"]


class SummaryList(ResourceList):
    """审定的残疾人基本情况汇总表（表一），每份带全部数字和摘要。"""

    api_resource = "summaries"
    model = RosterSummary
    serializer_class = SummarySerializer
    filterset_class = SummaryFilter

    def get_queryset(self):
        return super().get_queryset().filter(state=SummaryState.APPROVED).select_related("organisation")


class Question(forms.Form):
    organisation = forms.IntegerField(min_value=1, max_value=LARGEST, required=False)
    as_of = forms.DateField(required=False, input_formats=["%Y-%m-%d"])

    def clean_as_of(self):
        day = self.cleaned_data["as_of"] or timezone.localdate()
        if not EARLIEST <= day <= timezone.localdate():
            raise FormError(f"日期应在 {EARLIEST} 与今天之间。")
        return day


class SummaryNow(ResourceView):
    """一个机构（含全部下级）任意一天的残疾人基本情况汇总数字，按需计算，未经审定。"""

    api_resource = "summaries"
    model = Organisation
    serializer_class = CurrentSummarySerializer
    pagination_class = None
    filter_backends = []

    def known_parameters(self):
        return {"organisation", "as_of"}

    @extend_schema(
        parameters=[
            OpenApiParameter(
                "organisation", {"type": "integer", "minimum": 1, "maximum": LARGEST}, 
                description="机构编号，默认为密钥所在的机构",
            ),
            OpenApiParameter("as_of", OpenApiTypes.DATE, description="截止日期，默认今天，例如 2026-11-20"),
        ]
    )  # fmt: skip
    def get(self, request, *args, **kwargs):
        question = Question(request.query_params)
        if not question.is_valid():
            raise ValidationError(dict(question.errors))
        bodies, chosen = self.get_queryset(), question.cleaned_data["organisation"]
        # The highest body in scope is the key's own.
        body = (bodies.filter(pk=chosen) if chosen else bodies.order_by("path")).first()
        if body is None:
            raise ValidationError({"organisation": "没有这个机构，或者它不在这个密钥可读取的范围内。"})
        day = question.cleaned_data["as_of"]

        permission = f"api.{self.api_resource}"
        people = DisabledPerson.objects.visible_to(request.user, permission).under(body.path)

        def narrow(rows):
            return rows.visible_to(request.user, permission).under(body.path)

        def answer():
            figures = cells(figures_on(narrow, day))
            found = {"organisation": body.pk, "code": body.code, "as_of": day, "figures": figures}
            return Response(self.get_serializer(found).data)

        return self.conditional(f"{self.stamp_of(people)}|{body.version}|{day}", answer)
