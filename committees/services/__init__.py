"""The verbs of the office about committee members."""

from committees.forgotten import forgotten
from committees.services.answers import (
    ARCHIVED,
    Answer,
    pay_batch,
    record_return,
    register_answers,
    take_back_answers,
    take_back_return,
)
from committees.services.batches import (
    approve_batch,
    archive_batch,
    check_batch,
    delete_batch,
    make_batch,
    recompute_batch,
    return_batch,
)
from committees.services.contracts import renew_contract
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
    pay_again,
    remove_line,
    supplement,
    take_back_deduction,
)
from committees.services.locks import BatchRefused
from committees.services.moves import kind_of_move, move_member
from committees.services.outcomes import failed_of
from committees.services.payments import faults_of, give_up, payees_of, send_again, send_to_bank
from committees.services.renewal_permits import permit_renewal, why_not_renewed, withdraw_renewal_permit
from committees.services.standards import StandardRefused, change_standard, end_standard, record_standard

__all__ = [
    "ARCHIVED",
    "MEMBER_IDENTITIES",
    "NOT_A_MEMBER",
    "Answer",
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
    "failed_of",
    "faults_of",
    "forgotten",
    "kind_of_move",
    "give_up",
    "make_batch",
    "move_member",
    "pay_again",
    "pay_batch",
    "payees_of",
    "permit_renewal",
    "recompute_batch",
    "record_return",
    "record_standard",
    "register_answers",
    "remove_line",
    "renew_contract",
    "return_batch",
    "role_for",
    "send_again",
    "send_to_bank",
    "supplement",
    "take_back_answers",
    "take_back_deduction",
    "take_back_return",
    "why_not_renewed",
    "withdraw_renewal_permit",
]
