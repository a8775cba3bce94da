"""表一 of a past day: who was transferred later is counted where they were, lower bodies add up, the list fits."""

import importlib
from datetime import date

import pytest
from django.apps import apps
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from federation.shared.metrics import Window, compute
from ledgers.approvals import submit_person
from ledgers.models import DisabledPerson, Transfer
from ledgers.summaries.counting import figures_of
from ledgers.summaries.definition import CODES, SEX, TOTAL
from ledgers.summaries.past import figures_below_on, figures_on, people_on
from ledgers.transfers import offer_person
from tests.ledgers import summary_oracle as oracle

pytestmark = pytest.mark.django_db

PLACES = ("village", "village_second", "neighbour_village", "other_village", "county")
DAYS = [date(2024, 5, 1), date(2024, 12, 31), date(2025, 6, 1), date(2025, 6, 2)]
moves = st.lists(
    st.tuples(st.sampled_from(PLACES), st.sampled_from(DAYS), st.booleans(), st.sampled_from([None, *DAYS])), max_size=3
)
drawn_people = st.lists(
    st.tuples(
        st.sampled_from(PLACES), st.sampled_from(["1", "2", ""]), st.sampled_from([None, *DAYS]),
        st.sampled_from([date(2020, 1, 1), DAYS[1]]), moves,
    ),
    max_size=12,
)  # fmt: skip


def of(body):
    return lambda rows: rows.under(body.path)


def at(world, place):
    return getattr(world, place)


def store(world, drawn) -> dict[int, list]:
    """{person: [(day of the move, body left, when it had written them off)]}, stored as transfers; refused ones count
    for nothing.
    """
    Transfer.objects.all().delete()
    DisabledPerson.objects.all().delete()
    told = {}
    for home, sex, gone, registered, steps in drawn:
        here, left = at(world, home), []
        row = DisabledPerson.objects.create(
            organisation=here, name="甲", sex=sex, registered_on=registered, deceased_on=gone
        )
        for place, day, accepted, written_off in sorted(steps, key=lambda step: step[1]):
            target = at(world, place)
            state = "accepted" if accepted else "refused"
            Transfer.objects.create(
                person=row, organisation=here, to_organisation=target, moved_on=day, state=state,
                written_off_on=written_off,
            )  # fmt: skip
            if accepted:
                left.append((day, here, written_off))
                here = target
        row.organisation = here
        row.save()
        told[row.pk] = left
    return told


@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
@given(drawn=drawn_people, day=st.sampled_from([*DAYS, date(2026, 1, 1), date(2024, 4, 30)]))
def test_every_body_counts_who_was_there_adds_up_and_opens_the_same_people(world, drawn, day):
    told = store(world, drawn)
    people = list(DisabledPerson.objects.select_related("organisation"))
    values = {row["pk"]: row for row in DisabledPerson.objects.values("pk", *oracle.EXPORTED)}
    places = {}
    for row in people:
        places[row.pk], values[row.pk]["moved_away_on"] = oracle.place_and_end(
            row.organisation, row.moved_away_on, told[row.pk], day
        )
    for body in (world.city, world.county, world.township, world.village, world.other_village):
        then = [row for row in people if places[row.pk].path.startswith(body.path)]
        figures = figures_on(of(body), day)
        expected = oracle.figures([values[row.pk] for row in then], day)
        assert figures == {code: expected[code] for code in CODES}, body.name
        parts = figures_below_on(of(body), day, len(body.path) + 4, SEX)
        for code in [TOTAL, *SEX.codes]:
            assert sum(part[code] for part in parts.values()) == figures[code]
        listed = [row for rows in people_on(of(body), day, TOTAL) for row in rows]
        there = {row.pk for row in then if oracle.is_registered(values[row.pk], day)}
        assert {row.pk for row in listed} == there and len(listed) == len(there)


def test_a_transfer_moves_a_person_from_its_day_on(world, make_person):
    person = make_person(registered_on=date(2020, 1, 1))
    moved_on = date(2025, 6, 1)
    offer_person(person=person, to_body=world.neighbour_village, moved_on=moved_on, reason="搬家", by=world.clerk)
    counted = {
        day: [figures_on(of(body), day)[TOTAL] for body in (world.village, world.neighbour_village, world.county)]
        for day in (date(2025, 5, 31), moved_on, timezone.localdate())
    }
    assert list(counted.values()) == [[1, 0, 1], [0, 1, 1], [0, 1, 1]]


