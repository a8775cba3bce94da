"""What happens once in a period, and whether jobs may run at all in this database."""

from django.conf import settings
from django.db import models
from django.db.models import Q


class PeriodRun(models.Model):
    """That something of a period (a day, a month) was done: however often it is asked for, once."""

    kind = models.CharField(max_length=60)
    period = models.CharField(max_length=20, help_text="例如：2026-11-21")
    organisation = models.ForeignKey("orgs.Organisation", on_delete=models.CASCADE, null=True, related_name="+")
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = "定期任务"
        verbose_name_plural = "定期任务"
        constraints = [
            models.UniqueConstraint(fields=["kind", "period", "organisation"], name="period_run_once"),
            # NULL differs from NULL in a unique constraint.
            models.UniqueConstraint(
                fields=["kind", "period"], condition=Q(organisation__isnull=True), name="period_run_once_of_all"
            ),
        ]

    def __str__(self):
        return f"{self.kind} {self.period}"


class JobGate(models.Model):
    """One row: the database for which jobs were released. In a restored copy it names another one."""

    database = models.CharField(max_length=100)
    released_at = models.DateTimeField(auto_now=True)
    released_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+", verbose_name="放行人"
    )

    class Meta:
        verbose_name = "后台任务放行"
        verbose_name_plural = "后台任务放行"

    def __str__(self):
        return self.database
