from datetime import date
from decimal import Decimal

import pytest

from committees import services
from committees.models import SubsidyLine, SubsidyMonth
from committees.services import BatchRefused
from tests.committees.payments import JULY, approved, batch_of, computed, standard_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def paid(world, standard, member, checker):
    """The line of somebody who was paid the first half of the year: 600 yuan."""
    member("village", name="王建国")
    return approved(world, batch_of(world), checker).lines.get()


@pytest.fixture
def july(world, paid):
    """The batch after it, waiting for its checker."""
    return batch_of(world, **JULY)


# --- deductions -----------------------------------------------------------------------------------------
def test_a_deduction_is_shared_by_the_payers_in_proportion(world, member):
    shares = {"county_share": Decimal("66.66"), "township_share": Decimal("33.34")}
    services.record_standard(standard=standard_of(world, **shares), by=world.clerk)
    member("village")
    batch = batch_of(world)
    line = batch.lines.get()
    services.deduct(line=line, amount=Decimal("50.01"), reason="请假 5 天", by=world.clerk)
    line.refresh_from_db()
    assert (line.gross_amount, line.deducted_amount, line.amount) == (
        Decimal("600.00"),
        Decimal("50.01"),
        Decimal("549.99"),
    )
    # 549.99 × 0.6666 = 366.623… and × 0.3334 = 183.366…
    assert (line.county_share, line.township_share) == (Decimal("366.62"), Decimal("183.37"))
    batch.refresh_from_db()
    assert batch.total_amount == Decimal("549.99") == batch.county_total + batch.township_total


def test_more_than_is_due_cannot_be_taken_off(world, standard, member):
    member("village")
    line = batch_of(world).lines.get()
    services.deduct(line=line, amount=Decimal("500"), reason="请假", by=world.clerk)
    with pytest.raises(BatchRefused) as refused:
        services.deduct(line=line, amount=Decimal("100.01"), reason="请假", by=world.clerk)
    assert refused.value.messages == ["最多还能扣减 100.00 元（应发 600.00 元）。请核对。"]
    services.take_back_deduction(deduction=line.deductions.get(), by=world.clerk)
    line.refresh_from_db()
    assert line.amount == Decimal("600.00")


def test_deductions_outlive_a_new_computation(world, standard, member):
    appointment = member("village")
    batch = batch_of(world)
    services.deduct(line=batch.lines.get(), amount=Decimal("30"), reason="请假", by=world.clerk)
    appointment.tenure.ended_on = date(2026, 3, 31)
    appointment.tenure.save()
    batch = computed(services.recompute_batch(batch=batch, by=world.clerk))
    line = batch.lines.get()
    assert (line.gross_amount, line.deducted_amount, line.amount) == (
        Decimal("300.00"),
        Decimal("30.00"),
        Decimal("270.00"),
    )
    assert line.months.count() == 3 and batch.total_amount == Decimal("270.00")


def test_a_deduction_on_nothing_is_a_problem_of_the_line(world, standard, member, checker):
    appointment = member("village")
    batch = batch_of(world)
    services.deduct(line=batch.lines.get(), amount=Decimal("30"), reason="请假", by=world.clerk)
    appointment.tenure.started_on, appointment.tenure.ended_on = date(2019, 1, 1), date(2019, 12, 31)
    appointment.tenure.save()
    batch = computed(services.recompute_batch(batch=batch, by=world.clerk))
    assert batch.lines.get().problem == "本期没有应发的月份，但登记了扣减。请删去扣减。"
    with pytest.raises(BatchRefused, match="还有 1 行有问题"):
        services.check_batch(batch=batch, by=checker, seen=batch.digest)


# --- corrections ----------------------------------------------------------------------------------------
def test_what_was_too_much_is_taken_back_in_a_later_batch_that_points_back(world, paid, july, checker):
    paid.appointment.tenure.ended_on = date(2026, 4, 30)
    paid.appointment.tenure.save()
    july = computed(services.recompute_batch(batch=july, by=world.clerk))
    assert services.difference(paid) == Decimal("-200.00")
    row = services.correct_line(line=paid, batch=july, amount=Decimal("-200"), reason="四月底离任", by=world.clerk)
    assert (row.kind, row.corrects, row.amount) == ("correction", paid, Decimal("-200.00"))
    july.refresh_from_db()
    with pytest.raises(BatchRefused, match="银行不能付负数"):
        services.check_batch(batch=july, by=checker, seen=july.digest)
    assert services.difference(paid) == Decimal("0.00")


