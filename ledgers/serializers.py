"""表一 as the REST interface gives it: numbers, never a person."""

from rest_framework import serializers

from ledgers.models import RosterSummary
from ledgers.summaries.definition import CODES, label_of

LABELS = {code: label_of(code) for code in CODES}


class CellSerializer(serializers.Serializer):
    """One number of the table."""

    code = serializers.CharField(help_text="格子的代号，例如 total、sex.2、category.4.grade.1；unfilled 为未填")
    label = serializers.CharField(help_text="格子的名称")
    count = serializers.IntegerField(min_value=0, help_text="人数")


def cells(figures: dict) -> list[dict]:
    """In the order of the table; what an older table had beside is given at the end."""
    known = [*(code for code in CODES if code in figures), *(code for code in figures if code not in LABELS)]
    return [{"code": code, "label": LABELS.get(code, code), "count": figures[code]} for code in known]


class SummarySerializer(serializers.ModelSerializer):
    organisation = serializers.IntegerField(source="organisation_id", read_only=True, help_text="机构编号")
    code = serializers.CharField(source="organisation.code", read_only=True, help_text="区划代码；专门协会没有")
    approved_at = serializers.DateTimeField(source="decided_at", read_only=True, help_text="审定时间")
    digest = serializers.CharField(read_only=True, help_text="审定的数字的 SHA-256 摘要")
    figures = serializers.SerializerMethodField()

    class Meta:
        model = RosterSummary
        fields = [
            "id",
            "uid",
            "organisation",
            "code",
            "year",
            "as_of",
            "approved_at",
            "digest",
            "figures",
            "updated_at",
        ]
        read_only_fields = fields

    def get_figures(self, summary) -> CellSerializer(many=True):
        return cells(summary.figures)


class CurrentSummarySerializer(serializers.Serializer):
    """The table of a body counted when it is asked for; nobody has approved it."""

    organisation = serializers.IntegerField(help_text="机构编号")
    code = serializers.CharField(help_text="区划代码；专门协会没有", allow_blank=True)
    as_of = serializers.DateField(help_text="截止日期")
    figures = CellSerializer(many=True)
