"""What makes a page sound, looked at in a real browser: axe, structure, themes, double text, phones, targets, focus."""

import os
from html.parser import HTMLParser

from playwright.sync_api import Error

from tests.browser import axe, hidden_focus_stops, low_controls, sideways_overflow, small_targets
from tests.frontend.conftest import COUNTS
from tests.frontend.contrast import COLOURS, contrast

FULL = bool(os.environ.get("AXE_FULL"))
DESK, PHONE = {"width": 1280, "height": 900}, {"width": 320, "height": 640}
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


def count(name, amount=1):
    COUNTS[name] = COUNTS.get(name, 0) + amount


def switch(page, attribute, value):
    """As the server draws it: the display settings are attributes of the root alone."""
    page.evaluate("([name, value]) => document.documentElement.setAttribute(name, value)", [attribute, value])


def by_axe(page, rules=None) -> list[str]:
    """All rules, or only those of colours; contrast where it is new (contrast.py)."""
    count("axe runs")
    if FULL:
        return axe(page, rules=rules)
    found, examined = contrast(page)
    count("texts shown to axe for contrast", examined)
    return found if rules == COLOURS else [*axe(page, without=COLOURS), *found]


def look(page, address) -> list[str]:
    """What is wrong with the page as it stands now."""
    problems = [f"{address}: {each}" for each in [*by_axe(page), *page.evaluate(STRUCTURE)]]
    page.set_viewport_size(PHONE)
    if sideways_overflow(page):
        problems.append(f"{address}: {sideways_overflow(page)} px too wide on a phone")
    page.set_viewport_size(DESK)
    return problems


def in_themes(page, rules=COLOURS, themes=("contrast", "dark")) -> list[str]:
    found = []
    for theme in themes:
        switch(page, "data-theme", theme)
        found += [f"{theme}: {each}" for each in by_axe(page, rules)]
    switch(page, "data-theme", "light")
    return found


def reflowed(page, *, with_axe=False) -> list[str]:
    """Double text on the narrowest window."""
    page.set_viewport_size(PHONE)
    found = []
    for size in ("100", "200"):
        switch(page, "data-size", size)
        if sideways_overflow(page):
            found.append(f"{sideways_overflow(page)} px too wide at 320 px and {size} % text")
        found += [f"small at {size} % on a phone: {each}" for each in small_targets(page)]
    if with_axe:
        found += [f"at 200 % on a phone: {each}" for each in by_axe(page)]
    switch(page, "data-size", "100")
    page.set_viewport_size(DESK)
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


def answered_by_a_page(page, button) -> bool:
    """Press it and wait for what follows: forms of the outbox are sent by script, some time after the press.

    False where the answer is a file, which leaves the page where it was.
    """
    files = []

    def keep(download):
        files.append(download)

    page.on("download", keep)
    try:
        with page.expect_navigation():
            button.click()
    except Error:
        if not files:
            # Whichever is told first; no file within the time is an error as well.
            page.wait_for_event("download")
        return False
    finally:
        page.remove_listener("download", keep)
    return True


def send_empty(page, address) -> list[str]:
    """Send the page's form with its boxes emptied: the refusal must be readable and lead to each control."""
    form = page.locator("main form[method=post]:has(.need-yes)").first
    if not form.count():
        return []
    for box in form.locator("input[type=text], input:not([type]), textarea").all():
        if box.is_visible() and box.is_editable():
            box.fill("")
    if not answered_by_a_page(page, form.locator(".actions button").first) or not page.locator("#errors").count():
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


class Outline(HTMLParser):
    """What a page is made of, read from its text, which is much cheaper than drawing it.

    `links`: where it leads. `shape`: elements, classes and attributes of its own part, and whether they say anything.
    A second page of the same shape (another role, another row) would tell a browser nothing new; menus differ by
    role and are looked at once.
    """

    # Elements that have no end.
    EMPTY = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}

    def __init__(self, text):
        super().__init__()
        self.links: list[str] = []
        self._elements: list[list] = []
        self._open: list[tuple[str, list | None]] = []
        self._in_main = False
        self.feed(text)
        self.close()

    @property
    def shape(self) -> str:
        return " ".join("|".join(map(str, element)) for element in self._elements)

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        if tag == "a" and given.get("href"):
            self.links.append(given["href"])
        element = None
        if self._in_main:
            element = [tag, given.get("class") or "", ",".join(sorted(given)), False]
            self._elements.append(element)
        self._in_main = self._in_main or tag == "main"
        if tag not in self.EMPTY:
            self._open.append((tag, element))

    def handle_startendtag(self, tag, attrs):
        """`<path/>` in a drawing ends at once; `<input/>` is read like `<input>`."""
        self.handle_starttag(tag, attrs)
        if tag not in self.EMPTY:
            self._open.pop()

    def handle_endtag(self, tag):
        if any(name == tag for name, _ in self._open):
            while self._open.pop()[0] != tag:
                pass
        self._in_main = self._in_main and tag != "main"

    def handle_data(self, data):
        if data.strip():
            for _, element in self._open:
                if element is not None:
                    element[-1] = True
