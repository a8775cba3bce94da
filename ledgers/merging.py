"""Two files of one person become one, field by field as chosen; two again, as long as nothing happened since.

The file that goes is kept whole in PersonMerge.payload, sealed, together with what the other held before and with
the rows that were turned over. Households are locked before persons, persons in the order of their keys.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.utils import timezone

from federation.shared import audit
from federation.shared.change_values import display
from federation.shared.history import create_versioned, recorded_fields, save_versioned
from federation.shared.sealed import BlindIndexField, SealedField
from ledgers import distinct, rules
from ledgers.following import follow_person, keys_to_persons
from ledgers.households import lock_household, refresh_household
from ledgers.models import (
    Attachment,
    DisabledPerson,
    DistinctPair,
    Household,
    PersonDraft,
    PersonMerge,
    Transfer,
)
from ledgers.models.derived import rule_values
from ledgers.paper_form import SEVERAL, parts_in_words

KEPT, REMOVED = "kept", "removed"
# How a file stands and where it lies is not chosen field by field.
NOT_CHOSEN = frozenset({"organisation", "household", "state", "returned_reason", "decided_by"})
NOTHING = "{}"
STALE = "您打开页面以后，其中一份登记表又被改过，请重新打开核对。"


@dataclass(frozen=True)
class Pair:
    """A field in which two files differ: both values in words, and which is chosen beforehand."""

    name: str
    label: str
    kept: str
    removed: str
    chosen: str


def fields_to_choose() -> list[models.Field]:
    return [field for field in recorded_fields(DisabledPerson) if field.name not in NOT_CHOSEN]


def pairs_of(kept: DisabledPerson, removed: DisabledPerson) -> list[Pair]:
    """The fields that differ. What is empty in the file that stays is taken from the other unless chosen otherwise."""
    pairs = []
    for field in fields_to_choose():
        values = [getattr(row, field.attname) for row in (kept, removed)]
        if (values[0] or None) == (values[1] or None):
            continue
        words = [_in_words(field, value) for value in values]
        if words[0] == words[1]:
            # Two numbers may look alike under their masks.
            words = [
                f"{word}（{place}的号码，遮盖后相同）" for word, place in zip(words, ("第一份", "第二份"), strict=True)
            ]
        chosen = REMOVED if values[0] in (None, "") else KEPT
        pairs.append(Pair(field.name, str(field.verbose_name), *words, chosen))
    return pairs


def _in_words(field, value) -> str:
    return parts_in_words(field.name, value) if field.name in SEVERAL and value else display(field, value)


def what_moves(removed: DisabledPerson) -> dict[str, int]:
    """{what: how many} of the rows that go over to the file that stays; drafts are given up."""
    counts = {}
    for model, key in keys_to_persons():
        number = model._base_manager.filter(**{key: removed}).count()
        if number:
            word = str(model._meta.verbose_name)
            counts[word] = counts.get(word, 0) + number
    return counts


def merge_persons(
    *, kept: DisabledPerson, removed: DisabledPerson, choices: Mapping[str, str], reason: str, by
) -> PersonMerge:
    """Make one file of two: `choices` says of each field in which they differ whose value stays.

    Raises ValidationError where either was changed since it was read, is being transferred, or the values chosen
    contradict each other.
    """
    reason = reason.strip()
    if not reason:
        raise ValidationError({"reason": "请写明合并的原因，例如：身份证号录错，重复登记。"})
    with transaction.atomic():
        kept, removed = _locked_pair(kept, removed)
        household = removed.household_id
        payload = {"removed": _values(removed), "demoted": _demote_photo(kept, removed), "moved": [], "drafts": []}
        payload["drafts"] = _give_up_drafts(removed)
        payload["distinct"] = distinct.carry_over(removed, kept)
        payload["moved"] = _turn_over(removed, kept)
        before = _take_over(kept, removed, choices)
        payload["kept"] = {name: _stored(kept._meta.get_field(name), value) for name, value in before.items()}
        removed_pk = removed.pk
        removed.delete()
        save_versioned(kept, by=by, via="system", action="ledgers.person.merged", reason=reason)
        follow_person(kept)
        for pk in sorted({each for each in (household, kept.household_id) if each}):
            refresh_household(pk=pk, by=by)
        kept.refresh_from_db(fields=["version"])
        merge = PersonMerge(person=kept, organisation_id=kept.organisation_id, reason=reason, kept_version=kept.version)
        merge.payload = json.dumps(payload, ensure_ascii=False)
        create_versioned(merge, by=by)
        audit.record(
            "ledgers.person.merged_away", actor=by, target=kept, reason=reason, details={"removed": removed_pk}
        )
    return merge


def _locked_pair(kept, removed) -> tuple[DisabledPerson, DisabledPerson]:
    if kept.pk == removed.pk:
        raise ValidationError("请选择另一份登记表，不能与自己合并。")
    read = {row.pk: row for row in (kept, removed)}
    homes = DisabledPerson.objects.filter(pk__in=read).values_list("household_id", flat=True)
    for pk in sorted({pk for pk in homes if pk}):
        lock_household(pk)
    rows = DisabledPerson.objects.filter(pk__in=read).order_by("pk").select_for_update(of=("self",))
    rows = {row.pk: row for row in rows}
    if any(pk not in rows or rows[pk].version != row.version for pk, row in read.items()):
        raise ValidationError(STALE)
    if Transfer.objects.open().filter(person__in=rows).exists():
        raise ValidationError("其中一份登记表正在办理转移，请先办完或撤回转移，再来合并。")
    if distinct.pair_of(kept, removed):
        raise ValidationError(
            "这两份登记表已被认定不是同一个人。确实是同一个人的，请先在登记表的“重复登记”里取消认定，再来合并。"
        )
    return rows[kept.pk], rows[removed.pk]


def _take_over(kept, removed, choices) -> dict:
    """Set what was chosen of the other file; gives what the kept one held before."""
    known = set(kept.failed_checks.split(",")) | set(removed.failed_checks.split(","))
    before = {}
    for pair in pairs_of(kept, removed):
        if choices.get(pair.name, KEPT) == REMOVED:
            field = kept._meta.get_field(pair.name)
            before[pair.name] = getattr(kept, field.attname)
            setattr(kept, field.attname, getattr(removed, field.attname))
    if kept.household_id is None and removed.household_id and removed.organisation_id == kept.organisation_id:
        before["household"] = None
        kept.household_id = removed.household_id
    for rule, _field, sentence in rules.findings(rule_values(kept)):
        if rule.refused and rule.code not in known:
            raise ValidationError(f"选定的内容前后不一致：{sentence}")
    return before


# --- what hangs on the file that goes ---------------------------------------------------------------


def _demote_photo(kept, removed) -> int | None:
    """A person has one photo: that of the file that goes becomes another scan where both have one."""
    photos = dict(Attachment.objects.filter(person__in=[kept, removed], kind="photo").values_list("person_id", "pk"))
    if len(photos) < 2:
        return None
    Attachment.objects.filter(pk=photos[removed.pk]).update(kind="other")
    return photos[removed.pk]


def _give_up_drafts(removed) -> list[dict]:
    """Drafts of changes to a file that is gone have nowhere to go; an undo brings them back."""
    drafts = list(PersonDraft.objects.filter(person=removed))
    values = [_values(draft) for draft in drafts]
    PersonDraft.objects.filter(pk__in=[draft.pk for draft in drafts]).delete()
    return values


def _turn_over(removed, kept) -> list[list]:
    """[[model, key, pks]] of the rows that pass to the file that stays."""
    moved = []
    for model, key in keys_to_persons():
        if model is DistinctPair:
            # A pair has its order and its uniqueness; see distinct.carry_over.
            continue
        pks = list(model._base_manager.filter(**{key: removed}).values_list("pk", flat=True))
        if pks and model._meta.get_field(key).unique and model._base_manager.filter(**{key: kept}).exists():
            # One a person, and the file that stays has its own: this one goes with the other file.
            continue
        if pks:
            model._base_manager.filter(pk__in=pks).update(**{key: kept})
            moved.append([model._meta.label_lower, key, pks])
    return moved


# --- a row as JSON, and back ------------------------------------------------------------------------


def _values(row) -> dict:
    return {
        field.attname: _stored(field, getattr(row, field.attname))
        for field in row._meta.concrete_fields
        if not isinstance(field, BlindIndexField) and not field.generated
    }


def _stored(field, value):
    if value is None or isinstance(value, (bool, int, str)):
        return value
    if isinstance(field, SealedField):
        # The payload is sealed as a whole, and with the newest key after a rotation.
        return value.open_plain()
    return field.value_to_string(_Holder(field.attname, value))


class _Holder:
    """What `Field.value_to_string` reads a value from."""

    def __init__(self, name, value):
        setattr(self, name, value)


def _opened(field, value):
    if value is None or isinstance(field, (SealedField, models.ForeignKey)):
        return value
    return field.to_python(value)


def _restore(model, values: dict):
    """Insert a row as it was, its key and times included."""
    row = model()
    fields = {field.attname: field for field in model._meta.concrete_fields}
    # The identifier first: sealed values are bound to it.
    for name in sorted(set(values) & set(fields), key=lambda each: each != "uid"):
        setattr(row, name, _opened(fields[name], values[name]))
    row.save(force_insert=True)
    # Both are set by the insert itself.
    times = {name: model._meta.get_field(name).to_python(values[name]) for name in ("created_at", "updated_at")}
    model._base_manager.filter(pk=row.pk).update(**times)
    return row


# --- two again --------------------------------------------------------------------------------------


def why_not_undone(merge: PersonMerge) -> str:
    """The sentence that says why a merge cannot be taken back any more; "" where it can."""
    if merge.undone_at:
        return f"已于 {timezone.localtime(merge.undone_at):%Y-%m-%d %H:%M} 撤销。"
    if PersonMerge.objects.filter(person=merge.person_id, pk__gt=merge.pk, undone_at=None).exists():
        return "以后又合并过别的登记表，请先撤销后面那一次。"
    if (
        DisabledPerson.objects.filter(pk=merge.person_id).values_list("version", flat=True).first()
        != merge.kept_version
    ):
        return "合并以后登记表又被修改过，不能撤销；确实合并错了的，请重新登记另一个人。"
    return ""


def undo_merge(*, merge: PersonMerge, by) -> DisabledPerson:
    """Both files as they were before the merge. Raises ValidationError with the sentence why not."""
    refusal = why_not_undone(merge)
    if refusal:
        raise ValidationError(refusal)
    with transaction.atomic():
        home = DisabledPerson.objects.filter(pk=merge.person_id).values_list("household_id", flat=True).first()
        payload = json.loads(merge.payload.open_plain())
        for pk in sorted({each for each in (home, payload["removed"]["household_id"]) if each}):
            lock_household(pk)
        kept = DisabledPerson.objects.select_for_update(of=("self",)).get(pk=merge.person_id)
        merge = PersonMerge.objects.select_for_update(of=("self",)).get(pk=merge.pk)
        # Asked again, now that nobody else can change the answer.
        refusal = why_not_undone(merge)
        if refusal:
            raise ValidationError(refusal)
        for name, value in payload["kept"].items():
            field = kept._meta.get_field(name)
            setattr(kept, field.attname, _opened(field, value))
        _refuse_a_number_taken(kept, payload)
        save_versioned(kept, by=by, via="system")
        restored = _bring_back(payload)
        for pk in sorted({each for each in (kept.household_id, restored.household_id, home) if each}):
            refresh_household(pk=pk, by=by)
        # Nothing is left to undo, and either of the two may be erased from now on.
        merge.payload = NOTHING
        merge.undone_at = timezone.now()
        save_versioned(merge, by=by, action="ledgers.person.merge_undone")
    return restored


def _refuse_a_number_taken(kept, payload):
    """Either file gets its number back, unless a third has it by now; between the two it is still changing hands."""
    for file, number in (("留下", payload["kept"].get("id_number")), ("被合并", payload["removed"]["id_number"])):
        if number and DisabledPerson.objects.id_number_taken(number, besides=kept.pk):
            raise ValidationError(f"{file}的那份登记表合并以前的身份证号又登记在别处，不能撤销。")


def _bring_back(payload) -> DisabledPerson:
    values = payload["removed"]
    if not Household.objects.filter(pk=values["household_id"]).exists():
        values["household_id"] = None
    restored = _restore(DisabledPerson, values)
    for label, key, pks in payload["moved"]:
        model = next(model for model, name in keys_to_persons() if model._meta.label_lower == label and name == key)
        model._base_manager.filter(pk__in=pks).update(**{key: restored})
    if payload["demoted"]:
        Attachment.objects.filter(pk=payload["demoted"]).update(kind="photo")
    for draft in payload["drafts"]:
        _restore(PersonDraft, draft)
    distinct.give_back(payload.get("distinct", {"made": [], "given_up": []}), restored)
    follow_person(restored)
    return restored
