"""A member goes on to another body: one engagement ends, the next begins on the day after, in one step."""

import datetime

from django.db import transaction

from committees.models import Appointment
from committees.services.contracts import check_contract_days
from committees.services.engagements import end_engagement, role_for
from federation.shared.history import create_versioned
from federation.shared.templatetags.ui import cn_date
from orgs.models import BodyKind, Level, Organisation, Tenure
from orgs.services import TenureRefused, record_tenure

SAME_BODY = "此人现在就在这个机构。要延长聘期，请用“续聘”。"
NO_SUCH_POST = "{label}没有专职委员岗位，只有乡镇（街道）残联和村（社区）残协有。请另选机构。"
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
        before = Appointment.objects.get(tenure=tenure)
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
    return after


def _as_of_this_form(refusal: TenureRefused) -> TenureRefused:
    """What is wrong with the new tenure, beside the boxes of this form."""
    boxes = {"started_on": "first_day", "post": "organisation"}
    return TenureRefused({boxes.get(name, name): texts for name, texts in refusal.message_dict.items()})
