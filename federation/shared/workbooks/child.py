"""The process that opens what people upload: run by path, without Django, database or keys.

Standard input: one JSON object (path, fields, limits). Standard output: one JSON line, then the frames it
announces. A crash, a signal or silence is for the parent to explain.
"""

import csv
import datetime
import io
import json
import re
import resource
import sys
from pathlib import Path

# By path and not with -m: importing `federation` would start Celery in every child.
sys.path.insert(0, str(Path(__file__).parent))

from cells import BOOLEAN, DATE, ERROR, NUMBER, SEPARATOR, UNCALCULATED, fold_heading  # noqa: E402
from container import SAVE_AGAIN, Refused, inspect_ole, inspect_xlsx, kind_of, no_table  # noqa: E402

HEADING_ROWS = 40
MAX_COLUMNS = 300
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufffe\uffff]")


def main():
    request = json.loads(sys.stdin.buffer.read())
    _fence(request)
    try:
        head, frames = _read(request)
    except Refused as refusal:
        head, frames = {"refused": str(refusal)}, []
    except MemoryError:
        sys.exit(3)
    encoded = [frame.encode("utf-8", "replace") for frame in frames]
    head["frames"] = [len(frame) for frame in encoded]
    out = sys.stdout.buffer
    out.write(json.dumps(head, ensure_ascii=False).encode("utf-8", "replace") + b"\n")
    for frame in encoded:
        out.write(frame)
    out.flush()


def _fence(request):
    """Limits of memory, processor time, written files and processes, before any byte of the upload is read."""
    memory = request["memory_mb"] * 1024 * 1024
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CPU, (request["cpu_seconds"], request["cpu_seconds"] + 1))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _read(request):
    path = Path(request["path"])
    shown = f"“{request['name']}”" if request["name"] else "这个文件"
    kind = kind_of(path, shown)
    if kind == "csv":
        rows = _csv_rows(path, shown)
        if max(map(len, rows[:HEADING_ROWS]), default=0) < min(3, len(request["fields"])):
            raise Refused(no_table(shown, "普通的文字文件，没有分成列"))
        return _pick([(request["name"] or path.stem, rows)], request, {})
    parts = {}
    if kind == "xls":
        inspect_ole(path, shown)
    else:
        parts = inspect_xlsx(path)
    return _pick(_workbook_sheets(path), request, parts, path if kind == "xlsx" else None)


def _workbook_sheets(path):
    """(title, rows) of each visible worksheet; rows start at Excel's row 1."""
    import python_calamine as calamine

    try:
        book = calamine.CalamineWorkbook.from_path(str(path))
        visible = [
            sheet.name
            for sheet in book.sheets_metadata
            if sheet.visible == calamine.SheetVisibleEnum.Visible and sheet.typ == calamine.SheetTypeEnum.WorkSheet
        ]
        if not visible:
            raise Refused("工作簿里没有可见的工作表。请取消隐藏后另存，再上传。")
        for name in visible:
            sheet = book.get_sheet_by_name(name)
            if sheet.total_width > MAX_COLUMNS and sheet.total_height > 1:
                raise Refused(f"工作表“{name}”有 {sheet.total_width} 列，超过 {MAX_COLUMNS} 列。请删去多余的列。")
            yield name, sheet.to_python(skip_empty_area=False), sheet.merged_cell_ranges or []
    except calamine.PasswordError as error:
        raise Refused("工作簿设了打开密码，读不了。请取消密码后另存，再上传。") from error
    except (calamine.CalamineError, OSError, ValueError) as error:
        raise Refused(f"工作簿的内容已损坏，读不了。{SAVE_AGAIN}") from error
    except BaseException as error:
        # The parser's own panics derive from BaseException; anything else is not ours to hold.
        if type(error).__name__ != "PanicException":
            raise
        raise Refused(f"工作簿的内容已损坏，读不了。{SAVE_AGAIN}") from error


def _csv_rows(path, shown):
    data = path.read_bytes()
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        encodings = ["utf-16"]
    else:
        encodings = ["utf-8-sig", "gb18030"]
    for encoding in encodings:
        try:
            text = data.decode(encoding)
            break
        except UnicodeDecodeError:
            continue
    else:
        raise Refused("文件的文字编码认不出来。请另存为 .xlsx 文件，或另存为 UTF-8 编码的 .csv 文件再上传。")
    if "\0" in text:
        raise Refused(no_table(shown, "另一种程序的文件"))
    first = text[:4096].split("\n", 1)[0]
    delimiter = max(",\t;，", key=first.count)
    csv.field_size_limit(1 << 20)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        rows = list(reader)
    except csv.Error as error:
        raise Refused(
            f"CSV 文件在第 {reader.line_num} 行附近引号不成对，读不了。请另存为 .xlsx 文件再上传。"
        ) from error
    width = max(map(len, rows), default=0)
    if width > MAX_COLUMNS:
        raise Refused(f"CSV 文件有 {width} 列，超过 {MAX_COLUMNS} 列。请核对分隔符和引号。")
    return [row + [""] * (width - len(row)) for row in rows]


