"""Verbs of account administration. Rights are given only inside the giver's own scope, and never to oneself."""

import contextlib
import re
import secrets

from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.models import Session
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.models import ApiKey, Assignment, User
from federation.roles import EXCLUSIVE_ROLES, ROLE_PLACES, Role
from federation.shared import audit
from federation.shared.history import create_versioned, save_versioned
from orgs.models import Organisation, Tenure, Worker

# Without characters that look alike on paper (0 O, 1 l I).
_ALPHABET = "abcdefghijkmnpqrstuvwxyz23456789"

USERNAME = re.compile(r"[a-z][a-z0-9._-]{2,29}")
USERNAME_RULE = "账号应为 3 到 30 个小写字母、数字或 . _ -，并以字母开头。"

OWN_RIGHTS = "不能修改自己账号的权限和状态，请由另一位系统管理员办理。"


NAME_TAKEN = "这个账号名已经有人使用，请换一个。"
WORKER_TAKEN = "这位工作人员已经对应另一个账号。请先在那个账号里取消对应。"
WORKER_ELSEWHERE = "这位工作人员不在这个账号的机构任职，不能对应。请核对。"
KEY_NAME_TAKEN = "这个机构已有同名的密钥，请换一个名称。"


@contextlib.contextmanager
def taken_meanwhile(refusal: dict[str, str]):
    """The form found the name free; where the database then refuses it, somebody was quicker by a moment."""
    try:
        with transaction.atomic():
            yield
    except IntegrityError as error:
        raise ValidationError(refusal) from error


def new_password() -> str:
    """A first password to read out over the telephone: four groups of four, 80 random bits."""
    return "-".join("".join(secrets.choice(_ALPHABET) for _ in range(4)) for _ in range(4))


def refuse_own_account(account, by):
    if account.pk is not None and account.pk == by.pk:
        raise PermissionDenied(OWN_RIGHTS)


def check_assignment(assignment: Assignment, *, by):
    """Raises ValidationError, by field, where the role does not belong at the organisation or with the others.

    `by` is None for whoever has the machine itself: the command that makes the first administrator.
    """
    organisation = assignment.organisation
    if (
        by is not None
        and not Organisation.objects.visible_to(by, "accounts.manage").filter(pk=organisation.pk).exists()
    ):
        raise ValidationError({"organisation": "这个机构不在您管理的范围内，请选择本单位或下级机构。"})
    role = Role(assignment.role)
    if (organisation.body_kind, organisation.level) not in ROLE_PLACES[role]:
        raise ValidationError({"role": f"“{role.label}”不能设在{organisation.name}，请核对角色和机构的级别。"})
    if assignment.until is not None and assignment.until < assignment.since:
        raise ValidationError({"until": "截止日期早于起始日期，请核对。"})
    if assignment.user_id is None:
        return
    others = Assignment.objects.filter(user=assignment.user_id).exclude(pk=assignment.pk)
    if others.filter(role=role, organisation=organisation).exists():
        raise ValidationError("这个账号在该机构已有同样的角色。要改起止日期，请修改原来的那一条。")
    for other in others.at_the_same_time_as(assignment):
        if other.role != role and (role in EXCLUSIVE_ROLES or other.role in EXCLUSIVE_ROLES):
            raise ValidationError(
                {"role": f"“{role.label}”与已有的“{Role(other.role).label}”不能由同一个账号担任，请另建账号。"}
            )


def create_account(*, account: User, assignment: Assignment, by) -> str:
    """Save a new account with its first role; gives the first password, shown once.

    Raises ValidationError where somebody else took the name at the same moment, and as `check_assignment` does.
    """
    password = new_password()
    account.set_password(password)
    record_account(account=account, assignment=assignment, by=by)
    return password


def record_account(*, account: User, assignment: Assignment, by, via: str = "form"):
    """Save a new account with its first role. One without a password gets it by first_passwords.

    Raises as `create_account` does.
    """
    check_assignment(assignment, by=by)
    if not account.password:
        account.set_unusable_password()
    account.must_change_password = True
    with transaction.atomic():
        with taken_meanwhile({"username": NAME_TAKEN}):
            create_versioned(account, by=by, via=via, action="accounts.account.created")
        assignment.user = account
        create_versioned(assignment, by=by, via=via, action="accounts.role.granted")


def change_account(*, account: User, by, via: str = "form", expected_version: int | None = None):
    """Save name, phone and worker of an account; None where nothing changed.

    Raises VersionConflict, and ValidationError where the worker has another account.
    """
    refuse_own_account(account, by)
    with transaction.atomic(), taken_meanwhile({"worker": WORKER_TAKEN}):
        return save_versioned(
            account, by=by, via=via, expected_version=expected_version, action="accounts.account.changed"
        )


