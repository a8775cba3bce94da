"""The uploaded file: kept sealed under MEDIA_ROOT, opened for the child process only."""

import contextlib
import hashlib
from collections.abc import Iterable, Iterator
from functools import partial
from pathlib import Path

from django.conf import settings

from federation.shared import sealed_pieces
from federation.shared.models.rosters import RosterImport
from federation.shared.private_temp import private_folder
from federation.shared.rosters.resource import RosterRefused
from federation.shared.rosters.synonyms import headings_of
from federation.shared.sealed import SealBroken
from federation.shared.sealed_blobs import seal_bytes, unseal_bytes
from federation.shared.workbooks import ReadSheet, WorkbookRefused, read_blocks

FOLDER = "rosters"
PIECE_BYTES = 4 * 1024 * 1024


def _aad(roster_import: RosterImport, number: int, is_last: bool) -> bytes:
    # The number and the mark of the last piece: pieces cannot be swapped, nor the end cut off, unnoticed.
    return f"shared.rosterimport|file|{roster_import.uid}|{number}|{int(is_last)}".encode()


def keep_file(roster_import: RosterImport, chunks: Iterable[bytes]):
    """Store the upload in sealed pieces and note its size and digest. Raises RosterRefused over the size limit."""
    roster_import.stored_path = f"{FOLDER}/{roster_import.uid}.sealed"
    path = Path(settings.MEDIA_ROOT) / roster_import.stored_path
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    digest, size = hashlib.sha256(), 0
    try:
        with path.open("wb") as file:
            path.chmod(0o600)
            for number, (piece, is_last) in enumerate(_pieces(chunks)):
                size += len(piece)
                if size > settings.ROSTER_MAX_BYTES:
                    limit = settings.ROSTER_MAX_BYTES // (1024 * 1024)
                    raise RosterRefused(f"文件超过 {limit} MB 的上限。请删去图片和多余的表，或按乡镇分成几个文件上传。")
                digest.update(piece)
                file.write(sealed_pieces.framed(seal_bytes(piece, _aad(roster_import, number, is_last))))
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    roster_import.size, roster_import.sha256 = size, digest.hexdigest()


def _pieces(chunks: Iterable[bytes]) -> Iterator[tuple[bytes, bool]]:
    """(piece, is the last one) of some megabytes each; an empty upload is one empty piece."""
    buffer = b""
    for chunk in chunks:
        buffer += chunk
        while len(buffer) > PIECE_BYTES:
            yield buffer[:PIECE_BYTES], False
            buffer = buffer[PIECE_BYTES:]
    yield buffer, True


def remove_file(roster_import: RosterImport):
    if roster_import.stored_path:
        (Path(settings.MEDIA_ROOT) / roster_import.stored_path).unlink(missing_ok=True)


@contextlib.contextmanager
def opened_file(roster_import: RosterImport):
    """The upload as a plain file in a private folder that is gone afterwards."""
    if not roster_import.stored_path:
        raise RosterRefused("上传的文件保存期已满，已从服务器上删除。需要时请重新上传。")
    sealed = Path(settings.MEDIA_ROOT) / roster_import.stored_path
    with private_folder("roster-") as folder:
        path = folder / "upload"
        try:
            with sealed.open("rb") as source, path.open("wb") as plain:
                _open_pieces(source, sealed.stat().st_size, plain, roster_import)
        except FileNotFoundError as error:
            raise RosterRefused("上传的文件已不在服务器上。请重新上传。") from error
        except SealBroken as error:
            raise RosterRefused("上传的文件在服务器上被改动过，不能读。请重新上传，并告诉系统管理员。") from error
        yield path


def _open_pieces(source, size: int, plain, roster_import: RosterImport):
    for token, aad in sealed_pieces.tokens(source, size, partial(_aad, roster_import)):
        plain.write(unseal_bytes(token, aad))


def reseal_files() -> tuple[int, int]:
    """Seal the kept files of an older key with the one in use; (renewed, those that do not open)."""
    kept = RosterImport.objects.exclude(stored_path="").only("uid", "stored_path").order_by("pk")
    return sealed_pieces.reseal((each.stored_path, partial(_aad, each)) for each in kept)


def read_upload(roster_import: RosterImport, roster, *, all_columns=False) -> Iterator[ReadSheet]:
    """The sheet of the upload that carries the roster, in blocks of rows. Raises RosterRefused with the sentence.

    To be closed where it is left before its end: until then the file lies open in its private folder.
    """
    try:
        with opened_file(roster_import) as path:
            blocks = read_blocks(
                path,
                headings_of(roster),
                max_rows=settings.ROSTER_MAX_ROWS,
                all_columns=all_columns,
                name=roster_import.file_name,
            )
            with contextlib.closing(blocks):
                yield from blocks
    except WorkbookRefused as refusal:
        raise RosterRefused(str(refusal)) from refusal
