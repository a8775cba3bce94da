"""Who lives together: 一户多残, 老残一体, members of a village, guardians of several, whom a member looks after."""

from datetime import date, timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from federation.shared.history import VersionConflict, history_of
from federation.shared.models import AuditEntry
from ledgers.approvals import submit_person
from ledgers.erasure import erase_person
from ledgers.guardians import change_guardian_phone
from ledgers.households import (
    add_members,
    change_household,
    create_household,
    remove_member,
    suggestions_for,
    with_counts,
)
from ledgers.models import DisabledPerson, Erasure, Household
from ledgers.querysets import sixty_by
from orgs.models import Worker
from tests.ledgers.test_pages import boxes, edit_data, url
from tests.orgs.test_moves_and_writers import Other, on_postgresql

pytestmark = pytest.mark.django_db


def again(row):
    return type(row).objects.get(pk=row.pk)


def derived(person) -> tuple:
    row = again(person)
    return row.household_disabled, row.is_elderly_disabled


@pytest.fixture
def young(make_person):
    """Somebody of 36 years."""
    made = []

    def make(**more):
        made.append(None)
        from tests.ledgers.conftest import id_of

        return make_person(id_number=id_of("19900403", len(made)), **more)

    return make


# --- what follows ---------------------------------------------------------------------------------
def test_two_in_one_household_are_several_and_one_of_sixty_makes_it_elderly(world, young, make_person):
    first, second = young(), young()
    household = create_household(first=first, others=[second.pk], by=world.member)
    assert (household.number, household.org_path) == (1, world.village.path)
    assert derived(first) == derived(second) == (2, False)
    old = make_person()
    assert old.born_on == date(1960, 4, 3)
    add_members(household=household, persons=[old.pk], by=world.member)
    assert derived(first) == derived(old) == (3, True)
    remove_member(person=again(old), by=world.member)
    assert derived(first) == (2, False) and derived(old) == (1, True)
    assert [str(each) for each in history_of(again(old))[0].differences][0].startswith("家庭：1 号家庭 → （空）")


def test_old_people_without_a_disability_count_as_filled_in(world, young):
    person = young()
    household = create_household(first=person, size=4, elderly=2, by=world.member)
    assert derived(person) == (1, True) and again(person).household_size == 4
    household = again(household)
    household.elderly = 0
    change_household(household=household, expected_version=1, by=world.member)
    assert derived(person) == (1, False)
    with pytest.raises(VersionConflict):
        change_household(household=household, expected_version=1, by=world.member)


def test_sixty_is_reached_on_the_birthday():
    assert sixty_by(date(2026, 11, 22)) == date(1966, 11, 22)
    assert sixty_by(date(2024, 2, 29)) == date(1964, 2, 29), "born on a leap day, sixty on a leap day"
    assert sixty_by(date(2160, 2, 29)) == date(2100, 2, 28)


def test_a_birthday_changes_the_answer_everywhere_without_a_run_at_night(as_user, world, young, monkeypatch):
    eve, birthday = date(2050, 4, 2), date(2050, 4, 3)
    parent, child, alone, other = young(name="王母"), young(name="王子"), young(name="王独"), young(name="王少")
    DisabledPerson.objects.filter(pk__in=[child.pk, other.pk]).update(
        born_on=date(2015, 1, 1), eldest_born_on=date(2015, 1, 1)
    )
    household = create_household(first=again(parent), others=[child.pk], by=world.member)
    client = as_user("member")

    def answers(day) -> tuple:
        monkeypatch.setattr("django.utils.timezone.localdate", lambda value=None: day)
        listed = client.get(reverse("person-list"), {"is_elderly_disabled_household": "yes"}).content.decode()
        others = client.get(reverse("person-list"), {"is_elderly_disabled_household": "no"}).content.decode()
        names = {row.name for row in (parent, child, alone, other)}
        found = {name for name in names if name in listed}
        assert {name for name in names if name in others} == names - found
        detail = client.get(url("person-detail", child)).content.decode()
        row = with_counts(Household.objects.all(), day).get(pk=household.pk)
        return found, "老残一体</dt><dd>是" in detail, again(child).is_elderly_disabled, bool(row.is_elderly)

    assert answers(eve) == (set(), False, False, False)
    assert answers(birthday) == ({"王母", "王子", "王独"}, True, True, True)


def test_an_erased_member_counts_no_more(world, young):
    first, second = young(), young()
    create_household(first=first, others=[second.pk], by=world.member)
    erase_person(person=again(second), by=world.leader, reason=Erasure.Reason.RETENTION)
    assert derived(first) == (1, False)


def test_what_is_filled_in_of_somebody_in_no_household_counts(world, young):
    person = young(is_elderly_disabled_household=True)
    assert again(person).is_elderly_disabled
    person = again(person)
    person.is_elderly_disabled_household = False
    submit_person(person=person, by=world.director)
    assert not again(person).is_elderly_disabled


