from rest_framework import serializers

from orgs.models import Organisation


class OrganisationSerializer(serializers.ModelSerializer):
    """A body and its place in the tree. Office telephone and address stay out: in a village they are somebody's."""

    parent = serializers.IntegerField(
        source="parent_id_in_scope", allow_null=True, help_text="上级机构的编号；上级不在可读取范围内时为 null"
    )
    federation = serializers.IntegerField(source="federation_id", allow_null=True, help_text="专门协会所属残联的编号")

    place_kind = serializers.CharField(read_only=True, help_text="所在地类型；没有时为空")
    association_category = serializers.CharField(read_only=True, help_text="专门协会的残疾类别；不是专门协会时为空")

    class Meta:
        model = Organisation
        fields = [
            "id",
            "parent",
            "depth",
            "level",
            "body_kind",
            "place_kind",
            "association_category",
            "federation",
            "name",
            "short_name",
            "code",
            "urban_rural_class",
            "established_on",
            "abolished_on",
            "is_independent",
            "is_planned_separately",
            "updated_at",
        ]
        read_only_fields = fields
