"""Published results: whoever lies in the area reads the league, and still nobody else's items or evidence."""

import pytest
from django.urls import reverse

from assessments.models import BodyResult, Run
from orgs.services import move_organisation
from tests.assessments.test_pages import computed


def publish(run) -> Run:
    Run.objects.filter(pk=run.pk).update(state=Run.State.PUBLISHED)
    return Run.objects.get(pk=run.pk)


@pytest.fixture
def draft(county):
    return computed("township_2012", county)


@pytest.fixture
def published(draft):
    return publish(draft)


def league(client, run, **query):
    return client.get(reverse("run-league", args=[run.pk]), query)


@pytest.mark.parametrize("name", ["director", "township_member", "member", "neighbour"])
def test_who_lies_in_the_county_finds_its_published_ranking_and_reads_every_township(published, as_user, name):
    client = as_user(name)
    address = reverse("run-detail", args=[published.pk])
    assert f'href="{address}"' in client.get(reverse("run-list")).content.decode()
    assert reverse("run-league", args=[published.pk]) in client.get(address).content.decode()
    answer = league(client, published)
    assert answer.status_code == 200
    shown = {result.organisation_id: result for result in answer.context["page"].rows}
    assert set(shown) == set(BodyResult.objects.filter(run=published).values_list("organisation_id", flat=True))
    page = answer.content.decode()
    for result in BodyResult.objects.filter(run=published).select_related("organisation"):
        assert result.organisation.label in page
        assert str(result.total) in page


def test_from_below_only_names_ranks_totals_and_bands_are_shown(published, as_user):
    def headings(name):
        return [column["key"] for column in league(as_user(name), published).context["table"].columns]

    assert headings("director") == ["name", "rank_area", "rank_county", "total", "band"]
    assert set(headings("clerk")) > set(headings("director"))


def test_from_below_one_cannot_ask_who_failed_an_item(published, as_user):
    code = next(iter(BodyResult.objects.filter(run=published).first().items))
    everything = len(league(as_user("director"), published).context["page"].rows)
    asked = league(as_user("director"), published, item=code, unmet="on")
    assert len(asked.context["page"].rows) == everything
    assert not {"item", "unmet"} & set(asked.context["filter_form"].fields)
    assert {"item", "unmet"} <= set(league(as_user("clerk"), published).context["filter_form"].fields)


def test_only_the_own_body_is_opened_from_the_league_and_the_neighbours_items_are_not_there(published, world, as_user):
    client = as_user("director")
    page = league(client, published).content.decode()
    own = reverse("run-body", args=[published.pk, world.township.pk])
    other = reverse("run-body", args=[published.pk, world.neighbour_township.pk])
    assert own in page and other not in page
    assert client.get(own).status_code == 200
    assert client.get(other).status_code == 404
    code = next(iter(BodyResult.objects.filter(run=published).first().items))
    item = [published.pk, world.neighbour_township.pk, code]
    assert client.get(reverse("run-item", args=item)).status_code == 404


def test_the_other_pages_of_a_published_run_show_from_below_the_own_bodies_alone(published, world, as_user):
    client = as_user("director")
    answer = client.get(reverse("run-matrix", args=[published.pk]))
    assert [result.organisation_id for result in answer.context["page"].rows] == [world.township.pk]
    assert client.get(reverse("run-export", args=[published.pk, "league"])).status_code == 403
    for name in ("run-recompute", "run-review", "run-publish"):
        assert client.post(reverse(name, args=[published.pk])).status_code == 403


@pytest.mark.parametrize("state", [Run.State.COMPUTED, Run.State.REVIEWED])
def test_a_run_that_is_not_published_stays_unseen(draft, as_user, state):
    Run.objects.filter(pk=draft.pk).update(state=state)
    client = as_user("director")
    for name in ("run-detail", "run-league", "run-matrix", "run-compare"):
        assert client.get(reverse(name, args=[draft.pk])).status_code == 404
    link = f'href="{reverse("run-detail", args=[draft.pk])}"'
    assert link not in client.get(reverse("run-list")).content.decode()
    assert link not in client.get(reverse("home")).content.decode()


@pytest.mark.parametrize("name", ["other_clerk", "officer", "stranger"])
def test_outside_the_area_and_without_the_right_to_read_it_is_not_there(published, as_user, name):
    assert league(as_user(name), published).status_code == (404 if name == "other_clerk" else 403)


def test_a_village_given_to_another_county_reads_that_countys_results(published, world, as_user):
    assert league(as_user("member"), published).status_code == 200
    move_organisation(
        organisation=world.village, parent=world.other_township, by=world.administrator, reason="区划调整"
    )
    assert league(as_user("member"), published).status_code == 404


def test_only_reading_reaches_up(published, world):
    rows = Run.objects.filter(pk=published.pk)
    assert rows.visible_to(world.director).exists()
    for permission in ("assessments.run", "assessments.publish", "assessments.score", "tables.export"):
        assert not rows.visible_to(world.director, permission).exists()
