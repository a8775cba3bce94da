"""The same tables as text: UTF-8 with its mark, so that a spreadsheet shows the Chinese; neutral as in a workbook."""

import csv
import datetime
import io
import re

from federation.shared.workbooks.writer import Sheet
from federation.shared.workbooks.written_cells import are_plain, blocks, legal, neutral, texts_of

# A spreadsheet that opens text takes these for numbers and loses their last digits, or the noughts before them.
_NUMBER_TO_KEEP = re.compile(r"(?:0\d+|\d{12,})\Z")
_ANY_NUMBER_TO_KEEP = re.compile(r"\|(?:0\d|\d{12})")


def write_csv_into(file, sheet: Sheet, *, watermark: str = ""):
    """Write `sheet` to `file`, block by block: watermark, lines above, headings, rows."""
    file.write(b"\xef\xbb\xbf")
    head = [[line] for line in (watermark, *sheet.above) if line]
    file.write(_lines([[_cell(text) for text in row] for row in [*head, [c.heading for c in sheet.columns]]]))
    for block in blocks(sheet.rows):
        columns = [
            _column(values, column.kind) for values, column in zip(zip(*block, strict=True), sheet.columns, strict=True)
        ]
        file.write(_lines(zip(*columns, strict=True)))
        sheet.written += len(block)


def _lines(rows) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text).writerows(rows)
    return text.getvalue().encode()


def _column(values, kind: str) -> list[str]:
    if kind == "date":
        return [value.isoformat() if isinstance(value, datetime.date) else _cell(value) for value in values]
    if kind == "moment":
        return [f"{value:%Y-%m-%d %H:%M:%S}" if isinstance(value, datetime.date) else _cell(value) for value in values]
    if kind == "text":
        texts = texts_of(values)
        if are_plain(texts) and not _ANY_NUMBER_TO_KEEP.search("|".join(["", *texts])):
            return texts
        return [_cell(text) for text in texts]
    # An amount below nought is a number, no formula.
    return [
        _cell(value) if isinstance(value, str) else text for value, text in zip(values, texts_of(values), strict=True)
    ]


def _cell(value) -> str:
    if not value:
        return ""
    text = legal(neutral(str(value)))
    return "'" + text if _NUMBER_TO_KEEP.match(text) else text
