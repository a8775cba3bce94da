"""Reads an uploaded workbook through the child process. The parent never parses a byte of it."""

import contextlib
import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from federation.shared.children import Answers, ChildFailed, asked
from federation.shared.workbooks.cells import SEPARATOR, ReadSheet

CHILD = Path(__file__).with_name("child.py")
# Both limits grow with the size of the upload: a small file that needs much is no roster. 10,000 people of 0.8 MB need
# 60 MB, 30,000 of 2.4 MB twice that; the process itself 35.
MEMORY_MB = 120
CPU_SECONDS = 20
USUAL_BYTES = 4 * 1024 * 1024
MEMORY_MB_A_MEGABYTE = 60
CPU_SECONDS_A_MEGABYTE = 3
LARGEST_MEMORY_MB = 2560
LARGEST_CPU_SECONDS = 120

TOO_COSTLY = (
    "文件太大或太复杂，读取时超出了内存或时间的限制，已停止。"
    "请删去多余的图片、格式和空白行列，只留名册，另存为新的 .xlsx 文件再上传。"
)


class WorkbookRefused(Exception):
    """The workbook was not read; the message is the sentence for the person who sent it."""


def read_sheet(path: Path, fields: Mapping[str, Sequence[str]], **limits) -> ReadSheet:
    """The first sheet of `path` whose headings name the `fields`, as a whole; see read_blocks."""
    with contextlib.closing(read_blocks(path, fields, **limits)) as blocks:
        whole = next(blocks)
        for block in blocks:
            whole.rows += block.rows
            for name, cells in block.columns.items():
                whole.columns[name] += cells
    return whole


def read_blocks(
    path: Path,
    fields: Mapping[str, Sequence[str]],
    *,
    max_rows: int,
    all_columns: bool = False,
    name: str = "",
    memory_mb: int | None = None,
    cpu_seconds: int | None = None,
    child: Path = CHILD,
) -> Iterator[ReadSheet]:
    """The first sheet of `path` whose headings name the `fields` (field → heading and its synonyms), in blocks of rows.

    At least one block, which may have no row. `all_columns` brings the columns with other headings as well, named
    "?" and their number. `name` is what the sender called the file, for the sentences. To be closed where it is left
    before its end. Raises WorkbookRefused with a sentence that says what is wrong and what to do; perhaps only after
    some blocks, which then are not to be used.
    """
    size = path.stat().st_size
    more = max(0, size - USUAL_BYTES) // (1024 * 1024)
    request = {
        "path": str(path.resolve()),
        "fields": {name: list(headings) for name, headings in fields.items()},
        "max_rows": max_rows,
        "all_columns": all_columns,
        "name": name,
        "memory_mb": memory_mb or min(LARGEST_MEMORY_MB, MEMORY_MB + size * MEMORY_MB_A_MEGABYTE // (1024 * 1024)),
        "cpu_seconds": cpu_seconds or min(LARGEST_CPU_SECONDS, CPU_SECONDS + more * CPU_SECONDS_A_MEGABYTE),
    }
    with asked(child, request) as running:
        answers = _Refusals(running)
        head, _ = answers.message()
        told = False
        while True:
            message, frames = answers.message()
            if "end" in message:
                break
            yield _block(head, message["rows"], frames)
            told = True
        if not told:
            yield _block(head, 0, [])


def _block(head: dict, count: int, frames: list[bytes]) -> ReadSheet:
    columns: list[list[str]] = [[] for _ in range(len(head["fields"]) + 1)]
    if count:
        columns = [str(frame, "utf-8").split(SEPARATOR) for frame in frames]
    if len(columns) != len(head["fields"]) + 1 or any(len(column) != count for column in columns):
        raise WorkbookRefused(TOO_COSTLY)
    return ReadSheet(
        title=head["title"],
        heading_row=head["heading_row"],
        headings=head["headings"],
        rows=[int(number) for number in columns[0]],
        columns=dict(zip(head["fields"], columns[1:], strict=True)),
        unknown_headings=head["unknown_headings"],
        notices=head["notices"],
        expected=head["expected"],
    )


class _Refusals:
    """The messages of the child; what it refuses, and what it cannot say, is a WorkbookRefused."""

    def __init__(self, answers: Answers):
        self.answers = answers

    def message(self) -> tuple[dict, list[bytes]]:
        try:
            message = json.loads(self.answers.line())
            if "refused" in message:
                raise WorkbookRefused(message["refused"])
            return message, [self.answers.take(size) for size in message["frames"]]
        except (ChildFailed, ValueError, TypeError, KeyError) as error:
            raise WorkbookRefused(TOO_COSTLY) from error
