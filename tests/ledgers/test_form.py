"""The personal form itself: its parts, what it asks, what it says to what cannot be, two versions side by side."""

from datetime import date, timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from ledgers import rules
from ledgers.forms import PersonForm, anchor_of
from ledgers.models import DisabledPerson
from ledgers.paper_form import SECTIONS
from tests.ledgers.conftest import id_of
from tests.ledgers.test_pages import boxes, edit_data, form_data, url

pytestmark = pytest.mark.django_db


def errors(answer) -> dict:
    return answer.context["form"].errors


def parts(answer) -> dict:
    return {part["heading"][:1]: part for part in answer.context["form"].sections}


# --- its parts ------------------------------------------------------------------------------------
def test_every_field_of_the_paper_form_stands_in_a_part_of_the_screen_form():
    on_paper = {name for _heading, names in SECTIONS for name in names}
    on_screen = [name for _heading, names in PersonForm.sections_spec for name in names]
    assert len(on_screen) == len(set(on_screen))
    assert on_paper - set(on_screen) == {"moved_away_on", "deceased_on", "cancelled_on"}, (
        "ends have a page of their own"
    )


def test_the_list_of_parts_counts_what_the_record_still_lacks(as_user, world, make_person):
    client = as_user("member")
    new = parts(client.get(reverse("person-add")))
    # Village and days stand there already where there is only one answer.
    assert (new["一"]["missing"], new["二"]["missing"], new["八"]["missing"]) == (5, 2, 1)
    person = make_person(ethnicity="", current_address="", consent_kind="guardian")
    old = parts(client.get(url("person-edit", person)))
    assert (old["一"]["missing"], old["二"]["missing"], old["三"]["missing"], old["五"]["missing"]) == (1, 0, 1, 0)
    assert "mandatory" in old["八"] and old["八"]["mandatory"] == 0


def test_every_mandatory_field_is_marked_and_linked_from_the_detail_page(as_user, make_person):
    person = make_person(born_on=None, sex="", education="", id_number=id_of("19680403", 48, "1"))
    client = as_user("member")
    detail = client.get(url("person-detail", person)).content.decode()
    edit = client.get(url("person-edit", person)).content.decode()
    for name in ("born_on", "sex", "education"):
        assert f"{url('person-edit', person)}#{anchor_of(name)}" in detail
        assert f'id="{anchor_of(name)}"' in edit
    assert f"建档要填的 {len(rules.MANDATORY)} 项已填 {len(rules.MANDATORY) - 3} 项" in detail
    assert edit.count("建档要填") >= len(rules.MANDATORY) - 1


def test_dictionaries_are_chosen_not_typed():
    for name in ("category", "grade", "register_type", "dibao", "housing", "pension", "medical", "employment", "care"):
        assert PersonForm.base_fields[name].choices, name
    assert [word for _value, word in PersonForm.base_fields["rehabilitation"].choices][:2] == ["手术", "药物"]


# --- consent, certificate, several -------------------------------------------------------------------
def test_a_new_entry_says_what_the_data_is_for_and_asks_who_agreed(as_user, world):
    client = as_user("member")
    assert "只用来核对补贴和救助资格" in client.get(reverse("person-add")).content.decode()
    without = form_data(world.village, consent_kind="", **boxes("consented_on", None))
    answer = client.post(reverse("person-add"), without)
    assert set(errors(answer)) == {"consent_kind", "consented_on"}
    client.post(reverse("person-add"), form_data(world.village, consent_kind="guardian"))
    person = DisabledPerson.objects.get()
    assert (person.consent_kind, person.consented_on) == ("guardian", date(2020, 5, 1))


def test_a_file_from_before_is_changed_without_consent_but_reminds_of_it(as_user, make_person):
    person = make_person()
    client = as_user("member")
    assert "还没有登记本人或监护人的同意" in client.get(url("person-detail", person)).content.decode()
    data = edit_data(person, skills="编织", consent_kind="", **boxes("born_on", person.born_on))
    assert client.post(url("person-edit", person), data | boxes("consented_on", None)).status_code == 302


def test_a_consent_added_later_has_its_day(as_user, make_person):
    person = make_person()
    client, dateless = as_user("member"), boxes("consented_on", None)
    given = edit_data(person, consent_kind="guardian", **boxes("born_on", person.born_on))
    answer = client.post(url("person-edit", person), given | dateless)
    assert errors(answer) == {"consented_on": ["请填写同意日期"]}
    assert client.post(url("person-edit", person), given | boxes("consented_on", date(2026, 3, 1))).status_code == 302
    # Of before, a day may be missing: who changes something else is not held up.
    DisabledPerson.objects.filter(pk=person.pk).update(consented_on=None)
    stored = DisabledPerson.objects.get(pk=person.pk)
    more = edit_data(stored, consent_kind="guardian", skills="编织", **boxes("born_on", person.born_on))
    assert client.post(url("person-edit", stored), more | dateless).status_code == 302


