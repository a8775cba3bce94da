"""Vacant for more than so many days: the database and the reading of each body agree, undated bodies included."""

import random
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from orgs.models import Organisation, Tenure, Worker
from orgs.open_vacancies import bodies_with_vacancies, count_vacancies, vacancies_of
from orgs.requirements import requirements_for
from orgs.vacancy_areas import vacancies_by_area
from tests.conftest import TODAY

DAY = timedelta(days=1)
FAR = 14


def only(world, key, **fields):
    rows = Organisation.objects.filter(pk=world.orgs[key].pk)
    rows.update(**fields)
    return rows


def answers(rows, days, post="director"):
    """How many vacancies: by body, counted, by area, and by the list."""
    given = {"post": post, "longer_than": days}
    (body,) = rows
    return {
        bodies_with_vacancies(rows, TODAY, **given).count(),
        count_vacancies(rows, TODAY, **given),
        sum(each.total for each in vacancies_by_area(rows, body, TODAY, **given)),
        len(vacancies_of(rows, TODAY, **given)),
    }


def test_a_body_without_a_date_is_vacant_since_the_last_tenure_ended(world, engage):
    engage("township", "director", until=TODAY - 90 * DAY)
    undated = only(world, "township", established_on=None)
    assert [each.days for each in vacancies_of(undated, TODAY, post="director")] == [90]
    assert [answers(undated, days) for days in (0, 89, 90)] == [{1}, {1}, {0}]


def test_of_a_post_never_held_at_a_body_without_a_date_nobody_knows_for_how_long(world):
    undated = only(world, "township", established_on=None)
    assert [answers(undated, days) for days in (0, 1, 90)] == [{1}, {0}, {0}]


def test_a_body_established_on_the_boundary_day_is_vacant_for_more_than_those_days(world):
    young = only(world, "township", established_on=TODAY - 90 * DAY)
    assert [each.days for each in vacancies_of(young, TODAY, post="director")] == [91]
    assert [answers(young, days) for days in (90, 91)] == [{1}, {0}]


def test_a_tenure_yet_to_begin_does_not_tell_since_when(world, engage):
    engage("township", "director", since=TODAY + DAY, until=TODAY + 9 * DAY)
    undated = only(world, "township", established_on=None)
    assert [answers(undated, days) for days in (0, 1)] == [{1}, {0}]


def drawn_days(draw):
    """Dates of establishment (or none) and tenures close to the boundaries, at every body."""
    bodies = list(Organisation.objects.order_by("path"))
    tenures = []
    for body in bodies:
        body.established_on = draw.choice([None, None, TODAY - draw.randint(-1, FAR) * DAY, TODAY - 400 * DAY])
        for post in requirements_for(body.body_kind, body.level, TODAY.year).posts:
            starts = draw.sample(range(-2, FAR + 3), draw.choice([0, 0, 1, 1, 2]))
            for start in (TODAY - each * DAY for each in starts):
                until = draw.choice([None] + 9 * [start + draw.randint(0, FAR) * DAY])
                tenures.append(
                    Tenure(
                        organisation=body, org_path=body.path, worker=Worker.objects.create(name="张三"), post=post,
                        started_on=start, ended_on=until,
                    )
                )  # fmt: skip
    Organisation.objects.bulk_update(bodies, ["established_on"])
    Tenure.objects.bulk_create(tenures)


def by_the_days(bodies, post, longer_than):
    """{(body, post)} found by walking back day by day while nobody was in office and the body was there."""
    tenures = list(Tenure.objects.values_list("organisation_id", "post", "started_on", "ended_on"))
    found = set()
    for body in bodies:
        for wanted in requirements_for(body.body_kind, body.level, TODAY.year).posts:
            mine = [(first, last) for at, held, first, last in tenures if (at, held) == (body.pk, wanted)]
            mine = [(first, last) for first, last in mine if first <= TODAY]
            known, days, day = body.established_on is not None or bool(mine), 0, TODAY
            while days <= FAR + 5 and (body.established_on is None or day >= body.established_on):
                # Back to the last day on which somebody was in office.
                if any(last is None or last >= day for _first, last in mine):
                    break
                days, day = days + 1, day - DAY
            if days and wanted == (post or wanted) and (not longer_than or known and days > longer_than):
                found.add((body.pk, wanted))
    return found


@pytest.mark.parametrize("seed", range(4))
def test_database_and_reading_agree_for_every_number_of_days(world, seed):
    drawn_days(random.Random(seed))  # noqa: S311 - repeatable days
    rows = Organisation.objects.under(world.province.path)
    area, bodies = Organisation.objects.get(pk=world.province.pk), list(rows)
    undated = {body.pk for body in bodies if body.established_on is None}
    known_undated = 0
    for longer_than in range(FAR + 4):
        for post in ("", "director", "association_chair"):
            given = {"post": post, "longer_than": longer_than}
            expected = by_the_days(bodies, post, longer_than)
            read = {(each.organisation.pk, each.post) for each in vacancies_of(bodies, TODAY, **given)}
            assert read == expected, given
            listed = set(bodies_with_vacancies(rows, TODAY, **given).values_list("pk", flat=True))
            assert listed == {body for body, _post in expected}, given
            assert count_vacancies(rows, TODAY, **given) == len(expected), given
            by_area = vacancies_by_area(rows, area, TODAY, **given)
            assert sum(each.total for each in by_area) == len(expected), given
            known_undated += longer_than > 0 and sum(body in undated for body, _post in expected)
    assert known_undated


def test_the_age_costs_no_further_question(world, engage):
    engage("township", "director", until=TODAY - 90 * DAY)
    Organisation.objects.update(established_on=None)
    rows, area = Organisation.objects.under(world.county.path), Organisation.objects.get(pk=world.county.pk)

    def asked(act, **given):
        with CaptureQueriesContext(connection) as queries:
            act(**given)
        return len(queries)

    for act in (
        lambda **given: count_vacancies(rows, TODAY, **given),
        lambda **given: len(bodies_with_vacancies(rows, TODAY, **given)),
        lambda **given: vacancies_by_area(rows, area, TODAY, **given),
    ):
        assert asked(act) == asked(act, longer_than=60)
