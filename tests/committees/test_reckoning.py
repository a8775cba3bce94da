from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from committees.reckoning import Book, Spell, Terms, counts, divide, months_between, months_served, reckon

HALF_YEAR = months_between(date(2026, 1, 1), date(2026, 6, 1))
SHARES = (Decimal("60.00"), Decimal("40.00"), Decimal("0.00"))


def terms(pk=1, path="0001", amount="100.00", first=date(2020, 1, 1), last=None, **more):
    given = {
        "role": "",
        "employment": "",
        "is_floor": False,
        "shares": (Decimal(amount), Decimal(0), Decimal(0)),
    } | more
    return Terms(pk=pk, path=path, amount=Decimal(amount), first=first, last=last, **given)


@pytest.mark.parametrize(
    ("started_on", "ended_on", "expected"),
    [
        (date(2026, 4, 15), None, True),
        (date(2026, 4, 16), None, False),
        (date(2026, 5, 16), None, True),  # 16 of 31 days
        (date(2026, 5, 17), None, False),
        (date(2025, 1, 1), date(2026, 4, 15), True),
        (date(2025, 1, 1), date(2026, 4, 14), False),
        (date(2026, 4, 15), date(2026, 4, 15), True),
        (date(2026, 6, 1), None, False),
    ],
)
def test_a_month_counts_with_its_fifteenth_or_with_more_than_half_of_its_days(started_on, ended_on, expected):
    month = (started_on if ended_on is None and started_on.month < 6 else date(2026, 4, 1)).replace(day=1)
    assert counts("fifteenth_or_half", month, started_on, ended_on) is expected


def test_the_other_rules_are_one_day_and_all_days():
    assert counts("any_day", date(2026, 4, 1), date(2026, 4, 30), None)
    assert not counts("whole_month", date(2026, 4, 1), date(2026, 4, 2), None)
    assert counts("whole_month", date(2026, 4, 1), date(2026, 4, 1), date(2026, 4, 30))


def test_who_moves_in_the_middle_of_a_long_month_is_paid_for_it_once_where_the_fifteenth_was_served():
    spells = [Spell(1, date(2026, 1, 1), date(2026, 3, 15)), Spell(2, date(2026, 3, 16), None)]
    served = months_served("fifteenth_or_half", spells, HALF_YEAR)
    assert [month.month for month in served[1]] == [1, 2, 3]
    assert [month.month for month in served[2]] == [4, 5, 6]


def test_a_second_post_by_permission_is_paid_beside_the_first():
    spells = [Spell(1, date(2026, 1, 1), None), Spell(2, date(2026, 1, 1), None, is_beside=True)]
    served = months_served("fifteenth_or_half", spells, HALF_YEAR)
    assert served[1] == served[2] == list(HALF_YEAR)


@settings(max_examples=300, deadline=None)
@given(
    days=st.lists(st.dates(date(2025, 11, 1), date(2026, 7, 31)), min_size=2, max_size=8, unique=True),
    rule=st.sampled_from(["fifteenth_or_half", "any_day", "whole_month"]),
)
def test_no_month_is_paid_twice_however_often_somebody_moves(days, rule):
    days.sort()
    spells = [Spell(place, first, last) for place, (first, last) in enumerate(zip(days[::2], days[1::2], strict=False))]
    served = months_served(rule, spells, HALF_YEAR)
    paid = [month for months in served.values() for month in months]
    assert len(paid) == len(set(paid))
    assert set(paid) == {m for m in HALF_YEAR if any(counts(rule, m, s.started_on, s.ended_on) for s in spells)}


def test_the_nearest_area_whose_standard_fits_wins_and_there_the_closest_description():
    book = Book([
        terms(1, "0001", "100.00"), terms(2, "00010002", "200.00", role="village_member"),
        terms(3, "00010002", "150.00"), terms(4, "00010002", "300.00", role="village_member", employment="concurrent"),
    ])  # fmt: skip

    def paid(path, role, employment=""):
        return book.in_force(path, role, employment, date(2026, 1, 1))[0].pk

    assert paid("000100020003", "village_member") == 2
    assert paid("000100020003", "village_member", "concurrent") == 4
    assert paid("000100020003", "community_member") == 3
    assert paid("00010009", "community_member") == 1


def test_a_floor_binds_below_and_is_paid_only_where_no_other_standard_fits():
    book = Book([terms(1, "0001", "100.00", is_floor=True), terms(2, "00010002", "80.00")])
    assert reckon(book, "00010001", "village_member", "", HALF_YEAR).gross == Decimal("600.00")
    line = reckon(book, "000100020003", "village_member", "", HALF_YEAR)
    assert line.gross == Decimal("480.00")
    assert line.problem == "2026 年 1 月的标准 80.00 元低于上级规定的 100.00 元。请核对标准后重新计算。"


def test_a_line_shows_each_run_of_months_with_its_own_standard():
    book = Book([
        terms(1, amount="100.00", last=date(2026, 2, 28), shares=SHARES),
        terms(2, amount="200.00", first=date(2026, 3, 1), shares=(Decimal(100), Decimal(100), Decimal(0))),
    ])  # fmt: skip
    months = [month for month in HALF_YEAR if month.month != 4]
    line = reckon(book, "0001", "village_member", "", months)
    assert [(part["from"], part["to"], part["months"], part["amount"]) for part in line.parts] == [
        ("2026-01", "2026-02", 2, "100.00"), ("2026-03", "2026-03", 1, "200.00"), ("2026-05", "2026-06", 2, "200.00"),
    ]  # fmt: skip
    assert line.gross == Decimal("800.00") and line.shares == (Decimal(420), Decimal(380), Decimal(0))


def test_months_without_a_standard_are_named():
    book = Book([terms(1, amount="100.00", first=date(2026, 3, 1))])
    line = reckon(book, "0001", "village_member", "", HALF_YEAR)
    assert line.problem == "2026 年 1 月至 2 月没有补贴标准。请补登标准后重新计算。"
    assert line.gross == Decimal("400.00")


@given(
    amount=st.decimals(-10_000, 10_000, places=2),
    shares=st.tuples(*[st.decimals(0, 500, places=2)] * 3),
)
def test_what_payers_save_adds_up_to_the_cent(amount, shares):
    divided = divide(amount, shares)
    assert sum(divided) == amount
    assert all(part == part.quantize(Decimal("0.01")) for part in divided)
