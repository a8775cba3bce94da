"""The REST interface /api/v1/: resources, its OpenAPI description, and a page that people read."""

import functools

from django.http import JsonResponse
from django.shortcuts import render
from django.urls import path, re_path
from django.views.decorators.csrf import csrf_exempt
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.views import SpectacularJSONAPIView
from rest_framework.permissions import AllowAny

from assessments import api as assessments_api
from committees import api as committees_api
from federation.shared.permissions import PUBLIC, requires
from ledgers import api as ledgers_api
from orgs import api as orgs_api


class SchemaView(SpectacularJSONAPIView):
    """The description in OpenAPI; it holds no data, so everybody may read it."""

    permission = PUBLIC
    authentication_classes = []
    permission_classes = [AllowAny]
    throttle_classes = []


@functools.cache
def operations() -> list[dict]:
    """What the description says, flattened for the page: one entry an address."""
    schema = SchemaGenerator().get_schema(request=None, public=True)
    found = []
    for address, methods in schema["paths"].items():
        operation = methods["get"]
        parameters = [
            {"name": each["name"], "place": each["in"], "text": each.get("description", "")}
            for each in operation.get("parameters", [])
        ]
        found.append({"address": address, "text": operation.get("description", ""), "parameters": parameters})
    return found


@requires(PUBLIC)
def docs(request):
    context = {"title": "接口说明", "operations": operations(), "breadcrumbs": []}
    return render(request, "api/docs.html", context)


@csrf_exempt
@requires(PUBLIC)
def unknown(request, rest):
    """An address that is none of ours answers a machine in its own words, not with a page."""
    error = {"code": "not_found", "detail": "没有这个接口地址。请对照接口说明核对。", "attr": None}
    return JsonResponse({"type": "client_error", "errors": [error]}, status=404)


urlpatterns = [
    path("schema/", SchemaView.as_view(), name="api-schema"),
    path("docs/", docs, name="api-docs"),
    path("organisations/", orgs_api.OrganisationList.as_view(), name="api-organisation-list"),
    path("organisations/<int:pk>/", orgs_api.OrganisationDetail.as_view(), name="api-organisation-detail"),
    path("rates/", assessments_api.RateList.as_view(), name="api-rate-list"),
    path("subsidies/", committees_api.SubsidyList.as_view(), name="api-subsidy-list"),
    path("trainings/", committees_api.TrainingList.as_view(), name="api-training-list"),
    path("runs/", assessments_api.RunList.as_view(), name="api-run-list"),
    path("runs/<int:pk>/", assessments_api.RunDetail.as_view(), name="api-run-detail"),
    path("results/", assessments_api.ResultList.as_view(), name="api-result-list"),
    path("compliance/", assessments_api.ComplianceList.as_view(), name="api-compliance-list"),
    path("summaries/", ledgers_api.SummaryList.as_view(), name="api-summary-list"),
    path("summaries/current/", ledgers_api.SummaryNow.as_view(), name="api-summary-current"),
    # Not <path:…>, which stops at a line end.
    re_path(r"^(?P<rest>[\s\S]+)$", unknown, name="api-unknown"),
]
