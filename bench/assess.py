"""A year's assessment: the product against bare aggregates and against ORM aggregates with bulk_create."""

import datetime
import io

from django.core.management import call_command
from django.db import connection

from assessments.bodies import bodies_of
from assessments.models import AreaResult, BodyResult, Run, Standard
from assessments.services import compute_now, prepare_run
from bench import assess_default
from bench.harness import Figure, isolated, timed
from bench.world import TODAY
from federation.shared.metrics import Window
from orgs.models import BodyKind, Level, Organisation

STANDARDS = ("township_2012", "village_2012")
FLOOR = 5.0
_TOWN, _VILLAGE = Organisation.steplen * 4, Organisation.steplen * 5


def figures(context, name: str, level: Level, least_default: float | None = None):
    """One figure; `least_default` is the goal against the default, None where none is set."""
    call_command("load_standards", stdout=io.StringIO())
    area = Organisation.objects.filter(level=level, body_kind=BodyKind.FEDERATION).order_by("path").first()
    standards = [Standard.objects.filter(code=code).latest("pk") for code in STANDARDS]
    window = Window(TODAY.year, TODAY)
    bodies = sum(len(bodies_of(standard, area.path, window.as_of)) for standard in standards)
    ours = sorted((_fresh(standards, area, window) for _ in range(3)), key=lambda each: each.cpu)
    again = isolated(lambda: assess(standards, area, window))
    floor = timed(lambda: bare(area.path, window.as_of), times=3, warm=1)
    default, items = _default(standards, area, window)
    median = ours[1]
    yield Figure(
        name=name,
        engine=context.engine,
        rows=bodies,
        seconds=median.cpu,
        wall_seconds=median.wall,
        peak_mb=median.peak_mb,
        floor_seconds=floor.cpu,
        default_seconds=default.cpu,
        goal=f"≤ {FLOOR}× bare aggregates"
        + (f", ≥ {least_default}× ORM aggregates with bulk_create" if least_default else ""),
        met=median.cpu <= FLOOR * floor.cpu and default.cpu >= (least_default or 0) * median.cpu,
        more={
            "again_unchanged_seconds": round(again.cpu, 3),
            "microseconds_per_body": round(median.cpu / bodies * 1e6, 1),
            "default_peak_mb": round(default.peak_mb, 1),
            "default_rows": default.result["rows"],
            "default_steps": default.result["steps"],
            "equal_items": items,
        },
    )


def assess(standards, area, window) -> int:
    """The product: both standards over the area, every result stored."""
    count = 0
    for standard in standards:
        run = prepare_run(standard=standard, area=area, year=window.year, as_of=window.as_of, by=None)
        count += compute_now(run).body_count
    return count


def _fresh(standards, area, window):
    """`assess` measured as the first time it is asked: no earlier run there, nor what deleting one leaves behind."""
    for model in (BodyResult, AreaResult, Run):
        model.objects.all().delete()
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("VACUUM assessments_bodyresult, assessments_arearesult, assessments_run")
    return isolated(lambda: assess(standards, area, window))


def _default(standards, area, window):
    """The default measured into empty tables, and how many of its items say what the product's say: all of them."""
    with connection.schema_editor() as editor:
        for model in assess_default.TABLES:
            editor.create_model(model)
    try:
        measured = isolated(lambda: assess_default.plain(standards, area, window))
        runs = {run.standard_id: run for run in Run.objects.filter(organisation=area, as_of=window.as_of)}
        return measured, sum(assess_default.compared(standard, runs[standard.pk]) for standard in standards)
    finally:
        with connection.schema_editor() as editor:
            for model in assess_default.TABLES:
                editor.delete_model(model)


# --- the floor --------------------------------------------------------------------------------
def bare(path: str, day: datetime.date) -> int:
    """Every sum the standards need, grouped by body, fetched and thrown away."""
    total = 0
    for statement, values in statements(path, day.isoformat(), day.year):
        with connection.cursor() as cursor:
            cursor.execute(statement, values)
            total += len(cursor.fetchall())
    return total


