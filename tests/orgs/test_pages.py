"""Pages of bodies and of what they own."""

from datetime import date

import pytest
from django.urls import reverse

from orgs.models import Organisation, Plaque, Post, Regulation, Tenure, Worker


def get(client, name, *args, **query):
    return client.get(reverse(name, args=args), query)


def test_the_list_opens_at_ones_own_body_and_its_direct_children(as_user, world):
    answer = get(as_user("clerk"), "organisation-list")
    assert answer.status_code == 200
    shown = [row["object"].pk for row in answer.context["table"].rows]
    assert shown == [world.county.pk, world.township.pk, world.neighbour_township.pk, world.association.pk]


def test_the_page_of_a_body_shows_what_is_missing_with_where_to_add_it(as_user, world):
    page = get(as_user("clerk"), "organisation-detail", world.township.pk)
    assert page.status_code == 200
    text = page.content.decode()
    assert "没有“信访接待”制度" in text
    assert reverse("fact-add", args=[world.township.pk, "regulation"]) + "?kind=petition" in text
    assert "理事长空缺" in text
