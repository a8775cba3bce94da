"""Asking for somebody who has moved in, and answering: by keyboard alone, with and without scripts, at 320 px too."""

from datetime import date

import pytest

from ledgers.models import DisabledPerson, Transfer
from tests.browser import axe, login, tab_to
from tests.ledgers.conftest import id_of, person_fields

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def fill(page, selector, text):
    tab_to(page, selector, limit=60)
    page.keyboard.press("Control+A")
    page.keyboard.type(text)


def submit(page, selector):
    tab_to(page, selector, limit=60)
    with page.expect_navigation():
        page.keyboard.press("Enter")


@pytest.mark.parametrize("scripted", [True, False], ids=["scripts", "no scripts"])
def test_a_person_is_asked_for_and_handed_over_by_keyboard(new_page, live_server, world, scripted):
    number = id_of("19680403", 21)
    person = DisabledPerson.objects.create(
        organisation=world.neighbour_village, **person_fields(id_number=number, name="柳如意", born_on=date(1968, 4, 3))
    )
    page = new_page(java_script_enabled=scripted, viewport={"width": 320, "height": 800})
    login(page, live_server, world.member)
    page.goto("/persons/transfers/")
    submit(page, "main a[href$='/persons/transfers/ask/']")
    fill(page, "#id_id_number", number)
    fill(page, "#id_name", "柳如一")
    fill(page, "#id_moved_on_0", "2026")
    fill(page, "#id_moved_on_1", "10")
    fill(page, "#id_moved_on_2", "1")
    fill(page, "#id_reason", "随子女居住")
    submit(page, "form button.button-primary")
    assert page.title().startswith("错误：") and "没有找到姓名和身份证号" in page.locator("#errors").inner_text()
    assert "郭城驿" not in page.locator("main").inner_text()
    fill(page, "#id_name", "柳如意")
    submit(page, "form button.button-primary")
    text = page.locator("main").inner_text()
    assert "已提出，等对方残联处理" in text and "对方同意后显示" in text and "郭城驿" not in text
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth") if scripted else True

    page = new_page(java_script_enabled=scripted)
    login(page, live_server, world.clerk)
    page.goto("/persons/transfers/")
    submit(page, "tbody th a")
    submit(page, "main a[href$='/answer/']")
    if scripted:
        assert axe(page) == []
    submit(page, "button[value=accept]")
    assert "已同意，柳如意 的登记表已转到东山村" in page.locator("main").inner_text()
    assert DisabledPerson.objects.get(pk=person.pk).organisation == world.village
    assert Transfer.objects.get().state == "accepted"
