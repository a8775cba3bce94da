"""A roster while it is checked: normal values in columns, an outcome and the errors of each row."""

import re
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from federation.shared.normalise import NotNormal
from federation.shared.rosters.columns import RosterColumn
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
    values: dict[str, list[str]]
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

    def column(self, name: str) -> list[str]:
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
    sheet: ReadSheet, columns: Iterable[RosterColumn], told: Callable[[int], None] = lambda done: None
) -> RosterTable:
    """`sheet` with every cell made normal; each refused cell is an error of its row, all of them at once."""
    columns = list(columns)
    present = [column for column in columns if column.field in sheet.columns]
    notices = list(sheet.notices)
    rows, cells = _without_extras(sheet, present, notices)
    table = RosterTable(columns=columns, rows=rows, values={}, notices=notices)
    for number, column in enumerate(present, 1):
        table.values[column.field] = _normal_column(table, column, cells.pop(column.field))
        told(len(rows) * number // (len(present) + 1))
    _check_required(table)
    return table


def _normal_column(table: RosterTable, column: RosterColumn, cells: list[str]) -> list[str]:
    """Each distinct cell is read once; most columns hold few distinct ones."""
    known, refused = {}, {}
    for cell in set(cells):
        try:
            known[cell] = column.read(cell)
        except NotNormal as error:
            known[cell] = ""
            refused[cell] = str(error)
    if refused:
        for index, cell in enumerate(cells):
            if cell in refused:
                table.refuse(index, column.field, refused[cell])
    return [known[cell] for cell in cells]


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


def _without_extras(sheet: ReadSheet, present: list[RosterColumn], notices: list[str]):
    """The sheet without its rows of totals and samples, which are named in a notice."""
    required = [sheet.columns[column.field] for column in present if column.required]
    samples = {index for cells in required for index, cell in enumerate(cells) if cell.startswith(SAMPLE)}
    left_out = []
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
                left_out.append(index)
    for indexes, word in ((sorted(set(left_out)), "合计行"), (sorted(samples), "示例行")):
        if indexes:
            numbers = "、".join(str(sheet.rows[index]) for index in indexes[:5])
            notices.append(f"第 {numbers} 行是{word}，没有读入。")
    gone = samples.union(left_out)
    cells = dict(sheet.columns)
    # The raw cells are needed once; whoever holds the sheet does not keep them in memory.
    sheet.columns.clear()
    if not gone:
        return list(sheet.rows), cells
    rows = [row for index, row in enumerate(sheet.rows) if index not in gone]
    cells = {name: [cell for index, cell in enumerate(column) if index not in gone] for name, column in cells.items()}
    return rows, cells


def find_doubles(table: RosterTable, name: str):
    """Refuse all rows that share a value in column `name`: the file does not say which of them is right."""
    values = table.values.get(name)
    if values is None or len(set(values)) == len(values):
        return
    places: dict[str, list[int]] = {}
    for index, value in enumerate(values):
        if value:
            places.setdefault(value, []).append(index)
    for indexes in places.values():
        for index in indexes if len(indexes) > 1 else ():
            others = "、".join(str(table.rows[other]) for other in indexes[:4] if other != index)
            table.refuse(index, name, f"与第 {others} 行重复。请核对，只留正确的一行。")
