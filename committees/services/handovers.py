"""Handing over to a successor: what other apps registered, all in one transaction or nothing."""

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from committees.models import Handover
from federation.shared import audit
from federation.shared.handover import Duty, duties
from federation.shared.history import create_versioned
from orgs.models import Tenure

STILL_THERE = "此人还在任，没有办理离任，不能移交。请先办理离任或调任。"
NOT_IN_POST = "接手人现在不在任。请先聘任接替的人，再来移交。"
NOTHING = "没有要移交的内容。请勾选要移交的项目。"


class HandoverRefused(ValidationError):
    """Nothing can be handed over like this; the message says why. Nothing was moved."""


def open_duties(tenure: Tenure, by) -> list[tuple[Duty, int]]:
    """(duty, how much is still in the name of who left), as far as `by` may move it."""
    return [(duty, duty.count(tenure.worker, tenure.organisation, by)) for duty in duties()]


def hand_over(*, tenure: Tenure, successor, chosen: list[str], remark: str, by) -> Handover:
    """Move the `chosen` duties to `successor`, and keep what was moved. Raises HandoverRefused."""
    with transaction.atomic():
        # Two who press at once do so one after the other: the second finds what is left.
        tenure = (
            Tenure.objects.select_for_update(of=("self",)).select_related("worker", "organisation").get(pk=tenure.pk)
        )
        if tenure.ended_on is None:
            raise HandoverRefused(STILL_THERE)
        if not Tenure.objects.filter(worker=successor).in_post_on(timezone.localdate()).exists():
            raise HandoverRefused({"successor": NOT_IN_POST})
        if successor.pk == tenure.worker_id:
            raise HandoverRefused({"successor": "接手人就是离任的人。请另选一位。"})
        moved = {}
        for duty in duties():
            if duty.name in chosen:
                moved[duty.name] = duty.hand_over(tenure.worker, successor, tenure.organisation, by)
        if not any(moved.values()):
            raise HandoverRefused({"chosen": NOTHING})
        row = Handover(tenure=tenure, organisation=tenure.organisation, successor=successor, moved=moved, remark=remark)
        create_versioned(row, by=by)
        audit.record(
            "committees.handover.done", actor=by, target=row,
            details={"from": tenure.worker_id, "to": successor.pk, "moved": moved},
        )  # fmt: skip
        return row
