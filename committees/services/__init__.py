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
from committees.services.lines import (
    correct_line,
    deduct,
    difference,
    forgotten,
    pay_again,
    remove_line,
    supplement,
    take_back_deduction,
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
    "correct_line",
    "days_left",
    "deduct",
    "delete_batch",
    "difference",
    "end_engagement",
    "end_standard",
    "engage_member",
    "forgotten",
    "make_batch",
    "pay_again",
    "pay_batch",
    "recompute_batch",
    "record_standard",
    "remove_line",
    "return_batch",
    "role_for",
    "supplement",
    "take_back_deduction",
]
