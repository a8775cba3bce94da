"""Log-ins in the audit log. The one place that listens to signals: these events belong to Django and axes."""

from axes.signals import user_locked_out
from django.contrib.auth import get_user_model
from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed

from federation.shared import audit
from federation.shared.jobs import gate


def connect():
    user_logged_in.connect(logged_in, dispatch_uid="audit_logged_in")
    user_logged_out.connect(logged_out, dispatch_uid="audit_logged_out")
    user_login_failed.connect(login_failed, dispatch_uid="audit_login_failed")
    user_locked_out.connect(locked_out, dispatch_uid="audit_locked_out")


def begin_log(sender, using, **kwargs):
    """After migrate: the chains of a log that has not begun, and jobs allowed in a database that is new."""
    audit.create_heads(using)
    gate.open_at_first(using)


def logged_in(sender, request, user, **kwargs):
    audit.record("accounts.login.succeeded", actor=user, target=user)


def logged_out(sender, request, user, **kwargs):
    if user is not None:
        audit.record("accounts.logout", actor=user, target=user)


def login_failed(sender, credentials, request=None, **kwargs):
    _record_attempt("accounts.login.failed", credentials.get(get_user_model().USERNAME_FIELD, ""))


def locked_out(sender, username, **kwargs):
    # Of a name nobody has, its digest already comes (see accounts.attempts).
    _record_attempt("accounts.login.locked_out", username or "", is_digest=True)


def digest_of_name(username: str) -> str:
    return audit.keyed(f"value|username|{username}")[:32]


def _record_attempt(action: str, username: str, *, is_digest: bool = False):
    """The account that was tried; a name nobody has is hashed, since people type passwords into that box."""
    account = get_user_model()._default_manager.filter(username=username).first()
    typed = {} if account else {"username": {"hashed": username if is_digest else digest_of_name(username)}}
    audit.record(action, actor=None, target=account, details=typed)
