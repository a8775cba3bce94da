"""`python -m bench [NAME …] [--engine sqlite|postgresql] [--scale 1.0]`: one JSON line a figure.

Every group of benches runs in a process of its own, on a database of its own: a temporary SQLite file, or a
database named after BENCH_DATABASE_URL that is dropped before and after. `--keep` leaves it for the next run.
"""

import argparse
import os
import shutil
import subprocess
import sys
from pathlib import Path

from bench import databases
from bench.harness import BENCHES, Context, run_benches

ENGINES = ("sqlite", "postgresql")


def arguments():
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"any of: {', '.join(BENCHES)} (default: all)")
    parser.add_argument("--engine", choices=ENGINES, help="default: both, PostgreSQL where BENCH_DATABASE_URL is set")
    parser.add_argument("--scale", type=float, default=1.0, help="1.0 is the full size (1.87 million persons)")
    parser.add_argument("--keep", action="store_true", help="keep the database and its world for the next run")
    parser.add_argument("--child", help=argparse.SUPPRESS)
    given = parser.parse_args()
    unknown = [name for name in given.names if name not in BENCHES]
    if unknown:
        parser.error(f"no such bench: {', '.join(unknown)}")
    given.names = given.names or list(BENCHES)
    return given


def chosen_engines(given) -> list[str]:
    if given.engine:
        return [given.engine]
    if os.environ.get("BENCH_DATABASE_URL"):
        return list(ENGINES)
    print("PostgreSQL is not measured: BENCH_DATABASE_URL is not set.", file=sys.stderr)
    return ["sqlite"]


def run_group(engine: str, world: str, names: list[str], given) -> int:
    folder = databases.folder_of(engine, given.keep)
    command = [sys.executable, "-m", "bench", *names, "--engine", engine, "--scale", str(given.scale), "--child", world]
    if given.keep:
        command.append("--keep")
    environment = {**os.environ, **databases.environment(engine, world, folder)}
    try:
        return subprocess.run(command, env=environment, cwd=Path(__file__).resolve().parent.parent).returncode  # noqa: PLW1510
    finally:
        if not given.keep:
            shutil.rmtree(folder, ignore_errors=True)


def child(given) -> int:
    import django

    databases.create(given.engine, given.keep)
    django.setup()
    context = Context(engine=given.engine, scale=given.scale)
    try:
        databases.prepare(given.child, context)
        return 0 if run_benches(given.names, context) else 1
    finally:
        if not given.keep:
            databases.drop(given.engine)


def main() -> int:
    given = arguments()
    if given.child:
        return child(given)
    worst = 0
    for engine in chosen_engines(given):
        for world in dict.fromkeys(BENCHES[name].world for name in given.names):
            names = [name for name in given.names if BENCHES[name].world == world]
            try:
                worst = max(worst, run_group(engine, world, names, given))
            except databases.NoDatabase as error:
                print(error, file=sys.stderr)
                return 2
    return worst


if __name__ == "__main__":
    sys.exit(main())
