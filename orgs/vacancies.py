"""Required posts that nobody holds: the stretches of days, for many bodies at once.

A post is vacant from the day after the last tenure ended; a body owes its posts from the day it exists.
"""

import datetime
from collections import defaultdict
from dataclasses import dataclass

from django.db.models import Q

from federation.shared.metrics import bits_of, span
from orgs.models import Post, Tenure
from orgs.requirements import requirements_for

_POSTS = dict(Post.choices)
_DAY = datetime.timedelta(days=1)


def vacant_since(last_ended: datetime.date | None, established_on: datetime.date | None) -> datetime.date | None:
    """The first vacant day of a post: after the last day in office, from the day the body exists, else nobody knows."""
    known = [day for day in (last_ended and last_ended + _DAY, established_on) if day]
    return max(known) if known else None


def days_vacant(first: datetime.date, last: datetime.date) -> int:
    """How many days a vacancy is counted with, in the list of vacancies and in the assessment: both days count."""
    return (last - first).days + 1


@dataclass(frozen=True)
class Gap:
    """Days, both included, on which nobody held a required post."""

    post: str
    started_on: datetime.date
    ended_on: datetime.date

    @property
    def days(self) -> int:
        return days_vacant(self.started_on, self.ended_on)

    def __str__(self):
        return _POSTS[self.post]


def gaps_between(tenures, begin, end) -> list[tuple]:
    """The (first day, last day) stretches of begin…end in which no tenure (from, to or None) stands."""
    gaps, day = [], begin
    for started_on, ended_on in sorted(tenures, key=lambda each: each[0]):
        if started_on > end:
            break
        if started_on > day:
            gaps.append((day, started_on - _DAY))
        if ended_on is None or ended_on >= end:
            return gaps
        day = max(day, ended_on + _DAY)
    if day <= end:
        gaps.append((day, end))
    return gaps


def first_day(body, window) -> datetime.date:
    """A body owes its posts from the day it exists."""
    return max(window.start, body.established_on) if body.established_on else window.start


def posts_owed(bodies, window) -> dict[tuple, tuple[str, ...]]:
    """{(kind, level): the posts required of them in the window's year}."""
    kinds = {(body.body_kind, body.level) for body in bodies}
    return {kind: requirements_for(*kind, window.year).posts for kind in kinds}


def vacant_gaps(bodies, window) -> dict[int, list[Gap]]:
    """{pk: gaps in the required posts within the window}; bodies without any gap are left out."""
    owed = posts_owed(bodies, window)
    posts = tuple(dict.fromkeys(post for each in owed.values() for post in each))
    bits = {post: 1 << place for place, post in enumerate(posts)}
    all_held = {kind: sum(bits[post] for post in each) for kind, each in owed.items()}
    held, tenures = _tenures_in_window(bodies, posts, window)
    found = {}
    for body in bodies:
        kind, held_here = (body.body_kind, body.level), held.get(body.path, 0)
        if held_here & all_held[kind] == all_held[kind]:
            continue
        begin, gaps = first_day(body, window), []
        for post in owed[kind]:
            if not held_here & bits[post]:
                some = tenures.get((body.path, post), ())
                gaps += [Gap(post, *stretch) for stretch in gaps_between(some, begin, window.as_of)]
        if gaps:
            found[body.pk] = gaps
    return found


def _tenures_in_window(bodies, posts: tuple[str, ...], window) -> tuple[dict, dict]:
    """{path: `posts` held all the window, as bits}; other tenures as {(path, post): [(from, to or None)]}."""
    rows = Tenure.objects.filter(
        span(bodies, "org_path"),
        Q(ended_on__isnull=True) | Q(ended_on__gte=window.start),
        post__in=posts,
        started_on__lte=window.as_of,
    )
    rows = rows.order_by()
    # Nearly all posts are: of those the days need not be read.
    throughout = Q(started_on__lte=window.start) & (Q(ended_on__isnull=True) | Q(ended_on__gte=window.as_of))
    held = dict(rows.filter(throughout).values_list("org_path").annotate(bits=bits_of("post", posts)))
    found = defaultdict(list)
    rest = rows.exclude(throughout).values_list("org_path", "post", "started_on", "ended_on")
    for path, post, started_on, ended_on in rest:
        found[path, post].append((started_on, ended_on))
    return held, found
