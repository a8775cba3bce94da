"""The list of persons as one finds people by it: rare conditions open, chips, kept conditions, an error, a phone."""

from datetime import date

import pytest
from django.urls import reverse

from ledgers.models import DisabledPerson, SavedFilter
from tests.browser import login
from tests.frontend.test_pages_in_a_state_in_a_browser import tables_cut_off, wrong_with

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def people(world):
    for name, housing in (("王国华", "rented"), ("李建明", "own")):
        DisabledPerson.objects.create(
            organisation=world.village, name=name, housing=housing, category="4", registered_on=date(2020, 1, 1)
        )
    return SavedFilter.objects.create(user=world.clerk, name="租房的人", conditions="housing=rented")


def test_the_list_and_the_pages_of_kept_conditions_are_sound_in_every_state(new_page, live_server, world, people):
    listing = reverse("person-list")
    pages = {
        f"{listing}?housing=rented&category=4&sort=-age": "住房：租住",
        f"{listing}?housing=palace&age_from=x": "没有“palace”这一项",
        f"{listing}?sort=review": "下次复审",
        f"{listing}?category=1": "没有符合条件的记录",
        f"{reverse('saved-filter-add')}?housing=rented": "住房：租住",
        reverse("saved-filter-list"): "租房的人",
        reverse("saved-filter-edit", args=[people.pk]): "名称",
        reverse("saved-filter-delete", args=[people.pk]): "只删除这一组查找条件",
    }
    assert wrong_with(new_page, live_server, world.clerk, pages) == []


def test_rare_conditions_are_chosen_without_scripts_and_taken_away_by_their_chip(new_page, live_server, world, people):
    page = new_page(java_script_enabled=False)
    login(page, live_server, world.clerk)
    page.goto(reverse("person-list"))
    assert not page.locator("#id_housing").is_visible()
    page.locator("details.more summary").click()
    page.locator("#id_housing").select_option("rented")
    with page.expect_navigation():
        page.get_by_role("button", name="查找").click()
    assert page.locator("tbody tr").count() == 1 and page.locator("#id_housing").is_visible()
    with page.expect_navigation():
        page.locator("a.chip", has_text="住房：租住").click()
    assert page.locator("tbody tr").count() == 2 and "housing" not in page.url


def test_nothing_is_cut_off_on_a_phone(new_page, live_server, world, people):
    page = new_page()
    login(page, live_server, world.clerk)
    address = f"{reverse('person-list')}?housing=rented"
    assert tables_cut_off(page, address, 320) == []
    assert page.evaluate("() => document.documentElement.scrollWidth - innerWidth") <= 0
