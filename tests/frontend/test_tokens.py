"""The colours of tokens.css, computed by the formula of WCAG, in the three themes."""

import re
from pathlib import Path

import pytest

CSS = Path(__file__).resolve().parents[2] / "static" / "css"
TOKENS = (CSS / "tokens.css").read_text(encoding="utf-8")

TEXT_PAIRS = [
    ("ink", "paper"), ("ink", "canvas"), ("ink", "sunken"), ("ink", "zebra"), ("ink", "brand-soft"),
    ("ink", "ok-soft"), ("ink", "warn-soft"), ("ink", "bad-soft"),
    ("ink-2", "paper"), ("ink-2", "canvas"), ("ink-2", "sunken"), ("ink-2", "zebra"),
    ("link", "paper"), ("link", "canvas"), ("link", "sunken"), ("link", "zebra"),
    ("link-visited", "paper"), ("link-visited", "canvas"), ("link-visited", "zebra"),
    ("on-brand", "brand"), ("on-brand", "brand-hover"), ("brand", "brand-soft"), ("brand", "paper"),
    ("on-nav", "nav"), ("on-nav", "nav-hover"), ("seal", "paper"), ("bad", "paper"),
    ("ok", "ok-soft"), ("warn", "warn-soft"), ("bad", "bad-soft"), ("on-bad", "bad"),
    ("ok", "paper"), ("warn", "paper"), ("ok", "zebra"),
]  # fmt: skip
SHAPE_PAIRS = [("line-strong", "paper"), ("line-strong", "canvas"), ("focus", "focus-ink"), ("brand", "sunken")]


def colours(selector: str) -> dict[str, str]:
    block = re.search(re.escape(selector) + r"\s*\{(.*?)\}", TOKENS, re.S)
    assert block, f"no block {selector}"
    return dict(re.findall(r"--([a-z0-9-]+):\s*(#[0-9a-f]{6})", block.group(1)))


LIGHT = colours(":root")
THEMES = {
    "light": LIGHT,
    "dark": {**LIGHT, **colours(':root[data-theme="dark"]')},
    "contrast": {**LIGHT, **colours(':root[data-theme="contrast"]')},
}


def luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def test_the_formula_gives_the_known_extremes():
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.478, abs=0.001)


@pytest.mark.parametrize("theme", THEMES)
def test_text_stands_at_seven_to_one_or_more(theme):
    weak = {
        pair: round(contrast(THEMES[theme][pair[0]], THEMES[theme][pair[1]]), 2)
        for pair in TEXT_PAIRS
        if contrast(THEMES[theme][pair[0]], THEMES[theme][pair[1]]) < 7
    }
    assert weak == {}


@pytest.mark.parametrize("theme", THEMES)
def test_borders_and_the_two_rings_of_the_focus_stand_at_three_to_one_or_more(theme):
    weak = [pair for pair in SHAPE_PAIRS if contrast(THEMES[theme][pair[0]], THEMES[theme][pair[1]]) < 3]
    assert weak == []


@pytest.mark.parametrize("theme", THEMES)
def test_one_ring_of_the_focus_is_seen_on_every_ground(theme):
    tokens = THEMES[theme]
    grounds = ["paper", "canvas", "sunken", "zebra", "nav", "brand", "brand-soft", "bad"]
    unseen = [
        ground
        for ground in grounds
        if max(contrast(tokens["focus"], tokens[ground]), contrast(tokens["focus-ink"], tokens[ground])) < 3
    ]
    assert unseen == []


def test_dark_by_the_system_equals_dark_by_choice():
    # Two copies stand in the file, because a media query and an attribute cannot share a rule.
    assert colours(':root[data-theme="auto"]') == colours(':root[data-theme="dark"]')


def test_every_theme_names_every_colour():
    names = set(LIGHT)
    assert set(colours(':root[data-theme="dark"]')) == names
    assert set(colours(':root[data-theme="contrast"]')) == names


def test_the_style_sheets_use_only_tokens_that_exist_and_nothing_newer_than_the_oldest_browser():
    defined = set(re.findall(r"(--[a-z0-9-]+):", TOKENS))
    site = (CSS / "site.css").read_text(encoding="utf-8")
    for name in ("site.css", "print.css"):
        text = (CSS / name).read_text(encoding="utf-8")
        assert set(re.findall(r"var\((--[a-z0-9-]+)", text)) <= defined
        for newer in ("@layer {", "@layer ", "@container", ":has(", "color-mix(", "scroll-behavior", "@import"):
            assert newer not in re.sub(r"/\*.*?\*/", "", text, flags=re.S), newer
    assert not re.search(r"#[0-9a-f]{3,6}\b", site.split("@media (forced-colors")[0]), "a colour beside the tokens"
