"""Rows between the check and the confirmation: sealed blocks of some thousand rows, never plain in the database."""

import json
from collections.abc import Iterator

from django.db import transaction

from federation.shared.models.rosters import RosterImport, StagedBlock
from federation.shared.rosters.table import WRONG, CellError, RosterTable
from federation.shared.sealed import SealBroken
from federation.shared.sealed_blobs import resealed_bytes, seal_bytes, unseal_bytes

BLOCK_ROWS = 5000


def _aad(roster_import: RosterImport, content: str, number: int) -> bytes:
    return f"shared.stagedblock|{roster_import.uid}|{content}|{number}".encode()


def _block(roster_import, content, number, data, **more) -> StagedBlock:
    plain = json.dumps(data, ensure_ascii=False, separators=(",", ":")).encode()
    payload = seal_bytes(plain, _aad(roster_import, content, number))
    return StagedBlock(roster_import=roster_import, content=content, number=number, payload=payload, **more)


def content_of(block: StagedBlock, roster_import: RosterImport):
    """What a block holds. Raises SealBroken where it was tampered with."""
    return json.loads(unseal_bytes(block.payload, _aad(roster_import, block.content, block.number)))


def row_blocks(roster_import: RosterImport, table: RosterTable):
    """The rows of `table` that are not wrong, in blocks; each is sealed as it is asked for."""
    kept = [index for index, outcome in enumerate(table.outcomes) if outcome != WRONG]
    everything = len(kept) == len(table)
    for number, start in enumerate(range(0, len(kept), BLOCK_ROWS)):
        indexes = kept[start : start + BLOCK_ROWS]

        def part(column, start=start, indexes=indexes):
            return column[start : start + BLOCK_ROWS] if everything else [column[index] for index in indexes]

        outcomes = "".join(part(table.outcomes))
        data = {
            "rows": part(table.rows),
            "outcomes": outcomes,
            "values": {name: part(column) for name, column in table.values.items()},
            "places": part(table.places),
            "changes": part(table.changes),
        }
        yield _block(
            roster_import,
            StagedBlock.Content.ROWS,
            number,
            data,
            first_row=data["rows"][0],
            rows=len(indexes),
            counts={outcome: outcomes.count(outcome) for outcome in set(outcomes)},
        )


def error_blocks(roster_import: RosterImport, errors: list[CellError]):
    for number, start in enumerate(range(0, len(errors), BLOCK_ROWS)):
        part = errors[start : start + BLOCK_ROWS]
        data = [[error.row, error.heading, error.sentence] for error in part]
        yield _block(roster_import, StagedBlock.Content.ERRORS, number, data, first_row=part[0].row, rows=len(part))


def written_block(roster_import: RosterImport, number: int, data: dict) -> StagedBlock:
    return _block(roster_import, StagedBlock.Content.WRITTEN, number, data)


def blocks_of(roster_import: RosterImport, content: str):
    return StagedBlock.objects.filter(roster_import=roster_import, content=content).order_by("number")


def table_of(block: StagedBlock, roster_import: RosterImport, columns) -> RosterTable:
    """A block of rows as the table it was cut from."""
    data = content_of(block, roster_import)
    return RosterTable(
        columns=list(columns),
        rows=data["rows"],
        values=data["values"],
        outcomes=list(data["outcomes"]),
        places=data["places"],
        changes=data["changes"],
    )


def tables_of(roster_import: RosterImport, roster) -> Iterator[RosterTable]:
    """The staged rows as tables to be written one after the other: a block each, or all as one."""
    blocks = blocks_of(roster_import, StagedBlock.Content.ROWS).iterator(chunk_size=1)
    tables = (table_of(block, roster_import, roster.columns) for block in blocks)
    if roster.in_blocks:
        yield from tables
    elif (whole := next(tables, None)) is not None:
        for table in tables:
            whole.append(table)
        yield whole


def errors_of(roster_import: RosterImport) -> list[CellError]:
    """Every error of the import, in the order of the file."""
    blocks = blocks_of(roster_import, StagedBlock.Content.ERRORS)
    return [CellError(*error) for block in blocks for error in content_of(block, roster_import)]


def forget_rows(roster_import: RosterImport, pks: set[int]) -> int:
    """Take these stored rows out of what an undo would put back, and drop what was read from the file.

    For a person whose data is erased; the other rows of the import can still be taken back. Gives the number of
    blocks that were removed or written anew.
    """
    blocks = StagedBlock.objects.filter(roster_import=roster_import)
    touched = blocks.exclude(content=StagedBlock.Content.WRITTEN).delete()[0]
    for block in blocks.filter(content=StagedBlock.Content.WRITTEN):
        data = content_of(block, roster_import)
        kept = [row for row in data["changed"] if row[0] not in pks]
        if len(kept) < len(data["changed"]):
            fresh = written_block(roster_import, block.number, data | {"changed": kept})
            block.payload = fresh.payload
            block.save(update_fields=["payload"])
            touched += 1
    return touched


def reseal_blocks() -> tuple[int, int]:
    """Seal the blocks of an older key with the one in use, one a transaction; (renewed, those that do not open)."""
    renewed = broken = 0
    for pk in list(StagedBlock.objects.order_by("pk").values_list("pk", flat=True)):
        with transaction.atomic():
            # A confirmed or refused import may have cleared its blocks meanwhile.
            blocks = StagedBlock.objects.select_for_update(of=("self",)).select_related("roster_import")
            block = blocks.filter(pk=pk).first()
            if block is None:
                continue
            try:
                fresh = resealed_bytes(bytes(block.payload), _aad(block.roster_import, block.content, block.number))
            except SealBroken:
                broken += 1
                continue
            if fresh is not None:
                block.payload = fresh
                block.save(update_fields=["payload"])
                renewed += 1
    return renewed, broken
