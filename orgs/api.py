"""Organisations over REST: the tree a level above needs to place every result."""

import django_filters

from federation.shared.rest import ChangedSinceFilter, IdFilter, ResourceDetail, ResourceList
from orgs.models import BodyKind, Level, Organisation
from orgs.models.organisations import STEPLEN
from orgs.serializers import OrganisationSerializer


class OrganisationFilter(django_filters.FilterSet):
    changed_since = ChangedSinceFilter()
    level = django_filters.ChoiceFilter(choices=Level.choices, label="级别")
    kind = django_filters.ChoiceFilter(field_name="body_kind", choices=BodyKind.choices, label="机构类型")
    code = django_filters.CharFilter(max_length=12, label="区划代码")
    parent = IdFilter(method="children_of", label="上级机构的编号，只给出它的直接下级")

    class Meta:
        model = Organisation
        fields = ["changed_since", "level", "kind", "code", "parent"]

    def children_of(self, queryset, name, value):
        parent = self.queryset.filter(pk=value).only("path", "depth").first()
        return queryset.none() if parent is None else queryset.under(parent.path).filter(depth=parent.depth + 1)


class AreaFilter(django_filters.FilterSet):
    """Of resources that tell something of each area; the subclass names `fields` with its year or day."""

    level = django_filters.ChoiceFilter(
        choices=[choice for choice in Level.choices if choice[0] < Level.VILLAGE], label="级别"
    )
    organisation = IdFilter(field_name="pk", label="地区的机构编号")

    class Meta:
        model = Organisation
        fields = ["level", "organisation"]


class AreaList(ResourceList):
    """One row for the federation of each area."""

    model = Organisation

    def get_queryset(self):
        return super().get_queryset().filter(body_kind=BodyKind.FEDERATION)


def with_parents(rows, visible):
    """Give each body `parent_id_in_scope`, with one query for all."""
    above = {row.path[:-STEPLEN] for row in rows}
    found = dict(visible.filter(path__in=above).values_list("path", "pk"))
    for row in rows:
        row.parent_id_in_scope = found.get(row.path[:-STEPLEN])
    return rows


class OrganisationList(ResourceList):
    """机构列表。按最近改动从早到晚排列，可用 changed_since 只读取改动过的。"""

    api_resource = "organisations"
    model = Organisation
    serializer_class = OrganisationSerializer
    filterset_class = OrganisationFilter

    def prepare(self, rows):
        return with_parents(rows, self.get_queryset())


class OrganisationDetail(ResourceDetail):
    """一个机构。"""

    api_resource = "organisations"
    model = Organisation
    serializer_class = OrganisationSerializer

    def prepare(self, rows):
        return with_parents(rows, self.get_queryset())
