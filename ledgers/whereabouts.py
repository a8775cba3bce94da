"""Where people were registered on a past day: the one rule of 表一 of that day and of every rate over persons.

People lie where they are registered now. Who was transferred after the day was, on it, where the first of those
transfers took them from; and was not registered at all where that body had written them off as moved away before the
day (the transfer clears the date and keeps it). Few are transferred: the others are left to the fast counts.
"""

from collections.abc import Callable
from dataclasses import dataclass

from django.db.models import OuterRef, Q, QuerySet, Subquery
from django.utils import timezone

from federation.shared.fields import subtree
from ledgers.models import DisabledPerson, Transfer
from ledgers.models.dictionaries import TransferState
from ledgers.querysets import PersonQuerySet

PATH_THEN = "path_then"

Narrow = Callable[[PersonQuerySet], PersonQuerySet]


class PersonThenQuerySet(PersonQuerySet):
    """People by where they were on a day; whoever narrows by a body narrows by that."""

    path_field = PATH_THEN


def transfers_after(day) -> QuerySet:
    return Transfer.objects.filter(state=TransferState.ACCEPTED, moved_on__gt=day)


def _first_after(day, name: str) -> Subquery:
    """Of the person in an outer query, what the next transfer after the day says: its sender had the person."""
    transfers = transfers_after(day).filter(person=OuterRef("pk")).order_by("moved_on", "pk")
    return Subquery(transfers.values(name)[:1])


@dataclass(frozen=True)
class Moved:
    """Who was transferred after a day: their keys, and their files by where they were on it."""

    keys: QuerySet
    then: PersonThenQuerySet

    def within(self, path: str) -> Q:
        """Of persons: those who lay below `path` on the day."""
        were = self.then.filter(subtree(path, PATH_THEN)).values("pk")
        return (subtree(path, "org_path") & ~Q(pk__in=self.keys)) | Q(pk__in=were)


def moved_since(day) -> Moved | None:
    """None where nobody was, which one look at an index tells; of today without it."""
    if day >= timezone.localdate() or not transfers_after(day).exists():
        return None
    keys = transfers_after(day).values("person")
    then = PersonThenQuerySet(DisabledPerson).filter(pk__in=keys)
    then = then.annotate(**{PATH_THEN: _first_after(day, "org_path")}).alias(
        gone_then=_first_after(day, "written_off_on")
    )
    return Moved(keys, then.filter(Q(gone_then=None) | Q(gone_then__gt=day)))
