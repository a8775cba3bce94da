"""Conditions of the list of persons that somebody keeps under a name."""

from django.conf import settings
from django.db import models

from federation.shared.scope import VersionedModel


class SavedFilterQuerySet(models.QuerySet):
    def visible_to(self, principal, permission: str | None = None):
        """One's own, as long as one may read the list they are of. Machines have none."""
        if principal is None or not hasattr(principal, "has_scope"):
            return self.none()
        if not principal.has_scope(permission or self.model.view_permission):
            return self.none()
        return self.filter(user=principal.pk)


class SavedFilter(VersionedModel):
    """It holds conditions only, never what was searched for by name or number."""

    LIMIT = 30

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, editable=False, related_name="+", verbose_name="使用人"
    )
    name = models.CharField("名称", max_length=40, help_text="例如：60 天内要复审的重度残疾人")
    conditions = models.CharField("查找条件", max_length=1000, editable=False)

    objects = SavedFilterQuerySet.as_manager()
    view_permission = "persons.view"

    class Meta:
        verbose_name = "常用查找条件"
        verbose_name_plural = "常用查找条件"
        ordering = ["name", "id"]
        constraints = [models.UniqueConstraint(fields=["user", "name"], name="saved_filter_name_once")]

    def __str__(self):
        return self.name
