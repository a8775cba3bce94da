"""Questions about many disabled persons at once."""

from calendar import isleap
from datetime import date

from django.db.models import BooleanField, CharField, Count, Func, Q

from federation.shared.fields import subtree
from federation.shared.scope import Scope, ScopedQuerySet
from federation.shared.sealed import blind_index

NARROWED_LATE = "_walked_path"
# Registered today, as `current_on` says it of any day: no date of an end or of a registration lies after today
# (rules.future_date), so the three columns alone tell, and an index without the fourth answers.
STILL_REGISTERED = Q(moved_away_on=None, deceased_on=None, cancelled_on=None)


# With its value written out, as the condition of the index is: SQLite does not compare a parameter.
_NOT_APPROVED = Q(
    Func("state", template="(NOT (%(expressions)s = 'approved'))", output_field=BooleanField()),
)
ELDERLY_FROM = 60


def sixty_by(day: date) -> date:
    """Who was born on this day or before is 60 on `day`; of a 29 February the birthday is 28 February elsewhere."""
    # Sixty years before a leap day lies a leap day, but for those of 1900 and 2100.
    last = 28 if (day.month, day.day) == (2, 29) and not isleap(day.year - ELDERLY_FROM) else day.day
    return date(day.year - ELDERLY_FROM, day.month, last)


def in_old_home(day: date) -> Q:
    """Of persons: 老残一体 on `day`: the person, or somebody of the household, is 60 or older."""
    return Q(eldest_born_on__lte=sixty_by(day))


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
        """Who counts as registered (在册) on `day`: registered by then, not moved away, deceased or cancelled.

        The one rule of 表一, of the rates and of what REST tells; `still_registered` is the same of today, for lists.
        Whether the form waits for approval or was returned is not asked: assessments.md says "current person =
        registered", and "approved" of other entries only. A file that was approved waits again whenever its village
        corrects it, and must not drop out of the count meanwhile. A draft is no file and counts nowhere. How many of
        those counted nobody has approved is said beside the table (`not_approved`).
        """
        return self.filter(registered_on__lte=day).exclude(
            Q(moved_away_on__lte=day) | Q(deceased_on__lte=day) | Q(cancelled_on__lte=day)
        )

    def not_current_on(self, day):
        """All the others, as querysets without a common row that an index finds: who had left, who came later."""
        had_left = Q(moved_away_on__lte=day) | Q(deceased_on__lte=day) | Q(cancelled_on__lte=day)
        return self.filter(~STILL_REGISTERED, had_left), self.filter(registered_on__gt=day).exclude(had_left)

    def not_approved(self):
        """Those whose form waits for approval or was returned, whether new or changed."""
        return self.filter(_NOT_APPROVED)

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
        return _person_in(scope, "person")


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


class DistinctQuerySet(ScopedQuerySet):
    """Pairs of files of which somebody said that they are two people's."""

    def in_scopes(self, scopes):
        """Both files must be in scope, each in whichever of them: a pair tells of two people."""
        if not scopes:
            return self.none()
        for side in ("lower", "higher"):
            condition = Q()
            for scope in scopes:
                condition |= _person_in(scope, side)
            self = self.filter(condition)
        return self

    def of(self, person):
        return self.filter(Q(lower=person) | Q(higher=person))

    def still_registered(self):
        ends = ("moved_away_on", "deceased_on", "cancelled_on")
        return self.filter(**{f"{side}__{end}": None for side in ("lower", "higher") for end in ends})


def _person_in(scope: Scope, key: str) -> Q:
    """The person behind the key `key` lies in the scope, and is of the category it is narrowed to."""
    condition = subtree(scope.path, f"{key}__org_path")
    if scope.category:
        several = Q(**{f"{key}__category": "7", f"{key}__category_parts__contains": scope.category})
        condition &= Q(**{f"{key}__category": scope.category}) | several
    return condition


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
        """What is still to be answered: not where the file has gone meanwhile."""
        return self.filter(state="waiting", person__isnull=False)


def current_by_category(rows) -> dict[str, int]:
    """{category: number} of those of `rows` still registered, in one query."""
    grouped = rows.still_registered().order_by().values_list("category").annotate(number=Count("id"))
    return dict(grouped)
