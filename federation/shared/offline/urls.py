from django.urls import path

from federation.shared.offline import views

urlpatterns = [
    path("sw.js", views.service_worker, name="service-worker"),
    path("offline/", views.no_network, name="no-network"),
    path("outbox/", views.OutboxView.as_view(), name="outbox"),
    path("outbox/state/", views.OutboxStateView.as_view(), name="outbox-state"),
]
