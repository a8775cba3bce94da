"""Corrections: of the right line, by the right payers, and never left behind when months are freed."""

from datetime import date
from decimal import Decimal

import pytest
from django.db import transaction
from django.urls import reverse

from committees import services
from committees.models import SubsidyLine, SubsidyMonth
from committees.services import BatchRefused
from tests.committees.bank import told
from tests.committees.payments import JULY, approved, batch_of, standard_of
from tests.two_connections import Other, on_postgresql

pytestmark = pytest.mark.django_db


def month(number) -> dict:
    return {"first": date(2026, number, 1), "last": date(2026, number, 1)}


def corrected(world, line, batch, amount, reason="少发"):
    row = services.correct_line(line=line, batch=batch, amount=Decimal(amount), reason=reason, by=world.clerk)
    batch.refresh_from_db()
    return row


def shares(line) -> tuple[Decimal, ...]:
    return line.county_share, line.township_share, line.welfare_share


def returned(world, batch, person):
    """The bank sends back what the batch pays the person; gives the transfer."""
    if not batch.payments.exists():
        services.send_to_bank(batch=batch, by=world.clerk)
    payment = batch.payments.get(worker=person.tenure.worker_id)
    told(payment, "failed", by=world.clerk)
    payment.refresh_from_db()
    return payment


@pytest.fixture
def supplement(world, standard, member, checker):
    """The line that makes up in July for June of somebody registered late."""
    member("village", name="王建国")
    approved(world, batch_of(world), checker)
    late = member("neighbour_village", name="刘晚", since=date(2026, 5, 1))
    july = batch_of(world, **JULY)
    services.supplement(batch=july, appointments=[late.pk], reason="登记晚了", by=world.clerk)
    july.refresh_from_db()
    return approved(world, july, checker).lines.get(kind="supplement")


@pytest.fixture
def again(world, people, checker):
    """What came back of the half-year, paid again by July's batch."""
    batch = approved(world, batch_of(world), checker)
    returned(world, batch, people[0])
    july = batch_of(world, **JULY)
    line = batch.lines.get(appointment=people[0])
    services.pay_again(line=line, batch=july, reason="账号已改正", by=world.clerk)
    july.refresh_from_db()
    return approved(world, july, checker).lines.get(kind="again")


# --- what a line should be ------------------------------------------------------------------------------
def test_a_supplement_is_compared_with_the_months_it_paid(world, supplement, browse):
    assert (supplement.amount, services.difference(supplement)) == (Decimal("200.00"), Decimal("0.00"))
    assert "差额" in browse("clerk").get("subsidy-line-correct", supplement.pk).content.decode()
    tenure = supplement.appointment.tenure
    tenure.started_on = date(2026, 6, 1)
    tenure.save()
    assert services.difference(supplement) == Decimal("-100.00")
    # Months before it that nobody has paid are a further supplement's.
    tenure.started_on = date(2026, 1, 1)
    tenure.save()
    assert services.difference(supplement) == Decimal("0.00")
    row = corrected(world, supplement, batch_of(world, **month(8)), "-100", "五月没有到岗")
    assert (row.corrects, services.difference(supplement)) == (supplement, Decimal("100.00"))


def test_a_supplement_without_months_has_a_page_too(world, standard, member, checker, browse):
    member("village")
    approved(world, batch_of(world), checker)
    late = member("neighbour_village")
    july = batch_of(world, **JULY)
    services.supplement(batch=july, appointments=[late.pk], reason="登记晚了", by=world.clerk)
    line = july.lines.get(kind="supplement")
    SubsidyMonth.objects.filter(line=line).delete()
    assert services.difference(line) == Decimal("-600.00")
    assert browse("clerk").get("subsidy-line-correct", line.pk).status_code == 200


@pytest.mark.parametrize("kind", ["correction", "again"])
def test_a_line_that_points_back_is_corrected_where_it_points_to(world, again, people, checker, browse, kind):
    origin = again.corrects
    line, august = again, batch_of(world, **month(8))
    if kind == "correction":
        line = corrected(world, origin, august, "60")
        approved(world, august, checker)
    latest = august if kind == "again" else batch_of(world, **month(9))
    with pytest.raises(BatchRefused, match=f"请打开“{origin.batch}”里王建国的那一行办更正"):
        corrected(world, line, latest, "10")
    clerk = browse("clerk")
    page = clerk.get("subsidy-line-correct", line.pk).content.decode()
    assert "不能再更正" in page and "按今天的任职和标准算" not in page
    sent = clerk.post("subsidy-line-correct", line.pk, batch=latest.pk, amount="10", reason="少发")
    assert sent.status_code < 500 and "不能再更正" in sent.content.decode()
    link = reverse("subsidy-line-correct", args=[line.pk])
    assert link not in clerk.get("subsidy-line-detail", line.pk).content.decode()
    assert not line.corrections.exists()


