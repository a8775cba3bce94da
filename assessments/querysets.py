"""Questions about many runs and results."""

from django.db import models

from federation.shared.scope import ScopedQuerySet


class StandardQuerySet(models.QuerySet):
    def visible_to(self, principal, permission: str | None = None):
        """Standards belong to no body: whoever may see assessments anywhere sees them all."""
        wanted = permission or self.model.view_permission
        if principal is None or not principal.scopes(wanted):
            return self.none()
        return self


class RunQuerySet(ScopedQuerySet):
    def with_results(self):
        """Runs whose numbers are complete."""
        return self.filter(state__in=self.model.WITH_RESULTS)

    def same_question(self, run):
        """Runs of the same standard over the same area."""
        return self.filter(standard=run.standard_id, organisation=run.organisation_id)

    def before(self, run):
        """Earlier runs of the same question with results, newest first."""
        earlier = models.Q(as_of__lt=run.as_of) | models.Q(as_of=run.as_of, pk__lt=run.pk)
        return self.same_question(run).with_results().filter(earlier).order_by("-as_of", "-pk")


class BodyResultQuerySet(ScopedQuerySet):
    def in_order(self):
        """As a league table stands: by total, then the deciding section, then fewer penalties, then code."""
        return self.order_by("position", "id")
