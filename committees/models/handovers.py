"""That somebody who left handed over to a successor: what, how much, when, by whom."""

from django.db import models

from federation.shared.scope import OwnedByOrganisation
from orgs.models import Tenure, Worker


class Handover(OwnedByOrganisation):
    """One press of the button; `moved` is {duty: how much went over}, written once and never changed."""

    tenure = models.ForeignKey(Tenure, on_delete=models.PROTECT, related_name="handovers", verbose_name="离任的任职")
    successor = models.ForeignKey(Worker, on_delete=models.PROTECT, related_name="+", verbose_name="接手人")
    moved = models.JSONField("移交了什么", default=dict)
    remark = models.CharField("说明", max_length=200, blank=True, help_text="例如：纸质台账 12 册已当面交清")

    view_permission = "members.view"
    edit_permission = "members.edit"
    # Words about people: the log keeps their hash.
    audit_sensitive = ("remark",)

    class Meta:
        verbose_name = "工作移交"
        verbose_name_plural = "工作移交"
        ordering = ["-id"]
        indexes = [models.Index(fields=["org_path"], name="handover_path")]

    def __str__(self):
        return f"{self.tenure.worker} 移交给 {self.successor}"
