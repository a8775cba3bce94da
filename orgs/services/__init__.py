"""The office's verbs about organisations, posts and what bodies own."""

from orgs.services.deputies import DeputyRefused, change_deputy, record_deputy
from orgs.services.divisions import LoadResult, load_divisions
from orgs.services.facts import delete_fact
from orgs.services.organisations import (
    NotPossible,
    abolish_organisation,
    change_organisation,
    may_absorb,
    may_hold,
    models_with_paths,
    move_organisation,
    set_up_association,
    set_up_organisation,
    what_moves,
)
from orgs.services.second_posts import PermitRefused, permit_second_post, withdraw_permit
from orgs.services.tenures import (
    ALREADY_PAID,
    TenureRefused,
    change_tenure,
    check_tenure,
    end_tenure,
    record_tenure,
)
from orgs.services.workers import WorkerRefused, change_worker, find_or_record_worker, worker_with_id_number

__all__ = [
    "ALREADY_PAID",
    "DeputyRefused",
    "LoadResult",
    "NotPossible",
    "PermitRefused",
    "TenureRefused",
    "WorkerRefused",
    "abolish_organisation",
    "change_deputy",
    "change_organisation",
    "change_tenure",
    "change_worker",
    "check_tenure",
    "delete_fact",
    "end_tenure",
    "find_or_record_worker",
    "load_divisions",
    "may_absorb",
    "may_hold",
    "models_with_paths",
    "move_organisation",
    "permit_second_post",
    "record_deputy",
    "record_tenure",
    "set_up_association",
    "set_up_organisation",
    "what_moves",
    "withdraw_permit",
    "worker_with_id_number",
]
