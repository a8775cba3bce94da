"""Refused calls: one entry each, without the address, bounded, and not lost with the act that was rolled back."""

import pytest
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.urls import path, reverse

import federation.urls
from federation.shared import refusals
from federation.shared.models import AuditEntry
from federation.shared.permissions import LOGGED_IN, requires
from orgs.models import Organisation

pytestmark = pytest.mark.django_db


def entries():
    return AuditEntry.objects.filter(action="access.refused").order_by("id")


def test_a_verb_that_is_not_granted_leaves_one_entry_of_who_and_where(as_user, world):
    assert as_user("member").get(reverse("account-list"), {"q": "张三 620422198001011234"}).status_code == 403
    entry = entries().get()
    assert (entry.actor_kind, entry.actor_id) == ("user", world.member.pk)
    assert entry.details == {"page": "account-list", "method": "GET"}
    assert entry.organisation_id == world.village.pk
    assert entry.ip == "127.0.0.1"
    assert "张三" not in entry.canonical()


def test_a_row_that_may_be_seen_and_not_changed_leaves_one_entry(as_user, world):
    assert as_user("viewer").post(reverse("organisation-edit", args=[world.village.pk])).status_code == 403
    assert entries().get().details == {"page": "organisation-edit", "method": "POST"}


def test_what_is_allowed_and_what_is_not_there_leaves_none(as_user, world):
    client = as_user("member")
    assert client.get(reverse("organisation-list")).status_code == 200
    assert client.get(reverse("organisation-detail", args=[world.neighbour_village.pk])).status_code == 404
    assert not entries().exists()


def test_an_allowed_call_asks_nothing_of_the_log(as_user, monkeypatch):
    def never(request):
        raise AssertionError("asked for a call that was not refused")

    monkeypatch.setattr("federation.shared.permissions.record_refusal", never)
    assert as_user("member").get(reverse("organisation-list")).status_code == 200


def test_nobody_who_is_sent_to_log_in_is_recorded(client):
    assert client.get(reverse("account-list")).status_code == 302
    assert not entries().exists()


def test_a_refused_reveal_keeps_its_own_entry_and_gets_no_second(as_user, person):
    address = reverse("reveal", args=["ledgers.disabledperson", person.uid, "id_number"])
    assert as_user("viewer").get(address).status_code == 403
    assert not entries().exists()
    assert AuditEntry.objects.filter(action="shared.number.reveal_refused").count() == 1


def test_a_key_without_the_resource_is_recorded_under_the_key(client, world):
    world.machine.resources = ["organisations"]
    world.machine.save()
    answer = client.get(reverse("api-run-list"), headers={"authorization": f"Api-Key {world.machine_key}"})
    assert answer.status_code == 403
    entry = entries().get()
    assert (entry.actor_kind, entry.actor_id) == ("accounts.apikey", world.machine.pk)
    assert entry.organisation_id == world.province.pk


def test_a_flood_at_one_door_and_at_many_is_bounded_and_a_minute_later_recorded_again(as_user, world, monkeypatch):
    client = as_user("member")
    for _ in range(refusals.PER_DOOR + 4):
        assert client.get(reverse("account-list")).status_code == 403
    assert entries().count() == refusals.PER_DOOR
    assert "further" in entries().last().details
    assert client.get(reverse("audit-list")).status_code == 403
    assert entries().count() == refusals.PER_DOOR + 1, "another door is another matter"
    monkeypatch.setattr(refusals, "PER_CALLER", refusals.PER_DOOR + 2)
    for name in ("run-add", "division-upload", "key-list"):
        assert client.get(reverse(name)).status_code == 403
    assert entries().count() == refusals.PER_CALLER
    monkeypatch.setattr(refusals, "MINUTE", refusals.MINUTE * 0)
    assert client.get(reverse("account-list")).status_code == 403
    assert entries().count() == refusals.PER_CALLER + 1


@requires(LOGGED_IN)
def changes_and_refuses(request):
    with transaction.atomic():
        Organisation.objects.update(address="改过")
        raise PermissionDenied("不行")


class Urls:
    urlpatterns = [*federation.urls.urlpatterns, path("changes-and-refuses/", changes_and_refuses)]
    handler403 = federation.urls.handler403


@pytest.mark.django_db(transaction=True)
def test_the_entry_outlives_the_transaction_of_the_refused_act(as_user, world, settings):
    settings.ROOT_URLCONF = Urls
    assert as_user("clerk").get("/changes-and-refuses/").status_code == 403
    assert entries().count() == 1
    assert not Organisation.objects.filter(address="改过").exists()
