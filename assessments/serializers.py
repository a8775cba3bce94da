"""Runs and results as the REST interface gives them: numbers and generated sentences, never a person."""

from rest_framework import serializers

from assessments.models import AreaResult, BodyResult, Run


class RunSerializer(serializers.ModelSerializer):
    standard = serializers.CharField(source="standard.code", read_only=True, help_text="考核标准的代号")
    title = serializers.CharField(source="standard.title", read_only=True, help_text="考核标准的名称")
    kind = serializers.ChoiceField(
        source="standard.kind", choices=[("checklist", "达标清单"), ("hundred", "百分制")], read_only=True
    )
    organisation = serializers.IntegerField(source="organisation_id", help_text="考核地区的机构编号")

    class Meta:
        model = Run
        fields = [
            "id",
            "standard",
            "title",
            "kind",
            "organisation",
            "year",
            "as_of",
            "state",
            "body_count",
            "computed_at",
            "published_at",
            "updated_at",
        ]
        read_only_fields = fields


class _OfRun(serializers.ModelSerializer):
    """What every row of a run repeats, so that a row can be read by itself."""

    run = serializers.IntegerField(source="run_id", read_only=True)
    standard = serializers.CharField(source="run.standard.code", read_only=True)
    year = serializers.IntegerField(source="run.year", read_only=True)
    as_of = serializers.DateField(source="run.as_of", read_only=True)
    state = serializers.CharField(source="run.state", read_only=True, help_text="published 为已公布，其余为尚未公布")
    organisation = serializers.IntegerField(source="organisation_id", read_only=True)
    code = serializers.CharField(source="organisation.code", read_only=True, help_text="区划代码；专门协会没有")

    class Meta:
        fields = ["id", "run", "standard", "year", "as_of", "state", "organisation", "code"]


class ItemResultSerializer(serializers.Serializer):
    """One item of one body."""

    code = serializers.CharField(help_text="项目代号")
    state = serializers.ChoiceField(
        choices=[
            ("yes", "做到"),
            ("half", "部分做到"),
            ("no", "未做到"),
            ("none", "尚无数据来源"),
            ("pending", "待人工评分"),
        ]
    )
    points = serializers.CharField(help_text="得分，两位小数")
    value = serializers.CharField(allow_null=True, help_text="比率或数值")
    numerator = serializers.CharField(allow_null=True)
    denominator = serializers.CharField(allow_null=True)
    evidence = serializers.IntegerField(allow_null=True, help_text="依据的记录条数")
    reason = serializers.CharField(help_text="没有得满分的原因；没有时为空")


def read_items(items: dict) -> list[dict]:
    """The stored cells under the names of ItemResultSerializer."""
    short = {"value": "v", "numerator": "n", "denominator": "d", "evidence": "e"}
    return [
        {
            "code": code,
            "state": cell["s"],
            "points": cell["p"],
            "reason": cell.get("r", ""),
            **{name: cell.get(key) for name, key in short.items()},
        }
        for code, cell in items.items()
    ]


class ResultSerializer(_OfRun):
    items = serializers.SerializerMethodField()
    band = serializers.CharField(read_only=True, help_text="等次；达标清单没有")

    class Meta(_OfRun.Meta):
        model = BodyResult
        fields = [
            *_OfRun.Meta.fields,
            "total",
            "bonus",
            "penalty",
            "met",
            "unsourced",
            "pending",
            "band",
            "rank_county",
            "rank_area",
            "items",
            "updated_at",
        ]
        read_only_fields = fields

    def get_items(self, result) -> ItemResultSerializer(many=True):
        return read_items(result.items)


class ComplianceItemSerializer(serializers.Serializer):
    code = serializers.CharField(help_text="项目代号")
    met = serializers.IntegerField(help_text="做到这一项的机构数")


class ComplianceSerializer(_OfRun):
    """九有 or 六有 of an area: how many of its bodies meet each item, and how many meet all."""

    items = serializers.SerializerMethodField()

    class Meta(_OfRun.Meta):
        model = AreaResult
        fields = [*_OfRun.Meta.fields, "bodies", "complete", "complete_sourced", "items", "updated_at"]
        read_only_fields = fields

    def get_items(self, area) -> ComplianceItemSerializer(many=True):
        return [{"code": code, "met": met} for code, (met, _points) in area.items.items()]


class RateSerializer(serializers.Serializer):
    metric = serializers.CharField(help_text="指标名称")
    label = serializers.CharField()
    numerator = serializers.IntegerField()
    denominator = serializers.IntegerField(help_text="为 0 时没有这一比率的对象")


class AreaRatesSerializer(serializers.Serializer):
    organisation = serializers.IntegerField(source="pk", help_text="地区的机构编号")
    code = serializers.CharField(help_text="区划代码")
    level = serializers.IntegerField()
    as_of = serializers.DateField(help_text="哪一天的比率")
    rates = RateSerializer(many=True)
