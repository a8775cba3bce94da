"""What a bench is made of: the table of benches, timing, memory, and the figure each line of JSON shows.

A bench module has `run(context)` and yields Figures. Floor and default are measured in the same run as the
product, on the same database: the floor is the least work that gives the result at all (bare statements), the
default what one gets from the library without thinking.
"""

import importlib
import json
import os
import pickle
import resource
import statistics
import struct
import sys
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class Bench:
    """Where a bench lives and which world it needs: "province" (1.87 million persons), "city" or "county".

    Any other world is an empty database, which the bench fills itself; benches that name the same one share it.
    """

    name: str
    module: str
    world: str


BENCHES = {
    bench.name: bench
    for bench in (
        Bench("roster_import", "bench.roster_import", "roster"),
        Bench("roster_reimport", "bench.roster_reimport", "roster"),
        Bench("roster_import_200k", "bench.roster_import_200k", "large_roster"),
        Bench("hostile_files", "bench.hostile_files", "files"),
        Bench("assess_county", "bench.assess_county", "county"),
        Bench("assess_province", "bench.assess_province", "province"),
        Bench("list_persons", "bench.list_persons", "province"),
        Bench("export_xlsx", "bench.export_xlsx", "city"),
        Bench("name_search", "bench.name_search", "province"),
        Bench("summary_county", "bench.summary_county", "county"),
        Bench("summary_province", "bench.summary_province", "province"),
        Bench("subsidy_batch", "bench.subsidy_batch", "members"),
        Bench("subsidy_what_if", "bench.subsidy_what_if", "members_paid"),
    )
}


@dataclass
class Figure:
    """One line. Ratios are computed: product ÷ floor, default ÷ product. `more` holds what only this bench has.

    All seconds are CPU seconds of the process and its database backend (see Clock); `wall_seconds` is beside them.
    """

    name: str
    engine: str
    rows: int
    seconds: float
    goal: str
    met: bool
    wall_seconds: float | None = None
    peak_mb: float | None = None
    floor_seconds: float | None = None
    default_seconds: float | None = None
    more: dict = field(default_factory=dict)

    @property
    def ratio_floor(self):
        return round(self.seconds / self.floor_seconds, 2) if self.floor_seconds else None

    @property
    def ratio_default(self):
        return round(self.default_seconds / self.seconds, 1) if self.default_seconds and self.seconds else None

    def as_json(self) -> str:
        line = {
            "name": self.name,
            "engine": self.engine,
            "rows": self.rows,
            "seconds": _digits(self.seconds),
            "wall_seconds": _digits(self.wall_seconds),
            "peak_mb": round(self.peak_mb, 1) if self.peak_mb is not None else None,
            "floor_seconds": _digits(self.floor_seconds),
            "default_seconds": _digits(self.default_seconds),
            "ratio_floor": self.ratio_floor,
            "ratio_default": self.ratio_default,
            "goal": self.goal,
            "met": self.met,
            **self.more,
        }
        return json.dumps(line, ensure_ascii=False)


def _digits(seconds):
    return None if seconds is None else float(f"{seconds:.4g}")


@dataclass
class Context:
    """What a bench is given: engine, scale (1.0 is the full size), and the ways to measure."""

    engine: str
    scale: float = 1.0
    seed: int = 20261121

    def say(self, text: str):
        """Progress, on standard error: standard output holds figures only."""
        print(f"[{self.engine}] {text}", file=sys.stderr, flush=True)


class Clock:
    """CPU seconds spent so far by this process, its ended children, and the database backend that serves it.

    On a machine that others use as well, wall time says how busy they are. The backend is read from /proc, so it
    counts only where PostgreSQL runs on the same host; a server elsewhere leaves the process's own time.
    """

    def __init__(self):
        from django.db import connection

        self.backend = None
        if connection.vendor == "postgresql":
            connection.ensure_connection()
            path = Path(f"/proc/{connection.connection.info.backend_pid}/schedstat")
            self.backend = path if path.exists() else None

    def read(self) -> float:
        children = resource.getrusage(resource.RUSAGE_CHILDREN)
        total = time.process_time() + children.ru_utime + children.ru_stime
        if self.backend is not None:
            total += int(self.backend.read_text().split()[0]) / 1e9
        return total


@dataclass(frozen=True)
class Timed:
    """The result of the last call, CPU seconds a call (mean), wall seconds a call (median)."""

    result: object
    cpu: float
    wall: float


def timed(function: Callable, *, times: int = 1, warm: int = 0) -> Timed:
    for _ in range(warm):
        function()
    clock, walls, result = Clock(), [], None
    before = clock.read()
    for _ in range(times):
        start = time.perf_counter()
        result = function()
        walls.append(time.perf_counter() - start)
    return Timed(result, (clock.read() - before) / times, statistics.median(walls))


@dataclass(frozen=True)
class Measured:
    """What an isolated call gave: its (picklable) result, CPU and wall seconds, peak memory of its process in MB."""

    result: object
    cpu: float
    wall: float
    peak_mb: float


def isolated(function: Callable) -> Measured:
    """Run `function` in a process of its own, so that its peak memory is its own.

    Connections are closed before the fork and opened afresh in the child.
    """
    from django.db import connections

    connections.close_all()
    sys.stdout.flush()
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        _run_child(function, writing)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        head = pipe.read(4)
        body = pipe.read(struct.unpack("!I", head)[0]) if head else b""
    os.waitpid(child, 0)
    if not body:
        raise RuntimeError("the measured process died without an answer")
    answer = pickle.loads(body)  # what our own child wrote
    if isinstance(answer, str):
        raise RuntimeError(f"the measured process failed:\n{answer}")
    return Measured(*answer)


def _run_child(function, writing):
    """The child's whole life; it never returns into the parent's code."""
    try:
        clock = Clock()
        before, start = clock.read(), time.perf_counter()
        result = function()
        wall, cpu = time.perf_counter() - start, clock.read() - before
        peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        # A worker of the measured call (the fenced reader) counts as well.
        peak_mb = max(peak_mb, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024)
        answer = (result, cpu, wall, peak_mb)
    except BaseException:
        answer = traceback.format_exc()
    data = pickle.dumps(answer)
    with os.fdopen(writing, "wb") as pipe:
        pipe.write(struct.pack("!I", len(data)) + data)
    os._exit(0)


def run_benches(names: list[str], context: Context) -> bool:
    """Run benches of one world on the database Django is set to; prints their figures.

    One that cannot be measured gets a line that says so, and the others are measured all the same. False if a goal
    was missed or a figure is missing.
    """
    from django.db import connections

    good = True
    for name in names:
        context.say(f"{name} …")
        try:
            for figure in importlib.import_module(BENCHES[name].module).run(context):
                print(figure.as_json(), flush=True)
                good = good and figure.met
        except Exception as error:
            traceback.print_exc()
            print(not_measured(name, context.engine, f"{type(error).__name__}: {error}"), flush=True)
            good = False
        # A transaction it broke off is not the next one's.
        connections.close_all()
    return good


def not_measured(name: str, engine: str, failure: str) -> str:
    """The line in place of the figures of a bench that failed."""
    return json.dumps({"name": name, "engine": engine, "met": False, "failure": failure}, ensure_ascii=False)
