"""How the lists of bodies and of vacancies are narrowed."""

import django_filters
from django.db.models import Q
from django.utils import timezone

from federation.shared.forms import HouseForm
from federation.shared.search import by_name, read_search, starts_with
from orgs.areas import area_choices, chosen_area
from orgs.models import BodyKind, Level, Organisation, PlaceKind, Post

REACHES = [("below", "本级和直接下级"), ("all", "全部下级")]
STATES = [("live", "在运行"), ("abolished", "已撤销"), ("any", "全部")]
AGES = [("30", "超过 30 天"), ("90", "超过 90 天"), ("180", "超过半年"), ("365", "超过一年")]


def area_filter():
    return django_filters.ChoiceFilter(method="by_area", label="范围", empty_label="全部", choices=())


class AreaFilterSet(django_filters.FilterSet):
    """Shared by lists with a place to choose: each declares `area` where its form shall ask for it."""

    defaults: dict[str, str] = {}
    # What one must hold over the bodies that are offered.
    area_permission = Organisation.view_permission

    class Meta:
        model = Organisation
        form = HouseForm
        fields: list[str] = []

    def __init__(self, data, *args, **kwargs):
        data = data.copy() if data else {}
        for name, value in self.defaults.items():
            if not data.get(name):
                data[name] = value
        super().__init__(data, *args, **kwargs)
        user, chosen = self.request.user, str(data.get("area") or "")
        self.at = chosen_area(user, self.area_permission, chosen)
        choices = area_choices(user, self.area_permission, chosen)
        if self.at is not None and str(self.at.pk) not in dict(choices):
            choices.append((str(self.at.pk), self.at.label))
        self.filters["area"].extra["choices"] = choices

    def by_area(self, queryset, name, value):
        return queryset.under(self.at.path) if self.at is not None else queryset.none()


class OrganisationFilter(AreaFilterSet):
    q = django_filters.CharFilter(
        method="by_search", label="名称、代码或拼音", help_text="可只填名称的一部分；拼音可填全拼或首字母，例如 hsz"
    )
    area = area_filter()
    reach = django_filters.ChoiceFilter(method="by_reach", label="显示", choices=REACHES, empty_label=None)
    level = django_filters.ChoiceFilter(label="级别", choices=Level.choices, empty_label="全部")
    body_kind = django_filters.ChoiceFilter(label="机构类型", choices=BodyKind.choices, empty_label="全部")
    place_kind = django_filters.ChoiceFilter(label="所在地类型", choices=PlaceKind.choices, empty_label="全部")
    state = django_filters.ChoiceFilter(method="by_state", label="状态", choices=STATES, empty_label=None)

    defaults = {"reach": "below", "state": "live"}

    def by_search(self, queryset, name, value):
        typed = read_search(value)
        if typed.digits:
            return queryset.filter(starts_with("code", typed.digits))
        if not typed.words and not typed.latin:
            return queryset
        fields = ("short_name", "name")
        return queryset.filter(by_name(typed, name=fields, pinyin="name_pinyin", initials="name_initials"))

    def by_reach(self, queryset, name, value):
        # Whoever looks for something, by name or kind, looks everywhere below.
        narrowed = any(self.data.get(field) for field in ("q", "level", "body_kind", "place_kind"))
        if value == "all" or narrowed or self.data.get("state") != "live":
            return queryset
        if self.at is not None:
            return queryset.filter(depth__lte=self.at.depth + 1)
        roots = [scope.path for scope in self.request.user.scopes(Organisation.view_permission)]
        reach = Q(pk__in=[])
        for path in roots:
            reach |= Q(path__gte=path, path__lt=path + "~", depth__lte=len(path) // Organisation.steplen + 1)
        return queryset.filter(reach)

    def by_state(self, queryset, name, value):
        today = timezone.localdate()
        if value == "live":
            return queryset.filter(Q(abolished_on__isnull=True) | Q(abolished_on__gt=today))
        return queryset.filter(abolished_on__lte=today) if value == "abolished" else queryset


class VacancyFilter(AreaFilterSet):
    """Narrows bodies by place and level; post and age are asked of the vacancies themselves."""

    area = area_filter()
    post = django_filters.ChoiceFilter(method="unchanged", label="职务", choices=Post.choices, empty_label="全部")
    level = django_filters.ChoiceFilter(label="级别", choices=Level.choices, empty_label="全部")
    age = django_filters.ChoiceFilter(method="unchanged", label="空缺时间", choices=AGES, empty_label="不限")

    def unchanged(self, queryset, name, value):
        return queryset

    def chosen(self) -> dict:
        """Arguments for orgs.open_vacancies."""
        cleaned = self.form.cleaned_data if self.form.is_valid() else {}
        return {"post": cleaned.get("post") or "", "longer_than": int(cleaned.get("age") or 0)}
