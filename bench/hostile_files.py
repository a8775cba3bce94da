"""Every file of the hostile corpus, given to the fenced reader: the worst memory and the worst time of all."""

import contextlib
import resource
import tempfile
from pathlib import Path

from bench.harness import Figure, isolated
from federation.shared.rosters import roster_of
from federation.shared.workbooks import WorkbookRefused, read_sheet

SECONDS, MEGABYTES = 5, 120


def run(context):
    # The corpus is what the tests send through the whole course.
    from tests.rosters import hostile
    from tests.rosters.test_hostile_containers import REFUSED
    from tests.rosters.test_hostile_count import REFUSED_MORE

    usual = measured(hostile.good(1000))
    worst_time, worst_memory = ("", 0.0), ("", 0.0)
    corpus = REFUSED | REFUSED_MORE
    for name, (made, _words) in corpus.items():
        took = measured(made() if callable(made) else made)
        worst_time = max(worst_time, (name, took.cpu), key=lambda pair: pair[1])
        worst_memory = max(worst_memory, (name, took.result - usual.result), key=lambda pair: pair[1])
    yield Figure(
        name="hostile_files",
        engine=context.engine,
        rows=len(corpus),
        seconds=worst_time[1],
        peak_mb=worst_memory[1],
        goal=f"each ≤ {SECONDS} s and ≤ {MEGABYTES} MB above a usual file, in the child",
        met=worst_time[1] <= SECONDS and worst_memory[1] <= MEGABYTES,
        more={
            "slowest": worst_time[0],
            "largest": worst_memory[0],
            "usual_mb": round(usual.result, 1),
            "peak_is": "growth of the reading process above a usual file",
        },
    )


def measured(data: bytes):
    """Processor seconds of reading `data`, and as its result the peak memory of the reading child in MB."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "upload"
        path.write_bytes(data)
        return isolated(lambda: _child_peak(path))


def _child_peak(path: Path) -> float:
    # A refusal is what most of them are for.
    with contextlib.suppress(WorkbookRefused):
        read_sheet(path, roster_of("persons").headings(), max_rows=1000)
    return resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