def test_what_was_paid_again_is_corrected_at_its_origin(world, again, people, checker):
    origin = SubsidyLine.objects.get(pk=again.corrects_id)
    assert (origin.outcome, services.difference(origin)) == ("failed", Decimal("0.00"))
    assert services.difference(again) == Decimal("0.00")
    tenure = people[0].tenure
    tenure.started_on = date(2026, 2, 1)
    tenure.save()
    assert services.difference(origin) == Decimal("-100.00")
    august = batch_of(world, **month(8))
    row = corrected(world, origin, august, "-100", "二月才到岗")
    assert (row.corrects, services.difference(origin)) == (origin, Decimal("0.00"))
    approved(world, august, checker)


# --- months are freed -----------------------------------------------------------------------------------
@pytest.fixture
def spring(world, people, checker):
    """January to March, corrected by 60 yuan in April; then the bank sends January to March back."""
    batch = approved(world, batch_of(world, last=date(2026, 3, 1)), checker)
    april = batch_of(world, **month(4))
    corrected(world, batch.lines.get(appointment=people[0]), april, "60")
    approved(world, april, checker)
    returned(world, batch, people[0])
    told(batch.payments.get(worker=people[1].tenure.worker_id), by=world.clerk)
    batch.refresh_from_db()
    return batch


def given_up(world, batch):
    services.give_up(payment=batch.payments.get(outcome="failed"), reason="改发现金", by=world.clerk)


def test_a_line_is_given_up_once_its_corrections_come_to_nothing(world, spring, people, checker):
    line = spring.lines.get(appointment=people[0])
    with pytest.raises(BatchRefused, match=r"合计 60\.00 元.*请先对那一行办一笔相反的更正（-60\.00 元）"):
        given_up(world, spring)
    assert SubsidyMonth.objects.standing().filter(line=line).count() == 3
    may = batch_of(world, **month(5))
    corrected(world, line, may, "-60", "以后补发")
    # It may still be taken out again.
    with pytest.raises(BatchRefused, match=f"“{may}”里还有对此人这笔钱的更正，没有审批"):
        given_up(world, spring)
    approved(world, may, checker)
    given_up(world, spring)
    june = batch_of(world, **month(6))
    services.supplement(batch=june, appointments=[people[0].pk], reason="账号已改正", by=world.clerk)
    june.refresh_from_db()
    approved(world, june, checker)
    standing = SubsidyLine.objects.filter(appointment=people[0]).exclude(outcome="given_up")
    # Six months at 100 yuan.
    assert sum(each.amount for each in standing) == Decimal("600.00")
    with pytest.raises(BatchRefused, match="已登记为不再发"):
        corrected(world, line, batch_of(world, **JULY), "10")


def test_the_page_says_why_a_corrected_line_is_not_given_up(world, spring, browse):
    payment = spring.payments.get(outcome="failed")
    page = browse("clerk").post("subsidy-payment-give-up", payment.pk, reason="改发现金")
    assert "办一笔相反的更正（-60.00 元）" in page.content.decode()
    payment.refresh_from_db()
    assert payment.outcome == "failed"


def test_what_was_paid_again_is_not_given_up_while_its_origin_is_corrected(world, again, people, checker):
    august = batch_of(world, **month(8))
    corrected(world, again.corrects, august, "60")
    approved(world, august, checker)
    payment = returned(world, again.batch, people[0])
    with pytest.raises(BatchRefused, match="办一笔相反的更正（-60.00 元）"):
        services.give_up(payment=payment, reason="改发现金", by=world.clerk)


@on_postgresql
@pytest.mark.django_db(transaction=True)
def test_a_correction_and_giving_up_cannot_cross(world, people, checker):
    batch = approved(world, batch_of(world), checker)
    payment = returned(world, batch, people[0])
    line = batch.lines.select_related("batch", "organisation", "appointment", "worker").get(appointment=people[0])
    july = batch_of(world, **JULY)
    with transaction.atomic():
        services.give_up(payment=payment, reason="改发现金", by=world.clerk)
        other = Other(lambda: corrected(world, line, july, "10"))
        other.start()
        assert other.waits_or_is_done() == "waits"
    with pytest.raises(BatchRefused, match="已登记为不再发"):
        other.ended()


