"""Who holds a lease: host, process and the moment the process began, so that a reused pid is not mistaken."""

import functools
import os
import socket
from pathlib import Path

_PROC = Path("/proc")


@functools.cache
def this_host() -> str:
    """The host's name and, where there are containers, the process namespace: pids mean nothing outside it."""
    name = socket.gethostname().replace(":", "-")[:80]
    try:
        return f"{name}/{(_PROC / 'self/ns/pid').readlink().name.strip('pid:[]')}"
    except OSError:
        return name


def _started(pid: int) -> str | None:
    """When the process began (clock ticks since boot); None where there is no such process; "" where unknown."""
    if not (_PROC / "self/stat").exists():
        return "" if os.name == "nt" or _answers(pid) else None
    try:
        text = (_PROC / str(pid) / "stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return None
    # The second field is the command in brackets and may hold blanks; a zombie (Z) works no more.
    fields = text.rpartition(")")[2].split()
    return None if fields[0] in "ZX" else fields[19]


def _answers(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def this_owner() -> str:
    return f"{this_host()}:{os.getpid()}:{_started(os.getpid())}"


def is_dead(owner: str) -> bool:
    """True only where the owner ran on this host and its process is certainly gone."""
    host, pid, started = owner.rsplit(":", 2)
    return host == this_host() and _started(int(pid)) != started
