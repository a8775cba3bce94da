"""Every page is drawn: found by the links of each role from its front page, the rest by their addresses.

A page is drawn once for all that is looked at (see soundness.py): the first of each URL name in every theme, at
double text and by the tab key, further shapes of it in the light theme, with every form sent empty. What a role
needs rows for is furnished in conftest.py. AXE_FULL=1 draws every role's every page by its address as well and shows
all of them to axe, one page per URL name in all three themes: for a night, or before a release.
"""

from collections import deque
from urllib.parse import urljoin, urlsplit

import pytest
from django.test import Client
from django.urls import Resolver404, resolve

from federation.shared.permissions import MACHINE
from tests.access.urls import PAGES
from tests.browser import login
from tests.frontend.conftest import addresses
from tests.frontend.soundness import (
    FULL,
    STRUCTURE,
    Outline,
    by_axe,
    count,
    in_themes,
    look,
    reflowed,
    send_empty,
    targets_and_focus,
)

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True), pytest.mark.timeout(7200 if FULL else 1800)]

ROLES = ["clerk", "leader", "director", "member", "viewer", "officer", "administrator", "auditor", "stranger"]
# By role, what its links led to; by URL name, for whom the page was drawn first; the shapes drawn.
REACHED: dict[str, set[str]] = {}
DRAWN: dict[str, str] = {}
SHAPES: set[str] = set()
# Answers to scripts and to monitoring, and pages that test_style_book_in_a_browser or a log-in show.
NOT_PAGES = {
    "job-progress", "session", "healthz", "readyz", "style-book", "password_change_done", "login", "api-unknown",
    "outbox-state", "service-worker",
}  # fmt: skip
# Doors that open only in a state the furnished rows are not in: test_pages_in_a_state_in_a_browser looks at them.
IN_A_STATE = {
    "appraisal-own-object", "appraisal-own-result", "appraisal-own-sheet", "approval-detail", "association-add",
    "division-result",
    "draft-delete", "member-handover", "person-request-erase",
    "person-withdraw", "roster-confirm", "roster-errors", "roster-mode", "roster-transfers", "roster-undo",
    "run-review", "run-score", "statement-own",
}  # fmt: skip
# Shown to axe with rows of their own by test_registry_pages_in_a_browser, test_finding_in_a_browser and
# tests/offline/test_outbox_in_a_browser.
SHOWN_ELSEWHERE = {
    "guardian-phone", "household-detail", "household-members", "in-charge-detail", "person-distinct",
    "roster-synonym-delete",
    "saved-filter-add", "saved-filter-delete", "saved-filter-edit", "saved-filter-list", "transfer-offer",
    "no-network", "person-blank",
}  # fmt: skip
# No furnished row leads there by a link: opened by address.
BY_ADDRESS = {
    "member-result-band", "renewal-permit-add", "renewal-permit-withdraw", "subsidy-batch-payments",
    "member-result-object", "nomination-conclude", "nomination-publicise", "nomination-said", "nomination-settle",
    "attendance-withdraw", "export-decide", "export-detail", "household-edit", "household-leave", "merge-undo",
    "subsidy-batch-approve", "subsidy-batch-archive", "subsidy-batch-bank", "subsidy-batch-check",
    "subsidy-batch-notices", "subsidy-batch-pay", "subsidy-batch-resend", "subsidy-batch-return",
    "subsidy-batch-supplement", "subsidy-deduction-delete", "subsidy-line-again", "subsidy-line-correct",
    "subsidy-line-deduct", "subsidy-line-not-returned", "subsidy-line-notice", "subsidy-line-remove",
    "subsidy-line-returned", "subsidy-payment-give-up",
}  # fmt: skip
# Answers that are files, not pages, to which no link of the furnished rows leads.
SERVED = {
    "person-photo", "member-photo", "export-now", "statement-own-pdf", "statement-own-table", "subsidy-budget-table",
    "appraisal-own-sheet-pdf",
    "subsidy-line-notice-pdf",
}  # fmt: skip
FILES = SERVED | {
    "media-file", "roster-template", "roster-errors", "run-export", "audit-export", "api-schema",
    "field-register-table", "summary-table", "summary-saved-table", "subsidy-batch-sheet-pdf",
    "statement-member-pdf", "statement-member-table", "statement-body-pdf", "statement-body-table",
    "training-sheet-pdf", "member-result-sheet-pdf",
}  # fmt: skip
# The same for everybody, and looked at by test_style_book_in_a_browser.
COMMON = {"display-settings", "help", "help-keyboard", "accessibility", "style-book"}


