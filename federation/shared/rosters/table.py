"""A roster while it is checked: normal values in columns, an outcome and the errors of each row."""

import itertools
import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from federation.shared import normalise
from federation.shared.normalise import NotNormal
from federation.shared.rosters.columns import RosterColumn
from federation.shared.rosters.packed import PackedTexts
from federation.shared.workbooks import ReadSheet
from federation.shared.workbooks.cells import shown

NEW, CHANGED, UNCHANGED, WRONG, TRANSFER = "n", "c", "u", "w", "t"
OUTCOMES = {NEW: "新增", CHANGED: "有变化", UNCHANGED: "无变化", WRONG: "有错误", TRANSFER: "在别处登记"}
# How the template marks its sample row.
SAMPLE = "示例："
_TOTALS = {"合计", "总计", "小计", "共计", "累计"}
_TOTAL_WORD = re.compile("[合总小共累][ \u3000]*计")


@dataclass(frozen=True)
class CellError:
    """What is wrong with one cell: Excel's row number, the heading, and what to do."""

    row: int
    heading: str
    sentence: str

    def __str__(self):
        return f"第 {self.row} 行“{self.heading}”：{self.sentence}"


@dataclass
class RosterTable:
    """`values[field][i]` belongs to Excel's row `rows[i]`; "" where the cell is empty or was refused."""

    columns: list[RosterColumn]
    rows: list[int]
    values: dict[str, Sequence[str]]
    outcomes: list[str] = field(default_factory=list)
    errors: list[CellError] = field(default_factory=list)
    notices: list[str] = field(default_factory=list)
    # What the kind worked out for each row: a body, the stored record, what would change.
    places: list = field(default_factory=list)
    targets: list = field(default_factory=list)
    changes: list = field(default_factory=list)

    def __post_init__(self):
        count = len(self.rows)
        self.outcomes = self.outcomes or [NEW] * count
        self.places = self.places or [None] * count
        self.targets = self.targets or [None] * count
        self.changes = self.changes or [None] * count
        self._headings = {column.field: column.heading for column in self.columns}

    def __len__(self):
        return len(self.rows)

    def add_rows(self, rows: list[int]):
        """Further rows of the file; their values are for the caller to add."""
        self.rows += rows
        self.outcomes += [NEW] * len(rows)
        for beside in (self.places, self.targets, self.changes):
            beside += [None] * len(rows)

    def append(self, other: "RosterTable"):
        """The rows of another block of the same file behind these."""
        for name, column in other.values.items():
            self.values[name] += column
        for mine, more in zip(self._columns_beside(), other._columns_beside(), strict=True):
            mine += more

    def _columns_beside(self) -> tuple[list, ...]:
        return self.rows, self.outcomes, self.places, self.targets, self.changes

    def has(self, name: str) -> bool:
        return name in self.values

    def column(self, name: str) -> Sequence[str]:
        """The values of a column, empty ones where the file does not have it."""
        return self.values.get(name) or [""] * len(self.rows)

    def refuse(self, index: int, name: str, sentence: str):
        """The row is wrong because of its cell in column `name`."""
        self.errors.append(CellError(self.rows[index], self._headings.get(name, name), sentence))
        self.outcomes[index] = WRONG

    def is_wrong(self, index: int) -> bool:
        return self.outcomes[index] == WRONG

    def counts(self) -> Counter:
        return Counter(self.outcomes)


def normal_table(
    first: ReadSheet,
    others: Iterable[ReadSheet],
    columns: Iterable[RosterColumn],
    told: Callable[[int], None] = lambda done: None,
) -> RosterTable:
    """The blocks of a sheet with every cell made normal; each refused cell is an error of its row, all at once.

    A block is given up as soon as it was read: of a large sheet only what is kept lies in memory.
    """
    columns = list(columns)
    present = [column for column in columns if column.field in first.columns]
    readers = [_CellReader(column) for column in present]
    left_out: tuple[list[int], list[int]] = ([], [])
    values = {column.field: PackedTexts() for column in present}
    table = RosterTable(columns=columns, rows=[], values=values, notices=list(first.notices))
    for block in itertools.chain([first], others):
        rows, cells = _without_extras(block, present, left_out)
        start = len(table)
        table.add_rows(rows)
        for reader in readers:
            reader.read_into(table, start, cells.pop(reader.column.field))
        told(len(table))
    del readers
    # What was remembered of the days and numbers of this file is of no use to the next.
    normalise.forget()
    _tell_left_out(table.notices, left_out)
    _check_required(table)
    return table


