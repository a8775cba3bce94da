"""Standards, runs of a standard over an area, and what they found: one row a body."""

import hashlib
import json
from decimal import Decimal

from django.conf import settings
from django.db import models

from assessments.querysets import BodyResultQuerySet, RunQuerySet, StandardQuerySet
from federation.shared.fields import OrgPathField
from federation.shared.scope import OwnedByOrganisation, ScopedQuerySet
from orgs.models import BodyKind, Level


def definition_hash(definition: dict) -> str:
    text = json.dumps(definition, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


class Standard(models.Model):
    """One edition of a standard. Its whole text is `definition` (see assessments.standards); the hash freezes it."""

    class Kind(models.TextChoices):
        CHECKLIST = "checklist", "达标清单"
        HUNDRED = "hundred", "百分制"

    class Subject(models.TextChoices):
        BODY = "body", "机构"
        MEMBER = "member", "专职委员"

    code = models.CharField("代号", max_length=50, unique=True, help_text="例如：township_2012，一个版本一个代号")
    title = models.CharField("名称", max_length=100)
    kind = models.CharField("类别", max_length=10, choices=Kind.choices)
    subject = models.CharField("考核对象", max_length=10, choices=Subject.choices, default=Subject.BODY)
    body_kind = models.CharField("机构类型", max_length=30, choices=BodyKind.choices, blank=True)
    level = models.PositiveSmallIntegerField("级别", choices=Level.choices, null=True, blank=True)
    applies_from = models.PositiveSmallIntegerField("起用年度")
    definition = models.JSONField("内容")
    content_hash = models.CharField("内容校验值", max_length=64, editable=False)
    loaded_at = models.DateTimeField("装入时间", auto_now=True)

    objects = StandardQuerySet.as_manager()
    view_permission = "assessments.view"

    class Meta:
        verbose_name = "考核标准"
        verbose_name_plural = "考核标准"
        ordering = ["kind", "-level", "code"]

    def __str__(self):
        return self.title

    @property
    def is_checklist(self) -> bool:
        return self.kind == self.Kind.CHECKLIST


class RunState(models.TextChoices):
    PLANNED = "planned", "等待计算"
    COMPUTING = "computing", "正在计算"
    FAILED = "failed", "没有算完"
    COMPUTED = "computed", "已计算"
    REVIEWED = "reviewed", "已核对"
    PUBLISHED = "published", "已公布"


class Run(OwnedByOrganisation):
    """The evaluation of one standard over one area (`organisation`) for one year as of a day."""

    State = RunState
    WITH_RESULTS = (RunState.COMPUTED, RunState.REVIEWED, RunState.PUBLISHED)

    standard = models.ForeignKey(Standard, on_delete=models.PROTECT, related_name="runs", verbose_name="考核标准")
    year = models.PositiveSmallIntegerField("考核年度")
    as_of = models.DateField("截止日")
    state = models.CharField("状态", max_length=10, choices=RunState.choices, default=RunState.PLANNED)
    attempt = models.PositiveIntegerField("第几次计算", default=0, editable=False)
    job = models.ForeignKey(
        "shared.Job", on_delete=models.SET_NULL, null=True, editable=False, related_name="+", verbose_name="后台任务"
    )
    body_count = models.PositiveIntegerField("机构数", default=0, editable=False)
    # The text of the standard as it was computed with; a published run keeps it whatever becomes of the edition.
    definition = models.JSONField(default=dict, editable=False)
    content_hash = models.CharField(max_length=64, blank=True, editable=False)
    facts_digest = models.CharField("结果校验值", max_length=64, blank=True, editable=False)
    failure = models.CharField("没有算完的原因", max_length=500, blank=True, editable=False)
    computed_at = models.DateTimeField("计算时间", null=True, editable=False)
    published_at = models.DateTimeField("公布时间", null=True, editable=False)
    published_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, editable=False, related_name="+"
    )

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

    def __str__(self):
        return f"{self.year} 年{self.standard.title}（{self.organisation.label}）"

    @property
    def has_results(self) -> bool:
        return self.state in self.WITH_RESULTS


class BodyResult(models.Model):
    """What a run found about one body. `items` holds every item of the standard under its code.

    {"v": value, "n": numerator, "d": denominator, "p": points, "e": evidence count, "s": state, "r": reason};
    what is empty is left out (the reason of a missing source too). States: yes, half, no, none (no source yet),
    pending (waits for an inspector).
    """

    # No index of its own: the one of (run, organisation) begins with it.
    run = models.ForeignKey(
        Run, on_delete=models.CASCADE, related_name="results", db_index=False, verbose_name="考核批次"
    )
    organisation = models.ForeignKey("orgs.Organisation", on_delete=models.PROTECT, verbose_name="机构")
    org_path = OrgPathField("机构路径")
    total = models.DecimalField("总分", max_digits=6, decimal_places=2)
    bonus = models.DecimalField("加分", max_digits=5, decimal_places=2, default=0)
    penalty = models.DecimalField("扣分", max_digits=5, decimal_places=2, default=0)
    deciding = models.DecimalField("第三部分得分", max_digits=6, decimal_places=2, default=0)
    met = models.PositiveSmallIntegerField("做到项数", default=0)
    unsourced = models.PositiveSmallIntegerField("尚无数据来源项数", default=0)
    pending = models.PositiveSmallIntegerField("待评分项数", default=0)
    band = models.CharField("等次", max_length=10, blank=True)
    rank_county = models.PositiveIntegerField("县内名次", default=0)
    rank_area = models.PositiveIntegerField("全区域名次", default=0)
    # The place in the league table: ties of the rank are put in order, so that pages can follow one another.
    position = models.PositiveIntegerField("排列顺序", default=0, editable=False)
    items = models.JSONField("各项结果")
    digest = models.CharField(max_length=64, editable=False)
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

    def points_of(self, code: str) -> Decimal:
        return Decimal(self.items.get(code, {}).get("p", "0"))


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


class ManualScore(models.Model):
    """Points an inspector gave for an item that no record can show."""

    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="manual_scores", verbose_name="考核批次")
    organisation = models.ForeignKey("orgs.Organisation", on_delete=models.PROTECT, verbose_name="机构")
    org_path = OrgPathField("机构路径")
    item_code = models.CharField("项目", max_length=20)
    points = models.DecimalField("得分", max_digits=5, decimal_places=2)
    reason = models.CharField("理由", max_length=300)
    scored_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name="评分人"
    )
    scored_at = models.DateTimeField("评分时间", auto_now=True)

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
