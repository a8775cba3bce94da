"""The audit log's one door: `record`, in the transaction of what it records.

Roll the transaction back and the entry is gone with it; fail to write the entry and the act is refused.
The entry keeps identifiers and field names. Values that could identify a person are kept as a keyed hash,
so that two entries can be compared but erasing a person never has to touch the log.
"""

import contextvars
import datetime
import decimal
import hashlib
import ipaddress
import uuid
from dataclasses import dataclass

import structlog
from django.conf import settings
from django.contrib.auth import get_user_model
from django.db import models, transaction
from django.utils import timezone

from federation.shared.models.audit import CHAINS, AuditEntry, AuditHead, keyed
from federation.shared.numbers import mask_numbers
from federation.shared.sealed import BlindIndexField, SealedField, SealedRow, SealedText

SYSTEM = "system"
USER = "user"
ANONYMOUS = "anonymous"
TEXT_LIMIT = 500

# Hashed wherever they occur; a model adds its own in `audit_sensitive`. In a row with sealed numbers (a
# person's) every text and date is hashed unless the model lists it in `audit_plain`.
SENSITIVE_FIELDS = frozenset(
    {"password", "secret", "secret_hash", "token", "phone", "mobile", "address", "id_number", "certificate_number"}
    | {"account_number", "bank_account", "display_name", "first_name", "last_name", "email", "person_name"}
)


class AuditUnavailable(Exception):
    """The entry cannot be written, so what it would record must not happen."""


@dataclass(frozen=True)
class RequestContext:
    """From where a request came."""

    ip: str = ""
    user_agent: str = ""
    request_id: str = ""


_NOWHERE = RequestContext()
_context: contextvars.ContextVar[RequestContext] = contextvars.ContextVar("audit_context", default=_NOWHERE)


class RequestContextMiddleware:
    """Keeps address, browser and request number for `record`; placed after django_structlog's middleware."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        mark = _context.set(request_context(request))
        try:
            return self.get_response(request)
        finally:
            _context.reset(mark)


def request_context(request) -> RequestContext:
    number = structlog.contextvars.get_contextvars().get("request_id") or uuid.uuid4().hex
    return RequestContext(
        ip=client_address(request),
        user_agent=_clean(request.META.get("HTTP_USER_AGENT", ""))[:200],
        request_id=_clean(str(number))[:64],
    )


def client_address(request) -> str:
    """The caller's address: that of the connection, or the one named by the outermost proxy we trust.

    X-Forwarded-For counts only behind AXES_IPWARE_PROXY_COUNT proxies; otherwise anybody could write it.
    """
    proxies = settings.AXES_IPWARE_PROXY_COUNT or 0
    forwarded = [part.strip() for part in request.META.get("HTTP_X_FORWARDED_FOR", "").split(",") if part.strip()]
    address = forwarded[-proxies] if proxies and len(forwarded) >= proxies else request.META.get("REMOTE_ADDR", "")
    try:
        return str(ipaddress.ip_address(address))
    except ValueError:
        return ""


def record(
    action: str,
    *,
    actor,
    target: models.Model | None = None,
    organisation=None,
    before: dict | None = None,
    after: dict | None = None,
    reason: str = "",
    details: dict | None = None,
) -> AuditEntry:
    """Append one entry. `actor` is a user, a machine key or None for the system itself.

    Call it late in a long transaction: it locks the actor's chain until the commit, and the actor's other
    requests wait for it.
    """
    kind, number = actor_of(actor)
    content = {
        "at": timezone.now(),
        "action": action,
        "actor_kind": kind,
        "actor_id": number,
        "organisation_id": _organisation_id(organisation, target, actor),
        "target_label": target._meta.label_lower if target is not None else "",
        "target_id": str(target.pk) if target is not None and target.pk is not None else "",
        "before": safe_values(before, target),
        "after": safe_values(after, target),
        "reason": mask_numbers(_clean(reason))[:TEXT_LIMIT],
        "details": {str(key): _plain(value) for key, value in (details or {}).items()},
    }
    context = _context.get()
    content |= {"ip": context.ip, "user_agent": context.user_agent, "request_id": context.request_id}
    # No savepoint: where the entry fails, the caller's whole transaction is to fail.
    with transaction.atomic(savepoint=False):
        return _append(chain_of(kind, number), content)


def _append(chain: int, content: dict) -> AuditEntry:
    head = lock_chain(chain)
    entry = AuditEntry(chain=chain, number=head.count + 1, **content)
    entry.entry_hash = entry.hash_after(head.last_hash)
    entry.seal = keyed(entry.entry_hash)
    entry.save(force_insert=True)
    head.count, head.last_hash = entry.number, entry.entry_hash
    head.seal = head.expected_seal()
    head.save(update_fields=["count", "last_hash", "seal"])
    return entry


def lock_chain(chain: int) -> AuditHead:
    """The chain's head, locked until the end of the transaction."""
    head = AuditHead.objects.select_for_update().filter(chain=chain).first()
    if head is None:
        raise AuditUnavailable("审计日志缺少链头，无法登记这次操作，操作没有执行。请管理员运行 verify_audit 检查。")
    return head


