"""The shipped standards, and what a broken one is told."""

import copy
import io
from decimal import Decimal

import pytest
from django.core.management import CommandError, call_command

from assessments.models import Run, Standard
from assessments.standards import POLICIES, StandardRefused, check, parse, read_standard, store_standard
from federation.shared.metrics import metric
from tests.assessments.facts import AS_OF, YEAR

FILES = sorted(POLICIES.glob("*.toml"))
NAMES = {
    "nine_haves_2012", "six_haves_2012", "township_2012", "village_2012", "association_2012", "county_2012",
    "member_2012",
}  # fmt: skip


def definition_of(name) -> dict:
    return read_standard((POLICIES / f"{name}.toml").read_text(encoding="utf-8"))


def test_the_seven_standards_are_shipped():
    assert {path.stem for path in FILES} == NAMES
    assert len(definition_of("nine_haves_2012")["items"]) == 9
    assert len(definition_of("six_haves_2012")["items"]) == 6
    assert len(definition_of("township_2012")["items"]) == 24
    assert len(definition_of("village_2012")["items"]) == 17


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_points_sum_to_a_hundred_and_every_metric_exists(path):
    definition = parse(read_standard(path.read_text(encoding="utf-8")))
    if not definition.is_checklist:
        assert sum(item.points for item in definition.items) == Decimal(100)
    for item in definition.every_item:
        assert item.clause and item.name, item.code
        if item.scoring != "manual":
            assert metric(item.metric).name == item.metric
        if not definition.is_checklist and item in definition.items:
            assert item.section in {code for code, _name in definition.sections}, item.code


def test_loading_again_changes_nothing(db):
    call_command("load_standards", stdout=io.StringIO())
    before = list(Standard.objects.values_list("pk", "content_hash", "loaded_at"))
    out = io.StringIO()
    call_command("load_standards", stdout=out)
    assert out.getvalue().count("没有变化") == 7
    assert list(Standard.objects.values_list("pk", "content_hash", "loaded_at")) == before


def test_points_that_do_not_sum_to_a_hundred_are_refused_in_a_sentence():
    definition = definition_of("township_2012")
    definition["items"][0]["points"] = 3
    with pytest.raises(StandardRefused, match="各项分值之和是 101，应正好是 100"):
        check(definition)


def test_an_unknown_metric_is_refused_with_the_item_it_stands_in():
    definition = definition_of("township_2012")
    definition["items"][1]["metric"] = "orgs.luck"
    with pytest.raises(StandardRefused, match="T1.2.*orgs.luck"):
        check(definition)


@pytest.mark.parametrize(
    "change,words",
    [
        (lambda d: d.update(kind="guess"), "checklist 或 hundred"),
        (lambda d: d["items"][0].update(scoring="luck"), "计分方式"),
        (lambda d: d["items"].append(d["items"][0]), "出现了两次"),
        (lambda d: d["items"][0].pop("name"), "名称"),
        (lambda d: d["items"][2].update(target=0), "目标值"),
        (lambda d: d["items"][2].update(empty="perhaps"), "full 或 zero"),
        (lambda d: d.update(body_kind="club"), "body_kind"),
        (lambda d: d.pop("source"), "source"),
    ],
)
def test_what_is_wrong_with_a_standard_is_said(change, words):
    definition = copy.deepcopy(definition_of("township_2012"))
    change(definition)
    with pytest.raises(StandardRefused, match=words):
        check(definition)


def test_a_file_that_is_no_toml_is_refused_by_the_command(db, tmp_path):
    broken = tmp_path / "broken.toml"
    broken.write_text("code = ", encoding="utf-8")
    with pytest.raises(CommandError, match="broken.toml.*TOML"):
        call_command("load_standards", str(broken), stdout=io.StringIO())


def test_an_edition_a_published_run_used_is_never_changed(world, standards):
    standard = Standard.objects.get(code="township_2012")
    Run.objects.create(standard=standard, organisation=world.county, year=YEAR, as_of=AS_OF, state="published")
    changed = definition_of("township_2012")
    changed["items"][0]["points"], changed["items"][1]["points"] = 3, 7
    with pytest.raises(StandardRefused, match="township_2012_2"):
        store_standard(changed)
    standard.refresh_from_db()
    assert standard.definition["items"][0]["points"] == 2


def test_an_unused_edition_may_be_mended(world, standards):
    changed = definition_of("township_2012")
    changed["items"][0]["points"], changed["items"][1]["points"] = 3, 7
    standard, outcome = store_standard(changed)
    assert outcome == "已更新"
    assert standard.definition["items"][0]["points"] == 3
