"""An administrator notes why somebody may be renewed once although something speaks against it."""

from django.core.exceptions import ValidationError
from django.db import transaction

from accounts.models import Assignment
from committees.models import Appointment, PastContract, RenewalPermit
from committees.renewal_bars import bars_against
from federation.shared import audit
from federation.shared.history import create_versioned, save_versioned
from orgs.models import Worker
from orgs.services import TenureRefused

NOTHING_TO_LIFT = "现在没有不予续聘的限制，不需要准许。请直接办理续聘。"
ALREADY_PERMITTED = "已经准许过，还没有办理续聘。要改写原因，请先取消原来的准许。"
IN_USE = "已按这个准许办理了续聘，不能取消；准许作为依据保留。"
HAS_LEFT = "此人已办理离任，不能续聘。"
RENEWED_BY_PERMIT = "按系统管理员的准许续聘"


class RenewalPermitRefused(ValidationError):
    """The permit cannot be given or taken back; the message says why. Nothing was written."""


def standing_permits(appointment: Appointment):
    """Permits of the engagement that nobody made use of yet."""
    return RenewalPermit.objects.filter(appointment=appointment, past_contract__isnull=True)


def bars_not_lifted(appointment: Appointment) -> list:
    lifted = set(standing_permits(appointment).values_list("bar", flat=True))
    return [bar for bar in bars_against(appointment) if bar.key not in lifted]


def whom_to_ask(appointment: Appointment) -> str:
    """The sentence that names who may permit it: those of the nearest body."""
    held = list(
        Assignment.objects.holding(RenewalPermit.edit_permission, appointment.org_path).select_related(
            "organisation", "user"
        )
    )
    if not held:
        return "确需续聘的，请系统管理员写明原因准许。"
    body, role = held[0].organisation.label, held[0].get_role_display()
    names = "、".join(str(each.user) for each in held if each.org_path == held[0].org_path)
    return f"确需续聘的，请{body}的{role}（{names}）写明原因准许。"


def why_not_renewed(appointment: Appointment) -> str:
    """Why it is not renewed now, and whom to ask; "" where it may be."""
    words = "".join(bar.words for bar in bars_not_lifted(appointment))
    return words and words + whom_to_ask(appointment)


def permit_renewal(*, appointment: Appointment, reason: str, document_number: str, by) -> list[RenewalPermit]:
    """Lift, for one renewal, whatever speaks against it today. Raises RenewalPermitRefused."""
    with transaction.atomic():
        stored = _locked(appointment)
        if stored.tenure.ended_on is not None:
            raise RenewalPermitRefused(HAS_LEFT)
        bars = bars_not_lifted(stored)
        if not bars:
            raise RenewalPermitRefused(ALREADY_PERMITTED if bars_against(stored) else NOTHING_TO_LIFT)
        if not reason.strip():
            raise RenewalPermitRefused({"reason": "请写明为什么准许续聘。"})
        rows = [
            RenewalPermit(
                appointment=stored, organisation=stored.organisation, bar=bar.key, bar_words=bar.words[:300],
                reason=reason.strip(), document_number=document_number.strip(),
            )
            for bar in bars
        ]  # fmt: skip
        return [create_versioned(row, by=by, action="committees.renewal.permitted") for row in rows]


def withdraw_renewal_permit(*, permit: RenewalPermit, by):
    """Take back a permit nobody made use of. Raises RenewalPermitRefused."""
    with transaction.atomic():
        _locked(permit.appointment)
        row = RenewalPermit.objects.select_for_update(of=("self",)).get(pk=permit.pk)
        if row.past_contract_id is not None:
            raise RenewalPermitRefused(IN_USE)
        audit.record(
            "committees.renewal.permit_withdrawn", actor=by, target=row, before={"bar": row.bar, "reason": row.reason}
        )
        row.delete()


def permits_used(appointment: Appointment) -> list[RenewalPermit]:
    """The permits by which it may be renewed now, in the transaction of the renewal. Raises TenureRefused."""
    if words := why_not_renewed(appointment):
        raise TenureRefused(words)
    bars = {bar.key for bar in bars_against(appointment)}
    return list(standing_permits(appointment).select_for_update(of=("self",)).filter(bar__in=bars))


def use_permits(permits: list[RenewalPermit], past: PastContract, by):
    for permit in permits:
        permit.past_contract = past
        save_versioned(permit, by=by, action="committees.renewal.permit_used")


def _locked(appointment: Appointment) -> Appointment:
    """In line with whoever renews the same person."""
    stored = Appointment.objects.select_related("tenure", "organisation").get(pk=appointment.pk)
    Worker.objects.select_for_update().get(pk=stored.tenure.worker_id)
    return stored
