"""A real Chromium for any area's tests, driven by Playwright's sync interface.

    from tests.browser import axe, login        # helpers
    pytestmark = pytest.mark.browser            # then take the fixture `page`

`page` fails its test at the end if the page sent a request elsewhere, broke the content policy or threw a
script error. Playwright keeps an event loop alive in the test thread, where Django would then refuse the
ORM; the `browser` fixture says once that this is safe here (one thread, no asynchronous code of ours).
"""

import os
import shutil
import warnings
from urllib.parse import urlsplit

import pytest

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    # No other machine can be found, whatever a page asks for.
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
]
AXE_TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
_RUN_AXE = """async ([include, options]) => {
  const found = await window.axe.run(include || document, options);
  return {passes: found.passes.length, violations: found.violations};
}"""
TIMEOUT = 20_000  # milliseconds; no wait in a browser test is endless
_WATCH_POLICY = """
window.__policy = [];
document.addEventListener("securitypolicyviolation", function (event) {
  window.__policy.push(event.violatedDirective + " " + event.blockedURI);
});
"""


def chromium_path() -> str:
    """Where Chromium is. Its absence fails the test, unless FEDERATION_ALLOW_MISSING=1 says it may be missing."""
    path = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if path:
        return path
    text = "没有找到 Chromium，浏览器测试没有运行。安装：apt-get install chromium"
    if os.environ.get("FEDERATION_ALLOW_MISSING") == "1":
        warnings.warn(text, stacklevel=2)
        pytest.skip(text)
    pytest.fail(text, pytrace=False)


@pytest.fixture(scope="session")
def browser():
    from playwright.sync_api import sync_playwright

    executable = chromium_path()
    before = os.environ.get("DJANGO_ALLOW_ASYNC_UNSAFE")
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=executable, args=FLAGS, timeout=60_000)
        yield chromium
        chromium.close()
    if before is None:
        del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]
    else:
        os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = before


class Watch:
    """What went wrong in a page without the test asking."""

    def __init__(self, context, address):
        self.problems: list[str] = []
        self._host = urlsplit(address).netloc
        # Listening, not routing: a routed request costs a detour each, and the browser then keeps no style or script.
        context.on("request", self._see)
        context.on("weberror", lambda error: self.problems.append(f"script error: {error.error}"))

    def _see(self, request):
        parts = urlsplit(request.url)
        if parts.scheme not in ("data", "blob") and parts.netloc != self._host:
            self.problems.append(f"request to elsewhere: {request.url}")


@pytest.fixture
def new_page(browser, live_server):
    """Makes pages with options of Playwright's `new_context` (viewport, java_script_enabled, color_scheme …)."""
    made = []

    def make(**options):
        options.setdefault("viewport", {"width": 1280, "height": 900})
        context = browser.new_context(base_url=live_server.url, locale="zh-CN", **options)
        context.set_default_timeout(TIMEOUT)
        context.add_init_script(_WATCH_POLICY)
        watch = Watch(context, live_server.url)
        page = context.new_page()
        made.append((context, page, watch, options.get("java_script_enabled", True)))
        return page

    yield make
    problems = []
    for context, page, watch, scripted in made:
        if scripted and page.url.startswith("http"):
            page.wait_for_load_state()
            watch.problems += page.evaluate("window.__policy || []")
        problems += watch.problems
        context.close()
    assert problems == []


@pytest.fixture
def page(new_page):
    return new_page()


def login(page, live_server, user) -> None:
    """The page now belongs to `user`: a real session, without walking through the login form."""
    from django.conf import settings
    from django.test import Client

    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    cookie = client.cookies[settings.SESSION_COOKIE_NAME]
    page.context.add_cookies([{"name": cookie.key, "value": cookie.value, "url": live_server.url}])


def show_as(page, live_server, *, size="100", theme="auto", density="standard") -> None:
    """Display settings for the pages opened from now on."""
    for name, value in (("size", size), ("theme", theme), ("density", density)):
        page.context.add_cookies([{"name": f"fed_{name}", "value": value, "url": live_server.url}])


def ensure_axe(page) -> None:
    """Half a megabyte of script: once a page, not once a look."""
    from axe_playwright_python.base import AXE_SCRIPT

    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE_SCRIPT)


