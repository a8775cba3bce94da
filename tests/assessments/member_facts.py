"""Seeded trainings and subsidies of the county of tests/assessments/facts.py, with the edges their rules speak of."""

from datetime import date, timedelta
from decimal import Decimal

from committees.models import (
    Appointment,
    SubsidyBatch,
    SubsidyLine,
    SubsidyMonth,
    SubsidyPeriod,
    SubsidyStandard,
    TrainingAttendance,
    TrainingSession,
)
from orgs.models import Organisation, Post, SecondPostPermit, Tenure

AS_OF = date(2026, 10, 31)
DAY = timedelta(days=1)
MIDDLE = date(2026, 5, 20)
# (last day, state): before, on and after both ends of the window, not held, and two more that a person may add.
SESSIONS = [
    (date(2025, 12, 31), "held"), (date(2026, 1, 1), "held"), (MIDDLE, "held"), (MIDDLE + DAY, "held"),
    (AS_OF, "held"), (AS_OF + DAY, "held"), (MIDDLE, "planned"), (MIDDLE, "cancelled"),
]  # fmt: skip
OUTCOMES = [
    ("attended", ""), ("attended", "passed"), ("attended", "excellent"), ("attended", "failed"), ("absent", ""),
    ("registered", ""),
]  # fmt: skip


def write_trainings(world, builder):
    sessions = [
        TrainingSession.objects.create(
            organisation=world.county,
            title=f"第 {number} 期",
            kind="member",
            starts_on=last - DAY,
            ends_on=last,
            hours=12,
            topics="政策",
            state=state,
        )  # fmt: skip
        for number, (last, state) in enumerate(SESSIONS)
    ]
    for tenure in Tenure.objects.filter(post__in=[Post.DIRECTOR, Post.COMMITTEE_MEMBER, Post.ASSOCIATION_CHAIR]):
        draw = builder.draw(tenure.organisation, "training", tenure.post, str(tenure.started_on))
        for session in sessions:
            if draw.random() < 0.3:
                presence, result = draw.choice(OUTCOMES)
                TrainingAttendance.objects.create(
                    organisation=tenure.organisation, session=session, tenure=tenure, worker=tenure.worker,
                    presence=presence, result=result,
                )  # fmt: skip


# (first month, last month, state, paid on): the half-year, one paid after the day, one not paid, last year's paid late.
BATCHES = {
    "half": (date(2026, 1, 1), date(2026, 6, 1), "paid", date(2026, 7, 10)),
    "last year": (date(2025, 7, 1), date(2025, 12, 1), "archived", date(2026, 1, 20)),
    "too late": (date(2026, 7, 1), date(2026, 8, 1), "paid", AS_OF + DAY),
    "approved": (date(2026, 7, 1), date(2026, 9, 1), "approved", None),
    "on the day": (date(2026, 7, 1), date(2026, 9, 1), "paid", AS_OF),
    "second": (date(2026, 9, 1), date(2026, 9, 1), "paid", date(2026, 10, 10)),
    "third": (date(2026, 10, 1), date(2026, 10, 1), "archived", AS_OF),
}
STANDARDS = [
    ("county", "", "", False, "100.00", date(2020, 1, 1), date(2026, 3, 31)),
    ("county", "", "", False, "120.00", date(2026, 4, 1), None),
    ("county", "village_member", "public_welfare", False, "130.00", date(2020, 1, 1), None),
    ("township", "village_member", "", False, "150.00", date(2026, 2, 1), None),
    ("city", "", "", True, "110.00", date(2026, 2, 1), None),
]


