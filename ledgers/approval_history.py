"""What the history of a personal form says of its way to approval: who submitted it last, and what is new in it."""

from dataclasses import dataclass
from datetime import datetime

from federation.shared.change_values import Difference
from federation.shared.models import ChangeRecord
from ledgers.models import DisabledPerson
from ledgers.models.dictionaries import EntryState

LABEL = DisabledPerson._meta.label_lower
# How the form stands is not what an approver compares.
BESIDE = ("state", "returned_reason", "decided_by", "decided_at")


@dataclass(frozen=True)
class Submission:
    """Who submitted a form last and when, and the fields changed since it was approved; None for a new entry."""

    by_id: int | None
    by_name: str
    at: datetime
    fields: tuple[str, ...] | None

    @property
    def kind(self) -> str:
        return "新登记" if self.fields is None else f"修改 {len(self.fields)} 项"


def last_submitters(pks) -> dict[int, int | None]:
    """{person: account} of who last filled in each form that waits."""
    rows = ChangeRecord.objects.filter(label=LABEL, object_id__in=pks, via=ChangeRecord.Via.FORM)
    # The newest comes last and stays.
    return dict(rows.order_by("object_id", "version").values_list("object_id", "by_id"))


def submissions_of(pks) -> dict[int, Submission]:
    """The submission of each waiting form, in one query."""
    rows = ChangeRecord.objects.filter(label=LABEL, object_id__in=pks).select_related("by")
    grouped: dict[int, list] = {}
    for record in rows.order_by("object_id", "-version"):
        grouped.setdefault(record.object_id, []).append(record)
    return {pk: _submission(records) for pk, records in grouped.items()}


def _submission(records) -> Submission:
    newest = next((record for record in records if record.via == ChangeRecord.Via.FORM), records[0])
    since = since_approval(records)
    changed = None
    if since is not None:
        changed = tuple(dict.fromkeys(name for record in since for name in record.changes if name not in BESIDE))
    return Submission(newest.by_id, str(newest.by or "系统"), newest.at, changed)


def since_approval(records) -> list[ChangeRecord] | None:
    """Of the records (newest first) of a form that waits, those after its last approval; None where it had none."""
    found = []
    for record in records:
        old = record.changes.get("state", [None, None])[0]
        if record.kind == ChangeRecord.Kind.CREATED:
            return None
        found.append(record)
        if old == EntryState.APPROVED:
            return found
    # What came by roster has no record of its making; where it was approved, a record says since when it is not.
    return None


def ever_approved(person) -> bool:
    """Whether the history of a form that waits knows an approval."""
    records = ChangeRecord.objects.of(person)
    return any(EntryState.APPROVED in record.changes.get("state", []) for record in records)


def changes_to_approve(person) -> list[Difference] | None:
    """What differs between the form as approved last and as it stands, in words; None for a new entry."""
    since = since_approval(list(ChangeRecord.objects.of(person)))
    if since is None:
        return None
    first: dict[str, Difference] = {}
    last: dict[str, Difference] = {}
    sealed = set()
    for record in reversed(since):
        for each in record.differences:
            first.setdefault(each.field, each)
            last[each.field] = each
            if any(isinstance(side, dict) for side in record.changes[each.field]):
                sealed.add(each.field)
    return [
        Difference(name, each.label, each.old, last[name].new)
        for name, each in first.items()
        # Two numbers may look alike under their masks.
        if name not in BESIDE and (name in sealed or each.old != last[name].new)
    ]
