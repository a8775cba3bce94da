"""A row that names a body by what it was called before finds it; one that fits several is told so."""

import datetime

import pytest

from federation.shared.models import AuditEntry
from ledgers.models import DisabledPerson
from orgs.models import FormerName, Organisation
from orgs.places import Places
from orgs.services import abolish_organisation, change_organisation
from tests.rosters.people import person, roster_file
from tests.rosters.test_records import body


def called(organisation, name):
    return FormerName.objects.create(organisation=organisation, name=name)


def test_a_village_is_found_by_its_former_name_and_the_preview_says_so(course, world):
    called(world.village_second, "东风大队")
    sent = course.send(roster_file([person(0, **{"村（社区）": "东风大队"}), person(1)]))
    assert (sent.new_count, sent.wrong_count) == (2, 0), course.errors(sent)
    assert sent.report["notices"] == ["第 2 行的“东风大队”按曾用名对应，现在是“会师镇 西山村”。"]
    course.confirm(sent)
    assert DisabledPerson.objects.get(name=person(0)["姓名"]).organisation == world.village_second


def test_a_former_name_of_two_bodies_is_refused_with_both(course, world):
    called(world.village, "东风大队")
    called(world.neighbour_village, "东风大队")
    error = course.errors(course.send(roster_file([person(0, 乡镇=None, **{"村（社区）": "东风大队"})])))[0]
    assert "“东风大队”是 2 个机构的曾用名：会师镇 东山村、郭城驿镇 东山村" in error
    narrowed = course.send(roster_file([person(0, 乡镇="郭城驿镇", **{"村（社区）": "东风大队"})]))
    assert narrowed.new_count == 1, course.errors(narrowed)


def test_the_present_name_comes_before_a_former_one(course, world):
    called(world.village_second, "东山村")
    course.written(roster_file([person(0)]))
    assert DisabledPerson.objects.get().organisation == world.village


def test_a_township_is_found_by_its_former_name_too(course, world):
    called(world.township, "老君乡")
    sent = course.send(roster_file([person(0, 乡镇="老君乡")]))
    assert (sent.new_count, sent.wrong_count) == (1, 0), course.errors(sent)
    assert "“老君乡”按曾用名对应" in sent.report["notices"][0]


def test_former_names_outside_the_importers_area_find_nothing(township_course, world):
    called(world.neighbour_village, "东风大队")
    row = person(0, 乡镇=None, **{"村（社区）": "东风大队"})
    assert "找不到“东风大队”" in township_course.errors(township_course.send(roster_file([row])))[0]


def test_a_code_beside_a_former_name_is_no_contradiction(course, world):
    called(world.village, "东风大队")
    sent = course.send(roster_file([person(0, 区划代码=world.village.code, **{"村（社区）": "东风大队"})]))
    assert sent.new_count == 1, course.errors(sent)


def test_a_renamed_body_keeps_its_old_name_and_says_who_renamed_it(world):
    village = Organisation.objects.get(pk=world.village.pk)
    village.short_name, village.name = "新民村", "新民村残疾人协会"
    change_organisation(organisation=village, by=world.clerk, expected_version=village.version)
    kept = FormerName.objects.get()
    assert (kept.organisation, kept.name, kept.created_by) == (village, "东山村", world.clerk)
    assert AuditEntry.objects.filter(action="orgs.formername.created").count() == 1
    places = Places(Organisation.objects.under(world.county.path))
    assert places.find("会师镇", "东山村").pk == village.pk


def test_a_change_that_is_no_renaming_keeps_nothing(world):
    village = Organisation.objects.get(pk=world.village.pk)
    village.address = "村委会"
    change_organisation(organisation=village, by=world.clerk, expected_version=village.version)
    assert not FormerName.objects.exists()


def test_the_names_of_an_absorbed_body_lead_to_the_one_that_took_it_in(course, world):
    called(world.village, "东风大队")
    village = Organisation.objects.get(pk=world.village.pk)
    abolish_organisation(
        organisation=village, on=datetime.date(2026, 1, 1), by=world.clerk, reason="会政发〔2026〕1号",
        expected_version=village.version, into=world.village_second,
    )  # fmt: skip
    rows = [person(0), person(1, **{"村（社区）": "东风大队"})]
    sent = course.send(roster_file(rows))
    assert (sent.new_count, sent.wrong_count) == (2, 0), course.errors(sent)
    course.confirm(sent)
    assert set(DisabledPerson.objects.values_list("organisation", flat=True)) == {world.village_second.pk}


@pytest.mark.django_db
def test_the_form_of_abolition_offers_the_bodies_that_may_take_it_in(as_user, world):
    client = as_user("clerk")
    page = client.get(f"/orgs/{world.village.pk}/abolish/")
    offered = set(page.context["form"].fields["into"].queryset)
    assert offered == {world.village_second, world.neighbour_village, world.neighbour_village_second}


def test_a_roster_of_organisations_brings_former_names(course, world):
    data = roster_file([body(曾用名="会师公社，城关镇、会师镇")])
    course.written(data, kind="organisations")
    assert sorted(FormerName.objects.values_list("name", flat=True)) == ["会师公社", "城关镇"]
    assert course.send(data, kind="organisations").unchanged_count == 1
