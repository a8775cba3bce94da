"""Every address × role that may open it, drawn: axe, structure, themes, double text, phones, targets, focus.

The addresses come from the resolver and from tests/access/targets.py, not from links. Normally each URL name is
drawn for one role that may open it (the walk of test_every_page_in_a_browser has shown it to axe in the light theme)
and looked at in the ways the walk does not. AXE_FULL=1 draws every role's every page and shows all of them to axe,
one page per URL name in all three themes: for a night, or before a release.
"""

import os

import pytest
from django.test import Client

from federation.shared.permissions import MACHINE
from tests.access.urls import PAGES
from tests.browser import axe, hidden_focus_stops, login, low_controls, sideways_overflow, small_targets
from tests.frontend.conftest import COUNTS, addresses
from tests.frontend.test_every_page_in_a_browser import (
    BY_ADDRESS,
    IN_A_STATE,
    NOT_PAGES,
    ROLES,
    SERVED,
    SHOWN_ELSEWHERE,
    STRUCTURE,
)

FULL = bool(os.environ.get("AXE_FULL"))
pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True), pytest.mark.timeout(7200 if FULL else 900)]

COLOURS = ("color-contrast", "color-contrast-enhanced")
# Answers that are files, not pages.
FILES = SERVED | {
    "media-file", "roster-template", "roster-errors", "run-export", "audit-export", "api-schema",
    "field-register-table", "summary-table", "summary-saved-table",
}  # fmt: skip
DRAWN: dict[str, str] = {}


def count(name, amount=1):
    COUNTS[name] = COUNTS.get(name, 0) + amount


def pages_of(user, places) -> dict[str, str]:
    """{URL name: the first address of it that answers this account with a page}."""
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    found = {}
    for page in PAGES:
        if page.permission == MACHINE or page.name in NOT_PAGES - {"style-book", "password_change_done"}:
            continue
        for address in addresses(page, places):
            answer = client.get(address)
            if answer.status_code == 200 and answer.headers["content-type"].startswith("text/html"):
                found[page.name] = address
                break
    return found


def switch(page, attribute, value):
    """As the server draws it: the display settings are attributes of the root alone."""
    page.evaluate("([name, value]) => document.documentElement.setAttribute(name, value)", [attribute, value])


def in_themes(page, rules) -> list[str]:
    found = []
    for theme in ("contrast", "dark"):
        switch(page, "data-theme", theme)
        found += [f"{theme}: {each}" for each in axe(page, rules=rules)]
        count("pages in a further theme")
    switch(page, "data-theme", "light")
    return found


def reflowed(page) -> list[str]:
    """Double text on the narrowest window."""
    page.set_viewport_size({"width": 320, "height": 640})
    found = []
    for size in ("100", "200"):
        switch(page, "data-size", size)
        if sideways_overflow(page):
            found.append(f"{sideways_overflow(page)} px too wide at 320 px and {size} % text")
        found += [f"small at {size} % on a phone: {each}" for each in small_targets(page)]
    if FULL:
        found += [f"at 200 % on a phone: {each}" for each in axe(page)]
    switch(page, "data-size", "100")
    page.set_viewport_size({"width": 1280, "height": 900})
    return found


def targets_and_focus(page) -> list[str]:
    found = [f"small: {each}" for each in small_targets(page)] + [f"low: {each}" for each in low_controls(page)]
    if page.locator("main form").count():
        stops, unseen = hidden_focus_stops(page)
        count("focus stops", stops)
        found += [f"focus not to be seen: {each}" for each in unseen]
        if not stops:
            found.append("no stop of the tab key on a page with a form")
    return found


def looked_at(page, name) -> list[str]:
    """What is wrong with the page that is open now; what does not differ by role is looked at once."""
    found = page.evaluate(STRUCTURE)
    if FULL:
        found += axe(page)
        count("pages × roles shown to axe in the light theme")
    elif name in BY_ADDRESS and name not in DRAWN:
        found += axe(page)
    if name not in DRAWN:
        found += targets_and_focus(page) + in_themes(page, None if FULL else COLOURS) + reflowed(page)
    return found


@pytest.mark.parametrize("role", ROLES)
def test_every_page_the_role_may_open_is_sound_in_every_theme_and_size(page, live_server, furnished, places, role):
    login(page, live_server, getattr(furnished, role))
    mine = pages_of(getattr(furnished, role), places)
    assert "display-settings" in mine
    problems = []
    for name, address in mine.items():
        if name in DRAWN and not FULL:
            continue
        page.goto(live_server.url + address)
        found = looked_at(page, name)
        DRAWN.setdefault(name, role)
        count("pages × roles drawn")
        count("violations", len(found))
        problems += [f"{name} as {role} ({address}): {each}" for each in found]
        if FULL:
            # A long run says at once what it does (pytest -s).
            print(role, name, len(found), *found, sep="\n    " if found else " ", flush=True)
    assert not problems, "\n".join(problems)


def test_every_page_was_drawn_for_somebody():
    wanted = {page.name for page in PAGES if page.permission != MACHINE and "get" in (page.methods or ("get",))}
    missing = sorted(wanted - set(DRAWN) - NOT_PAGES - IN_A_STATE - SHOWN_ELSEWHERE - FILES)
    assert set(DRAWN) >= BY_ADDRESS
    assert not missing, f"nobody opened: {', '.join(missing)}"
