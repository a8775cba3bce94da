"""Processes that must not outlive the one that started them."""

import ctypes
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1


def die_with_parent(parent: int | None = None):
    """Ask the kernel (Linux) to kill this process when its parent dies, even by `kill -9`.

    `parent` is the pid the caller knew before the fork: where it is already gone, nobody would send the signal.
    Elsewhere than on Linux the launcher ends its children by their process group.
    """
    if not sys.platform.startswith("linux"):
        return
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if parent is not None and os.getppid() != parent:
        os._exit(1)
