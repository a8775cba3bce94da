from django.db import models


class Level(models.IntegerChoices):
    PROVINCE = 1, "省级"
    CITY = 2, "市级"
    COUNTY = 3, "县级"
    TOWNSHIP = 4, "乡级"
    VILLAGE = 5, "村级"


class Division(models.Model):
    """A place of the national list of divisions. The key is (level, code): codes repeat across levels."""

    level = models.PositiveSmallIntegerField("级别", choices=Level.choices)
    code = models.CharField("区划代码", max_length=12, help_text="12 位，不足补零")
    name = models.CharField("名称", max_length=100)
    parent = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="children", verbose_name="上级"
    )

    class Meta:
        verbose_name = "行政区划"
        verbose_name_plural = "行政区划"
        ordering = ["code", "level"]
        constraints = [models.UniqueConstraint(fields=["level", "code"], name="division_level_code")]

    def __str__(self):
        return self.name
