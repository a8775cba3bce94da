"""Names of bodies out of names of places."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orgs.models import Level, PlaceKind
from orgs.naming import association_name, body_name, place_kind_of, place_name

EXAMPLES = [
    (Level.PROVINCE, "甘肃省", "甘肃省残疾人联合会", PlaceKind.PROVINCE),
    (Level.CITY, "白银市", "白银市残疾人联合会", PlaceKind.CITY),
    (Level.COUNTY, "会宁县", "会宁县残疾人联合会", PlaceKind.COUNTY),
    (Level.TOWNSHIP, "会师镇", "会师镇残疾人联合会", PlaceKind.TOWN),
    (Level.TOWNSHIP, "新添堡回族乡", "新添堡回族乡残疾人联合会", PlaceKind.TOWNSHIP),
    (Level.TOWNSHIP, "新华街道办事处", "新华街道残疾人联合会", PlaceKind.STREET),
    (Level.TOWNSHIP, "城关区公所", "城关区公所残疾人联合会", PlaceKind.DISTRICT_OFFICE),
    (Level.TOWNSHIP, "包钢厂区办事处", "包钢厂区办事处残疾人联合会", PlaceKind.OTHER),
    (Level.VILLAGE, "桃花山社区居民委员会", "桃花山社区残疾人协会", PlaceKind.COMMUNITY),
    (Level.VILLAGE, "金龙居委会", "金龙社区残疾人协会", PlaceKind.COMMUNITY),
    (Level.VILLAGE, "建设社区居委会", "建设社区残疾人协会", PlaceKind.COMMUNITY),
    (Level.VILLAGE, "神井子社区", "神井子社区残疾人协会", PlaceKind.COMMUNITY),
    (Level.VILLAGE, "九斗村委会", "九斗村残疾人协会", PlaceKind.VILLAGE),
    (Level.VILLAGE, "和平村民委员会", "和平村残疾人协会", PlaceKind.VILLAGE),
    (Level.VILLAGE, "西湖村村民委员会", "西湖村残疾人协会", PlaceKind.VILLAGE),
    (Level.VILLAGE, "新村村委会", "新村残疾人协会", PlaceKind.VILLAGE),
    (Level.VILLAGE, "路集社区村民委员会", "路集社区残疾人协会", PlaceKind.VILLAGE),
    (Level.VILLAGE, "敖包嘎查", "敖包嘎查残疾人协会", PlaceKind.VILLAGE),
    (Level.VILLAGE, "敖包嘎查委员会", "敖包嘎查残疾人协会", PlaceKind.VILLAGE),
    (Level.VILLAGE, "敖包嘎查村委会", "敖包嘎查残疾人协会", PlaceKind.VILLAGE),
    (Level.VILLAGE, "文景街道虚拟社区", "文景街道虚拟社区残疾人协会", PlaceKind.VIRTUAL),
    (Level.VILLAGE, "东升村委会（范家台）", "东升村（范家台）残疾人协会", PlaceKind.VILLAGE),
    (Level.VILLAGE, "石村村委会委会", "石村残疾人协会", PlaceKind.VILLAGE),
    (Level.VILLAGE, "沟口子村村民委会", "沟口子村残疾人协会", PlaceKind.VILLAGE),
]


@pytest.mark.parametrize(("level", "division", "name", "kind"), EXAMPLES)
def test_a_body_is_named_after_its_place(level, division, name, kind):
    assert body_name(level, division) == name
    assert place_kind_of(level, division) == kind


def test_a_name_that_is_only_a_committee_is_kept_as_written():
    assert place_name(Level.VILLAGE, "村委会") == "村委会"


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("620422100001", PlaceKind.COMMUNITY),
        ("620422100230", PlaceKind.VILLAGE),
        ("620422100498", PlaceKind.COMMUNITY),
        ("620422100598", PlaceKind.VILLAGE),
        ("620422100900", PlaceKind.OTHER),
    ],
)
def test_where_the_name_does_not_tell_the_last_digits_of_the_code_do(code, kind):
    assert place_kind_of(Level.VILLAGE, "向阳六队", code) == kind


def test_an_association_is_named_after_its_federations_place():
    assert association_name("会宁县残疾人联合会", "盲人协会") == "会宁县盲人协会"


STEMS = st.text(alphabet="东西南北上下大小山河柳杨李王张新老", min_size=1, max_size=6)
COMMITTEES = st.sampled_from(
    ["", "村", "社区", "嘎查", "村委会", "村民委员会", "村村民委员会", "居委会", "社区居委会", "居民委员会"]
    + ["社区居民委员会", "虚拟社区", "村委", "委员会", "村民委会", "居民管理委员会", "（城关）", "村委会（北）"]
)


@given(stem=STEMS, committee=COMMITTEES)
def test_every_village_name_keeps_its_stem_and_loses_its_committee(stem, committee):
    name = body_name(Level.VILLAGE, stem + committee)
    assert name.startswith(stem)
    assert name.endswith("残疾人协会")
    assert "委" not in name


@given(name=st.text(min_size=1, max_size=30), level=st.sampled_from(list(Level)))
def test_naming_twice_names_the_same_and_never_gives_nothing(name, level):
    place = place_name(level, name)
    assert place
    assert place_name(level, place) == place
    assert place_kind_of(level, name) in PlaceKind.values
