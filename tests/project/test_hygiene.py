"""Rules about the repository itself that no reviewer should have to remember."""

import importlib.util
import re
import subprocess
from pathlib import Path

import pytest
from django.conf import settings

ROOT = Path(settings.BASE_DIR)
LARGEST_MODULE = 400
LARGEST_TEMPLATE = 120


def tracked(*patterns) -> list[Path]:
    listing = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", *patterns],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return [ROOT / line for line in listing.stdout.splitlines() if (ROOT / line).is_file()]


def test_the_listing_finds_the_project():
    assert ROOT / "manage.py" in tracked("*.py")


def test_lock_files_hold_no_addresses_and_every_package_has_a_hash():
    for path in (ROOT / "requirements").glob("*.txt"):
        text = path.read_text()
        assert not re.search(r"https?://|--index|--find-links|file:", text), path.name
        pins = re.findall(r"^([a-z0-9_.-]+)(?:\[[^\]]+\])?==", text, re.M)
        assert len(pins) > 30
        assert text.count("--hash=sha256:") >= len(pins)


def test_psycopg_3_is_not_installed():
    """Django would silently use it instead of psycopg2."""
    assert importlib.util.find_spec("psycopg") is None


def test_no_module_is_longer_than_the_house_allows():
    modules = [path for path in tracked("*.py") if "migrations" not in path.parts]
    long = {str(p.relative_to(ROOT)): n for p in modules if (n := len(p.read_text().splitlines())) > LARGEST_MODULE}
    assert long == {}


def test_no_template_is_longer_than_the_house_allows():
    long = {p.name: n for p in tracked("templates/*.html") if (n := len(p.read_text().splitlines())) > LARGEST_TEMPLATE}
    assert long == {}


def test_no_machine_path_or_workplace_name_is_in_the_project():
    forbidden = re.compile("/" + "work/|/" + "root/|\\.\\./" + "shared")
    kinds = ("*.py", "*.html", "*.md", "*.toml", "*.yml", "*.css", "*.js", "Makefile", ".ci/*", "Dockerfile")
    found = [str(path.relative_to(ROOT)) for path in tracked(*kinds) if forbidden.search(path.read_text())]
    assert found == []


@pytest.mark.parametrize("command", ["make run", "make test"])
def test_the_readme_names_the_two_commands(command):
    assert command in (ROOT / "README.md").read_text()


def test_every_make_target_the_readme_names_exists():
    named = set(re.findall(r"make ([a-z-]+)", (ROOT / "README.md").read_text()))
    rules = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.M))
    assert named and named <= rules


def test_no_model_change_is_without_its_migration(db):
    from django.core.management import call_command

    call_command("makemigrations", check=True, dry_run=True, verbosity=0)


def test_no_float_is_used_where_points_or_money_are_counted():
    """Points and money are Decimal; a float literal or call in these modules is a mistake."""
    modules = [path for path in tracked("assessments/*.py", "*/metrics.py") if "migrations" not in path.parts]
    assert modules
    pattern = re.compile(r"\bfloat\(|(?<![\w.\"'])\d+\.\d+(?![\w.\"'])")
    found = {}
    for path in modules:
        code = re.sub(r'""".*?"""|"[^"\n]*"|#[^\n]*', "", path.read_text(), flags=re.S)
        if hits := pattern.findall(code):
            found[str(path.relative_to(ROOT))] = hits
    assert found == {}
