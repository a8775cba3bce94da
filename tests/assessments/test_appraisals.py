"""The appraisal of members: who is judged, what is reckoned, points and bands by hand, publication."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.urls import reverse

from assessments import appraisals
from assessments.appraisals import AppraisalRefused
from assessments.models import Appraisal, MemberPoints, MemberResult
from assessments.standards import StandardRefused, store_standard
from federation.shared.history import VersionConflict, history_of
from federation.shared.jobs import run_now
from federation.shared.models import AuditEntry
from orgs.services import move_organisation
from tests.assessments.members import (
    AS_OF,
    YEAR,
    appraised,
    appraised_by_parts,
    engage,
    engage_many,
    published,
    result_of,
    score,
    standard_for_members,
)

pytestmark = pytest.mark.django_db


def all_sourced():
    """An edition whose items all have a source: what the shipped one will be when the ledgers are there."""
    definition = dict(standard_for_members().definition)
    definition |= {"code": "member_sourced", "title": "样本"}
    manual = next(item for item in definition["items"] if item["scoring"] == "manual")
    definition["items"] = [dict(manual, points=100)]
    return store_standard(definition)[0]


# --- who is judged --------------------------------------------------------------------------------------
def test_exactly_those_in_post_on_the_day_are_judged(world):
    made = engage_many(world)
    appraisal = appraised(world.county, world.clerk)
    expected = {
        each.pk
        for each in made
        if each.role != "sunshine_tutor"
        and each.organisation.path.startswith(world.county.path)
        and each.tenure.started_on <= AS_OF
        and (each.tenure.ended_on is None or each.tenure.ended_on >= AS_OF)
    }
    assert set(MemberResult.objects.values_list("appointment", flat=True)) == expected
    assert appraisal.member_count == len(expected) > 3 and appraisal.state == "computed"


@pytest.mark.parametrize(
    "more,words",
    [
        ({"year": 2099}, "2099 年还没有到"),
        ({"year": 2010, "as_of": date(2010, 6, 1)}, "从 2012 年起用"),
        ({"as_of": date(2025, 6, 1)}, "不在 2026 年内"),
        ({"as_of": date(2026, 12, 31)}, "还没有到"),
    ],
)
def test_what_cannot_be_appraised_is_refused_in_a_sentence(world, more, words):
    engage(world.village, "甲")
    with pytest.raises(AppraisalRefused, match=words):
        appraised(world.county, world.clerk, **more)


def test_a_standard_for_bodies_and_an_area_without_members_are_refused(world):
    standard = standard_for_members()
    with pytest.raises(AppraisalRefused, match="没有在任的专职委员"):
        appraised(world.county, world.clerk)
    engage(world.village, "甲")
    with pytest.raises(AppraisalRefused, match="考核的是机构"):
        appraised(world.county, world.clerk, standard=type(standard).objects.get(code="township_2012"))


# --- what is reckoned -----------------------------------------------------------------------------------
def test_the_band_stays_open_while_items_have_no_source_and_no_point_is_invented(world):
    member = engage(world.village, "甲")
    result = score(result_of(appraised(world.county, world.clerk), member), world.clerk, "15.00")
    assert result.unsourced >= 4 and result.pending == 0
    assert result.band == "" and result.is_open
    unsourced = [cell for cell in result.items.values() if cell["s"] == "none"]
    assert len(unsourced) == result.unsourced and {cell["p"] for cell in unsourced} == {"0.00"}
    assert result.total == sum(Decimal(cell["p"]) for cell in result.items.values())


def test_the_band_is_the_standards_once_everything_has_a_source(world):
    members = {points: engage(world.village, points) for points in ("90.00", "89.99", "75.00", "60.00", "59.99")}
    appraisal = appraised(world.county, world.clerk, standard=all_sourced())
    for points, member in members.items():
        score(result_of(appraisal, member), world.clerk, points)
    bands = [result_of(appraisal, member).band for member in members.values()]
    assert bands == ["优秀", "称职", "称职", "基本称职", "不称职"]
    ranks = [result_of(appraisal, member).rank_county for member in members.values()]
    assert ranks == [1, 2, 3, 4, 5]


def test_equal_totals_share_a_rank_within_the_county_and_another_county_does_not_count(world):
    first, second, third = (engage(world.village, name) for name in "甲乙丙")
    other = engage(world.other_village, "丁")
    appraisal = appraised_by_parts(world.city, all_sourced())
    for member, points in ((first, "80.00"), (second, "80.00"), (third, "70.00"), (other, "10.00")):
        score(result_of(appraisal, member), world.clerk, points)
    assert [result_of(appraisal, each).rank_county for each in (first, second, third, other)] == [1, 1, 3, 1]


def test_computing_again_writes_nothing_and_keeps_points_and_bands(world):
    members = [engage(world.village, "甲"), engage(world.township, "乙")]
    appraisal = appraised(world.county, world.clerk)
    result = score(result_of(appraisal, members[0]), world.clerk)
    appraisals.give_band(
        result=result, band="称职", reason="全年表现", by=world.leader, expected_version=result.version
    )
    before = list(MemberResult.objects.order_by("pk").values())
    digest = Appraisal.objects.get().facts_digest
    again = appraised(world.county, world.clerk)
    assert again.pk == appraisal.pk and again.attempt == 2
    assert list(MemberResult.objects.order_by("pk").values()) == before
    assert again.facts_digest == digest
    assert result_of(appraisal, members[0]).band == "称职"


def test_who_left_before_the_day_leaves_the_appraisal_when_it_is_computed_again(world):
    stays, leaves = engage(world.village, "甲"), engage(world.village, "乙")
    appraisal = appraised(world.county, world.clerk)
    leaves.tenure.ended_on = AS_OF - timedelta(days=1)
    leaves.tenure.save()
    appraisals.COURSE.recompute(appraisal, world.clerk)
    run_now(Appraisal.objects.get().job)
    assert [row.appointment_id for row in MemberResult.objects.all()] == [stays.pk]
    assert Appraisal.objects.get().member_count == 1


def test_a_body_that_moves_takes_its_members_along(world):
    member = engage(world.village, "甲")
    appraisal = appraised(world.county, world.clerk)
    moved = move_organisation(
        organisation=world.village, parent=world.other_township, by=world.administrator, reason="区划调整"
    )
    assert result_of(appraisal, member).org_path == moved.path
    assert not MemberResult.objects.visible_to(world.director).exists()


# --- points and bands by hand ---------------------------------------------------------------------------
def test_points_are_kept_with_reason_and_person_and_change_is_told(world):
    member = engage(world.village, "甲")
    appraisal = appraised(world.county, world.clerk)
    score(result_of(appraisal, member), world.director, "10.00")
    result = score(result_of(appraisal, member), world.clerk, "12.345", reason="补了材料")
    given = MemberPoints.objects.get()
    assert (given.points, given.reason, given.scored_by) == (Decimal("12.35"), "补了材料", world.clerk)
    assert len(history_of(given)) == 2
    assert AuditEntry.objects.filter(action="appraisal.scored").count() == 2
    assert result.points_of("M6") == Decimal("12.35")


@pytest.mark.parametrize(
    "change,words",
    [({"points": "15.01"}, "应在 0 到 15"), ({"points": "-1"}, "应在 0 到 15"), ({"reason": " "}, "理由")],
)
def test_points_beyond_the_item_or_without_a_reason_are_refused(world, change, words):
    result = result_of_one(world)
    with pytest.raises(AppraisalRefused, match=words):
        score(result, world.clerk, **change)
    assert not MemberPoints.objects.exists()


def result_of_one(world) -> MemberResult:
    member = engage(world.village, "甲")
    return result_of(appraised(world.county, world.clerk), member)


def test_only_a_manual_item_takes_points(world):
    with pytest.raises(AppraisalRefused, match="不是人工评分项"):
        appraisals.score_member(
            result=result_of_one(world), item_code="M1", points=Decimal(1), reason="想加", people_note="",
            township_note="", by=world.clerk,
        )  # fmt: skip


def test_the_leader_gives_a_band_with_a_reason_while_it_is_open(world):
    result = result_of_one(world)
    with pytest.raises(AppraisalRefused, match="请写明评定的理由"):
        appraisals.give_band(result=result, band="称职", reason=" ", by=world.leader, expected_version=result.version)
    with pytest.raises(AppraisalRefused, match="请从标准的等次里选"):
        appraisals.give_band(result=result, band="极好", reason="好", by=world.leader, expected_version=result.version)
    given = appraisals.give_band(
        result=result, band="称职", reason="全年表现", by=world.leader, expected_version=result.version
    )
    assert (given.band, given.band_given_by) == ("称职", world.leader)
    assert AuditEntry.objects.filter(action="appraisal.band_given").count() == 1
    with pytest.raises(VersionConflict):
        appraisals.give_band(result=result, band="", reason="改", by=world.leader, expected_version=result.version)


def test_a_band_that_the_points_decide_is_not_given_by_hand(world):
    member = engage(world.village, "甲")
    appraisal = appraised(world.county, world.clerk, standard=all_sourced())
    result = score(result_of(appraisal, member), world.clerk, "95.00")
    with pytest.raises(AppraisalRefused, match="等次按标准算出"):
        appraisals.give_band(
            result=result, band="称职", reason="想改", by=world.leader, expected_version=result.version
        )


def test_nobody_judges_the_own_work(world):
    result = result_of_one(world)
    world.clerk.worker_id = result.worker_id
    with pytest.raises(AppraisalRefused, match="不能给自己打分"):
        score(result, world.clerk)


# --- publication ----------------------------------------------------------------------------------------
def test_it_is_published_when_every_item_is_scored_and_then_stands(world):
    result = result_of_one(world)
    with pytest.raises(AppraisalRefused, match="还有 1 人的人工评分项没有打分"):
        appraisals.publish_appraisal(appraisal=result.appraisal, by=world.leader)
    appraisal = published(world, result.appraisal)
    assert appraisal.state == "published" and appraisal.published_by == world.leader
    before = list(MemberResult.objects.values())
    with pytest.raises(AppraisalRefused, match="异议程序"):
        appraised(world.county, world.clerk)
    with pytest.raises(AppraisalRefused, match="不能打分"):
        score(result, world.clerk)
    with pytest.raises(AppraisalRefused, match="不能评定等次"):
        appraisals.give_band(result=result, band="", reason="改", by=world.leader, expected_version=result.version)
    assert list(MemberResult.objects.values()) == before


def test_a_standard_that_a_published_appraisal_used_is_not_changed(world):
    published(world, result_of_one(world).appraisal)
    definition = dict(standard_for_members().definition) | {"title": "改过的标准"}
    with pytest.raises(StandardRefused, match="已用于公布的考核"):
        store_standard(definition)


# --- pages ----------------------------------------------------------------------------------------------
def test_the_clerk_starts_scores_and_the_leader_publishes_by_the_pages(world, as_user):
    member, standard = engage(world.village, "甲"), standard_for_members()
    form = {
        "standard": standard.pk, "area": world.county.pk, "year": YEAR, "as_of_0": "2026", "as_of_1": "11",
        "as_of_2": "20",
    }  # fmt: skip
    assert as_user("clerk").post(reverse("appraisal-add"), form).status_code == 302
    appraisal = Appraisal.objects.get()
    run_now(appraisal.job)
    result = result_of(appraisal, member)
    page = as_user("clerk").get(reverse("member-result", args=[result.pk])).content.decode()
    assert "等次暂不评定" in page and "尚无数据来源" in page and "打分：群众评议与镇残联评价" in page
    points = {"people_note": "满意", "township_note": "认真", "points": "14.5", "reason": "评议表"}
    address = reverse("member-result-score", args=[result.pk, "M6"])
    assert as_user("clerk").post(address, points | {"points": "16"}).status_code == 422
    assert as_user("clerk").post(address, points).status_code == 302
    band = {"band": "称职", "reason": "全年表现", "seen": result_of(appraisal, member).version}
    address = reverse("member-result-band", args=[result.pk])
    assert as_user("clerk").post(address, band).status_code == 403
    assert as_user("leader").post(address, band).status_code == 302
    assert as_user("leader").post(reverse("appraisal-publish", args=[appraisal.pk])).status_code == 302
    assert result_of(appraisal, member).band == "称职"
    page = as_user("leader").get(reverse("member-result-sheet", args=[result.pk])).content.decode()
    assert "满意" in page and "称职" in page


def test_the_list_is_narrowed_by_band_place_and_what_waits(world, as_user):
    first, second = engage(world.village, "甲"), engage(world.township, "乙")
    appraisal = appraised(world.county, world.clerk)
    result = score(result_of(appraisal, first), world.clerk)
    appraisals.give_band(result=result, band="优秀", reason="突出", by=world.leader, expected_version=result.version)
    client = as_user("clerk")

    def shown(**asked):
        rows = client.get(reverse("member-result-list"), asked).context["table"].rows
        return [row["object"].appointment_id for row in rows]

    MemberResult.objects.filter(appointment=first).update(rank_county=2)
    MemberResult.objects.filter(appointment=second).update(rank_county=1)
    assert shown() == [second.pk, first.pk], "the best first"
    assert shown(band="优秀") == [first.pk]
    assert shown(band="open") == [second.pk]
    assert shown(points="pending") == [second.pk]
    assert shown(area=world.village.pk) == [first.pk]
    assert shown(appraisal=appraisal.pk, role="township_member") == [second.pk]


def test_a_director_sees_the_own_township_alone(world, as_user):
    own, foreign = engage(world.village, "甲"), engage(world.neighbour_village, "乙")
    appraisal = appraised(world.county, world.clerk)
    client = as_user("director")
    rows = client.get(reverse("member-result-list")).context["table"].rows
    assert [row["object"].appointment_id for row in rows] == [own.pk]
    assert client.get(reverse("appraisal-detail", args=[appraisal.pk])).status_code == 200
    assert client.get(reverse("member-result", args=[result_of(appraisal, foreign).pk])).status_code == 404


def test_the_evidence_page_of_every_item_opens(world, as_user):
    result = result_of_one(world)
    for code in result.items:
        page = as_user("clerk").get(reverse("member-result-item", args=[result.pk, code]))
        assert page.status_code == 200, code
