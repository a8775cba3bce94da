"""What a year comes to, area by area: read once for all areas asked for, then summed over the subtree of each."""

import bisect
from collections import Counter
from collections.abc import Iterable
from decimal import ROUND_HALF_UP, Decimal

from django.db.models import Count, Q, Sum
from django.db.models.functions import Coalesce

from committees.models import Audience, SubsidyLine, TrainingAttendance, TrainingSession
from committees.statements import SUMS, in_year, replaced
from committees.training_need import Covered, last_day, people_of, with_training, year_until
from orgs.models import Organisation, Tenure

_FOUR_PLACES = Decimal("0.0001")


def within(rows, areas: Iterable[Organisation]):
    """Of `rows`, a queryset in scope, those in one of the areas."""
    # Areas that lie in another one of the page bring nothing new.
    paths = sorted(area.path for area in areas)
    found = rows.none()
    for path in (path for place, path in enumerate(paths) if not any(path.startswith(top) for top in paths[:place])):
        found = found | rows.under(path)
    return found


class RowsByPath:
    """Rows that begin with the path of their body; `under(path)` gives those of a subtree."""

    def __init__(self, rows: Iterable[tuple]):
        self._rows = sorted(rows, key=lambda row: row[0])
        self._paths = [row[0] for row in self._rows]

    def under(self, path: str) -> list[tuple]:
        return self._rows[bisect.bisect_left(self._paths, path) : bisect.bisect_left(self._paths, f"{path}~")]


class YearOfSubsidies:
    """The lines of a year, summed up once by body and person."""

    def __init__(self, user, year: int, areas: list[Organisation]):
        lines = within(SubsidyLine.objects.visible_to(user, "api.subsidies"), areas)
        lines = in_year(lines, year).exclude(replaced())
        rows = lines.order_by().values("org_path", "worker").annotate(**SUMS)
        self._rows = RowsByPath((row["org_path"], row) for row in rows)

    def of(self, path: str) -> dict:
        rows = [row for _path, row in self._rows.under(path)]
        return {
            "members": len({row["worker"] for row in rows}),
            "months": sum(row["months"] for row in rows),
            "amount": sum(row["paid"] for row in rows),
            "arrived": sum(row["arrived"] for row in rows),
            "county_amount": sum(row["county_share"] for row in rows),
            "township_amount": sum(row["township_share"] for row in rows),
            "welfare_amount": sum(row["welfare_share"] for row in rows),
        }


class YearOfTrainings:
    """Sessions by host, who was there by the body of the person, and how far everybody in post has come.

    People are those in post on the last day of the year, today in this one.
    """

    def __init__(self, user, year: int, areas: list[Organisation]):
        day = last_day(year)
        first, _last = year_until(day)
        permission = "api.trainings"
        held = within(TrainingSession.objects.visible_to(user, permission), areas).held_by(first, day)
        self._sessions = Counter(held.order_by().values_list("org_path", flat=True))
        self._hosts = RowsByPath(self._sessions.items())
        attended = Q(presence=TrainingAttendance.Presence.ATTENDED, session__state=TrainingSession.State.HELD)
        mine = within(TrainingAttendance.objects.visible_to(user, permission), areas)
        mine = mine.filter(session__ends_on__year=year).exclude(session__state=TrainingSession.State.CANCELLED)
        self._people = RowsByPath(
            mine.order_by()
            .values_list("org_path", "worker")
            .annotate(
                registered=Count("pk"),
                attended=Count("pk", filter=attended),
                hours=Coalesce(Sum(Coalesce("hours", "session__hours"), filter=attended), Decimal(0)),
            )
        )
        tenures = within(Tenure.objects.visible_to(user, permission), areas)
        self._covered = {
            audience: RowsByPath(
                with_training(people_of(audience, day, tenures), audience, day)
                .order_by()
                .values_list("org_path", "completed", "wanted")
            )
            for audience in Audience
        }

    def of(self, path: str) -> dict:
        people = self._people.under(path)
        return {
            "sessions": sum(number for _path, number in self._hosts.under(path)),
            "registered": sum(registered for _path, _worker, registered, _attended, _hours in people),
            "attended": sum(attended for _path, _worker, _registered, attended, _hours in people),
            "persons": len({worker for _path, worker, _registered, attended, _hours in people if attended}),
            "hours": sum((hours for *_others, hours in people), Decimal(0)),
            "audiences": [self._audience(audience, path) for audience in Audience],
        }

    def _audience(self, audience, path: str) -> dict:
        covered = Covered()
        for _path, completed, wanted in self._covered[audience].under(path):
            covered.count(completed, wanted)
        share = Decimal(covered.done) / covered.people if covered.people else None
        return {
            "audience": audience.value,
            "label": audience.label,
            "people": covered.people,
            "wanted": covered.wanted,
            "completed": covered.times,
            "done": covered.done,
            "once": covered.once,
            "rate": share and share.quantize(_FOUR_PLACES, rounding=ROUND_HALF_UP),
        }
