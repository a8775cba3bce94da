"""Files that leave the system: kept sealed, fetched once within a day by who asked for them, then gone.

Three steps, for lists and for printed matter alike:

1. A kind says who may have its files: `register_kind(FileKind("ledgers.persons", "persons.view", "persons.reveal"))`.
2. A job writes the file as a stream and hands it over in the transaction that ends its chunk:

       with sealing(export, attempt=ctx.chunk.fence) as file:
           ...                                  # file.write(bytes), or a ZipFile over it: constant memory
           with ctx.committing():
               hand_over(export, file, rows=…)  # READY, for a day

   A file that lies there finished: `file.copy(source)`. Whatever ends before `hand_over` has committed leaves no file
   that anybody can fetch.
3. A view answers `fetch_once(user, pk)`: the file as a response, or Http404. It is an act, so it is a POST.

`ExportFile.format` gives ending and type of the file (see FORMATS). Who may fetch: `may_have`, asked at the fetch.
"""

import contextlib
import datetime
import hashlib
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import BinaryIO

from django.conf import settings
from django.db import transaction
from django.http import Http404, StreamingHttpResponse
from django.utils import timezone
from django.utils.http import content_disposition_header

from federation.shared import audit, sealed_pieces
from federation.shared.models.exports import ExportFile
from federation.shared.sealed_blobs import seal_bytes, unseal_bytes

FOLDER = "exports"
PIECE_BYTES = 1024 * 1024
FETCHED = "exports.fetched"

# Ending of the file → its content type. The names are those of ExportFile.format, and what is printed.
FORMATS = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "csv": "text/csv; charset=utf-8",
    "pdf": "application/pdf",
    "zip": "application/zip",
}


@dataclass(frozen=True)
class FileKind:
    """Who may have the files of one kind: `permission` for all of them, `whole_permission` for whole numbers.

    `take_permission` is what taking them out wants besides, as lists of people do.
    """

    name: str
    permission: str
    whole_permission: str = ""
    take_permission: str = ""


_kinds: dict[str, FileKind] = {}


def register_kind(kind: FileKind) -> FileKind:
    """Make a kind of file known. The same name twice is a mistake, unless it says the same."""
    if _kinds.setdefault(kind.name, kind) != kind:
        raise ValueError(f"export kind {kind.name} is already registered")
    return kind


def may_have(user, export: ExportFile) -> bool:
    """Whether `user` holds, now and over the file's area, everything that its rows need."""
    kind = _kinds.get(export.kind)
    if kind is None:
        return False
    wanted = [ExportFile.view_permission, kind.permission, *filter(None, [kind.take_permission])]
    if export.is_whole:
        wanted.append(kind.whole_permission)
    return user.is_active and all(
        any(export.org_path.startswith(scope.path) and not scope.category for scope in user.scopes(permission))
        for permission in wanted
    )


# --- writing ----------------------------------------------------------------------------------------


class SealedFile:
    """A binary file to write to: sealed piece by piece, with size and digest of what was written."""

    def __init__(self, export: ExportFile, stored_path: str, target: BinaryIO):
        self.stored_path = stored_path
        self.size = 0
        self.is_handed_over = False
        self._export = export
        self._target = target
        self._digest = hashlib.sha256()
        self._buffer = bytearray()
        # All but text is packed already.
        self._level = 1 if export.format == "csv" else 0
        self._number = 0

    @property
    def sha256(self) -> str:
        return self._digest.hexdigest()

    def write(self, data) -> int:
        self._digest.update(data)
        self.size += len(data)
        self._buffer += data
        while len(self._buffer) > PIECE_BYTES:
            self._seal(bytes(self._buffer[:PIECE_BYTES]), is_last=False)
            del self._buffer[:PIECE_BYTES]
        return len(data)

    def copy(self, source: BinaryIO):
        """Write all of `source`, an open file."""
        while piece := source.read(PIECE_BYTES):
            self.write(piece)

    def flush(self):
        """For those who write to any file (zipfile): a piece is sealed when it is full."""

    def finish(self):
        """Seal what is left, onto the disk. Without its last piece a file does not open."""
        self._seal(bytes(self._buffer), is_last=True)
        self._buffer.clear()
        self._target.flush()
        os.fsync(self._target.fileno())

    def _seal(self, piece: bytes, *, is_last: bool):
        token = seal_bytes(piece, _aad(self._export, self._number, is_last), self._level)
        self._target.write(sealed_pieces.framed(token))
        self._number += 1


def _aad(export: ExportFile, number: int, is_last: bool) -> bytes:
    # The number and the mark of the last piece: pieces cannot be swapped, nor the end cut off, unnoticed.
    return f"shared.exportfile|file|{export.uid}|{number}|{int(is_last)}".encode()


@contextlib.contextmanager
def sealing(export: ExportFile, *, attempt: int) -> Iterator[SealedFile]:
    """A file to write `export` to; removed again where it is not handed over.

    `attempt` is the fence of the chunk: a worker that was only asleep writes to a file of its own.
    """
    folder = Path(settings.MEDIA_ROOT) / FOLDER
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    _remove_older_attempts(folder, export, attempt)
    path = folder / f"{export.uid}.{attempt}.sealed"
    file = None
    try:
        with path.open("wb") as target:
            path.chmod(0o600)
            file = SealedFile(export, f"{FOLDER}/{path.name}", target)
            yield file
    finally:
        # The database is asked: only there does it stand whether the transaction that names the file came through.
        if file is None or not file.is_handed_over or not _is_named(file.stored_path):
            path.unlink(missing_ok=True)


