"""Every URL of the product. Each view names its permission (tests/access walks this list)."""

urlpatterns: list = []

handler403 = "federation.shared.errors.forbidden"
handler404 = "federation.shared.errors.missing"
handler500 = "federation.shared.errors.failed"
