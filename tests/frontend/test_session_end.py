"""A form that is sent after the login has ended waits for its author, sealed, and comes back filled in."""

import re
from datetime import timedelta

import html5lib
import pytest
import time_machine
from django.contrib.sessions.models import Session
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from federation.shared.kept_input import KEEP_SECONDS, KEPT, LARGEST
from federation.shared.views import ScopedFormView
from ledgers.models import DisabledPerson
from tests.access.urls import PAGES
from tests.conftest import PASSWORD
from tests.frontend.conftest import addresses

pytestmark = pytest.mark.django_db

NUMBER = "62999919680403251X"
SENT = {"name": "王秀英", "id_number": NUMBER, "category": "4", "born_on_year": "1968", "born_on_month": "4"}
LATE = timedelta(minutes=31)


@pytest.fixture
def start():
    return timezone.now()


def at_work(user, moment) -> Client:
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    with time_machine.travel(moment):
        assert client.get(reverse("person-add")).status_code == 200
    return client


def log_in(client, name, following):
    return client.post(reverse("login"), {"username": name, "password": PASSWORD, "next": following})


def values(answer) -> dict:
    page = html5lib.parse(answer.content, namespaceHTMLElements=False)
    return {e.get("name"): e.get("value") for e in page.iter("input") if e.get("name")}


def test_a_form_sent_too_late_is_not_saved_and_comes_back_filled_after_logging_in_again(world, start):
    client = at_work(world.member, start)
    with time_machine.travel(start + LATE):
        answer = client.post(reverse("person-add"), SENT)
        assert answer.status_code == 302 and answer.url == "/login/?next=/persons/add/"
        assert "已替您留好" in client.get(answer.url).content.decode()
        assert not DisabledPerson.objects.exists()
        assert log_in(client, "member", reverse("person-add")).url == reverse("person-add")
        back = client.get(reverse("person-add"))
    text, filled = back.content.decode(), values(back)
    assert back.status_code == 200 and "还没有保存" in text and 'id="errors"' not in text
    assert {name: filled[name] for name in SENT if name in filled} == {
        name: value for name, value in SENT.items() if name in filled
    }
    assert filled["name"] == "王秀英" and filled["born_on_year"] == "1968"


def test_a_click_in_another_window_before_it_loses_nothing(world, start):
    client = at_work(world.member, start)
    with time_machine.travel(start + LATE):
        assert client.get(reverse("person-list")).status_code == 302
        assert client.post(reverse("person-add"), SENT).url == "/login/?next=/persons/add/"
        log_in(client, "member", "/")
        assert values(client.get(reverse("person-add")))["name"] == "王秀英"


def test_the_next_morning_is_early_enough(world, start):
    client = at_work(world.member, start)
    with time_machine.travel(start + timedelta(hours=15)):
        assert client.post(reverse("person-add"), SENT).url == "/login/?next=/persons/add/"
        log_in(client, "member", "/")
        assert values(client.get(reverse("person-add")))["name"] == "王秀英"


def test_what_waits_is_sealed_and_names_neither_person_nor_password(world, start):
    client = at_work(world.member, start)
    with time_machine.travel(start + LATE):
        client.post(reverse("person-add"), SENT | {"new_password1": "geheim-geheim"})
        stored = [session.get_decoded() for session in Session.objects.all()]
        log_in(client, "member", "/")
        assert "new_password1" not in client.get(reverse("person-add")).content.decode()
    kept = [each[KEPT] for each in stored if KEPT in each]
    assert len(kept) == 1
    assert not re.search(f"王秀英|{NUMBER}|geheim", str(stored))


def test_a_number_that_was_searched_for_does_not_stay_in_the_session_with_the_address(world, start):
    client = at_work(world.clerk, start)
    address = reverse("export-ask", args=["persons"]) + f"?q={NUMBER}"
    with time_machine.travel(start + LATE):
        assert client.post(address, {"purpose": "核对补贴发放"}).status_code == 302
        stored = [session.get_decoded() for session in Session.objects.all()]
        assert len([each for each in stored if KEPT in each]) == 1
        assert NUMBER not in str(stored)
        log_in(client, "clerk", "/")
        assert values(client.get(address))["purpose"] == "核对补贴发放"


def test_another_account_of_the_same_browser_gets_nothing(world, start):
    client = at_work(world.member, start)
    with time_machine.travel(start + LATE):
        client.post(reverse("person-add"), SENT)
        log_in(client, "clerk", "/")
        assert "王秀英" not in client.get(reverse("person-add")).content.decode()
        assert KEPT not in client.session


def test_a_kept_form_moved_to_another_session_does_not_open(world, start):
    client, other = at_work(world.member, start), at_work(world.neighbour, start + LATE)
    with time_machine.travel(start + LATE):
        client.post(reverse("person-add"), SENT)
        moved = other.session
        moved[KEPT] = client.session[KEPT]
        moved.save()
        answer = other.get(reverse("person-add"))
    assert answer.status_code == 200 and "王秀英" not in answer.content.decode()


def test_sending_the_form_or_refusing_it_drops_what_was_kept(world, start):
    for drop in ("send", "refuse"):
        client = at_work(world.member, start)
        with time_machine.travel(start + LATE):
            client.post(reverse("person-add"), SENT)
            log_in(client, "member", "/")
            assert KEPT in client.session
            if drop == "send":
                assert client.post(reverse("person-add"), {"name": ""}).status_code == 422
            else:
                assert "王秀英" not in client.get(reverse("person-add") + "?kept=no").content.decode()
            assert KEPT not in client.session


