"""在册: one rule for 表一, the rates, the list and what REST tells, whatever became of the form's approval."""

from datetime import date, timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from federation.shared import metrics
from ledgers.models import DisabledPerson, PersonDraft
from ledgers.summaries.definition import TOTAL
from ledgers.summaries.past import figures_on, not_approved_on

pytestmark = pytest.mark.django_db

TODAY = timezone.localdate()
ENDS = ("moved_away_on", "deceased_on", "cancelled_on")


@pytest.fixture
def everybody(world, make_person):
    """One of each state, registered; one of each state and end, gone; a draft, which is no file."""
    here, gone = [], []
    for state in ("approved", "submitted", "returned"):
        here.append(make_person(name=f"王{state}", state=state, registered_on=date(2020, 1, 1)))
        for end in ENDS:
            row = make_person(name=f"李{state}{end}", state=state, registered_on=date(2020, 1, 1), **{end: TODAY})
            gone.append(row)
    PersonDraft.objects.create(organisation=world.village, created_by=world.member, name="草稿", payload="name=草稿")
    return here, gone


def test_list_table_rates_and_rest_count_the_same_people(as_user, client, world, everybody):
    here, _gone = everybody
    rows = DisabledPerson.objects.under(world.county.path)
    assert set(rows.current_on(TODAY)) == set(rows.still_registered()) == set(here)
    assert figures_on(lambda people: people.under(world.county.path), TODAY)[TOTAL] == 3
    listed = as_user("clerk").get(reverse("person-list"))
    assert {row.pk for row in listed.context["page"].rows} == {row.pk for row in here}
    window = metrics.Window(year=TODAY.year, as_of=TODAY)
    for name in ("ledgers.persons_complete", "ledgers.persons_valid"):
        assert metrics.metric(name).compute([world.village], window)[world.village.pk].denominator == 3, name


def test_yesterday_those_who_ended_today_still_counted(world, everybody):
    here, gone = everybody
    yesterday = TODAY - timedelta(days=1)
    assert set(DisabledPerson.objects.current_on(yesterday)) == set(here + gone)


def test_the_table_says_how_many_of_those_counted_nobody_has_approved(as_user, world, everybody):
    assert not_approved_on(lambda people: people.under(world.county.path), TODAY) == 2
    page = as_user("clerk").get(reverse("summary-current")).content.decode()
    assert "其中 <a href=" in page and "2 人</a>的登记表待审核或已退回，也算在册" in page
    DisabledPerson.objects.update(state="approved")
    assert "待审核或已退回，也算在册" not in as_user("clerk").get(reverse("summary-current")).content.decode()