def _pick(sheets, request, parts, path=None):
    """The first sheet with known headings, as (head, frames)."""
    known = {fold_heading(name): field for field, names in request["fields"].items() for name in names}
    titles = []
    for entry in sheets:
        title, rows, merged = entry if len(entry) == 3 else (*entry, [])
        titles.append(title)
        place = _heading_row(rows, known)
        if place is not None:
            return _encode(title, rows, merged, place, known, request, parts, path)
    wanted = "、".join(names[0] for names in list(request["fields"].values())[:8])
    looked = "、".join(titles[:5])
    where = f"“{looked}”" if looked == request["name"] else f"工作表“{looked}”"
    raise Refused(f"在{where}的前 {HEADING_ROWS} 行里没有找到表头。表头应有：{wanted}等。请使用下载的模板。")


def _heading_row(rows, known):
    """The row with the most known headings among the first rows; at least three, or all there are."""
    best, best_count = None, min(3, len(set(known.values()))) - 1
    for index, row in enumerate(rows[:HEADING_ROWS]):
        count = len({known[folded] for cell in row if cell != "" and (folded := fold_heading(cell)) in known})
        if count > best_count:
            best, best_count = index, count
    return best


def _encode(title, rows, merged, place, known, request, parts, path):
    headings, positions, unknown, doubled = {}, {}, [], []
    for position, cell in enumerate(rows[place]):
        text = str(cell).strip()
        field = known.get(fold_heading(text))
        if not text:
            continue
        if field is None:
            unknown.append(text[:40])
            if request["all_columns"]:
                positions[f"?{position}"], headings[f"?{position}"] = position, text.replace("\n", "")
        elif field in positions:
            doubled.append(f"第 {positions[field] + 1} 列“{headings[field]}”和第 {position + 1} 列“{text}”")
        else:
            positions[field], headings[field] = position, text.replace("\n", "")
    if doubled:
        raise Refused(f"第 {place + 1} 行表头有重复：{'；'.join(doubled)}是同一项。请删去一列。")
    _fill_merged(rows, merged, place, set(positions.values()))
    notices = []
    if path is not None:
        _mark_cells(path, title, rows, parts, set(positions.values()), notices)
    numbers = list(range(place + 2, len(rows) + 1))
    body = rows[place + 1 :]
    columns = list(zip(*body, strict=True)) if body else [()] * len(rows[place])
    picked = {field: columns[position] for field, position in positions.items()}
    known_columns = [column for field, column in picked.items() if not field.startswith("?")]
    keep = [any(cell != "" for cell in row) for row in zip(*known_columns, strict=True)]
    if not all(keep):
        picked = {
            field: [cell for cell, kept in zip(column, keep, strict=True) if kept] for field, column in picked.items()
        }
        numbers = [number for number, kept in zip(numbers, keep, strict=True) if kept]
    if len(numbers) > request["max_rows"]:
        raise Refused(f"表里有 {len(numbers):,} 行，超过 {request['max_rows']:,} 行的上限。请按乡镇分成几个文件上传。")
    head = {
        "title": title,
        "heading_row": place + 1,
        "headings": headings,
        "unknown_headings": unknown[:50],
        "notices": notices,
        "row_count": len(numbers),
        "fields": list(picked),
        "peak_kb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss,
    }
    return head, [SEPARATOR.join(map(str, numbers)), *(_column_text(column) for column in picked.values())]


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


def _fill_merged(rows, merged, place, positions):
    """A township merged over the rows of its people counts for each of them, as it does to the eye."""
    for (top, left), (bottom, right) in merged:
        if top <= place or bottom >= len(rows) or left != right or left not in positions:
            continue
        for index in range(top + 1, bottom + 1):
            rows[index][left] = rows[top][left]


def _mark_cells(path, title, rows, parts, positions, notices):
    """Mark what the parser drops silently: error values and formulas that were never calculated."""
    from parts import troubled_cells, worksheet_part

    name = worksheet_part(path, title)
    part = parts.get(name)
    if part is None:
        return
    if part.hidden_rows:
        sample = "、".join(str(number) for number in part.hidden_rows[:5])
        notices.append(f"有 {len(part.hidden_rows)} 行是隐藏的（如第 {sample} 行），也一并读入。")
    if part.has_hidden_columns:
        notices.append("有隐藏的列，也一并读入。")
    if not (part.has_error or part.has_formula):
        return
    for row, column, mark, text in troubled_cells(path, name):
        if column in positions and row < len(rows) and column < len(rows[row]):
            rows[row][column] = (ERROR if mark == "error" else UNCALCULATED) + text


if __name__ == "__main__":
    main()
