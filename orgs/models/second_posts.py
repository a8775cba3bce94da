"""That somebody may hold a second paid post at once: an administrator notes why, and where."""

from django.db import models

from federation.shared.scope import OwnedByOrganisation


class SecondPostPermit(OwnedByOrganisation):
    """One person, one body where the second post may be held, and why. A tenure that makes use of it points here.

    The database refuses a second paid post without one (orgs.triggers).
    """

    worker = models.ForeignKey(
        "orgs.Worker", on_delete=models.PROTECT, related_name="second_post_permits", verbose_name="工作人员"
    )
    reason = models.CharField(
        "准许的原因", max_length=200, help_text="例如：会师村暂时无人可聘，县残联会议同意由其兼管"
    )
    document_number = models.CharField("依据文件", max_length=100, blank=True)

    view_permission = "members.view"
    edit_permission = "members.permit_second"
    # Words about people: the log keeps their hash.
    audit_sensitive = ("reason",)

    class Meta:
        verbose_name = "第二个受聘岗位的准许"
        verbose_name_plural = "第二个受聘岗位的准许"
        ordering = ["-id"]
        indexes = [models.Index(fields=["org_path"], name="second_post_path")]
        constraints = [
            models.UniqueConstraint(fields=["worker", "organisation"], name="second_post_once_a_body"),
            models.CheckConstraint(condition=~models.Q(reason=""), name="second_post_has_reason"),
        ]

    def __str__(self):
        return f"{self.worker} 可同时受聘于{self.organisation.label}"
