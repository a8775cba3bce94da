"""A line that keeps its deductions is computed anew as a whole: whose it is, of which body and which role."""

from decimal import Decimal

import pytest

from committees import services
from committees.models import Appointment
from committees.services import BatchRefused
from orgs.models import Tenure, Worker
from tests.committees.payments import batch_of, computed

pytestmark = pytest.mark.django_db


def another_role(world, appointment):
    Appointment.objects.filter(pk=appointment.pk).update(role="community_member")


def another_body(world, appointment):
    there = world.orgs["neighbour_village"]
    Tenure.objects.filter(pk=appointment.tenure_id).update(organisation=there, org_path=there.path)
    Appointment.objects.filter(pk=appointment.pk).update(organisation=there, org_path=there.path)


def another_person(world, appointment):
    Tenure.objects.filter(pk=appointment.tenure_id).update(worker=Worker.objects.create(name="李秀英"))


@pytest.mark.parametrize("corrected", [another_role, another_body, another_person])
def test_what_was_corrected_passes_the_check_once_computed_anew(world, standard, member, checker, corrected):
    appointment = member("village", name="王建国")
    batch = batch_of(world)
    deduction = services.deduct(line=batch.lines.get(), amount=Decimal("30.00"), reason="请假", by=world.clerk)
    corrected(world, appointment)
    batch.refresh_from_db()
    with pytest.raises(BatchRefused, match="重新计算"):
        services.check_batch(batch=batch, by=checker, seen=batch.digest)
    batch = computed(services.recompute_batch(batch=batch, by=world.clerk))
    line, now = batch.lines.get(), Appointment.objects.select_related("tenure").get(pk=appointment.pk)
    assert (line.role, line.organisation_id, line.org_path, line.worker_id) == (
        now.role, now.organisation_id, now.org_path, now.tenure.worker_id,
    )  # fmt: skip
    assert line.amount == Decimal("570.00")
    deduction.refresh_from_db()
    assert (deduction.organisation_id, deduction.org_path) == (line.organisation_id, line.org_path)
    assert deduction.created_by == world.clerk
    services.check_batch(batch=batch, by=checker, seen=batch.digest)
