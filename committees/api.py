"""Subsidies and trainings over REST: figures of an area and a year, never a person."""

from committees.area_figures import YearOfSubsidies, YearOfTrainings
from committees.models import SubsidyLine, TrainingAttendance, TrainingSession
from committees.serializers import AreaSubsidiesSerializer, AreaTrainingsSerializer
from committees.training_need import last_day, targets_of
from federation.shared.rest_when import OfYear, ToldYearFilter
from orgs.api import AreaFilter, AreaList
from orgs.models import Tenure

SUBSIDIES, TRAININGS = "api.subsidies", "api.trainings"


class AreaYearFilter(AreaFilter):
    year = ToldYearFilter(label="年度，默认今年，例如 2026")

    class Meta(AreaFilter.Meta):
        fields = ["year", "level", "organisation"]


class AreaYearList(OfYear, AreaList):
    """`figures(user, year, areas)` sums up a year for all areas of a page; its `of(path)` gives those of one."""

    filterset_class = AreaYearFilter
    figures = None

    def prepare(self, rows):
        figures = self.figures(self.request.user, self.year, rows)
        for row in rows:
            row.year = self.year
            for name, value in figures.of(row.path).items():
                setattr(row, name, value)
        return rows


class SubsidyList(AreaYearList):
    """专职委员补贴：每个地区一年里领补贴的人数、人月和各方承担的金额，只算已审批的批次，没有个人信息。"""

    api_resource = "subsidies"
    serializer_class = AreaSubsidiesSerializer
    figures = YearOfSubsidies

    def stamp(self, queryset) -> str:
        """The figures follow from the lines and from where bodies lie."""
        lines = self.stamp_of(SubsidyLine.objects.visible_to(self.request.user, SUBSIDIES), "batch__updated_at")
        return f"{super().stamp(queryset)}|{lines}|{self.year}"


class TrainingList(AreaYearList):
    """培训：每个地区一年里办了几期、多少人报名和到会、多少学时，各类人员应训几次、完成了几次和完成率，没有个人信息。"""

    api_resource = "trainings"
    serializer_class = AreaTrainingsSerializer
    figures = YearOfTrainings

    def stamp(self, queryset) -> str:
        """The figures follow from sessions, who was there, who is in post on the day, and what is asked of them."""
        user = self.request.user
        rows = [
            self.stamp_of(TrainingSession.objects.visible_to(user, TRAININGS)),
            self.stamp_of(TrainingAttendance.objects.visible_to(user, TRAININGS), "session__updated_at"),
            self.stamp_of(Tenure.objects.visible_to(user, TRAININGS)),
            self.stamp_of(targets_of(self.year)),
        ]
        return f"{super().stamp(queryset)}|{'|'.join(rows)}|{last_day(self.year)}"
