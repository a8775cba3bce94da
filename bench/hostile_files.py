"""Every file of the hostile corpus, given to the fenced reader: the worst memory and the worst time of all."""

import contextlib
import json
import resource
import shutil
import tempfile
import time
from pathlib import Path

from bench import child_peak
from bench.harness import Figure, isolated
from federation.shared.rosters import roster_of
from federation.shared.workbooks import WorkbookRefused, read_sheet
from federation.shared.workbooks.reader import CHILD

SECONDS, MEGABYTES, WEB_MEGABYTES = 5, 120, 50
# The reader's own limits end a child long before.
PATIENCE = 300
USUAL = "a usual file"


def run(context):
    # The corpus is what the tests send through the whole course.
    from tests.rosters import hostile

    corpus = corpus_of_the_tests()
    with tempfile.TemporaryDirectory() as folder:
        # Made in a process of its own: some of them are larger in the making than what is measured.
        paths = isolated(lambda: written(Path(folder), corpus | {USUAL: lambda: hostile.good(1000)})).result
        usual = measured(paths.pop(USUAL))["peak_mb"]
        before = _own_peak()
        used = {name: measured(path) for name, path in paths.items()}
        web = _own_peak() - before
    slowest = max(used, key=lambda name: used[name]["seconds"])
    largest = max(used, key=lambda name: used[name]["peak_mb"])
    seconds, growth = used[slowest]["seconds"], used[largest]["peak_mb"] - usual
    yield Figure(
        name="hostile_files",
        engine=context.engine,
        rows=len(corpus),
        seconds=seconds,
        peak_mb=growth,
        goal=f"each ≤ {SECONDS} s and ≤ {MEGABYTES} MB above a usual file; ≤ {WEB_MEGABYTES} MB in the parent",
        met=seconds <= SECONDS and growth <= MEGABYTES and web <= WEB_MEGABYTES,
        more={
            "slowest": slowest,
            "largest": largest,
            "next_largest": {name: round(used[name]["peak_mb"] - usual, 1) for name in _largest(used)[1:4]},
            "usual_mb": round(usual, 1),
            "parent_growth_mb": round(web, 1),
            "peak_is": "growth of the reading process above a usual file of 1,000 rows",
        },
    )


def corpus_of_the_tests() -> dict:
    """{name: bytes, or what makes them} of every file the tests send that is refused, wrong or odd."""
    from tests.rosters import corpus

    return corpus.files()


def written(folder: Path, corpus: dict) -> dict[str, Path]:
    paths = {name: folder / str(number) for number, name in enumerate(corpus)}
    for name, made in corpus.items():
        paths[name].write_bytes(made() if callable(made) else made)
    return paths


def _largest(used) -> list[str]:
    return sorted(used, key=lambda name: -used[name]["peak_mb"])


def _own_peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def measured(upload: Path) -> dict:
    """Processor seconds and peak memory (MB) of the child that reads `upload`."""
    with tempfile.TemporaryDirectory() as folder:
        here = Path(folder)
        (here / "child").write_text(str(CHILD))
        stand_in = Path(shutil.copy(child_peak.__file__, here))
        # A refusal is what most of them are for.
        with contextlib.suppress(WorkbookRefused):
            read_sheet(upload, roster_of("persons").headings(), max_rows=1000, child=stand_in)
        noted, waited_since = here / "used", time.monotonic()
        while not noted.exists():
            if time.monotonic() - waited_since > PATIENCE:
                raise RuntimeError("the reading child did not end")
            time.sleep(0.01)
        return json.loads(noted.read_text())