@on_postgresql
@pytest.mark.django_db(transaction=True)
def test_what_is_paid_again_is_not_given_up_while_its_origin_is_being_corrected(world, again, people):
    payment = returned(world, again.batch, people[0])
    august = batch_of(world, **month(8))
    with transaction.atomic():
        corrected(world, again.corrects, august, "10")
        other = Other(lambda: services.give_up(payment=payment, reason="改发现金", by=world.clerk))
        other.start()
        assert other.waits_or_is_done() == "waits"
    with pytest.raises(BatchRefused, match="的更正，没有审批"):
        other.ended()


# --- who pays a correction ------------------------------------------------------------------------------
def test_what_was_deducted_wholly_comes_back_from_those_who_would_have_paid(world, member, checker):
    services.record_standard(
        standard=standard_of(world, county_share=Decimal("0"), township_share=Decimal("100")), by=world.clerk
    )
    member("village")
    member("neighbour_village")
    batch = batch_of(world)
    line = batch.lines.first()
    services.deduct(line=line, amount=Decimal("600"), reason="误扣", by=world.clerk)
    batch.refresh_from_db()
    approved(world, batch, checker)
    line.refresh_from_db()
    row = corrected(world, line, batch_of(world, **JULY), "600", "扣减有误")
    assert shares(row) == (Decimal("0.00"), Decimal("600.00"), Decimal("0.00"))


@pytest.fixture
def promoted(world, member, checker):
    """A paid half-year at 100 yuan of the county; by today's role the township pays 50 a month more."""
    services.record_standard(standard=standard_of(world), by=world.clerk)
    halves = {"county_share": Decimal("100"), "township_share": Decimal("50"), "role": "community_member"}
    services.record_standard(standard=standard_of(world, amount="150.00", **halves), by=world.clerk)
    appointment = member("village")
    batch = batch_of(world)
    services.deduct(line=batch.lines.get(), amount=Decimal("30"), reason="请假", by=world.clerk)
    batch.refresh_from_db()
    line = approved(world, batch, checker).lines.get()
    appointment.role = "community_member"
    appointment.save()
    return SubsidyLine.objects.get(pk=line.pk)


def test_the_whole_difference_is_paid_by_whom_it_falls_to(world, promoted, checker):
    july = batch_of(world, **JULY)
    row = corrected(world, promoted, july, services.difference(promoted), "岗位登记有误")
    assert shares(row) == (Decimal("0.00"), Decimal("300.00"), Decimal("0.00"))
    approved(world, july, checker)
    # And taken back from whom it came, not in the proportion of the line.
    row = corrected(world, promoted, batch_of(world, **month(8)), "-300", "岗位没有错")
    assert shares(row) == (Decimal("0.00"), Decimal("-300.00"), Decimal("0.00"))


def test_a_correction_by_another_amount_is_divided_as_the_line_was(world, promoted):
    row = corrected(world, promoted, batch_of(world, **JULY), "10", "商定")
    assert shares(row) == (Decimal("10.00"), Decimal("0.00"), Decimal("0.00"))


# --- made up for twice ----------------------------------------------------------------------------------
def test_a_second_supplement_of_a_person_in_one_batch_is_refused_by_name(world, standard, member, checker, browse):
    member("village")
    approved(world, batch_of(world), checker)
    late = member("neighbour_village", name="刘晚", since=date(2026, 4, 1))
    july = batch_of(world, **JULY)
    services.supplement(batch=july, appointments=[late.pk], reason="登记晚了", by=world.clerk)
    late.tenure.started_on = date(2026, 1, 1)
    late.tenure.save()
    words = "这个批次里已经有刘晚的补发。请先删除那一行，再把漏发的月份一起补发。"
    with pytest.raises(BatchRefused, match=words):
        services.supplement(batch=july, appointments=[late.pk], reason="又漏了", by=world.clerk)
    sent = browse("clerk").post("subsidy-batch-supplement", july.pk, people=[late.pk], reason="又漏了")
    assert words in sent.content.decode()
    services.remove_line(line=july.lines.get(kind="supplement"), by=world.clerk)
    services.supplement(batch=july, appointments=[late.pk], reason="登记晚了", by=world.clerk)
    assert july.lines.get(kind="supplement").amount == Decimal("600.00")
