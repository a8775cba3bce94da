"""The roster of accounts: who logs in where, checked row by row, without a password until it is handed out."""

import re
from datetime import date, timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts import first_passwords
from accounts.first_passwords import hand_out
from accounts.models import Assignment, User
from federation.roles import Role
from federation.shared.models import AuditEntry, RosterImport
from orgs.models import Tenure, Worker
from tests.rosters.conftest import Course
from tests.rosters.people import id_number, roster_file

State = RosterImport.State


@pytest.fixture
def accounts(world, django_capture_on_commit_callbacks):
    return Course(world.administrator, world.county, django_capture_on_commit_callbacks)


def row(name="dongshan.wang", **given):
    usual = {"账号": name, "姓名": "王芳", "机构": "620422100200", "角色": "村（社区）专职委员"}
    return usual | given


def sent(accounts, *rows, **more):
    return accounts.send(roster_file(list(rows)), kind="accounts", **more)


# --- written ------------------------------------------------------------------------------------------


def test_a_row_becomes_an_account_with_a_role_and_nobody_can_log_in_yet(accounts, world):
    until = timezone.localdate() + timedelta(days=90)
    checked = sent(
        accounts,
        row(办公电话="3221234", 有效期至=until.isoformat()),
        row("guocheng.li", 机构="郭城驿镇", 角色="乡镇理事长"),
    )
    assert (checked.new_count, accounts.errors(checked)) == (2, [])
    assert not User.objects.filter(username="dongshan.wang").exists()
    assert accounts.confirm(checked).state == State.DONE
    account = User.objects.get(username="dongshan.wang")
    assert (account.display_name, account.phone_extension, account.must_change_password) == ("王芳", "3221234", True)
    assert not account.has_usable_password()
    held = account.assignments.get()
    assert (held.role, held.organisation_id, held.until) == (Role.VILLAGE_MEMBER, world.village.pk, until)
    assert Assignment.objects.get(user__username="guocheng.li").organisation_id == world.neighbour_township.pk
    actions = AuditEntry.objects.values_list("action", flat=True)
    assert list(actions).count("accounts.account.created") == 2 and list(actions).count("accounts.role.granted") == 2


def test_the_same_again_changes_nothing_and_a_new_day_name_or_role_is_a_change(accounts, world):
    accounts.confirm(sent(accounts, row()))
    assert sent(accounts, row()).unchanged_count == 1
    later = (timezone.localdate() + timedelta(days=400)).isoformat()
    changed = sent(accounts, row(姓名="王秀芳", 有效期至=later))
    assert changed.changed_count == 1
    accounts.confirm(changed)
    account = User.objects.get(username="dongshan.wang")
    assert account.display_name == "王秀芳" and account.assignments.get().until.isoformat() == later
    accounts.confirm(sent(accounts, row(姓名="王秀芳", 机构="620422100201")))
    assert account.assignments.count() == 2


def test_the_number_links_the_account_to_the_worker_in_post_there(accounts, world):
    worker = Worker.objects.create(name="王芳", id_number=id_number(1, sex="女"), identity="disabled")
    Tenure.objects.create(
        worker=worker, organisation=world.village, post="committee_member", started_on=date(2020, 1, 1)
    )
    accounts.confirm(sent(accounts, row(身份证号=id_number(1, sex="女"))))
    assert User.objects.get(username="dongshan.wang").worker == worker
    wrong = sent(
        accounts, row("second", 身份证号=id_number(1, sex="女")), row("third", 身份证号=id_number(2, sex="女"))
    )
    errors = " ".join(accounts.errors(wrong))
    assert "已经对应另一个账号" in errors and "没有身份证号与此相同的在任工作人员" in errors
    wrong = sent(accounts, row("fourth", 姓名="李四", 身份证号=id_number(1, sex="女")))
    assert "姓名不一致" in accounts.errors(wrong)[0]


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"账号": "王芳"}, "小写字母"),
        ({"账号": "ab"}, "3 到 30"),
        ({"姓名": None}, "没有填写"),
        ({"机构": "没有的村"}, "没有找到“没有的村”"),
        ({"机构": "东山村"}, "有 2 个"),
        ({"机构": "景泰县"}, "没有找到"),
        ({"角色": "县残联经办"}, "不能设在东山村残疾人协会"),
        ({"角色": "村长"}, "角色"),
        ({"有效期至": "2020-01-01"}, "有效期已过"),
        ({"账号": "other_clerk"}, "已经有人使用"),
        ({"账号": "administrator", "机构": "会宁县", "角色": "审计员"}, "不能修改自己账号"),
        ({"账号": "auditor", "机构": "会宁县", "角色": "县残联经办"}, "不能由同一个账号担任"),
    ],
)
def test_a_wrong_row_says_which_cell_and_why(accounts, given, words):
    checked = sent(accounts, row(**given))
    assert checked.wrong_count == 1
    assert words in accounts.errors(checked)[0], accounts.errors(checked)
    assert accounts.errors(checked)[0].startswith("第 ")


