"""The policy of what a body must have."""

import pytest

from orgs.models import BodyKind, Level, Post, RegulationKind
from orgs.requirements import NOTHING_REQUIRED, PolicyBroken, all_requirements, read_requirements, requirements_for


def test_a_township_needs_seven_regulations_and_a_village_four():
    assert len(requirements_for(BodyKind.FEDERATION, Level.TOWNSHIP).regulations) == 7
    assert requirements_for(BodyKind.VILLAGE_ASSOCIATION, Level.VILLAGE).regulations == (
        RegulationKind.STUDY,
        RegulationKind.WORK,
        RegulationKind.VILLAGE_VISIT,
        RegulationKind.STATISTICS,
    )


def test_five_associations_are_required_at_county_level_and_above_and_none_below():
    for level in (Level.PROVINCE, Level.CITY, Level.COUNTY):
        assert requirements_for(BodyKind.FEDERATION, level).associations == ("1", "2", "4", "5", "6")
    assert requirements_for(BodyKind.FEDERATION, Level.TOWNSHIP).associations == ()


def test_an_association_needs_the_same_posts_at_every_level():
    found = {requirements_for(BodyKind.SPECIALISED_ASSOCIATION, level) for level in (Level.PROVINCE, Level.COUNTY)}
    assert len(found) == 1
    assert Post.ASSOCIATION_CHAIR in found.pop().posts


def test_a_kind_and_level_the_policy_does_not_name_needs_nothing():
    assert requirements_for(BodyKind.VILLAGE_ASSOCIATION, Level.COUNTY) is NOTHING_REQUIRED


def test_every_entry_of_the_policy_is_listed():
    assert len(all_requirements()) == 6


@pytest.mark.parametrize(
    ("entry", "word"),
    [
        ({"body_kind": "club", "label": "x"}, "club"),
        ({"body_kind": "federation", "level": 9, "label": "x"}, "9"),
        ({"body_kind": "federation", "level": 4, "label": "x", "posts": ["emperor"]}, "emperor"),
        ({"body_kind": "federation", "level": 4, "label": "x", "regulations": ["tea"]}, "tea"),
    ],
)
def test_a_word_that_does_not_exist_is_named_with_its_place(entry, word):
    with pytest.raises(PolicyBroken, match=f"trial.toml 第 1 组.*{word}"):
        read_requirements({"bodies": [entry]}, "trial.toml")


def test_the_same_body_twice_is_refused():
    entry = {"body_kind": "federation", "level": 4, "label": "x"}
    with pytest.raises(PolicyBroken, match="第 2 组.*重复"):
        read_requirements({"bodies": [entry, entry]}, "trial.toml")
