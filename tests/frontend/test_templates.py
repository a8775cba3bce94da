"""What no template and no script of ours may hold, and pages that parse strictly."""

import re
from pathlib import Path

import html5lib
import pytest

ROOT = Path(__file__).resolve().parents[2]
TEMPLATES = sorted([*ROOT.glob("templates/**/*.html"), *ROOT.glob("*/templates/**/*.html")])
FORBIDDEN = {
    "an inline style": re.compile(r"\sstyle\s*=|<style", re.I),
    "an inline script": re.compile(r"<script(?![^>]*\ssrc=)", re.I),
    "an event attribute": re.compile(r"\son[a-z]+\s*=", re.I),
    "an address elsewhere": re.compile(r"""(?:src|href|action)\s*=\s*["'](?:https?:)?//""", re.I),
    "a tooltip, which keyboards do not reach": re.compile(r"<(?!iframe)[a-z]+[^>]*\stitle\s*=", re.I),
}
PAGES = ["/ui/", "/display/", "/help/", "/help/keyboard/", "/accessibility/", "/login/", "/no-such-page/"]


def test_there_are_templates_to_look_at():
    assert len(TEMPLATES) > 30


@pytest.mark.parametrize("what", FORBIDDEN)
def test_no_template_holds(what):
    found = [
        f"{path.relative_to(ROOT)}: {match.group(0)}"
        for path in TEMPLATES
        for match in FORBIDDEN[what].finditer(re.sub(r"{#.*?#}", "", path.read_text(encoding="utf-8")))
    ]
    assert found == []


def test_no_template_is_longer_than_120_lines():
    assert [path.name for path in TEMPLATES if len(path.read_text(encoding="utf-8").splitlines()) > 120] == []


def test_scripts_name_no_address_elsewhere_and_build_no_code_from_text():
    for path in (ROOT / "static" / "js").glob("*.js"):
        text = path.read_text(encoding="utf-8")
        assert not re.search(r"https?://|\beval\(|new Function|innerHTML|document\.write|localStorage", text), path.name


def ids_of(document) -> list[str]:
    return [element.get("id") for element in document.iter() if element.get("id")]


def strict(text):
    parser = html5lib.HTMLParser(strict=True, namespaceHTMLElements=False)
    return parser.parse(text)


@pytest.mark.django_db
@pytest.mark.parametrize("theme", ["auto", "light", "dark", "contrast"])
def test_the_style_book_is_valid_in_every_theme_and_no_id_stands_twice(client, theme):
    client.cookies["fed_theme"] = theme
    document = strict(client.get("/ui/").content.decode())
    ids = ids_of(document)
    assert document.get("data-theme") == theme
    assert len(ids) > 40 and len(ids) == len(set(ids))


@pytest.mark.django_db
@pytest.mark.parametrize("address", PAGES)
def test_a_public_page_is_valid_has_one_heading_landmarks_and_references_that_resolve(client, address):
    document = strict(client.get(address).content.decode())
    ids = set(ids_of(document))
    assert document.get("lang") == "zh-CN"
    assert len(list(document.iter("h1"))) == 1
    assert len(list(document.iter("main"))) == 1
    assert len([e for e in document.iter() if e.get("role") == "status"]) == 1
    for name in ("aria-labelledby", "aria-describedby", "for"):
        for element in document.iter():
            assert set((element.get(name) or "").split()) <= ids, (name, element.get(name))


@pytest.mark.django_db
def test_a_first_page_with_its_styles_and_scripts_is_lighter_than_60_kilobytes(client):
    import gzip

    page = client.get("/ui/").content
    parts = [path.read_bytes() for path in (ROOT / "static").rglob("*") if path.suffix in (".css", ".js", ".svg")]
    assert len(parts) >= 5
    assert sum(len(gzip.compress(part)) for part in [page, *parts]) < 60_000


def test_the_page_of_a_server_failure_needs_neither_user_nor_database():
    from django.template.loader import render_to_string

    for name in ("500.html", "503.html", "400.html"):
        document = strict(render_to_string(name))
        assert len(list(document.iter("h1"))) == 1
