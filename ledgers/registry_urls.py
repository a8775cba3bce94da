"""Addresses of what happens between files of the person registry: transfers, duplicates, merges, households."""

from django.urls import path

from ledgers.views import distinct, guardians, households, in_charge, merges, transfers

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
    path("persons/<uuid:uid>/distinct/", distinct.DistinctSayView.as_view(), name="person-distinct"),
    path("persons/distinct/<uuid:uid>/undo/", distinct.DistinctUndoView.as_view(), name="distinct-undo"),
    path("persons/households/", households.HouseholdListView.as_view(), name="household-list"),
    path("persons/households/<uuid:uid>/", households.HouseholdDetailView.as_view(), name="household-detail"),
    path("persons/households/<uuid:uid>/edit/", households.HouseholdUpdateView.as_view(), name="household-edit"),
    path("persons/households/<uuid:uid>/members/", households.HouseholdMembersView.as_view(), name="household-members"),
    path("persons/<uuid:uid>/household/", households.HouseholdStartView.as_view(), name="household-start"),
    path("persons/<uuid:uid>/household/leave/", households.HouseholdLeaveView.as_view(), name="household-leave"),
    path("persons/<uuid:uid>/guardian/", guardians.GuardianPhoneView.as_view(), name="guardian-phone"),
    path("persons/in-charge/", in_charge.InChargeListView.as_view(), name="in-charge-list"),
    path("persons/in-charge/<int:pk>/", in_charge.InChargeDetailView.as_view(), name="in-charge-detail"),
    path("persons/in-charge/at/<int:pk>/", in_charge.InChargeAssignView.as_view(), name="in-charge-assign"),
]
