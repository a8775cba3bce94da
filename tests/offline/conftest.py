import uuid

import pytest

from tests.ledgers.conftest import id_of, make_person  # noqa: F401 - a fixture


@pytest.fixture
def new_page(new_page):
    """Pages of a browser that keeps no file by itself (routing switches that off): what opens without a network has
    been kept by the product."""

    def make(**options):
        page = new_page(**options)
        page.context.route("**/*", lambda route: route.continue_())
        return page

    return make


@pytest.fixture
def filled_in(world):
    """What a phone sends for a new entry in the member's village: fields of the form and a key."""

    def fill(number=1, **more):
        return {
            "submission_key": str(uuid.uuid4()),
            "organisation": world.village.pk,
            "name": "王大山",
            "sex": "1",
            "id_number": id_of("19680403", number, "1"),
            "born_on_year": "1968",
            "born_on_month": "4",
            "born_on_day": "3",
            "consent_kind": "person",
            "consented_on_year": "2026",
            "consented_on_month": "1",
            "consented_on_day": "5",
            "registered_on_year": "2026",
            "registered_on_month": "1",
            "registered_on_day": "5",
            **more,
        }

    return fill
