"""Keeping accounts: inside one's own scope, never one's own rights, secrets shown once, everything written down."""

import re
from datetime import date, timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.models import ApiKey, Assignment, User
from federation.roles import Role
from federation.shared.models import AuditEntry
from tests.conftest import PASSWORD

NEW = {
    "username": "wang.xiu",
    "display_name": "王秀英",
    "phone_extension": "",
    "role": Role.VILLAGE_MEMBER.value,
    "since": "2026-01-01",
    "until": "",
}


def post(client, name, data, *args):
    return client.post(reverse(name, args=args), data)


def secret_in(response) -> str:
    return re.search(r"<code>([^<]+)</code>", response.content.decode()).group(1)


@pytest.fixture
def admin(as_user):
    return as_user("administrator")


@pytest.fixture
def member(world):
    return User.objects.get(pk=world.member.pk)


def test_the_list_shows_accounts_of_the_county_and_none_of_another(admin, world):
    page = admin.get(reverse("account-list")).content.decode()
    assert "周委员" in page
    assert "郑经办" not in page
    assert "冯查阅" not in page


def test_a_new_account_logs_in_with_the_password_shown_once_and_must_change_it(admin, client, world):
    response = post(admin, "account-add", NEW | {"organisation": world.village.code})
    assert response.status_code == 200
    password = secret_in(response)
    account = User.objects.get(username="wang.xiu")
    assert account.check_password(password)
    assert account.must_change_password
    assert [str(each.organisation_id) for each in account.assignments.all()] == [str(world.village.pk)]
    assert password not in admin.get(reverse("account-detail", args=[account.pk])).content.decode()
    actions = set(AuditEntry.objects.values_list("action", flat=True))
    assert {"accounts.account.created", "accounts.role.granted"} <= actions
    assert not any(password in entry.canonical() for entry in AuditEntry.objects.all())


def test_a_body_outside_the_scope_is_not_found_by_name_or_code(admin, world):
    for typed in (world.other_village.code, world.city.name, world.province.code, "没有这个机构"):
        response = post(admin, "account-add", NEW | {"organisation": typed})
        assert response.status_code == 422
        assert "没有找到" in response.content.decode()
    assert not User.objects.filter(username="wang.xiu").exists()


def test_a_name_that_several_villages_share_asks_for_the_code(admin, world):
    response = post(admin, "account-add", NEW | {"organisation": "东山村"})
    assert response.status_code == 422
    text = response.content.decode()
    assert "请改填区划代码" in text
    assert world.village.code in text
    assert world.other_village.code not in text


@pytest.mark.parametrize(
    ("role", "place"),
    [
        (Role.COUNTY_LEADER, "village"),
        (Role.VILLAGE_MEMBER, "county"),
        (Role.UPPER_VIEWER, "county"),
        (Role.ASSOCIATION_OFFICER, "township"),
        (Role.ADMINISTRATOR, "township"),
    ],
)
def test_a_role_is_refused_where_it_does_not_belong(admin, world, role, place):
    body = world.orgs[place]
    response = post(admin, "account-add", NEW | {"role": role.value, "organisation": body.code})
    assert response.status_code == 422
    assert "不能设在" in response.content.decode()


def test_nobody_changes_their_own_rights(admin, world):
    own = world.administrator
    assignment = own.assignments.get()
    assert admin.get(reverse("account-detail", args=[own.pk])).status_code == 200
    for name, pk in (
        ("account-edit", own.pk),
        ("account-state", own.pk),
        ("account-reset-password", own.pk),
        ("assignment-add", own.pk),
        ("assignment-edit", assignment.pk),
    ):
        assert admin.get(reverse(name, args=[pk])).status_code == 403
        assert post(admin, name, {}, pk).status_code == 403
    own.refresh_from_db()
    assert own.is_active
    assert own.assignments.count() == 1


def test_an_account_that_also_holds_a_role_above_is_not_managed_from_below(admin, world, member):
    Assignment.objects.create(user=member, role=Role.UPPER_VIEWER, organisation=world.province, since=date(2020, 1, 1))
    assert admin.get(reverse("account-detail", args=[member.pk])).status_code == 404
    lower = member.assignments.get(organisation=world.village)
    assert post(admin, "assignment-edit", {"since": "2020-01-01"}, lower.pk).status_code == 404
    assert post(admin, "account-reset-password", {}, member.pk).status_code == 404


def test_a_reset_password_is_shown_once_and_ends_the_sessions_of_the_account(admin, world, member):
    from django.test import Client

    theirs = Client()
    theirs.force_login(member, backend="django.contrib.auth.backends.ModelBackend")
    assert theirs.get(reverse("more")).status_code == 200
    response = post(admin, "account-reset-password", {}, member.pk)
    password = secret_in(response)
    member.refresh_from_db()
    assert member.check_password(password)
    assert not member.check_password(PASSWORD)
    assert theirs.get(reverse("more")).status_code == 302


