"""How long a login lasts: 30 minutes without a request, 8 hours in all; and the first login's new password.

Django's own idle timer writes the session at every request; the mark here is written at most once a minute,
so that reading pages does not turn into writing to the database.
"""

import time

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.views import redirect_to_login
from django.shortcuts import redirect

STARTED = "login_started"
SEEN = "login_seen"
MARK_EVERY = 60

# What an account that must first change its password can still open.
OPEN_BEFORE_PASSWORD_CHANGE = frozenset({"password_change", "password_change_done", "login", "logout"})

EXPIRED = "您已有一段时间没有操作，为保护资料已自动退出。请重新登录。"


def begin_session(request):
    """Mark the login's beginning; called once, right after logging in."""
    now = int(time.time())
    request.session[STARTED] = now
    request.session[SEEN] = now


class SessionLimitMiddleware:
    """Ends a login that has idled or lasted too long. Placed after the authentication and message middleware."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        return self.get_response(request)

    def process_view(self, request, view, args, kwargs):
        if not request.user.is_authenticated:
            return None
        if self._is_over(request):
            logout(request)
            messages.info(request, EXPIRED)
            return redirect_to_login(request.get_full_path() if request.method == "GET" else "/")
        name = request.resolver_match.view_name
        if request.user.must_change_password and name not in OPEN_BEFORE_PASSWORD_CHANGE:
            return redirect("password_change")
        return None

    def _is_over(self, request) -> bool:
        now = int(time.time())
        session = request.session
        started = session.get(STARTED)
        seen = session.get(SEEN)
        if started is None or seen is None:
            # A session made elsewhere (a test, a command) begins to count now.
            begin_session(request)
            return False
        if now - started > settings.SESSION_COOKIE_AGE or now - seen > settings.FEDERATION_IDLE_SECONDS:
            return True
        if now - seen >= MARK_EVERY:
            session[SEEN] = now
        return False
