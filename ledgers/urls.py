from django.urls import path

from ledgers.views import offline
from ledgers.views import persons as views

urlpatterns = [
    path("persons/", views.PersonListView.as_view(), name="person-list"),
    path("persons/blank/", offline.BlankPersonView.as_view(), name="person-blank"),
    path("persons/add/", views.PersonCreateView.as_view(), name="person-add"),
    path("persons/<uuid:uid>/", views.PersonDetailView.as_view(), name="person-detail"),
    path("persons/<uuid:uid>/edit/", views.PersonUpdateView.as_view(), name="person-edit"),
    path("persons/<uuid:uid>/end/", views.PersonEndView.as_view(), name="person-end"),
    path("persons/<uuid:uid>/history/", views.PersonHistoryView.as_view(), name="person-history"),
]
