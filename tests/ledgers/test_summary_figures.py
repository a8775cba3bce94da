"""The figures of 表一: equal to a second implementation, adding up in every direction, the same as the list behind."""

import re
from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ledgers.models import DisabledPerson
from ledgers.models.dictionaries import Dibao, Education, EmploymentForm, MedicalInsurance, PensionInsurance
from ledgers.models.summary_key import KEY_COLUMNS, UNFILLED_LETTER, letters_of
from ledgers.summaries.counting import figures_below, figures_of, people_of
from ledgers.summaries.definition import AGE, CODES, CROSSED, DIMENSIONS, SEX, TOTAL, condition_of, label_of
from tests.ledgers import summary_oracle as oracle

DAY = date(2026, 10, 31)
# Births around every birthday that decides, leap days among them; ends and registrations around the day.
BORN = [None, *(date(2026 - age, month, day) for age in (0, 6, 7, 14, 15, 17, 18, 54, 55, 59, 60, 90)
                for month, day in ((10, 30), (10, 31), (11, 1))), date(1972, 2, 29), date(2027, 1, 1)]  # fmt: skip
ENDS = [None, None, None, None, date(2026, 10, 30), DAY, date(2026, 11, 1)]
REGISTERED = [date(2012, 1, 1), date(2012, 1, 1), date(2026, 10, 30), DAY, date(2026, 11, 1)]
PLACES = ["township", "village", "village_second", "neighbour_village", "county", "other_village"]


def _word(choices):
    # "?" stands for what an old import may have left in a column.
    return st.sampled_from(["", "?", *choices.values])


people = st.lists(
    st.fixed_dictionaries(
        {
            "place": st.sampled_from(PLACES),
            "sex": st.sampled_from(["1", "2", ""]),
            "category": st.sampled_from(["", *"1234567"]),
            "grade": st.sampled_from(["", *"1234"]),
            "born_on": st.sampled_from(BORN),
            "register_type": st.sampled_from(["", "1", "2", "9"]),
            "education": _word(Education),
            "employment": _word(EmploymentForm),
            "dibao": _word(Dibao),
            "pension": _word(PensionInsurance),
            "medical": _word(MedicalInsurance),
            "has_living_subsidy": st.booleans(),
            "has_care_subsidy": st.booleans(),
            "registered_on": st.sampled_from(REGISTERED),
            "moved_away_on": st.sampled_from(ENDS),
            "deceased_on": st.sampled_from(ENDS),
            "cancelled_on": st.sampled_from(ENDS),
        }
    ),
    max_size=25,
)
days = st.sampled_from([date(2012, 1, 1), date(2026, 10, 30), DAY, date(2026, 11, 1), date(2028, 2, 29)])


def store(world, drawn):
    DisabledPerson.objects.all().delete()
    rows = [DisabledPerson(organisation=getattr(world, each["place"]), name="甲") for each in drawn]
    for row, each in zip(rows, drawn, strict=True):
        for name, value in each.items():
            if name != "place":
                setattr(row, name, value)
    DisabledPerson.objects.bulk_create(rows)


def exported(body):
    return list(DisabledPerson.objects.filter(org_path__startswith=body.path).values(*oracle.EXPORTED))


def below(body, day, dimension):
    return figures_below(DisabledPerson.objects.under(body.path), day, len(body.path) + 4, dimension)


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
@given(drawn=people, day=days)
def test_every_cell_equals_the_second_implementation_and_adds_up_upwards_and_across(world, drawn, day):
    store(world, drawn)
    for body in (world.city, world.county, world.township, world.village):
        figures = figures_of(DisabledPerson.objects.under(body.path), day)
        expected = oracle.figures(exported(body), day)
        assert set(expected) <= set(CODES)
        assert figures == {code: expected[code] for code in CODES}, body.name
        for dimension in DIMENSIONS:
            assert sum(figures[code] for code in dimension.codes) == figures[TOTAL]
            parts = below(body, day, dimension)
            for code in (TOTAL, *dimension.codes):
                assert sum(part[code] for part in parts.values()) == figures[code], (body.name, code)
        down, across = CROSSED
        for code in down.codes:
            assert sum(figures[f"{code}.{other}"] for other in across.codes) == figures[code]
        for code in across.codes:
            assert sum(figures[f"{other}.{code}"] for other in down.codes) == figures[code]


