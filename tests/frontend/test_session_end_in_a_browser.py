"""The warning before a login ends: in time, by keyboard, over several windows, and nothing typed is lost.

The page's clock is driven by the test, and the server's mark of the last request is put back as far.
"""

import pytest
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session

from accounts.sessions import SEEN, STARTED
from tests.browser import axe, login, show_as, small_targets
from tests.conftest import PASSWORD

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

WARNING = "[role=alertdialog]"


@pytest.fixture
def member(page, live_server, world):
    """A page of the member's whose clock the test drives."""
    login(page, live_server, world.member)
    page.clock.install()
    return page


def idle(page, minutes, *, mark=SEEN):
    """Nobody did anything for so long: on the server and in the window."""
    for row in Session.objects.all():
        store = SessionStore(row.session_key)
        store[mark] -= minutes * 60
        store.save()
    page.clock.run_for(minutes * 60 * 1000)


def test_three_minutes_before_the_end_one_press_of_a_key_goes_on(member):
    member.goto("/persons/add/")
    idle(member, 20)
    assert not member.locator(WARNING).is_visible()
    idle(member, 7.5)
    member.locator(WARNING).wait_for()
    assert "约 2 分钟" in member.locator(WARNING).inner_text()
    assert member.evaluate("document.activeElement.textContent") == "继续使用"
    member.keyboard.press("Enter")
    member.locator(WARNING).wait_for(state="hidden")
    idle(member, 20)
    assert not member.locator(WARNING).is_visible()
    assert member.goto("/persons/").url.endswith("/persons/")


@pytest.mark.parametrize("theme", ["light", "dark", "contrast"])
def test_the_warning_itself_is_sound(member, live_server, theme):
    show_as(member, live_server, theme=theme)
    member.set_viewport_size({"width": 320, "height": 640})
    member.goto("/persons/add/")
    idle(member, 28)
    member.locator(WARNING).wait_for()
    box = member.locator(WARNING).bounding_box()
    assert box["x"] >= 0 and box["x"] + box["width"] <= 320
    assert axe(member) == []
    assert small_targets(member) == []


def test_closing_the_warning_leaves_one_at_work_and_it_does_not_come_again(member):
    member.goto("/persons/add/")
    idle(member, 28)
    member.locator(WARNING).wait_for()
    member.keyboard.press("Escape")
    member.clock.run_for(30_000)
    assert not member.locator(WARNING).is_visible()


def test_an_answer_from_before_the_press_does_not_open_the_warning_again(member):
    member.goto("/persons/add/")
    idle(member, 28)
    member.locator(WARNING).wait_for()
    before = member.request.get("/session/").json()
    held = []
    member.route(
        "**/session/", lambda route: held.append(route) if route.request.method == "GET" else route.continue_()
    )
    with member.expect_request("**/session/"):
        member.clock.run_for(10_000)
    member.keyboard.press("Enter")
    member.locator(WARNING).wait_for(state="hidden")
    with member.expect_event("requestfinished"):
        held[0].fulfill(json=before)
    assert member.evaluate("document.readyState") == "complete"
    assert not member.locator(WARNING).is_visible()


def test_work_in_another_window_puts_the_warning_off(member):
    member.goto("/persons/add/")
    with member.expect_request("**/session/"):
        # Only this window thinks that nothing was done.
        member.clock.run_for(28 * 60 * 1000)
    member.wait_for_load_state("networkidle")
    assert not member.locator(WARNING).is_visible()


def test_after_eight_hours_the_warning_says_so_instead_of_offering_to_go_on(member):
    member.goto("/persons/add/")
    for row in Session.objects.all():
        store = SessionStore(row.session_key)
        store[STARTED] -= 8 * 3600 - 150
        store.save()
    member.clock.run_for(28 * 60 * 1000)
    member.locator(WARNING).wait_for()
    member.keyboard.press("Enter")
    member.get_by_text("本次登录时间已满").wait_for()
    assert member.evaluate("document.activeElement.textContent") == "知道了"


def test_a_page_nobody_typed_on_is_left_at_the_end(member):
    member.goto("/persons/")
    idle(member, 31)
    member.wait_for_url("**/login/?next=%2Fpersons%2F")


def test_what_was_typed_stays_on_the_page_and_comes_back_after_logging_in_again(member):
    member.goto("/persons/add/")
    member.locator("#id_name").fill("王秀英")
    idle(member, 31)
    member.get_by_text("已自动退出").first.wait_for()
    assert member.locator("#id_name").input_value() == "王秀英"
    member.keyboard.press("Enter")
    # This form is kept on the device first, so it is there that it waits for the next login.
    member.locator("form[data-outbox] .button-primary").first.click()
    log_in_again(member, "/outbox/")
    member.wait_for_selector("text=1 份需要核对")
    assert "王秀英" in member.locator("main").inner_text()
    assert axe(member) == []


def test_without_scripts_a_form_sent_too_late_comes_back_as_well(new_page, live_server, world):
    page = new_page(java_script_enabled=False)
    login(page, live_server, world.member)
    page.goto("/persons/add/")
    assert not page.locator(WARNING).is_visible()
    page.locator("#id_name").fill("王秀英")
    for row in Session.objects.all():
        store = SessionStore(row.session_key)
        store[SEEN] -= 31 * 60
        store.save()
    page.locator("form[data-outbox] .button-primary").first.click()
    log_in_again(page, "/persons/add/", "已替您留好")
    assert page.locator("#id_name").input_value() == "王秀英"
    with page.expect_navigation():
        page.get_by_role("link", name="不要这些内容，重新填写").click()
    assert page.locator("#id_name").input_value() == ""


def log_in_again(page, to, told=""):
    page.wait_for_url(f"**/login/?next={to}")
    assert told in page.locator("main").inner_text()
    page.locator("#id_username").fill("member")
    page.locator("#id_password").fill(PASSWORD)
    page.get_by_role("button", name="登录").click()
    page.wait_for_url(f"**{to}")
