"""What of appraisals and of the selection waits for somebody stands on the start page, with its list."""

from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import Assignment, User
from assessments import objections, selections, waiting
from assessments.models import MemberResult
from federation.roles import Role
from tests.assessments.members import appraised, engage, published, result_of, score
from tests.assessments.test_selections import nominate, opine

pytestmark = pytest.mark.django_db
LISTS = {
    "待评分的考核": ("member-result-list", "points=pending"),
    "待复核的异议": ("objection-list", "state=open"),
    "待签意见的推荐": ("nomination-list", "turn=mine"),
}


def tiles(client) -> dict:
    """{label: number} of the start page; every tile leads to a list of as many rows."""
    page = client.get(reverse("home"))
    shown = {part["panel"].name: part["context"] for part in page.context["panels"]}
    found = {}
    for tile in shown.get("appraisals-waiting", {"tiles": []})["tiles"]:
        name, query = LISTS[tile["label"]]
        assert tile["url"] == f"{reverse(name)}?{query}" and tile["url"].replace("&", "&amp;") in page.content.decode()
        assert len(client.get(tile["url"]).context["table"].rows) == tile["value"]
        found[tile["label"]] = tile["value"]
    return found


def test_points_wait_for_clerk_and_director_within_their_scope_until_they_are_given(world, as_user):
    own, foreign = engage(world.village, "甲"), engage(world.neighbour_village, "乙")
    appraisal = appraised(world.county, world.clerk)
    assert tiles(as_user("clerk")) == {"待评分的考核": 2}
    assert tiles(as_user("director")) == {"待评分的考核": 1}
    for name in ("leader", "member", "viewer", "administrator", "auditor", "other_clerk"):
        assert tiles(as_user(name)) == {}, name
    score(result_of(appraisal, own), world.clerk)
    assert tiles(as_user("director")) == {} and tiles(as_user("clerk")) == {"待评分的考核": 1}
    score(result_of(appraisal, foreign), world.clerk)
    assert tiles(as_user("clerk")) == {}


def test_ones_own_work_waits_for_others(world):
    member = engage(world.village, "甲")
    appraised(world.county, world.clerk)
    User.objects.filter(pk=world.clerk.pk).update(worker=member.tenure.worker)
    assert not waiting.results_to_score(world.clerk).exists() and waiting.results_to_score(world.director).exists()


def test_an_objection_waits_for_the_leader_until_it_is_decided(world, as_user):
    member = engage(world.village, "甲")
    result = result_of(published(world, appraised(world.county, world.clerk)), member)
    assert tiles(as_user("leader")) == {}
    raised = objections.raise_objection(result=result, text="有误", by=world.director, is_own=False)
    assert tiles(as_user("leader")) == {"待复核的异议": 1}
    for name in ("clerk", "director", "viewer"):
        assert tiles(as_user(name)) == {}, name
    objections.decide_objection(objection=raised, is_corrected=False, reason="核对过", by=world.leader)
    assert tiles(as_user("leader")) == {}


def test_an_opinion_waits_for_the_level_whose_turn_it_is(world, as_user):
    city = User.objects.create_user("city", display_name="市级")
    Assignment.objects.create(user=city, role=Role.UPPER_VIEWER, organisation=world.city, since=date(2020, 1, 1))
    world.users["city_viewer"] = city
    mine = nominate(engage(world.village, "甲"), world.member)
    nominate(engage(world.neighbour_village, "乙"), world.neighbour)

    def turns():
        return [
            tiles(as_user(name)).get("待签意见的推荐", 0) for name in ("director", "leader", "city_viewer", "viewer")
        ]

    # The neighbour's waits for the director of its own township.
    assert turns() == [1, 0, 0, 0]
    opine(mine, world.director)
    assert turns() == [0, 1, 0, 0]
    opine(mine, world.leader)
    assert turns() == [0, 0, 1, 0]
    opine(mine, city)
    assert turns() == [0, 0, 0, 0]


def test_who_nominated_is_not_asked(world):
    row = nominate(engage(world.village, "甲"), world.member)
    assert waiting.nominations_to_judge(world.director).exists()
    type(row).objects.filter(pk=row.pk).update(created_by=world.director)
    assert not waiting.nominations_to_judge(world.director).exists()


def test_the_turn_of_many_is_asked_with_as_many_queries_as_that_of_one(world):
    def queries() -> int:
        with CaptureQueriesContext(
            connection,
        ) as seen:
            rows = list(waiting.nominations_to_judge(User.objects.get(username="director")))
        assert rows
        return len(seen)

    nominate(engage(world.village, "甲"), world.member)
    few = queries()
    for name in "乙丙丁戊己":
        nominate(engage(world.village_second, name), world.member)
    assert queries() == few
    assert len(selections.bodies_asked(waiting.nominations_to_judge(world.director))) == 6


def told(client) -> str:
    page = client.get(reverse("home"))
    shown = {part["panel"].name: part["context"] for part in page.context["panels"]}
    return "".join(row["value"] for row in shown.get("own-result", {"rows": []})["rows"])


def test_the_member_is_told_of_the_own_result_and_of_the_objection(world, as_user):
    member = engage(world.village, "甲")
    engage(world.village_second, "乙")
    appraisal = appraised(world.county, world.clerk)
    User.objects.filter(pk=world.member.pk).update(worker=member.tenure.worker)
    assert told(as_user("member")) == ""
    published(world, appraisal)
    result = MemberResult.objects.select_related("appraisal").get(appointment=member)
    assert "结果已公布；有异议的，最晚" in told(as_user("member"))
    assert reverse("appraisal-own-result", args=[result.pk]) in as_user("member").get(reverse("home")).content.decode()
    assert told(as_user("neighbour")) == ""
    raised = objections.raise_objection(result=result, text="有误", by=world.member, is_own=True)
    assert "您的异议正在复核" in told(as_user("member"))
    objections.decide_objection(objection=raised, is_corrected=False, reason="核对过", by=world.leader)
    assert "结果已公布" in told(as_user("member"))
