"""What speaks against renewing an engagement: apps higher up say it here, the renewal asks."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Bar:
    """One thing that speaks against it. `key` names this very fact, so that a permit lifts it and no later one."""

    key: str
    words: str


_bars: dict[str, Callable] = {}


def register_bar(name: str, find: Callable):
    """`find(appointments)` gives {appointment id: Bar}, its words a sentence that says why and what to do."""
    _bars[name] = find


def bars_of(appointments: Iterable) -> dict[int, list[Bar]]:
    """{appointment id: everything that speaks against renewing it} of those against which anything does.

    As many queries for many as for one; each is asked for its `tenure`.
    """
    appointments = list(appointments)
    found: dict[int, list[Bar]] = {}
    for name in sorted(_bars):
        for pk, bar in _bars[name](appointments).items():
            found.setdefault(pk, []).append(bar)
    return found


def bars_against(appointment) -> list[Bar]:
    """Everything that speaks against renewing it."""
    return bars_of([appointment]).get(appointment.pk, [])