def test_a_correction_is_netted_with_what_the_person_is_due(world, paid, july, checker):
    services.correct_line(line=paid, batch=july, amount=Decimal("-40.50"), reason="多算", by=world.clerk)
    july.refresh_from_db()
    assert july.total_amount == Decimal("59.50")
    approved(world, july, checker)
    assert paid.corrections.get().county_share == Decimal("-40.50")


def test_a_line_is_corrected_once_a_batch_and_never_before_it_is_approved(world, paid, july):
    services.correct_line(line=paid, batch=july, amount=Decimal("10"), reason="少算", by=world.clerk)
    with pytest.raises(BatchRefused, match="已经有对这一行的更正"):
        services.correct_line(line=paid, batch=july, amount=Decimal("10"), reason="少算", by=world.clerk)
    with pytest.raises(BatchRefused, match="还没有审批"):
        services.correct_line(
            line=july.lines.get(kind="regular"), batch=july, amount=Decimal("1"), reason="少算", by=world.clerk
        )


def test_what_the_bank_sent_back_is_paid_once_more(world, paid, july):
    with pytest.raises(BatchRefused, match="只有银行退回的才能重发"):
        services.pay_again(line=paid, batch=july, reason="账号错", by=world.clerk)
    SubsidyLine.objects.filter(pk=paid.pk).update(outcome="failed", outcome_reason="账号不存在")
    row = services.pay_again(line=paid, batch=july, reason="账号已改正", by=world.clerk)
    assert (row.kind, row.amount) == ("again", Decimal("600.00"))
    services.remove_line(line=row, by=world.clerk)
    july.refresh_from_db()
    assert july.total_amount == Decimal("100.00")


# --- people forgotten -------------------------------------------------------------------------------------
def test_who_was_registered_late_is_paid_for_the_months_of_closed_batches(world, paid, july, member):
    late = member("village_second", since=date(2026, 2, 1))
    july = computed(services.recompute_batch(batch=july, by=world.clerk))
    assert services.forgotten(july) == {late.pk: [date(2026, month, 1) for month in range(2, 7)]}
    services.supplement(batch=july, appointments=[late.pk], reason="登记晚了", by=world.clerk)
    line = july.lines.get(kind="supplement")
    assert line.amount == Decimal("500.00") and line.months.count() == 5
    july.refresh_from_db()
    assert july.total_amount == Decimal("700.00") and services.forgotten(july) == {}
    assert SubsidyMonth.objects.filter(appointment=late).count() == 6


# --- pages ----------------------------------------------------------------------------------------------
def test_the_page_of_a_paid_line_offers_the_difference(world, paid, july, browse):
    paid.appointment.tenure.ended_on = date(2026, 5, 31)
    paid.appointment.tenure.save()
    page = browse("clerk").get("subsidy-line-correct", paid.pk).content.decode()
    assert "-100.00 元" in page and str(july) in page
    answer = browse("clerk").post("subsidy-line-correct", paid.pk, batch=july.pk, amount="-100", reason="五月底离任")
    assert answer.status_code == 302
    assert july.lines.get(kind="correction").amount == Decimal("-100.00")


def test_a_deduction_is_made_and_taken_back_on_pages(world, paid, july, browse):
    line = july.lines.get()
    assert browse("clerk").post("subsidy-line-deduct", line.pk, amount="20.5", reason="请假").status_code == 302
    page = browse("clerk").get("subsidy-line-detail", line.pk).content.decode()
    assert "扣减：请假" in page and "79.50 元" in page
    deduction = line.deductions.get()
    assert browse("clerk").post("subsidy-deduction-delete", deduction.pk).status_code == 302
    assert not line.deductions.exists()


def test_people_who_were_forgotten_are_offered_and_chosen(world, paid, july, member, browse):
    late = member("village_second", since=date(2026, 5, 1), name="刘晚")
    page = browse("clerk").get("subsidy-batch-supplement", july.pk).content.decode()
    assert "西山村 刘晚：2026 年 5 月、2026 年 6 月，共 2 个月" in page
    answer = browse("clerk").post("subsidy-batch-supplement", july.pk, people=[late.pk], reason="登记晚了")
    assert answer.status_code == 302 and july.lines.filter(kind="supplement").count() == 1
