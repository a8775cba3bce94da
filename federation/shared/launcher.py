"""Web and worker as children of one process: started, watched, restarted, and never left behind."""

import contextlib
import logging
import os
import signal
import socket
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from federation.shared.processes import die_with_parent

logger = logging.getLogger(__name__)

# A child that ends sooner than this counts as a failed start; so many in a row and the launcher gives up.
SHORT_LIFE = 10
FAILED_STARTS = 5


@dataclass
class Child:
    """A process in a group of its own. `gently` is the signal after which it finishes what it is doing."""

    name: str
    command: list[str]
    folder: Path
    gently: signal.Signals
    patience: float
    process: subprocess.Popen | None = None
    started_at: float = 0.0
    failed_starts: int = 0
    was_asked: bool = False

    def start(self):
        launcher = os.getpid()

        def prepare():
            # A shell may have started us with SIGINT ignored, and that is inherited.
            signal.signal(signal.SIGINT, signal.SIG_DFL)
            die_with_parent(launcher)

        # In a session of its own: Ctrl-C reaches the launcher alone, which then ends its children in order.
        self.process = subprocess.Popen(  # noqa: S603
            self.command, cwd=self.folder, preexec_fn=prepare, start_new_session=True
        )
        self.started_at = time.monotonic()
        self.was_asked = False

    @property
    def age(self) -> float:
        return time.monotonic() - self.started_at

    def has_ended(self) -> bool:
        return self.process is not None and self.process.poll() is not None

    def restart(self):
        """Start it again after it ended; raises GaveUp where it ends at once every time."""
        self.failed_starts = self.failed_starts + 1 if self.age < SHORT_LIFE else 0
        logger.error("%s ended with code %s and is started again", self.name, self.process.returncode)
        if self.failed_starts >= FAILED_STARTS:
            raise GaveUp(self.name)
        self._sweep_group()
        time.sleep(self.failed_starts / 2)
        self.start()

    def ask_to_stop(self):
        if self.process is not None and self.process.poll() is None and not self.was_asked:
            self.was_asked = True
            self.process.send_signal(self.gently)

    def stop(self):
        """Ask it to finish; after its patience end it and whatever it started."""
        if self.process is None:
            return
        self.ask_to_stop()
        if self.process.poll() is None:
            try:
                self.process.wait(self.patience)
            except subprocess.TimeoutExpired:
                logger.warning("%s did not stop within %s s and is ended", self.name, self.patience)
        self._sweep_group()
        self.process.wait()

    def _sweep_group(self):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.process.pid, signal.SIGKILL)


class GaveUp(Exception):
    """A child ends right after every start."""


def web(folder: Path, host: str, port: int) -> Child:
    listen = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    command = [sys.executable, "-m", "waitress", f"--listen={listen}", "--threads=8", "federation.wsgi:application"]
    return Child("web", command, folder, gently=signal.SIGINT, patience=10)


def worker(folder: Path, data: Path) -> Child:
    command = [sys.executable, "-m", "celery", "-A", "federation", "--quiet", "worker"]
    command += ["-B", "-P", "threads", "-c", "2", "-s", str(data / "beat-schedule"), "-n", "office@%h"]
    command += ["-l", "WARNING", "--without-gossip", "--without-mingle", "--without-heartbeat"]
    return Child("worker", command, folder, gently=signal.SIGTERM, patience=20)


def port_is_free(host: str, port: int) -> bool:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        # As waitress does: a port whose last connections are still closing is free.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


def answers(host: str, port: int) -> bool:
    try:
        socket.create_connection((host, port), timeout=1).close()
    except OSError:
        return False
    return True
