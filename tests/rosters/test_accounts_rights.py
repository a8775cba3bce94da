"""The roster of accounts, read in or taken back, gives no rights that the pages would refuse."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts import services
from accounts.imported import undo_accounts
from accounts.models import Assignment, User
from federation.roles import Role
from federation.shared.models import ChangeRecord, RosterImport
from federation.shared.rosters.resource import RosterRefused
from federation.shared.templatetags.ui import cn_date
from orgs.models import Worker
from tests.rosters.test_accounts import accounts, row, sent  # noqa: F401

State = RosterImport.State


def day(number: int):
    return timezone.localdate() + timedelta(days=number)


@pytest.fixture
def grant(world):
    def given(role, since=-30, until=None, account=None) -> Assignment:
        assignment = Assignment(
            user=account or world.stranger, role=role, organisation=world.county, since=day(since),
            until=None if until is None else day(until),
        )  # fmt: skip
        return services.grant_role(assignment=assignment, by=world.administrator)

    return given


def clerk(**given):
    return row("stranger", **{"姓名": "无角色", "机构": "会宁县", "角色": "县残联经办"} | given)


# --- taken back ---------------------------------------------------------------------------------------


def test_taking_back_a_day_does_not_bring_two_roles_together_that_exclude_each_other(accounts, grant):  # noqa: F811
    held = grant(Role.COUNTY_CLERK)
    done = accounts.confirm(sent(accounts, clerk(有效期至=day(0).isoformat())))
    assert done.state == State.DONE
    grant(Role.AUDITOR, since=1)
    undone = accounts.undo(done)
    held.refresh_from_db()
    assert (undone.state, held.until) == (State.DONE, day(0))
    assert "“stranger”不能改回" in undone.refusal and "不能由同一个账号担任" in undone.refusal


def test_a_day_taken_back_says_so_in_the_history(accounts, grant):  # noqa: F811
    held = grant(Role.COUNTY_CLERK)
    done = accounts.confirm(sent(accounts, clerk(有效期至=day(9).isoformat())))
    assert accounts.undo(done).state == State.UNDONE
    held.refresh_from_db()
    assert held.until is None
    assert ChangeRecord.objects.of(held).order_by("-version").first().via == "undo"


@pytest.mark.parametrize(
    "given",
    [{"姓名": "新名字"}, {"有效期至": day(9).isoformat()}, {"机构": "620422100200", "角色": "村（社区）专职委员"}],
    ids=["name", "until", "granted"],
)
def test_an_account_that_has_a_role_above_by_now_is_not_set_back_from_below(accounts, world, grant, given):  # noqa: F811
    held = grant(Role.COUNTY_CLERK)
    done = accounts.confirm(sent(accounts, clerk(**given)))
    Assignment.objects.create(user=world.stranger, role=Role.UPPER_VIEWER, organisation=world.city, since=day(0))

    def now():
        roles = world.stranger.assignments.order_by("pk").values_list("role", "until", "version")
        return list(User.objects.filter(pk=world.stranger.pk).values_list("display_name", "version")), list(roles)

    before = now()
    undone = accounts.undo(done)
    assert (undone.state, now()) == (State.DONE, before)
    assert "上级的系统管理员" in undone.refusal
    assert held.pk in world.stranger.assignments.values_list("pk", flat=True)


def test_nobody_takes_back_what_another_imported_for_their_own_account(world, grant):
    other = User.objects.create_user("other.admin", display_name="另一位")
    held = grant(Role.ADMINISTRATOR, account=other)
    changed = [("until", held.pk, held.version, {"until": [day(9).isoformat(), None]})]
    with pytest.raises(RosterRefused, match="不能修改自己账号"):
        undo_accounts(created=[], changed=changed, by=other)
    held.refresh_from_db()
    assert held.until is None


def test_a_worker_who_has_another_account_by_now_is_not_taken_from_it(world, grant):
    grant(Role.COUNTY_CLERK)
    worker = Worker.objects.create(name="王芳", identity="disabled")
    User.objects.filter(pk=world.member.pk).update(worker=worker)
    changed = [("account", world.stranger.pk, world.stranger.version, {"worker_id": [worker.pk, None]})]
    with pytest.raises(RosterRefused, match="已经对应另一个账号"):
        undo_accounts(created=[], changed=changed, by=world.administrator)


# --- read in ------------------------------------------------------------------------------------------


def test_a_longer_role_that_is_not_allowed_any_more_is_refused_in_the_preview(accounts, grant):  # noqa: F811
    grant(Role.COUNTY_CLERK, until=-1)
    grant(Role.AUDITOR, since=0)
    checked = sent(accounts, clerk(有效期至=day(90).isoformat()))
    assert (checked.wrong_count, checked.changed_count) == (1, 0)
    assert "不能由同一个账号担任" in accounts.errors(checked)[0]


def test_a_day_before_the_role_begins_is_refused_at_its_own_cell(accounts, grant):  # noqa: F811
    grant(Role.COUNTY_CLERK, since=10)
    checked = sent(accounts, clerk(有效期至=day(5).isoformat()))
    assert checked.wrong_count == 1
    assert "有效期至" in accounts.errors(checked)[0] and "早于起始日期" in accounts.errors(checked)[0]


def test_an_ended_role_without_a_new_day_is_not_called_unchanged(accounts, grant):  # noqa: F811
    grant(Role.COUNTY_CLERK, until=-1)
    checked = sent(accounts, clerk())
    assert (checked.wrong_count, checked.unchanged_count) == (1, 0)
    error = accounts.errors(checked)[0]
    assert "有效期至" in error and f"已于 {cn_date(day(-1))}结束" in error and "请填写新的有效期" in error


def test_an_ended_role_goes_on_with_a_new_day_and_one_that_ends_today_is_unchanged(accounts, grant):  # noqa: F811
    held = grant(Role.COUNTY_CLERK, until=0)
    assert sent(accounts, clerk()).unchanged_count == 1
    Assignment.objects.filter(pk=held.pk).update(until=day(-1))
    assert accounts.confirm(sent(accounts, clerk(有效期至=day(90).isoformat()))).state == State.DONE
    held.refresh_from_db()
    assert held.until == day(90)