def name_of(address) -> str | None:
    """The URL name of an address of ours; None for others and for unnamed ones."""
    try:
        return resolve(urlsplit(address).path).view_name or None
    except Resolver404:
        return None


def drawn(page, name, address, role) -> list[str]:
    """What is wrong with the page that is open now; what its first drawing shows is not asked of the next."""
    count("pages drawn")
    problems = look(page, address)
    if name not in DRAWN:
        DRAWN[name] = role
        found = targets_and_focus(page) + in_themes(page) + reflowed(page)
        problems += [f"{address}: {each}" for each in found]
    return problems


def walk(page, base, role) -> tuple[dict[str, str], list[str]]:
    """Every page that can be reached by links, one per URL name: {name: address} and what is wrong."""
    seen, problems, queue = {}, [], deque(["/"])
    while queue:
        address = urljoin(base, queue.popleft())
        name = name_of(address)
        if name is None or name in seen:
            continue
        response = page.request.get(address)
        seen[name] = address
        if response.status >= 400:
            problems.append(f"{address}: a link of this role leads to {response.status}")
        landed = name_of(response.url)
        if landed != name:
            seen.setdefault(landed, response.url)
        if response.status >= 400 or "text/html" not in response.headers.get("content-type", ""):
            continue
        if name in COMMON:
            continue
        outline = Outline(response.text())
        queue += [link for each in outline.links if (link := urljoin(response.url, each)).startswith(base)]
        if outline.shape in SHAPES and len(seen) > 3:
            continue
        SHAPES.add(outline.shape)
        page.goto(address)
        problems += drawn(page, landed, address, role)
        problems += send_empty(page, address)
    return seen, problems


def pages_of(user, places, but=()) -> dict[str, str]:
    """{URL name: the first address of it that answers this account with a page}, without the names in `but`."""
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    found = {}
    for page in PAGES:
        if page.name in but or page.permission == MACHINE:
            continue
        if page.name in NOT_PAGES - {"style-book", "password_change_done"}:
            continue
        for address in addresses(page, places):
            answer = client.get(address)
            if answer.status_code == 200 and answer.headers["content-type"].startswith("text/html"):
                found[page.name] = address
                break
    return found


def in_full(page, name, role, seen=set()) -> list[str]:  # noqa: B006
    """Everything of axe; what does not differ by role is looked at once."""
    found = [*page.evaluate(STRUCTURE), *by_axe(page)]
    count("pages × roles drawn in full")
    if name not in seen:
        seen.add(name)
        DRAWN.setdefault(name, role)
        found += targets_and_focus(page) + in_themes(page, None) + reflowed(page, with_axe=True)
    # A long run says at once what it does (pytest -s).
    print(role, name, len(found), *found, sep="\n    " if found else " ", flush=True)
    return found


@pytest.mark.parametrize("role", ROLES)
def test_every_page_a_role_can_reach_is_sound(page, live_server, furnished, role):
    login(page, live_server, getattr(furnished, role))
    seen, problems = walk(page, live_server.url, role)
    REACHED[role] = set(seen)
    assert "display-settings" in seen, seen
    count("violations", len(problems))
    assert problems == []


@pytest.mark.parametrize("roles", [[role] for role in ROLES] if FULL else [ROLES], ids=", ".join)
def test_every_page_that_no_link_showed_is_sound(new_page, live_server, furnished, places, roles):
    problems = []
    for role in roles:
        mine = pages_of(getattr(furnished, role), places, but=() if FULL else DRAWN)
        page = new_page()
        login(page, live_server, getattr(furnished, role))
        for name, address in mine.items():
            page.goto(address)
            found = in_full(page, name, role) if FULL else drawn(page, name, address, role)
            problems += [f"{name} as {role}: {each}" for each in found]
    count("violations", len(problems))
    assert problems == []


def test_no_page_is_left_out():
    """The pages above, over all roles, are all there are: led to by a link, and drawn."""
    assert set(REACHED) == set(ROLES), "run this file as a whole: the walks of all roles are counted"
    pages = {page.name for page in PAGES if page.permission != MACHINE and "get" in (page.methods or ("get",))}
    elsewhere = NOT_PAGES | IN_A_STATE | SHOWN_ELSEWHERE
    unlinked = sorted(pages - set().union(*REACHED.values()) - elsewhere - BY_ADDRESS - SERVED)
    assert not unlinked, f"nothing links to: {', '.join(unlinked)}"
    undrawn = sorted(pages - set(DRAWN) - elsewhere - FILES)
    assert not undrawn, f"nobody opened: {', '.join(undrawn)}"
    assert set(DRAWN) >= BY_ADDRESS
