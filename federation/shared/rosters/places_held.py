"""Bodies stay where they are while rows are written for them."""

import contextlib

from federation.shared.fields import holding_paths
from federation.shared.models.rosters import RosterImport
from federation.shared.rosters.resource import PreviewOutdated


@contextlib.contextmanager
def held_in_place(table, places):
    """The bodies of `table`'s rows are not moved until the transaction ends: one question for all of them.

    Taken before any row is locked, as a move takes them. Raises PreviewOutdated where a body lies elsewhere than
    `places` found it: it may have left the importer's area.
    """
    bodies = RosterImport._meta.get_field("organisation").related_model
    with holding_paths(bodies, (pk for pk in table.places if pk)) as paths:
        for pk, path in paths.items():
            if pk in places.by_pk and places.by_pk[pk].path != path:
                raise PreviewOutdated
        yield
