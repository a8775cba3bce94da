"""Reads an uploaded workbook through the child process. The parent never parses a byte of it."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from federation.shared.children import ChildFailed, run_child
from federation.shared.workbooks.cells import SEPARATOR, ReadSheet

CHILD = Path(__file__).with_name("child.py")
MEMORY_MB = 512
CPU_SECONDS = 20
# A file at the limit of rows needs more; both limits grow with the size of the upload, beyond a usual county's.
USUAL_BYTES = 4 * 1024 * 1024
MEMORY_MB_A_MEGABYTE = 80
CPU_SECONDS_A_MEGABYTE = 3
LARGEST_MEMORY_MB = 2560
LARGEST_CPU_SECONDS = 120

TOO_COSTLY = (
    "文件太大或太复杂，读取时超出了内存或时间的限制，已停止。"
    "请删去多余的图片、格式和空白行列，只留名册，另存为新的 .xlsx 文件再上传。"
)


class WorkbookRefused(Exception):
    """The workbook was not read; the message is the sentence for the person who sent it."""


def read_sheet(
    path: Path,
    fields: Mapping[str, Sequence[str]],
    *,
    max_rows: int,
    all_columns: bool = False,
    name: str = "",
    memory_mb: int | None = None,
    cpu_seconds: int | None = None,
    child: Path = CHILD,
) -> ReadSheet:
    """The first sheet of `path` whose headings name the `fields` (field → heading and its synonyms).

    `all_columns` brings the columns with other headings as well, named "?" and their number.
    `name` is what the sender called the file, for the sentences.
    Raises WorkbookRefused with a sentence that says what is wrong and what to do.
    """
    more = max(0, path.stat().st_size - USUAL_BYTES) // (1024 * 1024)
    request = {
        "path": str(path.resolve()),
        "fields": {name: list(headings) for name, headings in fields.items()},
        "max_rows": max_rows,
        "all_columns": all_columns,
        "name": name,
        "memory_mb": memory_mb or min(LARGEST_MEMORY_MB, MEMORY_MB + more * MEMORY_MB_A_MEGABYTE),
        "cpu_seconds": cpu_seconds or min(LARGEST_CPU_SECONDS, CPU_SECONDS + more * CPU_SECONDS_A_MEGABYTE),
    }
    answer = _run(child, request)
    line, _, body = answer.partition(b"\n")
    try:
        head = json.loads(line)
    except ValueError as error:
        raise WorkbookRefused(TOO_COSTLY) from error
    if "refused" in head:
        raise WorkbookRefused(head["refused"])
    return _sheet(head, memoryview(body))


def _run(child: Path, request: dict) -> bytes:
    try:
        return run_child(child, request)
    except ChildFailed as error:
        raise WorkbookRefused(TOO_COSTLY) from error


def _sheet(head: dict, body: memoryview) -> ReadSheet:
    frames, start = [], 0
    for size in head["frames"]:
        frames.append(str(body[start : start + size], "utf-8"))
        start += size
    count = head["row_count"]
    split = [frame.split(SEPARATOR) if count else [] for frame in frames]
    if any(len(column) != count for column in split):
        raise WorkbookRefused(TOO_COSTLY)
    return ReadSheet(
        title=head["title"],
        heading_row=head["heading_row"],
        headings=head["headings"],
        rows=[int(number) for number in split[0]],
        columns=dict(zip(head["fields"], split[1:], strict=True)),
        unknown_headings=head["unknown_headings"],
        notices=head["notices"],
    )
