"""A body is not abolished while somebody is in post there, or will be after that day."""

from datetime import date, timedelta

import pytest

from orgs.models import Organisation, Tenure, Worker
from orgs.services import TenureRefused, record_tenure
from orgs.services.organisations import NotPossible, abolish_organisation

ON = date(2026, 3, 1)
DAY = timedelta(days=1)


def abolish(world):
    body = Organisation.objects.get(pk=world.village.pk)
    abolish_organisation(organisation=body, on=ON, by=world.clerk, reason="合并", expected_version=body.version)


@pytest.mark.parametrize("until", [None, ON + DAY, ON + timedelta(days=400)])
def test_whoever_stays_in_post_after_that_day_has_to_leave_first(world, engage, until):
    engage("village", "association_chair", until=until)
    with pytest.raises(NotPossible, match="还有 1 人在任.*晚于撤销日期（2026 年 3 月 1 日）.*请先办理离任"):
        abolish(world)
    assert Organisation.objects.get(pk=world.village.pk).abolished_on is None


def test_one_person_in_two_posts_is_one_person(world, engage):
    first = engage("village", "association_chair")
    engage("village", "committee_member", worker=first.worker, until=ON + DAY)
    with pytest.raises(NotPossible, match="还有 1 人在任"):
        abolish(world)


def test_whoever_leaves_by_that_day_is_no_obstacle(world, engage):
    engage("village", "association_chair", until=ON)
    engage("village_second", "association_chair")
    abolish(world)
    assert Organisation.objects.get(pk=world.village.pk).abolished_on == ON


@pytest.mark.parametrize(
    ("since", "until", "box"),
    [(ON - DAY, None, "ended_on"), (ON - DAY, ON + DAY, "ended_on"), (ON + DAY, None, "started_on")],
)
def test_nobody_is_recorded_afterwards_as_in_post_there_for_longer(world, since, until, box):
    abolish(world)
    body = Organisation.objects.get(pk=world.village.pk)
    tenure = Tenure(
        organisation=body, worker=Worker.objects.create(name="甲"), post="association_chair", started_on=since,
        ended_on=until,
    )  # fmt: skip
    with pytest.raises(TenureRefused) as refused:
        record_tenure(tenure=tenure, by=world.clerk)
    assert box in refused.value.message_dict
    tenure.started_on, tenure.ended_on = ON - DAY, ON
    assert record_tenure(tenure=tenure, by=world.clerk).pk
