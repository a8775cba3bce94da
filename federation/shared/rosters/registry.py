"""The kinds of roster. An app registers its own in `resources.py`, which is looked for once."""

import functools

from django.utils.module_loading import autodiscover_modules

_rosters: dict[str, object] = {}


def register(roster_class):
    """Make a kind of roster known; used as a decorator of the resource class."""
    _rosters[roster_class.kind] = roster_class()
    return roster_class


@functools.cache
def _discovered() -> bool:
    autodiscover_modules("resources")
    return True


def all_rosters() -> list:
    """Every kind, in the order in which a county works: bodies, members, persons."""
    _discovered()
    return sorted(_rosters.values(), key=lambda roster: roster.position)


def rosters_for(user) -> list:
    """The kinds that `user` may import."""
    return [roster for roster in all_rosters() if not roster.permission or user.has_scope(roster.permission)]


def roster_of(kind: str):
    """The roster called `kind`, None where there is none."""
    _discovered()
    return _rosters.get(kind)
