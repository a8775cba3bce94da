"""Half a year's subsidies of a province: computed by the job, checked, approved; beside a loop of saves."""

from django.db import connection, transaction

from bench.harness import Clock, Figure, isolated
from bench.subsidy_default import plain, said
from bench.subsidy_members import FIRST, LAST, build

SECONDS, MEGABYTES, DEFAULT = 20, 300, 20
SAMPLE = 400


def run(context):
    found = build(context)
    context.say(f"{found}")
    default = isolated(by_default).result
    floor = isolated(bare).result
    ours = isolated(computed_and_approved)
    result = ours.result
    default_seconds = default["cpu"] * result["lines"] / len(default["lines"])
    equal = isolated(lambda: compared(default["lines"])).result
    computing = result["computing"]
    yield Figure(
        name="subsidy_batch",
        engine=context.engine,
        rows=result["lines"],
        seconds=ours.cpu,
        wall_seconds=ours.wall,
        peak_mb=ours.peak_mb,
        goal=f"computed and approved ≤ {SECONDS} s, ≤ {MEGABYTES} MB",
        met=result["state"] == "approved" and ours.cpu <= SECONDS and ours.peak_mb <= MEGABYTES,
        more={**found, **result},
    )
    yield Figure(
        name="subsidy_batch computing",
        engine=context.engine,
        rows=result["lines"],
        seconds=computing,
        floor_seconds=floor["cpu"],
        default_seconds=default_seconds,
        goal=f"≥ {DEFAULT}× default",
        met=equal == len(default["lines"]) and default_seconds >= DEFAULT * computing,
        more={
            "floor_rows": floor["rows"], "equal_lines": equal, "default_rows": len(default["lines"]),
            "default_is": "scaled linearly from default_rows",
        },
    )  # fmt: skip


def _user(name):
    from accounts.models import User

    return User.objects.get(username=name)


def _batch():
    from committees.models import SubsidyBatch
    from orgs.models import Organisation

    return SubsidyBatch(organisation=Organisation.objects.get(depth=1), first_month=FIRST, last_month=LAST)


def _computed():
    from committees import services
    from federation.shared.jobs import run_now

    batch = services.make_batch(batch=_batch(), by=_user("maker"))
    if run_now(batch.job).state != "done":
        raise RuntimeError(f"not computed: {batch.job.error}")
    batch.refresh_from_db()
    return batch


def computed_and_approved() -> dict:
    """What three people do, one after the other."""
    from committees import services

    clock = Clock()
    began = clock.read()
    batch = _computed()
    computing = clock.read() - began
    services.check_batch(batch=batch, by=_user("checker"), seen=batch.digest)
    batch = services.approve_batch(batch=batch, by=_user("approver"), seen=batch.digest)
    return {
        "state": str(batch.state), "lines": batch.line_count, "months": batch.month_count,
        "total": str(batch.total_amount), "problems": batch.problem_count, "computing": round(computing, 3),
        "approving": round(clock.read() - began - computing, 3),
    }  # fmt: skip


# --- the floor ------------------------------------------------------------------------------------------------
def bare() -> dict:
    """The same rows by bare statements: read who served, write lines and months; rolled back."""
    from committees.models import SubsidyLine, SubsidyMonth

    with transaction.atomic():
        batch = _computed()
        lines, months = _rows(SubsidyLine), _rows(SubsidyMonth)
        SubsidyMonth.objects.all().delete()
        SubsidyLine.objects.all().delete()
        clock = Clock()
        began = clock.read()
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT a.id, t.worker_id, a.organisation_id, a.org_path, a.role, a.employment, t.started_on,"
                " t.ended_on FROM committees_appointment a JOIN orgs_tenure t ON t.id = a.tenure_id"
                " WHERE t.started_on <= %s AND (t.ended_on IS NULL OR t.ended_on >= %s) ORDER BY t.worker_id",
                [LAST.replace(day=30), FIRST],
            )
            served = cursor.fetchall()
            for model, columns, rows in ((SubsidyLine, *lines), (SubsidyMonth, *months)):
                _write(cursor, model, columns, rows)
            connection.check_constraints()
        cpu = clock.read() - began
        transaction.set_rollback(True)
    return {"cpu": cpu, "rows": len(served) + len(lines[1]) + len(months[1]), "batch": batch.pk}


def _rows(model):
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT * FROM {model._meta.db_table} ORDER BY id")
        return [column[0] for column in cursor.description], cursor.fetchall()


def _write(cursor, model, columns, rows):
    import io
    import json

    table, names = model._meta.db_table, ", ".join(columns)
    if connection.vendor == "sqlite":
        places = ", ".join("?" for _ in columns)
        cursor.cursor.connection.executemany(f"INSERT INTO {table} ({names}) VALUES ({places})", rows)
        return

    def text(value):
        if value is None:
            return "\\N"
        return json.dumps(value) if isinstance(value, list) else str(value)

    stream = io.StringIO("".join("\t".join(map(text, row)) + "\n" for row in rows))
    cursor.cursor.copy_expert(f"COPY {table} ({names}) FROM STDIN", stream)


# --- the default ------------------------------------------------------------------------------------------------
def by_default() -> dict:
    """The first appointments by the loop one writes first; rolled back."""
    from committees import services

    with transaction.atomic():
        batch = services.make_batch(batch=_batch(), by=_user("maker"))
        clock = Clock()
        began = clock.read()
        lines = plain(batch, SAMPLE)
        cpu = clock.read() - began
        transaction.set_rollback(True)
    return {"cpu": cpu, "lines": lines}


def compared(lines: dict) -> int:
    """How many of the default's lines the product has, the same to the cent; refuses a difference."""
    from committees.models import SubsidyLine

    stored = SubsidyLine.objects.filter(appointment__in=lines)
    ours = {line.appointment_id: said(line) for line in stored}
    if ours != lines:
        raise AssertionError("the loop and the product say different things")
    return len(ours)
