"""Two files that are alike and two people's: said once, with a reason, and remembered until it is taken back.

What was said lies beside the files (models.DistinctPair) and is shown to who sees both; the list of duplicates, the
page of a person, the entry of a new one and the merge ask for it.
"""

from collections.abc import Iterable

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import Count, F, Q

from federation.shared import audit
from federation.shared.history import create_versioned
from ledgers.models import DisabledPerson, DistinctPair

WHY = "请写明为什么不是同一个人，例如：同名同日出生，身份证已当面核对。"


def say_distinct(*, person: DisabledPerson, others: Iterable[DisabledPerson], reason: str, by) -> list[DistinctPair]:
    """Keep that `person` is none of `others` (rows that `by` sees); what was said before stays as it was said."""
    reason = reason.strip()
    if not reason:
        raise ValidationError({"reason": WHY})
    made = []
    with transaction.atomic():
        for other in others:
            pair = new_pair(person.pk, other.pk, reason)
            try:
                with transaction.atomic():
                    made.append(create_versioned(pair, by=by, action="ledgers.person.said_distinct"))
            except IntegrityError:
                # Said already, by somebody else a moment ago.
                if not DistinctPair.objects.filter(lower=pair.lower_id, higher=pair.higher_id).exists():
                    raise
    return made


def new_pair(one: int, other: int, reason: str) -> DistinctPair:
    """The unsaved pair of two files, given by their keys."""
    if one == other:
        raise ValidationError("请选择另一份登记表。")
    return DistinctPair(lower_id=min(one, other), higher_id=max(one, other), reason=reason)


def take_back_distinct(*, pair: DistinctPair, by):
    """The two files may be one person's again: they are offered as before."""
    with transaction.atomic():
        stored = DistinctPair.objects.select_for_update(of=("self",)).filter(pk=pair.pk).first()
        if stored is None:
            raise ValidationError("已经取消过了，请刷新页面。")
        audit.record(
            "ledgers.person.distinct_taken_back",
            actor=by,
            target=stored,
            details={"persons": [stored.lower_id, stored.higher_id]},
        )
        stored.delete()


def known_distinct(person: DisabledPerson) -> Q:
    """The condition of the persons of whom it was said that they are not `person`."""
    pairs = DistinctPair.objects.all()
    return Q(pk__in=pairs.filter(lower=person).values("higher")) | Q(pk__in=pairs.filter(higher=person).values("lower"))


def pair_of(one: DisabledPerson, other: DisabledPerson) -> DistinctPair | None:
    lower, higher = sorted((one.pk, other.pk))
    return DistinctPair.objects.filter(lower=lower, higher=higher).first()


def settled_pairs(pairs, columns: tuple[str, ...]) -> dict[tuple, int]:
    """{values of `columns`: number of `pairs`} of the pairs of registered people who have those values in common."""
    alike = {f"lower__{column}": F(f"higher__{column}") for column in columns}
    names = [f"lower__{column}" for column in columns]
    rows = pairs.still_registered().filter(**alike).order_by().values_list(*names).annotate(number=Count("pk"))
    return {tuple(key): number for *key, number in rows}


# --- when two files become one, and two again ---------------------------------------------------------


def carry_over(removed: DisabledPerson, kept: DisabledPerson) -> dict:
    """Whoever is not the person of the file that goes is not that of the file that stays either.

    Gives what an undo needs: the pairs as they were, and the keys of those made in their place.
    """
    pairs = list(DistinctPair.objects.of(removed))
    others = {pair.pk: pair.higher_id if pair.lower_id == removed.pk else pair.lower_id for pair in pairs}
    told = DistinctPair.objects.of(kept).values_list("lower", "higher")
    known = {pk for both in told for pk in both}
    made = []
    for pair in pairs:
        if others[pair.pk] not in known:
            again = new_pair(kept.pk, others[pair.pk], pair.reason)
            again.created_by_id = pair.created_by_id
            again.save(force_insert=True)
            made.append(again.pk)
    DistinctPair.objects.filter(pk__in=others).delete()
    given_up = [[others[pair.pk], pair.reason, pair.created_by_id] for pair in pairs]
    return {"given_up": given_up, "made": made}


def give_back(payload: dict, restored: DisabledPerson):
    """Undo `carry_over`; files that are gone by now are left out."""
    DistinctPair.objects.filter(pk__in=payload["made"]).delete()
    there = set(
        DisabledPerson.objects.filter(pk__in=[row[0] for row in payload["given_up"]]).values_list("pk", flat=True)
    )
    for other, reason, author in payload["given_up"]:
        if other in there:
            pair = new_pair(restored.pk, other, reason)
            pair.created_by_id = author
            pair.save(force_insert=True)
