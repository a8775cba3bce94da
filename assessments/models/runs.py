"""Runs of a standard over an area, and what they found: one row a body."""

from django.db import models

from assessments.models.rounds import GivenPoints, Round, RoundResult
from assessments.models.standards import Standard
from assessments.querysets import BodyResultQuerySet, RunQuerySet
from federation.shared.fields import OrgPathField
from federation.shared.scope import ScopedQuerySet


class Run(Round):
    """The evaluation of one standard over one area (`organisation`) for one year as of a day."""

    standard = models.ForeignKey(Standard, on_delete=models.PROTECT, related_name="runs", verbose_name="考核标准")
    body_count = models.PositiveIntegerField("机构数", default=0, editable=False)

    objects = RunQuerySet.as_manager()
    view_permission = "assessments.view"
    edit_permission = "assessments.run"

    class Meta:
        verbose_name = "考核批次"
        verbose_name_plural = "考核批次"
        ordering = ["-id"]
        indexes = [models.Index(fields=["org_path", "-id"], name="run_path")]
        constraints = [
            models.UniqueConstraint(fields=["standard", "organisation", "year", "as_of"], name="run_once_per_question")
        ]


class BodyResult(RoundResult):
    """What a run found about one body."""

    # No index of its own: the one of (run, organisation) begins with it.
    run = models.ForeignKey(
        Run, on_delete=models.CASCADE, related_name="results", db_index=False, verbose_name="考核批次"
    )
    organisation = models.ForeignKey("orgs.Organisation", on_delete=models.PROTECT, verbose_name="机构")
    org_path = OrgPathField("机构路径")
    bonus = models.DecimalField("加分", max_digits=5, decimal_places=2, default=0)
    penalty = models.DecimalField("扣分", max_digits=5, decimal_places=2, default=0)
    deciding = models.DecimalField("第三部分得分", max_digits=6, decimal_places=2, default=0)
    rank_area = models.PositiveIntegerField("全区域名次", default=0)
    # The place in the league table: ties of the rank are put in order, so that pages can follow one another.
    position = models.PositiveIntegerField("排列顺序", default=0, editable=False)
    updated_at = models.DateTimeField("更新时间", db_index=True)

    objects = BodyResultQuerySet.as_manager()
    view_permission = "assessments.view"

    class Meta:
        verbose_name = "考核结果"
        verbose_name_plural = "考核结果"
        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["run", "organisation"], name="body_result_once")]
        indexes = [models.Index(fields=["run", "position"], name="body_result_position")]

    def __str__(self):
        return f"{self.organisation_id}：{self.total}"


class AreaResult(models.Model):
    """A run rolled up to an area: a county, the townships of it, a city, a province."""

    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="areas", verbose_name="考核批次")
    organisation = models.ForeignKey("orgs.Organisation", on_delete=models.PROTECT, verbose_name="地区")
    org_path = OrgPathField("机构路径")
    bodies = models.PositiveIntegerField("机构数")
    complete = models.PositiveIntegerField("全部做到的机构数", help_text="达标清单的每一项都做到")
    complete_sourced = models.PositiveIntegerField("有数据来源的各项全部做到的机构数")
    total_sum = models.DecimalField("总分之和", max_digits=14, decimal_places=2)
    # {code: [bodies that meet it, sum of its points]}
    items = models.JSONField("各项达标机构数")
    bands = models.JSONField("各等次机构数", default=dict)
    # {metric: [numerator, denominator]} of the three hundred-percents.
    rates = models.JSONField("三个百分之百", default=dict)
    updated_at = models.DateTimeField("更新时间", auto_now=True, db_index=True)

    objects = ScopedQuerySet.as_manager()
    view_permission = "assessments.view"

    class Meta:
        verbose_name = "地区汇总"
        verbose_name_plural = "地区汇总"
        ordering = ["org_path"]
        constraints = [models.UniqueConstraint(fields=["run", "organisation"], name="area_result_once")]

    def __str__(self):
        return f"{self.organisation_id}：{self.bodies} 个机构"


class ManualScore(GivenPoints):
    """Points an inspector gave for an item that no record can show."""

    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="manual_scores", verbose_name="考核批次")
    organisation = models.ForeignKey("orgs.Organisation", on_delete=models.PROTECT, verbose_name="机构")
    org_path = OrgPathField("机构路径")

    objects = ScopedQuerySet.as_manager()
    view_permission = "assessments.view"
    edit_permission = "assessments.score"

    class Meta:
        verbose_name = "人工评分"
        verbose_name_plural = "人工评分"
        ordering = ["item_code", "id"]
        constraints = [
            models.UniqueConstraint(fields=["run", "organisation", "item_code"], name="manual_score_once"),
            models.CheckConstraint(condition=models.Q(points__gte=0), name="manual_score_not_negative"),
        ]

    def __str__(self):
        return f"{self.item_code}：{self.points}"
