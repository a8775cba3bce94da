"""What was typed into a form that was sent after the login had ended, until its author has logged in again.

It waits sealed in the browser's own session, bound to account and address: another login of the same browser
does not open it. Files and passwords are not kept. Nor are addresses, which may carry a number that was searched for:
their keyed hashes are.
"""

import base64
import json
import time

from django.http import QueryDict

from federation.shared.models.audit import keyed
from federation.shared.sealed import SealBroken
from federation.shared.sealed_blobs import seal_bytes, unseal_bytes

KEPT = "kept_input"
KEEP_SECONDS = 24 * 3600
LARGEST = 200_000  # bytes of one form
MOST = 5  # forms: as many windows as somebody may have had open
# `?kept=no` in the address of a form: its author does not want it back.
UNWANTED = ("kept", "no")


def _bound_to(account: int, address: str) -> bytes:
    return f"kept-input|{account}|{address}".encode()


def _name_of(address: str) -> str:
    return keyed(f"kept-input|{address}")[:32]


def keep(request, account: int) -> bool:
    """Keep the form that `request` sends for `account`; False where there is nothing to keep or too much."""
    fields = {name: values for name, values in request.POST.lists() if not _is_secret(name)}
    plain = json.dumps(fields).encode()
    if not fields or len(plain) > LARGEST:
        return False
    address = request.get_full_path()
    token = base64.b64encode(seal_bytes(plain, _bound_to(account, address))).decode()
    waiting = {"at": int(time.time()), "token": token, "path": _name_of(request.path)}
    kept = request.session.get(KEPT, {}) | {_name_of(address): waiting}
    newest = sorted(kept, key=lambda each: kept[each]["at"])[-MOST:]
    request.session[KEPT] = {each: kept[each] for each in newest}
    return True


def _is_secret(name: str) -> bool:
    return name == "csrfmiddlewaretoken" or "password" in name


def forget(request, address: str | None = None):
    """Drop what is kept for the path of the request, or all of it where `address` is ""."""
    kept = request.session.get(KEPT)
    if kept is None:
        return
    path = _name_of(request.path)
    rest = {each: value for each, value in kept.items() if address != "" and value["path"] != path}
    if rest:
        request.session[KEPT] = rest
    else:
        del request.session[KEPT]


def restored(request) -> QueryDict | None:
    """What was kept for this page and this account. Sending the page's form, or `?kept=no`, drops it."""
    kept = request.session.get(KEPT, {}).get(_name_of(request.get_full_path()))
    name, value = UNWANTED
    if request.method != "GET" or request.GET.get(name) == value:
        forget(request)
        return None
    if kept is None or time.time() - kept["at"] > KEEP_SECONDS:
        return None
    try:
        bound_to = _bound_to(request.user.pk, request.get_full_path())
        fields = json.loads(unseal_bytes(base64.b64decode(kept["token"]), bound_to))
    except SealBroken:
        # Somebody else's, or of a key that is gone: it opens for nobody.
        forget(request)
        return None
    data = QueryDict(mutable=True)
    for field, values in fields.items():
        data.setlist(field, values)
    return data
