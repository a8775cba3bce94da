"""A person passes from one body to another: who asks, who decides, what each side sees, and what goes along."""

import re
from datetime import date

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import Assignment
from federation.roles import Role
from federation.shared.history import history_of, save_versioned
from federation.shared.models import AuditEntry
from federation.shared.panels import panels_for
from ledgers import transfers
from ledgers.households import create_household
from ledgers.models import Attachment, PersonDraft, Transfer
from ledgers.transfers import (
    NOT_FOUND,
    accept_transfer,
    ask_for_person,
    offer_person,
    request_transfers,
)
from orgs.models import Worker
from tests.ledgers.conftest import id_of
from tests.ledgers.test_pages import boxes, form_data, url

pytestmark = pytest.mark.django_db
DAY = date(2026, 10, 1)
ASK = "/persons/transfers/ask/"


def again(row):
    return type(row).objects.get(pk=row.pk)


@pytest.fixture
def foreign(world, make_person):
    """Registered in the next township, asked for by the village."""
    return make_person(organisation=world.neighbour_village, name="柳如意", current_address="郭城驿镇东山村")


def ask(world, person, by=None, body=None) -> Transfer:
    return ask_for_person(
        id_number=person.id_number.open_plain(),
        name=person.name,
        to_body=body or world.village,
        moved_on=DAY,
        reason="随子女居住",
        by=by or world.member,
    )


def typed(world, number, name, body=None) -> dict:
    return {
        "to_organisation": (body or world.village).pk,
        "id_number": number,
        "name": name,
        "reason": "随子女居住",
        **boxes("moved_on", DAY),
    }


@pytest.fixture
def deciders(world):
    """The next township has its own director."""
    return Assignment.objects.create(
        user=world.stranger, role=Role.TOWNSHIP_DIRECTOR, organisation=world.neighbour_township, since=date(2020, 1, 1)
    ).user


def neutral(html: str, number: str, name: str) -> str:
    """The page without what the form gives back of what was typed, and without its keys."""
    html = re.sub(r'name="(csrfmiddlewaretoken|submission_key)" value="[^"]*"', "", html)
    # Seconds until the login ends.
    html = re.sub(r'data-left="\d+"', "", html)
    return html.replace(number, "NUMBER").replace(name, "NAME")


# --- asking ---------------------------------------------------------------------------------------
def test_who_asks_reads_the_same_bytes_for_an_unknown_number_and_for_somebody_elses(as_user, world, foreign):
    client = as_user("member")
    number, unknown = foreign.id_number.open_plain(), id_of("19700101", 77, "1")
    answers = [client.post(ASK, typed(world, each, "张三丰")) for each in (number, unknown)]
    assert [answer.status_code for answer in answers] == [422, 422]
    first, second = (
        neutral(answer.content.decode(), each, "张三丰")
        for answer, each in zip(answers, (number, unknown), strict=True)
    )
    assert first == second and NOT_FOUND in first
    assert "柳如意" not in first and "郭城驿" not in first
    assert not Transfer.objects.exists()


def test_a_wrong_name_costs_as_many_questions_as_an_unknown_number(world, foreign):
    counts = []
    for number in (foreign.id_number.open_plain(), id_of("19700101", 77, "1")):
        with CaptureQueriesContext(connection) as queries, pytest.raises(transfers.NotFound):
            ask_for_person(
                id_number=number, name="张三丰", to_body=world.village, moved_on=DAY, reason="x", by=world.member
            )
        counts.append(len(queries))
    assert abs(counts[0] - counts[1]) <= 1, counts


def test_every_attempt_is_recorded_and_one_too_many_is_refused(as_user, world, foreign, monkeypatch):
    monkeypatch.setattr(transfers, "PER_HOUR", 3)
    client = as_user("member")
    number = foreign.id_number.open_plain()
    for order in range(3):
        client.post(ASK, typed(world, id_of("19700101", 80 + order, "1"), "张三丰"))
    refused = client.post(ASK, typed(world, number, "柳如意"))
    assert refused.status_code == 429 and "请稍后再试" in refused.content.decode()
    assert not Transfer.objects.exists()
    entries = AuditEntry.objects.filter(actor_id=world.member.pk)
    assert entries.filter(action="ledgers.transfer.asked").count() == 3
    assert entries.filter(action="ledgers.transfer.too_many").count() == 1
    assert all(number not in entry.canonical() and "柳如意" not in entry.canonical() for entry in entries)


