from django.urls import path

from assessments import home
from assessments.views import exports, results, runs, standards

urlpatterns = [
    path("", home.HomeView.as_view(), name="home"),
    path("runs/", runs.RunListView.as_view(), name="run-list"),
    path("runs/add/", runs.RunAddView.as_view(), name="run-add"),
    path("runs/<int:pk>/", runs.RunDetailView.as_view(), name="run-detail"),
    path("runs/<int:pk>/matrix/", results.RunMatrixView.as_view(), name="run-matrix"),
    path("runs/<int:pk>/league/", results.RunLeagueView.as_view(), name="run-league"),
    path("runs/<int:pk>/compare/", results.RunCompareView.as_view(), name="run-compare"),
    path("runs/<int:pk>/export/<str:table>/", exports.RunExportView.as_view(), name="run-export"),
    path("runs/<int:pk>/recompute/", runs.RunRecomputeView.as_view(), name="run-recompute"),
    path("runs/<int:pk>/review/", runs.RunReviewView.as_view(), name="run-review"),
    path("runs/<int:pk>/publish/", runs.RunPublishView.as_view(), name="run-publish"),
    path("runs/<int:pk>/bodies/<int:organisation>/", results.RunBodyView.as_view(), name="run-body"),
    path("runs/<int:pk>/bodies/<int:organisation>/<str:code>/", results.RunItemView.as_view(), name="run-item"),
    path("runs/<int:pk>/bodies/<int:organisation>/<str:code>/score/", results.RunScoreView.as_view(), name="run-score"),
    path("standards/", standards.StandardListView.as_view(), name="standard-list"),
    path("standards/<str:code>/", standards.StandardDetailView.as_view(), name="standard-detail"),
]
