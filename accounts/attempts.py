"""Refused attempts of one network address: after so many it waits, whatever accounts or keys it tried.

Beside the lock-out of an account at an address (axes), which somebody who tries each account once never meets.
"""

import unicodedata

from django.contrib.auth import get_user_model
from django.core.cache import cache

from federation.shared.audit import client_address
from federation.shared.audit_signals import digest_of_name

ALLOWED = 20
WINDOW = 15 * 60


def name_to_count(request, credentials=None) -> str:
    """The name under which a refused login counts: that of the account, or the digest of a name that nobody has.

    People type passwords and numbers of all kinds into that box; the tables of attempts are no place for them.
    """
    typed = (credentials or request.POST).get("username") or ""
    # As the form of the login reads it.
    name = unicodedata.normalize("NFKC", typed)
    return name if get_user_model().objects.filter(username=name).exists() else digest_of_name(name)


def _name(kind: str, request) -> str:
    return f"refused:{kind}:{client_address(request)}"


def is_waiting(kind: str, request, allowed: int = ALLOWED) -> bool:
    return cache.get(_name(kind, request), 0) >= allowed


def forget(kind: str, request):
    cache.delete(_name(kind, request))


def count_refusal(kind: str, request):
    """One more; the window ends so long after the last."""
    name = _name(kind, request)
    cache.add(name, 0, WINDOW)
    try:
        cache.incr(name)
        # Counting up in the database gives the entry the cache's own, shorter time.
        cache.touch(name, WINDOW)
    except ValueError:
        # The window ended between the two calls: this one begins the next.
        cache.set(name, 1, WINDOW)
