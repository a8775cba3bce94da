"""`python -m bench [NAME …] [--engine sqlite|postgresql] [--scale 1.0]`: one JSON line a figure.

Every group of benches runs in a process of its own, on a database of its own: a temporary SQLite file, or a
database named after BENCH_DATABASE_URL that is dropped before and after. `--keep` leaves it for the next run.
What cannot be measured has a line with `failure` in place of figures, and the rest is measured all the same.
Ends with 0 only if every figure that was asked for is there and meets its goal, with 2 if it was asked wrongly.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

from bench import databases
from bench.harness import BENCHES, Context, not_measured, run_benches

ROOT = Path(__file__).resolve().parent.parent
ENGINES = ("sqlite", "postgresql")


def arguments():
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"any of: {', '.join(BENCHES)} (default: all)")
    parser.add_argument("--engine", choices=ENGINES, help="default: both")
    parser.add_argument("--scale", type=float, default=1.0, help="1.0 is the full size (1.87 million persons)")
    parser.add_argument("--keep", action="store_true", help="keep the database and its world for the next run")
    parser.add_argument("--child", help=argparse.SUPPRESS)
    given = parser.parse_args()
    unknown = [name for name in given.names if name not in BENCHES]
    if unknown:
        parser.error(f"no such bench: {', '.join(unknown)}")
    given.names = given.names or list(BENCHES)
    return given


def run_group(engine: str, world: str, names: list[str], given) -> tuple[list[dict], int]:
    """The lines a group printed, which are printed on as they come, and what its process ended with."""
    folder = databases.folder_of(engine, given.keep)
    command = [sys.executable, "-m", "bench", *names, "--engine", engine, "--scale", str(given.scale), "--child", world]
    if given.keep:
        command.append("--keep")
    environment = {**os.environ, **databases.environment(engine, world, folder)}
    lines = []
    try:
        with subprocess.Popen(command, env=environment, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
            for line in process.stdout:
                print(line, end="", flush=True)
                lines.append(json.loads(line))
    finally:
        if not given.keep:
            shutil.rmtree(folder, ignore_errors=True)
    return lines, process.returncode


def measure_group(engine: str, world: str, names: list[str], given) -> tuple[list[dict], bool]:
    """The same with a line for every bench its process did not come to; False unless all is there and good."""
    lines, code = run_group(engine, world, names, given)
    for name in names:
        if not any(line["name"].split()[0] == name for line in lines):
            line = not_measured(name, engine, f"its process ended with {code} before it was measured")
            print(line, flush=True)
            lines.append(json.loads(line))
    return lines, code == 0 and all(line["met"] for line in lines)


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


def say_what_is_missing(lines: list[dict], engines: list[str]):
    failed = [line for line in lines if "failure" in line]
    missed = [line for line in lines if not line["met"] and "failure" not in line]
    print(f"{len(lines) - len(failed)} figures.", file=sys.stderr)
    for line in missed:
        print(f"Goal missed: {line['name']} on {line['engine']} ({line['goal']}).", file=sys.stderr)
    for line in failed:
        print(f"Not measured: {line['name']} on {line['engine']}: {line['failure']}", file=sys.stderr)
    for engine in set(ENGINES) - set(engines):
        print(f"Nothing was measured on {engine}.", file=sys.stderr)


def main() -> int:
    given = arguments()
    if given.child:
        return child(given)
    engines = [given.engine] if given.engine else list(ENGINES)
    try:
        if "postgresql" in engines:
            databases.postgresql_url("")
    except databases.NoDatabase as error:
        print(f"{error}; or measure with --engine sqlite alone.", file=sys.stderr)
        return 2
    lines, good = [], True
    for engine in engines:
        for world in dict.fromkeys(BENCHES[name].world for name in given.names):
            names = [name for name in given.names if BENCHES[name].world == world]
            some, is_good = measure_group(engine, world, names, given)
            lines += some
            good = good and is_good
    say_what_is_missing(lines, engines)
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
