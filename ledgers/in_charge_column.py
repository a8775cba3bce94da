"""负责的专职委员 as a column of the roster of persons: a file holds a name, the record a worker.

Between reading and writing the value is the worker's pk and name in one text ("17 王秀英"), so that a preview says the
name without asking and a write needs no second search. A name that was not found stays a bare name and is refused.
"""

import functools
import re

from django.utils import timezone

from ledgers.models import DisabledPerson
from orgs.models import Organisation, Post, Tenure, Worker
from orgs.places import Places

FIELD = "member_in_charge"
_FOUND = re.compile(r"\d+ .")


class PersonPlaces(Places):
    """The villages a roster of persons may write for, and who is a committee member in post there or above."""

    @classmethod
    def of_import(cls, roster_import, user, **more):
        places = super().of_import(roster_import, user, **more)
        places.user = user
        return places

    @functools.cached_property
    def members(self) -> dict[tuple[str, str], set[int]]:
        """(path of a body, name) → those in post there today whom the importer may put in charge: one query."""
        posts = Tenure.objects.visible_to(self.user, DisabledPerson.edit_permission).of_post(Post.COMMITTEE_MEMBER)
        found: dict[tuple[str, str], set[int]] = {}
        rows = posts.in_post_on(timezone.localdate()).order_by()
        for path, name, pk in rows.values_list("org_path", "worker__name", "worker"):
            found.setdefault((path, name), set()).add(pk)
        return found

    def members_called(self, name: str, place: int) -> set[int]:
        """The members of that name at the village, or, where there is none, at the body above it."""
        path = self.by_pk[place].path if place in self.by_pk else ""
        here = self.members.get((path, name))
        return here or self.members.get((path[: -Organisation.steplen], name), set())


def name_in(value: str) -> str:
    """王秀英, of "17 王秀英" as of "王秀英"."""
    return value.partition(" ")[2] if _FOUND.match(value) else value


def pk_in(value: str) -> int | None:
    """17, of "17 王秀英"; None where there is nobody."""
    return int(value.partition(" ")[0]) if value else None


def find_members(table, places: PersonPlaces):
    """Set the column to whom each row's name means; a name of nobody, or of several, stays as it is written."""
    if not table.has(FIELD):
        return
    known: dict[tuple, str] = {}
    found = []
    for value, place in zip(table.values[FIELD], table.places, strict=True):
        meant = known.get((value, place))
        if meant is None:
            pks = places.members_called(value, place) if value else ()
            meant = known[value, place] = f"{min(pks)} {value}" if len(pks) == 1 else value
        found.append(meant)
    table.values[FIELD] = found


def refuse_unknown(table, indexes, places: PersonPlaces):
    """Refuse, of the rows to be written, those whose member was not found."""
    if not table.has(FIELD):
        return
    values = table.values[FIELD]
    for index in indexes:
        value, changes = values[index], table.changes[index]
        if not value or _FOUND.match(value) or (changes is not None and FIELD not in changes):
            continue
        several = len(places.members_called(value, table.places[index]))
        table.refuse(index, FIELD, (
            f"在任的专职委员里有 {several} 位叫“{value}”，分不清是哪一位。请先留空，写入以后在登记表上选择。"
            if several
            else f"这个村（社区）和所属乡镇没有叫“{value}”的在任专职委员。请核对姓名；还不知道由谁负责的留空。"
        ))  # fmt: skip


def as_values(pks) -> list[str]:
    """Stored pks as values of the column: one query for all of them."""
    names = dict(Worker.objects.filter(pk__in=set(pks) - {None}).values_list("pk", "name"))
    return [f"{pk} {names[pk]}" if pk else "" for pk in pks]


class NamesOf:
    """Names of the members in charge, read once for all of `rows` (persons) when the first is asked for."""

    def __init__(self, rows):
        self._rows = rows

    @functools.cached_property
    def _names(self) -> dict[int, str]:
        workers = Worker.objects.filter(pk__in=self._rows.order_by().values(FIELD))
        return dict(workers.values_list("pk", "name"))

    def called(self, pk: int | None) -> str:
        return self._names.get(pk, "")

    def __call__(self, person) -> str:
        return self.called(person.member_in_charge_id)
