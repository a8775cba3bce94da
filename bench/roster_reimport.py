"""The same roster again: nothing has changed, so nothing may be rewritten."""

from bench.harness import Figure
from bench.rosters import figures_of

SHARE = 0.8


def run(context):
    found = figures_of(context)
    first, again, default = found["new"], found["again"], found["default"]
    rows = again.result["rows"]
    yield Figure(
        name="roster_reimport",
        engine=context.engine,
        rows=rows,
        seconds=again.cpu,
        wall_seconds=again.wall,
        peak_mb=again.peak_mb,
        floor_seconds=first.cpu,
        # The default is no cheaper when nothing changed: it still saves every row.
        default_seconds=default.cpu * rows / default.result,
        goal=f"≤ {SHARE}× the first import (floor_seconds), no row rewritten",
        met=again.cpu <= SHARE * first.cpu and found["rewritten"] == 0 and again.result["unchanged"] == rows,
        more={"result": again.result, "rows_rewritten": found["rewritten"], "default_rows": default.result},
    )
