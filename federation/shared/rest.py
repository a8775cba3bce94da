"""Conventions of the REST interface: read only, keyset cursors, `changed_since`, ETag/304, errors in sentences.

A resource names its model, serializer, filters and `api_resource`; the caller is a machine key, and rows come
from `visible_to(key, "api.<resource>")`. Addresses of people never pass through here: serializers list what
they give, and the tests look for what they must not.
"""

import base64
import binascii
import hashlib
import json
from datetime import UTC, datetime

import django_filters
from django import forms
from django.core.exceptions import ValidationError as FormError
from django.db.models import Count, Max, Q, Sum
from django.http import Http404
from django.utils import timezone
from django.utils.cache import get_conditional_response
from django.utils.dateparse import parse_date, parse_datetime
from django.utils.http import quote_etag
from drf_spectacular.utils import extend_schema_field
from drf_standardized_errors.formatter import ExceptionFormatter
from rest_framework import generics, mixins, serializers
from rest_framework.exceptions import NotFound, ValidationError
from rest_framework.pagination import BasePagination
from rest_framework.response import Response

from federation.shared.permissions import MACHINE

_BAD_CURSOR = "翻页标记不正确或已过时。请从第一页重新读取，不要自己改写 next 中的地址。"


class CursorPages(BasePagination):
    """Pages by keyset on (updated_at, id), oldest change first; `next` is null on the last page.

    Rows with the same moment (a whole import) do not stop it, and a far page costs what the first one does.
    """

    page_size = 100
    max_page_size = 1000

    def paginate_queryset(self, queryset, request, view=None):
        self.request = request
        self.size = self._size(request.query_params.get("page_size"))
        cursor = request.query_params.get("cursor")
        if cursor is not None:
            moment, pk = self._decode(cursor)
            queryset = queryset.filter(Q(updated_at__gt=moment) | Q(updated_at=moment, pk__gt=pk))
        rows = list(queryset.order_by("updated_at", "pk")[: self.size + 1])
        self.has_next = len(rows) > self.size
        self.rows = rows[: self.size]
        return self.rows

    def _size(self, text) -> int:
        if text is None:
            return self.page_size
        if not (text.isascii() and text.isdigit() and len(text) <= 6 and 1 <= int(text) <= self.max_page_size):
            raise ValidationError({"page_size": f"每页条数应为 1 到 {self.max_page_size} 的整数。"})
        return int(text)

    def _encode(self, row) -> str:
        moment = row.updated_at.astimezone(UTC).isoformat()
        return base64.urlsafe_b64encode(json.dumps([moment, row.pk]).encode()).decode().rstrip("=")

    def _decode(self, text):
        try:
            moment, pk = json.loads(base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True))
            moment = datetime.fromisoformat(moment)
            if moment.tzinfo is None or not isinstance(pk, int) or not 0 < pk < 2**63 or moment.year < 2:
                raise ValueError
        except (ValueError, TypeError, binascii.Error, RecursionError):
            raise ValidationError({"cursor": _BAD_CURSOR}) from None
        return moment, pk

    def get_paginated_response(self, data):
        return Response({"next": self._next_link(), "results": data})

    def _next_link(self):
        if not self.has_next:
            return None
        params = self.request.query_params.copy()
        params["cursor"] = self._encode(self.rows[-1])
        return self.request.build_absolute_uri(f"{self.request.path}?{params.urlencode()}")

    def get_paginated_response_schema(self, schema):
        link = {"type": "string", "format": "uri", "nullable": True, "description": "下一页的地址；最后一页为 null"}
        return {
            "type": "object",
            "required": ["next", "results"],
            "properties": {"next": link, "results": schema},
        }

    def get_schema_operation_parameters(self, view):
        return [
            {
                "name": "cursor",
                "in": "query",
                "required": False,
                "description": "翻页标记，取自上一页的 next",
                "schema": {"type": "string"},
            },
            {
                "name": "page_size",
                "in": "query",
                "required": False,
                "description": f"每页条数，默认 {self.page_size}",
                "schema": {"type": "integer", "minimum": 1, "maximum": self.max_page_size},
            },
        ]


class MomentField(forms.Field):
    """A moment or a day in ISO 8601; without a zone it is Beijing time."""

    def to_python(self, value):
        if value in self.empty_values:
            return None
        text = str(value).strip()
        try:
            moment = parse_datetime(text)
            if moment is None:
                day = parse_date(text)
                moment = datetime(day.year, day.month, day.day) if day else None  # noqa: DTZ001
        except ValueError:
            moment = None
        if moment is None or not 1900 <= moment.year <= 2999:
            raise FormError(
                "请写成 2026-11-20T08:00:00+08:00 或 2026-11-20，其中加号须写成 %%2B。"
            )  # django-filter formats it
        return moment if timezone.is_aware(moment) else timezone.make_aware(moment)


class ChangedSinceFilter(django_filters.Filter):
    """`changed_since`: rows changed at or after a moment."""

    field_class = MomentField

    def __init__(self, **kwargs):
        kwargs.setdefault("label", "只读取从这一刻起有改动的，例如 2026-11-20T08:00:00%2B08:00")
        super().__init__(field_name="updated_at", lookup_expr="gte", **kwargs)


@extend_schema_field({"type": "integer", "minimum": 1, "maximum": 2**63 - 1})
class IdFilter(django_filters.NumberFilter):
    """The number of a row; anything that could not be one is refused."""

    field_class = forms.IntegerField

    def __init__(self, *args, **kwargs):
        super().__init__(*args, min_value=1, max_value=2**63 - 1, **kwargs)

    def get_max_validator(self):
        return None


