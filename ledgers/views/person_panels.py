"""What transfers, merges and households show on the page of a person and on the start page."""

from django.urls import reverse
from django.utils import timezone

from federation.shared.panels import Panel, register_panel
from ledgers.duplicates import likenesses_of, similar_to
from ledgers.guardians import with_guardian_phone
from ledgers.merging import why_not_undone
from ledgers.models import DisabledPerson, DistinctPair, Household, PersonMerge, Transfer
from ledgers.transfer_rows import shown_to
from ledgers.transfers import APPROVE, EDIT, holds, waiting_for
from ledgers.views.households import household_url
from ledgers.views.merges import MERGE, as_line
from ledgers.views.persons import person_url
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


def merges_of(person, user) -> dict | None:
    """Files that may be of the same person, what was merged into this one, and the way to merge."""
    may_merge = may(user, MERGE, person)
    similar = similar_to(person, user) if may_merge or user.has_scope(EDIT) else []
    address = reverse("person-merge", args=[person.uid]) if may_merge else ""
    lines = [
        as_line(row)
        | {
            "why": "、".join(likenesses_of(person, row)),
            "merge_url": f"{address}?with={row.uid}" if address and holds(user, MERGE, row.org_path) else "",
        }
        for row in similar
    ]
    merges = [
        {
            "at": timezone.localtime(merge.created_at),
            "reason": merge.reason,
            "refusal": why_not_undone(merge),
            "undo_url": reverse("merge-undo", args=[merge.uid]) if may_merge else "",
        }
        for merge in PersonMerge.objects.visible_to(user).filter(person=person).order_by("-id")[:10]
    ]
    told = _said_distinct(person, user)
    if not (lines or merges or told or address):
        return None
    say_url = reverse("person-distinct", args=[person.uid]) if lines and may(user, EDIT, person) else ""
    return {"similar": lines, "merges": merges, "merge_url": address, "say_url": say_url, "distinct": told}


def _said_distinct(person, user) -> list[dict]:
    """The other files that were said to be somebody else's, as far as the reader sees them."""
    editable = user.has_scope(EDIT)
    pairs = (
        DistinctPair.objects.visible_to(user).of(person).select_related("lower__organisation", "higher__organisation")
    )
    others = [(pair, pair.higher if pair.lower_id == person.pk else pair.lower) for pair in pairs.order_by("-id")[:10]]
    return [
        as_line(other)
        | {
            "reason": pair.reason,
            "at": timezone.localtime(pair.created_at),
            "undo_url": reverse("distinct-undo", args=[pair.uid]) if editable else "",
        }
        for pair, other in others
    ]


def household_of(person, user) -> dict | None:
    """Who lives with the person, whose guardian has the same phone, and the ways to change that."""
    editable = may(user, EDIT, person)
    visible = DisabledPerson.objects.visible_to(user)
    household = Household.objects.visible_to(user).filter(pk=person.household_id).first()
    members = visible.filter(household=household).exclude(pk=person.pk) if household else visible.none()
    guarded = with_guardian_phone(visible, person.guardian_phone).exclude(pk=person.pk)
    guarded = list(guarded.select_related("organisation").order_by("org_path", "id")[:10])
    member = person.member_in_charge if editable else None
    here = {
        "household": str(household) if household else "",
        "url": household_url(household) if household else "",
        "members": [{"name": row.name, "url": person_url(row)} for row in members.order_by("id")],
        "guarded": [{"name": row.name, "url": person_url(row), "village": row.organisation.label} for row in guarded],
        "start_url": reverse("household-start", args=[person.uid]) if editable and person.is_current else "",
        "leave_url": reverse("household-leave", args=[person.uid]) if editable else "",
        "phone_url": reverse("guardian-phone", args=[person.uid]) if editable and guarded else "",
        "member": member.name if member else "",
        "member_url": reverse("in-charge-detail", args=[member.pk]) if member and person.is_current else "",
    }
    return here if any(here[name] for name in ("household", "guarded", "start_url", "member_url")) else None


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
        place="person",
        name="merges",
        heading="重复登记",
        template="ledgers/person_merges.html",
        permission="persons.view",
        context=merges_of,
        order=61,
    )
)
register_panel(
    Panel(
        place="person",
        name="household",
        heading="家庭户和监护人",
        template="ledgers/person_household.html",
        permission="persons.view",
        context=household_of,
        order=59,
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
