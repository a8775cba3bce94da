"""Addresses of requests about one's own data, of consent and of erasure."""

from django.urls import path

from ledgers.views import erasures, privacy

urlpatterns = [
    path("persons/requests/", privacy.RequestListView.as_view(), name="person-request-list"),
    path("persons/requests/<uuid:uid>/", privacy.RequestDetailView.as_view(), name="person-request-detail"),
    path("persons/requests/<uuid:uid>/decide/", privacy.RequestDecideView.as_view(), name="person-request-decide"),
    path("persons/requests/<uuid:uid>/erase/", privacy.RequestEraseView.as_view(), name="person-request-erase"),
    path("persons/<uuid:uid>/requests/add/", privacy.RequestCreateView.as_view(), name="person-request-add"),
    path("persons/consent-sheet/", privacy.ConsentSheetView.as_view(), name="consent-sheet"),
    path("persons/<uuid:uid>/consent-sheet/", privacy.ConsentSheetView.as_view(), name="person-consent-sheet"),
    path("persons/erasures/", erasures.ErasureListView.as_view(), name="erasure-list"),
    path("persons/erasures/done/", erasures.ErasureDoneView.as_view(), name="erasure-done"),
    path("persons/erasures/<uuid:uid>/", erasures.ErasureConfirmView.as_view(), name="erasure-confirm"),
]
