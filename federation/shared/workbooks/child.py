"""The process that opens what people upload: run by path, without Django, database or keys.

Standard input: one JSON object (path, fields, limits). Standard output: messages, each one JSON line and the frames
it announces: what the sheet is, its rows block by block, and the end. A refusal may come in place of any of them;
a crash, a signal or silence is for the parent to explain.
"""

import datetime
import json
import re
import resource
import sys
from pathlib import Path

# By path and not with -m: importing `federation` would start Celery in every child.
sys.path.insert(0, str(Path(__file__).parent))

from cells import BOOLEAN, DATE, NUMBER, SEPARATOR, fold_heading  # noqa: E402
from container import Refused, inspect_ole, inspect_xlsx, kind_of, no_table  # noqa: E402
from sources import csv_source, workbook_sources  # noqa: E402

HEADING_ROWS = 40
# Rows a message: what the parent holds beside what it keeps.
SENT_ROWS = 2_000
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufffe\uffff]")


def main():
    request = json.loads(sys.stdin.buffer.read())
    _fence(request)
    try:
        for head, frames in _answer(request):
            _send(head, frames)
    except Refused as refusal:
        _send({"refused": str(refusal)}, [])
    except MemoryError:
        sys.exit(3)
    sys.stdout.buffer.flush()


def _send(head, frames):
    encoded = [frame.encode("utf-8", "replace") for frame in frames]
    head["frames"] = [len(frame) for frame in encoded]
    out = sys.stdout.buffer
    out.write(json.dumps(head, ensure_ascii=False).encode("utf-8", "replace") + b"\n")
    for frame in encoded:
        out.write(frame)


def _fence(request):
    """Limits of memory, processor time, written files and processes, before any byte of the upload is read."""
    memory = request["memory_mb"] * 1024 * 1024
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CPU, (request["cpu_seconds"], request["cpu_seconds"] + 1))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _answer(request):
    """The messages about the first sheet with known headings."""
    known = {fold_heading(name): field for field, names in request["fields"].items() for name in names}
    titles = []
    for source in _sources(request):
        titles.append(source.title)
        blocks = iter(source.blocks)
        start, rows = next(blocks, (0, []))
        if start:
            rows = [[]] * min(start, HEADING_ROWS) + rows if start < HEADING_ROWS else []
        place = _heading_row(rows, known)
        if place is not None:
            yield from _Sheet(source, request, known, rows, place).messages(blocks)
            return
    if request["name"].lower().endswith((".xlsx", ".xls")) and kind_of(Path(request["path"]), "") == "csv":
        # Text under the name of a workbook: what it is called counts less than that it is none.
        raise Refused(no_table(f"“{request['name']}”", "没有名册表头的文字，可能已经损坏"))
    wanted = "、".join(names[0] for names in list(request["fields"].values())[:8])
    looked = "、".join(titles[:5])
    where = f"工作表“{looked}”"
    if looked in ("", request["name"]):
        where = f"“{looked}”" if looked else "这个文件"
    raise Refused(f"在{where}的前 {HEADING_ROWS} 行里没有找到表头。表头应有：{wanted}等。请使用下载的模板。")


def _sources(request):
    path = Path(request["path"])
    shown = f"“{request['name']}”" if request["name"] else "这个文件"
    kind = kind_of(path, shown)
    if kind == "csv":
        return [csv_source(path, shown, request["name"], len(request["fields"]))]
    if kind == "xls":
        inspect_ole(path, shown)
        return workbook_sources(path, {})
    return workbook_sources(path, inspect_xlsx(path))


def _heading_row(rows, known):
    """The row with the most known headings among the first rows; at least three, or all there are."""
    best, best_count = None, min(3, len(set(known.values()))) - 1
    for index, row in enumerate(rows[:HEADING_ROWS]):
        count = len({known[folded] for cell in row if cell != "" and (folded := fold_heading(cell)) in known})
        if count > best_count:
            best, best_count = index, count
    return best