def axe(page, include=None, rules=None, without=()) -> list[str]:
    """What axe-core finds wrong with the page: "rule: element: remedy", empty when nothing is.

    `rules`: only these, where the page was examined by all of them before and one thing about it changed; `without`:
    all but these.
    """
    options = {
        "resultTypes": ["violations"],
        "runOnly": {"type": "tag", "values": AXE_TAGS},
        "rules": {"color-contrast-enhanced": {"enabled": True}} | {name: {"enabled": False} for name in without},
    }
    if rules:
        options = {"resultTypes": ["violations"], "runOnly": {"type": "rule", "values": list(rules)}}
    ensure_axe(page)
    found = page.evaluate(_RUN_AXE, [include, options])
    assert found["passes"], "axe examined nothing"
    return [
        f"{rule['id']}: {' '.join(map(str, node['target']))}: {node['failureSummary']}"
        for rule in found["violations"]
        for node in rule["nodes"]
    ]


def sideways_overflow(page) -> int:
    """How many pixels the page itself scrolls sideways; regions that scroll inside do not count."""
    return page.evaluate("() => document.documentElement.scrollWidth - document.documentElement.clientWidth")


def small_targets(page, least=24) -> list[str]:
    """Controls smaller than `least` pixels that are not links within a sentence."""
    return page.evaluate(
        """least => Array.from(document.querySelectorAll(
          'a, button, input:not([type=hidden]), select, textarea, summary'))
        .filter(e => e.getClientRects().length && !e.closest('.hide, .skip'))
        .filter(e => getComputedStyle(e).visibility !== 'hidden')
        .filter(e => !(e.tagName === 'A' && getComputedStyle(e).display === 'inline' && e.closest('p, li, dd')))
        .map(e => [e, e.getBoundingClientRect()])
        .filter(([e, r]) => r.width < least - .5 || r.height < least - .5)
        .map(([e, r]) => e.outerHTML.slice(0, 90) + ' ' + r.width.toFixed(1) + '×' + r.height.toFixed(1))""",
        least,
    )


def low_controls(page, least=44) -> list[str]:
    """What one types into, chooses, sends with or finds one's way by, and is lower than `least` pixels."""
    return page.evaluate(
        """least => Array.from(document.querySelectorAll('.choice, .button:not(.button-small), .nav a, .field select,'
          + '.field input:not([type=radio]):not([type=checkbox]):not([type=hidden]), .field textarea'))
        .filter(e => e.getClientRects().length && !e.closest('tbody'))
        .filter(e => e.getBoundingClientRect().height < least - .5)
        .map(e => e.outerHTML.slice(0, 90) + ' ' + e.getBoundingClientRect().height.toFixed(1))""",
        least,
    )


def hidden_focus_stops(page, limit=400) -> tuple[int, list[str]]:
    """Walk the page by Tab: how many stops there are, and those whose focus is not to be seen.

    Seen means: inside the window, its centre not covered by something else, an outline of 2 px or more.
    """
    page.evaluate("() => { document.activeElement.blur(); window.scrollTo(0, 0); window.__stops = new Set(); }")
    stops, bad = 0, []
    for _ in range(limit):
        page.keyboard.press("Tab")
        found = page.evaluate(
            """() => {
              const e = document.activeElement;
              if (!e || e === document.body || window.__stops.has(e)) return null;
              window.__stops.add(e);
              const r = e.getBoundingClientRect(), s = getComputedStyle(e);
              // A tall region counts where its visible part is.
              const x = Math.min(Math.max(r.left + Math.min(r.width, innerWidth) / 2, 1), innerWidth - 1);
              const top = Math.max(r.top, 0), bottom = Math.min(r.bottom, innerHeight);
              const y = (top + bottom) / 2;
              const at = bottom > top ? document.elementFromPoint(x, y) : null;
              const covered = !at || !(e.contains(at) || at.contains(e));
              const label = e.labels && e.labels.length && at && e.labels[0].contains(at);
              const faint = s.outlineStyle === 'none' || parseFloat(s.outlineWidth) < 2;
              return {bad: (covered && !label) || faint, html: e.outerHTML.slice(0, 120), covered, faint};
            }"""
        )
        if found is None:
            break
        stops += 1
        if found["bad"]:
            bad.append(f"covered={found['covered']} faint={found['faint']} {found['html']}")
    # The walk ends at its beginning, where the focused skip link lies over the bar.
    page.evaluate("() => document.activeElement.blur()")
    return stops, bad


def tab_to(page, selector, limit=150) -> int:
    """Press Tab until an element that fits `selector` has the focus; gives the number of presses."""
    for presses in range(limit + 1):
        if page.evaluate("selector => document.activeElement.matches(selector)", selector):
            return presses
        page.keyboard.press("Tab")
    pytest.fail(f"{limit} presses of Tab never reached {selector} on {page.url}", pytrace=False)
