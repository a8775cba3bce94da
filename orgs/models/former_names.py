"""What a body was called before: rosters of other offices go on naming it so for years."""

from django.db import models

from federation.shared.scope import OwnedByOrganisation


class FormerName(OwnedByOrganisation):
    """A village merged or renamed is found by these names too; of several bodies with one, the row must say more."""

    name = models.CharField("曾用名", max_length=100, help_text="例如：东风大队；合并前的村名也写在这里")
    used_until = models.DateField("使用至", null=True, blank=True)
    remark = models.CharField("说明", max_length=100, blank=True)

    class Meta:
        verbose_name = "曾用名"
        verbose_name_plural = "曾用名"
        ordering = ["-used_until", "id"]
        indexes = [models.Index(fields=["org_path"], name="former_name_path")]
        constraints = [models.UniqueConstraint(fields=["organisation", "name"], name="former_name_once")]

    def __str__(self):
        return self.name
