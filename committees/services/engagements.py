"""Engaging committee members and tutors, correcting what was agreed, and ending it."""

import datetime

from django.db import transaction
from django.utils import timezone

from committees.models import Appointment
from committees.services.contracts import check_contract_days, refuse_longer
from federation.shared.history import create_versioned, save_versioned
from orgs.models import BodyKind, Identity, PlaceKind, Post, Tenure, Worker
from orgs.services import TenureRefused, change_tenure, end_tenure, find_or_record_worker, record_tenure

MEMBER_IDENTITIES = (Identity.DISABLED, Identity.RELATIVE)
NOT_A_MEMBER = "专职委员应是残疾人或残疾人亲友，此人登记的身份是其他。请核对身份。"
ENDING_WORDS = dict(Appointment.Ending.choices)
GROUND_WORDS = dict(Appointment.Ground.choices)


def role_for(organisation, post: str) -> str:
    """The role of an engagement, by the post and the kind of body."""
    if post == Post.SUNSHINE_TUTOR:
        return Appointment.Role.SUNSHINE_TUTOR
    if organisation.body_kind != BodyKind.VILLAGE_ASSOCIATION:
        return Appointment.Role.TOWNSHIP_MEMBER
    in_community = organisation.place_kind in (PlaceKind.COMMUNITY, PlaceKind.VIRTUAL)
    return Appointment.Role.COMMUNITY_MEMBER if in_community else Appointment.Role.VILLAGE_MEMBER


def engage_member(*, worker: Worker, id_number: str, tenure: Tenure, appointment: Appointment, by) -> Tenure:
    """Record person, post and contract together. Raises WorkerRefused, TenureRefused; then nothing is stored."""
    identity = {name: getattr(worker, name) for name in ("identity", "relative_name", "relation")}
    with transaction.atomic():
        known = find_or_record_worker(worker=worker, id_number=id_number, by=by)
        _check_identity(known, identity, by)
        tenure.worker = known
        record_tenure(tenure=tenure, by=by)
        appointment.tenure = tenure
        appointment.organisation = tenure.organisation
        appointment.role = role_for(tenure.organisation, tenure.post)
        check_contract_days(appointment)
        create_versioned(appointment, by=by)
    return tenure


def _check_identity(worker: Worker, given: dict, by):
    """Members are disabled or relatives; a person on file without an identity gets the one given now."""
    if worker.identity in MEMBER_IDENTITIES:
        return
    if worker.identity == Identity.NEITHER or given["identity"] not in MEMBER_IDENTITIES:
        raise TenureRefused({"identity": NOT_A_MEMBER})
    for name, value in given.items():
        setattr(worker, name, value)
    save_versioned(worker, by=by)


def change_engagement(*, tenure: Tenure, appointment: Appointment, by, expected_version: int):
    """Save corrected days and contract. Raises TenureRefused, VersionConflict."""
    with transaction.atomic():
        stored = Appointment.objects.select_related("tenure").get(pk=appointment.pk)
        refuse_longer(stored, appointment.contract_to)
        change_tenure(tenure=tenure, by=by, expected_version=tenure.version)
        check_contract_days(appointment)
        return save_versioned(appointment, by=by, expected_version=expected_version)


def end_engagement(
    *, tenure: Tenure, on: datetime.date, ending: str, reason: str, by, expected_version: int, ground: str = ""
):
    """End a member's tenure with its reason; `on` is the last day in post. Raises TenureRefused, VersionConflict.

    `ground`: why somebody is dismissed.
    """
    with transaction.atomic():
        appointment = Appointment.objects.select_for_update().get(tenure=tenure)
        words = "。".join(filter(None, [ENDING_WORDS[ending], GROUND_WORDS.get(ground, ""), reason.strip("。")]))
        end_tenure(tenure=tenure, on=on, by=by, reason=words, expected_version=expected_version)
        appointment.ending, appointment.ending_ground = ending, ground
        save_versioned(appointment, by=by, reason=words)


def days_left(day: datetime.date | None) -> int | None:
    """Days from today until `day`; negative where it has passed."""
    return (day - timezone.localdate()).days if day else None
