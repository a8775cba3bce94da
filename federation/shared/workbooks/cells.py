"""How a sheet travels from the child process to its parent: columns of text, one frame each.

Plain text cells stay as they are. Anything else starts with one control character that cannot stand in a
text cell (the child replaces control characters), so that a number never passes for text.
Imports nothing of the project: the child loads it by path.
"""

import re
import unicodedata
from dataclasses import dataclass, field

SEPARATOR = "\x1f"
NUMBER, DATE, BOOLEAN, ERROR, UNCALCULATED = "\x01", "\x02", "\x03", "\x04", "\x05"
CellKind = {NUMBER: "number", DATE: "date", BOOLEAN: "boolean", ERROR: "error", UNCALCULATED: "uncalculated"}
Cell = str

_INVISIBLE = re.compile("[\\s\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\u3000*＊:：]")
_BRACKETS = str.maketrans("（）［］【】〔〕", "()[][][]")


def fold_heading(text: str) -> str:
    """A heading as it is compared: without spaces, line breaks, stars and colons, full width made half width."""
    return _INVISIBLE.sub("", unicodedata.normalize("NFKC", str(text))).translate(_BRACKETS).lower()


def shown(cell: Cell) -> str:
    """The cell as a person saw it."""
    return cell[1:] if cell[:1] in CellKind else cell


@dataclass
class ReadSheet:
    """One sheet, or a block of it, as read: `columns` by field name, `rows` the numbers Excel shows beside them."""

    title: str
    heading_row: int
    headings: dict[str, str]
    rows: list[int]
    columns: dict[str, list[Cell]]
    unknown_headings: list[str] = field(default_factory=list)
    notices: list[str] = field(default_factory=list)
    # How many rows the whole sheet seems to have, 0 where its file does not say.
    expected: int = 0

    def __len__(self):
        return len(self.rows)
