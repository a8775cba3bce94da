"""Questions about appointments and subsidies."""

from django.db.models import Q, QuerySet

from federation.shared.fields import subtree
from federation.shared.scope import ScopedQuerySet
from orgs.models.organisations import STEPLEN
from orgs.querysets import OwnRows, spanning


class AppointmentQuerySet(ScopedQuerySet):
    """Appointments follow their tenure: the tenure's days say who is in post, the contract what was agreed."""

    def current_on(self, day):
        return self.filter(spanning(day, "tenure__started_on", "tenure__ended_on"))

    def served_between(self, first, last):
        """In post on at least one of the days."""
        return self.filter(
            Q(tenure__ended_on__isnull=True) | Q(tenure__ended_on__gte=first), tenure__started_on__lte=last
        )

    def certified_on(self, day):
        """With a certificate that is valid on `day` (持证上岗)."""
        return self.filter(certificate_issued_on__lte=day, certificate_expires_on__gte=day)


def paths_above(path: str) -> list[str]:
    """The paths of everything above, from the top down."""
    return [path[:end] for end in range(STEPLEN, len(path), STEPLEN)]


def in_line_with(path: str) -> Q:
    """Rows of the body at `path`, of what stands above it and of what stands below."""
    return Q(org_path__in=paths_above(path)) | subtree(path, "org_path")


class SubsidyStandardQuerySet(ScopedQuerySet):
    def touching(self, first, last):
        """In force on at least one of the days."""
        return self.filter(Q(valid_to__isnull=True) | Q(valid_to__gte=first), valid_from__lte=last)

    def bearing_on(self, path: str):
        """All that can decide what is paid at `path` and below."""
        return self.filter(in_line_with(path))


class SubsidyBatchQuerySet(ScopedQuerySet):
    def open(self):
        return self.filter(state__in=self.model.OPEN)

    def final(self):
        """Approved and later: what cannot change any more."""
        return self.filter(state__in=self.model.FINAL)

    def covering(self, path: str):
        """Batches of the area at `path` and of those above it."""
        return self.filter(org_path__in=[*paths_above(path), path])

    def crossing(self, path: str, first_month, last_month):
        """Batches of the same area, of one above or below it, that share a month with the period."""
        return self.filter(in_line_with(path), first_month__lte=last_month, last_month__gte=first_month)


class SubsidyLineQuerySet(OwnRows, ScopedQuerySet):
    def final(self):
        return self.filter(batch__state__in=self.model.batch.field.related_model.FINAL)


class SubsidyMonthQuerySet(QuerySet):
    def standing(self):
        """Paid, or about to be: without those that were given up and may be paid by a later batch."""
        return self.filter(freed_on__isnull=True)


class SubsidyPaymentQuerySet(ScopedQuerySet):
    def waiting(self):
        return self.filter(outcome=self.model.Outcome.WAITING)

    def failed(self):
        return self.filter(outcome=self.model.Outcome.FAILED)


class SubsidyDeductionQuerySet(ScopedQuerySet):
    pass


class SubsidyPeriodQuerySet(ScopedQuerySet):
    def bearing_on(self, path: str):
        return self.filter(in_line_with(path))

    def in_force_at(self, path: str, year: int):
        """What holds for the area at `path`: the latest of the nearest area that has laid something down; or None."""
        rows = self.filter(org_path__in=[*paths_above(path), path], from_year__lte=year)
        return rows.order_by("-org_path", "-from_year").select_related("organisation").first()


class TrainingSessionQuerySet(ScopedQuerySet):
    def visible_to(self, principal, permission: str | None = None):
        """Sessions of one's own area; to read, also those that a body above invites to."""
        rows = super().visible_to(principal, permission)
        if principal is None or permission not in (None, self.model.view_permission):
            return rows
        above = {path for scope in principal.scopes(self.model.view_permission) for path in paths_above(scope.path)}
        return rows | self.filter(org_path__in=above) if above else rows

    def held_by(self, first, last):
        """Held, and over by a day of the span."""
        return self.filter(state=self.model.State.HELD, ends_on__gte=first, ends_on__lte=last)


class AttendanceQuerySet(OwnRows, ScopedQuerySet):
    def completed_between(self, first, last):
        """Was there and did not fail, at a session that was held and ended in the span."""
        presence, result = self.model.Presence.ATTENDED, self.model.Result.FAILED
        sessions = self.model._meta.get_field("session").related_model.objects
        held = sessions.filter(state="held", ends_on__gte=first, ends_on__lte=last).order_by()
        # No join: SQLite would walk the sessions of the year once more for every row.
        return self.filter(presence=presence, session__in=held.values("pk")).exclude(result=result)


class TrainingTargetQuerySet(ScopedQuerySet):
    pass
