from committees.views.batch_steps import (
    BatchApproveView,
    BatchArchiveView,
    BatchCheckView,
    BatchDeleteView,
    BatchPayView,
    BatchRecomputeView,
    BatchReturnView,
)
from committees.views.batches import BatchCreateView, BatchDetailView, BatchListView
from committees.views.lines import (
    DeductionDeleteView,
    LineAgainView,
    LineCorrectView,
    LineDeductView,
    LineDetailView,
    LineRemoveView,
    SupplementView,
)
from committees.views.members import (
    AppointmentUpdateView,
    MemberCreateView,
    MemberDetailView,
    MemberEndView,
    MemberListView,
    MemberUpdateView,
)
from committees.views.papers import SignaturePdfView, SignatureSheetView
from committees.views.standards import StandardCreateView, StandardListView, StandardUpdateView

__all__ = [
    "AppointmentUpdateView",
    "BatchApproveView",
    "BatchArchiveView",
    "BatchCheckView",
    "BatchCreateView",
    "BatchDeleteView",
    "BatchDetailView",
    "BatchListView",
    "BatchPayView",
    "BatchRecomputeView",
    "BatchReturnView",
    "DeductionDeleteView",
    "LineAgainView",
    "LineCorrectView",
    "LineDeductView",
    "LineDetailView",
    "LineRemoveView",
    "MemberCreateView",
    "MemberDetailView",
    "MemberEndView",
    "MemberListView",
    "MemberUpdateView",
    "SignaturePdfView",
    "SignatureSheetView",
    "StandardCreateView",
    "StandardListView",
    "StandardUpdateView",
    "SupplementView",
]
