"""Pages of the personal form as the cast uses them."""

from datetime import date

import pytest
from django.urls import reverse

from federation.shared.history import history_of
from ledgers.models import DisabledPerson
from ledgers.querysets import PersonQuerySet
from ledgers.rules import CERTIFICATE_TAKEN, ID_NUMBER_TAKEN
from tests.ledgers.conftest import id_of

pytestmark = pytest.mark.django_db


def boxes(name, day):
    parts = (day.year, day.month, day.day) if day else ("", "", "")
    return {f"{name}_year": parts[0], f"{name}_month": parts[1], f"{name}_day": parts[2]}


def form_data(body, **more):
    number = more.pop("id_number", id_of("19680403", 40, "1"))
    data = {
        "organisation": body.pk,
        "name": "王国华",
        "sex": "1",
        "ethnicity": "汉族",
        "id_number": number,
        "certificate_number": f"{number}42" if number else "",
        "category": "4",
        "grade": "2",
        "register_type": "1",
        "current_address": "会师镇东山村三组",
        "guardian_name": "王小明",
        "education": "primary",
        "employment": "farming",
        "phone": "13800001234",
        **boxes("born_on", more.pop("born_on", date(1968, 4, 3))),
        **boxes("registered_on", date(2020, 5, 1)),
        "consent_kind": "person",
        **boxes("consented_on", date(2020, 5, 1)),
    }
    return {**data, **more}


def url(name, person):
    return reverse(name, args=[person.uid])


# --- detail ------------------------------------------------------------------------------------------
def test_the_detail_shows_the_form_with_masked_numbers_and_what_is_wrong(as_user, world, make_person):
    person = make_person(ethnicity="", sex="2")
    page = as_user("member").get(url("person-detail", person)).content.decode()
    assert person.id_number.open_plain() not in page and "13800001234" not in page
    assert f'还没有填：</strong><a href="{url("person-edit", person)}#id_ethnicity">民族</a>' in page
    assert "第 17 位表示男" in page
    assert f"/reveal/ledgers.disabledperson/{person.uid}/id_number/" in page
    assert "会师镇东山村" in page


@pytest.mark.parametrize("role", ["viewer", "auditor", "officer"])
def test_readers_without_the_right_to_whole_numbers_see_no_link_and_no_address(as_user, make_person, role):
    person = make_person(current_address="会师镇东山村三组十八号")
    page = as_user(role).get(url("person-detail", person)).content.decode()
    assert "/reveal/" not in page and "三组十八号" not in page and "会师镇东山村……" in page
    assert url("person-edit", person) not in page


@pytest.mark.parametrize("name", ["person-detail", "person-edit", "person-end", "person-history"])
def test_a_person_of_another_body_does_not_exist_for_me(as_user, world, make_person, name):
    person = make_person(organisation=world.neighbour_village)
    assert as_user("member").get(url(name, person)).status_code == 404


@pytest.mark.parametrize("role", ["leader", "viewer", "auditor", "officer", "administrator"])
@pytest.mark.parametrize("name", ["person-edit", "person-end"])
def test_who_may_only_read_is_refused_the_change(as_user, make_person, role, name):
    assert as_user(role).get(url(name, make_person())).status_code == 403


# --- add ---------------------------------------------------------------------------------------------
def test_a_member_registers_somebody(as_user, world):
    response = as_user("member").post(reverse("person-add"), form_data(world.village, name="解 晓华"))
    person = DisabledPerson.objects.get()
    assert response["Location"] == url("person-detail", person)
    assert (person.name, person.name_pinyin, person.name_initials) == ("解晓华", "xiexiaohua", "xxh")
    assert person.id_number.open_plain() == id_of("19680403", 40, "1")
    assert (person.missing_mandatory, person.failed_checks, person.created_by) == (0, "", world.member)
    assert person.org_path == world.village.path


def test_the_village_is_chosen_among_the_own_ones(as_user, world):
    client = as_user("director")
    field = client.get(reverse("person-add")).context["form"].fields["organisation"]
    assert set(field.queryset) == {world.village, world.village_second}
    response = client.post(reverse("person-add"), form_data(world.neighbour_village))
    assert response.status_code == 422 and not DisabledPerson.objects.exists()


