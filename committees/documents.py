"""Paper of subsidies: the signature sheet (签领表), a page of A4 after the other, one block a township."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from itertools import groupby

from committees.models import SubsidyBatch, SubsidyLine
from federation.shared.money import in_words
from orgs.models import Level, Organisation

ROWS_A_PAGE = 20
ZERO = Decimal("0.00")
_TOWNSHIP = Organisation.steplen


@dataclass
class SheetRow:
    """One person: what all lines of the batch come to."""

    number: int
    name: str
    body: str
    role: str
    months: int
    due: Decimal
    changed: Decimal
    paid: Decimal
    remark: str


@dataclass
class SheetPage:
    """One sheet of paper. `total` and `in_words` stand on the last page of a block."""

    body: str
    rows: list[SheetRow]
    number: int
    of: int
    subtotal: Decimal
    total: Decimal | None = None
    people: int = 0

    @property
    def in_words(self) -> str:
        return in_words(self.total)

    @property
    def is_last(self) -> bool:
        return self.total is not None


def signature_pages(batch: SubsidyBatch, lines: Iterable[SubsidyLine]) -> list[SheetPage]:
    """The pages of a batch's lines (with organisation and worker), blocks in the order of the tree."""
    names = dict(
        Organisation.objects.under(batch.organisation.path)
        .filter(level__lte=Level.TOWNSHIP)
        .values_list("path", "name")
    )
    people = sorted(_people(lines), key=lambda person: (person[0], person[1].name))
    pages: list[SheetPage] = []
    for body, block in groupby(people, key=lambda person: _head(person[0], names)):
        rows = [row for _path, row in block]
        for number, row in enumerate(rows, start=1):
            row.number = number
        pages += _block(names.get(body, batch.organisation.name), rows)
    return pages


def _head(path: str, names: dict[str, str]) -> str:
    """The lowest township or federation at or above `path`."""
    while path and path not in names:
        path = path[:-_TOWNSHIP]
    return path


def _people(lines) -> list[tuple[str, SheetRow]]:
    found: dict[int, tuple[str, SheetRow]] = {}
    for line in lines:
        if line.worker_id not in found:
            row = SheetRow(
                0, line.worker.name, line.organisation.label, line.get_role_display(), 0, ZERO, ZERO, ZERO, ""
            )
            found[line.worker_id] = (line.org_path, row)
        row = found[line.worker_id][1]
        if line.corrects_id is None:
            row.due += line.gross_amount
            row.changed -= line.deducted_amount
            row.months += line.month_count
        else:
            row.changed += line.amount
        row.paid += line.amount
        words = line.get_kind_display() if line.kind != SubsidyLine.Kind.REGULAR else ""
        row.remark = "，".join(filter(None, [row.remark, words, line.reason]))
    return list(found.values())


def _block(body: str, rows: list[SheetRow]) -> list[SheetPage]:
    parts = [rows[start : start + ROWS_A_PAGE] for start in range(0, len(rows), ROWS_A_PAGE)]
    pages = [
        SheetPage(body, part, number, len(parts), sum((row.paid for row in part), ZERO))
        for number, part in enumerate(parts, start=1)
    ]
    pages[-1].total, pages[-1].people = sum((row.paid for row in rows), ZERO), len(rows)
    return pages
