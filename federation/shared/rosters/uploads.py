"""The uploaded file: kept sealed under MEDIA_ROOT, opened for the child process only."""

import contextlib
import hashlib
import tempfile
from collections.abc import Iterable
from pathlib import Path

from django.conf import settings

from federation.shared.models.rosters import RosterImport
from federation.shared.rosters.resource import RosterRefused
from federation.shared.sealed_blobs import seal_bytes, unseal_bytes
from federation.shared.workbooks import ReadSheet, WorkbookRefused, read_sheet

FOLDER = "rosters"


def _aad(roster_import: RosterImport) -> bytes:
    return f"shared.rosterimport|file|{roster_import.uid}".encode()


def keep_file(roster_import: RosterImport, chunks: Iterable[bytes]):
    """Store the upload and note its size and digest. Raises RosterRefused over the size limit."""
    data = bytearray()
    for chunk in chunks:
        data += chunk
        if len(data) > settings.ROSTER_MAX_BYTES:
            limit = settings.ROSTER_MAX_BYTES // (1024 * 1024)
            raise RosterRefused(f"文件超过 {limit} MB 的上限。请删去图片和多余的表，或按乡镇分成几个文件上传。")
    roster_import.size = len(data)
    roster_import.sha256 = hashlib.sha256(data).hexdigest()
    roster_import.stored_path = f"{FOLDER}/{roster_import.uid}.sealed"
    path = Path(settings.MEDIA_ROOT) / roster_import.stored_path
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    path.write_bytes(seal_bytes(bytes(data), _aad(roster_import)))
    path.chmod(0o600)


def remove_file(roster_import: RosterImport):
    (Path(settings.MEDIA_ROOT) / roster_import.stored_path).unlink(missing_ok=True)


@contextlib.contextmanager
def opened_file(roster_import: RosterImport):
    """The upload as a plain file in a private folder that is gone afterwards."""
    sealed = Path(settings.MEDIA_ROOT) / roster_import.stored_path
    try:
        data = unseal_bytes(sealed.read_bytes(), _aad(roster_import))
    except OSError as error:
        raise RosterRefused("上传的文件已不在服务器上。请重新上传。") from error
    with tempfile.TemporaryDirectory(prefix="roster-") as folder:
        path = Path(folder) / "upload"
        path.write_bytes(data)
        yield path


def read_upload(roster_import: RosterImport, roster, *, all_columns=False) -> ReadSheet:
    """The sheet of the upload that carries the roster. Raises RosterRefused with the sentence."""
    try:
        with opened_file(roster_import) as path:
            return read_sheet(path, roster.headings(), max_rows=settings.ROSTER_MAX_ROWS, all_columns=all_columns)
    except WorkbookRefused as refusal:
        raise RosterRefused(str(refusal)) from refusal
