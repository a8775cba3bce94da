"""Who acts in a post for a time (代理)."""

from django.db import models
from django.db.models import F, Q

from federation.shared.scope import OwnedByOrganisation
from orgs.models.people import Post, Tenure, Worker
from orgs.querysets import DeputyshipQuerySet


class Deputyship(OwnedByOrganisation):
    """Somebody acts in a post from a day until one: for who is away, or because nobody holds it.

    No tenure comes of it: a vacant post stays vacant and is counted in days while somebody acts in it, and who is
    away stays in office.
    """

    post = models.CharField("代理的岗位", max_length=30, choices=Post.choices)
    worker = models.ForeignKey(Worker, on_delete=models.PROTECT, related_name="deputyships", verbose_name="代理人")
    absent = models.ForeignKey(
        Tenure, on_delete=models.PROTECT, null=True, blank=True, related_name="deputyships", verbose_name="代谁",
        help_text="岗位空缺、代管的不选",
    )  # fmt: skip
    started_on = models.DateField("代理起")
    ended_on = models.DateField("代理止", help_text="当天仍代理；到期没有人接的，另登记一次")
    reason = models.CharField("原因", max_length=200, help_text="例如：住院、外出培训、岗位空缺待聘")
    document_number = models.CharField("依据文件", max_length=100, blank=True)

    objects = DeputyshipQuerySet.as_manager()
    view_permission = "members.view"
    edit_permission = "members.edit"
    # Words about people: the log keeps their hash.
    audit_sensitive = ("reason",)

    class Meta:
        verbose_name = "代理"
        verbose_name_plural = "代理"
        ordering = ["-started_on", "id"]
        indexes = [models.Index(fields=["org_path", "post"], name="deputy_path_post")]
        constraints = [
            models.CheckConstraint(
                condition=Q(ended_on__gte=F("started_on")),
                name="deputy_ends_after_start",
                violation_error_message="代理止早于代理起。请核对。",
            )
        ]

    def __str__(self):
        return f"{self.worker} 代理{self.organisation.label}{self.get_post_display()}"
