"""A roster of the largest size that is taken, 200,000 rows, imported within the memory of a usual one."""

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

from django.conf import settings

from bench import make_rosters, rosters
from bench.harness import Figure, isolated

PERSONS, MEGABYTES = 200_000, 300


def run(context):
    _, username = rosters.prepare(replace(context, scale=0))
    path = workbook(max(100, round(PERSONS * context.scale)))
    rosters.empty()
    ours = isolated(lambda: rosters.product(path, username))
    rows = ours.result["rows"]
    yield Figure(
        name="roster_import_200k",
        engine=context.engine,
        rows=rows,
        seconds=ours.cpu,
        wall_seconds=ours.wall,
        peak_mb=ours.peak_mb,
        goal=f"every row new, ≤ {MEGABYTES} MB",
        met=ours.result["new"] == rows and ours.peak_mb <= MEGABYTES,
        more={"result": ours.result, "file_mb": round(path.stat().st_size / 1e6, 1)},
    )


def workbook(persons: int) -> Path:
    """Made by a process of its own: what it leaves in memory would count as the import's."""
    folder = settings.DATA_DIR / "rosters-200k"
    command = [sys.executable, "-m", "bench.make_rosters", "--out", str(folder), "--persons", str(persons)]
    root = Path(make_rosters.__file__).resolve().parent.parent
    subprocess.run([*command, "--county", rosters.COUNTY], check=True, stdout=sys.stderr, cwd=root)
    return folder / "persons.xlsx"
