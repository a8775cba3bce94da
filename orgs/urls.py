from django.urls import path

from orgs.views import deputies, divisions, facts, media, organisations, tenures, vacancies

urlpatterns = [
    path("orgs/", organisations.OrganisationListView.as_view(), name="organisation-list"),
    path("orgs/divisions/", divisions.DivisionUploadView.as_view(), name="division-upload"),
    path("orgs/divisions/<int:pk>/", divisions.DivisionResultView.as_view(), name="division-result"),
    path("orgs/vacancies/", vacancies.VacancyListView.as_view(), name="vacancy-list"),
    path("orgs/<int:pk>/", organisations.OrganisationDetailView.as_view(), name="organisation-detail"),
    path("orgs/<int:pk>/add/", organisations.OrganisationCreateView.as_view(), name="organisation-add"),
    path("orgs/<int:pk>/edit/", organisations.OrganisationUpdateView.as_view(), name="organisation-edit"),
    path("orgs/<int:pk>/abolish/", organisations.OrganisationAbolishView.as_view(), name="organisation-abolish"),
    path("orgs/<int:pk>/move/", organisations.OrganisationMoveView.as_view(), name="organisation-move"),
    path("orgs/<int:pk>/history/", organisations.OrganisationHistoryView.as_view(), name="organisation-history"),
    path("orgs/<int:pk>/associations/add/", organisations.AssociationCreateView.as_view(), name="association-add"),
    path("orgs/<int:pk>/facts/<slug:kind>/add/", facts.FactCreateView.as_view(), name="fact-add"),
    path("orgs/facts/<slug:kind>/<int:pk>/edit/", facts.FactUpdateView.as_view(), name="fact-edit"),
    path("orgs/facts/<slug:kind>/<int:pk>/delete/", facts.FactDeleteView.as_view(), name="fact-delete"),
    path("orgs/<int:pk>/tenures/add/", tenures.TenureCreateView.as_view(), name="tenure-add"),
    path("orgs/tenures/<int:pk>/edit/", tenures.TenureUpdateView.as_view(), name="tenure-edit"),
    path("orgs/tenures/<int:pk>/end/", tenures.TenureEndView.as_view(), name="tenure-end"),
    path("orgs/<int:pk>/deputies/add/", deputies.DeputyCreateView.as_view(), name="deputy-add"),
    path("orgs/deputies/<int:pk>/edit/", deputies.DeputyUpdateView.as_view(), name="deputy-edit"),
    path("media/<str:label>/<int:pk>/<str:field>/", media.MediaFileView.as_view(), name="media-file"),
]
