from django.urls import path

from federation.shared.rosters import step_views, synonym_views, transfer_views, views

urlpatterns = [
    path("rosters/", views.RosterListView.as_view(), name="roster-list"),
    path("rosters/upload/", views.RosterUploadView.as_view(), name="roster-upload"),
    path("rosters/template/<slug:kind>/", views.RosterTemplateView.as_view(), name="roster-template"),
    path("rosters/<int:pk>/", views.RosterDetailView.as_view(), name="roster-detail"),
    path("rosters/<int:pk>/confirm/", step_views.RosterConfirmView.as_view(), name="roster-confirm"),
    path("rosters/<int:pk>/undo/", step_views.RosterUndoView.as_view(), name="roster-undo"),
    path("rosters/<int:pk>/mode/", step_views.RosterModeView.as_view(), name="roster-mode"),
    path("rosters/<int:pk>/check/", step_views.RosterCheckView.as_view(), name="roster-check"),
    path("rosters/<int:pk>/transfers/", transfer_views.RosterTransfersView.as_view(), name="roster-transfers"),
    path("rosters/synonyms/", synonym_views.SynonymListView.as_view(), name="roster-synonyms"),
    path("rosters/synonyms/add/", synonym_views.SynonymAddView.as_view(), name="roster-synonym-add"),
    path("rosters/synonyms/delete/", synonym_views.SynonymDeleteView.as_view(), name="roster-synonym-delete"),
    path("rosters/<int:pk>/errors/", views.RosterErrorsView.as_view(), name="roster-errors"),
]
