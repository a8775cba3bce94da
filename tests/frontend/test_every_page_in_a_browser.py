"""Follow the links of each role from its front page: axe, structure, reflow, and every form sent empty.

One page per URL name is opened, whatever apps exist. What a role needs rows for is furnished in conftest.py.
"""

from collections import deque
from urllib.parse import urljoin, urlsplit

import pytest
from django.urls import Resolver404, resolve

from federation.shared.permissions import MACHINE
from tests.access.urls import PAGES
from tests.browser import axe, login, sideways_overflow

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

ROLES = ["clerk", "leader", "director", "member", "viewer", "officer", "administrator", "auditor", "stranger"]
REACHED: dict[str, set[str]] = {}
# Answers to scripts and to monitoring, and pages that test_style_book_in_a_browser or a log-in show.
NOT_PAGES = {
    "job-progress", "session", "healthz", "readyz", "style-book", "password_change_done", "login", "api-unknown",
    "outbox-state", "service-worker",
}  # fmt: skip
# Doors that open only in a state the furnished rows are not in: test_pages_in_a_state_in_a_browser looks at them.
IN_A_STATE = {
    "approval-detail", "association-add", "division-result", "draft-delete", "person-request-erase",
    "person-withdraw", "roster-confirm", "roster-errors", "roster-mode", "roster-transfers", "roster-undo",
    "run-review", "run-score",
}  # fmt: skip
# Shown to axe with rows of their own by test_registry_pages_in_a_browser, test_finding_in_a_browser and
# tests/offline/test_outbox_in_a_browser.
SHOWN_ELSEWHERE = {
    "guardian-phone", "household-detail", "household-members", "in-charge-detail", "roster-synonym-delete",
    "saved-filter-add", "saved-filter-delete", "saved-filter-edit", "saved-filter-list", "transfer-offer",
    "no-network", "person-blank",
}  # fmt: skip
# No furnished row leads there by a link: test_every_page_for_every_role opens them by address, with all of axe.
BY_ADDRESS = {"export-decide", "export-detail", "household-edit", "household-leave", "merge-undo"}
# Files, not pages.
SERVED = {"person-photo"}
# The same for everybody, and looked at by test_style_book_in_a_browser.
COMMON = {"display-settings", "help", "help-keyboard", "accessibility", "style-book"}
STRUCTURE = """() => {
  const all = Array.from(document.querySelectorAll('[id]')).map(e => e.id);
  const out = all.filter((id, i) => all.indexOf(id) !== i).map(id => 'id stands twice: ' + id);
  for (const name of ['aria-labelledby', 'aria-describedby', 'aria-controls', 'for'])
    for (const e of document.querySelectorAll('[' + name + ']'))
      for (const id of e.getAttribute(name).split(/\\s+/))
        if (id && !document.getElementById(id)) out.push(name + ' points nowhere: ' + id);
  if (document.querySelectorAll('h1').length !== 1) out.push('headings of level 1: ' +
    document.querySelectorAll('h1').length);
  if (document.querySelectorAll('[role=status]').length !== 1) out.push('not one status line');
  if (!document.title.trim()) out.push('no title');
  for (const t of document.querySelectorAll('table')) if (!t.caption) out.push('a table without caption');
  for (const e of document.querySelectorAll('[style]')) out.push('style attribute: ' + e.outerHTML.slice(0, 60));
  const text = document.body.innerText;
  for (const word of [' None', '>None', 'NaN', 'undefined', '{{', '{%', '<django', 'Traceback'])
    if (text.includes(word)) out.push('raw text on the page: ' + word);
  return out;
}"""
# The shape of the page's own part: elements, classes, attributes, and whether they say anything. A second page of
# the same shape (another role, another row) would tell axe nothing new; menus differ by role and are looked at once.
SHAPE = """() => Array.from(document.querySelectorAll('main *')).map(e =>
  [e.tagName, e.className, e.getAttributeNames().sort().join(), !e.textContent.trim()].join('|')).join(' ')"""
SHAPES: set[str] = set()
LINKS = "() => Array.from(document.querySelectorAll('a[href]')).map(a => a.href)"


def name_of(address) -> str | None:
    """The URL name of an address of ours; None for others and for unnamed ones."""
    try:
        return resolve(urlsplit(address).path).view_name or None
    except Resolver404:
        return None


def look(page, address) -> list[str]:
    """What is wrong with the page as it stands now."""
    problems = [f"{address}: {each}" for each in [*axe(page), *page.evaluate(STRUCTURE)]]
    page.set_viewport_size({"width": 320, "height": 640})
    if sideways_overflow(page):
        problems.append(f"{address}: {sideways_overflow(page)} px too wide on a phone")
    page.set_viewport_size({"width": 1280, "height": 900})
    return problems


def send_empty(page, address) -> list[str]:
    """Send the page's form with its boxes emptied: the refusal must be readable and lead to each control."""
    form = page.locator("main form[method=post]:has(.need-yes)").first
    if not form.count():
        return []
    for box in form.locator("input[type=text], input:not([type]), textarea").all():
        if box.is_visible() and box.is_editable():
            box.fill("")
    form.locator(".actions button").first.click()
    page.wait_for_load_state()
    if not page.locator("#errors").count():
        return []
    problems = look(page, f"{address} (sent empty)")
    if not page.title().startswith("错误："):
        problems.append(f"{address}: the title of the refused form does not start with 错误：")
    if page.evaluate("document.activeElement.id") != "errors":
        problems.append(f"{address}: the list of errors does not have the focus")
    for link in page.locator("#errors a").all():
        if page.locator(link.get_attribute("href")).count() != 1:
            problems.append(f"{address}: an error leads nowhere: {link.inner_text()}")
    return problems


def walk(page, base) -> tuple[dict[str, str], list[str]]:
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
        page.goto(address)
        queue += [link for link in page.evaluate(LINKS) if link.startswith(base)]
        shape = page.evaluate(SHAPE)
        if shape in SHAPES and len(seen) > 3:
            continue
        SHAPES.add(shape)
        problems += look(page, address)
        problems += send_empty(page, address)
    return seen, problems


@pytest.mark.parametrize("role", ROLES)
def test_every_page_a_role_can_reach_is_sound(page, live_server, furnished, role):
    login(page, live_server, getattr(furnished, role))
    seen, problems = walk(page, live_server.url)
    REACHED[role] = set(seen)
    assert "display-settings" in seen, seen
    assert problems == []


def test_no_page_is_left_out_because_nothing_links_to_it():
    """The pages above, over all roles, are all there are."""
    assert set(REACHED) == set(ROLES), "run this file as a whole: the walks of all roles are counted"
    reached = set().union(*REACHED.values())
    pages = {page.name for page in PAGES if page.permission != MACHINE and "get" in (page.methods or ("get",))}
    missing = sorted(pages - reached - NOT_PAGES - IN_A_STATE - SHOWN_ELSEWHERE - BY_ADDRESS - SERVED)
    assert not missing, f"nothing links to: {', '.join(missing)}"
