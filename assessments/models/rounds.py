"""What a run over bodies and an appraisal of members have in common: the round, a result, points given by hand."""

from decimal import Decimal

from django.conf import settings
from django.db import models

from federation.shared.scope import OwnedByOrganisation


class RoundState(models.TextChoices):
    PLANNED = "planned", "等待计算"
    COMPUTING = "computing", "正在计算"
    FAILED = "failed", "没有算完"
    COMPUTED = "computed", "已计算"
    REVIEWED = "reviewed", "已核对"
    PUBLISHED = "published", "已公布"


class Round(OwnedByOrganisation):
    """One standard (`standard`, of the subclass) put to an area (`organisation`) for one year as of a day."""

    State = RoundState
    WITH_RESULTS = (RoundState.COMPUTED, RoundState.REVIEWED, RoundState.PUBLISHED)

    year = models.PositiveSmallIntegerField("考核年度")
    as_of = models.DateField("截止日")
    state = models.CharField("状态", max_length=10, choices=RoundState.choices, default=RoundState.PLANNED)
    attempt = models.PositiveIntegerField("第几次计算", default=0, editable=False)
    job = models.ForeignKey(
        "shared.Job", on_delete=models.SET_NULL, null=True, editable=False, related_name="+", verbose_name="后台任务"
    )
    # The text of the standard as it was computed with; a published round keeps it whatever becomes of the edition.
    definition = models.JSONField(default=dict, editable=False)
    content_hash = models.CharField(max_length=64, blank=True, editable=False)
    facts_digest = models.CharField("结果校验值", max_length=64, blank=True, editable=False)
    failure = models.CharField("没有算完的原因", max_length=500, blank=True, editable=False)
    computed_at = models.DateTimeField("计算时间", null=True, editable=False)
    published_at = models.DateTimeField("公布时间", null=True, editable=False)
    published_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, editable=False, related_name="+"
    )

    class Meta:
        abstract = True

    def __str__(self):
        return f"{self.year} 年{self.standard.title}（{self.organisation.label}）"

    @property
    def has_results(self) -> bool:
        return self.state in self.WITH_RESULTS


class RoundResult(models.Model):
    """What a round found about one body or member. `items` holds every item of the standard under its code.

    {"v": value, "n": numerator, "d": denominator, "p": points, "e": evidence count, "s": state, "r": reason};
    what is empty is left out (the reason of a missing source too). States: yes, half, no, none (no source yet),
    pending (waits for an inspector).
    """

    total = models.DecimalField("总分", max_digits=6, decimal_places=2)
    met = models.PositiveSmallIntegerField("做到项数", default=0)
    unsourced = models.PositiveSmallIntegerField("尚无数据来源项数", default=0)
    pending = models.PositiveSmallIntegerField("待评分项数", default=0)
    band = models.CharField("等次", max_length=10, blank=True)
    rank_county = models.PositiveIntegerField("县内名次", default=0)
    items = models.JSONField("各项结果")
    digest = models.CharField(max_length=64, editable=False)

    class Meta:
        abstract = True

    def points_of(self, code: str) -> Decimal:
        return Decimal(self.items.get(code, {}).get("p", "0"))


class GivenPoints(models.Model):
    """Points somebody gave for an item that no record can show."""

    item_code = models.CharField("项目", max_length=20)
    points = models.DecimalField("得分", max_digits=5, decimal_places=2)
    reason = models.CharField("理由", max_length=300)
    scored_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name="评分人"
    )
    scored_at = models.DateTimeField("评分时间", auto_now=True)

    class Meta:
        abstract = True