def test_name_and_number_that_fit_make_a_request_that_shows_nothing_but_what_was_typed(as_user, world, foreign):
    client = as_user("member")
    answer = client.post(ASK, typed(world, foreign.id_number.open_plain(), "柳如意"), follow=True)
    page = answer.content.decode()
    transfer = Transfer.objects.get()
    assert (transfer.person, transfer.organisation, transfer.to_organisation) == (
        foreign, world.neighbour_village, world.village,
    )  # fmt: skip
    assert "柳如意" in page and "629999********" in page and "对方同意后显示" in page
    assert "郭城驿" not in page and url("person-detail", foreign) not in page
    listed = client.get(reverse("transfer-list"), {"box": "mine"}).content.decode()
    assert "柳如意" in listed and "郭城驿" not in listed
    assert client.get(url("person-detail", foreign)).status_code == 404


def test_what_the_file_says_later_is_not_told_to_who_asked(as_user, world, foreign):
    ask(world, foreign)
    person = again(foreign)
    person.name, person.id_number = "柳改名", id_of("19650505", 9, "1")
    save_versioned(person, by=world.clerk)
    page = as_user("member").get(reverse("transfer-list"), {"box": "mine"}).content.decode()
    assert "柳如意" in page and "柳改名" not in page
    assert str(foreign.id_number) in page and str(person.id_number) not in page


def test_a_second_request_for_the_same_person_is_refused_by_the_database_too(world, foreign):
    first = ask(world, foreign)
    with pytest.raises(ValidationError, match="正在办理"):
        ask(world, foreign, by=world.director, body=world.village_second)
    assert list(Transfer.objects.open()) == [first]


def test_asking_for_ones_own_person_says_that_there_is_nothing_to_do(world, make_person):
    with pytest.raises(ValidationError, match="不用转入"):
        ask(world, make_person())


def test_the_entry_form_offers_the_transfer_for_a_foreign_number_and_the_file_for_an_own_one(
    as_user, world, make_person, foreign
):
    own = make_person(organisation=world.village)
    client = as_user("member")
    pages = {}
    for person in (own, foreign):
        number = person.id_number.open_plain()
        data = form_data(world.village, id_number=number, born_on=person.born_on, name="新来人")
        pages[person.pk] = client.post(reverse("person-add"), data).content.decode()
    assert url("person-detail", own) in pages[own.pk]
    assert url("person-detail", foreign) not in pages[foreign.pk] and ASK in pages[foreign.pk]
    assert "柳如意" not in pages[foreign.pk] and "郭城驿" not in pages[foreign.pk]
    end = client.get(url("person-end", own)).content.decode()
    assert "办理转出" in end, "who moved inside the system is not written off"


# --- deciding -------------------------------------------------------------------------------------
def test_the_sending_township_accepts_and_everything_goes_along(world, make_person, deciders):
    worker = Worker.objects.create(name="吴委员")
    person = make_person(
        organisation=world.neighbour_village, name="柳如意", member_in_charge=worker, responsible_cadre="某干部",
        grid="一网格", moved_away_on=date(2026, 5, 1), state="submitted",
    )  # fmt: skip
    number = person.id_number.open_plain()
    photo = Attachment.objects.create(
        organisation=person.organisation, person=person, kind="photo", content_type="image/png", size=1, sha256="0",
        stored_path="x",
    )  # fmt: skip
    draft = PersonDraft(organisation=person.organisation, person=person, base_version=1, created_by=world.neighbour)
    draft.payload, draft.name = "name=x", "x"
    draft.save()
    transfer = ask(world, person)
    accept_transfer(transfer=transfer, by=deciders)
    after = again(person)
    assert (after.organisation, after.org_path, after.state) == (world.village, world.village.path, "submitted")
    assert (after.member_in_charge, after.responsible_cadre, after.grid, after.moved_away_on) == (None, "", "", None)
    assert after.id_number.open_plain() == number
    for row in (photo, draft):
        assert (again(row).organisation, again(row).org_path) == (world.village, world.village.path)
    assert again(draft).payload.open_plain() == "name=x"
    stored = again(transfer)
    assert (stored.state, stored.decided_by, stored.organisation) == ("accepted", deciders, world.neighbour_village)
    assert "机构：东山村残疾人协会" in " ".join(str(each) for each in history_of(after)[0].differences)
    actions = set(AuditEntry.objects.filter(actor_id=deciders.pk).values_list("action", flat=True))
    assert actions == {"ledgers.person.transferred", "ledgers.transfer.accepted"}


