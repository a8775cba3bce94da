"""Log-ins in the audit log: one entry each, whoever tried."""

import pytest
from django.urls import reverse

from federation.shared.models import AuditEntry
from tests.conftest import PASSWORD

pytestmark = pytest.mark.django_db


def actions():
    return list(AuditEntry.objects.order_by("id").values_list("action", flat=True))


def test_logging_in_and_out_leaves_one_entry_each(client, world):
    client.post(reverse("login"), {"username": "member", "password": PASSWORD})
    client.post(reverse("logout"))
    assert actions() == ["accounts.login.succeeded", "accounts.logout"]
    entry = AuditEntry.objects.get(action="accounts.login.succeeded")
    assert (entry.actor_id, entry.organisation_id, entry.ip) == (world.member.pk, world.village.pk, "127.0.0.1")


def test_a_failed_login_leaves_one_entry_under_the_account_that_was_tried(client, world):
    client.post(reverse("login"), {"username": "member", "password": "wrong"})
    entry = AuditEntry.objects.get()
    assert (entry.action, entry.actor_kind, entry.target_id) == (
        "accounts.login.failed",
        "system",
        str(world.member.pk),
    )
    assert entry.organisation_id == world.village.pk


def test_a_password_typed_into_the_name_box_is_not_kept(client, world):
    client.post(reverse("login"), {"username": "my-secret-password-1", "password": "x"})
    entry = AuditEntry.objects.get()
    assert "my-secret-password-1" not in entry.canonical()
    assert "hashed" in entry.details["username"]


def test_the_lock_out_after_too_many_failures_is_an_entry_of_its_own(client, world, settings):
    for _ in range(settings.AXES_FAILURE_LIMIT):
        client.post(reverse("login"), {"username": "member", "password": "wrong"})
    assert actions().count("accounts.login.failed") == settings.AXES_FAILURE_LIMIT
    assert actions().count("accounts.login.locked_out") == 1
