"""docs/adding.md says what is so: its example runs, what it names exists, what it asks for is looked at."""

import re
import textwrap
from datetime import date
from pathlib import Path

from django.conf import settings

import orgs.metrics
from assessments.evidence import _SAYINGS
from federation.shared.metrics import Window, all_metrics, compute, metric
from orgs.models import Plaque
from orgs.requirements import editions, requirements_for

ROOT = Path(settings.BASE_DIR)
GUIDE = (ROOT / "docs" / "adding.md").read_text(encoding="utf-8")
WINDOW = Window(2026, date(2026, 10, 31))


def test_the_example_of_a_metric_counts(world, monkeypatch):
    recipe = GUIDE.partition("\n## A metric\n")[2].partition("\n## ")[0]
    # What it registers is forgotten after the test.
    monkeypatch.setattr("federation.shared.metrics._metrics", {each.name: each for each in all_metrics()})
    for block in re.findall(r" *```python\n(.*?)```", recipe, re.S):
        exec(textwrap.dedent(block), vars(orgs.metrics).copy())
    for photo in ("plaques/photo.png", ""):
        Plaque.objects.create(organisation=world.village, hung_on=WINDOW.start, photo=photo)
    figure = compute(["orgs.plaques_with_photo"], [world.village], WINDOW).of("orgs.plaques_with_photo", world.village)
    assert (figure.numerator, figure.denominator) == (1, 2)
    assert metric("orgs.plaques_with_photo").missing(world.village, WINDOW).count() == 1


def test_every_path_the_guide_names_exists():
    named = set(re.findall(r"(?<![\w/])(?:[a-z_]+/)+(?:\w+\.(?:py|toml))?(?=[`\s])", GUIDE))
    assert len(named) > 30
    assert [path for path in sorted(named) if not (ROOT / path).exists()] == []


def test_every_name_stands_in_the_file_the_guide_says():
    pairs = re.findall(r"`(\w+)`\s+(?:in|of)\s+`([a-z_/]+\.py)`", GUIDE)
    assert len(pairs) > 10
    assert [(name, path) for name, path in pairs if not re.search(rf"\b{name}\b", (ROOT / path).read_text())] == []


def test_rows_of_every_counted_model_have_words_for_the_evidence(db):
    """Without them the page of an item that counts such rows would fail."""
    models = {each.name: each.facts(WINDOW).model for each in all_metrics() if hasattr(each, "facts")}
    assert models
    assert {name: model for name, model in models.items() if model not in _SAYINGS} == {}


def test_a_new_edition_of_the_requirements_is_one_file(tmp_path, monkeypatch):
    """Step 3 of "A regulation kind", done as it says."""
    recipe = GUIDE.partition("\n## A regulation kind\n")[2].partition("\n## ")[0]
    assert "`applies_from`" in recipe and "requirements_<year>.toml" in recipe
    policies = ROOT / "orgs" / "policies"
    for path in policies.glob("requirements_*.toml"):
        (tmp_path / path.name).write_text(path.read_text(encoding="utf-8"), encoding="utf-8")
    last = editions(policies)[-1]
    text = (policies / last.name).read_text(encoding="utf-8")
    text = text.replace(f"applies_from = {last.applies_from}", "applies_from = 2099")
    text = text.replace('"village_visit", "statistics"]', '"village_visit", "statistics", "petition"]')
    (tmp_path / "requirements_2099.toml").write_text(text, encoding="utf-8")
    monkeypatch.setattr("orgs.requirements._POLICIES", tmp_path)
    asked = [requirements_for("village_association", 5, year).regulations for year in (2098, 2099)]
    assert asked[1] == (*asked[0], "petition")
