"""Whole tasks without a mouse, with and without scripts: log in, register somebody wrongly, put it right, log out."""

import pytest

from ledgers.models import DisabledPerson
from tests.browser import tab_to
from tests.conftest import PASSWORD

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def submit(page):
    """Enter on the control that has the focus, and the page that follows."""
    with page.expect_navigation():
        page.keyboard.press("Enter")


def fill(page, selector, text):
    presses = tab_to(page, selector)
    page.keyboard.press("Control+A")
    page.keyboard.type(text)
    return presses


@pytest.mark.parametrize("scripted", [True, False], ids=["scripts", "no scripts"])
def test_somebody_is_registered_by_keyboard_alone(new_page, world, scripted):
    page = new_page(java_script_enabled=scripted)
    page.goto("/persons/")
    assert "/login/" in page.url
    presses = fill(page, "#id_username", "member")
    assert presses == 0, "the first box of the log-in has the focus"
    fill(page, "#id_password", PASSWORD)
    submit(page)
    assert page.url.endswith("/persons/")

    tab_to(page, "main a[href$='/persons/add/']", limit=30)
    submit(page)
    fill(page, "#id_id_number", "629999196804032")
    submit(page)
    assert page.title().startswith("错误：")
    assert page.locator("#errors:focus").count() == 1
    assert page.locator("#id_id_number").get_attribute("aria-invalid") == "true"
    assert not DisabledPerson.objects.exists()

    tab_to(page, "#errors a[href='#id_name']", limit=10)
    page.keyboard.press("Enter")
    # The link has put the starting point of Tab at the box.
    if not page.locator("#id_name:focus").count():
        page.keyboard.press("Tab")
        page.keyboard.press("Shift+Tab")
    assert page.locator("#id_name:focus").count() == 1
    page.keyboard.type("王秀英")
    fill(page, "#id_id_number", "")
    page.keyboard.press("Delete")
    tab_to(page, "#id_consent_kind")
    page.keyboard.press("ArrowDown")
    tab_to(page, "main form button[value=submit]")
    submit(page)
    assert page.locator("#errors").count() == 0, page.locator("#errors").inner_text()
    assert DisabledPerson.objects.get().name == "王秀英"
    assert "王秀英" in page.locator("h1").inner_text()

    tab_to(page, ".who button", limit=20)
    submit(page)
    assert "/login/" in page.url


def test_display_settings_are_changed_by_keyboard_within_few_presses(page):
    page.goto("/help/")
    presses = tab_to(page, "button[name=theme][value=contrast]", limit=10)
    assert presses <= 8
    submit(page)
    assert page.locator("html").get_attribute("data-theme") == "contrast"


def test_a_list_is_filtered_and_a_row_opened_by_keyboard(page, live_server, furnished):
    from tests.browser import login

    login(page, live_server, furnished.clerk)
    page.goto("/persons/")
    page.keyboard.press("Tab")
    submit_skip = page.evaluate("document.activeElement.className")
    assert submit_skip == "skip"
    page.keyboard.press("Enter")
    fill(page, "main form input[type=text], main form input[type=search]", "雀")
    submit(page)
    assert "%E9%9B%80" in page.url
    tab_to(page, "tbody th a", limit=30)
    submit(page)
    assert page.locator("dl.facts").count() >= 1
