"""Subsidies and trainings as the REST interface gives them: numbers of an area, never a person."""

from rest_framework import serializers

from committees.models import Audience
from orgs.models import Organisation


def _money(help_text: str):
    return serializers.DecimalField(max_digits=16, decimal_places=2, read_only=True, help_text=help_text)


class AreaSubsidiesSerializer(serializers.ModelSerializer):
    organisation = serializers.IntegerField(source="pk", read_only=True, help_text="机构编号")
    year = serializers.IntegerField(read_only=True, help_text="补贴所属的年度：批次起始月份所在的年")
    members = serializers.IntegerField(read_only=True, help_text="领补贴的人数，一个人只算一次")
    months = serializers.IntegerField(read_only=True, help_text="人月")
    amount = _money("已审批的实发金额（元），等于以下三项承担之和")
    arrived = _money("其中已到账（元）")
    county_amount = _money("县财政承担（元）")
    township_amount = _money("乡镇（街道）承担（元）")
    welfare_amount = _money("公益性岗位资金承担（元）")

    class Meta:
        model = Organisation
        fields = [
            "organisation", "code", "name", "level", "year", "members", "months", "amount", "arrived", "county_amount",
            "township_amount", "welfare_amount", "updated_at",
        ]  # fmt: skip
        read_only_fields = fields


class AudienceSerializer(serializers.Serializer):
    audience = serializers.ChoiceField(choices=Audience.values, help_text="哪一类人员")
    label = serializers.CharField()
    people = serializers.IntegerField(help_text="在任人数：今年按今天，以前的年度按 12 月 31 日")
    wanted = serializers.IntegerField(help_text="应训人次：每人按规定的次数相加")
    completed = serializers.IntegerField(help_text="完成的人次：到会并且没有不合格")
    done = serializers.IntegerField(help_text="完成了应训次数的人数")
    once = serializers.IntegerField(help_text="至少完成一次的人数")
    rate = serializers.DecimalField(
        max_digits=5, decimal_places=4, allow_null=True, help_text="完成率：done ÷ people；没有这类人员时为 null"
    )


class AreaTrainingsSerializer(serializers.ModelSerializer):
    organisation = serializers.IntegerField(source="pk", read_only=True, help_text="机构编号")
    year = serializers.IntegerField(read_only=True, help_text="年度，按培训班的结束日期")
    sessions = serializers.IntegerField(read_only=True, help_text="本地区机构主办、已举办的期数")
    registered = serializers.IntegerField(read_only=True, help_text="本地区的人报名的人次，不含已取消的培训班")
    attended = serializers.IntegerField(read_only=True, help_text="其中到会的人次")
    persons = serializers.IntegerField(read_only=True, help_text="到会的人数，一个人只算一次")
    hours = serializers.DecimalField(
        max_digits=12, decimal_places=1, read_only=True, help_text="到会的人的学时合计（小时）"
    )
    audiences = AudienceSerializer(many=True, read_only=True, help_text="各类人员的任务和完成情况")

    class Meta:
        model = Organisation
        fields = [
            "organisation", "code", "name", "level", "year", "sessions", "registered", "attended", "persons", "hours",
            "audiences", "updated_at",
        ]  # fmt: skip
        read_only_fields = fields
