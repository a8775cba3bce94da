"""A run computed again after an area has lost its last judged body: its totals go, and no upper area adds them up."""

from datetime import date
from types import SimpleNamespace

import pytest

from accounts.models import Assignment
from assessments.evidence import listing
from assessments.models import AreaResult, Standard
from assessments.services import compute_now, finish_run, prepare_run
from federation.roles import Role
from orgs.models import Level, Organisation
from orgs.vacancies import Gap

pytestmark = pytest.mark.django_db
AS_OF = date(2026, 6, 30)


def computed(area, by_parts: bool):
    standard = Standard.objects.get(code="village_2012")
    run = compute_now(prepare_run(standard=standard, area=area, year=2026, as_of=AS_OF, by=None))
    if by_parts:
        # As the job ends a run whose parts others have written.
        finish_run(run)
    return run


def totals(run) -> dict[str, int]:
    return {area.organisation.short_name: area.bodies for area in AreaResult.objects.filter(run=run)}


def abolish_under(body):
    Organisation.objects.filter(path__startswith=body.path, level=Level.VILLAGE).update(abolished_on=date(2026, 3, 1))


@pytest.mark.parametrize("by_parts", [False, True])
def test_a_township_without_villages_has_no_totals_any_more(world, standards, by_parts):
    before = totals(computed(world.county, by_parts))
    assert before == {"会宁县": 4, "会师镇": 2, "郭城驿镇": 2}
    abolish_under(world.township)
    assert totals(computed(world.county, by_parts)) == {"会宁县": 2, "郭城驿镇": 2}


@pytest.mark.parametrize("by_parts", [False, True])
def test_a_county_without_villages_is_not_added_up_again(world, standards, by_parts):
    city = world.city.short_name
    assert totals(computed(world.city, by_parts))[city] == 8
    abolish_under(world.county)
    after = totals(computed(world.city, by_parts))
    assert after[city] == 4 and "会宁县" not in after


def test_rows_made_by_code_are_shown_where_the_right_is_held_and_counted_elsewhere(world):
    """Somebody with two roles: what one of them lets see is seen at its own body only."""
    Assignment.objects.create(
        user=world.member, role=Role.TOWNSHIP_DIRECTOR, organisation=world.neighbour_township, since=date(2020, 1, 1)
    )
    gap = Gap("committee_member", AS_OF, AS_OF)
    declared = SimpleNamespace(permission="subsidies.view")
    here, there = (
        listing([gap], declared, world.member, body.path) for body in (world.neighbour_village, world.village)
    )
    assert len(here.rows) == 1
    assert (there.total, there.rows) == (1, []) and "只能看到数量" in there.note