class ResourceView(generics.GenericAPIView):
    """What lists and single rows share: who asks, which rows, and whether they changed since the last answer."""

    permission = MACHINE
    http_method_names = ["get", "head"]
    model = None
    api_resource = ""

    def get_queryset(self):
        if getattr(self, "swagger_fake_view", False):
            return self.model.objects.none()
        return self.model.objects.visible_to(self.request.user, f"api.{self.api_resource}")

    def initial(self, request, *args, **kwargs):
        super().initial(request, *args, **kwargs)
        self._refuse_unknown_parameters(request)

    def _refuse_unknown_parameters(self, request):
        """A misspelt filter must not answer with everything."""
        known = self.known_parameters()
        for name, values in request.query_params.lists():
            if name not in known:
                listed = "、".join(sorted(known)) or "（没有）"
                raise ValidationError({name[:50]: f"没有名为“{name[:50]}”的查询参数。可用的有：{listed}。"})
            if len(values) > 1:
                raise ValidationError({name: f"查询参数“{name}”只能给一次。"})
            if not values[0].strip():
                raise ValidationError({name: f"查询参数“{name}”是空的。不用它时请整个去掉。"})

    def known_parameters(self) -> set[str]:
        return set()

    # Moments of other rows that an answer shows ("run__updated_at").
    stamped_with: tuple[str, ...] = ()

    def stamp(self, queryset) -> str:
        """What changes whenever an answer over `queryset` would; one aggregate, nothing is rendered."""
        return self.stamp_of(queryset, *self.stamped_with)

    @staticmethod
    def stamp_of(queryset, *moments: str) -> str:
        numbers = {"count": Count("pk"), "last": Max("updated_at")}
        numbers |= {f"last_{number}": Max(moment) for number, moment in enumerate(moments)}
        if any(field.name == "version" for field in queryset.model._meta.concrete_fields):
            numbers["versions"] = Sum("version")
        return repr(sorted(queryset.order_by().aggregate(**numbers).items()))

    def etag(self, stamp: str) -> str:
        key = self.request.user
        whole = f"v1|{key.pk}|{key.org_path}|{self.request.get_full_path()}|{stamp}"
        return quote_etag(hashlib.sha256(whole.encode()).hexdigest()[:32])

    def conditional(self, stamp: str, answer):
        """304 where the caller already has this answer, else what `answer()` gives, marked with its ETag."""
        etag = self.etag(stamp)
        unchanged = get_conditional_response(self.request._request, etag=etag)
        response = unchanged if unchanged is not None else answer()
        response["ETag"] = etag
        response["Cache-Control"] = "private, no-cache"
        response["Vary"] = "Authorization, Accept"
        return response


class ResourceList(mixins.ListModelMixin, ResourceView):
    pagination_class = CursorPages

    def known_parameters(self):
        filters = self.filterset_class.base_filters if getattr(self, "filterset_class", None) else {}
        return {*filters, "cursor", "page_size"}

    def get(self, request, *args, **kwargs):
        return self.list(request)

    def list(self, request, *args, **kwargs):
        queryset = self.filter_queryset(self.get_queryset())
        return self.conditional(self.stamp(queryset), lambda: self._page(queryset))

    def _page(self, queryset):
        rows = self.prepare(self.paginate_queryset(queryset))
        return self.get_paginated_response(self.get_serializer(rows, many=True).data)

    def prepare(self, rows: list) -> list:
        """Attach to the page's rows what takes a query of its own, for all of them at once."""
        return rows


class ResourceDetail(ResourceView):
    lookup_field = "pk"
    filter_backends = []
    pagination_class = None

    def get(self, request, *args, **kwargs):
        try:
            row = self.get_object()
        except Http404:
            raise NotFound from None
        stamp = f"{getattr(row, 'version', '')}|{row.updated_at.isoformat()}"
        return self.conditional(stamp, lambda: Response(self.get_serializer(self.prepare([row])[0]).data))

    def prepare(self, rows: list) -> list:
        return rows


# --- errors -------------------------------------------------------------------------------------------

_SENTENCES = {
    "not_authenticated": "请在请求头 Authorization 中写上接口密钥：Api-Key 编号.密钥。",
    "not_found": "没有找到，或者不在这个密钥可读取的范围内。",
    "method_not_allowed": "这个地址只能读取，请用 GET 方法。",
    "not_acceptable": "这个地址只给出 JSON，请把请求头 Accept 改为 application/json。",
    "error": "系统出错，没有读到内容。请稍后再试；仍不行请告诉发放密钥的残联。",
}


class Sentences(ExceptionFormatter):
    """Errors as {type, errors: [{code, detail, attr}]}, each detail a Chinese sentence that names the parameter."""

    def format_error_response(self, error_response):
        for error in error_response.errors:
            error.code = error.code or "invalid"
            if error.code in _SENTENCES:
                error.detail = _SENTENCES[error.code]
            elif error.code == "throttled":
                error.detail = f"请求太频繁，请 {int(self.exc.wait or 60)} 秒后再试。"
            elif error.attr and error.attr not in error.detail:
                error.detail = f"查询参数“{error.attr}”：{error.detail}"
        return super().format_error_response(error_response)


class OneError(serializers.Serializer):
    code = serializers.CharField(help_text="短代码，供程序判断")
    detail = serializers.CharField(help_text="说明，一句话")
    attr = serializers.CharField(allow_null=True, help_text="出错的查询参数；与参数无关时为 null")


class ErrorAnswer(serializers.Serializer):
    type = serializers.ChoiceField(choices=["validation_error", "client_error", "server_error"])
    errors = OneError(many=True)
