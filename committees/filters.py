"""How the list of committee members is narrowed."""

import datetime

import django_filters
from django.db.models import Q
from django.utils import timezone

from committees.models import Appointment
from federation.shared.forms import HouseForm
from federation.shared.search import by_name, read_search
from orgs.areas import area_choices, chosen_area
from orgs.models import Identity, Tenure

SOON = datetime.timedelta(days=60)
STATES = [("current", "在任"), ("left", "已离任"), ("all", "全部")]
CERTIFICATES = [("valid", "有效"), ("soon", "60 天内到期"), ("expired", "已过期"), ("none", "没有上岗证")]
CONTRACTS = [("soon", "60 天内到期"), ("past", "已到期")]


class MemberFilter(django_filters.FilterSet):
    q = django_filters.CharFilter(
        method="by_search", label="姓名或拼音", help_text="姓名可只填一部分；拼音可填全拼或首字母"
    )
    area = django_filters.ChoiceFilter(method="by_area", label="范围", empty_label="全部", choices=())
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

    class Meta:
        model = Tenure
        form = HouseForm
        fields: list[str] = []

    def __init__(self, data, *args, **kwargs):
        data = data.copy() if data else {}
        if not data.get("state"):
            data["state"] = "current"
        super().__init__(data, *args, **kwargs)
        chosen = str(data.get("area") or "")
        self.at = chosen_area(self.request.user, Tenure.view_permission, chosen)
        choices = area_choices(self.request.user, Tenure.view_permission, chosen)
        if self.at is not None and str(self.at.pk) not in dict(choices):
            choices.append((str(self.at.pk), self.at.label))
        self.filters["area"].extra["choices"] = choices

    def by_search(self, queryset, name, value):
        typed = read_search(value)
        if typed.digits:
            return queryset.none()
        if not typed.words and not typed.latin:
            return queryset
        fields = {"pinyin": "worker__name_pinyin", "initials": "worker__name_initials"}
        return queryset.filter(by_name(typed, name=("worker__name",), **fields))

    def by_area(self, queryset, name, value):
        return queryset.under(self.at.path) if self.at is not None else queryset.none()

    def by_certificate(self, queryset, name, value):
        today = timezone.localdate()
        expires = "appointment__certificate_expires_on"
        if value == "none":
            return queryset.filter(Q(appointment__isnull=True) | Q(appointment__certificate_issued_on__isnull=True))
        if value == "expired":
            return queryset.filter(**{f"{expires}__lt": today})
        if value == "soon":
            return queryset.filter(**{f"{expires}__gte": today, f"{expires}__lte": today + SOON})
        return queryset.filter(appointment__certificate_issued_on__lte=today, **{f"{expires}__gte": today})

    def by_contract(self, queryset, name, value):
        today = timezone.localdate()
        ends = "appointment__contract_to"
        if value == "past":
            return queryset.filter(**{f"{ends}__lt": today})
        return queryset.filter(**{f"{ends}__gte": today, f"{ends}__lte": today + SOON})

    def by_state(self, queryset, name, value):
        if value == "all":
            return queryset
        today = timezone.localdate()
        return queryset.in_post_on(today) if value == "current" else queryset.filter(ended_on__lt=today)
