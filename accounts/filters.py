"""How lists of accounts and keys are narrowed."""

import django_filters
from django.db.models import Q

from accounts.models import ApiKey, User
from federation.roles import Role
from federation.shared.forms import HouseForm

STATES = [("1", "启用"), ("0", "停用")]


class AccountFilter(django_filters.FilterSet):
    q = django_filters.CharFilter(method="search", label="账号、姓名或机构名称")
    role = django_filters.ChoiceFilter(
        field_name="assignments__role", choices=Role.choices, label="角色", empty_label="全部", distinct=True
    )
    is_active = django_filters.ChoiceFilter(choices=STATES, label="状态", empty_label="全部")

    class Meta:
        model = User
        fields = ["q", "role", "is_active"]
        form = HouseForm

    def search(self, queryset, name, value):
        value = value.strip()
        if not value:
            return queryset
        found = Q(username__icontains=value) | Q(display_name__icontains=value)
        return queryset.filter(found | Q(assignments__organisation__name__icontains=value)).distinct()


class KeyFilter(django_filters.FilterSet):
    is_active = django_filters.ChoiceFilter(choices=STATES, label="状态", empty_label="全部")

    class Meta:
        model = ApiKey
        fields = ["is_active"]
        form = HouseForm
