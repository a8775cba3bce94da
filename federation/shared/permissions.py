"""Permission of every URL, deny by default.

A view names what it needs: the attribute `permission` on a class, or `@requires(...)` on a function. The
middleware refuses a view that names nothing, so a forgotten permission is a closed door, and a test walks
the URLs. Whether the caller may touch *this row* is scope, asked by the view through `visible_to`.
"""

from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied

from federation.roles import PERMISSIONS
from federation.shared.refusals import record_refusal

PUBLIC = "public"
LOGGED_IN = "logged-in"
# The REST interface authenticates machine keys by itself (accounts.api_auth) and names its resource.
MACHINE = "machine"


def requires(permission: str):
    """Mark a function view with the permission it needs."""

    def mark(view):
        view.permission = permission
        return view

    return mark


def permission_of(view) -> str | None:
    """The permission a resolved view names, or None. `view` is what the URL resolves to."""
    view_class = getattr(view, "view_class", None) or getattr(view, "cls", None)
    return getattr(view, "permission", None) or getattr(view_class, "permission", None)


def is_known(permission: str | None) -> bool:
    return permission in (PUBLIC, LOGGED_IN, MACHINE) or permission in PERMISSIONS


class PermissionMiddleware:
    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        response = self.get_response(request)
        if getattr(request, "user", None) is not None and request.user.is_authenticated:
            # Pages hold personal data: the back button after logging out must not show them.
            response.headers.setdefault("Cache-Control", "no-store")
        if response.status_code == 403:
            record_refusal(request)
        return response

    def process_view(self, request, view, args, kwargs):
        permission = permission_of(view)
        if not is_known(permission):
            raise PermissionDenied("这个页面没有登记所需权限，已按不允许处理。请告诉管理员。")
        if permission in (PUBLIC, MACHINE):
            return None
        if not request.user.is_authenticated:
            return redirect_to_login(request.get_full_path())
        if permission != LOGGED_IN and not request.user.has_scope(permission):
            raise PermissionDenied("您的账号没有办理这件事的权限。需要时请向县残联管理员申请。")
        return None
