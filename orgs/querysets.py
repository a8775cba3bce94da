"""Questions about many organisations, posts and facts at once."""

from django.db.models import Q
from treebeard.mp_tree import MP_NodeQuerySet

from federation.shared.scope import ScopedQuerySet


def spanning(day, start: str, end: str) -> Q:
    """Rows in force on `day`: from ≤ day, and to empty or ≥ day."""
    return Q(**{f"{start}__lte": day}) & (Q(**{f"{end}__isnull": True}) | Q(**{f"{end}__gte": day}))


# Who may see what is said of them themselves; which rows are theirs is asked by `of_own`, not by the tree.
OWN = "own.view"


class OwnRows:
    """Of rows that are about one worker: those of the worker whose account asks."""

    worker_field = "worker"

    def of_own(self, principal):
        worker = getattr(principal, "worker_id", None)
        if worker is None or not principal.has_scope(OWN):
            return self.none()
        return self.filter(**{self.worker_field: worker})


class OrganisationQuerySet(ScopedQuerySet, MP_NodeQuerySet):
    path_field = "path"

    def live_on(self, day):
        """Established on or before `day` (or undated) and not abolished by then."""
        return self.filter(Q(established_on__isnull=True) | Q(established_on__lte=day)).filter(
            Q(abolished_on__isnull=True) | Q(abolished_on__gt=day)
        )

    def of_kind(self, body_kind, level=None):
        rows = self.filter(body_kind=body_kind)
        return rows if level is None else rows.filter(level=level)


class TenureQuerySet(OwnRows, ScopedQuerySet):
    def in_post_on(self, day):
        """Tenures current on `day`."""
        return self.filter(spanning(day, "started_on", "ended_on"))

    def of_post(self, *posts):
        return self.filter(post__in=posts)

    def by_disabled_or_relative(self):
        return self.filter(worker__identity__in=["disabled", "relative"])


class DeputyshipQuerySet(ScopedQuerySet):
    def acting_on(self, day):
        """In force on `day`; who has left every post acts for nobody."""
        in_post = spanning(day, "worker__tenures__started_on", "worker__tenures__ended_on")
        return self.filter(spanning(day, "started_on", "ended_on")).filter(in_post).distinct()


class PlaqueQuerySet(ScopedQuerySet):
    def in_place_on(self, day):
        return self.filter(spanning(day, "hung_on", "removed_on"))


class PremisesQuerySet(ScopedQuerySet):
    def current_on(self, day):
        return self.filter(spanning(day, "since", "until"))


class RegulationQuerySet(ScopedQuerySet):
    def in_force_on(self, day):
        return self.filter(spanning(day, "issued_on", "withdrawn_on"))


class BudgetQuerySet(ScopedQuerySet):
    def of_year(self, year):
        return self.filter(year=year)

    def above_zero(self):
        return self.filter(allocated_amount__gt=0)


class LetterQuerySet(ScopedQuerySet):
    def signed_of_year(self, year, by_day):
        """Letters of `year` that both sides had signed by `by_day`."""
        return self.filter(year=year, signed_on__lte=by_day)
