"""The database itself keeps what was published of an appraisal; the objection is the one way to change it."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from assessments import objections, triggers
from assessments.models import Appraisal, MemberPoints, MemberResult, Objection
from federation.shared import retention
from federation.shared.models import Job
from orgs.services import move_organisation
from tests.assessments.members import appraised, engage, published, result_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def result(world) -> MemberResult:
    """Of a published appraisal of two members."""
    member = engage(world.village, "甲")
    engage(world.township, "乙")
    return result_of(published(world, appraised(world.county, world.clerk)), member)


def refused(change):
    with pytest.raises(IntegrityError, match="已公布的专职委员考核"), transaction.atomic():
        change()


def objected(world, result) -> Objection:
    return objections.raise_objection(result=result, text="少算了", by=world.director, is_own=False)


def corrected(world, result, points="14.00", by="leader") -> Objection:
    return objections.decide_objection(
        objection=objected(world, result), is_corrected=True, reason="补计", by=getattr(world, by),
        points={"M6": Decimal(points)},
    )  # fmt: skip


def test_all_triggers_are_in_force():
    assert triggers.GUARD.missing(connection) == []


CHANGES = [
    (MemberResult, {"total": Decimal("99.00")}),
    (MemberResult, {"band": "优秀"}),
    (MemberResult, {"given_band": "优秀"}),
    (MemberResult, {"band_reason": "改"}),
    (MemberResult, {"rank_county": 9}),
    (MemberResult, {"items": {}}),
    (MemberResult, {"pending": 3}),
    (MemberResult, {"digest": "0" * 64}),
    (MemberPoints, {"points": Decimal("1.00")}),
    (MemberPoints, {"reason": "改"}),
    (MemberPoints, {"township_note": "改"}),
    (Appraisal, {"state": "computed"}),
    (Appraisal, {"definition": {}}),
    (Appraisal, {"as_of": date(2026, 1, 1)}),
    (Appraisal, {"published_at": None}),
]


@pytest.mark.parametrize(("model", "change"), CHANGES, ids=lambda each: next(iter(each)) if type(each) is dict else "")
def test_nothing_published_is_changed_by_itself(result, model, change):
    refused(lambda: model.objects.update(**change))


@pytest.mark.parametrize("model", [MemberResult, MemberPoints, Appraisal])
def test_nothing_published_is_deleted(result, model):
    # Straight in the table: the ORM would take what hangs on it first.
    refused(lambda: model.objects.all()._raw_delete("default"))


def test_nothing_is_slipped_into_what_was_published(world, result):
    late = engage(world.village_second, "丙")
    copy = MemberResult.objects.get(pk=result.pk)
    copy.pk, copy.appointment, copy.organisation = None, late, late.organisation
    refused(lambda: copy.save(force_insert=True))
    other = appraised(world.neighbour_township, world.clerk) if engage(world.neighbour_village, "丁") else None
    refused(lambda: MemberResult.objects.filter(appraisal=other).update(appraisal=result.appraisal))
    points = MemberPoints(
        appraisal=result.appraisal, appointment=late, organisation=late.organisation, item_code="M6",
        points=Decimal(15), reason="补", scored_by=world.clerk,
    )  # fmt: skip
    refused(points.save)


def test_what_is_not_published_yet_changes_as_before(world):
    member = engage(world.village, "甲")
    appraisal = appraised(world.county, world.clerk)
    MemberResult.objects.update(total=Decimal("1.00"))
    MemberResult.objects.all().delete()
    assert appraised(world.county, world.clerk).pk == appraisal.pk and result_of(appraisal, member).total != 1


# --- the objection, the one way ---------------------------------------------------------------------------
def test_a_decided_objection_corrects_points_and_result_and_they_are_fixed_again(world, result):
    before = result.total
    corrected(world, result)
    now = MemberResult.objects.get(pk=result.pk)
    assert now.total != before and MemberPoints.objects.get(appointment=now.appointment).points == Decimal("14.00")
    refused(lambda: MemberResult.objects.filter(pk=now.pk).update(total=before))
    refused(lambda: MemberPoints.objects.filter(appointment=now.appointment).update(points=Decimal("12.00")))
    # Who gave points decides no more.
    corrected(world, now, "13.00", by="viewer")
    assert MemberPoints.objects.get(appointment=now.appointment).points == Decimal("13.00")


def test_an_open_objection_alone_changes_no_result_and_opens_nobody_elses_points(world, result):
    objected(world, result)
    refused(lambda: MemberResult.objects.filter(pk=result.pk).update(total=Decimal("99.00")))
    other = MemberPoints.objects.exclude(appointment=result.appointment)
    refused(lambda: other.update(points=Decimal("1.00")))


def test_a_correction_opens_no_other_change_of_the_result(world, result):
    row = corrected(world, result)
    was = row.before["digest"]
    refused(lambda: MemberResult.objects.filter(pk=result.pk).update(digest=was))
    refused(lambda: MemberResult.objects.filter(pk=result.pk).update(band_reason="改"))


@pytest.mark.parametrize(
    "change",
    [{"decision": "改"}, {"after": {}}, {"before": {}}, {"state": "open"}, {"text": "改"}],
    ids=lambda each: [*each][0],
)
def test_a_decided_objection_is_kept(world, result, change):
    corrected(world, result)
    refused(lambda: Objection.objects.update(**change))
    refused(lambda: Objection.objects.all()._raw_delete("default"))


# --- what goes on beside it -------------------------------------------------------------------------------
def test_a_body_still_moves_with_its_published_results_and_they_can_be_corrected_there(world, result):
    moved = move_organisation(
        organisation=world.village, parent=world.neighbour_township, by=world.administrator, reason="区划调整"
    )
    now = MemberResult.objects.get(pk=result.pk)
    assert now.org_path == moved.path and MemberPoints.objects.get(appointment=now.appointment).org_path == moved.path
    corrected(world, now)
    assert MemberResult.objects.get(pk=result.pk).total != now.total


def test_what_is_kept_for_a_time_is_still_removed_and_the_result_stays(world, result):
    Job.objects.update(finished_at=timezone.now() - timedelta(days=400))
    retention.remove_due()
    assert not Job.objects.exists() and Appraisal.objects.get().job is None
    assert MemberResult.objects.filter(pk=result.pk).exists()
