"""How the list of committee members is narrowed."""

import django_filters
from django.conf import settings
from django.db.models import Q
from django.utils import timezone

from committees.models import Appointment
from committees.warnings import soon, warning_kinds, with_warnings
from federation.shared.search import by_name, read_search
from orgs.filters import AreaFilterSet, area_filter
from orgs.models import Identity, Tenure

SOON = f"{settings.FEDERATION_MEMBER_WARNING_DAYS} 天内到期"
STATES = [("current", "在任"), ("left", "已离任"), ("all", "全部")]
CERTIFICATES = [("valid", "有效"), ("soon", SOON), ("expired", "已过期"), ("none", "没有上岗证")]
CONTRACTS = [("soon", SOON), ("past", "已到期")]


def by_worker_name(queryset, value: str):
    """Rows with a `worker` whose name or pinyin is typed; numbers are not looked for here."""
    typed = read_search(value)
    if typed.digits:
        return queryset.none()
    if not typed.words and not typed.latin:
        return queryset
    fields = {"pinyin": "worker__name_pinyin", "initials": "worker__name_initials"}
    return queryset.filter(by_name(typed, name=("worker__name",), **fields))


class _TenureFilterSet(AreaFilterSet):
    """Of lists of tenures with a place to choose."""

    area = area_filter()
    area_permission = Tenure.view_permission

    class Meta(AreaFilterSet.Meta):
        model = Tenure


class WarningFilter(_TenureFilterSet):
    kind = django_filters.ChoiceFilter(method="by_kind", label="提醒", empty_label="全部", choices=())

    def __init__(self, data, *args, **kwargs):
        super().__init__(data, *args, **kwargs)
        self.filters["kind"].extra["choices"] = [(kind.name, kind.label) for kind in warning_kinds()]

    def by_kind(self, queryset, name, value):
        return with_warnings(queryset, timezone.localdate(), value)


class MemberFilter(_TenureFilterSet):
    defaults = {"state": "current"}

    q = django_filters.CharFilter(
        method="by_search", label="姓名或拼音", help_text="姓名可只填一部分；拼音可填全拼或首字母"
    )
    role = django_filters.ChoiceFilter(
        field_name="appointment__role", label="岗位", choices=Appointment.Role.choices, empty_label="全部"
    )
    identity = django_filters.ChoiceFilter(
        field_name="worker__identity", label="身份", choices=Identity.choices, empty_label="全部"
    )
    certificate = django_filters.ChoiceFilter(
        method="by_certificate", label="上岗证", choices=CERTIFICATES, empty_label="不限"
    )
    contract = django_filters.ChoiceFilter(method="by_contract", label="聘期", choices=CONTRACTS, empty_label="不限")
    state = django_filters.ChoiceFilter(method="by_state", label="状态", choices=STATES, empty_label=None)

    def by_search(self, queryset, name, value):
        return by_worker_name(queryset, value)

    def by_certificate(self, queryset, name, value):
        today = timezone.localdate()
        expires = "appointment__certificate_expires_on"
        if value == "none":
            return queryset.filter(Q(appointment__isnull=True) | Q(appointment__certificate_issued_on__isnull=True))
        if value == "expired":
            return queryset.filter(**{f"{expires}__lt": today})
        if value == "soon":
            return queryset.filter(**{f"{expires}__gte": today, f"{expires}__lte": today + soon()})
        return queryset.filter(appointment__certificate_issued_on__lte=today, **{f"{expires}__gte": today})

    def by_contract(self, queryset, name, value):
        today = timezone.localdate()
        ends = "appointment__contract_to"
        if value == "past":
            return queryset.filter(**{f"{ends}__lt": today})
        return queryset.filter(**{f"{ends}__gte": today, f"{ends}__lte": today + soon()})

    def by_state(self, queryset, name, value):
        if value == "all":
            return queryset
        today = timezone.localdate()
        return queryset.in_post_on(today) if value == "current" else queryset.filter(ended_on__lt=today)
