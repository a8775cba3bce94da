import re
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from committees import services
from committees.documents import ROWS_A_PAGE, signature_pages
from federation.shared.money import in_words
from tests.committees.payments import approved, batch_of

DIGITS = "零壹贰叁肆伍陆柒捌玖"


@pytest.mark.parametrize(
    ("amount", "words"),
    [
        ("0", "零元整"), ("0.05", "伍分"), ("0.50", "伍角整"), ("1.05", "壹元零伍分"), ("10", "壹拾元整"),
        ("100.5", "壹佰元伍角整"), ("1203.50", "壹仟贰佰零叁元伍角整"), ("10010", "壹万零壹拾元整"),
        ("100000", "壹拾万元整"), ("1000200.06", "壹佰万零贰佰元零陆分"), ("200000001", "贰亿零壹元整"),
        ("120034005.67", "壹亿贰仟零叁万肆仟零伍元陆角柒分"), ("-40.50", "负肆拾元伍角整"),
    ],
)  # fmt: skip
def test_amounts_in_words_are_those_of_vouchers(amount, words):
    assert in_words(Decimal(amount)) == words


def read(words: str) -> Decimal:
    """The other way round, as a person reads: sections of 亿 and 万, then places."""
    sign = -1 if words.startswith("负") else 1
    words = words.removeprefix("负")
    whole, _, rest = words.rpartition("元")
    total = Decimal(0)
    for mark, weight in (("亿", 10**8), ("万", 10**4), ("", 1)):
        section, found, after = whole.partition(mark) if mark else (whole, True, "")
        if not found:
            continue
        whole = after
        for digit, place in re.findall(f"([{DIGITS}])([仟佰拾]?)", section):
            total += DIGITS.index(digit) * {"仟": 1000, "佰": 100, "拾": 10, "": 1}[place] * weight
    for digit, place in re.findall(f"([{DIGITS}])([角分])", rest):
        total += DIGITS.index(digit) * Decimal({"角": "0.1", "分": "0.01"}[place])
    return sign * total


@given(st.decimals(-999_999_999, 999_999_999, places=2))
def test_words_read_back_are_the_amount(amount):
    assert read(in_words(amount)) == amount


@pytest.mark.django_db
def test_each_township_has_sheets_of_its_own_whose_sums_are_the_batch(world, standard, member):
    for _ in range(ROWS_A_PAGE + 1):
        member("village")
    member("neighbour_village")
    batch = batch_of(world)
    pages = signature_pages(batch, batch.lines.select_related("worker", "organisation"))
    assert [(page.body, page.number, page.of, len(page.rows)) for page in pages] == [
        ("会师镇残疾人联合会", 1, 2, ROWS_A_PAGE), ("会师镇残疾人联合会", 2, 2, 1), ("郭城驿镇残疾人联合会", 1, 1, 1),
    ]  # fmt: skip
    assert (
        sum(page.total for page in pages if page.is_last) == batch.total_amount == sum(page.subtotal for page in pages)
    )
    assert [row.number for page in pages[:2] for row in page.rows] == list(range(1, ROWS_A_PAGE + 2))


@pytest.mark.django_db
def test_a_person_signs_once_for_what_all_lines_come_to(world, standard, member, checker):
    member("village", name="王建国")
    paid = approved(world, batch_of(world), checker).lines.get()
    july = batch_of(world, first=date(2026, 7, 1), last=date(2026, 7, 1))
    services.correct_line(line=paid, batch=july, amount=Decimal("-40"), reason="多算", by=world.clerk)
    (page,) = signature_pages(july, july.lines.select_related("worker", "organisation"))
    (row,) = page.rows
    assert (row.due, row.changed, row.paid, row.remark) == (
        Decimal("100.00"),
        Decimal("-40.00"),
        Decimal("60.00"),
        "更正，多算",
    )
