"""Folders for what must lie open on the disk for a moment: our own, readable by nobody else, and swept.

A process that is killed cannot remove what it wrote. The system's folder for such files keeps it for weeks, with the
numbers of everybody in an uploaded list; here it goes within the hour or so in which nobody can still be reading it.
"""

import contextlib
import shutil
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from django.conf import settings

LEFT_OVER_AFTER = 3600


@contextlib.contextmanager
def private_folder(prefix: str) -> Iterator[Path]:
    """An empty folder that is gone afterwards."""
    with tempfile.TemporaryDirectory(prefix=prefix, dir=settings.FILE_UPLOAD_TEMP_DIR) as folder:
        yield Path(folder)


def remove_left_over() -> int:
    """Remove what killed processes left behind; gives how many folders and files."""
    before = time.time() - LEFT_OVER_AFTER
    removed = 0
    for path in Path(settings.FILE_UPLOAD_TEMP_DIR).iterdir():
        # Another worker may sweep at the same moment.
        with contextlib.suppress(FileNotFoundError):
            if path.lstat().st_mtime >= before:
                continue
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path)
            else:
                path.unlink()
            removed += 1
    return removed
