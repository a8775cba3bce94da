"""Machine keys of the REST interface: `Authorization: Api-Key <key id>.<secret>`."""

import hmac
import re
from datetime import timedelta

from django.utils import timezone
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed, Throttled
from rest_framework.permissions import BasePermission
from rest_framework.throttling import SimpleRateThrottle

from accounts import attempts
from accounts.models import ApiKey
from federation.shared import audit

USED_EVERY = timedelta(minutes=5)

_WRONG = "接口密钥不正确、已停用或已过期。请向发放密钥的残联核对。"


class MachineKeyAuthentication(BaseAuthentication):
    def authenticate(self, request):
        parts = get_authorization_header(request).split()
        if not parts or parts[0].lower() != b"api-key":
            return None
        if len(parts) != 2:
            raise AuthenticationFailed(_WRONG)
        if attempts.is_waiting("key", request._request):
            raise Throttled(wait=attempts.WINDOW)
        key = self._key(parts[1].decode("latin-1"))
        if key is None:
            attempts.count_refusal("key", request._request)
            audit.record("accounts.key.refused", actor=None)
            raise AuthenticationFailed(_WRONG)
        self._mark_used(key)
        return key, key

    def _key(self, credential: str) -> ApiKey | None:
        key_id, _, secret = credential.partition(".")
        keys = ApiKey.objects.select_related("organisation")
        key = keys.filter(key_id=key_id).first() if re.fullmatch("[0-9a-f]{16}", key_id) else None
        # Hashed also for an unknown key, so that both answers take the same time.
        given = ApiKey.hash_secret(secret)
        if key is None or not hmac.compare_digest(given, key.secret_hash):
            return None
        return key if key.is_valid else None

    def _mark_used(self, key):
        now = timezone.now()
        if key.last_used_at is None or now - key.last_used_at > USED_EVERY:
            ApiKey.objects.filter(pk=key.pk).update(last_used_at=now)

    def authenticate_header(self, request):
        return "Api-Key"


class GrantedResource(BasePermission):
    """The key must have been granted the resource that the view names (`api_resource`)."""

    message = "这个接口密钥没有获准读取这项内容。"

    def has_permission(self, request, view):
        resource = getattr(view, "api_resource", None)
        return isinstance(request.user, ApiKey) and resource is not None and request.user.allows(resource)


class KeyRate(SimpleRateThrottle):
    """Requests a minute of one key: enough for a pull, too few to crowd out the pages."""

    scope = "machine"
    rate = "600/min"

    def get_cache_key(self, request, view):
        return f"api-rate:{request.user.pk}" if isinstance(request.user, ApiKey) else None


class MachineKeyScheme(OpenApiAuthenticationExtension):
    """How the OpenAPI description names the header."""

    target_class = MachineKeyAuthentication
    name = "machineKey"

    def get_security_definition(self, auto_schema):
        return {"type": "apiKey", "in": "header", "name": "Authorization", "description": "Api-Key 编号.密钥"}