def write_subsidies(world, builder):
    _movers(builder)
    _second_posts(builder)
    standards = [_standard(world, *each) for each in STANDARDS]
    # Where nothing is laid down people are paid by the half-year.
    _period(world.township, 2020, "year", "any_day")
    _period(world.township, 2026, "quarter", "fifteenth_or_half")
    _period(world.village, 2027, "year", "any_day")
    _period(world.neighbour_township, 2015, "month", "whole_month")
    batches = {
        name: SubsidyBatch.objects.create(
            organisation=world.county, first_month=first, last_month=last, created_by=world.clerk
        )
        for name, (first, last, *_rest) in BATCHES.items()
    }
    for appointment in Appointment.objects.filter(org_path__startswith=world.county.path).order_by("pk"):
        _paid(builder, appointment, batches, standards)
    for name, batch in batches.items():
        *_months, state, paid_on = BATCHES[name]
        final = {"state": state, "paid_on": paid_on, "checked_by": world.director, "approved_by": world.leader}
        SubsidyBatch.objects.filter(pk=batch.pk).update(**final)


def _movers(builder):
    """Some leave their village in the middle of a month and go on in another one."""
    villages = list(Organisation.objects.filter(path__in=Appointment.objects.values("org_path")).order_by("path"))
    ends = [date(2026, 3, 10), date(2026, 3, 15), date(2026, 4, 14), date(2026, 5, 16), date(2026, 2, 14)]
    moving = Appointment.objects.filter(tenure__ended_on=None, tenure__started_on__lt=date(2026, 1, 1))
    for number, appointment in enumerate(moving.select_related("tenure").order_by("org_path", "pk")[::3]):
        draw = builder.draw(appointment.organisation, "mover", str(number))
        ended = draw.choice(ends)
        Tenure.objects.filter(pk=appointment.tenure_id).update(ended_on=ended)
        to = draw.choice(villages)
        tenure = Tenure.objects.create(
            organisation=to, worker_id=appointment.tenure.worker_id, post=appointment.tenure.post,
            started_on=ended + draw.choice([1, 1, 4]) * DAY,
        )  # fmt: skip
        Appointment.objects.create(organisation=to, tenure=tenure, role="village_member")


def _second_posts(builder):
    """Some hold a second paid post in another village by permission, beside the first or part of its months."""
    villages = list(Organisation.objects.filter(path__in=Appointment.objects.values("org_path")).order_by("path"))
    holders = Appointment.objects.filter(tenure__started_on__lt=date(2026, 3, 1), tenure__post=Post.COMMITTEE_MEMBER)
    for number, appointment in enumerate(holders.select_related("tenure").order_by("org_path", "pk")[1::4]):
        draw = builder.draw(appointment.organisation, "second post", str(number))
        to = draw.choice([village for village in villages if village.pk != appointment.organisation_id])
        worker = appointment.tenure.worker_id
        permit, is_new = SecondPostPermit.objects.get_or_create(
            worker_id=worker, organisation=to, defaults={"reason": "暂时无人可聘"}
        )
        if is_new:
            tenure = Tenure.objects.create(
                organisation=to, worker_id=worker, post=Post.COMMITTEE_MEMBER, permit=permit,
                started_on=date(2026, draw.randint(1, 5), draw.choice([1, 15, 16, 20])),
                ended_on=draw.choice([None, None, date(2026, 6, 14)]),
            )  # fmt: skip
            Appointment.objects.create(organisation=to, tenure=tenure, role="village_member")


def _standard(world, place, role, employment, is_floor, amount, first, last):
    return SubsidyStandard.objects.create(
        organisation=world.orgs[place], role=role, employment=employment, is_floor=is_floor,
        monthly_amount=Decimal(amount), county_share=Decimal(amount), valid_from=first, valid_to=last,
        document_number="文",
    )  # fmt: skip


def _period(body, year, length, rule):
    SubsidyPeriod.objects.create(
        organisation=body, from_year=year, length=length, month_rule=rule, document_number="文"
    )  # fmt: skip


