from committees.models.appointments import Appointment
from committees.models.subsidies import (
    MonthRule,
    Payer,
    SubsidyBatch,
    SubsidyDeduction,
    SubsidyLine,
    SubsidyMonth,
    SubsidyStandard,
)

__all__ = [
    "Appointment",
    "MonthRule",
    "Payer",
    "SubsidyBatch",
    "SubsidyDeduction",
    "SubsidyLine",
    "SubsidyMonth",
    "SubsidyStandard",
]
