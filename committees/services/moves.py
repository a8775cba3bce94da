"""A member goes on to another body: one engagement ends, the next begins on the day after, in one step."""

import datetime

from django.db import transaction

from committees.models import Appointment, PastContract, RenewalPermit
from committees.services.contracts import NO_CONTRACT, check_contract_days, lasts_longer
from committees.services.engagements import end_engagement, role_for
from committees.services.renewal_permits import permits_used, use_permits
from federation.shared.history import create_versioned
from federation.shared.templatetags.ui import cn_date
from orgs.models import BodyKind, Level, Organisation, Tenure, Worker
from orgs.services import TenureRefused, record_tenure

SAME_BODY = "此人现在就在这个机构。要延长聘期，请用“续聘”。"
NO_SUCH_POST = "{label}没有专职委员岗位，只有乡镇（街道）残联和村（社区）残协有。请另选机构。"
AS_AGREED = "调任可以办理，但新聘期止要填写，不能晚于现在的聘期止（{}）。"
_DAY = datetime.timedelta(days=1)
# The certificate goes with the person.
_KEPT = ("certificate_number", "certificate_issued_on", "certificate_expires_on")


def kind_of_move(tenure: Tenure, target: Organisation) -> str:
    """Promoted where the new body stands on a higher level, moved otherwise."""
    higher = target.level < tenure.organisation.level
    return Appointment.Ending.PROMOTED if higher else Appointment.Ending.MOVED


def move_member(
    *, tenure: Tenure, target: Organisation, first_day: datetime.date, appointment: Appointment, reason: str, by,
    expected_version: int,
) -> Tenure:  # fmt: skip
    """End `tenure` on the day before `first_day` and begin another at `target` with the contract of `appointment`.

    Raises TenureRefused, VersionConflict; then nothing is stored.
    """
    if target.pk == tenure.organisation_id:
        raise TenureRefused({"organisation": SAME_BODY})
    if target.body_kind == BodyKind.SPECIALISED_ASSOCIATION or target.level not in (Level.TOWNSHIP, Level.VILLAGE):
        raise TenureRefused({"organisation": NO_SUCH_POST.format(label=target.label)})
    if first_day <= tenure.started_on:
        raise TenureRefused({"first_day": f"早于或等于现在的任职日期（{cn_date(tenure.started_on)}）。请核对。"})
    with transaction.atomic():
        before = Appointment.objects.select_related("tenure__organisation").get(tenure=tenure)
        permits = _permits_for(before, target, appointment)
        end_engagement(
            tenure=tenure, on=first_day - _DAY, ending=kind_of_move(tenure, target),
            reason=f"到{target.label}。{reason}", by=by, expected_version=expected_version,
        )  # fmt: skip
        after = Tenure(worker=tenure.worker, organisation=target, post=tenure.post, started_on=first_day)
        try:
            record_tenure(tenure=after, by=by)
        except TenureRefused as refusal:
            raise _as_of_this_form(refusal) from refusal
        for name in _KEPT:
            setattr(appointment, name, getattr(before, name))
        appointment.employment = appointment.employment or before.employment
        appointment.tenure, appointment.organisation = after, target
        appointment.role = role_for(target, after.post)
        check_contract_days(appointment)
        create_versioned(appointment, by=by)
        if permits:
            _use_up(permits, before, by)
    return after


def _permits_for(before: Appointment, target: Organisation, after: Appointment) -> list[RenewalPermit]:
    """The permits such a move takes: to be promoted, or to serve longer than agreed, is a renewal by another name.

    Raises TenureRefused.
    """
    if kind_of_move(before.tenure, target) == Appointment.Ending.PROMOTED:
        box, way_out = "organisation", ""
    elif lasts_longer(before, after.contract_to):
        box, way_out = "contract_to", AS_AGREED.format(cn_date(before.contract_to))
    else:
        return []
    # In line with whoever permits it, takes the permit back or renews.
    Worker.objects.select_for_update().get(pk=before.tenure.worker_id)
    try:
        permits = permits_used(before)
    except TenureRefused as refusal:
        raise TenureRefused({box: "".join(refusal.messages) + way_out}) from refusal
    if permits and not (before.contract_from and before.contract_to):
        # A permit is used for the contract that ends.
        raise TenureRefused({box: NO_CONTRACT})
    return permits


def _use_up(permits: list[RenewalPermit], before: Appointment, by):
    """The contract that ended with the move is what the permits were used for."""
    past = PastContract(
        appointment=before, organisation=before.organisation, contract_from=before.contract_from,
        contract_to=before.contract_to, document_number=before.document_number,
    )  # fmt: skip
    create_versioned(past, by=by)
    use_permits(permits, past, by)


def _as_of_this_form(refusal: TenureRefused) -> TenureRefused:
    """What is wrong with the new tenure, beside the boxes of this form."""
    boxes = {"started_on": "first_day", "post": "organisation"}
    return TenureRefused({boxes.get(name, name): texts for name, texts in refusal.message_dict.items()})