def _paid(builder, appointment, batches, standards):
    """One way of being paid, drawn: in full, too little, made up for, sent back, sent back and paid again …"""
    draw = builder.draw(appointment.organisation, "paid", str(appointment.pk - Appointment.objects.first().pk))
    way = draw.choice(
        [
            "full",
            "full",
            "full",
            "short",
            "made up",
            "half made up",
            "back",
            "again",
            "third",
            "given up",
            "anew",
            "none",
        ]
    )
    if way == "none":
        return
    rate = Decimal("90.00") if way in ("short", "made up", "half made up") else Decimal("150.00")
    months = [date(2026, month, 1) for month in range(1, 7) if draw.random() < 0.93]
    line = _line(batches["half"], appointment, rate, months, standards[0])
    if way in ("made up", "half made up"):
        added = 60 * len(months) if way == "made up" else 5
        _points_back(batches["second"], line, "correction", Decimal(added))
    if way in ("back", "again", "third"):
        SubsidyLine.objects.filter(pk=line.pk).update(outcome="failed")
    if way in ("given up", "anew"):
        _give_up(line)
    if way == "anew":
        # Its months are free for a later batch.
        _line(batches["second"], appointment, Decimal("150.00"), months[:4], standards[0], kind="supplement")
    if way in ("again", "third"):
        second = _points_back(batches["second"], line, "again", line.amount)
        if way == "third":
            SubsidyLine.objects.filter(pk=second.pk).update(outcome="failed")
            if draw.random() < 0.6:
                _points_back(batches["third"], second, "again", line.amount)
    if draw.random() < 0.3:
        _line(batches["last year"], appointment, rate, [date(2025, 12, 1)], standards[0])
    later = draw.choice(["too late", "approved", "on the day", None])
    if later:
        line = _line(batches[later], appointment, rate, [date(2026, month, 1) for month in (7, 8, 9)], standards[0])
        chance = draw.random()
        if later == "approved" and chance < 0.5:
            # The bank's word comes before the batch as a whole is paid.
            said = {"outcome": "paid", "outcome_on": draw.choice([AS_OF, AS_OF + DAY])}
            SubsidyLine.objects.filter(pk=line.pk).update(**said)
        elif later == "approved" and chance < 0.8:
            # Paid again by another batch while this one waits for others.
            SubsidyLine.objects.filter(pk=line.pk).update(outcome="failed")
            _points_back(batches["third"], line, "again", line.amount)


def _give_up(line):
    SubsidyLine.objects.filter(pk=line.pk).update(outcome="failed")
    SubsidyLine.objects.filter(pk=line.pk).update(outcome="given_up")
    SubsidyMonth.objects.filter(line=line).update(freed_on=date(2026, 8, 1))


def _line(batch, appointment, rate, months, standard, kind="regular"):
    # A person's month is paid once, whatever the post; at a second post held by permission, once there.
    payee = None if appointment.tenure.permit_id else appointment.tenure.worker_id
    standing = SubsidyMonth.objects.standing()
    taken = standing.filter(payee=payee) if payee else standing.filter(appointment=appointment)
    taken = set(taken.values_list("month", flat=True))
    months = [month for month in months if month not in taken]
    amount = rate * len(months)
    line = SubsidyLine.objects.create(
        organisation=appointment.organisation, batch=batch, kind=kind, appointment=appointment,
        worker=appointment.tenure.worker, role=appointment.role, parts=[], month_count=len(months),
        gross_amount=amount, amount=amount, county_share=amount,
    )  # fmt: skip
    SubsidyMonth.objects.bulk_create(
        SubsidyMonth(
            line=line,
            appointment=appointment,
            payee_id=payee,
            month=month,
            standard=standard,
            amount=rate,
        )
        for month in months
    )
    return line


def _points_back(batch, line, kind, amount):
    return SubsidyLine.objects.create(
        organisation=line.organisation, batch=batch, kind=kind, appointment=line.appointment, worker=line.worker,
        role=line.role, parts=[], gross_amount=amount, amount=amount, county_share=amount, corrects=line,
    )  # fmt: skip
