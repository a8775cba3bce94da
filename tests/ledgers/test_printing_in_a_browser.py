"""The sheet as Chromium prints it: one A4 page, filled and blank; and the pages about paper through axe."""

import json
import re
from datetime import date
from urllib.parse import urlencode

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.urls import reverse

from ledgers.attachments import add_attachment
from ledgers.summaries.services import approve_summary, submit_summary
from tests.browser import axe, login, sideways_overflow
from tests.ledgers.hostile_scans import picture
from tests.ledgers.test_printing import brimful

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture(autouse=True)
def _own_media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"


def pages_of(printed: bytes) -> int:
    return len(re.findall(rb"/Type\s*/Page\b(?!s)", printed))


@pytest.fixture
def person(world, make_person):
    full = brimful(world)
    values = {
        field.name: getattr(full, field.name)
        for field in full._meta.concrete_fields
        if field.editable and not field.is_relation and field.name not in ("id", "id_number", "certificate_number")
    }
    world.village.refresh_from_db()
    made = make_person(**{**values, "moved_away_on": None, "deceased_on": None, "cancelled_on": None})
    for kind in ("photo", "identity"):
        add_attachment(
            person=made, kind=kind, title="正面", upload=SimpleUploadedFile("a.jpg", picture()), by=world.member
        )
    return made


def test_chromium_prints_the_form_on_exactly_one_page(page, live_server, world, person):
    login(page, live_server, world.member)
    page.goto(live_server.url + reverse("person-print", args=[person.uid]))
    with page.expect_navigation():
        page.get_by_role("button", name="打开打印页").click()
    assert page.locator(".sheet img").evaluate("each => each.complete && each.naturalWidth > 0")
    assert pages_of(page.pdf(prefer_css_page_size=True)) == 1
    page.goto(live_server.url + reverse("person-print-blank"))
    assert pages_of(page.pdf(prefer_css_page_size=True)) == 1


def test_the_other_pages_that_are_printed_take_as_many_sheets_as_their_paper_forms(page, live_server, world, person):
    """表一 and its comparison on one A4 sheet across, the notice about consent on one sheet for its signature."""
    day = {"organisation": world.county.pk, "day": "2026-11-01"}
    other = {"compare_year": 2025, "compare_month": 11, "compare_day": 1}
    with transaction.atomic():
        summary = submit_summary(organisation=world.county, day=date(2026, 11, 1), by=world.clerk)
        approve_summary(summary=summary, by=world.leader, version=summary.version)
    printed = {
        f"{reverse('summary-current')}?{urlencode(day)}": 1,
        f"{reverse('summary-current')}?{urlencode(day | other)}": 1,
        reverse("summary-detail", args=[summary.uid]): 1,
        reverse("summary-blank"): 1,
        reverse("consent-sheet"): 1,
    }
    login(page, live_server, world.clerk)
    found = {}
    for address in printed:
        assert page.goto(live_server.url + address).status == 200
        found[address] = pages_of(page.pdf(prefer_css_page_size=True))
    assert found == printed


def test_the_pages_about_paper_pass_axe_and_do_not_scroll_sideways_on_a_phone(page, live_server, world, person):
    login(page, live_server, world.member)
    scan = person.attachments.get(kind="identity")
    addresses = [
        reverse("person-detail", args=[person.uid]),
        reverse("person-attachments", args=[person.uid]),
        reverse("attachment-open", args=[person.uid, scan.pk]),
        reverse("person-print", args=[person.uid]),
        reverse("person-print-blank"),
        reverse("person-copy", args=[person.uid]),
        reverse("village-print", args=[world.village.pk]),
    ]
    problems = []
    for address in addresses:
        page.goto(live_server.url + address)
        problems += [f"{address}: {each}" for each in axe(page)]
        page.set_viewport_size({"width": 320, "height": 800})
        if sideways_overflow(page) > 0:
            problems.append(f"{address}: scrolls sideways")
        page.set_viewport_size({"width": 1280, "height": 900})
    assert problems == [], json.dumps(problems, ensure_ascii=False)
