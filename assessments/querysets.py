"""Questions about many runs and results."""

from django.db import models

from federation.shared.scope import ScopedQuerySet
from orgs.querysets import OwnRows


class StandardQuerySet(models.QuerySet):
    def visible_to(self, principal, permission: str | None = None):
        """Standards belong to no body: whoever may see assessments anywhere sees them all."""
        wanted = permission or self.model.view_permission
        if principal is None or not principal.scopes(wanted):
            return self.none()
        return self


class RoundQuerySet(ScopedQuerySet):
    def areas_above(self, scopes) -> set[str]:
        """The paths of the areas in which the scopes lie, without their own."""
        step = self.model._meta.get_field("organisation").related_model.steplen
        return {scope.path[:end] for scope in scopes for end in range(step, len(scope.path), step)}

    def with_results(self):
        """Rounds whose numbers are complete."""
        return self.filter(state__in=self.model.WITH_RESULTS)


class RunQuerySet(RoundQuerySet):
    def visible_to(self, principal, permission: str | None = None):
        """Runs in scope; who may read assessments also sees the published ones of the areas its bodies lie in.

        Of these it reads what is published (`BodyResultQuerySet.in_league`), the rest as its scope allows.
        """
        wanted = permission or self.model.view_permission
        scopes = principal.scopes(wanted) if principal is not None else []
        if not scopes or wanted != self.model.view_permission:
            return self.in_scopes(scopes)
        condition = models.Q(state=self.model.State.PUBLISHED, org_path__in=self.areas_above(scopes))
        for scope in scopes:
            condition |= self.scope_condition(scope)
        return self.filter(condition)

    def same_question(self, run):
        """Runs of the same standard over the same area."""
        return self.filter(standard=run.standard_id, organisation=run.organisation_id)

    def before(self, run):
        """Earlier runs of the same question with results, newest first."""
        earlier = models.Q(as_of__lt=run.as_of) | models.Q(as_of=run.as_of, pk__lt=run.pk)
        return self.same_question(run).with_results().filter(earlier).order_by("-as_of", "-pk")


class BodyResultQuerySet(ScopedQuerySet):
    def in_league(self, run, principal):
        """The league of a run that `principal` sees: of a published one every row, else those in scope.

        Published are names, totals, ranks and bands; `items` and what they rest on are for the scope alone.
        """
        rows = self if run.state == run.State.PUBLISHED else self.visible_to(principal)
        return rows.filter(run=run)

    def in_order(self):
        """As a league table stands: by total, then the deciding section, then fewer penalties, then code."""
        return self.order_by("position", "id")


class AppraisalQuerySet(RoundQuerySet):
    def visible_to(self, principal, permission: str | None = None):
        """Appraisals in scope; whoever may read them also sees those of the areas its bodies lie in.

        The round itself says nothing of a person: its results are narrowed by their own scope.
        """
        wanted = permission or self.model.view_permission
        scopes = principal.scopes(wanted) if principal is not None else []
        if not scopes or wanted != self.model.view_permission:
            return self.in_scopes(scopes)
        condition = models.Q(org_path__in=self.areas_above(scopes))
        for scope in scopes:
            condition |= self.scope_condition(scope)
        return self.filter(condition)


class MemberResultQuerySet(OwnRows, ScopedQuerySet):
    def with_results(self):
        """Of appraisals that are computed."""
        return self.filter(appraisal__state__in=self.model.appraisal.field.related_model.WITH_RESULTS)

    def published(self):
        return self.filter(appraisal__state="published")

    def last_published(self, workers) -> dict:
        """{worker id: the result that counts today}: of the latest published appraisal of each."""
        rows = self.published().filter(worker__in=workers).order_by("appraisal__as_of", "pk")
        # The newest comes last and stays.
        return {row.worker_id: row for row in rows}


class NominationQuerySet(OwnRows, ScopedQuerySet):
    def awarded(self):
        return self.filter(state=self.model.State.AWARDED)
