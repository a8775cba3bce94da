"""Deductions outlive what is computed anew, and payers save what was taken off to the cent."""

from datetime import date
from decimal import Decimal

import pytest

from committees import services
from committees.batch_lines import settle
from committees.models import SubsidyLine
from tests.committees.payments import batch_of, computed

pytestmark = pytest.mark.django_db


def serve(appointment, since, until):
    appointment.tenure.started_on, appointment.tenure.ended_on = since, until
    appointment.tenure.save()


def test_a_deduction_is_kept_though_for_a_time_there_was_nothing_to_take_it_from(world, standard, member):
    appointment = member("village")
    batch = batch_of(world)
    services.deduct(line=batch.lines.get(), amount=Decimal("250.00"), reason="请假", by=world.clerk)
    for until, gross, taken in (
        (date(2025, 12, 31), "0.00", "0.00"),
        (date(2025, 12, 31), "0.00", "0.00"),
        (date(2026, 2, 28), "200.00", "200.00"),
        (None, "600.00", "250.00"),
    ):
        serve(appointment, date(2020, 1, 1), until)
        batch = computed(services.recompute_batch(batch=batch, by=world.clerk))
        line = batch.lines.get()
        assert (line.gross_amount, line.deducted_amount) == (Decimal(gross), Decimal(taken))
        assert line.deductions.get().amount == Decimal("250.00")
        assert bool(line.problem) is (until is not None)
    assert line.amount == Decimal("350.00")


@pytest.mark.parametrize(
    ("deducted", "county", "township"),
    [("0.01", "100.00", "99.99"), ("0.03", "99.99", "99.98"), ("226.99", "0.00", "0.00"), ("50.00", "75.00", "75.00")],
)
def test_half_a_cent_saved_goes_up_and_the_rest_to_the_largest_share(deducted, county, township):
    gross = Decimal("200.00")
    line = SubsidyLine(kind="regular", gross_amount=gross, deducted_amount=Decimal(deducted))
    settle(line, (gross / 2, gross / 2, Decimal("0.00")))
    assert (line.county_share, line.township_share) == (Decimal(county), Decimal(township))
    assert line.county_share + line.township_share + line.welfare_share == line.amount
