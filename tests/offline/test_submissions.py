"""A form sent twice has one effect, whoever sends it again and whenever."""

import threading
import uuid

import pytest
from django.db import close_old_connections, connection
from django.test import Client

from federation.shared.models import Submission
from ledgers.models import DisabledPerson

ADD = "/persons/add/"
OUTBOX = {"HTTP_X_OUTBOX": "1"}


@pytest.mark.django_db
def test_the_page_of_a_form_carries_a_key_of_its_own(as_user):
    member = as_user("member")
    keys = {member.get(ADD).content.decode().split('name="submission_key" value="')[1][:36] for _ in range(2)}
    assert len({uuid.UUID(key) for key in keys}) == 2


@pytest.mark.django_db
def test_the_same_form_sent_twice_registers_one_person_and_gives_the_same_answer(as_user, filled_in):
    member, fields = as_user("member"), filled_in()
    first, second = member.post(ADD, fields), member.post(ADD, fields)
    assert first.status_code == second.status_code == 302
    assert first.url == second.url == f"/persons/{DisabledPerson.objects.get().uid}/"


@pytest.mark.django_db
def test_the_outbox_is_told_what_became_of_a_form_and_gets_no_page(as_user, filled_in):
    member, fields = as_user("member"), filled_in()
    stored = member.post(ADD, fields, **OUTBOX)
    assert (stored.status_code, stored.json()["state"]) == (201, "stored")
    assert member.post(ADD, fields, **OUTBOX).json() == stored.json()
    assert DisabledPerson.objects.count() == 1


@pytest.mark.django_db
def test_a_key_that_has_arrived_with_other_content_is_refused_in_a_sentence_and_nothing_changes(as_user, filled_in):
    member, fields = as_user("member"), filled_in()
    person_url = member.post(ADD, fields).url
    answer = member.post(ADD, {**fields, "name": "李小河"})
    assert answer.status_code == 409
    assert "先前已经送到并保存" in answer.content.decode() and person_url in answer.content.decode()
    assert member.post(ADD, {**fields, "name": "李小河"}, **OUTBOX).json() == {"state": "conflict"}
    assert DisabledPerson.objects.get().name == "王大山"


@pytest.mark.django_db
def test_a_form_with_errors_keeps_its_key_for_the_mended_one(as_user, filled_in):
    member, wrong = as_user("member"), filled_in(id_number="629999196804030018")
    answer = member.post(ADD, wrong)
    assert answer.status_code == 422 and not Submission.objects.exists()
    assert wrong["submission_key"] in answer.content.decode()
    assert member.post(ADD, {**filled_in(), "submission_key": wrong["submission_key"]}).status_code == 302


@pytest.mark.django_db
def test_two_accounts_may_by_chance_use_one_key(as_user, filled_in, world):
    fields = filled_in()
    as_user("member").post(ADD, fields)
    other = {**filled_in(2), "submission_key": fields["submission_key"], "organisation": world.neighbour_village.pk}
    assert as_user("neighbour").post(ADD, other).status_code == 302
    assert DisabledPerson.objects.count() == 2


@pytest.mark.django_db
def test_the_outbox_asks_who_is_there_and_which_of_its_forms_have_arrived(as_user, filled_in, world):
    member, fields = as_user("member"), filled_in()
    member.post(ADD, fields)
    unknown = str(uuid.uuid4())
    told = member.get(f"/outbox/state/?keys={fields['submission_key']},{unknown},nonsense").json()
    assert told["stored"] == [fields["submission_key"]]
    assert told["user"] == str(world.member.pk) and told["token"]
    stranger = as_user("neighbour").get(f"/outbox/state/?keys={fields['submission_key']}").json()
    assert stranger["stored"] == []


@pytest.mark.django_db
def test_what_a_device_keeps_names_nobody(as_user, make_person, world):
    make_person(name="王国华")
    member = as_user("member")
    for address in ("/sw.js", "/offline/", "/outbox/", "/persons/blank/"):
        text = member.get(address).content.decode()
        assert "王国华" not in text and "周委员" not in text, address
    assert "东山村" in member.get("/persons/blank/").content.decode()


@pytest.mark.skipif("connection.vendor != 'postgresql'", reason="SQLite has one writer")
@pytest.mark.django_db(transaction=True)
def test_twenty_sendings_at_one_moment_register_one_person(world, filled_in):
    fields, answers, gate = filled_in(), [], threading.Barrier(20)

    def send():
        client = Client(raise_request_exception=False)
        client.force_login(world.member, backend="django.contrib.auth.backends.ModelBackend")
        gate.wait(60)
        answers.append(client.post(ADD, fields, **OUTBOX))
        connection.close()

    threads = [threading.Thread(target=send) for _ in range(20)]
    [thread.start() for thread in threads]
    [thread.join(120) for thread in threads]
    close_old_connections()
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json()["location"] for answer in answers}) == 1
    assert DisabledPerson.objects.count() == 1
