import datetime
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from federation.shared import normalise
from federation.shared.normalise import Dictionary, NotNormal
from federation.shared.rosters.registry import all_rosters
from orgs import roster_lists

# What reads the cells of every column of every roster, and what else there is: none is forgotten, save for the hours
# of a training, which end in an error at "NaN" (committees/training_roster.py).
FUNCTIONS = {
    column.clean: f"{roster.kind}: {column.heading}" for roster in all_rosters() for column in roster.columns
} | {normalise.account_number: "account number", roster_lists.year: "year"}
DICTIONARIES = [function for function in FUNCTIONS if isinstance(function, Dictionary)]
WORDS = sorted({word for dictionary in DICTIONARIES for pair in dictionary.words for word in pair})
# What people type: digits of both widths, marks, words of the dictionaries, and anything at all.
TYPED = st.one_of(
    st.text(alphabet="0123456789０１２３xXＸ.-/年月日 　'’,，元￥()（）+B级一二男女有无", max_size=24),
    st.sampled_from(WORDS),
    st.lists(st.sampled_from(WORDS), min_size=2, max_size=4).map("、".join),
    st.sampled_from(["学习、工作制度", "表二40、一记30", "信访", "1,200.5元", "0943 3221234转12"]),
    st.sampled_from(["2026年", "是", "√"]),
    st.dates(datetime.date(1900, 1, 1)).map(lambda day: f"{day.year}年{day.month}月{day.day}日"),
    st.decimals(0, 10**9, places=2).map(str),
    st.text(max_size=30),
)  # fmt: skip


@given(typed=TYPED)
@settings(max_examples=500, deadline=None)
def test_what_is_normal_stays_as_it_is(typed):
    for function, name in FUNCTIONS.items():
        try:
            once = function(typed)
        except NotNormal as refusal:
            assert str(refusal).endswith("。"), name
            continue
        assert function(once) == once, name


@pytest.mark.parametrize("number", range(len(DICTIONARIES)))
def test_every_word_of_a_dictionary_and_every_code_stands_for_itself(number):
    dictionary = DICTIONARIES[number]
    for value, word in dictionary.words:
        assert dictionary(word) == value == dictionary(value) and dictionary.word(value) == word


def test_an_apostrophe_beside_a_separator_is_no_part_of_a_former_name():
    assert roster_lists.former_names("东风大队',红旗村") == "东风大队、红旗村"


@given(
    born=st.dates(datetime.date(1900, 1, 1), datetime.date(2020, 12, 31)),
    region=st.sampled_from(["629999", "620422", "110101", "659001"]),
    sequence=st.integers(0, 999),
)
@settings(max_examples=500, deadline=None)
def test_exactly_one_of_eleven_check_digits_is_right(born, region, sequence):
    first = f"{region}{born:%Y%m%d}{sequence:03d}"
    accepted = []
    for last in "0123456789X":
        try:
            accepted.append(normalise.id_number(first + last))
        except NotNormal:
            continue
    assert accepted == [first + normalise.id_check_digit(first)]
    assert normalise.born_on_of_id(accepted[0]) == born.isoformat()
    assert normalise.sex_of_id(accepted[0]) == ("1" if sequence % 2 else "2")


def test_the_check_digit_agrees_with_the_example_of_the_standard():
    # GB 11643-1999, annex: 11010519491231002X and 440524188001010014.
    assert normalise.id_check_digit("11010519491231002") == "X"
    assert normalise.id_check_digit("44052418800101001") == "4"


def test_the_check_digit_agrees_with_an_independent_library():
    from stdnum.iso7064 import mod_11_2

    for serial in range(500):
        first = f"6299991970010{serial:04d}"
        assert normalise.id_check_digit(first) == mod_11_2.calc_check_digit(first)


@given(day=st.dates(datetime.date(1900, 1, 1), datetime.date(2100, 12, 31)))
@settings(max_examples=500, deadline=None)
def test_every_usual_way_to_write_a_day_is_that_day(day):
    ways = [
        day.isoformat(),
        f"{day.year}/{day.month}/{day.day}",
        f"{day.year}.{day.month}.{day.day}",
        f"{day:%Y%m%d}",
        f"{day.year}年{day.month}月{day.day}日",
        f" {day.year} 年 {day.month} 月 {day.day} 日 ",
        f"{day:%Y-%m-%d} 00:00:00",
        f"{day:%Y-%m-%d}".translate({code: code + 0xFEE0 for code in range(0x30, 0x3A)}),
    ]
    assert {normalise.date(way) for way in ways} == {day.isoformat()}


@given(yuan=st.decimals(0, 10**8, places=2))
@settings(max_examples=500, deadline=None)
def test_an_amount_survives_the_binary_dust_of_a_spreadsheet(yuan):
    assert normalise.amount(repr(float(yuan) * 3 / 3)) == f"{yuan.quantize(Decimal('0.01'))}"
    assert normalise.amount(f"￥{yuan:,}元") == f"{yuan.quantize(Decimal('0.01'))}"


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("13900000000", "13900000000"),
        ("+86 139-0000-0000", "13900000000"),
        ("１３９００００００００", "13900000000"),
        ("0943 3221234", "0943-3221234"),
        ("(0943)3221234转8001", "0943-3221234-8001"),
        ("010-65123456", "010-65123456"),
    ],
)
def test_phones_are_kept_one_way(typed, kept):
    assert normalise.phone(typed) == kept


@pytest.mark.parametrize("typed", ["1390000000", "12345678901", "3221299", "139000000000", "电话无"])
def test_what_is_no_phone_is_refused_without_repeating_it(typed):
    with pytest.raises(NotNormal) as refused:
        normalise.phone(typed)
    assert typed not in str(refused.value)


def test_a_division_code_is_filled_to_twelve_digits():
    assert normalise.division_code("620422") == "620422000000"
    assert normalise.division_code("620422100.0".removesuffix(".0")) == "620422100000"
    with pytest.raises(NotNormal):
        normalise.division_code("62042")
