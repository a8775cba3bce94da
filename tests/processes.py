"""For tests that drive other processes: a port for them, and waiting as short as they need but never for ever."""

import socket
import time


def spare_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_until(holds, seconds: float, what: str):
    """What `holds()` gives once it is true; `what` was waited for in vain otherwise."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        found = holds()
        if found:
            return found
        time.sleep(0.05)
    raise AssertionError(f"not within {seconds} s: {what}")