def test_the_end_of_a_registration_and_a_move_by_the_form_count_again(world, young):
    people = [young() for _ in range(3)]
    household = create_household(first=people[0], others=[row.pk for row in people[1:]], by=world.member)
    dead = again(people[1])
    dead.deceased_on = date(2026, 1, 5)
    submit_person(person=dead, by=world.director)
    assert derived(people[0]) == (2, False)
    moved = again(people[2])
    moved.organisation = world.village_second
    submit_person(person=moved, by=world.director)
    assert derived(people[0]) == (1, False)
    assert (again(moved).household, again(moved).organisation) == (None, world.village_second)
    assert with_counts(Household.objects.all(), timezone.localdate()).get(pk=household.pk).linked == 2


def test_only_people_of_the_village_in_no_other_household_are_taken(world, young):
    household = create_household(first=young(), by=world.clerk)
    elsewhere, taken = young(organisation=world.village_second), young()
    create_household(first=taken, by=world.clerk)
    with pytest.raises(ValidationError, match="不在这个村"):
        add_members(household=household, persons=[elsewhere.pk], by=world.clerk)
    with pytest.raises(ValidationError, match="已在另一户里"):
        add_members(household=household, persons=[taken.pk], by=world.clerk)
    assert household.persons.count() == 1


def test_a_household_changes_nothing_about_the_approval(world, young):
    waiting, approved = young(state="submitted"), young()
    create_household(first=waiting, others=[approved.pk], by=world.member)
    assert (again(waiting).state, again(approved).state) == ("submitted", "approved")


def test_those_with_the_same_address_or_guardian_are_suggested(world, young):
    anchor = young(current_address="东山村一组", guardian_phone="13911112222")
    same_address = young(current_address="东山村一组")
    same_guardian = young(current_address="东山村二组", guardian_phone="13911112222")
    young(current_address="东山村三组")
    young(current_address="东山村一组", organisation=world.village_second)
    visible = DisabledPerson.objects.visible_to(world.clerk)
    assert set(suggestions_for(anchor, [anchor], visible)) == {same_address, same_guardian}


@on_postgresql
@pytest.mark.django_db(transaction=True)
def test_two_who_are_taken_out_at_once_leave_a_right_count(world, make_person):
    people = [make_person() for _ in range(3)]
    create_household(first=people[0], others=[row.pk for row in people[1:]], by=world.member)
    first, second = again(people[1]), again(people[2])
    with transaction.atomic():
        remove_member(person=first, by=world.member)
        other = Other(lambda: remove_member(person=second, by=world.clerk))
        other.start()
        assert other.waits_or_is_done() == "waits"
    other.ended()
    assert derived(people[0])[0] == 1


# --- by the pages ---------------------------------------------------------------------------------
def test_a_household_is_made_from_the_page_of_a_person(as_user, world, young):
    person, brother = young(name="王大山"), young(name="王小山")
    client = as_user("member")
    assert url("household-start", person) in client.get(url("person-detail", person)).content.decode()
    page = client.get(url("household-start", person))
    assert page.context["form"].fields["members"].choices == [(str(brother.pk), "王小山，1990 年生，肢体，现住址相同")]
    wrong = client.post(url("household-start", person), {"size": 2, "elderly": 3})
    assert wrong.status_code == 422 and "多于家庭人口" in wrong.content.decode()
    client.post(url("household-start", person), {"size": 4, "elderly": 1, "members": [brother.pk]})
    household = Household.objects.get()
    shown = client.get(reverse("household-detail", args=[household.uid])).content.decode()
    assert "一户多残" in shown and "老残一体" in shown and "王小山" in shown
    assert "王大山" in client.get(url("person-detail", brother)).content.decode()
    client.post(url("household-leave", brother), {"submission_key": ""})
    assert again(brother).household is None


def test_a_name_finds_members_and_another_village_is_not_searched(as_user, world, young):
    household = create_household(first=young(current_address=""), by=world.member)
    found = young(name="柳如意", current_address="")
    young(name="柳如是", organisation=world.village_second)
    client = as_user("member")
    page = reverse("household-members", args=[household.uid])
    offered = client.get(page, {"q": "柳"}).context["form"].fields["members"].choices
    assert [value for value, _words in offered] == [str(found.pk)]
    assert client.get(page, {"q": "柳\0如"}).status_code == 200
    assert client.post(f"{page}?q=柳", {"members": [found.pk]}).status_code == 302
    assert again(found).household == household


