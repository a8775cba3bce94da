"""Refused attempts of one network address: after so many it waits, whatever accounts or keys it tried.

Beside the lock-out of an account at an address (axes), which somebody who tries each account once never meets.
"""

from django.core.cache import cache

from federation.shared.audit import client_address

ALLOWED = 20
WINDOW = 15 * 60


def _name(kind: str, request) -> str:
    return f"refused:{kind}:{client_address(request)}"


def is_waiting(kind: str, request) -> bool:
    return cache.get(_name(kind, request), 0) >= ALLOWED


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
