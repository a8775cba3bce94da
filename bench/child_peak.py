"""Stands in for the reading child and runs the real one, to say afterwards what that one alone used.

The kernel counts what a process used before it became another program, so a child of the large bench seems as large
as the bench. And the reader ends its child as soon as it knows enough, which must not end who measures: hence two
forks. Copied beside a file `child` with the path of the real one; notes the result as `used`.
"""

import json
import os
import sys
from pathlib import Path

HERE = Path(__file__).parent


def measure():
    child = os.fork()
    if child == 0:
        os.execv(sys.executable, [sys.executable, "-I", "-X", "utf8", (HERE / "child").read_text()])  # noqa: S606
    _, _, used = os.wait4(child, 0)
    noted = HERE / "noting"
    noted.write_text(json.dumps({"peak_mb": used.ru_maxrss / 1024, "seconds": used.ru_utime + used.ru_stime}))
    noted.rename(HERE / "used")


if __name__ == "__main__":
    if (measuring := os.fork()) == 0:
        os.setsid()
        measure()
    else:
        os.waitpid(measuring, 0)
