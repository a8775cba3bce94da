from django.urls import path

from committees import views

urlpatterns = [
    path("members/", views.MemberListView.as_view(), name="member-list"),
    path("members/<uuid:uid>/", views.MemberDetailView.as_view(), name="member-detail"),
    path("members/<uuid:uid>/edit/", views.MemberUpdateView.as_view(), name="member-edit"),
    path("members/appointments/<int:pk>/edit/", views.AppointmentUpdateView.as_view(), name="appointment-edit"),
    path("members/tenures/<int:pk>/end/", views.MemberEndView.as_view(), name="member-end"),
    path("orgs/<int:pk>/members/add/", views.MemberCreateView.as_view(), name="member-add"),
    path("subsidies/", views.BatchListView.as_view(), name="subsidy-batch-list"),
    path("subsidies/add/", views.BatchCreateView.as_view(), name="subsidy-batch-add"),
    path("subsidies/<int:pk>/", views.BatchDetailView.as_view(), name="subsidy-batch-detail"),
    path("subsidies/<int:pk>/check/", views.BatchCheckView.as_view(), name="subsidy-batch-check"),
    path("subsidies/<int:pk>/approve/", views.BatchApproveView.as_view(), name="subsidy-batch-approve"),
    path("subsidies/<int:pk>/return/", views.BatchReturnView.as_view(), name="subsidy-batch-return"),
    path("subsidies/<int:pk>/pay/", views.BatchPayView.as_view(), name="subsidy-batch-pay"),
    path("subsidies/<int:pk>/archive/", views.BatchArchiveView.as_view(), name="subsidy-batch-archive"),
    path("subsidies/<int:pk>/recompute/", views.BatchRecomputeView.as_view(), name="subsidy-batch-recompute"),
    path("subsidies/<int:pk>/delete/", views.BatchDeleteView.as_view(), name="subsidy-batch-delete"),
    path("subsidies/<int:pk>/sheet/", views.SignatureSheetView.as_view(), name="subsidy-batch-sheet"),
    path("subsidies/<int:pk>/sheet/pdf/", views.SignaturePdfView.as_view(), name="subsidy-batch-sheet-pdf"),
    path("subsidies/lines/<int:pk>/", views.LineDetailView.as_view(), name="subsidy-line-detail"),
    path("subsidies/<int:pk>/supplement/", views.SupplementView.as_view(), name="subsidy-batch-supplement"),
    path("subsidies/lines/<int:pk>/deduct/", views.LineDeductView.as_view(), name="subsidy-line-deduct"),
    path("subsidies/lines/<int:pk>/correct/", views.LineCorrectView.as_view(), name="subsidy-line-correct"),
    path("subsidies/lines/<int:pk>/again/", views.LineAgainView.as_view(), name="subsidy-line-again"),
    path("subsidies/lines/<int:pk>/remove/", views.LineRemoveView.as_view(), name="subsidy-line-remove"),
    path("subsidies/deductions/<int:pk>/delete/", views.DeductionDeleteView.as_view(), name="subsidy-deduction-delete"),
    path("subsidies/standards/", views.StandardListView.as_view(), name="subsidy-standard-list"),
    path("subsidies/standards/add/", views.StandardCreateView.as_view(), name="subsidy-standard-add"),
    path("subsidies/standards/<int:pk>/edit/", views.StandardUpdateView.as_view(), name="subsidy-standard-edit"),
]
