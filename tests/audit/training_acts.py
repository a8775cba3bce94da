"""Acts of training: a session that is planned, gets its people, is held or cancelled."""

from datetime import date

from committees.models import TrainingSession
from committees.services import training
from orgs.models import Tenure

DAY = date(2026, 3, 10)


def planned(s) -> TrainingSession:
    session = TrainingSession(
        organisation=s.world.county, title="专职委员培训班", kind="member", starts_on=DAY, ends_on=DAY, hours=6,
        topics="入户走访",
    )  # fmt: skip
    return training.plan_session(session=session, by=s.world.clerk)


def registered(s) -> TrainingSession:
    session = planned(s)
    s.begins()
    assert training.register_people(session=session, people=Tenure.objects.filter(worker=s.worker), by=s.world.clerk)
    return session


def withdrawn(s):
    session = registered(s)
    s.begins()
    training.withdraw_registration(attendance=session.attendances.get(), by=s.world.clerk)


def held(s):
    session = registered(s)
    s.begins()
    row = session.attendances.get()
    training.record_attendance(session=session, outcomes={row.pk: ("attended:passed", 1)}, by=s.world.clerk)


def cancelled(s):
    session = planned(s)
    s.begins()
    training.cancel_session(session=session, reason="改期", by=s.world.clerk)


def sheet(s):
    session = registered(s)
    s.begins()
    s.look("clerk", "training-sheet-pdf", session.pk)


TRAINING_ACTS = {
    "training.registered": registered,
    "training.withdrawn": withdrawn,
    "training.held": held,
    "training.cancelled": cancelled,
    "training.sheet_printed": sheet,
}