def grant_role(*, assignment: Assignment, by) -> Assignment:
    """Raises ValidationError as `check_assignment` does: it is asked again, now that nobody else can grant as well."""
    refuse_own_account(assignment.user, by)
    with transaction.atomic():
        lock_rights_of(assignment.user_id)
        check_assignment(assignment, by=by)
        return create_versioned(assignment, by=by, action="accounts.role.granted")


def change_role_dates(*, assignment: Assignment, expected_version: int, by, via: str = "form") -> Assignment:
    """Save the dates set in `assignment`. Raises as `check_assignment` and `save_versioned` do."""
    refuse_own_account(assignment.user, by)
    with transaction.atomic():
        lock_rights_of(assignment.user_id)
        check_assignment(assignment, by=by)
        save_versioned(assignment, by=by, via=via, expected_version=expected_version, action="accounts.role.changed")
    return assignment


def lock_rights_of(account: int):
    """Two who grant to one account do so one after the other, so that the second sees what the first gave."""
    User.objects.select_for_update(no_key=True, of=("self",)).get(pk=account)


def link_worker(*, account: User, worker: Worker | None, by, expected_version: int):
    """Say which worker logs in with an account, or (None) that nobody does. Raises ValidationError, VersionConflict."""
    refuse_own_account(account, by)
    with transaction.atomic():
        check_worker(account, worker)
        account.worker = worker
        with taken_meanwhile({"worker": WORKER_TAKEN}):
            save_versioned(account, by=by, expected_version=expected_version, action="accounts.account.linked")


def check_worker(account: User, worker: Worker | None):
    """Raises ValidationError where the worker has another account, or is in post nowhere the account has a role."""
    if worker is None:
        return
    if User.objects.filter(worker=worker).exclude(pk=account.pk).exists():
        raise ValidationError({"worker": WORKER_TAKEN})
    if not workers_for(account).filter(pk=worker.pk).exists():
        raise ValidationError({"worker": WORKER_ELSEWHERE})


def workers_for(account: User):
    """Who is in post at one of the bodies where the account has a role now."""
    bodies = Assignment.objects.in_force().filter(user=account).values("organisation")
    in_post = Tenure.objects.in_post_on(timezone.localdate()).filter(organisation__in=bodies)
    return Worker.objects.filter(pk__in=in_post.values("worker"))


def reset_password(*, account: User, by) -> str:
    """A new password, shown once; it must be changed at the next login, and every session of the account ends."""
    refuse_own_account(account, by)
    password = new_password()
    with transaction.atomic():
        account = User.objects.visible_to(by).select_for_update(of=("self",)).get(pk=account.pk)
        account.set_password(password)
        account.must_change_password = True
        account.version += 1
        account.save(update_fields=["password", "must_change_password", "version"])
        audit.record("accounts.password_reset", actor=by, target=account)
    return password


def set_active(*, account: User, active: bool, by):
    """Disable or enable; a disabled account is out at its next request. Does nothing where it is so already.

    Its sessions end with it: enabling the account again must not bring back a login that somebody else had.
    """
    refuse_own_account(account, by)
    with transaction.atomic():
        account = User.objects.visible_to(by).select_for_update(of=("self",)).get(pk=account.pk)
        if account.is_active == active:
            return
        account.is_active = active
        account.version += 1
        account.save(update_fields=["is_active", "version"])
        if not active:
            end_sessions(account)
        action = "accounts.account.enabled" if active else "accounts.account.disabled"
        audit.record(action, actor=by, target=account, before={"is_active": not active}, after={"is_active": active})


def end_sessions(account: User):
    """Log the account out wherever it is logged in."""
    running = Session.objects.filter(expire_date__gt=timezone.now())
    number = str(account.pk)
    keys = [each.session_key for each in running.iterator() if each.get_decoded().get(SESSION_KEY) == number]
    Session.objects.filter(session_key__in=keys).delete()


def issue_key(*, name, organisation, resources, expires_on, by) -> tuple[ApiKey, str]:
    """A key and its secret, which is shown this once and never again."""
    with transaction.atomic():
        with taken_meanwhile({"name": KEY_NAME_TAKEN}):
            key, secret = ApiKey.issue(name=name, organisation=organisation, resources=resources, expires_on=expires_on)
        audit.record(
            "accounts.key.issued",
            actor=by,
            target=key,
            after={"name": name, "resources": resources, "expires_on": expires_on},
        )
    return key, secret


def disable_key(*, key: ApiKey, by):
    with transaction.atomic():
        key = ApiKey.objects.visible_to(by).select_for_update().get(pk=key.pk)
        if not key.is_active:
            return
        key.is_active = False
        key.version += 1
        key.save(update_fields=["is_active", "version"])
        audit.record("accounts.key.disabled", actor=by, target=key)