def statements(path: str, day: str, year: int):
    inside = "org_path >= %s AND org_path < %s"
    reach = [path, path + "~"]

    def rows(columns, table, condition, values, group="org_path"):
        return (
            f"SELECT {columns} FROM {table} WHERE {inside} AND {condition} GROUP BY {group}",  # noqa: S608
            [*reach, *values],
        )

    def in_force(start, end):
        return f"{start} <= %s AND ({end} IS NULL OR {end} >= %s)"

    yield rows("org_path, count(*)", "orgs_plaque", in_force("hung_on", "removed_on"), [day, day])
    yield rows("org_path, count(*)", "orgs_premises", in_force("since", "until"), [day, day])
    yield rows(
        "org_path, kind, count(*)", "orgs_regulation", in_force("issued_on", "withdrawn_on"), [day, day],
        "org_path, kind",
    )  # fmt: skip
    money = "org_path, sum(allocated_amount), sum(spent_amount), sum(CASE WHEN source = 'fiscal' THEN 1 ELSE 0 END)"
    yield rows(money, "orgs_budget", "year = %s", [year])
    yield rows("org_path, count(*)", "orgs_yearlytarget", "year = %s AND recorded_on <= %s", [year, day])
    yield rows("org_path, count(*)", "orgs_responsibilityletter", "year = %s AND signed_on <= %s", [year, day])
    yield rows(
        "org_path, post, count(*), min(started_on), max(ended_on)", "orgs_tenure",
        "(ended_on IS NULL OR ended_on >= %s)", [f"{year}-01-01"], "org_path, post",
    )  # fmt: skip
    yield (
        "SELECT t.org_path, count(*), sum(CASE WHEN w.identity IN ('disabled', 'relative') THEN 1 ELSE 0 END) "
        "FROM orgs_tenure t JOIN orgs_worker w ON w.id = t.worker_id WHERE t.org_path >= %s AND t.org_path < %s "
        f"AND t.post = 'committee_member' AND {in_force('t.started_on', 't.ended_on')} GROUP BY t.org_path",
        [*reach, day, day],
    )
    certified = "sum(CASE WHEN certificate_issued_on <= %s AND certificate_expires_on >= %s THEN 1 ELSE 0 END)"
    yield (
        f"SELECT org_path, count(*), {certified} FROM committees_appointment WHERE {inside} GROUP BY org_path",  # noqa: S608
        [day, day, *reach],
    )
    yield (
        "SELECT a.org_path, count(*) FROM committees_trainingattendance a "
        "JOIN committees_trainingsession s ON s.id = a.session_id WHERE a.org_path >= %s AND a.org_path < %s "
        "AND a.presence = 'attended' AND a.result <> 'failed' AND s.state = 'held' "
        "AND s.ends_on BETWEEN %s AND %s GROUP BY a.org_path",
        [*reach, f"{year}-01-01", day],
    )
    yield (
        "SELECT l.org_path, count(*), sum(m.amount) FROM committees_subsidymonth m "
        "JOIN committees_subsidyline l ON l.id = m.line_id JOIN committees_subsidybatch b ON b.id = l.batch_id "
        "WHERE l.org_path >= %s AND l.org_path < %s AND m.month BETWEEN %s AND %s AND l.outcome <> 'failed' "
        "AND b.state IN ('paid', 'archived') AND b.paid_on <= %s GROUP BY l.org_path",
        [*reach, f"{year}-01-01", f"{year}-06-01", day],
    )
    current = (
        "registered_on <= %s AND (moved_away_on IS NULL OR moved_away_on > %s) "
        "AND (deceased_on IS NULL OR deceased_on > %s) AND (cancelled_on IS NULL OR cancelled_on > %s)"
    )
    sums = (
        "count(*), sum(CASE WHEN missing_mandatory = 0 THEN 1 ELSE 0 END), "
        "sum(CASE WHEN failed_checks = '' THEN 1 ELSE 0 END)"
    )
    for length in (_TOWN, _VILLAGE):
        key = f"substr(org_path, 1, {length})"
        yield rows(f"{key}, {sums}", "ledgers_disabledperson", current, [day] * 4, key)
