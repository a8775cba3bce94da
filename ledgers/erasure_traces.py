"""Where else a person's data lies beside the file itself, and how it is removed there.

Each function removes inside the caller's transaction and gives how many rows or files it touched.
"""

import json
from dataclasses import dataclass
from urllib.parse import parse_qs

from django.db import models
from django.utils import timezone

from federation.shared import sealed_files
from federation.shared.models import ChangeRecord, ExportFile, RosterImport
from federation.shared.rosters import staging
from ledgers.models import Attachment, DisabledPerson, Household, PersonDraft, PersonMerge, PersonRequest
from ledgers.models.derived import rule_values

LABEL = DisabledPerson._meta.label_lower
State = ExportFile.State
FORGOTTEN = "查找条件里有已经删除的人，条件没有保存，这份申请已失效。需要时请重新申请。"


@dataclass(frozen=True)
class Traces:
    """What the person is found by in texts that no key links to the file."""

    name: str
    numbers: frozenset[str]

    @classmethod
    def of(cls, person: DisabledPerson) -> "Traces":
        values = rule_values(person)
        numbers = {values[name] for name in ("id_number", "certificate_number", "phone")}
        return cls(person.name, frozenset(filter(None, numbers)))

    def is_in(self, text: str) -> bool:
        """Any of the numbers, or the name."""
        return self.name in text or any(number in text for number in self.numbers)


def hanging_on(person: DisabledPerson) -> list[tuple[type[models.Model], list[int]]]:
    """(model, ids) of the rows that go together with the file."""
    found = []
    for relation in DisabledPerson._meta.get_fields(include_hidden=True):
        if relation.auto_created and not relation.concrete and relation.on_delete is models.CASCADE:
            rows = relation.related_model._base_manager.filter(**{relation.field.name: person})
            found.append((relation.related_model, list(rows.values_list("pk", flat=True))))
    return found


def merged_into(person: DisabledPerson) -> dict[int, str]:
    """{id: uid} of files that were made one with this one and still are; their history is this person's too."""
    found = {}
    for merge in PersonMerge.objects.filter(person=person, undone_at=None):
        if merge.payload.is_readable():
            removed = json.loads(merge.payload.open_plain())["removed"]
            found[removed["id"]] = removed["uid"]
    return found


def forget_history(rows: list[tuple[type[models.Model], list[int]]]) -> int:
    """The change records of those rows: plain values, and sealed ones."""
    removed = 0
    for model, pks in rows:
        records = ChangeRecord.objects.filter(label=model._meta.label_lower, object_id__in=pks)
        removed += records.delete()[0]
    return removed


def forget_imports(pks: set[int]) -> int:
    """What the imports that wrote these files still hold of them.

    The rows as they were read go as a whole; what an undo needs loses these rows only. A file whose import
    changed nothing in it, and the workbook itself, are kept until their own periods are over (30 days).
    """
    sources = ChangeRecord.objects.filter(label=LABEL, object_id__in=pks, source__startswith="roster:")
    imports = {int(source.partition(":")[2]) for source in sources.values_list("source", flat=True)}
    created = DisabledPerson.objects.filter(pk__in=pks).exclude(source_import=None)
    imports |= set(created.values_list("source_import", flat=True))
    return sum(staging.forget_rows(each, pks) for each in RosterImport.objects.filter(pk__in=imports))


def forget_drafts(person: DisabledPerson, traces: Traces) -> int:
    """Drafts of a new form for the same person: the number typed in is the same. Those of the file go with it."""
    same = []
    for draft in PersonDraft.objects.filter(person=None).iterator():
        if draft.payload.is_readable() and _is_of(draft.payload.open_plain(), traces):
            same.append(draft.pk)
    return PersonDraft.objects.filter(pk__in=same).delete()[0]


def _is_of(payload: str, traces: Traces) -> bool:
    typed = parse_qs(payload)
    numbers = {value.strip().upper() for name in ("id_number", "certificate_number") for value in typed.get(name, [])}
    return bool(numbers & traces.numbers)


def forget_exports(traces: Traces) -> int:
    """What downloads were asked for by, where it names the person. The files themselves go after a day.

    What is not made yet never is: without its conditions it would hold everybody of the area.
    """
    changed = 0
    for export in ExportFile.objects.exclude(criteria=None, criteria_words=None).iterator():
        texts = [each.open_plain() for each in (export.criteria, export.criteria_words) if each and each.is_readable()]
        # The criteria are a query string.
        texts += [value for text in texts[:1] for values in parse_qs(text).values() for value in values]
        if any(traces.is_in(text) for text in texts):
            rows = ExportFile.objects.filter(pk=export.pk)
            unmade = rows.filter(state__in=[State.WAITING, State.RUNNING, State.FAILED])
            unmade.update(state=State.EXPIRED, refusal=FORGOTTEN, updated_at=timezone.now())
            rows.update(criteria=None, criteria_words=None)
            changed += 1
    return changed


def forget_files(person: DisabledPerson) -> int:
    """Photo and scans: the files go when the transaction has committed, the rows with the person."""
    paths = [path for path in Attachment.objects.filter(person=person).values_list("stored_path", flat=True) if path]
    sealed_files.remove_on_commit(*paths)
    return len(paths)


def forget_requests(person: DisabledPerson) -> int:
    """The requests stay, as proof that they were answered, without words and without a person."""
    rows = PersonRequest.objects.filter(person=person)
    pks = list(rows.values_list("pk", flat=True))
    forget_history([(PersonRequest, pks)])
    return rows.update(content="", answer="", person=None)


def forget_household(person: DisabledPerson, traces: Traces) -> int:
    """The household goes with its last disabled person; of one that stays, a remark that names the person."""
    household = person.household
    if household is None:
        return 0
    rows = Household.objects.filter(pk=household.pk)
    records = ChangeRecord.objects.filter(label=Household._meta.label_lower, object_id=household.pk)
    if DisabledPerson.objects.filter(household=household).exclude(pk=person.pk).exists():
        named = [each.pk for each in records if traces.is_in(str(each.changes))]
        records.filter(pk__in=named).delete()
        return rows.update(remark="") if traces.is_in(household.remark) else 0
    records.delete()
    DisabledPerson.objects.filter(pk=person.pk).update(household=None)
    return rows.delete()[0]
