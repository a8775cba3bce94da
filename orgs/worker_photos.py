"""The photo of a worker: taken in after a child process looked at it, kept sealed, shown to who may see the person."""

from django.db import transaction
from django.utils import timezone

from federation.shared import sealed_files
from federation.shared.history import save_versioned
from federation.shared.scans import Scan
from federation.shared.sealed import SealBroken
from orgs.models import Worker

FOLDER = "workers"


class PhotoMissing(Exception):
    """The file is not where it should be, or does not open."""


def _aad(worker: Worker) -> bytes:
    return f"worker-photo|{worker.uid}".encode()


def keep_photo(*, worker: Worker, scan: Scan | None, by, expected_version: int):
    """Keep a photo in place of the one before; None takes it away. Raises VersionConflict."""
    stored_path = sealed_files.keep(FOLDER, scan.data, _aad(worker)) if scan is not None else ""
    try:
        with transaction.atomic():
            replaced = worker.photo_path
            worker.photo_path, worker.photo_at = stored_path, timezone.now() if stored_path else None
            save_versioned(worker, by=by, expected_version=expected_version, action="orgs.worker.photo_changed")
            sealed_files.remove_on_commit(replaced)
    except BaseException:
        sealed_files.remove(stored_path)
        raise


def photo_data(worker: Worker) -> bytes:
    """The JPEG of the photo of a worker that the caller fetched in scope. Raises PhotoMissing."""
    if not worker.photo_path:
        raise PhotoMissing
    try:
        return sealed_files.read(worker.photo_path, _aad(worker))
    except (FileNotFoundError, SealBroken) as error:
        raise PhotoMissing from error


def reseal_photos() -> tuple[int, int]:
    """After the sealing key changed; (renewed, those that do not open)."""
    rows = Worker.objects.exclude(photo_path="").order_by("pk").only("uid", "photo_path")
    return sealed_files.reseal((each.photo_path, _aad(each)) for each in rows.iterator())
