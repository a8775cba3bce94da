"""What a reader is shown of transfers: of a person outside the own scope, name and masked number of that day only."""

from dataclasses import dataclass

from django.urls import reverse

from federation.shared.change_values import opened
from federation.shared.models import ChangeRecord
from federation.shared.sealed import SealedText, history_aad
from ledgers.models import DisabledPerson, Transfer
from ledgers.models.dictionaries import TransferState
from ledgers.transfers import VIEW, holds
from orgs.areas import labels_above
from orgs.models import Organisation

LABEL = DisabledPerson._meta.label_lower
HIDDEN_PLACE = "（对方同意后显示）"


@dataclass(frozen=True)
class Shown:
    """One transfer as one reader sees it; `url` of the person's file where it is in scope."""

    transfer: Transfer
    name: str
    id_number: str
    url: str
    sender: str
    receiver: str

    @property
    def direction(self) -> str:
        return "转入方申请" if self.transfer.asked_by_receiver else "转出方提出"


def shown_to(user, transfers: list[Transfer]) -> list[Shown]:
    """Each of `transfers` (in scope) as `user` may see it; the number of queries does not grow with them."""
    people = DisabledPerson.objects.filter(pk__in={each.person_id for each in transfers})
    people = people.only("uid", "name", "id_number").in_bulk()
    readable = set(DisabledPerson.objects.visible_to(user).filter(pk__in=people).values_list("pk", flat=True))
    earlier = _as_of([each for each in transfers if each.person_id not in readable])
    senders = labels_above(transfers, lambda each: each.org_path)
    receivers = labels_above(transfers, lambda each: each.to_path)
    shown = []
    for each in transfers:
        person = people[each.person_id]
        known = earlier.get(each.pk, {})
        number = known.get("id_number", person.id_number)
        shown.append(
            Shown(
                transfer=each,
                name=known.get("name", person.name),
                id_number=number.masked() if isinstance(number, SealedText) else "未填",
                url=reverse("person-detail", args=[person.uid]) if person.pk in readable else "",
                sender=_place(each.org_path, senders) if _knows_sender(user, each) else HIDDEN_PLACE,
                receiver=_place(each.to_path, receivers),
            )
        )
    return shown


def _knows_sender(user, transfer) -> bool:
    """Who asked for somebody learns where they were registered when the other side has said yes."""
    decided = transfer.state == TransferState.ACCEPTED or not transfer.asked_by_receiver
    return decided or holds(user, VIEW, transfer.org_path)


def _place(path, labels) -> str:
    """County, township and village as far as they are named."""
    return f"{labels.get(path[: -Organisation.steplen], '')} {labels.get(path, '')}".strip()


def _as_of(transfers) -> dict[int, dict]:
    """{transfer: {field: value}} of name and number where they were changed after the moment the transfer is about.

    An accepted one shows the day the person left; any other the day it was asked for. What the file says later is
    the business of the body that has it.
    """
    moments = {
        each.pk: each.decided_at if each.state == TransferState.ACCEPTED else each.created_at for each in transfers
    }
    if not moments:
        return {}
    pks = {each.person_id for each in transfers}
    records = ChangeRecord.objects.filter(label=LABEL, object_id__in=pks, at__gt=min(moments.values()))
    by_person: dict[int, list] = {}
    for record in records.order_by("object_id", "version"):
        by_person.setdefault(record.object_id, []).append(record)
    found: dict[int, dict] = {}
    for each in transfers:
        values = found.setdefault(each.pk, {})
        for record in by_person.get(each.person_id, ()):
            if record.at > moments[each.pk]:
                for name in {"name", "id_number"} & (set(record.changes) - set(values)):
                    values[name] = _old_value(record, name)
    return found


def _old_value(record, name):
    return opened(record.changes[name][0], history_aad(LABEL, record.object_id, record.version, name, 0))