def test_who_leaves_a_household_lives_alone_and_the_others_are_counted_again(world, make_person, deciders):
    mother, son = (make_person(organisation=world.neighbour_village, household_disabled=None) for _ in range(2))
    create_household(first=mother, others=[son.pk], by=world.neighbour)
    assert again(mother).household_disabled == 2
    accept_transfer(transfer=ask(world, again(son)), by=deciders)
    assert (again(son).household, again(son).household_disabled) == (None, 1)
    assert again(mother).household_disabled == 1


def test_the_sending_side_keeps_the_row_and_loses_the_file(as_user, world, foreign, deciders):
    accept_transfer(transfer=ask(world, foreign), by=deciders)
    moved = again(foreign)
    moved.name = "柳改名"
    save_versioned(moved, by=world.member)
    client = as_user("neighbour")
    page = client.get(reverse("transfer-list"), {"box": "done"}).content.decode()
    assert "柳如意" in page and "柳改名" not in page and "会师镇 东山村" in page and "629999********" in page
    assert client.get(url("person-detail", foreign)).status_code == 404
    transfer = Transfer.objects.get()
    assert client.get(reverse("transfer-detail", args=[transfer.uid])).status_code == 200
    receiver = as_user("member")
    page = receiver.get(url("person-detail", foreign)).content.decode()
    assert "郭城驿镇 东山村 → 会师镇 东山村" in page


def test_neither_who_asked_nor_the_receiving_township_decides(as_user, world, foreign, deciders):
    transfer = ask(world, foreign)
    answer = reverse("transfer-answer", args=[transfer.uid])
    assert as_user("member").post(answer, {"action": "accept"}).status_code == 403
    assert as_user("director").post(answer, {"action": "accept"}).status_code == 403
    with pytest.raises(ValidationError, match="只有对方"):
        accept_transfer(transfer=transfer, by=world.director)
    assert again(foreign).organisation == world.neighbour_village
    assert as_user("stranger").post(answer, {"action": "accept"}).status_code == 302
    assert again(foreign).organisation == world.village


def test_who_answers_for_both_sides_decides_at_once(as_user, world, foreign):
    client = as_user("clerk")
    page = client.post(ASK, typed(world, foreign.id_number.open_plain(), "柳如意"), follow=True).content.decode()
    assert "柳如意 的登记表已转到东山村" in page
    assert again(foreign).organisation == world.village and Transfer.objects.get().state == "accepted"


def test_a_director_decides_within_the_township_and_only_offers_beyond(world, make_person):
    near, far = make_person(), make_person()
    offer = {"moved_on": DAY, "reason": "搬家", "by": world.director}
    assert offer_person(person=near, to_body=world.village_second, **offer).state == "accepted"
    assert again(near).organisation == world.village_second
    assert offer_person(person=far, to_body=world.other_village, **offer).state == "requested"
    assert again(far).organisation == world.village


def test_an_offer_is_accepted_by_the_receiving_county_which_sees_the_file_only_then(as_user, world, make_person):
    person = make_person(name="柳如意")
    client = as_user("member")
    page = url("transfer-offer", person)
    assert "没有找到" in client.get(page, {"q": "没有这村"}).content.decode()
    found = client.get(page, {"q": "景泰县 会师镇 西山村"})
    (choice,) = found.context["form"].fields["to_organisation"].choices
    assert choice == (str(world.other_village_second.pk), "景泰县 会师镇 西山村")
    data = {"to_organisation": choice[0], "reason": "出嫁", **boxes("moved_on", DAY)}
    assert client.post(f"{page}?q=景泰县 会师镇 西山村", data).status_code == 302
    transfer = Transfer.objects.get()
    receiver = as_user("other_clerk")
    assert receiver.get(url("person-detail", person)).status_code == 404
    waiting = receiver.get(reverse("transfer-list")).content.decode()
    assert "柳如意" in waiting and "会师镇 东山村" in waiting
    (panel,) = [each for each in panels_for("home", None, world.other_clerk) if each["panel"].name == "transfers"]
    assert panel["context"]["count"] == 1
    receiver.post(reverse("transfer-answer", args=[transfer.uid]), {"action": "accept", "answer": ""})
    assert again(person).organisation == world.other_village_second
    assert receiver.get(url("person-detail", person)).status_code == 200


