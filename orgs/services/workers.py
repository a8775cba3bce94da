"""The person behind a post: found again by ID number, or recorded anew."""

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from federation.shared.history import create_versioned, save_versioned
from federation.shared.pinyin import pinyin_of
from federation.shared.sealed import blind_index
from orgs.models import Worker

# Says only that the two do not fit: whose number it is stays with the body that recorded it.
OTHER_NAME = "这个身份证号已登记，但姓名与登记的不一致。请核对身份证；确认无误的，请与上级残联联系。"
TAKEN = "这个身份证号已登记过。请核对号码后重新保存。"


class WorkerRefused(ValidationError):
    """The person cannot be recorded like this; the message says why. Nothing was written."""


def worker_with_id_number(id_number: str) -> Worker | None:
    """The person with this (normal) ID number, wherever recorded. Show nothing of it to who may not see it."""
    return Worker.objects.filter(id_number_index=blind_index("id_number", id_number)).first() if id_number else None


def find_or_record_worker(*, worker: Worker, id_number: str, by) -> Worker:
    """The person on file with `id_number`, or `worker` stored as a new one.

    A person on file is taken as it stands: what the form says beyond the name does not overwrite what another body
    recorded. Raises WorkerRefused.
    """
    known = worker_with_id_number(id_number)
    if known is not None:
        if known.name != worker.name:
            raise WorkerRefused({"id_number": OTHER_NAME})
        return known
    worker.id_number = id_number
    _set_pinyin(worker)
    try:
        with transaction.atomic():
            return create_versioned(worker, by=by)
    except IntegrityError as error:
        # Somebody recorded the same person at the same moment.
        raise WorkerRefused({"id_number": TAKEN}) from error


def change_worker(*, worker: Worker, by, expected_version: int):
    """Save what was changed in a person's record. Raises VersionConflict, WorkerRefused."""
    _set_pinyin(worker)
    try:
        with transaction.atomic():
            return save_versioned(worker, by=by, expected_version=expected_version)
    except IntegrityError as error:
        raise WorkerRefused({"id_number": TAKEN}) from error


def _set_pinyin(worker: Worker):
    full, initials = pinyin_of(worker.name)
    worker.name_pinyin, worker.name_initials = full[:200], initials[:50]