@settings(max_examples=6, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
@given(drawn=people, day=days)
def test_the_people_behind_a_cell_are_as_many_as_the_cell_says(world, drawn, day):
    store(world, drawn)
    rows = DisabledPerson.objects.under(world.county.path)
    figures = figures_of(rows, day)
    for code in CODES:
        assert people_of(rows, day, code).count() == figures[code], code


def test_people_registered_at_a_township_itself_stand_beside_its_villages(world, make_person):
    make_person(organisation=world.township)
    make_person(organisation=world.village, sex="2")
    parts = below(world.township, DAY, SEX)
    assert parts[world.township.path] == {TOTAL: 1, "sex.1": 1, "sex.2": 0, "sex.unfilled": 0}
    assert parts[world.village.path]["sex.2"] == 1
    assert set(parts) == {world.township.path, world.village.path}


def test_a_day_that_is_past_counts_who_was_registered_then(world, make_person):
    make_person(registered_on=date(2024, 5, 1))
    make_person(registered_on=date(2024, 5, 1), deceased_on=date(2025, 1, 1))
    rows = DisabledPerson.objects.under(world.village.path)
    totals = [figures_of(rows, day)[TOTAL] for day in (date(2024, 4, 30), date(2024, 12, 31), date(2025, 1, 1))]
    assert totals == [0, 2, 1]


def test_nobody_in_scope_gives_noughts(world, make_person):
    make_person()
    assert set(figures_of(DisabledPerson.objects.visible_to(world.stranger), DAY).values()) == {0}
    assert figures_below(DisabledPerson.objects.visible_to(world.stranger), DAY, 4, SEX) == {}


def test_the_whole_table_is_read_in_one_query_over_the_people(world, make_person):
    make_person()
    with CaptureQueriesContext(connection) as queries:
        figures_of(DisabledPerson.objects.under(world.county.path), DAY)
    assert sum("ledgers_disabledperson" in query["sql"] for query in queries) == 1


def test_every_cell_has_a_name_of_its_own_and_an_unknown_one_is_refused():
    assert len({label_of(code) for code in CODES}) == len(CODES)
    for code in ("", "sex", "sex.3", "sex.1.category.1", "total.1"):
        with pytest.raises(KeyError):
            condition_of(code)


def test_the_letters_follow_whatever_writes_the_row(world, make_person):
    person = make_person(category="4", grade="2", dibao="rural")
    table = DisabledPerson._meta.db_table
    with connection.cursor() as cursor:
        cursor.execute(f"UPDATE {table} SET category = '1', grade = '?', dibao = '' WHERE id = %s", [person.pk])
    figures = figures_of(DisabledPerson.objects.under(world.county.path), DAY)
    assert (figures["category.1.grade.unfilled"], figures["dibao.unfilled"], figures["category.4"]) == (1, 1, 0)


def test_every_dictionary_of_the_table_has_letters_for_its_values_and_no_more():
    for dimension in DIMENSIONS:
        if dimension is not AGE:
            stored = {choice.stored for choice in dimension.choices}
            letters = letters_of(dimension.field)
            assert set(letters) == stored == set(KEY_COLUMNS[dimension.field])
            assert len({*letters.values(), UNFILLED_LETTER}) == len(stored) + 1


def test_the_counts_read_the_index_and_not_the_table(world):
    with CaptureQueriesContext(connection) as queries:
        figures_of(DisabledPerson.objects.under(world.county.path), DAY)
    (counted,) = [query["sql"] for query in queries if "summary_key" in query["sql"]]
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            # In a table of no rows all ways cost the same: the others are taken away, until the transaction ends.
            cursor.execute("SET LOCAL enable_seqscan = off")
            cursor.execute("SET LOCAL enable_bitmapscan = off")
            cursor.execute(
                "SELECT indexrelid::regclass::text FROM pg_index WHERE indrelid = %s::regclass AND NOT indisunique",
                [DisabledPerson._meta.db_table],
            )
            for (index,) in cursor.fetchall():
                if index != "person_summary":
                    cursor.execute(f'DROP INDEX "{index}"')
            cursor.execute(f"EXPLAIN {counted}")
        else:
            cursor.execute(f"EXPLAIN QUERY PLAN {counted}")
        plan = "\n".join(str(row) for row in cursor.fetchall())
    # SQLite calls no index covering from which a generated column is taken, but puts off looking into the table until
    # something is asked for that is not in the index, which here is nothing.
    assert re.search(r"USING INDEX person_summary|Index Only Scan using person_summary", plan), plan
