"""Running a child process that opens what people upload: our own interpreter, no environment, an answer or nothing."""

import contextlib
import json
import select
import subprocess
import sys
from pathlib import Path

# A child's processor time is limited by itself; on a busy machine that may take several times as long.
PATIENCE = 6
# Nothing of the parent's environment: it may hold addresses and passwords.
ENVIRONMENT = {"MALLOC_ARENA_MAX": "1", "RUST_BACKTRACE": "0"}


class ChildFailed(Exception):
    """The child crashed, hung or ran into its limits: what it was given is not to be read."""


def _command(child: Path) -> list[str]:
    return [sys.executable, "-I", "-X", "utf8", str(child)]


def run_child(child: Path, request: dict) -> bytes:
    """What `child` writes to `request` (JSON, with `cpu_seconds`). Raises ChildFailed."""
    try:
        finished = subprocess.run(  # noqa: S603 - our own interpreter and script, arguments not from outside
            _command(child),
            input=json.dumps(request).encode(),
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=ENVIRONMENT,
            cwd="/",
            timeout=request["cpu_seconds"] * PATIENCE,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise ChildFailed from error
    if finished.returncode != 0:
        raise ChildFailed
    return finished.stdout


@contextlib.contextmanager
def asked(child: Path, request: dict):
    """The Answers of `child` to `request`, read while it works; it is ended where the block is left."""
    process = subprocess.Popen(  # noqa: S603 - our own interpreter and script, arguments not from outside
        _command(child),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=ENVIRONMENT,
        cwd="/",
        bufsize=0,
    )
    try:
        # One that died at once hears nothing; its silence says so.
        with contextlib.suppress(BrokenPipeError):
            process.stdin.write(json.dumps(request).encode())
        process.stdin.close()
        yield Answers(process.stdout, request["cpu_seconds"] * PATIENCE)
    finally:
        process.kill()
        process.stdout.close()
        process.wait()


class Answers:
    """What a child writes, taken line by line or by length; one that ends or stays silent raises ChildFailed."""

    PIECE = 1 << 16

    def __init__(self, file, patience: int):
        self.file = file
        self.patience = patience
        self.held = bytearray()

    def line(self) -> bytes:
        looked = 0
        while (at := self.held.find(b"\n", looked)) < 0:
            looked = len(self.held)
            self._more()
        return self.take(at + 1)

    def take(self, size: int) -> bytes:
        while len(self.held) < size:
            self._more()
        taken = bytes(self.held[:size])
        del self.held[:size]
        return taken

    def _more(self):
        ready, _, _ = select.select([self.file], [], [], self.patience)
        chunk = self.file.read(self.PIECE) if ready else b""
        if not chunk:
            raise ChildFailed
        self.held += chunk
