"""The shortcut of contrast.py hides nothing: what can change a contrast makes a text new, and what failed stays new."""

import pytest

from tests.frontend.contrast import COLOURS, contrast
from tests.frontend.soundness import by_axe

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
SOUND = "body {color: #111; background: #fff} em {font-style: normal}"
PAGE = (
    "<html lang=zh><title>页</title><style>{}</style>"
    "<main><h1>标题文字</h1><div><p>这里是一段<em>普通</em>的文字</p></div></main>"
)


def shown(page, style="", known=None) -> tuple[list[str], int]:
    page.set_content(PAGE.format(SOUND + style))
    return contrast(page, known)


@pytest.fixture
def known(page) -> set[str]:
    known = set()
    found, examined = shown(page, known=known)
    assert found == [] and examined == 3 and len(known) == 3
    assert shown(page, known=known) == ([], 0)
    return known


@pytest.mark.parametrize(
    "style",
    [
        "p {color: #777}",
        "em {color: #767676}",  # 4.54 : 1, enough for AA and too little for AAA
        "em {color: #ddd}",
        "p {background: #555}",
        "div {background: #333}",
        "main {background: #333}",
        ":root {background: #222} body {background: transparent}",
        "div {opacity: .3}",
        "body {color: #eee; background: #fff}",
        ":root {--ink: #aaa} p {color: var(--ink)}",
    ],
)
def test_what_makes_a_text_hard_to_read_is_found_on_a_page_of_known_texts(page, known, style):
    before = set(known)
    found, examined = shown(page, style, known)
    assert examined and found and {line.split(":")[0] for line in found} <= {
        "color-contrast", "color-contrast-enhanced",
    }  # fmt: skip
    # Not learned by having been seen: found again, with every look.
    assert shown(page, style, known)[0] == found
    assert known >= before


@pytest.mark.parametrize(
    "style",
    ["p {font-size: 25px}", "p {font-weight: 700}", "p {text-shadow: 0 0 2px #fff}", "div {filter: blur(1px)}",
     "div {background-image: linear-gradient(#fff, #eee)}", "div {mix-blend-mode: multiply}",
     "p::before {content: ''; background: #fee}", "p {-webkit-text-stroke: 1px #222}"],
)  # fmt: skip
def test_a_text_that_looks_otherwise_is_shown_to_axe(page, known, style):
    assert shown(page, style, known)[1] > 0


@pytest.mark.parametrize("style", ["p {position: absolute}", "div {position: fixed}", "p {transform: translateY(9px)}"])
def test_what_may_lie_over_something_is_always_shown_to_axe(page, known, style):
    assert shown(page, style, known)[1] > 0
    assert shown(page, style, known)[1] > 0


def test_everything_but_contrast_is_asked_of_every_page(page):
    for _look in range(2):
        page.set_content(PAGE.format(SOUND).replace("</p>", "<input><a href=#></a></p>"))
        assert {line.split(":")[0] for line in by_axe(page)} >= {"label", "link-name"}


def test_in_full_axe_is_asked_about_known_texts_too(page, monkeypatch):
    page.set_content(PAGE.format(SOUND + "p {color: #777}"))
    # As if axe had passed every text there is.
    monkeypatch.setattr("tests.frontend.soundness.contrast", lambda page: ([], 0))
    # Whatever AXE_FULL says of this run.
    monkeypatch.setattr("tests.frontend.soundness.FULL", False)
    assert by_axe(page, COLOURS) == []
    monkeypatch.setattr("tests.frontend.soundness.FULL", True)
    assert {line.split(":")[0] for line in by_axe(page, COLOURS)} >= {"color-contrast"}
