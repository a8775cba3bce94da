"""A long form in a real Chromium: its list of parts beside or above it, counts that follow, files told at once."""

import pytest

from tests.browser import axe

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

LARGEST = 5 * 1024 * 1024


def boxes(page):
    return page.locator(".toc").bounding_box(), page.locator("#part-1").bounding_box()


def test_the_list_of_parts_stands_beside_the_form_on_a_wide_screen_and_above_it_on_a_phone(new_page):
    page = new_page(viewport={"width": 1280, "height": 900})
    page.goto("/ui/")
    toc, part = boxes(page)
    assert toc["x"] >= part["x"] + part["width"] and abs(toc["y"] - part["y"]) < 4
    page.set_viewport_size({"width": 390, "height": 844})
    toc, part = boxes(page)
    assert toc["y"] + toc["height"] <= part["y"] and toc["x"] == pytest.approx(part["x"], abs=2)


def test_a_part_of_the_list_leads_to_its_part(page):
    page.goto("/ui/")
    page.locator(".toc a").nth(1).press("Enter")
    top = page.locator("#part-2").bounding_box()["y"]
    assert 0 <= top < 400


def test_the_count_follows_what_is_typed(page):
    page.goto("/ui/")
    line = page.locator("[data-missing=part-1]")
    assert line.inner_text() == "还差 2 项必填"
    page.locator("#id_name").fill("王秀英")
    page.locator("#id_name").blur()
    assert line.inner_text() == "还差 1 项必填"
    page.locator("#id_born_on_2").fill("3")
    page.locator("#id_born_on_2").blur()
    assert line.inner_text() == "必填已填全"
    page.locator("#id_name").fill(" ")
    page.locator("#id_name").blur()
    assert line.inner_text() == "还差 1 项必填"


def test_a_file_that_is_too_large_is_told_when_it_is_chosen(page, tmp_path):
    large, small = tmp_path / "large.jpg", tmp_path / "small.jpg"
    large.write_bytes(b"x" * (LARGEST + 1))
    small.write_bytes(b"x" * 2_000_000)
    page.goto("/ui/")
    page.locator("#id_file").set_input_files(large)
    assert "超过 5 MB" in page.locator("[data-chosen]").inner_text()
    assert axe(page, include=".split-toc") == []
    page.locator("#id_file").set_input_files(small)
    assert page.locator("[data-chosen]").inner_text() == "已选好，1.9 MB。"