def create_heads(using: str = "default"):
    """The 16 heads of an empty log; does nothing to a log that has begun."""
    if AuditEntry.objects.using(using).exists() or AuditHead.objects.using(using).exists():
        return
    heads = [AuditHead(chain=chain) for chain in range(CHAINS)]
    for head in heads:
        head.seal = head.expected_seal()
    AuditHead.objects.using(using).bulk_create(heads)


def actor_of(actor) -> tuple[str, int | None]:
    """(kind, id) under which `actor` stands in the log."""
    if actor is None:
        return SYSTEM, None
    if isinstance(actor, get_user_model()):
        return USER, actor.pk
    if not actor.is_authenticated:
        return ANONYMOUS, None
    return actor._meta.label_lower, actor.pk


def chain_of(kind: str, number: int | None) -> int:
    return hashlib.sha256(f"{kind}:{number}".encode()).digest()[0] % CHAINS


def _organisation_id(organisation, target, actor) -> int | None:
    """The body an entry belongs to: named, else that of the row, else the actor's own."""
    if organisation is not None:
        return organisation.pk
    if isinstance(target, AuditEntry._meta.get_field("organisation").related_model):
        return target.pk
    for somebody in (target, actor):
        owner = getattr(somebody, "organisation_id", None)
        if owner is not None:
            return owner
        home = getattr(somebody, "home_organisation", None)
        if home is not None:
            return home.pk
    return None


def safe_values(values: dict | None, target=None) -> dict:
    """`values` fit for the log: sensitive ones hashed, the rest plain."""
    return {name: _safe_value(name, value, target) for name, value in (values or {}).items()}


def _safe_value(name: str, value, target):
    if value is None or value == "" or isinstance(value, bool):
        return value
    if isinstance(value, SealedText):
        return _hashed(name, _plain_text(value))
    if _is_sensitive(name, value, target):
        return _hashed(name, str(value))
    return _plain(value)


def _is_sensitive(name: str, value, target) -> bool:
    if name in SENSITIVE_FIELDS or name in getattr(target, "audit_sensitive", ()):
        return True
    if not isinstance(target, SealedRow) or name in getattr(target, "audit_plain", ()):
        return False
    field = next((field for field in target._meta.concrete_fields if name in (field.name, field.attname)), None)
    is_reference = isinstance(field, (models.ForeignKey, models.AutoField))
    return isinstance(field, (SealedField, BlindIndexField)) or not is_reference


def _hashed(name: str, value: str) -> dict:
    return {"hashed": keyed(f"value|{name}|{value}")[:32]}


def _plain_text(sealed: SealedText) -> str:
    # A value that no longer opens must not keep its row from being corrected.
    return sealed.open_plain() if sealed.is_readable() else "broken"


def _clean(text: str) -> str:
    """Without what a JSON column refuses: NUL and lone surrogates."""
    return str(text).replace("\x00", "").encode("utf-8", "replace").decode()


def _plain(value):
    """`value` in the few types that read back from JSON unchanged on both databases."""
    if value is None or isinstance(value, (bool, int)):
        return value
    if isinstance(value, SealedText):
        return _hashed("", _plain_text(value))
    if isinstance(value, dict):
        return {_clean(key): _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        items = [_plain(item) for item in value]
        return sorted(items, key=str) if isinstance(value, (set, frozenset)) else items
    if isinstance(value, (datetime.date, datetime.time)):
        return value.isoformat()
    if isinstance(value, models.Model):
        return value.pk
    if isinstance(value, (decimal.Decimal, uuid.UUID)):
        return str(value)
    return mask_numbers(_clean(value))[:TEXT_LIMIT]
