"""Pinyin columns, and what a search box takes its input for."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from federation.shared.pinyin import pinyin_of, place_pinyin_of
from federation.shared.search import Typed, read_search, starts_with
from orgs.models import BodyKind, Organisation

PEOPLE = [
    ("解晓华", "xiexiaohua", "xxh"),
    ("单田芳", "shantianfang", "stf"),
    ("曾国华", "zengguohua", "zgh"),
    ("朴英子", "piaoyingzi", "pyz"),
    ("仇英", "qiuying", "qy"),
    ("查良镛", "zhaliangyong", "zly"),
    ("尉迟恭", "yuchigong", "ycg"),
    ("欧阳修", "ouyangxiu", "oyx"),
    ("区小明", "ouxiaoming", "oxm"),
    ("任长安", "renchangan", "rca"),
    ("吕布", "lvbu", "lb"),
    ("阿依古丽·买买提", "ayigulimaimaiti", "ayglmmt"),
]


@pytest.mark.parametrize(("name", "full", "initials"), PEOPLE)
def test_a_surname_is_read_as_a_surname(name, full, initials):
    assert pinyin_of(name) == (full, initials)


@pytest.mark.parametrize(
    ("name", "full", "initials"),
    [
        ("会宁县", "huiningxian", "hnx"),
        ("会师镇", "huishizhen", "hsz"),
        ("重庆市", "chongqingshi", "cqs"),
        ("六安市", "luanshi", "las"),
        ("第12社区", "di12shequ", "d12sq"),
    ],
)
def test_a_place_is_read_by_phrase(name, full, initials):
    assert place_pinyin_of(name) == (full, initials)


@given(st.text(max_size=20))
def test_pinyin_holds_only_small_letters_and_digits_whatever_the_name(name):
    for word in (*pinyin_of(name), *place_pinyin_of(name)):
        assert word == "" or (word.isascii() and word.isalnum() and word == word.lower())


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("会师", Typed(words="会师")),
        (" 会 师 ", Typed(words="会师")),
        ("HSZ", Typed(latin="hsz")),
        ("lü", Typed(latin="lv")),
        ("d12sq", Typed(latin="d12sq")),
        ("620422", Typed(digits="620422")),
        ("６２０４", Typed(digits="6204")),
        ("会s", Typed(words="会s")),
        ("", Typed()),
        ("   ", Typed()),
    ],
)
def test_what_was_typed_is_told_apart_by_its_shape(typed, expected):
    assert read_search(typed) == expected


@given(st.text(max_size=30))
def test_anything_typed_is_at_most_one_of_the_three(text):
    typed = read_search(text)
    assert sum(bool(each) for each in (typed.words, typed.latin, typed.digits)) <= 1


def test_the_beginning_of_pinyin_is_found_and_nothing_else(db):
    for pinyin in ("hsz", "hszz", "hs", "hta", "hsza", "ahsz"):
        Organisation.objects.add_root(
            {"name": pinyin, "level": 5, "body_kind": BodyKind.VILLAGE_ASSOCIATION, "name_initials": pinyin}
        )
    found = Organisation.objects.filter(starts_with("name_initials", "hsz")).values_list("name", flat=True)
    assert set(found) == {"hsz", "hszz", "hsza"}
