"""Who was erased, without names: so that whoever was erased stays erased when a backup is restored.

Every erasure is noted in the database and, since an older backup does not know of it, in a list beside the data
folder that a restore does not touch: one keyed hash a line, no personal data. `ledgers.erasure.erase_again`
erases the files whose hash stands in either.
"""

import os
from pathlib import Path

import structlog
from django.conf import settings

from federation.shared.sealed import blind_index
from ledgers.models import DisabledPerson, Erasure

log = structlog.get_logger(__name__)


def hash_of(uid) -> str:
    """What is kept of a file's uid: equal for equal ones, and no way back."""
    return blind_index("erasure", str(uid)).hex()


def list_path() -> Path:
    return Path(settings.FEDERATION_ERASURE_LIST)


def noted() -> set[str]:
    path = list_path()
    return {line.strip() for line in path.read_text().splitlines() if line.strip()} if path.exists() else set()


def _erased(using: str) -> set[str]:
    """What the database knows: the files erased, and those that had become one with them before."""
    rows = Erasure.objects.using(using).values_list("person_hash", "merged_hashes")
    return {each for own, merged in rows.iterator() for each in (own, *merged)}


def note(hashes: list[str]):
    """Add to the list. A list that cannot be written is no reason to undo the erasure: the night makes up for it."""
    try:
        path = list_path()
        path.parent.mkdir(parents=True, exist_ok=True)
        # One write of whole lines, appended: two processes do not tear each other's.
        descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            os.write(descriptor, "".join(f"{each}\n" for each in hashes).encode())
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
    except OSError:
        log.error("erasure_list_not_written", path=str(list_path()), entries=len(hashes))


def complete_list() -> int:
    """Write what the database knows and the list lacks; gives how many."""
    missing = _erased("default") - noted()
    if missing:
        note(sorted(missing))
    return len(missing)


def to_erase(using: str = "default") -> list[int]:
    """Ids of files that were erased once and are there again."""
    known = noted() | _erased(using)
    if not known:
        return []
    rows = DisabledPerson.objects.using(using).values_list("pk", "uid").iterator(chunk_size=5000)
    return [pk for pk, uid in rows if hash_of(uid) in known]
