"""Files that are kept sealed, each as one token under MEDIA_ROOT: written whole or not at all.

`aad` binds the content to its row, so that files cannot be swapped unnoticed.
"""

import os
import uuid
from collections.abc import Iterable
from pathlib import Path

from django.conf import settings
from django.db import transaction

from federation.shared.sealed import SealBroken
from federation.shared.sealed_blobs import resealed_bytes, seal_bytes, unseal_bytes


def keep(folder: str, data: bytes, aad: bytes) -> str:
    """Store `data` under a new name in `folder`; gives the path relative to MEDIA_ROOT."""
    stored_path = f"{folder}/{uuid.uuid4()}.sealed"
    _write(_place(stored_path), seal_bytes(data, aad))
    return stored_path


def read(stored_path: str, aad: bytes) -> bytes:
    """Raises FileNotFoundError, and SealBroken where the file was tampered with."""
    return unseal_bytes(_place(stored_path).read_bytes(), aad)


def remove(stored_path: str):
    if stored_path:
        _place(stored_path).unlink(missing_ok=True)


def remove_on_commit(*stored_paths: str):
    """A row that is there after all, because its transaction failed, still has its file."""
    transaction.on_commit(lambda: [remove(each) for each in stored_paths])


def reseal(kept: Iterable[tuple[str, bytes]]) -> tuple[int, int]:
    """Seal (path, aad) of an older key with the one in use; (renewed, those that do not open)."""
    renewed = broken = 0
    for stored_path, aad in kept:
        path = _place(stored_path)
        try:
            fresh = resealed_bytes(path.read_bytes(), aad)
        except FileNotFoundError:
            continue
        except SealBroken:
            broken += 1
            continue
        # One that was removed meanwhile must not come back.
        if fresh is not None and path.exists():
            _write(path, fresh)
            renewed += 1
    return renewed, broken


def _place(stored_path: str) -> Path:
    root = Path(settings.MEDIA_ROOT).resolve()
    path = (root / stored_path).resolve()
    if not path.is_relative_to(root):
        raise FileNotFoundError(stored_path)
    return path


def _write(path: Path, token: bytes):
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = path.with_suffix(".part")
    try:
        with draft.open("wb") as file:
            draft.chmod(0o600)
            file.write(token)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
