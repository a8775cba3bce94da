"""Trainings of the demonstration: held ones with who was there, one that is planned, and the county's target."""

import random
from datetime import date, timedelta

from accounts.models import User
from committees.models import Audience, TrainingAttendance, TrainingSession, TrainingTarget
from committees.services import training
from committees.training_need import people_of
from federation.shared.history import create_versioned
from orgs.models import Level, Organisation

SEED = 20120520
Presence, Result = TrainingAttendance.Presence, TrainingAttendance.Result
# (title, kind, days ago, days, hours, share of the people who are registered)
HELD = (
    ("乡镇（街道）理事长业务培训班", "director", 190, 1, 6, 0.9),
    ("专职委员上岗培训班（第一期）", "member", 170, 2, 12, 0.95),
    ("专职委员业务提高班", "member", 60, 1, 6, 0.7),
    ("专门协会主席培训班", "chair", 45, 1, 6, 0.8),
)
TOPICS = "残疾人基本情况登记，入户走访和台账填写，惠残政策，信访接待"
WAYS = (
    [(Presence.ATTENDED, Result.PASSED)] * 12 + [(Presence.ATTENDED, Result.EXCELLENT)] * 3
    + [(Presence.ABSENT, "")] * 2 + [(Presence.ATTENDED, Result.FAILED)]
)  # fmt: skip


def train_members(county: Organisation, today: date):
    chance = random.Random(SEED)  # noqa: S311 - invented facts, the same every time
    clerk = User.objects.get(username="clerk")
    target = TrainingTarget(
        organisation=county, year=today.year, audience=Audience.MEMBER, times=2,
        document_number="关于加强专职委员培训的通知（示例）",
    )  # fmt: skip
    create_versioned(target, by=clerk)
    for number, (title, kind, ago, days, hours, share) in enumerate(HELD, start=1):
        # In January everything has just been held.
        last = max(today - timedelta(days=ago), date(today.year, 1, 1))
        session = _planned(
            county, clerk, last, days, title=title, kind=kind, hours=hours, code=f"{today.year}-{number:02d}",
            gives_certificate=number == 2,
        )  # fmt: skip
        _held(session, chance, share, clerk)
    township = Organisation.objects.under(county.path).filter(level=Level.TOWNSHIP).order_by("path").first()
    own = _planned(
        township, clerk, max(today - timedelta(days=20), date(today.year, 1, 1)), 1, kind="member", hours=3,
        title="村（社区）专职委员台账填写辅导", code=f"{today.year}-01",
    )  # fmt: skip
    _held(own, chance, 1, clerk)
    coming = _planned(
        county, clerk, today + timedelta(days=14), 1, title="专职委员业务提高班（补训）", kind="member", hours=6,
        code=f"{today.year}-05",
    )  # fmt: skip
    training.register_people(session=coming, people=_some(coming, chance, 0.1), by=clerk)


def _planned(host, by, last: date, days: int, **values) -> TrainingSession:
    session = TrainingSession(
        organisation=host, starts_on=last - timedelta(days=days - 1), ends_on=last, topics=TOPICS,
        teacher="县残联组联部", place=f"{host.label}会议室", **values,
    )  # fmt: skip
    return training.plan_session(session=session, by=by)


def _some(session, chance, share: float):
    people = people_of(session.kind, session.starts_on).under(session.org_path)
    chosen = [pk for pk in people.order_by("pk").values_list("pk", flat=True) if chance.random() < share]
    return people.filter(pk__in=chosen)


def _held(session, chance, share: float, by):
    """Registered by the product, and what became of them written at once: hundreds of people in a county."""
    training.register_people(session=session, people=_some(session, chance, share), by=by)
    rows = list(session.attendances.order_by("pk"))
    for number, row in enumerate(rows, start=1):
        row.presence, row.result = chance.choice(WAYS)
        if session.gives_certificate and row.presence == Presence.ATTENDED and row.result != Result.FAILED:
            row.certificate_number = f"会残培〔{session.ends_on.year}〕{number:03d}"
            row.certificate_issued_on = session.ends_on
            row.certificate_expires_on = session.ends_on + timedelta(days=1095)
    names = ("presence", "result", "certificate_number", "certificate_issued_on", "certificate_expires_on")
    TrainingAttendance.objects.bulk_update(rows, names, batch_size=500)
    TrainingSession.objects.filter(pk=session.pk).update(state=TrainingSession.State.HELD)