def _is_named(stored_path: str) -> bool:
    return ExportFile.objects.filter(stored_path=stored_path).exists()


def _remove_older_attempts(folder: Path, export: ExportFile, attempt: int):
    for path in folder.glob(f"{export.uid}.*.sealed"):
        if int(path.name.split(".")[1]) < attempt:
            path.unlink(missing_ok=True)


def hand_over(export: ExportFile, file: SealedFile, *, rows: int):
    """From now on, and for a day, `export` can be fetched. In the transaction that ends the work on it."""
    file.finish()
    file.is_handed_over = True
    export.state = ExportFile.State.READY
    export.row_count, export.size, export.sha256 = rows, file.size, file.sha256
    export.stored_path = file.stored_path
    export.expires_at = timezone.now() + datetime.timedelta(hours=settings.FEDERATION_EXPORT_HOURS)
    export.save(
        update_fields=["state", "row_count", "size", "sha256", "stored_path", "expires_at", "updated_at"],
    )


# --- reading ----------------------------------------------------------------------------------------


class OpenedFile:
    """The plain bytes of a stored file, piece by piece; closing it removes the file."""

    def __init__(self, export: ExportFile):
        self._path = Path(settings.MEDIA_ROOT) / export.stored_path
        self._source = self._path.open("rb")
        self._pieces = sealed_pieces.tokens(self._source, self._path.stat().st_size, partial(_aad, export))

    def __iter__(self):
        return self

    def __next__(self) -> bytes:
        return unseal_bytes(*next(self._pieces))

    def close(self):
        self._source.close()
        self._path.unlink(missing_ok=True)


def fetch_once(user, pk: int) -> StreamingHttpResponse:
    """The file as a download, at its first asking, by who asked for it and may still have it. Else Http404."""
    with transaction.atomic():
        export = (
            ExportFile.objects.select_for_update(of=("self",))
            .filter(pk=pk, created_by=user, state=ExportFile.State.READY, expires_at__gt=timezone.now())
            .first()
        )
        if export is None or not may_have(user, export):
            raise Http404
        try:
            # Opened before the row says "fetched": where the file is missing, nothing was fetched.
            pieces = OpenedFile(export)
        except FileNotFoundError:
            raise Http404 from None
        export.state, export.fetched_at = ExportFile.State.FETCHED, timezone.now()
        export.save(update_fields=["state", "fetched_at", "updated_at"])
        audit.record(FETCHED, actor=user, target=export, details=facts_of(export))
    return _response(export, pieces)


def facts_of(export: ExportFile) -> dict:
    """What every audit entry about a file says of it."""
    return {
        "kind": export.kind,
        "file_number": file_number(export),
        "format": export.format,
        "whole": export.is_whole,
        "rows": export.row_count,
        "size": export.size,
        "sha256": export.sha256,
    }


def file_number(export: ExportFile) -> str:
    """The number printed in the file, by which a copy that turns up leads back to its row here."""
    return f"{timezone.localtime(export.created_at):%Y%m%d}-{export.pk:06d}"


def _response(export: ExportFile, pieces: OpenedFile) -> StreamingHttpResponse:
    response = StreamingHttpResponse(pieces, content_type=FORMATS[export.format])
    name = re.sub(r'[\\/:*?"<>|\x00-\x1f]', "", export.title) or "下载"
    filename = f"{name}-{file_number(export)}.{export.format}"
    response["Content-Disposition"] = content_disposition_header(as_attachment=True, filename=filename)
    response["Content-Length"] = export.size
    response["Cache-Control"] = "no-store"
    response["Accept-Ranges"] = "none"
    return response


# --- keeping ----------------------------------------------------------------------------------------


def remove_file(export: ExportFile):
    if export.stored_path:
        (Path(settings.MEDIA_ROOT) / export.stored_path).unlink(missing_ok=True)


def expire(rows) -> int:
    """Files nobody fetched in time go; their rows stay and say so. Sweeps up what killed workers left as well."""
    pks = []
    for export in rows.only("stored_path"):
        remove_file(export)
        pks.append(export.pk)
    _remove_strays()
    return ExportFile.objects.filter(pk__in=pks, state=ExportFile.State.READY).update(
        state=ExportFile.State.EXPIRED, updated_at=timezone.now()
    )


def _remove_strays():
    """Files of the folder that nobody can fetch any more: half ones, and those whose download broke off."""
    folder = Path(settings.MEDIA_ROOT) / FOLDER
    named = set(ExportFile.objects.filter(state=ExportFile.State.READY).values_list("stored_path", flat=True))
    before = (timezone.now() - datetime.timedelta(hours=settings.FEDERATION_EXPORT_HOURS)).timestamp()
    for path in folder.glob("*.sealed*"):
        if f"{FOLDER}/{path.name}" not in named and path.stat().st_mtime < before:
            path.unlink(missing_ok=True)


def reseal_files() -> tuple[int, int]:
    """Seal the files of an older key with the one in use; (renewed, those that do not open)."""
    ready = ExportFile.objects.filter(state=ExportFile.State.READY).only("uid", "stored_path").order_by("pk")
    return sealed_pieces.reseal((each.stored_path, partial(_aad, each)) for each in ready)
