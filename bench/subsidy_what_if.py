"""A province's budget for next year beside what another standard would change, by area and payer."""

from datetime import date
from decimal import Decimal

from django.db import connection

from bench.harness import Figure, isolated, timed
from bench.subsidy_members import build

SECONDS = 2
SAMPLE = 300
YEAR, TODAY = 2027, date(2026, 7, 1)


def run(context):
    found = build(context)
    context.say(f"{found}")
    ours = isolated(both)
    result = ours.result
    floor = isolated(bare).result
    default = isolated(plain).result
    equal = isolated(lambda: compared(default["amounts"])).result
    yield Figure(
        name="subsidy_what_if",
        engine=context.engine,
        rows=result["people"] + result["vacant"],
        seconds=result["cpu"],
        wall_seconds=result["wall"],
        peak_mb=ours.peak_mb,
        floor_seconds=floor["cpu"],
        default_seconds=default["cpu"] * result["people"] / len(default["amounts"]),
        goal=f"side by side ≤ {SECONDS} s",
        met=result["cpu"] <= SECONDS and equal == len(default["amounts"]),
        more={
            **{name: result[name] for name in ("people", "vacant", "areas", "now", "then")},
            "floor_rows": floor["rows"], "equal_people": equal, "default_rows": len(default["amounts"]),
            "default_is": "scaled linearly from default_rows",
        },
    )  # fmt: skip


def _area():
    from orgs.models import Organisation

    return Organisation.objects.get(depth=1)


def _what_if():
    """More for one county, from April on: that of the first appointment."""
    from committees.budget import THOUGHT_OF
    from committees.models import Appointment
    from committees.reckoning import Terms
    from orgs.models import Level, Organisation

    county = Appointment.objects.order_by("pk").first().org_path[: Level.COUNTY * Organisation.steplen]
    amount = Decimal("260.00")
    return Terms(THOUGHT_OF, county, "", "", False, amount, (amount, 0 * amount, 0 * amount), date(YEAR, 4, 1), None)


def both() -> dict:
    from committees.budget import budget_of

    measured = timed(lambda: budget_of(_area(), YEAR, TODAY, _what_if()), times=3, warm=1)
    total = measured.result.total
    return {
        "cpu": measured.cpu, "wall": measured.wall, "people": total.posts.people, "vacant": total.vacant.people,
        "areas": len(measured.result.areas), "now": str(total.now.amount), "then": str(total.then.amount),
    }  # fmt: skip


# --- the floor ------------------------------------------------------------------------------------------------
def bare() -> dict:
    """The same rows read by two bare statements: who serves, and which bodies lack a member."""

    def read():
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT t.worker_id, a.id, a.org_path, a.role, a.employment, t.started_on, t.ended_on"
                " FROM committees_appointment a JOIN orgs_tenure t ON t.id = a.tenure_id"
                " WHERE t.started_on <= %s AND (t.ended_on IS NULL OR t.ended_on >= %s) ORDER BY t.worker_id",
                [date(YEAR, 12, 31), date(YEAR, 1, 1)],
            )
            served = cursor.fetchall()
            cursor.execute(
                "SELECT o.path FROM orgs_organisation o WHERE o.level >= 4 AND NOT EXISTS (SELECT 1 FROM orgs_tenure t"
                " WHERE t.organisation_id = o.id AND t.post = 'committee_member' AND t.started_on <= %s"
                " AND (t.ended_on IS NULL OR t.ended_on >= %s))",
                [TODAY, TODAY],
            )
            return len(served) + len(cursor.fetchall())

    measured = timed(read, times=3, warm=1)
    return {"cpu": measured.cpu, "rows": measured.result}


# --- the default ------------------------------------------------------------------------------------------------
def plain() -> dict:
    """The first appointments by the loop one writes first: standards asked for each, months one by one."""
    amounts: dict[int, tuple[str, str]] = {}

    def loop():
        from committees.models import Appointment

        what_if = _what_if()
        rows = Appointment.objects.served_between(date(YEAR, 1, 1), date(YEAR, 12, 31)).order_by("pk")
        for appointment in rows[:SAMPLE]:
            amounts[appointment.pk] = _of(appointment, what_if)

    measured = timed(loop)
    return {"cpu": measured.cpu, "amounts": amounts}


def _of(appointment, what_if) -> tuple[str, str]:
    """(now, with the standard thought of) of a year."""
    from bench.subsidy_default import _of_month
    from committees.models import SubsidyStandard
    from committees.querysets import paths_above
    from committees.reckoning import counts

    path = appointment.organisation.path
    now = then = Decimal(0)
    for number in range(1, 13):
        month = date(YEAR, number, 1)
        tenure = appointment.tenure
        if not counts("fifteenth_or_half", month, tenure.started_on, tenure.ended_on):
            continue
        standards = list(SubsidyStandard.objects.filter(org_path__in=[*paths_above(path), path]).touching(month, month))
        here = _of_month(standards, appointment, month)
        now += here.monthly_amount
        # It takes the place of the county's own, not of a nearer one.
        changed = here.org_path == what_if.path and month >= what_if.first
        then += what_if.amount if changed else here.monthly_amount
    return str(now), str(then)


def compared(amounts: dict) -> int:
    """How many of the default's appointments the product says the same of, to the cent; refuses a difference."""
    from committees.batch_lines import book_for
    from committees.budget import with_standard
    from committees.models import Appointment
    from committees.reckoning import months_between

    months = months_between(date(YEAR, 1, 1), date(YEAR, 12, 31))
    now = book_for(_area().path, months[0], date(YEAR, 12, 31))
    then = with_standard(now, _what_if())
    rows = Appointment.objects.in_bulk(list(amounts))
    for pk, wanted in amounts.items():
        row = rows[pk]
        found = tuple(str(book.line(row.org_path, row.role, row.employment, months).gross) for book in (now, then))
        if row.tenure.ended_on is None and found != wanted:
            raise AssertionError(f"the loop and the product say different things of appointment {pk}")
    return len(amounts)
