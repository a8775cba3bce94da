"""Addresses of what happens between files of the person registry: transfers, duplicates, merges, households."""

from django.urls import path

from ledgers.views import merges, transfers

urlpatterns = [
    path("persons/transfers/", transfers.TransferListView.as_view(), name="transfer-list"),
    path("persons/transfers/ask/", transfers.TransferAskView.as_view(), name="transfer-ask"),
    path("persons/transfers/<uuid:uid>/", transfers.TransferDetailView.as_view(), name="transfer-detail"),
    path("persons/transfers/<uuid:uid>/answer/", transfers.TransferAnswerView.as_view(), name="transfer-answer"),
    path("persons/transfers/<uuid:uid>/withdraw/", transfers.TransferWithdrawView.as_view(), name="transfer-withdraw"),
    path("persons/<uuid:uid>/transfer/", transfers.TransferOfferView.as_view(), name="transfer-offer"),
    path("persons/duplicates/", merges.DuplicateListView.as_view(), name="duplicate-list"),
    path("persons/<uuid:uid>/merge/", merges.MergeView.as_view(), name="person-merge"),
    path("persons/merges/<uuid:uid>/undo/", merges.MergeUndoView.as_view(), name="merge-undo"),
]
