from committees.views.batch_steps import (
    BatchApproveView,
    BatchArchiveView,
    BatchCheckView,
    BatchDeleteView,
    BatchPayView,
    BatchRecomputeView,
    BatchReturnView,
)
from committees.views.batches import BatchCreateView, BatchDetailView, BatchListView, LineDetailView
from committees.views.members import (
    AppointmentUpdateView,
    MemberCreateView,
    MemberDetailView,
    MemberEndView,
    MemberListView,
    MemberUpdateView,
)
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
    "LineDetailView",
    "MemberCreateView",
    "MemberDetailView",
    "MemberEndView",
    "MemberListView",
    "MemberUpdateView",
    "StandardCreateView",
    "StandardListView",
    "StandardUpdateView",
]
