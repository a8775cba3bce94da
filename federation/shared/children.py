"""Running a child process that opens what people upload: our own interpreter, no environment, an answer or nothing."""

import json
import subprocess
import sys
from pathlib import Path

# A child's processor time is limited by itself; on a busy machine that may take several times as long.
PATIENCE = 6


class ChildFailed(Exception):
    """The child crashed, hung or ran into its limits: what it was given is not to be read."""


def run_child(child: Path, request: dict) -> bytes:
    """What `child` writes to `request` (JSON, with `cpu_seconds`). Raises ChildFailed."""
    try:
        finished = subprocess.run(  # noqa: S603 - our own interpreter and script, arguments not from outside
            [sys.executable, "-I", "-X", "utf8", str(child)],
            input=json.dumps(request).encode(),
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            # Nothing of the parent's environment: it may hold addresses and passwords.
            env={"MALLOC_ARENA_MAX": "1", "RUST_BACKTRACE": "0"},
            cwd="/",
            timeout=request["cpu_seconds"] * PATIENCE,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise ChildFailed from error
    if finished.returncode != 0:
        raise ChildFailed
    return finished.stdout
