"""A list of a whole province that waits for its second person."""

from django.http import QueryDict

from accounts.models import User
from federation.shared.export_kinds import export_kind, needs_second_person
from federation.shared.exports import ask_for
from orgs.models import Organisation


def ask_for_list(province: Organisation):
    """Asked for by the province's viewer; a demonstration too small for a second person has none."""
    viewer, kind, criteria = User.objects.get(username="viewer"), export_kind("persons"), QueryDict("")
    if needs_second_person(kind, kind.rows(viewer, province, criteria).count(), whole=False):
        ask_for(
            kind=kind, by=viewer, area=province, criteria=criteria, file_format="xlsx", preset="usual", whole=False,
            purpose="核对全省残疾人登记情况",
        )  # fmt: skip
