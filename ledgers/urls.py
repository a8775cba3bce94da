from django.urls import path

from ledgers import paper_urls, registry_urls
from ledgers.views import approvals, drafts, listing, offline, saved_filters
from ledgers.views import persons as views
from ledgers.views.saved_summaries import (
    SummaryDecideView,
    SummaryDetailView,
    SummaryListView,
    SummarySavedTableView,
    SummarySubmitView,
)
from ledgers.views.summaries import (
    SummaryBlankView,
    SummaryCurrentView,
    SummaryLowerView,
    SummaryPeopleView,
    SummaryTableView,
)

urlpatterns = [
    *paper_urls.urlpatterns,
    *registry_urls.urlpatterns,
    path("persons/", listing.PersonListView.as_view(), name="person-list"),
    path("persons/blank/", offline.BlankPersonView.as_view(), name="person-blank"),
    path("persons/filters/", saved_filters.SavedFilterListView.as_view(), name="saved-filter-list"),
    path("persons/filters/add/", saved_filters.SavedFilterCreateView.as_view(), name="saved-filter-add"),
    path("persons/filters/<int:pk>/edit/", saved_filters.SavedFilterUpdateView.as_view(), name="saved-filter-edit"),
    path("persons/filters/<int:pk>/delete/", saved_filters.SavedFilterDeleteView.as_view(), name="saved-filter-delete"),
    path("persons/add/", views.PersonCreateView.as_view(), name="person-add"),
    path("persons/drafts/", drafts.DraftListView.as_view(), name="draft-list"),
    path("persons/drafts/save/", drafts.DraftSaveView.as_view(), name="draft-save"),
    path("persons/drafts/<uuid:uid>/delete/", drafts.DraftDeleteView.as_view(), name="draft-delete"),
    path("persons/approvals/", approvals.ApprovalListView.as_view(), name="approval-list"),
    path("persons/approvals/<uuid:uid>/", approvals.ApprovalView.as_view(), name="approval-detail"),
    path("persons/<uuid:uid>/withdraw/", approvals.WithdrawView.as_view(), name="person-withdraw"),
    path("persons/<uuid:uid>/", views.PersonDetailView.as_view(), name="person-detail"),
    path("persons/<uuid:uid>/edit/", views.PersonUpdateView.as_view(), name="person-edit"),
    path("persons/<uuid:uid>/end/", views.PersonEndView.as_view(), name="person-end"),
    path("persons/<uuid:uid>/history/", views.PersonHistoryView.as_view(), name="person-history"),
    path("summaries/", SummaryCurrentView.as_view(), name="summary-current"),
    path("summaries/blank/", SummaryBlankView.as_view(), name="summary-blank"),
    path("summaries/of/<int:pk>/lower/", SummaryLowerView.as_view(), name="summary-lower"),
    path("summaries/of/<int:pk>/people/", SummaryPeopleView.as_view(), name="summary-people"),
    path("summaries/of/<int:pk>/table/", SummaryTableView.as_view(), name="summary-table"),
    path("summaries/of/<int:pk>/submit/", SummarySubmitView.as_view(), name="summary-submit"),
    path("summaries/saved/", SummaryListView.as_view(), name="summary-list"),
    path("summaries/saved/<uuid:uid>/", SummaryDetailView.as_view(), name="summary-detail"),
    path("summaries/saved/<uuid:uid>/decide/", SummaryDecideView.as_view(), name="summary-decide"),
    path("summaries/saved/<uuid:uid>/table/", SummarySavedTableView.as_view(), name="summary-saved-table"),
]
