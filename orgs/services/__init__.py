"""The office's verbs about organisations, posts and what bodies own."""

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
    "LoadResult",
    "NotPossible",
    "TenureRefused",
    "WorkerRefused",
    "abolish_organisation",
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
    "record_tenure",
    "set_up_association",
    "set_up_organisation",
    "what_moves",
    "worker_with_id_number",
]
