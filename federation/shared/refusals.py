"""Refused calls in the audit log: who knocked at which door. Asked only after an answer 403; allowed calls pay nothing.

An entry says the URL's name and the method, never the address itself: addresses carry what people searched for.
It is written when the answer stands, in a transaction of its own, so that the roll-back of the refused act does not
take it along.
"""

import datetime

from django.db import transaction
from django.utils import timezone

from federation.shared import audit
from federation.shared.models.audit import AuditEntry

ACTION = "access.refused"
MINUTE = datetime.timedelta(minutes=1)
# So many entries a minute: of one caller at one door, and of one caller in all. The last of them says that it is.
PER_DOOR = 3
PER_CALLER = 30


def is_recorded(request):
    """The refusal that is about to be raised has an entry of its own already."""
    request.refusal_is_recorded = True


def record_refusal(request):
    """Record that `request` was answered 403. Callers nobody knows are not recorded: they are sent to log in."""
    caller = getattr(request, "user", None)
    if caller is None or not caller.is_authenticated or getattr(request, "refusal_is_recorded", False):
        return
    match = request.resolver_match
    door = {"page": (match.view_name if match else "") or "", "method": request.method or ""}
    with transaction.atomic():
        # The caller's chain is taken first, so that two refusals at once are counted one after the other.
        audit.lock_chain(audit.chain_of(*audit.actor_of(caller)))
        pages = _pages_of_last_minute(caller)
        same = pages.count(door["page"])
        if same >= PER_DOOR or len(pages) >= PER_CALLER:
            return
        if same == PER_DOOR - 1 or len(pages) == PER_CALLER - 1:
            door["further"] = "not recorded within this minute"
        audit.record(ACTION, actor=caller, details=door)


def _pages_of_last_minute(caller) -> list[str]:
    kind, number = audit.actor_of(caller)
    since = timezone.now() - MINUTE
    entries = AuditEntry.objects.filter(actor_kind=kind, actor_id=number, at__gt=since, action=ACTION)
    return [details.get("page", "") for details in entries.values_list("details", flat=True)]
