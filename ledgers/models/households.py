"""A household in which disabled people live: 一户多残 and 老残一体 are read off it."""

from django.db import models

from federation.shared.scope import OwnedByOrganisation
from federation.shared.sealed import SealedRow
from ledgers.querysets import HouseholdQuerySet


class Household(SealedRow, OwnedByOrganisation):
    """People of one register or one home; `organisation` is the village or community where it stands."""

    number = models.PositiveIntegerField("户号", help_text="本村（社区）内的顺序号")
    address = models.CharField("住址", max_length=200, blank=True)
    size = models.PositiveSmallIntegerField("家庭人口", null=True, blank=True, help_text="人")
    elderly = models.PositiveSmallIntegerField("60 岁及以上人数", null=True, blank=True, help_text="人")
    remark = models.CharField("备注", max_length=300, blank=True)

    objects = HouseholdQuerySet.as_manager()
    view_permission = "persons.view"
    edit_permission = "persons.edit"

    class Meta:
        verbose_name = "残疾人家庭"
        verbose_name_plural = "残疾人家庭"
        ordering = ["org_path", "number"]
        indexes = [models.Index(fields=["org_path", "number"], name="household_path_number")]
        constraints = [models.UniqueConstraint(fields=["organisation", "number"], name="household_number_once")]

    def __str__(self):
        return f"{self.number} 号家庭"
