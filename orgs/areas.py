"""Choosing a place in the tree: one level at a time, because a province has 17,000 villages."""

from federation.shared.numbers import plain_number
from orgs.models import BodyKind, Organisation


def area_choices(user, permission: str, chosen: str, *, associations: bool = False) -> list[tuple[str, str]]:
    """(pk, indented name) of the bodies one step below where the user stands or below `chosen`, and the way back up."""
    reachable = Organisation.objects.visible_to(user, permission)
    if not associations:
        reachable = reachable.exclude(body_kind=BodyKind.SPECIALISED_ASSOCIATION)
    roots = {scope.path for scope in user.scopes(permission)}
    at = chosen_area(user, permission, chosen)
    steplen = Organisation.steplen
    if at is None:
        shown, parents = set(roots), roots
    else:
        shown = {at.path[:end] for end in range(steplen, len(at.path) + 1, steplen)}
        # A village has nothing below it: its neighbours are offered instead.
        parents = {at.path if at.numchild else at.path[:-steplen]}
    below = Organisation.objects.none()
    for path in parents:
        below = below | reachable.under(path).filter(depth=len(path) // steplen + 1)
    rows = (reachable.filter(path__in=shown) | below).order_by("path")
    top = min((len(path) for path in roots), default=0)
    return [
        (str(pk), "　" * max(0, (len(path) - top) // steplen) + (short or name))
        for pk, path, short, name in rows.values_list("pk", "path", "short_name", "name")
    ]


def chosen_area(user, permission: str, chosen: str) -> Organisation | None:
    """The body whose number a filter names, where the user may see it."""
    return Organisation.objects.visible_to(user, permission).filter(pk=plain_number(chosen)).first()


def ancestors_of(organisation: Organisation, user=None) -> list[Organisation]:
    """The bodies above, from the top; with `user`, each knows in `is_visible` whether the user may open it.

    Their names may be shown to anybody who sees the body itself.
    """
    steplen = Organisation.steplen
    paths = [organisation.path[:end] for end in range(steplen, len(organisation.path), steplen)]
    above = list(Organisation.objects.filter(path__in=paths).order_by("path"))
    if user is not None:
        roots = tuple(scope.path for scope in user.scopes(Organisation.view_permission))
        for body in above:
            body.is_visible = body.path.startswith(roots) if roots else False
    return above


def labels_above(rows, path_of) -> dict[str, str]:
    """{path: label} of the body each row lies at and of the one above it; one query for all rows."""
    steplen = Organisation.steplen
    paths = {path_of(row) for row in rows}
    paths |= {path[:-steplen] for path in paths}
    named = Organisation.objects.filter(path__in=paths).values_list("path", "short_name", "name")
    return {path: short or name for path, short, name in named}


def name_places(rows):
    """Attach to each row with an `org_path` its `place`: the body and the one above it; one query for all rows."""
    labels = labels_above(rows, lambda row: row.org_path)
    for row in rows:
        above = labels.get(row.org_path[: -Organisation.steplen], "")
        row.place = f"{above} {labels.get(row.org_path, '')}".strip()
