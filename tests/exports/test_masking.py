"""What of free text leaves the system where numbers are masked."""

import re
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from federation.shared.masking import mask_address, mask_column, mask_free_text, mask_of_field
from ledgers.models import DisabledPerson
from orgs.models import Organisation

_DIGITS = st.text("0123456789", min_size=9, max_size=9)
_PHONES = _DIGITS.map(lambda rest: f"13{rest}")
_IDENTITIES = st.tuples(st.text(string.digits, min_size=17, max_size=17), st.sampled_from("0123456789Xx")).map("".join)
_GAPS = st.sampled_from(["", "", "", " ", "-", " - ", "－", ".", "·", "\u200b", "  "])
_WORDS = st.text(st.sampled_from("电话联系人手机身份证号：:，,。、东山村三社患病 \n|abX2012"), max_size=12)


def _plain(text: str) -> str:
    """Only the digits that stand together or have nothing but gaps between them, as a reader would join them."""
    return re.sub(r"[^0-9Xx*,，。、：:|\u4e00-\u9fffa-z]", "", text)


@st.composite
def numbers(draw):
    """A number as people write it: in full width, with gaps anywhere."""
    digits = draw(st.one_of(_PHONES, _IDENTITIES))
    written = "".join(digit + draw(_GAPS) for digit in digits)
    if draw(st.booleans()):
        written = written.translate({ord(str(d)): chr(0xFF10 + d) for d in range(10)})
    return digits, written


@given(numbers(), _WORDS, _WORDS)
def test_no_phone_and_no_identity_number_outlives_masking(number, before, behind):
    digits, written = number
    for shown in (mask_free_text(before + written + behind), mask_address(before + written + behind)):
        narrow = shown.translate({0xFF10 + d: str(d) for d in range(10)})
        assert digits not in _plain(narrow)
        assert not re.search(r"\d{11}", _plain(narrow)), shown


@given(st.text(max_size=60))
def test_masking_changes_nothing_but_digits(text):
    shown = mask_free_text(text)
    assert len(shown) == len(text)
    assert all(
        was == now or (now == "*" and (was.isdigit() or was in "XxＸｘ")) for was, now in zip(text, shown, strict=True)
    )


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("电话13900000001，找李四", "电话139****0001，找李四"),
        ("139-0000-0001", "139-****-0001"),
        ("(0943)3221234", "(094*)***1234"),
        ("邻居座机3221234", "邻居座机*****34"),
        ("身份证62042219800101123X", "身份证620422********123X"),
        ("620422 1980 0101 1234", "620422 **** **** 1234"),
        ("6 2 0 4 2 2 1 9 8 0 0 1 0 1 1 2 3 4", "6 2 0 4 2 2 * * * * * * * * 1 2 3 4"),
        ("２０２６年来访３次，１３９００００００１２", "２０２６年来访３次，１３９****００１２"),
        ("2012-03-28 起，20120401 止", "2012-03-28 起，20120401 止"),
        ("2012-03-28 至 2013/4/5", "2012-03-28 至 2013/4/5"),
        ("三组12号，家里5口人，年收入8300.50元", "三组12号，家里5口人，年收入8300.50元"),
        ("", ""),
    ],
)
def test_what_is_hidden_and_what_is_not(text, shown):
    assert mask_free_text(text) == shown


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("甘肃省白银市会宁县会师镇东山村三社12号", "甘肃省白银市会宁县会师镇东山村……"),
        ("会师镇东山村", "会师镇东山村"),
        ("会师镇北关社区人民路3号楼2单元401室", "会师镇北关社区……"),
        ("会宁县会师镇人民路3号", "会宁县会师镇……"),
        ("会宁县人民路3号", "会宁县……"),
        ("人民路3号楼", "……"),
        ("3号楼401李家村", "……"),
        ("", ""),
    ],
)
def test_an_address_ends_at_its_village(address, shown):
    assert mask_address(address) == shown


def test_facts_about_health_in_free_text_are_withheld_and_words_of_lists_are_not():
    field = DisabledPerson._meta.get_field
    assert mask_of_field(field("cause"))("脑梗塞") == "（不显示）"
    assert (
        mask_of_field(field("devices_needed"))("轮椅") == "（不显示）"
        and mask_of_field(field("devices_held"))("") == ""
    )
    assert mask_of_field(field("category")) is None and mask_of_field(Organisation._meta.get_field("phone")) is None


def test_a_column_without_numbers_is_left_as_it_is():
    remark = DisabledPerson._meta.get_field("remark")
    values = ("住在东头", None, "")
    assert mask_column(remark, values) is values
    # The end of one value and the beginning of the next make no number.
    values = ("还有139", "00000001是邻居的")
    assert mask_column(remark, values) == ["还有139", "000*0001是邻居的"]