WRONG = [
    ("name", {"name": "Wang123"}),
    ("id_number", {"id_number": "629999196804030810"}),
    ("born_on", {"born_on": date(1968, 4, 4)}),
    ("sex", {"sex": "2"}),
    ("certificate_number", {"certificate_number": "12345"}),
    ("grade", {"grade": "1"}),
    ("category", {"category": "1"}),
    ("category_parts", {"category_parts": ["1", "4"]}),
    ("phone", {"phone": "138000"}),
    ("registered_on", boxes("registered_on", date(2999, 1, 1))),
    ("organisation", {"organisation": ""}),
]


@pytest.mark.parametrize(("field", "change"), WRONG, ids=[field for field, _ in WRONG])
def test_a_wrong_field_is_named_and_what_was_typed_stays(as_user, world, field, change):
    response = as_user("member").post(reverse("person-add"), form_data(world.village, **change))
    assert response.status_code == 422
    assert field in response.context["form"].errors
    assert not DisabledPerson.objects.exists()
    assert "会师镇东山村三组" in response.content.decode()


def test_somebody_without_a_certificate_or_number_can_be_registered(as_user, world):
    data = form_data(world.village, id_number="", certificate_number="")
    assert as_user("member").post(reverse("person-add"), data).status_code == 302
    assert DisabledPerson.objects.get().missing_mandatory == 1


def test_a_number_on_file_elsewhere_is_refused_without_telling_whose(as_user, world, make_person):
    number = id_of("19680403", 41, "1")
    make_person(name="别处某某", organisation=world.other_village, id_number=number)
    response = as_user("member").post(reverse("person-add"), form_data(world.village, id_number=number))
    page = response.content.decode()
    assert response.context["form"].errors["id_number"] == [ID_NUMBER_TAKEN]
    assert "别处某某" not in page and "景泰" not in page


# --- edit --------------------------------------------------------------------------------------------
def edit_data(person, **more):
    data = form_data(person.organisation, id_number="", certificate_number="", phone="")
    return {**data, "version": person.version, **more}


@pytest.mark.parametrize("at", ["other_village", "village"])
@pytest.mark.parametrize("known_by", ["number and certificate", "certificate alone"])
def test_a_certificate_alone_tells_too_that_the_person_is_on_file(as_user, world, make_person, at, known_by):
    number = id_of("19680403", 42, "1")
    known = make_person(name="别处某某", organisation=getattr(world, at), id_number=number)
    if known_by == "certificate alone":
        known.id_number = ""
        known.save()
    data = form_data(world.village, name="王国华", id_number="", certificate_number=f"{number}42", born_on=None)
    response = as_user("member").post(reverse("person-add"), data)
    page = response.content.decode()
    assert response.context["form"].errors["certificate_number"] == [CERTIFICATE_TAKEN]
    assert (url("person-detail", known) in page) == (at == "village")
    assert "别处某某" not in page and (reverse("transfer-ask") in page) == (at != "village")
    # Saving the file that has the number is no second registration, nor is a mended number.
    mended = form_data(world.village, id_number="", certificate_number=f"{id_of('19680403', 43, '1')}42", born_on=None)
    assert as_user("member").post(reverse("person-add"), mended).status_code == 302
    own = edit_data(known, certificate_number=f"{number}42", **boxes("born_on", known.born_on))
    assert as_user("clerk").post(url("person-edit", known), own).status_code == (302 if at == "village" else 404)


def test_leaving_a_number_empty_keeps_it_and_the_page_never_prints_it(as_user, world, make_person):
    person = make_person()
    number = person.id_number.open_plain()
    client = as_user("member")
    assert number not in client.get(url("person-edit", person)).content.decode()
    response = client.post(
        url("person-edit", person), edit_data(person, name="王国花", **boxes("born_on", person.born_on))
    )
    assert response.status_code == 302
    after = DisabledPerson.objects.get()
    assert (after.name, after.name_pinyin, after.version) == ("王国花", "wangguohua", 2)
    assert after.id_number.open_plain() == number and after.certificate_number.open_plain() == number + "42"
    assert [each.label for each in history_of(after)[0].differences][0] == "姓名"


def test_saving_over_somebody_elses_change_shows_both_and_saves_neither(as_user, world, make_person):
    person = make_person()
    stale = edit_data(person, name="王国花", **boxes("born_on", person.born_on))
    client = as_user("member")
    client.post(url("person-edit", person), edit_data(person, name="王国强", **boxes("born_on", person.born_on)))
    response = client.post(url("person-edit", person), stale)
    assert response.status_code == 409
    page = response.content.decode()
    assert "王国强" in page and "王国花" in page
    assert DisabledPerson.objects.get().name == "王国强"


