"""Panels: how an app higher up puts its part on the page of something lower down, without being imported by it.

An app registers panels in `<app>/panels.py`, which its AppConfig.ready imports. The page asks `panels_for`
and includes each template with the context the panel gives; a panel whose permission the reader lacks, or
which gives None, is left out.
"""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Panel:
    """A part of the page `place`: heading, template, who may see it, and what it shows.

    `context(subject, user)` gives what the template reads as `panel`, or None where there is nothing to show.
    """

    place: str
    name: str
    heading: str
    template: str
    permission: str
    context: Callable
    order: int = 50


_panels: dict[tuple[str, str], Panel] = {}


def register_panel(panel: Panel):
    _panels[panel.place, panel.name] = panel


def panels_for(place: str, subject, user) -> list[dict]:
    """The panels of `place` that `user` may see, in order, each with its context."""
    shown = []
    for panel in sorted(_panels.values(), key=lambda each: (each.order, each.name)):
        if panel.place != place or not user.has_scope(panel.permission):
            continue
        context = panel.context(subject, user)
        if context is not None:
            shown.append({"panel": panel, "context": context})
    return shown
