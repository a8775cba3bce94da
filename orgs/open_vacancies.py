"""Vacancies on a day: required posts nobody holds then, with the day they fell vacant, for lists and pages.

A post is vacant from the day after the last tenure ended, or from the day the body was established.
"""

import datetime
import functools
import operator
from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Case, Exists, F, IntegerField, Max, OuterRef, Q, Sum, When

from orgs.models import Organisation, Post, Tenure
from orgs.requirements import all_requirements, requirements_for
from orgs.vacancies import days_vacant, vacant_since

_POSTS = dict(Post.choices)


@dataclass(frozen=True)
class Vacancy:
    """`since` is None where the body has no date of establishment: then nobody knows for how long."""

    organisation: Organisation
    post: str
    since: datetime.date | None
    days: int | None

    @property
    def post_label(self) -> str:
        return str(_POSTS[self.post])


def bodies_with_vacancies(bodies, day, *, post: str = "", longer_than: int = 0):
    """Of `bodies` (a queryset), those live on `day` where a required post (or `post`) is vacant that day.

    `longer_than`: vacant for more than so many days.
    """
    condition = Q(pk__in=[])
    for each, owes in owed_posts(day.year, post).items():
        condition |= owes & is_vacant(each, day, longer_than)
    return bodies.live_on(day).filter(condition)


def is_vacant(post: str, day, longer_than: int = 0) -> Q:
    """Of a body that owes `post`: that nobody holds it on `day`, for more than `longer_than` days."""
    # The latest day it may have fallen vacant on; that day and `day` both count (see days_vacant).
    since = day - datetime.timedelta(days=longer_than)
    held = Tenure.objects.filter(organisation=OuterRef("pk"), post=post, started_on__lte=day)
    vacant = ~Q(Exists(held.filter(Q(ended_on__isnull=True) | Q(ended_on__gte=since))))
    if not longer_than:
        return vacant
    # An undated body tells since when only by the last tenure (see vacant_since); without one nobody knows.
    return vacant & (Q(established_on__lte=since) | Q(established_on__isnull=True) & Q(Exists(held)))


def owed_posts(year: int, post: str = "") -> dict[str, Q]:
    """{post: the bodies that owe it} by the policy in force in `year`; only `post` where one is named."""
    owed: dict[str, Q] = {}
    for kind, level, requirement in all_requirements(year):
        of_kind = Q(body_kind=kind) if level is None else Q(body_kind=kind, level=level)
        for each in requirement.posts:
            if not post or each == post:
                owed[each] = owed[each] | of_kind if each in owed else of_kind
    return owed


def vacancies_of(bodies: Iterable[Organisation], day, *, post: str = "", longer_than: int = 0) -> list[Vacancy]:
    """The vacancies of these bodies on `day`, in their order; one query for all of them."""
    bodies = list(bodies)
    tenures = Tenure.objects.filter(organisation__in=bodies, started_on__lte=day).order_by()
    rows = tenures.values_list("organisation_id", "post").annotate(
        last=Max("ended_on"), current=Max("id", filter=Q(ended_on__isnull=True) | Q(ended_on__gte=day))
    )
    last_ended, held = {}, set()
    for organisation, of_post, last, current in rows:
        last_ended[organisation, of_post] = last
        if current is not None:
            held.add((organisation, of_post))
    found = []
    for body in bodies:
        for each in requirements_for(body.body_kind, body.level, day.year).posts:
            if (body.pk, each) in held or (post and each != post) or not body.is_live_on(day):
                continue
            since = vacant_since(last_ended.get((body.pk, each)), body.established_on)
            days = days_vacant(since, day) if since else None
            if not longer_than or (days or 0) > longer_than:
                found.append(Vacancy(body, each, since, days))
    return found


def vacancies_on(day, under: str) -> list[Vacancy]:
    """Every vacancy on `day` at the body with path `under` and below it, in the order of the tree."""
    return vacancies_of(bodies_with_vacancies(Organisation.objects.under(under), day).order_by(F("path")), day)


def count_vacancies(bodies, day, *, post: str = "", longer_than: int = 0) -> int:
    """How many vacancies the bodies of the queryset have on `day`; one query."""
    # Nested, so that a post is looked for only at bodies of the kind that owes it.
    branches = []
    for kind, level, requirement in all_requirements(day.year):
        owed = [
            Case(When(is_vacant(each, day, longer_than), then=1), default=0, output_field=IntegerField())
            for each in requirement.posts
            if not post or each == post
        ]
        if owed:
            of_kind = Q(body_kind=kind) if level is None else Q(body_kind=kind, level=level)
            branches.append(When(of_kind, then=functools.reduce(operator.add, owed)))
    if not branches:
        return 0
    vacant = Case(*branches, default=0, output_field=IntegerField())
    return bodies.live_on(day).order_by().aggregate(total=Sum(vacant))["total"] or 0
