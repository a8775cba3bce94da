from committees.models.appointments import Appointment
from committees.models.contracts import PastContract, RenewalPermit
from committees.models.handovers import Handover
from committees.models.payments import SubsidyPayment
from committees.models.periods import SubsidyPeriod
from committees.models.subsidies import (
    MonthRule,
    Payer,
    SubsidyBatch,
    SubsidyDeduction,
    SubsidyLine,
    SubsidyMonth,
    SubsidyStandard,
)
from committees.models.training import Audience, TrainingAttendance, TrainingSession, TrainingTarget

__all__ = [
    "Appointment",
    "Audience",
    "Handover",
    "MonthRule",
    "PastContract",
    "Payer",
    "RenewalPermit",
    "SubsidyBatch",
    "SubsidyDeduction",
    "SubsidyLine",
    "SubsidyMonth",
    "SubsidyPayment",
    "SubsidyPeriod",
    "SubsidyStandard",
    "TrainingAttendance",
    "TrainingSession",
    "TrainingTarget",
]
