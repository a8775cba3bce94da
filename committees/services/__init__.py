"""The verbs of the office about committee members."""

from committees.services.batches import (
    BatchRefused,
    approve_batch,
    archive_batch,
    check_batch,
    delete_batch,
    make_batch,
    pay_batch,
    recompute_batch,
    return_batch,
)
from committees.services.engagements import (
    MEMBER_IDENTITIES,
    NOT_A_MEMBER,
    change_engagement,
    days_left,
    end_engagement,
    engage_member,
    role_for,
)
from committees.services.standards import StandardRefused, change_standard, end_standard, record_standard

__all__ = [
    "MEMBER_IDENTITIES",
    "NOT_A_MEMBER",
    "BatchRefused",
    "StandardRefused",
    "approve_batch",
    "archive_batch",
    "change_engagement",
    "change_standard",
    "check_batch",
    "days_left",
    "delete_batch",
    "end_engagement",
    "end_standard",
    "engage_member",
    "make_batch",
    "pay_batch",
    "recompute_batch",
    "record_standard",
    "return_batch",
    "role_for",
]
