"""M5, the one item that rests on facts today: trainings completed in the window, two at most."""

from datetime import date

import pytest
from django.urls import reverse

from tests.assessments.members import appraised, engage, result_of
from tests.committees.trainings import session_of, was_at

pytestmark = pytest.mark.django_db
IN_WINDOW = (date(2026, 1, 1), date(2026, 5, 10), date(2026, 11, 20))
OUTSIDE = (date(2025, 12, 31), date(2026, 11, 21))


def trained(world, member, days, outcome="attended:passed"):
    for day in days:
        session = session_of(world, on=day, title=f"培训班（{member.tenure.worker}）")
        was_at(session, world.clerk, member.tenure, outcome=outcome)


def test_each_training_of_the_window_earns_half_and_a_third_nothing(world, as_user):
    none, one, two, three, outside, failed, away = (engage(world.village, name) for name in "甲乙丙丁戊己庚")
    trained(world, one, IN_WINDOW[:1])
    trained(world, two, IN_WINDOW[1:])
    trained(world, three, IN_WINDOW)
    trained(world, outside, OUTSIDE)
    trained(world, failed, IN_WINDOW, "attended:failed")
    trained(world, away, IN_WINDOW, "absent")
    appraisal = appraised(world.county, world.clerk)
    points = [
        str(result_of(appraisal, each).points_of("M5")) for each in (none, one, two, three, outside, failed, away)
    ]
    assert points == ["0.00", "5.00", "10.00", "10.00", "0.00", "0.00", "0.00"]
    assert {result_of(appraisal, each).unsourced for each in (none, one)} == {4}
    address = reverse("member-result-item", args=[result_of(appraisal, one).pk, "M5"])
    page = as_user("clerk").get(address)
    assert page.context["evidence"].total == 1 and "1 ÷ 2 = 50%" in page.content.decode()
