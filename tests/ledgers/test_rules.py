"""The checks between the fields of 表二."""

import io
from datetime import date

import pytest
from django.core.management import call_command

from ledgers.models import DisabledPerson
from ledgers.rules import MANDATORY, RULES, assess_row, findings, missing_fields, refusals
from ledgers.services import recheck_persons
from tests.ledgers.conftest import id_of, person_fields

TODAY = "2026-11-21"
NUMBER = id_of("19680403", 1, "1")
GOOD = {
    **dict.fromkeys(MANDATORY, "x"),
    "id_number": NUMBER,
    "ethnicity": "汉族",
    "born_on": "1968-04-03",
    "sex": "1",
    "certificate_number": NUMBER + "42",
    "category": "4",
    "grade": "2",
    "registered_on": "2020-05-01",
}


def codes(**more):
    return [rule.code for rule, _field, _sentence in findings({**GOOD, **more}, TODAY)]


def test_a_complete_consistent_form_misses_nothing_and_fails_nothing():
    assert assess_row(GOOD, TODAY) == (0, "")


BROKEN = [
    ("id_number", {"id_number": NUMBER[:17] + ("0" if NUMBER[17] != "0" else "1"), "certificate_number": ""}),
    ("born_on", {"born_on": "1968-04-04"}),
    ("sex", {"sex": "2"}),
    ("ethnicity", {"ethnicity": "汉人"}),
    ("certificate", {"certificate_number": "123"}),
    ("certificate_id", {"certificate_number": id_of("19680403", 2, "1") + "42"}),
    ("certificate_category", {"certificate_number": NUMBER + "32"}),
    ("certificate_grade", {"certificate_number": NUMBER + "41"}),
    ("certificate_status", {"certificate_status": "suspected"}),
    ("category", {"category": "8", "certificate_number": ""}),
    ("grade", {"grade": "5", "certificate_number": ""}),
    ("category_parts", {"category_parts": "14"}),
    ("category_parts_missing", {"category": "7", "certificate_number": NUMBER + "72"}),
    ("future_date", {"registered_on": "2026-11-22"}),
    ("before_birth", {"disabled_since": "1960-01-01"}),
    ("end_before_registration", {"deceased_on": "2019-12-31"}),
    ("review_before_issue", {"certificate_issued_on": "2020-01-01", "next_review_on": "2020-01-01"}),
    ("household", {"household_size": 2, "household_disabled": 3}),
]


@pytest.mark.parametrize(("code", "change"), BROKEN, ids=[code for code, _ in BROKEN])
def test_each_rule_finds_its_fault_names_a_field_and_says_what_to_do(code, change):
    found = {rule.code: (field, sentence) for rule, field, sentence in findings({**GOOD, **change}, TODAY)}
    assert code in found
    field, sentence = found[code]
    assert field in {each.name for each in DisabledPerson._meta.get_fields()}
    assert any(word in sentence for word in ("请", "改")) and sentence.endswith("。")


def test_every_rule_has_a_case_above():
    assert {code for code, _ in BROKEN} == set(RULES)


@pytest.mark.parametrize("suffix", ["", "B1", "B2", "B12"])
def test_a_reissued_certificate_is_valid(suffix):
    assert codes(certificate_number=NUMBER + "42" + suffix) == []


def test_somebody_without_a_certificate_is_allowed():
    assert codes(certificate_number="") == []


@pytest.mark.parametrize(
    ("parts", "right"), [("14", True), ("123456", True), ("1", False), ("11", False), ("17", False)]
)
def test_several_disabilities_are_at_least_two_different_ones(parts, right):
    wrong = "category_parts" in codes(category="7", certificate_number=NUMBER + "72", category_parts=parts)
    assert wrong is not right


def test_an_empty_row_misses_every_mandatory_field_and_fails_no_rule():
    assert assess_row({}, TODAY) == (len(MANDATORY), "")
    assert missing_fields({}) == list(MANDATORY)


def test_doubts_are_counted_but_do_not_stop_a_row():
    doubtful = {**GOOD, "household_size": "2", "household_disabled": "3"}
    assert refusals(doubtful, TODAY) == []
    assert assess_row(doubtful, TODAY) == (0, "household")


def test_every_rule_together_fits_the_column():
    assert len(",".join(RULES)) <= DisabledPerson._meta.get_field("failed_checks").max_length


def test_saving_refreshes_both_columns(world):
    person = DisabledPerson.objects.create(organisation=world.village, **person_fields(ethnicity="", sex="2"))
    person.refresh_from_db()
    assert (person.missing_mandatory, person.failed_checks) == (1, "sex")
    person.ethnicity, person.sex = "汉族", "1"
    person.save()
    person.refresh_from_db()
    assert (person.missing_mandatory, person.failed_checks) == (0, "")


def test_dates_of_the_model_and_of_a_roster_are_judged_alike(world):
    person = DisabledPerson.objects.create(organisation=world.village, **person_fields(deceased_on=date(2019, 1, 1)))
    assert person.failed_checks == "end_before_registration" == ",".join(codes(deceased_on="2019-01-01"))


def test_rules_are_applied_again_to_rows_stored_under_older_ones(world):
    person = DisabledPerson.objects.create(organisation=world.village, **person_fields(ethnicity=""))
    DisabledPerson.objects.update(missing_mandatory=9, failed_checks="gone")
    out = io.StringIO()
    call_command("recheck_persons", stdout=out)
    person.refresh_from_db()
    assert (person.missing_mandatory, person.failed_checks, person.version) == (1, "", 1)
    assert "1 条" in out.getvalue()
    assert recheck_persons() == 0
