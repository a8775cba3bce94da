"""A county's roster of persons, imported for the first time."""

from bench.harness import Figure
from bench.rosters import figures_of

FLOOR, MEGABYTES = 2.0, 300
DEFAULT = {"postgresql": 30, "sqlite": 20}


def run(context):
    found = figures_of(context)
    floor, ours, default = found["floor"], found["new"], found["default"]
    rows = ours.result["rows"]
    # The default grows a little faster than its rows (exponent 1.06): scaling it linearly flatters it.
    default_seconds = default.cpu * rows / default.result
    wanted = DEFAULT[context.engine]
    good = ours.result["new"] == rows and not ours.result["wrong"]
    yield Figure(
        name="roster_import",
        engine=context.engine,
        rows=rows,
        seconds=ours.cpu,
        wall_seconds=ours.wall,
        peak_mb=ours.peak_mb,
        floor_seconds=floor.cpu,
        default_seconds=default_seconds,
        goal=f"≤ {FLOOR}× floor, ≥ {wanted}× default, ≤ {MEGABYTES} MB",
        met=good
        and ours.cpu <= FLOOR * floor.cpu
        and default_seconds >= wanted * ours.cpu
        and ours.peak_mb <= MEGABYTES,
        more={
            "result": ours.result,
            "floor_rows": floor.result,
            "default_rows": default.result,
            "default_is": "scaled linearly from default_rows",
        },
    )
