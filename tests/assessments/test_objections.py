"""Objections: in time, by the member or the township, decided by somebody else; both results are kept."""

from datetime import datetime, timedelta
from decimal import Decimal

import pytest
import time_machine
from django.urls import reverse

from assessments import appraisals, objections
from assessments.appraisals import AppraisalRefused
from assessments.models import Appraisal, MemberPoints, MemberResult, Objection
from federation.shared.history import history_of
from federation.shared.working_days import after_working_days, working_days_between
from tests.assessments.members import appraised, engage, published, result_of, score

pytestmark = pytest.mark.django_db


@pytest.fixture
def result(world):
    """A published result of a member of the cast's village; another member of the same county stands beside."""
    member = engage(world.village, "甲")
    engage(world.neighbour_village, "乙")
    appraisal = appraised(world.county, world.clerk)
    score(result_of(appraisal, member), world.clerk, "10.00")
    published(world, appraisal)
    return result_of(appraisal, member)


def object_to(result, by, **more):
    return objections.raise_objection(result=result, **({"text": "评议的人没有到齐", "is_own": False} | more), by=by)


def decide(objection, by, **more):
    return objections.decide_objection(
        objection=objection, **({"is_corrected": False, "reason": "核对了评议表"} | more), by=by
    )


def link(user, result):
    """The account stands for the person of the result."""
    type(user).objects.filter(pk=user.pk).update(worker=result.worker_id)


# --- working days ---------------------------------------------------------------------------------------
def test_working_days_leave_out_weekends_holidays_and_count_worked_weekends(settings):
    friday = datetime(2026, 9, 25).date()
    assert after_working_days(friday, 1).isoformat() == "2026-09-28"
    assert working_days_between(friday, friday + timedelta(days=6)) == 5
    settings.FEDERATION_HOLIDAYS = {"2026-09-28"}
    settings.FEDERATION_WORKED_WEEKENDS = {"2026-09-27"}
    assert after_working_days(friday, 1).isoformat() == "2026-09-27"
    assert after_working_days(friday, 2).isoformat() == "2026-09-29"


# --- raising --------------------------------------------------------------------------------------------
def test_the_township_objects_for_the_member(world, result):
    row = object_to(result, world.director)
    assert (row.state, row.is_own, row.org_path) == ("open", False, world.village.path)
    with pytest.raises(AppraisalRefused, match="已经提出过异议"):
        object_to(result, world.director)


def test_the_last_day_to_object_counts_and_the_next_does_not(world):
    member = engage(world.village, "甲")
    appraisal = appraised(world.county, world.clerk)
    with time_machine.travel(datetime(2026, 11, 20, 7, 0)):
        result = result_of(published(world, appraisal), member)
    # Ten working days after Friday 20 November: Friday 4 December.
    assert objections.last_day_to_object(result.appraisal).isoformat() == "2026-12-04"
    late, words = time_machine.travel(datetime(2026, 12, 5, 9, 0)), "最晚 2026-12-04"
    with late, pytest.raises(AppraisalRefused, match=words):
        object_to(result, world.director)
    with time_machine.travel(datetime(2026, 12, 4, 9, 0)):
        assert object_to(result, world.director).pk


def test_nothing_is_objected_to_before_publication(world):
    member = engage(world.village, "甲")
    result = result_of(appraised(world.county, world.clerk), member)
    with pytest.raises(AppraisalRefused, match="还没有公布"):
        object_to(result, world.director)


# --- deciding -------------------------------------------------------------------------------------------
def test_a_result_is_corrected_as_a_new_version_and_the_old_one_is_kept(world, result):
    before = (result.total, result.items, result.version)
    row = decide(object_to(result, world.director), world.leader, is_corrected=True, points={"M6": Decimal("14.00")})
    now = MemberResult.objects.get(pk=result.pk)
    assert now.total == before[0] + 4 and now.version == before[2] + 1
    assert row.before["total"] == str(before[0]) and row.before["items"] == before[1]
    assert row.after["total"] == str(now.total) and row.after["items"] == now.items
    assert (row.state, row.decided_by) == ("corrected", world.leader)
    assert history_of(now)[0].version == now.version
    assert now.digest == appraisals.digest_of(now)
    assert Appraisal.objects.get().facts_digest == appraisals.results_digest(now.appraisal)


def test_a_corrected_result_takes_its_place_and_others_keep_the_published_one(world, result):
    other = MemberResult.objects.exclude(pk=result.pk).get()
    assert (other.rank_county, result.rank_county) == (1, 2)
    decide(object_to(result, world.director), world.leader, is_corrected=True, points={"M6": Decimal("15.00")})
    ranks = dict(MemberResult.objects.values_list("pk", "rank_county"))
    assert ranks == {result.pk: 1, other.pk: 1}