def test_after_a_day_nothing_comes_back(world, start):
    client = at_work(world.member, start)
    with time_machine.travel(start + LATE):
        client.post(reverse("person-add"), SENT)
        log_in(client, "member", "/")
        client.get(reverse("person-add"))
        session = client.session
        session[KEPT] = {path: one | {"at": one["at"] - KEEP_SECONDS - 1} for path, one in session[KEPT].items()}
        session.save()
        assert "王秀英" not in client.get(reverse("person-add")).content.decode()


def test_more_than_a_form_can_hold_is_not_kept(world, start):
    client = at_work(world.member, start)
    with time_machine.travel(start + LATE):
        answer = client.post(reverse("person-add"), SENT | {"name": "长" * LARGEST})
        assert answer.url == "/login/?next=/"
        assert KEPT not in client.session


def test_somebody_who_never_logged_in_leaves_nothing(world, client):
    assert client.post(reverse("person-add"), SENT).url == "/login/?next=/persons/add/"
    assert not Session.objects.exists()


def test_an_edited_row_keeps_the_version_it_was_filled_from(world, start, places_in_rows):
    person = places_in_rows["village"].disabledperson
    address = reverse("person-edit", args=[person.uid])
    client = Client()
    client.force_login(world.member, backend="django.contrib.auth.backends.ModelBackend")
    with time_machine.travel(start):
        sent = values(client.get(address)) | {"name": "改名"}
    DisabledPerson.objects.filter(pk=person.pk).update(version=person.version + 1)
    with time_machine.travel(start + LATE):
        client.post(address, {name: value or "" for name, value in sent.items()})
        log_in(client, "member", "/")
        filled = values(client.get(address))
    assert (filled["name"], filled["version"]) == ("改名", str(person.version)), "a newer one would hide the conflict"


def test_to_ask_how_long_the_login_lasts_does_not_make_it_longer_and_to_go_on_does(world, start):
    client = at_work(world.clerk, start)
    with time_machine.travel(start + timedelta(minutes=20)):
        assert client.get(reverse("session")).json()["left"] == pytest.approx(600, abs=2)
    with time_machine.travel(start + timedelta(minutes=25)):
        assert client.get(reverse("session")).json()["left"] == pytest.approx(300, abs=2)
        assert client.post(reverse("session")).json()["left"] == pytest.approx(1800, abs=2)
    with time_machine.travel(start + timedelta(minutes=50)):
        assert client.get(reverse("more")).status_code == 200
    with time_machine.travel(start + timedelta(minutes=50) + LATE):
        assert client.post(reverse("session")).json() == {"left": 0}
        assert client.get(reverse("more")).status_code == 302


def test_nobody_stretches_a_login_over_eight_hours(world, start):
    client = at_work(world.clerk, start)
    for minutes in range(20, 480, 20):
        with time_machine.travel(start + timedelta(minutes=minutes)):
            left = client.post(reverse("session")).json()["left"]
    assert left == pytest.approx(20 * 60, abs=2)


def test_a_page_says_when_its_login_ends_only_where_somebody_is_logged_in(world, client, as_user):
    assert "data-warning" not in client.get(reverse("help")).content.decode()
    assert 'data-left="1800"' in as_user("clerk").get(reverse("help")).content.decode()


@pytest.fixture
def places_in_rows(world):
    from tests.access.canaries import Aviary
    from tests.access.conftest import _standard
    from tests.access.rows import Place, fill

    aviary, standard = Aviary(), _standard()
    made = {key: Place(key, world.orgs[key]) for key in ("county", "village")}
    for place in made.values():
        fill(place, aviary, standard)
    return made


FORMS = [page for page in PAGES if issubclass(getattr(page.view, "view_class", object), ScopedFormView)]


@pytest.mark.parametrize("page", FORMS, ids=lambda page: page.name)
def test_every_form_comes_back_as_it_was_typed(world, places_in_rows, start, page):
    for name in ("clerk", "administrator", "member"):
        client = Client()
        client.force_login(getattr(world, name), backend="django.contrib.auth.backends.ModelBackend")
        for address in addresses(page, places_in_rows):
            with time_machine.travel(start):
                answer = client.get(address)
            if answer.status_code == 200:
                return comes_back(client, name, address, answer, start)
    pytest.skip("opens only in a state")


def comes_back(client, name, address, answer, start):
    text = re.search(r"<main.*</main>", answer.content.decode(), re.S).group()
    # What a list above the form is narrowed by is no part of it.
    forms = "".join(re.findall(r'<form\b[^>]*method="post".*?</form>', text, re.S))
    boxes = re.findall(r'<input type="text" name="([^"]+)"|<textarea name="([^"]+)"', forms)
    box = next((one or other for one, other in boxes if "_on" not in one), "")
    if not box:
        return
    with time_machine.travel(start + LATE):
        assert client.post(address, {box: "打了一半的字"}).url.startswith("/login/?next=/")
        log_in(client, name, "/")
        assert "打了一半的字" in client.get(address).content.decode(), f"{address} forgets {box}"