class _Sheet:
    """The sheet that is read: which column is which field, and its rows as they go to the parent."""

    def __init__(self, source, request, known, rows, place):
        self.source, self.request, self.place, self.first_rows = source, request, place, rows
        self.headings, self.positions, self.unknown = {}, {}, []
        doubled = []
        for position, cell in enumerate(rows[place]):
            text = str(cell).strip()
            field = known.get(fold_heading(text))
            if not text:
                continue
            if field is None:
                self._note_unknown(position, text)
            elif field in self.positions:
                first = f"第 {self.positions[field] + 1} 列“{self.headings[field]}”"
                doubled.append(f"{first}和第 {position + 1} 列“{text}”")
            else:
                self.positions[field], self.headings[field] = position, text.replace("\n", "")
        if doubled:
            raise Refused(f"第 {place + 1} 行表头有重复：{'；'.join(doubled)}是同一项。请删去一列。")
        read = set(self.positions.values())
        self.merged = [
            (top, bottom, left)
            for (top, left), (bottom, right) in source.merged
            if top > place and left == right and left in read
        ]
        self.over_merged = {}
        self.marks = source.marks()
        self.count = 0

    def _note_unknown(self, position, text):
        self.unknown.append(text[:40])
        if self.request["all_columns"]:
            self.positions[f"?{position}"], self.headings[f"?{position}"] = position, text.replace("\n", "")

    def messages(self, blocks):
        yield self._head(), []
        first = self.place + 1
        yield from self._parts(first, self.first_rows[first:])
        self.first_rows = None
        for start, rows in blocks:
            yield from self._parts(start, rows)
        most = self.request["max_rows"]
        if self.count > most:
            raise Refused(f"表里有 {self.count:,} 行，超过 {most:,} 行的上限。请按乡镇分成几个文件上传。")
        yield {"end": True, "peak_kb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss}, []

    def _head(self):
        return {
            "title": self.source.title,
            "heading_row": self.place + 1,
            "headings": self.headings,
            "unknown_headings": self.unknown[:50],
            "notices": self.source.notices,
            "fields": list(self.positions),
            "expected": self.source.expected,
        }

    def _parts(self, start, rows):
        for first in range(0, len(rows), SENT_ROWS):
            yield from self._block(start + first, rows[first : first + SENT_ROWS])

    def _block(self, start, rows):
        if not rows:
            return
        width = max(max(map(len, rows)), max(self.positions.values()) + 1)
        rows = [row if len(row) == width else [*row, *[""] * (width - len(row))] for row in rows]
        self._fill_merged(start, rows)
        self._mark(start, rows)
        columns = list(zip(*rows, strict=True))
        picked = {field: columns[position] for field, position in self.positions.items()}
        numbers = range(start + 1, start + len(rows) + 1)
        known_columns = [column for field, column in picked.items() if not field.startswith("?")]
        keep = [any(cell != "" for cell in row) for row in zip(*known_columns, strict=True)]
        if not all(keep):
            picked = {
                field: [cell for cell, kept in zip(column, keep, strict=True) if kept]
                for field, column in picked.items()
            }
            numbers = [number for number, kept in zip(numbers, keep, strict=True) if kept]
        self.count += len(numbers)
        # Beyond the limit rows are counted only, for the sentence.
        if numbers and self.count <= self.request["max_rows"]:
            frames = [SEPARATOR.join(map(str, numbers)), *(_column_text(column) for column in picked.values())]
            yield {"rows": len(numbers)}, frames

    def _fill_merged(self, start, rows):
        """A township merged over the rows of its people counts for each of them, as it does to the eye."""
        end = start + len(rows)
        for number, (top, bottom, left) in enumerate(self.merged):
            if top >= end or bottom < start:
                continue
            if top >= start:
                self.over_merged[number] = rows[top - start][left]
            for row in range(max(top + 1, start), min(bottom + 1, end)):
                rows[row - start][left] = self.over_merged.get(number, "")

    def _mark(self, start, rows):
        """Mark what the parser drops silently: error values and formulas that were never calculated."""
        if not self.marks:
            return
        read = set(self.positions.values())
        for index, row in enumerate(rows):
            for column, text in self.marks.get(start + index, ()):
                if column in read:
                    row[column] = text


def _column_text(column):
    if set(map(type, column)) <= {str}:
        text = SEPARATOR.join(column)
        if text.count(SEPARATOR) == len(column) - 1 and not _CONTROL.search(text.replace(SEPARATOR, "")):
            return text
    return SEPARATOR.join(map(_cell_text, column))


def _cell_text(cell):
    kind = type(cell)
    if kind is str:
        return cell if cell[:1] in "\x04\x05" and cell else _CONTROL.sub("\ufffd", cell)
    if kind is float or kind is int:
        return NUMBER + (str(int(cell)) if cell == cell and abs(cell) < 1e21 and cell == int(cell) else repr(cell))
    if kind is datetime.date:
        return DATE + cell.isoformat()
    if kind is datetime.datetime:
        return DATE + (cell.date().isoformat() if cell.time() == datetime.time() else cell.isoformat(" "))
    if kind is bool:
        return BOOLEAN + ("TRUE" if cell else "FALSE")
    return NUMBER + str(cell)


if __name__ == "__main__":
    main()
