from committees.forms.engagements import AppointmentForm, EndEngagementForm, EngagementForm, WorkerEditForm
from committees.forms.subsidies import (
    AgainForm,
    BatchForm,
    ConfirmSeenForm,
    CorrectForm,
    DeductionForm,
    PayBatchForm,
    ReturnBatchForm,
    StandardForm,
    SupplementForm,
)

__all__ = [
    "AgainForm",
    "AppointmentForm",
    "BatchForm",
    "ConfirmSeenForm",
    "CorrectForm",
    "DeductionForm",
    "EndEngagementForm",
    "EngagementForm",
    "PayBatchForm",
    "ReturnBatchForm",
    "StandardForm",
    "SupplementForm",
    "WorkerEditForm",
]
