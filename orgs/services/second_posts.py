"""An administrator notes why somebody may hold a second paid post at once."""

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from federation.shared import audit
from federation.shared.history import create_versioned
from orgs.models import PAID_POSTS, SecondPostPermit, Tenure, Worker

ALREADY_PERMITTED = "此人在这个机构已有准许。请直接办理聘任。"
IN_USE = "已按这个准许办理了聘任，不能取消。请先办理那个岗位的离任；离任后准许作为依据保留。"
NOT_ENGAGED = "此人现在没有受聘岗位，不需要准许。请直接办理聘任。"


class PermitRefused(ValidationError):
    """The permit cannot be given or taken back; the message says why. Nothing was written."""


def permit_second_post(*, permit: SecondPostPermit, by) -> SecondPostPermit:
    """Note why `permit.worker` may also be engaged at `permit.organisation`. Raises PermitRefused."""
    with transaction.atomic():
        Worker.objects.select_for_update().get(pk=permit.worker_id)
        if not Tenure.objects.filter(worker=permit.worker_id, post__in=PAID_POSTS, ended_on=None).exists():
            raise PermitRefused(NOT_ENGAGED)
        try:
            with transaction.atomic():
                return create_versioned(permit, by=by, action="orgs.second_post.permitted")
        except IntegrityError as error:
            raise PermitRefused({"organisation": ALREADY_PERMITTED}) from error


def withdraw_permit(*, permit: SecondPostPermit, by):
    """Take back a permit nobody made use of. Raises PermitRefused."""
    with transaction.atomic():
        Worker.objects.select_for_update().get(pk=permit.worker_id)
        permit = SecondPostPermit.objects.select_for_update().get(pk=permit.pk)
        if permit.tenures.exists():
            raise PermitRefused(IN_USE)
        audit.record(
            "orgs.second_post.withdrawn", actor=by, target=permit,
            before={"worker": permit.worker_id, "organisation": permit.organisation_id, "reason": permit.reason},
        )  # fmt: skip
        permit.delete()