def test_the_band_is_corrected_too(world, result):
    decide(object_to(result, world.director), world.leader, is_corrected=True, band="称职")
    assert MemberResult.objects.get(pk=result.pk).band == "称职"


def test_a_long_opinion_is_kept_whole_with_the_decision_and_fits_where_it_is_repeated(world, result):
    words = "核对了评议表。" * 100
    row = decide(
        object_to(result, world.director), world.leader, is_corrected=True, points={"M6": Decimal("14.00")},
        band="称职", reason=words,
    )  # fmt: skip
    given = MemberPoints.objects.get(item_code="M6", appointment=result.appointment)
    assert (row.decision, given.reason, MemberResult.objects.get(pk=result.pk).band_reason) == (
        words, words[:300], words[:300],
    )  # fmt: skip


def test_a_result_that_is_kept_does_not_change(world, result):
    row = decide(object_to(result, world.director), world.leader)
    assert row.state == "kept" and row.before and not row.after
    assert MemberResult.objects.values().get(pk=result.pk)["total"] == result.total


def test_a_correction_that_changes_nothing_and_a_decision_without_a_reason_are_refused(world, result):
    row = object_to(result, world.director)
    with pytest.raises(AppraisalRefused, match="结果没有变化"):
        decide(row, world.leader, is_corrected=True)
    with pytest.raises(AppraisalRefused, match="请写明复核意见"):
        decide(row, world.leader, reason=" ")
    assert Objection.objects.get().state == "open"


def test_who_objected_or_gave_the_points_does_not_decide(world, result):
    row = object_to(result, world.leader)
    with pytest.raises(AppraisalRefused, match="异议是您提出的"):
        decide(row, world.leader)
    with pytest.raises(AppraisalRefused, match="评分是您打的"):
        decide(row, world.clerk)


def test_it_is_decided_once(world, result):
    row = object_to(result, world.director)
    decide(row, world.leader)
    with pytest.raises(AppraisalRefused, match="已经复核过"):
        decide(row, world.leader)


# --- pages ----------------------------------------------------------------------------------------------
def test_the_member_sees_the_own_published_result_and_objects(world, result, as_user):
    other = MemberResult.objects.exclude(pk=result.pk).get()
    link(world.member, result)
    client = as_user("member")
    page = client.get(reverse("own-page")).content.decode()
    assert reverse("appraisal-own-result", args=[result.pk]) in page
    page = client.get(reverse("appraisal-own-result", args=[result.pk])).content.decode()
    assert "查看了评议表" in page and "提出异议" in page
    assert client.get(reverse("appraisal-own-result", args=[other.pk])).status_code == 404
    assert client.post(reverse("appraisal-own-object", args=[result.pk]), {"text": "少算了"}).status_code == 302
    row = Objection.objects.get()
    assert row.is_own and row.created_by == world.member
    answer = {"outcome": "correct", "decision": "补计", "points_M6": "13"}
    assert as_user("leader").post(reverse("objection-decide", args=[row.pk]), answer).status_code == 302
    page = as_user("member").get(reverse("appraisal-own-result", args=[result.pk])).content.decode()
    assert "更正前" in page and "更正后" in page and "补计" in page


def test_before_publication_the_member_sees_nothing(world, as_user):
    member = engage(world.village, "甲")
    result = result_of(appraised(world.county, world.clerk), member)
    link(world.member, result)
    assert as_user("member").get(reverse("appraisal-own-result", args=[result.pk])).status_code == 404
    assert "还没有公布您的考核结果" in as_user("member").get(reverse("own-page")).content.decode()


def test_the_director_objects_and_the_leader_decides_by_the_pages(world, result, as_user):
    address = reverse("member-result-object", args=[result.pk])
    assert as_user("clerk").post(address, {"text": "有误"}).status_code == 403
    assert as_user("director").post(address, {"text": "有误"}).status_code == 302
    row = Objection.objects.get()
    rows = as_user("leader").get(reverse("objection-list"), {"state": "open"}).context["table"].rows
    assert [each["object"].pk for each in rows] == [row.pk]
    address = reverse("objection-decide", args=[row.pk])
    assert as_user("leader").post(address, {"outcome": "correct", "decision": "看过"}).status_code == 422
    assert as_user("leader").post(address, {"outcome": "keep", "decision": "看过"}).status_code == 302
    assert Objection.objects.get().state == "kept"