def test_a_refusal_needs_a_reason_and_the_asker_reads_it(as_user, world, foreign, deciders):
    transfer = ask(world, foreign)
    page = reverse("transfer-answer", args=[transfer.uid])
    client = as_user("stranger")
    assert client.post(page, {"action": "refuse", "answer": " "}).status_code == 422
    assert client.post(page, {"action": "refuse", "answer": "户口没有迁出"}).status_code == 302
    assert again(transfer).state == "refused" and again(foreign).organisation == world.neighbour_village
    told = as_user("member").get(reverse("transfer-detail", args=[transfer.uid])).content.decode()
    assert "户口没有迁出" in told and "郭城驿" not in told
    assert ask(world, foreign).state == "requested", "a refused one may be asked for again"


def test_only_the_asking_side_takes_it_back_and_then_nothing_is_left_to_decide(as_user, world, foreign, deciders):
    transfer = ask(world, foreign)
    page = reverse("transfer-withdraw", args=[transfer.uid])
    assert as_user("neighbour").post(page).status_code == 403
    assert as_user("member").post(page).status_code == 302
    assert again(transfer).state == "withdrawn"
    with pytest.raises(ValidationError, match="已经办结"):
        accept_transfer(transfer=transfer, by=deciders)
    shown = as_user("stranger").get(reverse("transfer-answer", args=[transfer.uid]), follow=True).content.decode()
    assert "已经办结或撤回" in shown


def test_the_dead_and_those_who_moved_meanwhile_are_not_handed_over(world, make_person, deciders):
    dead = make_person(organisation=world.neighbour_village, deceased_on=date(2025, 1, 1))
    with pytest.raises(ValidationError, match="已登记死亡"):
        accept_transfer(transfer=ask(world, dead), by=deciders)
    moved = make_person(organisation=world.neighbour_village)
    transfer = ask(world, moved)
    moved.organisation = world.neighbour_village_second
    save_versioned(moved, by=world.clerk)
    with pytest.raises(ValidationError, match="已改到别的村"):
        accept_transfer(transfer=transfer, by=deciders)


@pytest.mark.parametrize("who", ["other_clerk", "auditor", "viewer", "officer", "leader"])
def test_who_writes_nothing_or_elsewhere_cannot_ask_for_this_village(as_user, world, foreign, who):
    status = as_user(who).post(ASK, typed(world, foreign.id_number.open_plain(), "柳如意")).status_code
    assert status == (422 if who == "other_clerk" else 403)
    assert not Transfer.objects.exists()


# --- many at once ---------------------------------------------------------------------------------
def test_a_roster_asks_for_many_in_as_many_statements_as_for_few(world, make_person):
    def statements(persons):
        with CaptureQueriesContext(connection) as queries:
            outcome = request_transfers(
                persons=[person.pk for person in persons], to_body=world.village, by=world.director, reason="名册"
            )
        assert sorted(outcome.asked) == sorted(person.pk for person in persons)
        return len(queries)

    few = [make_person(organisation=world.neighbour_village) for _ in range(2)]
    many = [make_person(organisation=world.other_village) for _ in range(12)]
    # Three paths are read for a body that was not met before.
    assert abs(statements(few) - statements(many)) <= 24
    dead = make_person(organisation=world.other_village, deceased_on=date(2025, 1, 1))
    here = make_person()
    outcome = request_transfers(
        persons=[few[0].pk, dead.pk, here.pk], to_body=world.village, by=world.director, reason="名册"
    )
    assert (outcome.asked, outcome.already_asked, sorted(outcome.left_out)) == ([], [few[0].pk], [dead.pk, here.pk])
    assert {row.state for row in Transfer.objects.all()} == {"requested"}


def test_a_roster_of_who_answers_for_both_sides_still_waits(world, foreign):
    request_transfers(persons=[foreign.pk], to_body=world.village, by=world.clerk, reason="名册")
    (transfer,) = Transfer.objects.open()
    assert list(transfers.waiting_for(world.clerk)) == [transfer]
    assert accept_transfer(transfer=transfer, by=world.clerk).state == "accepted"


def test_the_list_asks_as_many_questions_for_many_rows_as_for_few(as_user, world, make_person):
    client = as_user("member")
    client.get(reverse("transfer-list"))
    counts = []
    for number in (2, 10):
        for _ in range(number):
            ask(world, make_person(organisation=world.neighbour_village))
        with CaptureQueriesContext(connection) as queries:
            client.get(reverse("transfer-list"), {"box": "mine"})
        counts.append(len(queries))
    assert counts[0] == counts[1]
