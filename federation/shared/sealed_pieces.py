"""Large files kept sealed in pieces, each with its length before it, so that no file is ever whole in memory.

`bound_to(number, is_last)` gives what a piece is bound to: pieces cannot be swapped, nor the end cut off, unnoticed.
"""

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import BinaryIO

from django.conf import settings

from federation.shared.sealed import SealBroken
from federation.shared.sealed_blobs import resealed_bytes

BoundTo = Callable[[int, bool], bytes]


def framed(token: bytes) -> bytes:
    return len(token).to_bytes(4, "big") + token


def tokens(source: BinaryIO, size: int, bound_to: BoundTo) -> Iterator[tuple[bytes, bytes]]:
    """(sealed piece, what it is bound to) of a kept file of `size` bytes, in order."""
    number = 0
    while source.tell() < size:
        token = source.read(int.from_bytes(source.read(4), "big"))
        yield token, bound_to(number, source.tell() == size)
        number += 1


def reseal(kept: Iterable[tuple[str, BoundTo]]) -> tuple[int, int]:
    """Seal files (path below MEDIA_ROOT) of an older key with the one in use; (renewed, those that do not open)."""
    renewed = broken = 0
    for stored_path, bound_to in kept:
        try:
            renewed += _reseal_file(Path(settings.MEDIA_ROOT) / stored_path, bound_to)
        except FileNotFoundError:
            # Removed meanwhile: refused, fetched, or its time was over.
            continue
        except SealBroken:
            broken += 1
    return renewed, broken


def _reseal_file(path: Path, bound_to: BoundTo) -> bool:
    draft = path.with_suffix(".sealed-again")
    is_renewed = False
    try:
        with path.open("rb") as source, draft.open("wb") as target:
            draft.chmod(0o600)
            for token, aad in tokens(source, path.stat().st_size, bound_to):
                fresh = resealed_bytes(token, aad)
                is_renewed = is_renewed or fresh is not None
                target.write(framed(token if fresh is None else fresh))
        # Whoever reads the old file goes on reading it; one that was removed meanwhile must not come back.
        if is_renewed and path.exists():
            draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
    return is_renewed