def test_the_township_tells_two_villages_of_a_name_apart_and_doubles_are_refused(accounts, world):
    checked = sent(accounts, row(机构="东山村", 乡镇="郭城驿镇"))
    accounts.confirm(checked)
    assert Assignment.objects.get(user__username="dongshan.wang").organisation_id == world.neighbour_village.pk
    assert sent(accounts, row("twice"), row("twice", 机构="620422100201")).wrong_count == 2


# --- taken back ---------------------------------------------------------------------------------------


def test_what_nobody_used_is_taken_back_and_changes_are_set_back(accounts, world):
    first = accounts.confirm(sent(accounts, row()))
    account = User.objects.get(username="dongshan.wang")
    second = accounts.confirm(sent(accounts, row(姓名="王秀芳", 机构="620422100201"), row("another")))
    assert accounts.undo(second).state == State.UNDONE
    account.refresh_from_db()
    assert account.display_name == "王芳" and account.assignments.get().organisation_id == world.village.pk
    assert not User.objects.filter(username="another").exists()
    # What was changed and set back has another version: the first import cannot be undone as a whole.
    assert accounts.undo(first).state == State.DONE
    assert "修改过" in first.refusal or RosterImport.objects.get(pk=first.pk).refusal


def test_an_account_that_logged_in_stays(accounts, world):
    done = accounts.confirm(sent(accounts, row()))
    User.objects.filter(username="dongshan.wang").update(last_login=timezone.now())
    assert accounts.undo(done).state == State.DONE
    assert User.objects.filter(username="dongshan.wang").exists()


def test_names_taken_between_preview_and_writing_write_nothing(accounts, world):
    checked = sent(accounts, row(), row("second"))
    User.objects.create(username="second", display_name="别人")
    assert accounts.confirm(checked).state != State.DONE
    assert not User.objects.filter(username="dongshan.wang").exists()


# --- who may ------------------------------------------------------------------------------------------


def test_only_who_keeps_accounts_imports_them_or_sees_such_an_import(accounts, world, as_user):
    done = sent(accounts, row())
    client = as_user("clerk")
    assert "账号名册" not in client.get(reverse("roster-upload")).content.decode()
    assert client.get(reverse("roster-template", args=["accounts"])).status_code == 404
    assert client.get(reverse("roster-detail", args=[done.pk])).status_code == 404
    assert "名册.xlsx" not in client.get(reverse("roster-list")).content.decode()
    client = as_user("administrator")
    assert "账号名册" in client.get(reverse("roster-upload")).content.decode()
    assert client.get(reverse("roster-template", args=["accounts"])).status_code == 200
    assert client.get(reverse("roster-detail", args=[done.pk])).status_code == 200


# --- first passwords ----------------------------------------------------------------------------------


def given_in(answer) -> dict[str, str]:
    text = answer.content.decode()
    return dict(re.findall(r'<th scope="row">([a-z.]+)</th>.*?<code>([^<]+)</code>', text, re.S))


def test_first_passwords_are_shown_once_and_must_be_changed(accounts, world, as_user, client):
    accounts.confirm(sent(accounts, row(), row("guocheng.li", 机构="郭城驿镇", 角色="乡镇理事长")))
    admin = as_user("administrator")
    assert "还有 2 个账号没有密码" in admin.get(reverse("first-passwords")).content.decode()
    answer = admin.post(reverse("first-passwords"), {"organisation": "会师镇"})
    given = given_in(answer)
    assert set(given) == {"dongshan.wang"} and "no-store" in answer.headers["Cache-Control"]
    account = User.objects.get(username="dongshan.wang")
    assert account.check_password(given["dongshan.wang"]) and account.must_change_password
    assert set(given_in(admin.post(reverse("first-passwords"), {"organisation": ""}))) == {"guocheng.li"}
    again = admin.post(reverse("first-passwords"), {"organisation": ""})
    assert again.status_code == 422 and "没有还没发过密码的账号" in again.content.decode()
    entries = AuditEntry.objects.filter(action="accounts.first_password.given")
    assert entries.count() == 2 and not [each for each in entries if given["dongshan.wang"] in each.canonical()]


def test_no_more_than_a_page_at_once_and_only_of_ones_own_area(accounts, world, monkeypatch):
    monkeypatch.setattr(first_passwords, "AT_ONCE", 2)
    accounts.confirm(sent(accounts, *(row(f"account.{letter}") for letter in "abc")))
    foreign = User.objects.create(username="foreign", password="!x")
    Assignment.objects.create(
        user=foreign, role=Role.COUNTY_CLERK, organisation=world.other_county, since=date(2020, 1, 1)
    )
    assert len(hand_out(by=world.administrator)) == 2
    assert len(hand_out(by=world.administrator)) == 1
    assert hand_out(by=world.administrator) == []
    foreign.refresh_from_db()
    assert not foreign.has_usable_password()
