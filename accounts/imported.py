"""Taking back what an import of accounts did."""

import datetime

from accounts.models import Assignment, User
from accounts.services import refuse_own_account
from federation.shared import audit
from federation.shared.history import VersionConflict, save_versioned
from federation.shared.rosters.resource import RosterRefused

USED = "有 {count} 个由这次导入新建的账号已经登录过或者被修改过，不能整体撤销。不再用的请逐个停用。"
TOUCHED = "有的账号或角色在导入之后又被修改或删除，不能整体撤销。请逐个处理。"


def undo_accounts(*, created: list[int], changed: list[tuple], by) -> int:
    """Delete the accounts nobody ever used, and set back what was changed. Raises RosterRefused; all or nothing."""
    accounts = list(User.objects.filter(pk__in=created).order_by("pk").select_for_update(of=("self",)))
    assignments = Assignment.objects.filter(user__in=accounts)
    used = [each for each in accounts if each.last_login is not None or each.version != 1]
    if len(accounts) != len(created) or used:
        raise RosterRefused(USED.format(count=len(used)) if used else TOUCHED)
    if assignments.exclude(version=1).exists() or assignments.count() != len(accounts):
        raise RosterRefused(TOUCHED)
    for account in accounts:
        audit.record("accounts.account.removed", actor=by, target=account, before={"username": account.username})
    # Their roles go along.
    User.objects.filter(pk__in=created).delete()
    for what, pk, version, pairs in reversed(changed):
        try:
            _set_back(what, pk, version, pairs, by)
        except (VersionConflict, User.DoesNotExist, Assignment.DoesNotExist) as error:
            raise RosterRefused(TOUCHED) from error
    return len(accounts) + len(changed)


def _set_back(what: str, pk: int, version: int, pairs: dict, by):
    if what == "account":
        account = User.objects.get(pk=pk)
        refuse_own_account(account, by)
        for name, (old, _new) in pairs.items():
            setattr(account, name, old)
        save_versioned(account, by=by, expected_version=version, via="undo", action="accounts.account.changed")
        return
    assignment = Assignment.objects.select_for_update(of=("self",)).get(pk=pk)
    refuse_own_account(assignment.user, by)
    if what == "granted":
        if assignment.version != version:
            raise RosterRefused(TOUCHED)
        audit.record(
            "accounts.role.taken_back", actor=by, target=assignment,
            before={"user": assignment.user_id, "role": assignment.role, "organisation": assignment.organisation_id},
        )  # fmt: skip
        assignment.delete()
        return
    old = pairs["until"][0]
    assignment.until = datetime.date.fromisoformat(old) if old else None
    save_versioned(assignment, by=by, expected_version=version, via="undo", action="accounts.role.changed")