def test_who_was_written_off_before_being_taken_in_elsewhere_was_registered_nowhere_between(world, make_person):
    person = make_person(registered_on=date(2020, 1, 1))
    DisabledPerson.objects.filter(pk=person.pk).update(moved_away_on=date(2025, 3, 1))
    moved_on = date(2025, 6, 1)
    offer_person(person=person, to_body=world.neighbour_village, moved_on=moved_on, reason="搬家", by=world.clerk)
    person.refresh_from_db()
    assert (person.moved_away_on, Transfer.objects.get().written_off_on) == (None, date(2025, 3, 1))
    days = [date(2025, 2, 28), date(2025, 3, 1), date(2025, 5, 31), moved_on, timezone.localdate()]
    bodies = (world.village, world.neighbour_village, world.county)
    counted = [[figures_on(of(body), day)[TOTAL] for body in bodies] for day in days]
    assert counted == [[1, 0, 1], [0, 0, 0], [0, 0, 0], [0, 1, 1], [0, 1, 1]]
    names = ["ledgers.persons_complete"]
    rates = [[compute(names, bodies, Window(day.year, day)).of(names[0], body).denominator for body in bodies]
             for day in days]  # fmt: skip
    assert rates == counted
    assert len(people_on(of(world.county), date(2025, 4, 1), TOTAL)[1]) == 0


def test_what_older_transfers_cleared_is_told_by_the_history(world, make_person):
    fill = importlib.import_module("ledgers.migrations.0018_transfer_written_off_on").fill
    for number in range(2):
        person = make_person(registered_on=date(2020, 1, 1))
        if number:
            person.moved_away_on = date(2025, 3, 1)
            submit_person(person=person, by=world.director)
        offer_person(
            person=person, to_body=world.neighbour_village, moved_on=date(2025, 6, 1), reason="搬家", by=world.clerk
        )
    Transfer.objects.update(written_off_on=None)
    fill(apps, connection.schema_editor())
    assert list(Transfer.objects.order_by("pk").values_list("written_off_on", flat=True)) == [None, date(2025, 3, 1)]


def test_a_village_changed_in_the_form_is_a_move_as_well(world, make_person):
    person = make_person(registered_on=date(2020, 1, 1))
    person.organisation = world.village_second
    submit_person(person=person, by=world.director)
    move = Transfer.objects.get()
    assert (move.organisation, move.to_organisation, move.state) == (world.village, world.village_second, "accepted")
    assert figures_on(of(world.village), date(2025, 1, 1))[TOTAL] == 1
    assert figures_on(of(world.village), timezone.localdate())[TOTAL] == 0


def test_of_who_has_left_the_village_sees_name_and_masked_number_only(as_user, world, make_person):
    gone = make_person(name="王搬走", registered_on=date(2020, 1, 1), grade="3")
    make_person(name="王留下", registered_on=date(2020, 1, 1))
    moved_on = date(2025, 6, 1)
    offer_person(person=gone, to_body=world.neighbour_village, moved_on=moved_on, reason="搬家", by=world.clerk)
    DisabledPerson.objects.filter(pk=gone.pk).update(grade="1", born_on=date(1999, 9, 9))
    client = as_user("member")
    address = reverse("summary-people", args=[world.village.pk])
    page = client.get(address, {"day": "2025-05-31", "cell": TOTAL}).content.decode()
    assert "王搬走（已转出）" in page and "王留下" in page and "共 2 条" in page
    assert str(gone.uid) not in page and "1999" not in page and gone.id_number.open_plain() not in page
    table = client.get(reverse("summary-current"), {"organisation": world.village.pk, "day": "2025-05-31"})
    assert table.context["total"] == 2
    later = client.get(address, {"day": "2025-06-01", "cell": TOTAL}).content.decode()
    assert "王搬走" not in later
    county = as_user("clerk").get(reverse("summary-lower", args=[world.county.pk]), {"day": "2025-05-31"})
    assert county.status_code == 200


def test_the_table_of_today_costs_what_the_fast_count_costs(world, make_person):
    person = make_person(registered_on=date(2020, 1, 1))
    moved_on = date(2025, 6, 1)
    offer_person(person=person, to_body=world.neighbour_village, moved_on=moved_on, reason="搬家", by=world.clerk)
    today = timezone.localdate()
    with CaptureQueriesContext(connection) as fast:
        figures_of(of(world.county)(DisabledPerson.objects.all()), today)
    with CaptureQueriesContext(connection) as whole:
        figures_on(of(world.county), today)
    assert len(whole) == len(fast)
    with CaptureQueriesContext(connection) as nobody_later:
        figures_on(of(world.county), date(2025, 7, 1))
    assert len(nobody_later) == len(fast) + 1
