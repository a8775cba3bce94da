"""Questions about many disabled persons at once."""

from django.db.models import CharField, Count, Func, Q

from federation.shared.fields import subtree
from federation.shared.scope import Scope, ScopedQuerySet
from federation.shared.sealed import blind_index

NARROWED_LATE = "_walked_path"
STILL_REGISTERED = Q(moved_away_on=None, deceased_on=None, cancelled_on=None)


class Unindexed(Func):
    """A column or condition as SQLite's planner must not look it up by an index (`+(column)`); plain elsewhere.

    Without statistics SQLite takes any range of paths for a small one and sorts a whole province for 50 rows; with
    them it skips from village to village by their categories.
    """

    template = "(%(expressions)s)"
    output_field = CharField()

    def as_sqlite(self, compiler, connection, **context):
        return self.as_sql(compiler, connection, template="+(%(expressions)s)", **context)


class PersonQuerySet(ScopedQuerySet):
    def scope_condition(self, scope: Scope) -> Q:
        """An association officer sees the people of the own category, those with several included."""
        condition = super().scope_condition(scope)
        if scope.category:
            condition &= Q(category=scope.category) | Q(category="7", category_parts__contains=scope.category)
        return condition

    def current_on(self, day):
        """Registered by `day`, and not moved away, deceased or cancelled by then."""
        return self.filter(registered_on__lte=day).exclude(
            Q(moved_away_on__lte=day) | Q(deceased_on__lte=day) | Q(cancelled_on__lte=day)
        )

    def not_current_on(self, day):
        """All the others, as querysets without a common row that an index finds: who had left, who came later."""
        had_left = Q(moved_away_on__lte=day) | Q(deceased_on__lte=day) | Q(cancelled_on__lte=day)
        return self.filter(~STILL_REGISTERED, had_left), self.filter(registered_on__gt=day).exclude(had_left)

    def with_id_number(self, id_number: str):
        """Exact search by the (normalised) ID number."""
        return self.filter(id_number_index=blind_index("id_number", id_number))

    def with_certificate(self, certificate_number: str):
        return self.filter(certificate_number_index=blind_index("certificate", certificate_number))

    def id_number_taken(self, id_number: str, besides=None) -> bool:
        """Whether anybody anywhere is registered under this number; it says nothing about whom or where."""
        return self.with_id_number(id_number).exclude(pk=besides).exists()

    def still_registered(self):
        """Not moved away, deceased or cancelled; what the list shows unless asked otherwise."""
        return self.filter(STILL_REGISTERED)

    def walked_by_name(self):
        """For a page of a wide scope: on SQLite the scope asked of it next is a check, not a way in (see Unindexed)."""
        rows = self.narrowed_late()
        rows.path_field = NARROWED_LATE
        return rows

    def narrowed_late(self):
        """With a path, NARROWED_LATE, that may be asked for without SQLite taking it for the way in (see Unindexed)."""
        return self.alias(**{NARROWED_LATE: Unindexed("org_path")})


class DraftQuerySet(ScopedQuerySet):
    def visible_to(self, principal, permission: str | None = None):
        """What somebody typed and did not submit is shown to nobody else."""
        return super().visible_to(principal, permission).filter(created_by=getattr(principal, "pk", None))


class AttachmentQuerySet(ScopedQuerySet):
    """Where the person lies today decides, and an association officer's category as well."""

    path_field = "person__org_path"

    def scope_condition(self, scope: Scope) -> Q:
        condition = super().scope_condition(scope)
        if scope.category:
            several = Q(person__category="7", person__category_parts__contains=scope.category)
            condition &= Q(person__category=scope.category) | several
        return condition


class HouseholdQuerySet(ScopedQuerySet):
    def scope_condition(self, scope: Scope) -> Q:
        """Who sees people of one category only sees no household: it tells of everybody who lives in it."""
        return Q(pk__in=[]) if scope.category else super().scope_condition(scope)


class TransferQuerySet(ScopedQuerySet):
    """A transfer belongs to both of its sides."""

    def scope_condition(self, scope: Scope) -> Q:
        condition = super().scope_condition(scope) | subtree(scope.path, "to_path")
        if scope.category:
            condition &= Q(person__category=scope.category)
        return condition

    def open(self):
        return self.filter(state="requested")


class RequestQuerySet(ScopedQuerySet):
    def scope_condition(self, scope: Scope) -> Q:
        """An association officer sees the requests of people of the own category."""
        condition = super().scope_condition(scope)
        if scope.category:
            condition &= Q(person__category=scope.category) | Q(
                person__category="7", person__category_parts__contains=scope.category
            )
        return condition

    def waiting(self):
        return self.filter(state="waiting")


def current_by_category(rows) -> dict[str, int]:
    """{category: number} of those of `rows` still registered, in one query."""
    grouped = rows.still_registered().order_by().values_list("category").annotate(number=Count("id"))
    return dict(grouped)