def test_who_has_no_certificate_is_registered_with_why(as_user, world):
    data = form_data(world.village, certificate_number="", certificate_status="suspected", category="", grade="")
    assert as_user("member").post(reverse("person-add"), data).status_code == 302
    assert DisabledPerson.objects.get().certificate_status == "suspected"


def test_a_certificate_and_the_lack_of_one_contradict_each_other(as_user, world):
    answer = as_user("member").post(reverse("person-add"), form_data(world.village, certificate_status="none"))
    assert "已填残疾人证号" in errors(answer)["certificate_status"][0]


def test_several_kinds_of_rehabilitation_and_of_disability_are_kept_and_shown_again(as_user, world):
    number = id_of("19680403", 40, "1")
    data = form_data(
        world.village,
        category="7",
        category_parts=["4", "1"],
        rehabilitation=["3", "1"],
        certificate_number=f"{number}72",
    )
    client = as_user("member")
    assert client.post(reverse("person-add"), data).status_code == 302
    person = DisabledPerson.objects.get()
    assert (person.category_parts, person.rehabilitation) == ("14", "13")
    form = client.get(url("person-edit", person)).context["form"]
    assert form["rehabilitation"].value() == ["1", "3"]
    assert "手术、功能训练" in client.get(url("person-detail", person)).content.decode()


# --- what cannot be -----------------------------------------------------------------------------------
TOMORROW = timezone.localdate() + timedelta(days=1)
IMPOSSIBLE = [
    ("born_on", boxes("born_on", None) | {"born_on_year": "1968", "born_on_month": "2", "born_on_day": "30"}, "没有"),
    ("born_on", boxes("born_on", None) | {"born_on_year": "68", "born_on_month": "4", "born_on_day": "3"}, "4 位"),
    ("disabled_since", boxes("disabled_since", TOMORROW), "晚于今天"),
    ("registered_on", boxes("registered_on", date(1950, 1, 1)), "早于出生日期"),
    ("consented_on", boxes("consented_on", TOMORROW), "晚于今天"),
    ("sex", {"sex": "2"}, "第 17 位表示男"),
    ("id_number", {"id_number": "629999196804030815"}, ""),
    ("household_size", {"household_size": "很多"}, ""),
    ("yearly_income", {"yearly_income": "12.345"}, ""),
]


@pytest.mark.parametrize(("field", "change", "says"), IMPOSSIBLE, ids=[f"{row[0]}-{row[2]}" for row in IMPOSSIBLE])
def test_what_cannot_be_is_told_at_its_field_and_what_was_typed_stays(as_user, world, field, change, says):
    data = form_data(world.village, remark="住在村口") | change
    answer = as_user("member").post(reverse("person-add"), data)
    assert answer.status_code == 422 and list(errors(answer)) == [field]
    assert says in errors(answer)[field][0]
    page = answer.content.decode()
    assert "住在村口" in page and page.index('id="errors"') < page.index('id="part-1"')
    assert f'href="#{anchor_of(field)}"' in page


def test_a_village_of_another_county_is_refused_in_a_sentence(as_user, world):
    data = form_data(world.other_village)
    answer = as_user("member").post(reverse("person-add"), data)
    assert errors(answer)["organisation"] == [
        "所选的村（社区）不在您负责的范围内，请从列表中选择。要转到别处的，请办理转移。"
    ]
    assert not DisabledPerson.objects.exists()


def test_a_form_without_its_version_is_not_trusted(as_user, make_person):
    person = make_person()
    data = edit_data(person, name="王国花", **boxes("born_on", person.born_on))
    del data["version"]
    assert as_user("member").post(url("person-edit", person), data).status_code == 404
    person.refresh_from_db()
    assert person.name == "王国华"


# --- two versions -------------------------------------------------------------------------------------
@pytest.fixture
def clash(as_user, make_person):
    """The member has changed name and skills on version 1, the clerk meanwhile name and grid; gives what happens."""
    person = make_person(skills="", grid="")
    born = boxes("born_on", person.born_on)
    mine = edit_data(person, name="王国花", skills="编织", **born)
    as_user("clerk").post(url("person-edit", person), edit_data(person, name="王国强", grid="一网格", **born))
    person.refresh_from_db()
    return person, mine, lambda data: as_user("member").post(url("person-edit", person), data)


