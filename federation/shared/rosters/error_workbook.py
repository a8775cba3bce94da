"""The uploaded rows once more with a column 错误: to be corrected and sent again."""

import contextlib
import itertools

from federation.shared.models.rosters import RosterImport
from federation.shared.rosters import staging, uploads
from federation.shared.rosters.columns import RosterColumn
from federation.shared.workbooks import Column, Sheet, Written, write_workbook
from federation.shared.workbooks.cells import NUMBER, shown

HEADING = "错误"


def error_workbook(roster_import: RosterImport, roster) -> Written:
    """All rows of the file with their errors; where correct rows were written, only the wrong ones.

    Read again from the kept upload. Raises RosterRefused where it is gone.
    """
    blocks = uploads.read_upload(roster_import, roster, all_columns=True)
    with contextlib.closing(blocks):
        return _written_with_errors(roster_import, roster, next(blocks), blocks)


def _written_with_errors(roster_import, roster, first, others) -> Written:
    sentences: dict[int, list[str]] = {}
    for error in staging.errors_of(roster_import):
        sentences.setdefault(error.row, []).append(f"{error.heading}：{error.sentence}")
    only_wrong = roster_import.mode == RosterImport.Mode.CORRECT_ROWS
    columns = {column.field: column for column in roster.columns}
    # The column of an earlier round is replaced by the one of this.
    names = [name for name, heading in first.headings.items() if name in columns or heading.strip() != HEADING]
    headings = [Column(HEADING, 60), *(
        Column(first.headings[name], columns[name].width if name in columns else 14) for name in names
    )]  # fmt: skip

    def rows():
        for block in itertools.chain([first], others):
            readers = [(columns.get(name), block.columns[name]) for name in names]
            for index, number in enumerate(block.rows):
                found = sentences.get(number)
                if found or not only_wrong:
                    cells = (_written(column, cells[index]) for column, cells in readers)
                    yield ["\n".join(found) if found else "", *cells]

    return write_workbook([Sheet(roster.title, headings, rows())])


def _written(column: RosterColumn | None, cell: str) -> str:
    if column is not None and column.kind == "identity" and cell[:1] == NUMBER:
        # As text it might pass for a right number: its lost digits are noughts that one check digit in eleven fits.
        return f"{shown(cell)}（数字格式，后几位已丢失，请重填）"
    return shown(cell)
