"""Trainings of the bench's world and a half-year that was paid: who was there, who got how much, with seeded gaps."""

import random
from datetime import date

from accounts.models import User
from bench.world import TODAY
from committees.models import (
    SubsidyBatch,
    SubsidyLine,
    SubsidyMonth,
    SubsidyStandard,
    TrainingAttendance,
    TrainingSession,
)
from orgs.bulk import insert_rows
from orgs.models import Level, Post

YEAR = TODAY.year
HELD_ON = (date(YEAR, 3, 18), date(YEAR, 9, 9))
TRAINED = (Post.COMMITTEE_MEMBER, Post.DIRECTOR)
MONTHS = tuple(date(YEAR, month, 1) for month in range(1, 7))
# In hundredths, as money is stored; some are paid by an older, lower standard.
STANDARD, LOWER = 10_000, 9_000


def write(bodies: list[dict], tenures: list[tuple], appointments: list[tuple], seed: int) -> int:
    """`tenures` and `appointments` as bench/facts.py wrote them; gives the number of rows."""
    chance = random.Random(seed + 2)
    return _trainings(bodies, tenures, chance) + _payments(bodies, tenures, appointments, chance)


def _trainings(bodies, tenures, chance) -> int:
    """Two sessions of every county; seven in ten of those who should be there are."""
    sessions, of_county = [], {}
    for body in bodies:
        if body["level"] == int(Level.COUNTY):
            of_county[body["path"]] = len(sessions) + 1
            for day in HELD_ON:
                sessions.append(
                    (len(sessions) + 1, body["id"], body["path"], f"{day} 培训", "member", day, day, 6, "held")
                )
    attendances = []
    for tenure, body, path, worker, post, *_days in tenures:
        first = next((of_county[path[:end]] for end in range(4, len(path), 4) if path[:end] in of_county), None)
        for session in (first, first + 1) if first and post in TRAINED else ():
            dice = chance.random()
            if dice < 0.8:
                presence, result = ("attended", "passed") if dice < 0.7 else ("absent", "")
                attendances.append((len(attendances) + 1, body, path, session, worker, tenure, presence, result))
    names = ("id", "organisation_id", "org_path")
    insert_rows(
        TrainingSession, (*names, "title", "kind", "starts_on", "ends_on", "hours", "state"), iter(sessions)
    )  # fmt: skip
    insert_rows(
        TrainingAttendance, (*names, "session_id", "worker_id", "tenure_id", "presence", "result"), iter(attendances)
    )  # fmt: skip
    return len(sessions) + len(attendances)


def _payments(bodies, tenures, appointments, chance) -> int:
    """The first half-year of the whole area in one batch: a few have no line, or a month less, or too little."""
    top = bodies[0]
    names = ("id", "organisation_id", "org_path")
    insert_rows(
        SubsidyStandard,
        (*names, "monthly_amount", "county_share", "valid_from", "document_number"),
        iter([(1, top["id"], top["path"], STANDARD, STANDARD, date(2020, 1, 1), "会残发〔2020〕1 号")]),
    )
    batch = SubsidyBatch.objects.create(organisation_id=top["id"], first_month=MONTHS[0], last_month=MONTHS[-1])
    workers = {row[0]: row[3] for row in tenures}
    lines, months = [], []
    for appointment, body, path, tenure, role, *_rest in appointments:
        if chance.random() < 0.04:
            continue
        rate = STANDARD if chance.random() < 0.96 else LOWER
        paid = MONTHS if chance.random() < 0.95 else MONTHS[1:]
        number, amount = len(lines) + 1, rate * len(paid)
        lines.append(
            (number, body, path, batch.pk, appointment, workers[tenure], role, len(paid), amount, amount, amount)
        )
        months += [
            (len(months) + at, number, appointment, workers[tenure], month, 1, rate)
            for at, month in enumerate(paid, start=1)
        ]
    insert_rows(
        SubsidyLine,
        (*names, "batch_id", "appointment_id", "worker_id", "role", "month_count", "gross_amount", "amount",
         "county_share"),
        iter(lines),
    )  # fmt: skip
    insert_rows(
        SubsidyMonth, ("id", "line_id", "appointment_id", "payee_id", "month", "standard_id", "amount"), iter(months)
    )  # fmt: skip
    checker, approver = (User.objects.create(username=f"bench-{name}") for name in ("checker", "approver"))
    final = {"state": "paid", "paid_on": date(YEAR, 7, 10), "checked_by": checker, "approved_by": approver}
    SubsidyBatch.objects.filter(pk=batch.pk).update(**final)
    return len(lines) + len(months) + 2
