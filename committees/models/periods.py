"""How an area pays its subsidies: how often, and which months count."""

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models

from committees.models.subsidies import MonthRule
from committees.querysets import SubsidyPeriodQuerySet
from federation.shared.scope import OwnedByOrganisation


class SubsidyPeriod(OwnedByOrganisation):
    """From a year on an area pays by the month, quarter, half-year or year; the nearest area above somebody wins."""

    class Length(models.TextChoices):
        MONTH = "month", "每月"
        QUARTER = "quarter", "每季度"
        HALF_YEAR = "half_year", "每半年"
        YEAR = "year", "每年"

    MONTHS = {Length.MONTH: 1, Length.QUARTER: 3, Length.HALF_YEAR: 6, Length.YEAR: 12}
    # Where nothing is laid down.
    USUAL = Length.HALF_YEAR

    from_year = models.PositiveSmallIntegerField(
        "从哪一年起", validators=[MinValueValidator(2000), MaxValueValidator(2100)]
    )
    length = models.CharField("多久发一次", max_length=10, choices=Length.choices, default=Length.HALF_YEAR)
    month_rule = models.CharField(
        "怎样算一个月", max_length=20, choices=MonthRule.choices, default=MonthRule.FIFTEENTH_OR_HALF
    )
    document_number = models.CharField("依据文件", max_length=200, help_text="文号或文件名称")

    objects = SubsidyPeriodQuerySet.as_manager()
    view_permission = "subsidies.view"
    edit_permission = "subsidies.edit"

    class Meta:
        verbose_name = "补贴发放周期"
        verbose_name_plural = "补贴发放周期"
        ordering = ["org_path", "-from_year"]
        constraints = [
            models.UniqueConstraint(
                fields=["organisation", "from_year"],
                name="period_once_a_year",
                violation_error_message="这个地区已经规定了从这一年起的发放周期。请修改那一条。",
            )
        ]

    def __str__(self):
        return f"{self.from_year} 年起{self.get_length_display()}发放"
