"""Erasing a person: everything that tells who it was goes, what was counted and what was paid stays.

What stays: figures of approved summaries (they are frozen), the audit log (it holds keyed hashes of values), and
rows of registered holders, such as money paid, with the name replaced. An `Erasure` row says that somebody was
erased without saying who; with it a restored backup erases again (`erase_again`).
"""

from collections.abc import Callable
from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.db import connection, models, transaction

from federation.shared import audit
from ledgers import erasure_list, name_index
from ledgers import erasure_traces as traces_of
from ledgers.households import lock_household, refresh_household
from ledgers.models import DisabledPerson, Erasure, PersonRequest, Transfer
from ledgers.models.dictionaries import Dibao, TransferState

PERMISSION = "persons.erase"
# What stands where a name stood in rows that the law keeps.
REPLACED = "（已删除）"


@dataclass(frozen=True)
class Holder:
    """A model whose rows outlive the person, money above all; `replace_name(person, word)` gives their number."""

    model: type[models.Model]
    replace_name: Callable[[DisabledPerson, str], int]


_holders: dict[str, Holder] = {}


def register_holder(model: type[models.Model], replace_name: Callable[[DisabledPerson, str], int]):
    """Rows of `model` are kept when a person is erased; `replace_name` takes the name (and the key) out of them."""
    _holders[model._meta.label_lower] = Holder(model, replace_name)


def why_not(person: DisabledPerson) -> str:
    """The sentence that refuses an erasure on request: the law or work under way keeps the file. "" where it may go."""
    if Transfer.objects.filter(person=person, state=TransferState.REQUESTED).exists():
        return "这个人正在办理转移，请先办完或撤回转移，再办删除。"
    if not person.is_current:
        return ""
    held = [
        words
        for is_held, words in (
            (person.has_living_subsidy, "困难残疾人生活补贴"),
            (person.has_care_subsidy, "重度残疾人护理补贴"),
            (person.is_extreme_poverty_support, "特困供养"),
            (person.dibao not in ("", Dibao.NONE), "低保"),
        )
        if is_held
    ]
    if held:
        return (
            f"这个人在册并正在享受{'、'.join(held)}，发放期间依法须保存登记内容（个人信息保护法第十三条第三项、"
            "第四十七条），现在不能删除。请向请求人说明；停发后可以再提出。"
        )
    return ""


def erase_person(*, person: DisabledPerson, by, reason: str, on_request: PersonRequest | None = None) -> Erasure:
    """Remove a person's data from every table and from the uploaded files, in one transaction.

    `reason` is one of Erasure.Reason; the caller has asked for scope and permission. Raises ValidationError where a
    request may not be granted, DoesNotExist where the file is gone.
    """
    with transaction.atomic():
        _overwrite_what_is_deleted()
        home = DisabledPerson.objects.filter(pk=person.pk).values_list("household_id", flat=True).first()
        lock_household(home)
        stored = DisabledPerson.objects.select_for_update(of=("self",)).get(pk=person.pk)
        refusal = why_not(stored) if reason == Erasure.Reason.REQUEST else ""
        if refusal:
            raise ValidationError(refusal)
        organisation = stored.organisation
        merged = traces_of.merged_into(stored)
        removed = _remove(stored, {stored.pk, *merged})
        # Those who lived with the person are one fewer; the household may be gone as well.
        refresh_household(pk=home, by=by)
        name_index.flush(connection)
        erasure = Erasure.objects.create(
            organisation=organisation,
            created_by=by,
            person_hash=erasure_list.hash_of(stored.uid),
            merged_hashes=sorted(erasure_list.hash_of(uid) for uid in merged.values()),
            reason=reason,
            removed=removed,
        )
        audit.record(
            "ledgers.person.erased",
            actor=by,
            target=erasure,
            organisation=organisation,
            details={"reason": reason, "removed": removed, "request": on_request.pk if on_request else None},
        )
        transaction.on_commit(erasure_list.complete_list)
    return erasure


def _remove(person: DisabledPerson, pks: set[int]) -> dict[str, int]:
    """{what: how many}; the order matters, since each step still reads what the next one removes.

    `pks`: the ids of all files that became this one.
    """
    traces = traces_of.Traces.of(person)
    hanging = traces_of.hanging_on(person)
    removed = {
        "imports": traces_of.forget_imports(pks),
        "history": traces_of.forget_history([*hanging, (DisabledPerson, sorted(pks))]),
        "drafts": traces_of.forget_drafts(person, traces),
        "exports": traces_of.forget_exports(traces),
        "requests": traces_of.forget_requests(person),
        "files": traces_of.forget_files(person),
        "households": traces_of.forget_household(person, traces),
        "kept_with_name_replaced": sum(each.replace_name(person, REPLACED) for each in _holders.values()),
    }
    for model, ids in hanging:
        removed[model._meta.model_name] = len(ids)
    DisabledPerson.objects.filter(pk=person.pk).delete()
    removed["disabledperson"] = 1
    return {what: count for what, count in removed.items() if count}


def _overwrite_what_is_deleted():
    """SQLite leaves deleted rows readable in free pages, which a backup copies, unless it is told not to."""
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA secure_delete=ON")


def erase_again(*, by) -> int:
    """Erase who was erased before and came back with a restored backup; gives how many."""
    pks = erasure_list.to_erase()
    for pk in pks:
        erase_person(person=DisabledPerson(pk=pk), by=by, reason=Erasure.Reason.RESTORED)
    return len(pks)
