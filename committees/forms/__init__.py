from committees.forms.engagements import AppointmentForm, EndEngagementForm, EngagementForm, WorkerEditForm
from committees.forms.subsidies import (
    BatchForm,
    ConfirmSeenForm,
    PayBatchForm,
    ReturnBatchForm,
    StandardForm,
)

__all__ = [
    "AppointmentForm",
    "BatchForm",
    "ConfirmSeenForm",
    "EndEngagementForm",
    "EngagementForm",
    "PayBatchForm",
    "ReturnBatchForm",
    "StandardForm",
    "WorkerEditForm",
]
