"""What transfers, merges and households show on the page of a person and on the start page."""

from django.urls import reverse

from federation.shared.panels import Panel, register_panel
from ledgers.models import DisabledPerson, Transfer
from ledgers.transfer_rows import shown_to
from ledgers.transfers import APPROVE, EDIT, waiting_for
from ledgers.views.transfers import state_tag, transfer_url


def may(user, permission, person) -> bool:
    return DisabledPerson.objects.visible_to(user, permission).filter(pk=person.pk).exists()


def transfers_of(person, user) -> dict | None:
    """The transfers of a person, the newest first, and the way to hand the person over."""
    rows = list(Transfer.objects.visible_to(user).filter(person=person).order_by("-id")[:10])
    is_open = any(row.state == "requested" for row in rows)
    offer = "" if is_open or person.deceased_on or not may(user, EDIT, person) else "transfer-offer"
    if not rows and not offer:
        return None
    for row, shown in zip(rows, shown_to(user, rows), strict=True):
        row.shown, row.url, row.tag = shown, transfer_url(row), state_tag(row)
    return {"rows": rows, "offer_url": reverse(offer, args=[person.uid]) if offer else ""}


def transfers_waiting(organisation, user) -> dict | None:
    """How many transfers the reader may decide."""
    count = waiting_for(user).count()
    return {"count": count, "url": reverse("transfer-list") + "?box=waiting"} if count else None


register_panel(
    Panel(
        place="person",
        name="transfers",
        heading="转移",
        template="ledgers/person_transfers.html",
        permission="persons.view",
        context=transfers_of,
        order=60,
    )
)
register_panel(
    Panel(
        place="home",
        name="transfers",
        heading="残疾人转移",
        template="ledgers/home_transfers.html",
        permission=APPROVE,
        context=transfers_waiting,
        order=12,
    )
)
