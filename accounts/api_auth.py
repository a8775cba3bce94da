"""Machine keys of the REST interface: `Authorization: Api-Key <key id>.<secret>`."""

import hmac

from django.utils import timezone
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.permissions import BasePermission

from accounts.models import ApiKey

_WRONG = "接口密钥不正确、已停用或已过期。请向发放密钥的残联核对。"


class MachineKeyAuthentication(BaseAuthentication):
    def authenticate(self, request):
        parts = get_authorization_header(request).split()
        if not parts or parts[0].lower() != b"api-key":
            return None
        if len(parts) != 2:
            raise AuthenticationFailed(_WRONG)
        key_id, _, secret = parts[1].decode("latin-1").partition(".")
        key = ApiKey.objects.filter(key_id=key_id).first()
        # Hashed also for an unknown key, so that both answers take the same time.
        given = ApiKey.hash_secret(secret)
        if key is None or not hmac.compare_digest(given, key.secret_hash):
            raise AuthenticationFailed(_WRONG)
        if not key.is_active or key.expires_on < timezone.localdate():
            raise AuthenticationFailed(_WRONG)
        return key, key

    def authenticate_header(self, request):
        return "Api-Key"


class GrantedResource(BasePermission):
    """The key must have been granted the resource that the view names (`api_resource`)."""

    message = "这个接口密钥没有获准读取这项内容。"

    def has_permission(self, request, view):
        resource = getattr(view, "api_resource", None)
        return isinstance(request.user, ApiKey) and resource is not None and request.user.allows(resource)
