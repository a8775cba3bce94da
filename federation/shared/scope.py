"""Scope: which rows somebody sees. The one place that decides it, for pages, files, REST and jobs alike.

A *principal* (a user, a machine key) answers `scopes(permission)` with the subtrees in which it holds that
permission. No scope, no rows.
"""

from dataclasses import dataclass

from django.conf import settings
from django.db import models
from django.db.models import Q

from federation.shared.fields import OrgPathField, subtree


@dataclass(frozen=True)
class Scope:
    """One subtree; `category` narrows it to people of one disability category (association officers)."""

    path: str
    category: str = ""


class ScopedQuerySet(models.QuerySet):
    """Base of every queryset whose rows belong to an organisation."""

    path_field = "org_path"

    def visible_to(self, principal, permission: str | None = None):
        """Rows in whose subtree `principal` holds `permission` (default: the model's `view_permission`)."""
        scopes = principal.scopes(permission or self.model.view_permission) if principal is not None else []
        return self.in_scopes(scopes)

    def in_scopes(self, scopes):
        """Rows of any of the scopes. Querysets of people narrow by category as well."""
        if not scopes:
            return self.none()
        condition = Q()
        for scope in scopes:
            condition |= self.scope_condition(scope)
        return self.filter(condition)

    def scope_condition(self, scope: Scope) -> Q:
        return subtree(scope.path, self.path_field)

    def under(self, path: str):
        """Rows of the body at `path` and of everything below it."""
        return self.filter(subtree(path, self.path_field))


class VersionedModel(models.Model):
    """A row people edit: carries the version that a form must have seen (see shared.history)."""

    version = models.PositiveIntegerField("版本", default=1, editable=False)
    created_at = models.DateTimeField("建立时间", auto_now_add=True)
    updated_at = models.DateTimeField("更新时间", auto_now=True, db_index=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, editable=False, related_name="+"
    )

    class Meta:
        abstract = True


class OwnedByOrganisation(VersionedModel):
    """A row recorded by an organisation. `organisation` never changes by reforms; `org_path` follows the tree."""

    organisation = models.ForeignKey("orgs.Organisation", on_delete=models.PROTECT, verbose_name="机构")
    org_path = OrgPathField("机构路径")

    objects = ScopedQuerySet.as_manager()

    view_permission = "organisations.view"
    edit_permission = "organisations.edit"

    class Meta:
        abstract = True
