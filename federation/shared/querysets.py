"""Questions about many rows of the base."""

from django.db.models import Q

from federation.shared.scope import ScopedQuerySet

# Answering what a colleague of the own body asked for, and what somebody below it did.
APPROVE_EXPORTS = "exports.approve"
APPROVE_EXPORTS_BELOW = "exports.approve_below"


class ExportQuerySet(ScopedQuerySet):
    def visible_to(self, principal, permission: str | None = None):
        """One's own downloads, and those that wait for, or got, one's answer as the second person."""
        own = super().visible_to(principal, permission).filter(created_by=getattr(principal, "pk", None))
        return own | self.to_answer(principal)

    def to_answer(self, principal):
        """Downloads over an area that `principal` may answer for as the second person; never the own ones."""
        if principal is None:
            return self.none()
        reach = Q(pk__in=[])
        for scope in principal.scopes(APPROVE_EXPORTS_BELOW):
            reach |= self.scope_condition(scope)
        for scope in principal.scopes(APPROVE_EXPORTS):
            reach |= self.scope_condition(scope) & Q(created_by__in=principal.colleagues(scope.path))
        return self.filter(reach).exclude(created_by=principal.pk)
