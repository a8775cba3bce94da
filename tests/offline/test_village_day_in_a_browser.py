"""A village member's day: a phone of 390 px, nothing but the keyboard, and a network that goes and comes back."""

import pytest

from federation.shared.models import Submission
from ledgers.models import DisabledPerson
from tests.browser import axe, low_controls, sideways_overflow, tab_to
from tests.journeys.test_personal_form import DESK, PHONE, Hands
from tests.ledgers.conftest import id_of
from tests.offline.test_outbox_in_a_browser import waiting

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True), pytest.mark.timeout(300)]

MAIN_BUTTON = "main form button[value=submit]"


def sound(phone) -> list:
    return [*axe(phone), *low_controls(phone), *([] if sideways_overflow(phone) == 0 else ["scrolls sideways"])]


def registered_by_hand(member, name, number):
    """The form filled in from its first box to its main button, without a mouse."""
    member.write("#id_name", name)
    member.tick("#id_sex_0")
    member.write("#id_id_number", number)
    for box, part in enumerate(("1968", "4", "3")):
        member.write(f"#id_born_on_{box}", part)
    member.pick_first("#id_consent_kind")
    member.press(MAIN_BUTTON)


def test_a_day_with_the_network_cut_from_login_to_approval(new_page, world, make_person):
    on_file = make_person(name="柳如意", id_number=id_of("19680403", 40, "1"), last_visited_on=None)
    phone = new_page(**PHONE)

    # In the morning, in the office: log in, find whom to visit by one character, and look at the file.
    member = Hands(phone, "member")
    assert sound(phone) == []
    member.press("nav a[href='/persons/']")
    member.write("#id_q", "柳")
    member.enter()
    member.press("main tbody th a")
    assert "柳如意" in member.text() and sound(phone) == []
    # The form is opened once with a network, which is when the phone keeps it.
    member.open("/persons/add/")
    phone.evaluate("() => navigator.serviceWorker.ready.then(() => null)")
    phone.wait_for_function("() => caches.match('/persons/blank/').then(kept => !!kept)")

    # On the mountain there is none. Two people are registered at their door.
    phone.context.set_offline(True)
    numbers = {name: id_of("19680403", order, "1") for order, name in enumerate(("王大山", "李小河"), 41)}
    for name, number in numbers.items():
        member.open("/persons/add/")
        assert "没有网络" in member.text() and sound(phone) == []
        registered_by_hand(member, name, number)
        assert "/outbox/" in phone.url
    phone.reload()
    phone.wait_for_selector("text=2 份待发送")
    assert sound(phone) == [] and waiting(phone) == 2
    assert DisabledPerson.objects.count() == 1

    # On the way home the network is back: both arrive, each once, without a hand on the phone.
    phone.context.set_offline(False)
    phone.wait_for_selector("text=2 份已送达", timeout=60_000)
    assert waiting(phone) == 0 and Submission.objects.count() == 2
    new = DisabledPerson.objects.exclude(pk=on_file.pk)
    assert {each.name: each.id_number.open_plain() for each in new} == numbers
    assert {(each.state, each.created_by, each.organisation) for each in new} == {
        ("submitted", world.member, world.village)
    }

    # In the evening the visit is written down, wrongly at first.
    member.open(f"/persons/{on_file.uid}/edit/")
    for box, part in enumerate(("2026", "13", "5")):
        member.write(f"#id_last_visited_on_{box}", part)
    member.press(MAIN_BUTTON)
    assert phone.locator("#errors:focus").count() == 1 and sound(phone) == []
    tab_to(phone, "#errors a[href^='#id_last_visited_on']", limit=10)
    member.write("#id_last_visited_on_1", "11")
    member.press(MAIN_BUTTON)
    on_file.refresh_from_db()
    assert (str(on_file.last_visited_on), on_file.state) == ("2026-11-05", "submitted")

    # Next morning the township approves all three, and the member finds nothing left to do.
    desk = new_page(**DESK)
    director = Hands(desk, "director")
    director.press("main a[href='/persons/approvals/']")
    for _each in range(3):
        tab_to(desk, "input[name=chosen]:not(:checked)", limit=200)
        desk.keyboard.press("Space")
    director.press("main form button.button-primary")
    assert "已通过 3 份登记表" in director.text()
    assert set(DisabledPerson.objects.values_list("state", flat=True)) == {"approved"}
    member.open("/persons/")
    assert all(name in member.text() for name in (*numbers, "柳如意"))
