"""Every component in a real Chromium: axe, reflow, target sizes, focus, no scripts."""

import pytest

from tests.browser import Watch, axe, hidden_focus_stops, low_controls, show_as, sideways_overflow, small_targets

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.mark.parametrize("size", ["100", "200"])
@pytest.mark.parametrize("theme", ["light", "dark", "contrast"])
def test_axe_finds_nothing_in_any_theme_at_normal_and_double_size(page, live_server, theme, size):
    show_as(page, live_server, theme=theme, size=size)
    page.goto("/ui/")
    assert page.locator("html").get_attribute("data-theme") == theme
    assert axe(page) == []


def test_axe_finds_nothing_where_the_system_asks_for_dark(new_page):
    page = new_page(color_scheme="dark")
    page.goto("/ui/")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(14, 20, 28)"
    assert axe(page) == []


@pytest.mark.parametrize(
    "address", ["/display/", "/help/", "/help/keyboard/", "/accessibility/", "/login/", "/nowhere/"]
)
def test_axe_finds_nothing_on_the_pages_open_to_all(page, address):
    page.goto(address)
    assert axe(page) == []


def test_axe_would_find_a_fault_if_there_were_one(page):
    page.goto("/help/")
    page.evaluate(
        "document.querySelector('main').insertAdjacentHTML('beforeend', '<input name=x><img src=\"data:,\">')"
    )
    assert {line.split(":")[0] for line in axe(page)} >= {"label", "image-alt"}


def test_a_request_to_another_machine_would_be_seen(browser):
    context = browser.new_context()
    watch = Watch(context, "http://127.0.0.1:8000/")
    page = context.new_page()
    page.set_content("<img src='http://elsewhere.example/dot.png' alt=''>")
    context.close()
    assert watch.problems == ["request to elsewhere: http://elsewhere.example/dot.png"]


@pytest.mark.parametrize("width", [320, 390])
@pytest.mark.parametrize("address", ["/ui/", "/display/", "/help/keyboard/", "/login/"])
def test_a_phone_shows_the_page_without_sideways_scrolling(new_page, address, width):
    page = new_page(viewport={"width": width, "height": 640})
    page.goto(address)
    assert sideways_overflow(page) == 0


@pytest.mark.parametrize("width", [768, 1280])
def test_double_text_size_keeps_the_page_within_the_window(new_page, live_server, width):
    page = new_page(viewport={"width": width, "height": 900})
    show_as(page, live_server, size="200")
    page.goto("/ui/")
    assert sideways_overflow(page) == 0


def test_wider_text_spacing_clips_nothing(new_page):
    page = new_page(viewport={"width": 390, "height": 800}, bypass_csp=True)
    page.goto("/ui/")
    page.add_style_tag(
        content="* { line-height: 1.5 !important; letter-spacing: .12em !important; word-spacing: .16em !important; }"
    )
    assert sideways_overflow(page) == 0
    clipped = page.evaluate(
        """() => Array.from(document.querySelectorAll('.button, .tag, label, legend, h1, h2, th, .nav a'))
        .filter(e => e.getClientRects().length && getComputedStyle(e).overflowX === 'hidden' && !e.matches('.hide')
                     && e.scrollWidth > e.clientWidth + 1 && e.clientWidth > 2)
        .map(e => e.outerHTML.slice(0, 80))"""
    )
    assert clipped == []


@pytest.mark.parametrize("width", [320, 1280])
def test_every_target_is_24_pixels_and_what_one_types_or_sends_44(new_page, width):
    page = new_page(viewport={"width": width, "height": 900})
    page.goto("/ui/")
    assert small_targets(page) == []
    assert low_controls(page) == []


@pytest.mark.parametrize("theme", ["light", "contrast"])
def test_every_stop_of_the_tab_key_is_seen(page, live_server, theme):
    show_as(page, live_server, theme=theme)
    page.goto("/ui/")
    stops, unseen = hidden_focus_stops(page)
    assert stops > 40
    assert unseen == []


def test_the_first_tab_offers_to_skip_to_the_text(page):
    page.goto("/help/")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "跳到正文"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"


def test_display_settings_hold_without_scripts_and_lead_back(new_page):
    page = new_page(java_script_enabled=False)
    page.goto("/help/?x=1")
    for name in ("特大", "黑底黄字"):
        with page.expect_navigation():
            page.get_by_role("button", name=name).click()
    assert page.url.endswith("/help/?x=1")
    assert page.locator("html").get_attribute("data-size") == "150"
    assert page.locator("html").get_attribute("data-theme") == "contrast"
    assert page.get_by_role("button", name="黑底黄字").get_attribute("aria-pressed") == "true"


@pytest.mark.parametrize("scripted", [True, False])
def test_a_refused_form_puts_the_focus_on_its_list_of_errors_and_links_reach_the_controls(new_page, scripted):
    page = new_page(java_script_enabled=scripted)
    page.goto("/ui/")
    if scripted:
        assert page.evaluate("document.activeElement.id") == "errors"
    else:
        assert page.locator("#errors:focus").count() == 1
    links = page.locator("#errors a")
    assert links.count() >= 5
    for number in range(links.count()):
        target = links.nth(number).get_attribute("href")
        assert page.locator(target).count() == 1, target
    links.filter(has_text="出生日期").first.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.press("Shift+Tab")
    assert page.locator("#id_born_on_0:focus").count() == 1


def test_nothing_moves_where_motion_is_unwanted_and_nothing_animates_at_all(new_page):
    page = new_page(reduced_motion="reduce")
    page.goto("/ui/")
    assert page.evaluate("document.getAnimations().length") == 0


def test_forced_colours_keep_every_mark_readable(new_page):
    page = new_page(forced_colors="active")
    page.goto("/ui/")
    assert page.evaluate("matchMedia('(forced-colors: active)').matches")
    assert page.locator(".mark").first.inner_text().strip() != ""
    assert page.locator(".tag-bad").first.inner_text().endswith("未达标")


def test_print_hides_the_menu_and_repeats_the_heads_of_tables(page):
    page.goto("/ui/")
    page.emulate_media(media="print")
    assert page.get_by_role("button", name="打印本页").count() == 0
    assert page.locator(".bar").is_hidden() and page.locator(".foot").is_hidden()
    assert page.evaluate("getComputedStyle(document.querySelector('thead')).display") == "table-header-group"
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
