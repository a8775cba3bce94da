"""Logging in: one text for every refusal, lock-out, forced new password, idle and absolute end."""

from datetime import timedelta

import pytest
import time_machine
from django.contrib.auth.hashers import make_password
from django.urls import reverse
from django.utils import timezone

from accounts.attempts import ALLOWED
from accounts.models import Assignment, User
from federation.shared.models import AuditEntry
from tests.conftest import PASSWORD

WRONG = "账号或密码不正确"


def log_in(client, username, password=PASSWORD, **headers):
    return client.post(reverse("login"), {"username": username, "password": password}, **headers)


@pytest.fixture(autouse=True)
def _plain_front_page(settings):
    settings.LOGIN_REDIRECT_URL = "more"


def test_the_right_password_opens_the_product_and_is_written_down(client, world):
    response = log_in(client, "clerk")
    assert response.status_code == 302
    assert client.get(reverse("more")).status_code == 200
    entry = AuditEntry.objects.get(action="accounts.login.succeeded")
    assert (entry.actor_id, entry.organisation_id) == (world.clerk.pk, world.county.pk)


def test_unknown_name_wrong_password_and_disabled_account_read_the_same(client, world):
    User.objects.filter(pk=world.leader.pk).update(is_active=False)
    pages = []
    for name, password in (("nobody", PASSWORD), ("clerk", "wrong-password-1"), ("leader", PASSWORD)):
        response = log_in(client, name, password)
        assert response.status_code == 422
        pages.append(response.content.decode().replace(f'value="{name}"', 'value=""'))
    assert WRONG in pages[0]
    tokens_masked = {page.split("<main")[1].split("csrfmiddlewaretoken")[0] for page in pages}
    assert len(tokens_masked) == 1


def test_a_refused_login_is_written_down_without_what_was_typed(client, world):
    log_in(client, "my-secret-typed-in-the-wrong-box", "x")
    entry = AuditEntry.objects.get(action="accounts.login.failed")
    assert "my-secret" not in entry.canonical()
    assert entry.actor_id is None


def test_five_wrong_passwords_lock_the_account_at_that_address_for_a_quarter_of_an_hour(client, world):
    statuses = [log_in(client, "clerk", f"wrong-{n}").status_code for n in range(5)]
    assert statuses[:4] == [422] * 4
    assert statuses[4] == 429
    locked = log_in(client, "clerk")
    assert locked.status_code == 429
    assert "15 分钟" in locked.content.decode()
    assert log_in(client, "clerk", REMOTE_ADDR="10.9.8.7").status_code == 302
    with time_machine.travel(timezone.now() + timedelta(minutes=16)):
        assert log_in(client, "clerk").status_code == 302


def test_an_address_that_tries_every_account_once_has_to_wait(client, world):
    for number in range(ALLOWED):
        assert log_in(client, f"guess-{number}", "x").status_code == 422
    response = log_in(client, "clerk")
    assert response.status_code == 429
    assert "15 分钟" in response.content.decode()
    assert log_in(client, "clerk", REMOTE_ADDR="10.9.8.7").status_code == 302


def test_disabling_an_account_ends_its_session_at_the_next_request(as_user, world):
    client = as_user("clerk")
    assert client.get(reverse("more")).status_code == 200
    User.objects.filter(pk=world.clerk.pk).update(is_active=False)
    assert client.get(reverse("more")).status_code == 302


def test_an_ended_assignment_counts_no_longer_at_the_next_request(as_user, world):
    client = as_user("administrator")
    assert client.get(reverse("account-list")).status_code == 200
    yesterday = timezone.localdate() - timedelta(days=1)
    Assignment.objects.filter(user=world.administrator).update(until=yesterday)
    assert client.get(reverse("account-list")).status_code == 403


def test_half_an_hour_without_a_request_ends_the_login(as_user, world):
    client = as_user("clerk")
    start = timezone.now()
    with time_machine.travel(start):
        assert client.get(reverse("more")).status_code == 200
    with time_machine.travel(start + timedelta(minutes=29)):
        assert client.get(reverse("more")).status_code == 200
    with time_machine.travel(start + timedelta(minutes=29 + 31)):
        response = client.get(reverse("more"))
        assert response.status_code == 302
        assert "已自动退出" in client.get(response.url).content.decode()


def test_eight_hours_end_a_login_however_busy(as_user, world):
    client = as_user("clerk")
    start = timezone.now()
    for minutes in range(0, 8 * 60, 20):
        with time_machine.travel(start + timedelta(minutes=minutes)):
            assert client.get(reverse("more")).status_code == 200
    with time_machine.travel(start + timedelta(hours=8, minutes=1)):
        assert client.get(reverse("more")).status_code == 302


def test_reading_pages_writes_the_session_at_most_once_a_minute(as_user, world, django_assert_max_num_queries):
    client = as_user("clerk")
    client.get(reverse("more"))
    with django_assert_max_num_queries(10) as captured:
        client.get(reverse("more"))
    assert not [query for query in captured.captured_queries if query["sql"].startswith(("UPDATE", "INSERT"))]


def test_a_reset_password_must_be_changed_before_anything_else(client, world):
    User.objects.filter(pk=world.clerk.pk).update(must_change_password=True, password=make_password(PASSWORD))
    log_in(client, "clerk")
    assert client.get(reverse("more")).url == reverse("password_change")
    page = client.get(reverse("password_change"))
    assert "请先换成自己的密码" in page.content.decode()
    new = "新的密码-Gansu-73"
    same = {"old_password": PASSWORD, "new_password1": PASSWORD, "new_password2": PASSWORD}
    assert "不能与现在的密码相同" in client.post(reverse("password_change"), same).content.decode()
    changed = {"old_password": PASSWORD, "new_password1": new, "new_password2": new}
    assert client.post(reverse("password_change"), changed).status_code == 302
    assert client.get(reverse("more")).status_code == 200
    world.clerk.refresh_from_db()
    assert world.clerk.check_password(new)
    assert not world.clerk.must_change_password


def test_a_weak_new_password_is_refused_in_chinese(as_user, world):
    client = as_user("township_member")
    for weak in ("1234567890", "short-7", "password1234", "township-member1"):
        response = client.post(
            reverse("password_change"), {"old_password": PASSWORD, "new_password1": weak, "new_password2": weak}
        )
        assert response.status_code == 422
        assert "密码" in response.content.decode()
    world.township_member.refresh_from_db()
    assert world.township_member.check_password(PASSWORD)


def test_logging_in_changes_the_session_key_and_logging_out_ends_it(client, world):
    client.get(reverse("login"))
    log_in(client, "clerk")
    key = client.session.session_key
    assert client.post(reverse("logout")).status_code == 302
    assert client.get(reverse("more")).status_code == 302
    assert client.session.session_key != key


def test_the_login_page_never_redirects_to_another_site(client, world):
    response = client.post(
        reverse("login"), {"username": "clerk", "password": PASSWORD, "next": "https://evil.example/"}
    )
    assert "evil" not in response.url


def test_pages_of_logged_in_people_are_not_kept_by_the_browser(as_user, world):
    assert as_user("clerk").get(reverse("more")).headers["Cache-Control"] == "no-store"
