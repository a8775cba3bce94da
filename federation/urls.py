"""Every URL of the product. Each view names its permission (tests/access walks this list)."""

from django.urls import include, path

urlpatterns = [
    path("api/v1/", include("federation.api")),
    path("", include("assessments.urls")),
    path("", include("accounts.urls")),
    path("", include("federation.shared.urls")),
    path("", include("federation.shared.offline.urls")),
    path("", include("federation.shared.audit_urls")),
    path("", include("federation.shared.jobs.urls")),
    path("", include("federation.shared.rosters.urls")),
    path("", include("ledgers.urls")),
    path("", include("ledgers.privacy_urls")),
    path("", include("orgs.urls")),
    path("", include("committees.urls")),
]

handler403 = "federation.shared.errors.forbidden"
handler404 = "federation.shared.errors.missing"
handler500 = "federation.shared.errors.failed"
