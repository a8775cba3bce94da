"""Logging in: one text for every refusal, lock-out, forced new password, idle and absolute end."""

from datetime import timedelta
from urllib.parse import urljoin, urlsplit

import pytest
import time_machine
from axes.models import AccessAttempt
from django.apps import apps
from django.conf import settings as product
from django.contrib.auth.hashers import PBKDF2PasswordHasher, make_password
from django.urls import reverse
from django.utils import timezone

from accounts import services
from accounts.attempts import ALLOWED
from accounts.models import Assignment, User
from federation.shared.display import safe_next
from federation.shared.models import AuditEntry
from tests.conftest import PASSWORD

WRONG = "账号或密码不正确"
AXES_LIMIT = product.AXES_FAILURE_LIMIT


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


@pytest.mark.parametrize("meanwhile", ["disabled", "reset"])
def test_what_the_administrator_did_meanwhile_stands(as_user, world, monkeypatch, meanwhile):
    """A new password is looked at for a while; whoever is being shut out does not come back by it."""
    client, check = as_user("clerk"), User.check_password

    def checked(user, word):
        right = check(user, word)
        account = User.objects.get(pk=user.pk)
        if meanwhile == "disabled":
            services.set_active(account=account, active=False, by=world.administrator)
        else:
            services.reset_password(account=account, by=world.administrator)
        monkeypatch.setattr(User, "check_password", check)
        return right

    monkeypatch.setattr(User, "check_password", checked)
    new = "新的密码-Gansu-73"
    sent = {"old_password": PASSWORD, "new_password1": new, "new_password2": new}
    assert client.post(reverse("password_change"), sent).url == reverse("login")
    after = User.objects.get(pk=world.clerk.pk)
    assert not after.check_password(new)
    assert (after.is_active, after.must_change_password) == (meanwhile != "disabled", meanwhile == "reset")
    assert client.get(reverse("more")).status_code == 302
    assert not AuditEntry.objects.filter(action="accounts.password_changed").exists()


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


def test_what_was_typed_for_a_name_nobody_has_is_kept_in_no_table(client, world):
    """Neither a password that slipped into the wrong box, nor a number searched for before the login ended."""
    typed, searched = "my-secret-typed-in-the-wrong-box", "62999919680403251X"
    address = reverse("login") + f"?next=/persons/?q={searched}"
    for _ in range(AXES_LIMIT):
        client.post(address, {"username": typed, "password": "x", "next": f"/persons/?q={searched}"})
    kept = str([list(model.objects.values()) for model in apps.get_app_config("axes").get_models()])
    assert AccessAttempt.objects.get().failures_since_start == AXES_LIMIT
    assert typed not in kept and searched not in kept
    failed, locked = (AuditEntry.objects.filter(action=f"accounts.login.{what}") for what in ("failed", "locked_out"))
    assert {entry.details["username"]["hashed"] for entry in [*failed, *locked]} == {
        AccessAttempt.objects.get().username
    }


def test_a_name_written_in_wide_letters_does_not_get_round_the_lock(client, world):
    for number in range(AXES_LIMIT):
        log_in(client, "clerk", f"wrong-{number}")
    assert log_in(client, "ｃｌｅｒｋ").status_code == 429


@pytest.mark.parametrize("name", ["nobody", "clerk", "leader"])
def test_a_name_that_exists_takes_no_longer_to_refuse_than_one_that_does_not(
    client, world, settings, monkeypatch, name
):
    """Hashing a password is what takes the time: once for each attempt, whoever is tried."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.PBKDF2PasswordHasher"]
    User.objects.filter(username__in=("clerk", "leader")).update(password=make_password(PASSWORD))
    User.objects.filter(username="leader").update(is_active=False)
    hashed, encode = [], PBKDF2PasswordHasher.encode

    def counting(hasher, password, salt, iterations=None):
        hashed.append(iterations or hasher.iterations)
        return encode(hasher, password, salt, iterations)

    monkeypatch.setattr(PBKDF2PasswordHasher, "encode", counting)
    assert log_in(client, name, "wrong-password-1").status_code == 422
    assert hashed == [PBKDF2PasswordHasher.iterations]


@pytest.mark.parametrize(
    "host", ["evil.example", "127.0.0.1.evil.example", "evil.example:8000", "127.0.0.1@evil.example"]
)
def test_a_host_that_is_not_ours_gets_no_page(client, db, settings, host):
    settings.ALLOWED_HOSTS = ["127.0.0.1", "localhost"]
    client.raise_request_exception = False
    assert client.get(reverse("login"), HTTP_HOST=host).status_code == 400


HOSTILE_NEXT = [
    "https://evil.example/", "//evil.example", "/\\evil.example", "\\\\evil.example", "/\t/evil.example",
    "/\n/evil.example", "javascript:alert(1)", "http:evil.example", "///evil.example", "\x01//evil.example",
    "evil.example",
]  # fmt: skip


@pytest.mark.parametrize("address", HOSTILE_NEXT)
def test_no_page_of_ours_sends_or_links_to_another_site(client, world, address):
    assert urlsplit(safe_next(address)).netloc == "" and safe_next(address) == "/"
    assert client.post(reverse("display-settings"), {"next": address}).url == "/"
    answer = client.post(reverse("login"), {"username": "clerk", "password": PASSWORD, "next": address})
    assert urlsplit(urljoin("http://testserver/login/", answer.url))[:2] == ("http", "testserver")


def test_whoever_guesses_the_present_password_at_an_open_page_is_logged_out(as_user, world):
    client = as_user("clerk")
    new = {"new_password1": "新的密码-Gansu-73", "new_password2": "新的密码-Gansu-73"}
    answers = [client.post(reverse("password_change"), {"old_password": f"guess-{n}"} | new) for n in range(5)]
    assert [answer.status_code for answer in answers] == [422] * 4 + [302]
    assert "已退出登录" in client.get(answers[4].url).content.decode()
    assert client.post(reverse("password_change"), {"old_password": PASSWORD} | new).url.startswith("/login/")
    world.clerk.refresh_from_db()
    assert world.clerk.check_password(PASSWORD)
