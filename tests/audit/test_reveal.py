"""A number in full: with a reason, in scope, with the right to it, a few an hour, and only when logged."""

import pytest
import time_machine
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.http import Http404
from django.urls import reverse

from federation.shared import audit_triggers, reveal
from federation.shared.models import AuditEntry, AuditHead
from tests.audit.conftest import ID_NUMBER, PHONE

pytestmark = pytest.mark.django_db
REASON = "核对补贴发放账号"


def address(row, field="id_number"):
    return reverse("reveal", args=[row._meta.label_lower, row.uid, field])


def test_the_number_is_shown_after_a_reason_is_given_and_the_entry_says_so(as_user, person):
    response = as_user("member").post(address(person), {"reason": REASON})
    assert response.status_code == 200
    assert ID_NUMBER in response.content.decode()
    assert response.headers["Cache-Control"] == "no-store"
    entry = AuditEntry.objects.get(action=reveal.ACTION)
    assert (entry.target_id, entry.reason, entry.details) == (str(person.pk), REASON, {"field": "id_number"})
    assert entry.ip == "127.0.0.1" and entry.request_id
    assert ID_NUMBER not in entry.canonical()


def test_asking_for_the_page_shows_the_mask_only_and_writes_nothing(as_user, person):
    text = as_user("member").get(address(person)).content.decode()
    assert "629999********1238" in text and ID_NUMBER not in text
    assert not AuditEntry.objects.filter(action__startswith="shared.number").exists()


@pytest.mark.parametrize("reason", ["", "   ", "看看"])
def test_without_a_reason_worth_the_name_nothing_is_shown(as_user, person, reason):
    response = as_user("member").post(address(person), {"reason": reason})
    assert response.status_code == 422
    assert ID_NUMBER not in response.content.decode()
    assert not AuditEntry.objects.filter(action=reveal.ACTION).exists()


@pytest.mark.parametrize("name", ["neighbour", "other_clerk", "stranger"])
def test_outside_ones_scope_the_row_does_not_exist(as_user, person, name):
    client = as_user(name)
    assert client.get(address(person)).status_code == 404
    assert client.post(address(person), {"reason": REASON}).status_code == 404


@pytest.mark.parametrize("name", ["viewer", "auditor", "administrator", "officer"])
def test_who_may_only_see_masked_numbers_is_refused_and_that_is_logged(as_user, person, name):
    response = as_user(name).post(address(person), {"reason": REASON})
    assert response.status_code == 403
    assert ID_NUMBER not in response.content.decode()
    assert AuditEntry.objects.filter(action=reveal.REFUSED, target_id=str(person.pk)).count() == 1


def test_a_visitor_is_sent_to_the_login(client, person):
    response = client.post(address(person), {"reason": REASON})
    assert response.status_code == 302 and reverse("login") in response.url


@pytest.mark.parametrize("field", ["name", "id_number_index", "version", "nothing"])
def test_only_sealed_fields_have_such_a_page(as_user, person, field):
    assert as_user("member").get(address(person, field)).status_code == 404


@pytest.mark.parametrize("label", ["accounts.user", "orgs.organisation", "nothing.here", "nonsense"])
def test_only_models_that_name_a_right_have_such_a_page(as_user, person, label):
    url = reverse("reveal", args=[label, person.uid, "id_number"])
    assert as_user("clerk").get(url).status_code == 404


def test_a_workers_number_asks_for_the_right_to_workers_numbers(as_user, worker):
    assert as_user("member").get(address(worker, "phone")).status_code == 403
    assert PHONE in as_user("clerk").post(address(worker, "phone"), {"reason": REASON}).content.decode()


def test_the_thirty_first_number_within_an_hour_is_refused_and_an_hour_later_shown(world, person):
    with time_machine.travel("2026-11-21 08:00+08:00", tick=False) as clock:
        for _ in range(reveal.PER_HOUR):
            assert reveal.open_for(world.member, person, "id_number", REASON) == ID_NUMBER
        with pytest.raises(reveal.TooManyReveals, match="一小时内最多查看 30 个"):
            reveal.open_for(world.member, person, "id_number", REASON)
        assert reveal.open_for(world.director, person, "id_number", REASON) == ID_NUMBER
        clock.shift(3601)
        assert reveal.open_for(world.member, person, "id_number", REASON) == ID_NUMBER
    assert AuditEntry.objects.filter(action=reveal.REFUSED).count() == 1


def test_too_many_reveals_are_told_so_on_the_page(as_user, world, person, monkeypatch):
    monkeypatch.setattr(reveal, "PER_HOUR", 0)
    response = as_user("member").post(address(person), {"reason": REASON})
    assert response.status_code == 429 and "请稍后再试" in response.content.decode()


def test_a_log_that_cannot_be_written_keeps_the_number_closed(world, person):
    audit_triggers.drop(connection)
    AuditHead.objects.all().delete()
    from federation.shared.audit import AuditUnavailable

    with pytest.raises(AuditUnavailable):
        reveal.open_for(world.member, person, "id_number", REASON)


def test_the_service_asks_scope_and_right_by_itself(world, person):
    with pytest.raises(Http404):
        reveal.open_for(world.neighbour, person, "id_number", REASON)
    with pytest.raises(PermissionDenied):
        reveal.open_for(world.viewer, person, "id_number", REASON)
    with pytest.raises(reveal.ReasonMissing):
        reveal.open_for(world.member, person, "id_number", "  ")


def test_a_tampered_number_is_a_sentence_and_not_an_error_page(as_user, person):
    type(person).objects.filter(pk=person.pk).update(id_number=b"\x01\x00\x01" + b"x" * 40)
    response = as_user("member").post(address(person), {"reason": REASON})
    assert response.status_code == 422 and "可能被改动过" in response.content.decode()


def test_the_way_back_leads_to_our_own_pages_only(as_user, person):
    client = as_user("member")
    for target, expected in (("/audit/", 'href="/audit/"'), ("https://example.org/", 'href="/"')):
        text = client.post(address(person), {"reason": REASON, "next": target}).content.decode()
        assert expected in text and "example.org" not in text


def test_beside_a_mask_stands_the_way_to_the_number_for_who_may(rf, world, person):
    request = rf.get("/persons/1/")
    request.user = world.member
    cell = reveal.sealed_cell(request, person, "id_number")
    assert "629999********1238" in cell and f"{address(person)}?next=%2Fpersons%2F1%2F" in cell
    request.user = world.viewer
    assert "reveal" not in reveal.sealed_cell(request, person, "id_number")
    assert "未填" in reveal.sealed_cell(request, person, "guardian_phone")
