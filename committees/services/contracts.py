"""Contracts of an appointment: renewed, and never two of one person on the same day."""

import datetime

from django.db import transaction

from committees.models import Appointment, PastContract
from committees.renewal_bars import Bar, bars_against
from committees.services.renewal_permits import RENEWED_BY_PERMIT, permits_used, use_permits, why_not_renewed
from federation.shared.history import create_versioned, save_versioned
from federation.shared.templatetags.ui import cn_date
from orgs.models import Tenure, Worker
from orgs.services import TenureRefused

NOT_IN_POST = "此人已办理离任，不能续聘。要重新聘任，请到空缺岗位办理聘任。"
NO_CONTRACT = "还没有登记现在的聘期。请先在“修改任职和聘任”里补登聘期起止，再续聘。"
FOLLOWS = "续聘要从现在的聘期（{first}至 {last}）结束以后开始，最早 {next}。"
OVERLAPS = "与此人 {first}至{last}的另一段聘期重叠。请核对日期；那一段登记错了的，请先改正。"
BY_RENEWAL = "已经准许续聘的，请用“续聘”办理，不要在这里改聘期。"
_DAY = datetime.timedelta(days=1)


def renew_contract(
    *, appointment: Appointment, contract_from, contract_to, document_number: str, by, expected_version: int
) -> PastContract:
    """Another contract follows the present one, which is kept. Raises TenureRefused, VersionConflict."""
    with transaction.atomic():
        tenure = Tenure.objects.select_related("organisation").get(pk=appointment.tenure_id)
        Worker.objects.select_for_update().get(pk=tenure.worker_id)
        stored = Appointment.objects.select_for_update(of=("self",)).get(pk=appointment.pk)
        if tenure.ended_on is not None:
            raise TenureRefused(NOT_IN_POST)
        if stored.contract_from is None or stored.contract_to is None:
            raise TenureRefused(NO_CONTRACT)
        permits = permits_used(stored)
        if contract_to < contract_from:
            raise TenureRefused({"contract_to": "聘期止早于聘期起。请核对。"})
        if contract_from <= stored.contract_to:
            words = FOLLOWS.format(
                first=cn_date(stored.contract_from),
                last=cn_date(stored.contract_to),
                next=cn_date(stored.contract_to + _DAY),
            )
            raise TenureRefused({"contract_from": words})
        past = PastContract(
            appointment=stored, organisation=tenure.organisation, contract_from=stored.contract_from,
            contract_to=stored.contract_to, document_number=stored.document_number,
        )  # fmt: skip
        stored.contract_from, stored.contract_to = contract_from, contract_to
        stored.document_number = document_number
        check_contract_days(stored)
        create_versioned(past, by=by)
        use_permits(permits, past, by)
        save_versioned(
            stored, by=by, expected_version=expected_version, action="committees.contract.renewed",
            reason=RENEWED_BY_PERMIT if permits else "",
        )  # fmt: skip
        return past


def refuse_longer(stored: Appointment, contract_to: datetime.date | None):
    """Refuse a correction by which the contract of somebody not to be renewed would last longer than agreed.

    A permit lifts it for a renewal only: that keeps the contract before it, and with it what the permit was used for.
    """
    if lasts_longer(stored, contract_to) and (bars := bars_against(stored)):
        raise TenureRefused({"contract_to": why_not_longer(stored, bars)})


def why_not_longer(stored: Appointment, bars: list[Bar]) -> str:
    return why_not_renewed(stored) or "".join(bar.words for bar in bars) + BY_RENEWAL


def lasts_longer(stored: Appointment, contract_to: datetime.date | None) -> bool:
    """Whether a contract until `contract_to` goes on after the stored one; one without an end does."""
    return (contract_to or datetime.date.max) > (stored.contract_to or datetime.date.max)


def check_contract_days(appointment: Appointment):
    """Refuse a contract that shares a day with another of the same person. Raises TenureRefused.

    Ending the post ends its contract. A second paid post held by permit has a contract of its own beside the first.
    """
    days = _days(appointment, appointment.tenure)
    if days is None:
        return
    for other in _other_contracts(appointment):
        if other[0] <= days[1] and days[0] <= other[1]:
            last = "今" if other[1] == datetime.date.max else f" {cn_date(other[1])}"
            raise TenureRefused({"contract_from": OVERLAPS.format(first=cn_date(other[0]), last=last)})


def _days(contract, tenure) -> tuple[datetime.date, datetime.date] | None:
    """(first, last day) on which the contract counted; None where no day is known or none is left."""
    if contract.contract_from is None:
        return None
    last = min(contract.contract_to or datetime.date.max, tenure.ended_on or datetime.date.max)
    return (contract.contract_from, last) if contract.contract_from <= last else None


def _other_contracts(appointment: Appointment):
    """The days of the person's other contracts, wherever; not those beside which this one is permitted."""
    tenure = appointment.tenure
    # Asked over all bodies on purpose: the answer says only the days.
    others = Appointment.objects.filter(tenure__worker=tenure.worker_id).exclude(pk=appointment.pk)
    others = others.select_related("tenure")
    if tenure.permit_id is not None:
        others = others.none()
    found = [_days(each, each.tenure) for each in others if each.tenure.permit_id is None]
    past = PastContract.objects.filter(appointment__tenure__worker=tenure.worker_id)
    for each in past.select_related("appointment__tenure"):
        of_same = each.appointment_id == appointment.pk
        if of_same or (tenure.permit_id is None and each.appointment.tenure.permit_id is None):
            found.append(_days(each, each.appointment.tenure))
    return [days for days in found if days is not None]
