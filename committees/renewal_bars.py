"""What speaks against renewing an engagement: apps higher up say it here, the renewal asks."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Bar:
    """One thing that speaks against it. `key` names this very fact, so that a permit lifts it and no later one."""

    key: str
    words: str


_bars: dict[str, Callable] = {}


def register_bar(name: str, find: Callable):
    """`find(appointment)` gives the Bar, its words a sentence that says why and what to do; None where nothing does."""
    _bars[name] = find


def bars_against(appointment) -> list[Bar]:
    """Everything that speaks against renewing it."""
    found = (_bars[name](appointment) for name in sorted(_bars))
    return [bar for bar in found if bar is not None]
