"""The scoring kinds, pure: targets, thresholds, empty rules, rounding."""

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assessments import scoring
from assessments.standards import Item
from federation.shared.metrics import Figure

ITEM = Item(
    code="X1", name="例", section="1", points=Decimal(6), scoring="proportional", metric="orgs.plaques_in_place"
)
VACANT = replace(
    ITEM, scoring="deduct", points=Decimal(8), deductions=((Decimal(30), Decimal(2)), (Decimal(90), Decimal(2)))
)


def points(item, figure) -> str:
    return str(scoring.round_points(scoring.score(item, figure).points))


def test_a_third_of_a_cent_goes_down_and_half_a_cent_goes_up():
    # 6 × 1 ÷ 800 = 0.0075: a half at the third place. The even neighbour would be 0.01 too, so also 0.0225 → 0.02/0.03.
    assert points(ITEM, Figure(1, 800)) == "0.01"
    assert points(ITEM, Figure(3, 800)) == "0.02"
    assert points(replace(ITEM, points=Decimal(1)), Figure(25, 1000)) == "0.03"
    assert points(replace(ITEM, points=Decimal(1)), Figure(45, 1000)) == "0.05"
    assert str(scoring.round_points(Decimal("2.125"))) == "2.13"


@pytest.mark.parametrize(
    "figure,expected",
    [(Figure(0, 10), "0.00"), (Figure(5, 10), "3.75"), (Figure(8, 10), "6.00"), (Figure(10, 10), "6.00")],
)
def test_a_share_is_measured_against_its_target_and_never_above_full_points(figure, expected):
    assert points(replace(ITEM, target=Decimal(80)), figure) == expected


def test_nothing_to_divide_by_follows_the_empty_rule():
    assert points(replace(ITEM, empty="full"), Figure(0, 0)) == "6.00"
    assert points(replace(ITEM, empty="zero"), Figure(0, 0)) == "0.00"


def test_facts_without_a_place_earn_nothing_even_where_empty_is_full():
    scored = scoring.score(replace(ITEM, empty="full"), None)
    assert (scored.points, scored.state) == (0, scoring.NONE)


@pytest.mark.parametrize("days,expected", [(30, "8.00"), (31, "6.00"), (90, "6.00"), (91, "4.00"), (0, "8.00")])
def test_a_vacancy_costs_from_the_day_after_each_threshold(days, expected):
    assert points(VACANT, Figure(days, 304, (("director", days),))) == expected


def test_posts_are_judged_each_by_its_own_days_and_never_below_nought():
    parts = (("presidium_chair", 91), ("director", 91), ("committee_member", 91))
    assert points(VACANT, Figure(273, 912, parts)) == "0.00"
    assert points(VACANT, Figure(60, 912, parts[:1] + (("director", 30),))) == "4.00"


def test_points_each_stop_at_the_maximum():
    item = replace(ITEM, scoring="per_item", each=Decimal("1.5"), points=Decimal(3))
    assert [points(item, Figure(count)) for count in range(4)] == ["0.00", "1.50", "3.00", "3.00"]


def test_steps_give_the_points_of_the_highest_reached():
    steps = ((Decimal(1), Decimal(1)), (Decimal(2), Decimal(3)), (Decimal(3), Decimal(5)))
    item = replace(ITEM, scoring="per_item", steps=steps, points=Decimal(5))
    assert [points(item, Figure(count)) for count in range(5)] == ["0.00", "1.00", "3.00", "5.00", "5.00"]


def test_all_or_nothing_asks_for_as_many_as_the_item_says():
    item = replace(ITEM, scoring="all", at_least=Decimal(6))
    assert [points(item, Figure(count, 9)) for count in (5, 6, 9)] == ["0.00", "6.00", "6.00"]


def test_a_manual_item_not_yet_scored_is_nothing_and_pending():
    item = replace(ITEM, scoring="manual")
    assert (scoring.manual(item, None).points, scoring.manual(item, None).state) == (0, scoring.PENDING)
    assert scoring.manual(item, Decimal("5.5")).points == Decimal("5.50")


def test_a_total_is_held_between_nought_and_105():
    assert [scoring.held(Decimal(total)) for total in (-3, 50, 106)] == [0, 50, 105]


@given(st.integers(0, 10_000), st.integers(1, 10_000), st.integers(1, 30), st.integers(1, 120))
def test_a_share_equals_the_exact_fraction_rounded_half_up(numerator, denominator, full, target):
    from fractions import Fraction

    from tests.assessments.oracle import half_up

    exact = full * min(Fraction(1), Fraction(numerator, denominator) / Fraction(target, 100))
    item = replace(ITEM, points=Decimal(full), target=Decimal(target))
    assert points(item, Figure(numerator, denominator)) == half_up(exact)
