"""Every URL of the product. Each view names its permission (tests/access walks this list)."""

from django.urls import include, path

urlpatterns = [
    path("", include("accounts.urls")),
    path("", include("federation.shared.urls")),
    path("", include("federation.shared.audit_urls")),
]

handler403 = "federation.shared.errors.forbidden"
handler404 = "federation.shared.errors.missing"
handler500 = "federation.shared.errors.failed"