def test_the_list_is_narrowed_and_asks_as_many_questions_for_many_as_for_few(as_user, world, young, make_person):
    several = create_household(first=young(), others=[young().pk], by=world.clerk)
    elderly = create_household(first=make_person(organisation=world.village_second), by=world.clerk)
    alone = create_household(first=young(), by=world.clerk)
    foreign = create_household(first=young(organisation=world.neighbour_village), by=world.clerk)
    empty = young()
    create_household(first=empty, by=world.clerk)
    remove_member(person=again(empty), by=world.clerk)
    client = as_user("director")

    def listed(**params):
        return {row["object"].pk for row in client.get(reverse("household-list"), params).context["table"].rows}

    assert listed() == {several.pk, elderly.pk, alone.pk} and foreign.pk not in listed()
    assert listed(kind="several") == {several.pk} and listed(kind="elderly") == {elderly.pk}
    assert listed(area=world.village_second.pk) == {elderly.pk}
    counts = []
    for number in (0, 8):
        for _ in range(number):
            create_household(first=young(), by=world.clerk)
        with CaptureQueriesContext(connection) as queries:
            client.get(reverse("household-list"))
        counts.append(len(queries))
    assert counts[0] == counts[1]


@pytest.mark.parametrize(("who", "status"), [("neighbour", 404), ("officer", 404), ("viewer", 200), ("leader", 200)])
def test_who_sees_a_household(as_user, world, young, who, status):
    household = create_household(first=young(), address="东山村三组十八号", by=world.clerk)
    client = as_user(who)
    answer = client.get(reverse("household-detail", args=[household.uid]))
    assert answer.status_code == status
    if who == "viewer":
        assert "十八号" not in answer.content.decode()
    edit = client.get(reverse("household-edit", args=[household.uid])).status_code
    assert edit == (404 if who == "neighbour" else 403)


# --- guardians ------------------------------------------------------------------------------------
def test_a_new_number_of_a_guardian_is_written_into_all_chosen_files_at_once(as_user, world, young):
    rows = [young(name=f"王{word}山", guardian_phone="13911112222") for word in "甲乙丙"]
    foreign = young(guardian_phone="13911112222", organisation=world.neighbour_village, name="别处某某")
    client = as_user("member")
    page = client.get(url("person-detail", rows[0])).content.decode()
    assert "王乙山" in page and "别处某某" not in page
    form = client.get(url("guardian-phone", rows[0])).context["form"]
    chosen = [value for value, _label in form.fields["persons"].choices]
    assert len(chosen) == 3
    client.post(url("guardian-phone", rows[0]), {"phone": "13933334444", "persons": chosen[:2]})
    numbers = [again(row).guardian_phone.open_plain() for row in (*rows, foreign)]
    assert numbers == ["13933334444", "13933334444", "13911112222", "13911112222"]
    assert [again(row).state for row in rows] == ["submitted", "submitted", "approved"]
    newest = history_of(rows[1])[0]
    assert newest.by == world.member and "监护人电话：139****2222 → 139****4444" in map(str, newest.differences)
    assert AuditEntry.objects.filter(action="ledgers.guardian_phone.changed").count() == 1
    stale = client.post(url("guardian-phone", rows[0]), {"phone": "13955556666", "persons": chosen[:1]})
    assert stale.status_code == 422


def test_changing_many_takes_as_many_statements_as_changing_few(world, young):
    counts = []
    # Who holds what is asked for once a request.
    assert world.director.current_assignments
    for number in (2, 9):
        rows = [young(guardian_phone="13911112222") for _ in range(number)]
        with CaptureQueriesContext(connection) as queries:
            change_guardian_phone(chosen={row.pk: row.version for row in rows}, phone="13933334444", by=world.director)
        counts.append(len(queries))
    assert counts[0] == counts[1]
    assert {again(row).state for row in rows} == {"approved"}


def test_the_form_tells_who_still_has_the_old_number(as_user, world, young):
    person, other = young(guardian_phone="13911112222"), young(name="王乙山", guardian_phone="13911112222")
    data = edit_data(person, guardian_phone="13933334444", **boxes("born_on", person.born_on))
    page = as_user("member").post(url("person-edit", person), data, follow=True).content.decode()
    assert "还有 1 人登记的是这位监护人原来的电话：王乙山" in page and url("guardian-phone", other) in page


# --- in charge ------------------------------------------------------------------------------------
def test_a_member_in_charge_is_listed_with_those_not_visited_first(as_user, world, young):
    worker = Worker.objects.create(name="周委员")
    today = timezone.localdate()
    days = {"王甲山": today, "王乙山": None, "王丙山": today - timedelta(days=400)}
    for name, day in days.items():
        young(name=name, member_in_charge=worker, last_visited_on=day)
    young(name="别处某某", member_in_charge=worker, organisation=world.neighbour_village)
    client = as_user("member")
    listed = client.get(reverse("in-charge-list")).context["table"].rows
    assert [str(cell["value"]) for cell in listed[0]["cells"]][:4] == ["周委员", "3", "1", "1"]
    page = client.get(reverse("in-charge-detail", args=[worker.pk]))
    assert [row["object"].name for row in page.context["table"].rows] == ["王乙山", "王丙山", "王甲山"]
    html = page.content.decode()
    assert "400 天" in html and "没有走访记录" in html and "今年还没有走访" in html and "别处某某" not in html
    assert as_user("other_clerk").get(reverse("in-charge-detail", args=[worker.pk])).status_code == 404
