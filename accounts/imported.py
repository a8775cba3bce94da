"""Taking back what an import of accounts did."""

import datetime

from django.core.exceptions import PermissionDenied, ValidationError

from accounts import services
from accounts.models import Assignment, User
from federation.shared import audit
from federation.shared.history import VersionConflict
from federation.shared.rosters.resource import RosterRefused

USED = "有 {count} 个由这次导入新建的账号已经登录过或者被修改过，不能整体撤销。不再用的请逐个停用。"
TOUCHED = "有的账号或角色在导入之后又被修改或删除，不能整体撤销。请逐个处理。"
BEYOND = "有的账号在导入之后有了别处或上级的角色，已不在您管理的范围内，不能整体撤销。请由上级的系统管理员办理。"
NOT_BACK = "账号“{account}”不能改回导入以前的样子，不能整体撤销：{reason}其余要改的请逐个处理。"


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
        except (VersionConflict, Assignment.DoesNotExist) as error:
            raise RosterRefused(TOUCHED) from error
        except User.DoesNotExist as error:
            raise RosterRefused(BEYOND) from error
        except PermissionDenied as refusal:
            # Somebody else's import changed the account of whoever takes it back.
            raise RosterRefused(str(refusal)) from refusal
    return len(accounts) + len(changed)


def _set_back(what: str, pk: int, version: int, pairs: dict, by):
    holder = pk if what == "account" else Assignment.objects.values_list("user", flat=True).get(pk=pk)
    # Locked before it is asked for: a role above that is being given just now is then seen.
    services.lock_rights_of(holder)
    account = User.objects.visible_to(by, "accounts.manage").get(pk=holder)
    try:
        if what == "account":
            for name, (old, _new) in pairs.items():
                setattr(account, name, old)
            services.change_account(account=account, by=by, via="undo", expected_version=version)
        elif what == "granted":
            _take_role_back(pk, version, account, by)
        else:
            assignment = Assignment.objects.select_related("organisation").get(pk=pk)
            old = pairs["until"][0]
            assignment.until = datetime.date.fromisoformat(old) if old else None
            services.change_role_dates(assignment=assignment, expected_version=version, by=by, via="undo")
    except ValidationError as refusal:
        reason = "".join(refusal.messages)
        raise RosterRefused(NOT_BACK.format(account=account.username, reason=reason)) from refusal


def _take_role_back(pk: int, version: int, account: User, by):
    services.refuse_own_account(account, by)
    assignment = Assignment.objects.select_for_update(of=("self",)).get(pk=pk)
    if assignment.version != version:
        raise RosterRefused(TOUCHED)
    audit.record(
        "accounts.role.taken_back", actor=by, target=assignment,
        before={"user": assignment.user_id, "role": assignment.role, "organisation": assignment.organisation_id},
    )  # fmt: skip
    assignment.delete()
