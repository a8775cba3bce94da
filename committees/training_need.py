"""Who has to be trained, how often, and who still has to go: questions about all people of an area at once."""

import datetime
import functools
import tomllib
from dataclasses import dataclass
from pathlib import Path

from django.db.models import Case, Count, F, IntegerField, OuterRef, Q, QuerySet, Subquery, Value, When
from django.db.models.functions import Coalesce
from django.utils import timezone

from committees.models import Audience, TrainingAttendance, TrainingSession, TrainingTarget
from committees.querysets import in_line_with
from federation.shared.fields import subtree
from orgs.models import BodyKind, Level, Post, Tenure

_POLICY = Path(__file__).parent / "policies" / "training_2012.toml"
# Whom a session of a kind is for; trainers may hold any post.
AUDIENCE_OF = {
    TrainingSession.Kind.DIRECTOR: Audience.DIRECTOR,
    TrainingSession.Kind.MEMBER: Audience.MEMBER,
    TrainingSession.Kind.CHAIR: Audience.CHAIR,
}
_WHO = {
    Audience.DIRECTOR: Q(
        post=Post.DIRECTOR, organisation__body_kind=BodyKind.FEDERATION, organisation__level=Level.TOWNSHIP
    ),
    Audience.MEMBER: Q(post=Post.COMMITTEE_MEMBER),
    Audience.CHAIR: Q(post=Post.ASSOCIATION_CHAIR, organisation__body_kind=BodyKind.SPECIALISED_ASSOCIATION),
}


@functools.cache
def usual_times() -> dict[str, int]:
    """How often a year where no area has laid down more."""
    policy = tomllib.loads(_POLICY.read_text(encoding="utf-8"))
    return {entry["code"]: entry["times"] for entry in policy["audiences"]}


def year_until(day: datetime.date) -> tuple[datetime.date, datetime.date]:
    return day.replace(month=1, day=1), day


def last_day(year: int) -> datetime.date:
    """Until when a year is told: its end, today where it still runs."""
    return min(timezone.localdate(), datetime.date(year, 12, 31))


def targets_of(year: int) -> QuerySet[TrainingTarget]:
    """What is laid down for a year, wherever: what a body above asks for counts below."""
    return TrainingTarget.objects.filter(year=year)


@dataclass
class Covered:
    """People of one audience: how many, done as often as they have to, at least once; all trainings, done and due."""

    people: int = 0
    done: int = 0
    once: int = 0
    times: int = 0
    wanted: int = 0

    def count(self, completed: int, wanted: int):
        self.people += 1
        self.done += completed >= wanted
        self.once += completed > 0
        self.times += completed
        self.wanted += wanted


def people_of(audience: str, day: datetime.date, tenures: QuerySet[Tenure] | None = None) -> QuerySet[Tenure]:
    """Of the tenures (all), those of people who are in post on `day` and have to be trained."""
    rows = Tenure.objects.all() if tenures is None else tenures
    return rows.in_post_on(day).filter(_WHO[audience])


def times_completed(first: datetime.date, last: datetime.date):
    """How many trainings the worker of a row completed between the days, whatever post was held then."""
    mine = TrainingAttendance.objects.completed_between(first, last).filter(worker=OuterRef("worker"))
    counted = mine.order_by().values("worker").annotate(number=Count("pk")).values("number")
    return Coalesce(Subquery(counted, output_field=IntegerField()), Value(0))


def times_wanted(audience: str, year: int, path: str):
    """How often the person of a row at `path` or below has to go in `year`: by the target of the nearest area."""
    targets = targets_of(year).filter(in_line_with(path), audience=audience)
    nearest_first = sorted(targets.values_list("org_path", "times"), key=lambda pair: len(pair[0]), reverse=True)
    cases = [When(subtree(at, "org_path"), then=Value(times)) for at, times in nearest_first]
    usual = Value(usual_times()[audience])
    return Case(*cases, default=usual, output_field=IntegerField()) if cases else usual


def with_training(people: QuerySet[Tenure], audience: str, day: datetime.date, path: str = "") -> QuerySet[Tenure]:
    """The people with `completed` and `wanted`, in the year of `day` until that day."""
    return people.annotate(completed=times_completed(*year_until(day)), wanted=times_wanted(audience, day.year, path))


def still_to_go(people: QuerySet[Tenure]) -> QuerySet[Tenure]:
    """Of people `with_training`, those who went less often than they have to."""
    return people.filter(completed__lt=F("wanted"))


def done_with(people: QuerySet[Tenure]) -> QuerySet[Tenure]:
    return people.filter(completed__gte=F("wanted"))