def test_what_only_one_side_changed_is_chosen_beforehand(clash):
    person, mine, send = clash
    answer = send(mine)
    assert answer.status_code == 409
    form = answer.context["form"]
    assert {name: field.initial for name, field in form.fields.items()} == {
        "name": None,
        "skills": "mine",
        "grid": "theirs",
    }
    page = answer.content.decode()
    assert "系统里现在的：王国强" in page and "我填写的：王国花" in page
    assert '<input type="hidden" name="skills" value="编织">' in page
    person.refresh_from_db()
    assert (person.name, person.version) == ("王国强", 2)


def test_a_choice_left_open_is_asked_again_and_nothing_is_saved(clash):
    person, mine, send = clash
    answer = send(mine | {"version": 2, "base": 1, "resolving": "yes", "choice-skills": "mine", "choice-grid": "mine"})
    assert answer.status_code == 422
    assert answer.context["form"].errors["name"] == ["姓名：两边都改了，请选一个。"]
    person.refresh_from_db()
    assert (person.name, person.skills, person.version) == ("王国强", "", 2)


@pytest.mark.parametrize(
    ("choices", "result"),
    [
        (("theirs", "mine", "theirs"), ("王国强", "编织", "一网格")),
        (("mine", "theirs", "mine"), ("王国花", "", "")),
    ],
)
def test_the_saved_form_is_what_was_chosen_field_by_field(clash, choices, result):
    person, mine, send = clash
    name, skills, grid = choices
    chosen = {"choice-name": name, "choice-skills": skills, "choice-grid": grid}
    assert send(mine | {"version": 2, "base": 1, "resolving": "yes"} | chosen).status_code == 302
    person.refresh_from_db()
    assert (person.name, person.skills, person.grid, person.version) == (*result, 3)


def test_changed_once_more_meanwhile_asks_anew_with_the_first_base(as_user, clash):
    person, mine, send = clash
    other = edit_data(person, name="王国强", grid="二网格", **boxes("born_on", person.born_on))
    as_user("clerk").post(url("person-edit", person), other)
    chosen = {"choice-name": "mine", "choice-skills": "mine", "choice-grid": "theirs"}
    answer = send(mine | {"version": 2, "base": 1, "resolving": "yes"} | chosen)
    assert answer.status_code == 409 and "二网格" in answer.content.decode()
    assert answer.context["form"].fields["grid"].initial == "theirs"
    person.refresh_from_db()
    assert person.name == "王国强"


def test_dates_boxes_and_several_choices_are_taken_over_from_the_other_side(as_user, make_person):
    person = make_person()
    born = boxes("born_on", person.born_on)
    mine = edit_data(person, remark="我写的", **born)
    theirs = edit_data(
        person, has_living_subsidy="on", rehabilitation=["1", "3"], **boxes("disabled_since", date(2001, 2, 3)), **born
    )
    as_user("clerk").post(url("person-edit", person), theirs)
    client = as_user("member")
    form = client.post(url("person-edit", person), mine).context["form"]
    chosen = {f"choice-{name}": field.initial for name, field in form.fields.items()}
    assert chosen == {
        "choice-has_living_subsidy": "theirs",
        "choice-rehabilitation": "theirs",
        "choice-disabled_since": "theirs",
        "choice-remark": "mine",
    }
    data = mine | {"version": 2, "base": 1, "resolving": "yes"} | chosen
    assert client.post(url("person-edit", person), data).status_code == 302
    person.refresh_from_db()
    assert (person.has_living_subsidy, person.rehabilitation, person.remark) == (True, "13", "我写的")
    assert person.disabled_since == date(2001, 2, 3)


def test_numbers_on_the_page_of_a_conflict_are_masked(as_user, make_person):
    person = make_person(phone="13800001234")
    born = boxes("born_on", person.born_on)
    mine = edit_data(person, remark="我写的", **born)
    as_user("clerk").post(url("person-edit", person), edit_data(person, **born) | {"phone": "13900005678"})
    page = as_user("member").post(url("person-edit", person), mine).content.decode()
    assert "13900005678" not in page and "13800001234" not in page and "我写的" in page


# --- completeness --------------------------------------------------------------------------------------
def test_a_body_shows_how_many_forms_are_complete_lack_something_or_are_wrong(as_user, world, make_person):
    make_person()
    make_person(ethnicity="")
    make_person(sex="2", organisation=world.village_second)
    make_person(ethnicity="", organisation=world.neighbour_village)
    client = as_user("director")
    page = client.get(reverse("organisation-detail", args=[world.township.pk])).content.decode()
    assert "在册 3 份登记表，33.3% 填写完整且没有问题" in page
    for name, count in (("complete", 1), ("missing", 1), ("failed", 1)):
        address = f"{reverse('person-list')}?area={world.township.pk}&amp;quality={name}"
        assert f'<a href="{address}">{count} 份</a>' in page
        listed = client.get(reverse("person-list"), {"area": world.township.pk, "quality": name})
        assert len(listed.context["table"].rows) == count
