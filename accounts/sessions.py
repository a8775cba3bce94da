"""How long a login lasts: 30 minutes without a request, 8 hours in all; and the first login's new password.

Django's own idle timer writes the session at every request; the mark here is written at most once a minute,
so that reading pages does not turn into writing to the database. A browser whose login has ended keeps the number
of the account in a session without rights, so that a form sent too late can wait for its author to log in again.
"""

import time

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.views import redirect_to_login
from django.shortcuts import redirect

from federation.shared import kept_input
from federation.shared.offline import blank_forms
from federation.shared.permissions import MACHINE, PUBLIC, permission_of

STARTED = "login_started"
SEEN = "login_seen"
ENDED = "login_ended_of"
MARK_EVERY = 60

# What an account that must first change its password can still open.
OPEN_BEFORE_PASSWORD_CHANGE = frozenset({"password_change", "password_change_done", "login", "logout", "session"})
# What pages ask by themselves, without anybody at work: it must not make the login longer.
ASKED_BY_ITSELF = frozenset({"session", "service-worker", "no-network", "outbox-state", "outbox"})

EXPIRED = "您已有一段时间没有操作，为保护资料已自动退出。请重新登录。"
KEPT = "登录已到时间，刚才填写的内容还没有保存，已替您留好。请重新登录，会回到原来的页面并自动填好。"


def is_asked_by_itself(name: str) -> bool:
    """Whether scripts and the service worker ask for the page of this URL name."""
    return name in ASKED_BY_ITSELF or any(name == form.blank for form in blank_forms())


def begin_session(request):
    """Mark the login's beginning; called once, right after logging in."""
    now = int(time.time())
    request.session[STARTED] = now
    request.session[SEEN] = now
    if request.session.pop(ENDED, request.user.pk) != request.user.pk:
        kept_input.forget(request, "")


def mark_seen(request):
    """The account is at work: the idle time begins anew."""
    request.session[SEEN] = int(time.time())


def seconds_left(session) -> int:
    """Until the login ends if nothing more is asked; not above 0 where it has ended."""
    now = int(time.time())
    idle_end = session[SEEN] + settings.FEDERATION_IDLE_SECONDS
    return min(idle_end, session[STARTED] + settings.FEDERATION_LOGIN_SECONDS) - now


class SessionLimitMiddleware:
    """Ends a login that has idled or lasted too long. Placed after the authentication and message middleware."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        return self.get_response(request)

    def process_view(self, request, view, args, kwargs):
        name = request.resolver_match.view_name
        if request.user.is_authenticated:
            self._end_or_go_on(request, name)
        if not request.user.is_authenticated:
            return self._after_the_end(request, view)
        request.login_ends_in = seconds_left(request.session)
        if request.user.must_change_password and name not in OPEN_BEFORE_PASSWORD_CHANGE:
            return redirect("password_change")
        return None

    def _end_or_go_on(self, request, name):
        session = request.session
        if STARTED not in session or SEEN not in session:
            # A session made elsewhere (a test, a command) begins to count now.
            begin_session(request)
        elif seconds_left(session) < 0:
            account = request.user.pk
            logout(request)
            request.session[ENDED] = account
        elif not is_asked_by_itself(name) and time.time() - session[SEEN] >= MARK_EVERY:
            mark_seen(request)

    def _after_the_end(self, request, view):
        if ENDED not in request.session or permission_of(view) in (PUBLIC, MACHINE):
            return None
        if request.method in ("GET", "HEAD"):
            if not is_asked_by_itself(request.resolver_match.view_name):
                messages.info(request, EXPIRED)
            return redirect_to_login(request.get_full_path())
        can_return = getattr(getattr(view, "view_class", None), "restores_input", False)
        if can_return and kept_input.keep(request, request.session[ENDED]):
            messages.warning(request, KEPT)
            return redirect_to_login(request.get_full_path())
        messages.info(request, EXPIRED)
        return redirect_to_login("/")