def test_a_kept_number_is_checked_against_what_is_changed(as_user, world, make_person):
    person = make_person()
    response = as_user("member").post(
        url("person-edit", person), edit_data(person, sex="2", **boxes("born_on", person.born_on))
    )
    assert response.status_code == 422 and "sex" in response.context["form"].errors


def test_an_old_fault_does_not_stop_a_change_elsewhere_but_stays_counted(as_user, world, make_person):
    person = make_person(sex="2")
    data = edit_data(person, sex="2", skills="编织", **boxes("born_on", person.born_on))
    assert as_user("member").post(url("person-edit", person), data).status_code == 302
    after = DisabledPerson.objects.get()
    assert (after.skills, after.failed_checks) == ("编织", "sex")


def test_moving_a_person_to_a_village_outside_the_scope_is_refused(as_user, world, make_person):
    person = make_person()
    data = edit_data(person, organisation=world.neighbour_village.pk, **boxes("born_on", person.born_on))
    assert as_user("member").post(url("person-edit", person), data).status_code == 422
    assert DisabledPerson.objects.get().organisation == world.village


def test_a_clerk_moves_a_person_to_another_village_and_the_scope_follows(as_user, world, make_person):
    person = make_person()
    data = edit_data(person, organisation=world.neighbour_village.pk, **boxes("born_on", person.born_on))
    assert as_user("clerk").post(url("person-edit", person), data).status_code == 302
    assert DisabledPerson.objects.get().org_path == world.neighbour_village.path
    assert as_user("member").get(url("person-detail", person)).status_code == 404


# --- end ---------------------------------------------------------------------------------------------
def test_a_death_ends_the_registration_and_can_be_taken_back(as_user, make_person):
    person = make_person()
    client = as_user("member")
    data = {"version": 1, "reason": "deceased_on", **boxes("ended_on", date(2024, 2, 29))}
    assert client.post(url("person-end", person), data).status_code == 302
    person.refresh_from_db()
    assert person.deceased_on == date(2024, 2, 29) and not person.is_current
    assert "死亡 2024 年 2 月 29 日" in client.get(url("person-detail", person)).content.decode()
    client.post(url("person-end", person), {"version": 2, "reason": "resume"})
    person.refresh_from_db()
    assert person.is_current


@pytest.mark.parametrize("day", [None, date(2999, 1, 1), date(2019, 1, 1)])
def test_an_end_needs_a_day_after_registration_and_not_in_the_future(as_user, make_person, day):
    person = make_person()
    data = {"version": 1, "reason": "moved_away_on", **boxes("ended_on", day)}
    response = as_user("member").post(url("person-end", person), data)
    assert response.status_code == 422 and "ended_on" in response.context["form"].errors
    person.refresh_from_db()
    assert person.is_current


# --- history ------------------------------------------------------------------------------------------
def test_the_history_tells_what_was_changed_with_numbers_masked(as_user, world, make_person):
    person = make_person()
    client = as_user("member")
    client.post(
        url("person-edit", person),
        edit_data(person, phone="13900005678", current_address="新地址九号", **boxes("born_on", person.born_on)),
    )
    page = client.get(url("person-history", person)).content.decode()
    assert "138****1234" in page and "139****5678" in page and "13900005678" not in page
    assert "新地址九号" in page
    assert "新地址九号" not in as_user("auditor").get(url("person-history", person)).content.decode()


@pytest.mark.django_db(transaction=True)
def test_two_people_saving_one_number_at_once_leave_one_record_and_one_sentence(as_user, world, monkeypatch):
    """The second passes the form's look-up before the first has committed; the database then decides."""
    number = id_of("19680403", 44, "1")
    real = PersonQuerySet.id_number_taken
    answers = []

    def taken(self, id_number, besides=None):
        if answers:
            return real(self, id_number, besides)
        answers.append(real(self, id_number, besides))
        fields = {"name": "别处某某", "registered_on": date(2020, 1, 1), "id_number": number}
        DisabledPerson.objects.create(organisation=world.other_village, **fields)
        return answers[0]

    monkeypatch.setattr(PersonQuerySet, "id_number_taken", taken)
    response = as_user("member").post(reverse("person-add"), form_data(world.village, id_number=number))
    assert response.status_code == 422
    assert response.context["form"].errors["id_number"] == [ID_NUMBER_TAKEN]
    assert DisabledPerson.objects.count() == 1
