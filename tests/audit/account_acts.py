"""Acts about imported accounts: first passwords, taking them back, whose account it is."""

from accounts import services
from accounts.first_passwords import hand_out
from accounts.imported import undo_accounts
from accounts.models import Assignment, User
from tests.audit.stage import DAY


def imported(s) -> User:
    account = User(username="new.account", display_name="新账号")
    assignment = Assignment(role="village_member", organisation=s.world.village, since=DAY)
    services.record_account(account=account, assignment=assignment, by=s.world.administrator, via="import")
    s.begins()
    return account


def handed_out(s):
    imported(s)
    hand_out(by=s.world.administrator, area=s.world.village)


def taken_back(s):
    account = imported(s)
    undo_accounts(created=[account.pk], changed=[], by=s.world.administrator)


def role_taken_back(s):
    assignment = Assignment(user=s.world.member, role="village_member", organisation=s.world.village_second, since=DAY)
    granted = services.grant_role(assignment=assignment, by=s.world.administrator)
    s.begins()
    changed = [("granted", granted.pk, granted.version, {})]
    undo_accounts(created=[], changed=changed, by=s.world.administrator)


def linked(s):
    s.begins()
    account = User.objects.get(pk=s.world.member.pk)
    services.link_worker(account=account, worker=s.worker, by=s.world.administrator, expected_version=1)


ACCOUNT_ACTS = {
    "accounts.first_password.given": handed_out,
    "accounts.account.removed": taken_back,
    "accounts.role.taken_back": role_taken_back,
    "accounts.account.linked": linked,
}
