"""The collector of cycles, held back while very many objects are made that form none."""

import contextlib
import gc


@contextlib.contextmanager
def collector_paused():
    """Else the collector walks over hundreds of thousands of living tuples again and again: an eighth of a run."""
    was_running = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_running:
            gc.enable()
