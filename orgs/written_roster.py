"""The roster of organisations as a file that leaves, block by block: townships and villages with what they own."""

from federation.shared.list_exports import Shown, roster_shown
from orgs.models import BodyKind, Level, Organisation
from orgs.resources import OrganisationRoster

KINDS = (BodyKind.FEDERATION, BodyKind.VILLAGE_ASSOCIATION)
LEVELS = (Level.TOWNSHIP, Level.VILLAGE)


def columns() -> list[Shown]:
    return roster_shown(OrganisationRoster(), lambda name: lambda body: body.roster_values.get(name))


def rows(bodies, path: str):
    """Those a roster may name."""
    return bodies.under(path).filter(body_kind__in=KINDS, level__in=LEVELS, abolished_on=None)


def prepare(bodies: list[Organisation]):
    values_of = OrganisationRoster.facts_of(bodies)
    for body in bodies:
        body.roster_values = values_of(body)
