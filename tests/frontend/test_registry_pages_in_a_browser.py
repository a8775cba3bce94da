"""Pages between files of the registry as they look when there is something on them: axe, phones, both themes."""

from datetime import date

import pytest
from django.urls import reverse

from federation.shared.models import RosterSynonym
from ledgers.households import create_household
from ledgers.models import DisabledPerson, Transfer
from ledgers.transfers import offer_person
from orgs.models import Tenure, Worker
from tests.browser import login, show_as
from tests.frontend.soundness import look
from tests.ledgers.conftest import id_of, person_fields

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def person(world, order, body=None, **more):
    fields = person_fields(id_number=id_of("19680403", order), guardian_phone="13911112222", **more)
    return DisabledPerson.objects.create(organisation=body or world.village, **fields)


def test_who_is_in_charge_of_whom_and_a_word_to_be_deleted_are_readable(new_page, live_server, world):
    worker = Worker.objects.create(name="周委员", identity="disabled")
    Tenure.objects.create(organisation=world.village, worker=worker, post="committee_member", started_on="2020-01-01")
    person(world, 1, member_in_charge=worker)
    person(world, 2, name="王没人")
    word = RosterSynonym.objects.create(kind="persons", field="name", word="大名", compared="大名")
    problems = []
    for user, address, words in (
        (world.clerk, reverse("in-charge-detail", args=[worker.pk]), "王国华"),
        (world.clerk, reverse("in-charge-list"), "东山村：1 人，去分派"),
        (world.clerk, reverse("in-charge-assign", args=[world.village.pk]), "周委员（东山村）"),
        (world.administrator, f"{reverse('roster-synonym-delete')}?word={word.pk}", "大名"),
    ):
        page = new_page()
        login(page, live_server, user)
        assert page.goto(address).status == 200
        assert words in page.locator("main").inner_text(), f"{address} does not show {words}"
        problems += look(page, address)
    assert problems == []


@pytest.mark.parametrize("theme", ["light", "contrast"])
def test_they_are_readable_by_everybody(new_page, live_server, world, theme):
    first, twin, brother = person(world, 1), person(world, 2, skills="编织"), person(world, 3, name="王小山")
    household = create_household(first=first, others=[brother.pk], address="东山村三组", elderly=1, by=world.member)
    offer_person(person=twin, to_body=world.other_village, moved_on=date(2026, 1, 1), reason="出嫁", by=world.member)
    uid = Transfer.objects.get().uid
    pages = {
        reverse("duplicate-list"): "2 份",
        reverse("person-merge", args=[first.uid]): "与这份合并",
        reverse("person-distinct", args=[first.uid]): "不是同一个人的",
        f"{reverse('person-merge', args=[first.uid])}?with={twin.uid}": "第二份：编织",
        f"{reverse('transfer-offer', args=[brother.uid])}?q=西山村": "景泰县 会师镇 西山村",
        f"{reverse('transfer-list')}?box=open": "等待对方处理",
        reverse("transfer-detail", args=[uid]): "出嫁",
        reverse("household-list"): "一户多残",
        reverse("household-detail", args=[household.uid]): "王小山",
        reverse("household-members", args=[household.uid]): "现住址相同",
        reverse("guardian-phone", args=[first.uid]): "王小山",
        reverse("person-detail", args=[first.uid]): "可能是同一个人",
    }
    page = new_page()
    login(page, live_server, world.clerk)
    show_as(page, live_server, theme=theme)
    problems = []
    for address, words in pages.items():
        assert page.goto(address).status == 200
        assert words in page.locator("main").inner_text(), f"{address} does not show {words}"
        problems += look(page, address)
    assert problems == []


def test_the_hint_at_the_entry_takes_the_focus_and_names_the_way_on(new_page, live_server, world):
    known = person(world, 1)
    page = new_page()
    login(page, live_server, world.member)
    page.goto(reverse("person-add"))
    page.fill("#id_name", known.name)
    for number, part in enumerate(("1968", "4", "3")):
        page.fill(f"#id_born_on_{number}", part)
    page.select_option("#id_consent_kind", "person")
    page.locator("form[data-outbox] .actions button").first.click()
    page.wait_for_selector("[aria-labelledby=similar-h]")
    assert page.locator("[aria-labelledby=similar-h]:focus").count() == 1
    assert look(page, "hint") == []
    page.fill("#id_distinct_reason", "孪生兄弟")
    page.locator("button[value=distinct]").click()
    page.wait_for_url("**/persons/*-*/")
    assert DisabledPerson.objects.count() == 2
