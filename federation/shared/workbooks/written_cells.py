"""How values become cells: neutral, escaped, as the kind of their column wants.

Rows go through in blocks. In most blocks every value of a column is plain, which is asked of all of them joined
together; their cells then come out of one pattern a row. A column with anything else in it is written cell by cell.
"""

import datetime
import itertools
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from decimal import Decimal

MAX_CELL = 32_767
BLOCK = 400
DANGEROUS = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")
# Index of each kind's cell format in styles.xml.
STYLES = {"text": 1, "number": 2, "money": 3, "percent": 4, "date": 5, "moment": 9}

_ILLEGAL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_SPECIAL = re.compile("[&<>\x00-\x1f\ud800-\udfff\ufffe\uffff_]|^\\s|\\s$")
_ESCAPED = re.compile("_(?=x[0-9A-Fa-f]{4}_)")
_EPOCH = datetime.date(1899, 12, 30).toordinal()
_BETWEEN = "|"
# What keeps a column from being written as it stands, looked for in its values joined by _BETWEEN.
_NOT_PLAIN = ("&", "<", ">", "_x", "_X", "| ", " |", *(f"{_BETWEEN}{mark}" for mark in DANGEROUS if mark.isprintable()))
_NO_TEXT = ' t="inlineStr"><is><t></t></is></c>'


def neutral(text: str) -> str:
    """`text`, led by an apostrophe where a program could run it as a formula."""
    return "'" + text if text.startswith(DANGEROUS) else text


def legal(text: str) -> str:
    """`text` cut to what a cell holds, without the characters that no file may carry."""
    text = _ILLEGAL.sub("\ufffd", text[:MAX_CELL])
    if len(text) * 2 > MAX_CELL and not text.isascii():
        # Spreadsheets count units of UTF-16, of which a rare character takes two.
        text = text.encode("utf-16-le")[: 2 * MAX_CELL].decode("utf-16-le", "ignore")
    return text


def blocks(rows: Iterable[Sequence]) -> Iterator[list[Sequence]]:
    rows = iter(rows)
    while block := list(itertools.islice(rows, BLOCK)):
        yield block


def texts_of(values: Sequence) -> Sequence[str]:
    if set(map(type, values)) == {str}:
        return values
    return ["" if value is None else value if type(value) is str else str(value) for value in values]


def are_plain(texts: Sequence[str]) -> bool:
    """Whether none of them needs escaping, neutralising or cutting."""
    joined = f"{_BETWEEN}{_BETWEEN.join(texts)}{_BETWEEN}"
    return len(joined) < MAX_CELL and joined.isprintable() and not any(mark in joined for mark in _NOT_PLAIN)


# --- sheet XML --------------------------------------------------------------------------------------


def escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def text_cell(reference: str, style: int, text: str) -> str:
    text = neutral(text)
    if not _SPECIAL.search(text) and 2 * len(text) <= MAX_CELL:
        return f'<c r="{reference}" s="{style}" t="inlineStr"><is><t>{text}</t></is></c>'
    text = escaped(_ESCAPED.sub("_x005F_", legal(text))).replace("\r", "&#13;")
    return f'<c r="{reference}" s="{style}" t="inlineStr"><is><t xml:space="preserve">{text}</t></is></c>'


def _cell_writer(kind: str, letter: str) -> Callable[[str, object], str]:
    """What gives the cell of any value at all in a column of this kind."""
    style = STYLES[kind]

    def as_text(place, value):
        return text_cell(letter + place, style, value if type(value) is str else str(value))

    def as_number(place, value):
        if isinstance(value, (int, Decimal)) and not isinstance(value, bool):
            return f'<c r="{letter}{place}" s="{style}"><v>{value}</v></c>'
        return as_text(place, value)

    def as_date(place, value):
        if isinstance(value, datetime.date) and value.year > 1900:
            return f'<c r="{letter}{place}" s="{style}"><v>{value.toordinal() - _EPOCH}</v></c>'
        return as_text(place, value)

    def as_moment(place, value):
        if isinstance(value, datetime.datetime) and value.year > 1900:
            return f'<c r="{letter}{place}" s="{style}"><v>{_serial(value)}</v></c>'
        return as_text(place, value)

    return {"text": as_text, "date": as_date, "moment": as_moment}.get(kind, as_number)


def _serial(moment: datetime.datetime) -> str:
    """Days since the epoch of spreadsheets, to the second. `moment` is the local time, without a zone."""
    seconds = moment.hour * 3600 + moment.minute * 60 + moment.second
    return f"{moment.toordinal() - _EPOCH + Decimal(seconds) / 86_400:.8f}"


def _plain_texts(values) -> Sequence[str] | None:
    texts = texts_of(values)
    return texts if are_plain(texts) else None


def _plain_numbers(values) -> Sequence[str] | None:
    if all(type(value) is int or type(value) is Decimal or value is None or value == "" for value in values):
        return texts_of(values)
    return None


def _plain_moments(values) -> list[str] | None:
    if all(value is None or (type(value) is datetime.datetime and value.year > 1900) for value in values):
        return [_serial(value) if value else "" for value in values]
    return None


def _plain_dates(values) -> list[str] | None:
    if all(value is None or value == "" or (type(value) is datetime.date and value.year > 1900) for value in values):
        return [str(value.toordinal() - _EPOCH) if value else "" for value in values]
    return None


class SheetRows:
    """The rows of a sheet as XML, block by block."""

    def __init__(self, kinds: Sequence[str], letters: Sequence[str]):
        self._columns = []
        for kind, letter in zip(kinds, letters, strict=True):
            inner = 't="inlineStr"><is><t>%s</t></is>' if kind == "text" else "><v>%s</v>"
            cell = f'<c r="{letter}#" s="{STYLES[kind]}"{" " if kind == "text" else ""}{inner}</c>'
            plain = {"text": _plain_texts, "date": _plain_dates, "moment": _plain_moments}.get(kind, _plain_numbers)
            empty = f'<c r="{letter}#" s="{STYLES[kind]}"></c>'
            self._columns.append((plain, cell, empty, _cell_writer(kind, letter)))

    def xml(self, block: list[Sequence], first: int) -> str:
        """The rows of `block`, of which the first has the number `first`."""
        places = [str(number) for number in range(first, first + len(block))]
        columns, pattern, has_gaps = [places], [], False
        for (plain, cell, empty, write), values in zip(self._columns, zip(*block, strict=True), strict=True):
            texts = plain(values)
            if texts is None:
                cell = "%s"
                texts = [
                    write(place, value) if value is not None and value != "" else ""
                    for place, value in zip(places, values, strict=True)
                ]
            elif not all(texts):
                has_gaps = True
                if not any(texts):
                    pattern.append(empty)
                    continue
            columns.append(texts)
            pattern.append(cell)
        row = f'<row r="%s">{"".join(pattern)}</row>'
        rows = [
            row.replace("#", place) % values for place, values in zip(places, zip(*columns, strict=True), strict=True)
        ]
        xml = "".join(rows)
        # An empty cell keeps its format and holds nothing.
        return xml.replace(_NO_TEXT, "></c>").replace("<v></v>", "") if has_gaps else xml
