from django.urls import path

from assessments import home
from assessments.views import appraisals, exports, members, objections, results, runs, selections, sheets, standards

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
    # The appraisal of committee members.
    path("appraisals/", appraisals.AppraisalListView.as_view(), name="appraisal-list"),
    path("appraisals/add/", appraisals.AppraisalCreateView.as_view(), name="appraisal-add"),
    path("appraisals/results/", members.MemberResultListView.as_view(), name="member-result-list"),
    path("appraisals/results/<int:pk>/", members.MemberResultView.as_view(), name="member-result"),
    path("appraisals/results/<int:pk>/sheet/", sheets.MemberSheetView.as_view(), name="member-result-sheet"),
    path("appraisals/results/<int:pk>/sheet/pdf/", sheets.MemberSheetPdfView.as_view(), name="member-result-sheet-pdf"),
    path("appraisals/results/<int:pk>/band/", members.MemberBandView.as_view(), name="member-result-band"),
    path("appraisals/results/<int:pk>/object/", objections.ObjectView.as_view(), name="member-result-object"),
    path("appraisals/results/<int:pk>/<str:code>/", members.MemberItemView.as_view(), name="member-result-item"),
    path(
        "appraisals/results/<int:pk>/<str:code>/score/", members.MemberScoreView.as_view(), name="member-result-score"
    ),
    path("appraisals/objections/", objections.ObjectionListView.as_view(), name="objection-list"),
    path("appraisals/objections/<int:pk>/decide/", objections.DecideView.as_view(), name="objection-decide"),
    path("appraisals/own/<int:pk>/", objections.OwnResultView.as_view(), name="appraisal-own-result"),
    path("appraisals/own/<int:pk>/sheet/", sheets.OwnSheetView.as_view(), name="appraisal-own-sheet"),
    path("appraisals/own/<int:pk>/sheet/pdf/", sheets.OwnSheetPdfView.as_view(), name="appraisal-own-sheet-pdf"),
    path("appraisals/own/<int:pk>/object/", objections.OwnObjectView.as_view(), name="appraisal-own-object"),
    path("appraisals/<int:pk>/", appraisals.AppraisalDetailView.as_view(), name="appraisal-detail"),
    path("appraisals/<int:pk>/recompute/", appraisals.AppraisalRecomputeView.as_view(), name="appraisal-recompute"),
    path("appraisals/<int:pk>/review/", appraisals.AppraisalReviewView.as_view(), name="appraisal-review"),
    path("appraisals/<int:pk>/publish/", appraisals.AppraisalPublishView.as_view(), name="appraisal-publish"),
    # The selection of the excellent.
    path("selections/", selections.NominationListView.as_view(), name="nomination-list"),
    path("selections/add/", selections.NominationCreateView.as_view(), name="nomination-add"),
    path("selections/said/<int:pk>/settle/", selections.SettleView.as_view(), name="nomination-settle"),
    path("selections/<int:pk>/", selections.NominationDetailView.as_view(), name="nomination-detail"),
    path("selections/<int:pk>/opine/", selections.OpineView.as_view(), name="nomination-opine"),
    path("selections/<int:pk>/withdraw/", selections.WithdrawView.as_view(), name="nomination-withdraw"),
    path("selections/<int:pk>/publicise/", selections.PublicityView.as_view(), name="nomination-publicise"),
    path("selections/<int:pk>/said/", selections.SaidView.as_view(), name="nomination-said"),
    path("selections/<int:pk>/conclude/", selections.ConcludeView.as_view(), name="nomination-conclude"),
]
