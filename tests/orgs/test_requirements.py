"""The policy of what a body must have."""

from datetime import date
from pathlib import Path

import pytest

import orgs.requirements
from federation.shared.metrics import Window, compute
from orgs.metrics import regulations_in_force
from orgs.models import BodyKind, Level, Post, Regulation, RegulationKind
from orgs.requirements import (
    NOTHING_REQUIRED,
    PolicyBroken,
    all_requirements,
    editions,
    read_edition,
    requirements_for,
)

POLICIES = Path(orgs.requirements.__file__).parent / "policies"
YEAR = 2026


def test_a_township_needs_seven_regulations_and_a_village_four():
    assert len(requirements_for(BodyKind.FEDERATION, Level.TOWNSHIP, YEAR).regulations) == 7
    assert requirements_for(BodyKind.VILLAGE_ASSOCIATION, Level.VILLAGE, YEAR).regulations == (
        RegulationKind.STUDY,
        RegulationKind.WORK,
        RegulationKind.VILLAGE_VISIT,
        RegulationKind.STATISTICS,
    )


def test_five_associations_are_required_at_county_level_and_above_and_none_below():
    for level in (Level.PROVINCE, Level.CITY, Level.COUNTY):
        assert requirements_for(BodyKind.FEDERATION, level, YEAR).associations == ("1", "2", "4", "5", "6")
    assert requirements_for(BodyKind.FEDERATION, Level.TOWNSHIP, YEAR).associations == ()


def test_an_association_needs_the_same_posts_at_every_level():
    levels = (Level.PROVINCE, Level.COUNTY)
    found = {requirements_for(BodyKind.SPECIALISED_ASSOCIATION, level, YEAR) for level in levels}
    assert len(found) == 1
    assert Post.ASSOCIATION_CHAIR in found.pop().posts


def test_a_kind_and_level_the_policy_does_not_name_needs_nothing():
    assert requirements_for(BodyKind.VILLAGE_ASSOCIATION, Level.COUNTY, YEAR) is NOTHING_REQUIRED


def test_every_entry_of_the_policy_is_listed():
    assert len(all_requirements(YEAR)) == 6


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
        read_edition({"applies_from": 2027, "bodies": [entry]}, "trial.toml")


def test_the_same_body_twice_is_refused():
    entry = {"body_kind": "federation", "level": 4, "label": "x"}
    with pytest.raises(PolicyBroken, match="第 2 组.*重复"):
        read_edition({"applies_from": 2027, "bodies": [entry, entry]}, "trial.toml")


# --- editions -----------------------------------------------------------------------------------
@pytest.fixture
def next_edition(tmp_path, monkeypatch):
    """From 2026 a village must also have a regulation of petitions."""
    shipped = (POLICIES / "requirements_2012.toml").read_text(encoding="utf-8")
    later = shipped.replace("applies_from = 2012", "applies_from = 2026").replace(
        '"village_visit", "statistics"', '"village_visit", "statistics", "petition"'
    )
    (tmp_path / "requirements_2012.toml").write_text(shipped, encoding="utf-8")
    (tmp_path / "requirements_2026.toml").write_text(later, encoding="utf-8")
    monkeypatch.setattr("orgs.requirements._POLICIES", tmp_path)
    return tmp_path


def test_every_shipped_edition_can_be_read():
    assert [edition.applies_from for edition in editions(POLICIES)] == sorted(
        int(path.stem.removeprefix("requirements_")) for path in POLICIES.glob("requirements_*.toml")
    )


def test_a_year_is_judged_by_the_edition_in_force_then(world, next_edition):
    for kind in ("study", "work", "village_visit", "statistics"):
        Regulation.objects.create(organisation=world.village, kind=kind, issued_on=date(2020, 1, 1))
    found = {}
    for day in (date(2025, 12, 31), date(2026, 12, 31)):
        window = Window(day.year, day)
        assert regulations_in_force(window).count() == 4
        figures = compute(["orgs.regulations_in_force"], [world.village, world.village_second], window)
        found[day.year] = [
            figures.of("orgs.regulations_in_force", body) for body in (world.village, world.village_second)
        ]
    full, bare = found[2025]
    assert (full.numerator, full.denominator, full.parts, bare.denominator) == (4, 4, (), 4)
    full, bare = found[2026]
    assert (full.numerator, full.denominator, full.parts, bare.denominator) == (4, 5, (("petition", 1),), 5)


def test_before_the_first_edition_nothing_is_required():
    assert requirements_for(BodyKind.VILLAGE_ASSOCIATION, Level.VILLAGE, 2011) is NOTHING_REQUIRED
    assert all_requirements(2011) == []


def test_two_editions_of_one_year_are_refused(next_edition):
    text = (next_edition / "requirements_2026.toml").read_text(encoding="utf-8")
    (next_edition / "requirements_again.toml").write_text(text, encoding="utf-8")
    with pytest.raises(PolicyBroken, match="requirements_2026.toml 和 requirements_again.toml 都从 2026 年起用"):
        requirements_for(BodyKind.VILLAGE_ASSOCIATION, Level.VILLAGE, YEAR)


@pytest.mark.parametrize("year", [{}, {"applies_from": "2027"}, {"applies_from": True}])
def test_an_edition_without_a_year_is_refused(year):
    with pytest.raises(PolicyBroken, match="trial.toml 没有写明从哪一年起用"):
        read_edition({**year, "bodies": []}, "trial.toml")
