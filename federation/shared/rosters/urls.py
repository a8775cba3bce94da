from django.urls import path

from federation.shared.rosters import views

urlpatterns = [
    path("rosters/", views.RosterListView.as_view(), name="roster-list"),
    path("rosters/upload/", views.RosterUploadView.as_view(), name="roster-upload"),
    path("rosters/template/<slug:kind>/", views.RosterTemplateView.as_view(), name="roster-template"),
    path("rosters/<int:pk>/", views.RosterDetailView.as_view(), name="roster-detail"),
    path("rosters/<int:pk>/confirm/", views.RosterConfirmView.as_view(), name="roster-confirm"),
    path("rosters/<int:pk>/undo/", views.RosterUndoView.as_view(), name="roster-undo"),
    path("rosters/<int:pk>/errors/", views.RosterErrorsView.as_view(), name="roster-errors"),
]
