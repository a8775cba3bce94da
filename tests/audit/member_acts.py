"""Acts about posts: a second one permitted or not, a contract renewed."""

import datetime

from assessments import appraisals
from committees import services
from committees.models import Appointment
from committees.services import handovers
from federation.shared.scans import Scan
from orgs import services as bodies
from orgs.models import SecondPostPermit, Tenure, Worker
from orgs.worker_photos import keep_photo
from tests.audit.appraisal_acts import scored

DAY = datetime.date(2026, 1, 1)
LAST = datetime.date(2026, 12, 31)


def permitted(s) -> SecondPostPermit:
    s.begins()
    permit = SecondPostPermit(organisation=s.world.village_second, worker=s.worker, reason="备注甲")
    return bodies.permit_second_post(permit=permit, by=s.world.administrator)


def taken_back(s):
    permit = permitted(s)
    s.begins()
    bodies.withdraw_permit(permit=permit, by=s.world.administrator)


def renewed(s):
    tenure = Tenure.objects.get(worker=s.worker)
    appointment = Appointment.objects.create(
        tenure=tenure, organisation=tenure.organisation, role="village_member", contract_from=DAY, contract_to=LAST
    )
    s.begins()
    services.renew_contract(
        appointment=appointment, contract_from=datetime.date(2027, 1, 1), contract_to=datetime.date(2027, 12, 31),
        document_number="会残发〔2026〕9 号", by=s.world.clerk, expected_version=1,
    )  # fmt: skip


def barred(s) -> Appointment:
    """Somebody whose last published band is the lowest."""
    result = scored(s)
    appraisals.give_band(
        result=result, band="不称职", reason="全年表现", by=s.world.leader, expected_version=result.version
    )
    appraisals.publish_appraisal(appraisal=result.appraisal, by=s.world.leader)
    Appointment.objects.filter(pk=result.appointment_id).update(contract_from=DAY, contract_to=LAST)
    return Appointment.objects.get(pk=result.appointment_id)


def renewal_permitted(s):
    member = barred(s)
    s.begins()
    (permit,) = services.permit_renewal(
        appointment=member, reason="备注甲", document_number="", by=s.world.administrator
    )
    return permit


def renewal_permit_used(s):
    permit = renewal_permitted(s)
    s.begins()
    services.renew_contract(
        appointment=permit.appointment, contract_from=datetime.date(2027, 1, 1),
        contract_to=datetime.date(2027, 12, 31), document_number="", by=s.world.clerk, expected_version=1,
    )  # fmt: skip


def renewal_permit_withdrawn(s):
    permit = renewal_permitted(s)
    s.begins()
    services.withdraw_renewal_permit(permit=permit, by=s.world.administrator)


def handed_over(s):
    left = Tenure.objects.get(worker=s.worker)
    Tenure.objects.filter(pk=left.pk).update(ended_on=DAY)
    successor = Worker.objects.create(name="乙某", identity="disabled")
    Tenure.objects.create(
        organisation=left.organisation, worker=successor, post=left.post, started_on=datetime.date(2026, 1, 2)
    )
    s.save(s.person, s.world.clerk, member_in_charge=s.worker)
    s.begins()
    handovers.hand_over(
        tenure=left, successor=successor, chosen=["persons_in_charge"], remark="备注甲", by=s.world.clerk
    )


def photo_changed(s):
    s.begins()
    worker = Worker.objects.get(pk=s.worker.pk)
    scan = Scan("image/jpeg", b"picture")
    keep_photo(worker=worker, scan=scan, by=s.world.clerk, expected_version=worker.version)


MEMBER_ACTS = {
    "orgs.worker.photo_changed": photo_changed,
    "committees.handover.done": handed_over,
    "orgs.second_post.permitted": permitted,
    "orgs.second_post.withdrawn": taken_back,
    "committees.contract.renewed": renewed,
    "committees.renewal.permitted": renewal_permitted,
    "committees.renewal.permit_used": renewal_permit_used,
    "committees.renewal.permit_withdrawn": renewal_permit_withdrawn,
}