class _CellReader:
    """Reads the cells of one column, each distinct one once; most columns hold few distinct ones."""

    # A column that goes on bringing new ones, such as numbers, is not worth remembering.
    KNOWN_AT_MOST = 20_000
    MOSTLY_NEW = 0.85

    def __init__(self, column: RosterColumn):
        self.column = column
        self.known: dict[str, str] = {}
        self.refused: dict[str, str] = {}

    def read_into(self, table: RosterTable, start: int, cells: list[str]):
        known, refused, read = self.known, self.refused, self.column.read
        fresh = set(cells).difference(known)
        for cell in fresh:
            try:
                value = read(cell)
                # What is normal already is one text with its key.
                known[cell] = cell if value == cell else value
            except NotNormal as error:
                known[cell] = ""
                refused[cell] = str(error)
        if refused:
            for index, cell in enumerate(cells, start):
                if cell in refused:
                    table.refuse(index, self.column.field, refused[cell])
        table.values[self.column.field] += [known[cell] for cell in cells]
        if len(known) > self.KNOWN_AT_MOST and len(fresh) > self.MOSTLY_NEW * len(cells):
            self.known, self.refused = {}, {}


def _check_required(table: RosterTable):
    already = {(error.row, error.heading) for error in table.errors}
    for column in table.columns:
        if not column.required:
            continue
        values = table.values.get(column.field)
        if values is None or all(values):
            continue
        for index, value in enumerate(values):
            if not value and (table.rows[index], column.heading) not in already:
                table.refuse(index, column.field, "没有填写。这一项必须填。")


def _without_extras(sheet: ReadSheet, present: list[RosterColumn], left_out: tuple[list[int], list[int]]):
    """The block without its rows of totals and samples, whose numbers are added to `left_out`."""
    required = [sheet.columns[column.field] for column in present if column.required]
    samples = {index for cells in required for index, cell in enumerate(cells) if cell.startswith(SAMPLE)}
    totals = set()
    for column in present:
        cells = sheet.columns[column.field]
        if not _TOTAL_WORD.search("\n".join(set(cells))):
            continue
        for index, cell in enumerate(cells):
            if cell.replace(" ", "").replace("\u3000", "") not in _TOTALS:
                continue
            # Where a row of totals is filled in what every person must have, it is with its numbers.
            others = [shown(other[index]) for other in required if other is not cells]
            if all(not other or (other.isdigit() and len(other) < 8) for other in others):
                totals.add(index)
    for kept, indexes in zip(left_out, (totals, samples), strict=True):
        kept += [sheet.rows[index] for index in sorted(indexes)]
    gone = samples | totals
    cells, rows = dict(sheet.columns), sheet.rows
    # The raw cells are needed once; whoever holds the sheet does not keep them in memory.
    sheet.columns.clear()
    if gone:
        rows = [row for index, row in enumerate(rows) if index not in gone]
        cells = {
            name: [cell for index, cell in enumerate(column) if index not in gone] for name, column in cells.items()
        }
    return rows, cells


def _tell_left_out(notices: list[str], left_out: tuple[list[int], list[int]]):
    for rows, word in zip(left_out, ("合计行", "示例行"), strict=True):
        if rows:
            notices.append(f"第 {'、'.join(map(str, rows[:5]))} 行是{word}，没有读入。")


def find_doubles(table: RosterTable, name: str):
    """Refuse all rows that share a value in column `name`: the file does not say which of them is right."""
    values = table.column(name)
    seen: set[str] = set()
    places: dict[str, list[int]] = {}
    for value in values:
        if value in seen:
            places[value] = []
        elif value:
            seen.add(value)
    if not places:
        return
    for index, value in enumerate(values):
        if value in places:
            places[value].append(index)
    for indexes in places.values():
        for index in indexes:
            others = "、".join(str(table.rows[other]) for other in indexes[:4] if other != index)
            table.refuse(index, name, f"与第 {others} 行重复。请核对，只留正确的一行。")
