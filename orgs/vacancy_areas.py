"""Vacancies by area: for each body one step below, how many posts are vacant and how long the longest has been.

One query for each kind of post, whatever the size of the area. What counts as vacant and since when is said by
orgs.open_vacancies and orgs.vacancies.
"""

from collections import defaultdict
from dataclasses import dataclass

from django.db.models import Max, OuterRef, Subquery

from orgs.models import Organisation, Post, Tenure
from orgs.open_vacancies import is_vacant, owed_posts
from orgs.vacancies import days_vacant, vacant_since


@dataclass(frozen=True)
class AreaVacancies:
    """`members`: of the committee members' post; `days`: of the longest known one, None where no day is known."""

    organisation: Organisation
    is_own: bool
    members: int
    total: int
    days: int | None


def vacancies_by_area(bodies, area: Organisation, day, *, post: str = "", longer_than: int = 0) -> list[AreaVacancies]:
    """Of `bodies` (a queryset): by the bodies right below `area`, and `area` itself; the most vacancies first."""
    width = (area.depth + 1) * Organisation.steplen
    live = bodies.live_on(day).order_by()
    found: dict[str, list[tuple]] = defaultdict(list)
    for each, owes in owed_posts(day.year, post).items():
        tenures = Tenure.objects.filter(organisation=OuterRef("pk"), post=each, started_on__lte=day).order_by()
        last = Subquery(tenures.values("post").annotate(last=Max("ended_on")).values("last"))
        vacant = live.filter(owes & is_vacant(each, day, longer_than)).annotate(last=last)
        for path, established_on, ended_on in vacant.values_list("path", "established_on", "last").iterator():
            found[path[:width]].append((each, vacant_since(ended_on, established_on)))
    named = {body.path: body for body in Organisation.objects.filter(path__in=found)}
    listed = [_area(named[path], path == area.path, some, day) for path, some in found.items()]
    return sorted(listed, key=lambda each: (-each.total, each.organisation.path))


def _area(body: Organisation, is_own: bool, some: list[tuple], day) -> AreaVacancies:
    first = min((since for _post, since in some if since), default=None)
    members = sum(post == Post.COMMITTEE_MEMBER for post, _since in some)
    return AreaVacancies(body, is_own, members, len(some), days_vacant(first, day) if first else None)