def test_a_disabled_account_keeps_its_roles_and_can_be_enabled_again(admin, member):
    assert post(admin, "account-state", {"state": "disabled"}, member.pk).status_code == 302
    member.refresh_from_db()
    assert not member.is_active
    assert member.assignments.count() == 1
    post(admin, "account-state", {"state": "enabled"}, member.pk)
    member.refresh_from_db()
    assert member.is_active
    assert AuditEntry.objects.filter(action__startswith="accounts.account.").count() == 2


def test_an_administrator_cannot_also_be_clerk_on_one_account(admin, world):
    clerk = world.clerk
    data = {"role": Role.ADMINISTRATOR.value, "organisation": world.county.code, "since": "2026-01-01", "until": ""}
    response = post(admin, "assignment-add", data, clerk.pk)
    assert response.status_code == 422
    assert "不能由同一个账号担任" in response.content.decode()


def test_a_second_role_is_granted_and_ended_by_its_dates(admin, world, member):
    data = {
        "role": Role.VILLAGE_MEMBER.value,
        "organisation": world.village_second.code,
        "since": "2026-01-01",
        "until": "",
    }
    assert post(admin, "assignment-add", data, member.pk).status_code == 302
    again = post(admin, "assignment-add", data, member.pk)
    assert "已有同样的角色" in again.content.decode()
    row = member.assignments.get(organisation=world.village_second)
    wrong = post(admin, "assignment-edit", {"since": "2026-05-01", "until": "2026-04-01", "version": 1}, row.pk)
    assert wrong.status_code == 422
    assert "截止日期早于起始日期" in wrong.content.decode()
    ended = post(admin, "assignment-edit", {"since": "2026-01-01", "until": "2026-10-31", "version": 1}, row.pk)
    assert ended.status_code == 302
    assert row not in member.assignments.in_force()


def test_two_administrators_on_one_account_page_see_the_conflict(admin, member):
    first = {"display_name": "周一", "phone_extension": "", "version": 1}
    assert post(admin, "account-edit", first, member.pk).status_code == 302
    response = post(admin, "account-edit", first | {"display_name": "周二"}, member.pk)
    assert response.status_code == 409
    assert "周二" in response.content.decode()
    member.refresh_from_db()
    assert member.display_name == "周一"


def test_a_key_is_shown_once_works_and_is_dead_when_disabled(admin, world):
    until = timezone.localdate() + timedelta(days=90)
    data = {
        "name": "年报",
        "organisation": world.county.code,
        "resources": ["organisations"],
        "expires_on": until.isoformat(),
    }
    response = post(admin, "key-add", data)
    assert response.status_code == 200
    secret = secret_in(response)
    key = ApiKey.objects.get(name="年报")
    assert secret.split(".")[1] not in admin.get(reverse("key-list")).content.decode()
    assert key.secret_hash not in admin.get(reverse("key-list")).content.decode()
    headers = {"authorization": f"Api-Key {secret}"}
    assert admin.get("/api/v1/organisations/", headers=headers).status_code == 200
    assert post(admin, "key-add", data).status_code == 422
    assert post(admin, "key-disable", {}, key.pk).status_code == 302
    assert admin.get("/api/v1/organisations/", headers=headers).status_code == 401


def test_a_key_lasts_a_year_at_most_and_names_its_resources(admin, world):
    far = (timezone.localdate() + timedelta(days=400)).isoformat()
    response = post(admin, "key-add", {"name": "x", "organisation": world.county.code, "expires_on": far})
    assert response.status_code == 422
    text = response.content.decode()
    assert "有效期应在明天至" in text
    assert "请选择可读取的内容" in text


def test_other_roles_do_not_open_account_pages(as_user, world):
    for name in ("clerk", "leader", "director", "member", "viewer", "auditor"):
        assert as_user(name).get(reverse("account-list")).status_code == 403


def test_the_list_takes_the_same_number_of_queries_for_more_accounts(admin, world, django_assert_max_num_queries):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    def count():
        with CaptureQueriesContext(
            connection,
        ) as captured:
            assert admin.get(reverse("account-list")).status_code == 200
        return len(captured)

    admin.get(reverse("account-list"))
    few = count()
    for number in range(30):
        user = User.objects.create(username=f"u{number}", display_name=f"第{number}")
        Assignment.objects.create(
            user=user, role=Role.VILLAGE_MEMBER, organisation=world.village, since=date(2020, 1, 1)
        )
    assert count() == few


def test_the_role_table_shows_every_permission_and_role(as_user, world):
    from federation.roles import PERMISSIONS

    page = as_user("member").get(reverse("role-table")).content.decode()
    for text in (*PERMISSIONS.values(), *(role.label for role in Role)):
        assert text in page


def test_filters_of_the_account_list_find_by_name_and_role(admin, world):
    page = admin.get(reverse("account-list"), {"q": "周委"}).content.decode()
    assert "周委员" in page
    assert "孙理事长" not in page
    page = admin.get(reverse("account-list"), {"role": Role.COUNTY_LEADER.value}).content.decode()
    assert "钱理事长" in page
    assert "周委员" not in page
