"""Questions about many rows of the base."""

from django.db.models import Q

from federation.shared.scope import ScopedQuerySet

APPROVE_EXPORTS = "exports.approve"


class ExportQuerySet(ScopedQuerySet):
    def visible_to(self, principal, permission: str | None = None):
        """One's own downloads, and those of one's area that wait for, or got, one's answer as the second person."""
        own = super().visible_to(principal, permission).filter(created_by=getattr(principal, "pk", None))
        approves = principal.scopes(APPROVE_EXPORTS) if principal is not None else []
        if not approves:
            return own
        area = Q()
        for scope in approves:
            area |= self.scope_condition(scope)
        return self.filter(area) | own
