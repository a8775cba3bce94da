"""The audit log and the page that shows a number in full."""

from django.urls import path

from federation.shared import audit_views, reveal

urlpatterns = [
    path("audit/", audit_views.AuditListView.as_view(), name="audit-list"),
    path("audit/<int:pk>/", audit_views.AuditDetailView.as_view(), name="audit-detail"),
    path("reveal/<str:label>/<uuid:uid>/<str:field>/", reveal.RevealView.as_view(), name="reveal"),
]
