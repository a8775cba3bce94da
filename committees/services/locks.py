"""What every step of a batch begins with: the batch as stored, locked, in a state in which the step is possible."""

from django.core.exceptions import ValidationError

from committees.models import SubsidyBatch
from orgs.bulk import hold_tree


class BatchRefused(ValidationError):
    """The step is not possible; the message says why and what to do. Nothing was written."""


def locked_in_order(pks: set[int]) -> dict[int, SubsidyBatch]:
    """The tree first, then the batches by their keys: whoever needs several waits for nobody who waits for them."""
    hold_tree()
    rows = SubsidyBatch.objects.select_for_update(of=("self",)).select_related("organisation", "job")
    return {batch.pk: batch for batch in rows.filter(pk__in=pks).order_by("pk")}


def locked(batch: SubsidyBatch, *states, to: str, beside: set[int] = frozenset()) -> SubsidyBatch:
    """The batch as stored, locked until the transaction ends; refuses a state in which `to` is not possible.

    `beside`: further batches that the step will need.
    """
    stored = locked_in_order({batch.pk, *beside}).get(batch.pk)
    if stored is None:
        raise BatchRefused(f"这个批次已被别人删除，不能{to}。")
    if stored.state not in states:
        raise BatchRefused(f"这个批次现在是“{stored.get_state_display()}”，不能{to}。")
    return stored
