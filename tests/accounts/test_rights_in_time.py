"""Rights over time and between two who give them at once: what was not true together is never true together later."""

import threading
from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import connection, connections
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts import services
from accounts.models import ApiKey, Assignment, User
from federation.roles import Role
from orgs.models import Organisation
from tests.conftest import PASSWORD, build_world


def day(number: int):
    return timezone.localdate() + timedelta(days=number)


@pytest.fixture
def admin(as_user):
    return as_user("administrator")


def grant(world, account, role, since, until=None):
    assignment = Assignment(user=account, role=role, organisation=world.county, since=since, until=until)
    return services.grant_role(assignment=assignment, by=world.administrator)


@pytest.mark.parametrize(
    ("since", "until"), [(day(5), None), (day(-9), day(3)), (day(3), day(4))], ids=["later", "ending", "for a while"]
)
@pytest.mark.parametrize("first", [Role.AUDITOR, Role.COUNTY_CLERK])
def test_a_role_that_stands_alone_is_not_given_for_days_on_which_another_counts(world, first, since, until):
    second = Role.COUNTY_CLERK if first == Role.AUDITOR else Role.AUDITOR
    grant(world, world.stranger, first, since, until)
    with pytest.raises(ValidationError, match="不能由同一个账号担任"):
        grant(world, world.stranger, second, day(-20))


def test_a_role_that_stands_alone_follows_on_another_that_has_ended(world):
    grant(world, world.stranger, Role.COUNTY_CLERK, day(-30), day(-1))
    grant(world, world.stranger, Role.AUDITOR, day(0), day(10))
    assert [each.role for each in world.stranger.current_assignments] == [Role.AUDITOR]


def test_changed_dates_do_not_bring_two_such_roles_together(admin, world):
    clerks = grant(world, world.stranger, Role.COUNTY_CLERK, day(-30), day(5))
    grant(world, world.stranger, Role.AUDITOR, day(6))
    longer = {"since": str(day(-30)), "until": str(day(9)), "version": clerks.version}
    answer = admin.post(reverse("assignment-edit", args=[clerks.pk]), longer)
    assert answer.status_code == 422
    assert "不能由同一个账号担任" in answer.content.decode()
    clerks.refresh_from_db()
    assert clerks.until == day(5)


def test_the_form_that_disables_an_account_does_not_enable_it_when_it_is_sent_twice(admin, world):
    address = reverse("account-state", args=[world.member.pk])
    page = admin.get(address).content.decode()
    assert '<input type="hidden" name="state" value="disabled"' in page
    for _ in range(2):
        assert admin.post(address, {"state": "disabled"}).status_code == 302
        assert not User.objects.get(pk=world.member.pk).is_active
    admin.post(address, {})
    assert not User.objects.get(pk=world.member.pk).is_active


def test_a_login_that_was_ended_by_disabling_does_not_come_back_with_the_account(client, world):
    stolen = Client()
    stolen.post(reverse("login"), {"username": "member", "password": PASSWORD})
    bystander = Client()
    bystander.post(reverse("login"), {"username": "clerk", "password": PASSWORD})
    for active in (False, True):
        services.set_active(account=world.member, active=active, by=world.administrator)
    assert stolen.get(reverse("more")).status_code == 302
    assert bystander.get(reverse("more")).status_code == 200


def test_the_key_of_a_body_that_was_abolished_opens_nothing(client, world):
    key, secret = ApiKey.issue(
        name="旧县", organisation=world.other_county, resources=["organisations"], expires_on=day(100)
    )
    headers = {"HTTP_AUTHORIZATION": f"Api-Key {secret}"}
    assert client.get("/api/v1/organisations/", **headers).status_code == 200
    Organisation.objects.filter(pk=world.other_county.pk).update(abolished_on=day(0))
    assert client.get("/api/v1/organisations/", **headers).status_code == 401
    assert ApiKey.objects.get(pk=key.pk).scopes("api.organisations") == []


def at_once(*works) -> list:
    """Run each in a thread with a connection of its own; what each gave or raised."""
    line, outcomes = threading.Barrier(len(works)), []

    def run(work):
        try:
            line.wait(20)
            outcomes.append(work())
        except Exception as error:  # noqa: BLE001 - what came of it is what the test is about
            outcomes.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return outcomes


@pytest.mark.skipif(connection.vendor == "sqlite", reason="SQLite has one writer at a time; nothing can interleave")
@pytest.mark.django_db(transaction=True)
def test_two_administrators_at_once_do_not_give_roles_that_exclude_each_other():
    world = build_world()
    for number in range(10):
        account = User.objects.create_user(f"both-{number}", display_name="新人")
        outcomes = at_once(
            lambda account=account: grant(world, account, Role.AUDITOR, day(0)),
            lambda account=account: grant(world, account, Role.COUNTY_CLERK, day(0)),
        )
        assert sorted(type(each).__name__ for each in outcomes) == ["Assignment", "ValidationError"]
        assert account.assignments.count() == 1


@pytest.mark.django_db(transaction=True)
def test_an_account_or_key_whose_name_somebody_took_a_moment_ago_is_refused_in_a_sentence(client, monkeypatch):
    world = build_world()
    client.force_login(world.administrator, backend="django.contrib.auth.backends.ModelBackend")
    account = {"username": "wang.xiu", "display_name": "王", "role": "village_member", "since": "2026-01-01"}
    key = {"name": "年报", "resources": ["runs"], "expires_on": str(day(30))}
    for page, data in (("account-add", account), ("key-add", key)):
        data |= {"organisation": world.village.code}
        assert client.post(reverse(page), data).status_code == 200
        # The form looked before the other's row was there.
        from accounts import forms

        monkeypatch.setattr(forms.NewAccountForm, "clean_username", lambda form: form.cleaned_data["username"])
        monkeypatch.setattr(forms.KeyForm, "clean", lambda form: form.cleaned_data)
        answer = client.post(reverse(page), data)
        assert answer.status_code == 422
        assert "请换一个" in answer.content.decode()
