"""Sessions and attendance as the tests of training make them."""

from datetime import date

from django.utils import timezone

from committees.models import TrainingAttendance, TrainingSession, TrainingTarget
from committees.services import training
from orgs.models import Tenure

HELD_ON = date(2026, 3, 10)


def session_of(world, place="county", *, on=HELD_ON, until=None, kind="member", by=None, **more):
    given = {"title": "专职委员培训班", "hours": 6, "topics": "入户走访"} | more
    session = TrainingSession(
        organisation=world.orgs[place], kind=kind, starts_on=on, ends_on=until or on, **given
    )  # fmt: skip
    return training.plan_session(session=session, by=by or world.clerk)


def register(session, by, *tenures, came_without=False):
    rows = Tenure.objects.filter(pk__in=[each.pk for each in tenures])
    return training.register_people(session=session, people=rows, by=by, came_without=came_without)


def was_at(session, by, *tenures, outcome="attended:passed"):
    """The people are on the list, and that is what became of them."""
    session.refresh_from_db()
    register(session, by, *tenures, came_without=not session.is_planned)
    rows = TrainingAttendance.objects.filter(session=session, tenure__in=tenures)
    training.record_attendance(
        session=session, outcomes={row.pk: (outcome, row.version) for row in rows}, by=by
    )  # fmt: skip
    return list(rows)


def target_of(world, place, times, *, audience="member", year=2026):
    return TrainingTarget.objects.create(
        organisation=world.orgs[place], year=year, audience=audience, times=times, document_number="会残发〔2026〕2 号"
    )


def trained_this_year(host, *appointments):
    """Each was at a training that ended today."""
    today = timezone.localdate()
    session = TrainingSession.objects.create(
        organisation=host, title="业务班", kind="member", starts_on=today, ends_on=today, hours=6, topics="政策",
        state="held",
    )  # fmt: skip
    for each in appointments:
        TrainingAttendance.objects.create(
            organisation=each.organisation, session=session, tenure=each.tenure, worker=each.tenure.worker,
            presence="attended",
        )  # fmt: skip
