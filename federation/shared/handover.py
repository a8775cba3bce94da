"""What goes over to the successor when somebody leaves a post: each app names what it keeps in a person's name.

An app registers its duties in a module that its AppConfig.ready imports. The page counts them, and moves them where
somebody presses the button; nothing moves by itself. Both are asked with the rights of who looks or presses.
"""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Duty:
    """One kind of what is in somebody's name at a body and everything below it.

    `count(worker, organisation, by)` says how much there is; `hand_over(worker, successor, organisation, by)` moves it,
    set-based with a record of each row, inside the caller's transaction, and gives how much it moved.
    """

    name: str
    label: str
    unit: str
    count: Callable
    hand_over: Callable
    order: int = 50


_duties: dict[str, Duty] = {}


def register_duty(duty: Duty):
    _duties[duty.name] = duty


def duties() -> list[Duty]:
    return sorted(_duties.values(), key=lambda duty: (duty.order, duty.name))


def duty_named(name: str) -> Duty | None:
    return _duties.get(name)
