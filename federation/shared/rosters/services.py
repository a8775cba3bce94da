"""The course of an import: received → checked → confirmed → perhaps undone. Each step is one transaction."""

import contextlib
import difflib
import uuid

from django.db import transaction
from django.utils import timezone

from federation.shared import audit
from federation.shared.models.rosters import RosterImport, StagedBlock
from federation.shared.rosters import staging, uploads
from federation.shared.rosters.places_held import held_in_place
from federation.shared.rosters.registry import roster_of
from federation.shared.rosters.resource import PreviewOutdated, RosterRefused, TakenIn
from federation.shared.rosters.synonyms import PASSED_OVER
from federation.shared.rosters.table import CHANGED, NEW, TRANSFER, UNCHANGED, WRONG, normal_table
from federation.shared.workbooks.cells import fold_heading

State = RosterImport.State
# Each of them takes some statements of its own.
AT_ONCE_LIMIT = 500


def receive(*, kind: str, file_name: str, chunks, mode: str, organisation, by) -> RosterImport:
    """Keep an upload for checking. Raises RosterRefused where the file is too large."""
    roster_import = RosterImport(
        uid=uuid.uuid4(),
        kind=kind,
        file_name=_plain_name(file_name),
        mode=mode,
        organisation=organisation,
        created_by=by,
    )
    uploads.keep_file(roster_import, chunks)
    with transaction.atomic():
        roster_import.save()
        audit.record(
            "rosters.import.uploaded",
            actor=by,
            target=roster_import,
            details={"kind": kind, "sha256": roster_import.sha256, "size": roster_import.size, "mode": mode},
        )
    return roster_import


def _plain_name(file_name: str) -> str:
    """The name as shown: without a path, control characters or more than a line of it."""
    last = file_name.replace("\\", "/").rpartition("/")[2]
    return "".join(char for char in last if char.isprintable())[-120:] or "名册"


def read_and_check(roster_import: RosterImport, *, by, told=lambda done, total: None):
    """The checked table of an upload. Writes nothing. Raises RosterRefused where the file as a whole is wrong."""
    roster = roster_of(roster_import.kind)
    with contextlib.closing(uploads.read_upload(roster_import, roster)) as blocks:
        sheet = next(blocks)
        unknown = _unknown_headings(sheet.unknown_headings, roster, set(sheet.columns))
        roster.check_headings(set(sheet.columns), unknown)
        expected = max(sheet.expected - sheet.heading_row, len(sheet))
        report = {
            "sheet": sheet.title,
            "heading_row": sheet.heading_row,
            "headings": sheet.headings,
            "unknown": unknown,
        }
        if not len(sheet):
            raise RosterRefused(f"工作表“{sheet.title}”的表头下面没有数据。请填好后再上传。")
        told(0, expected)
        # Reading the cells is half of the work, comparing with what is stored the other half.
        table = normal_table(sheet, blocks, roster.columns, lambda done: told(min(done, expected) // 2, expected))
    count = len(table)
    places = roster.places_of(roster_import, by)
    roster.check(table, places)
    told(count // 2, count)
    roster.compare(table, places)
    told(count * 9 // 10, count)
    table.errors.sort(key=lambda error: error.row)
    report["notices"] = table.notices
    report["error_count"] = len(table.errors)
    report["within"] = roster.count_within(table)
    return table, report


def _unknown_headings(unknown: list[str], roster, present: set[str]) -> list[list[str]]:
    """[heading as written, known heading it resembles or ""] of the columns that were left out."""
    absent = {fold_heading(name): column.heading for column in roster.columns if column.field not in present
              for name in column.names}  # fmt: skip
    result = []
    for heading in unknown:
        if fold_heading(heading) in PASSED_OVER:
            continue
        near = difflib.get_close_matches(fold_heading(heading), absent, n=1, cutoff=0.6)
        result.append([heading, absent[near[0]] if near else ""])
    return result


def keep_checked(roster_import: RosterImport, table, report: dict):
    """Stage a checked table; what an earlier check staged is replaced."""
    StagedBlock.objects.filter(roster_import=roster_import).delete()
    for block in staging.row_blocks(roster_import, table):
        block.save(force_insert=True)
    for block in staging.error_blocks(roster_import, table.errors):
        block.save(force_insert=True)
    _set_counts(roster_import, table.counts())
    roster_import.row_count = len(table)
    roster_import.report = report
    if roster_import.state == State.REFUSED:
        roster_import.refusal = ""
    roster_import.state = State.CHECKED
    roster_import.save()


def _set_counts(roster_import, counts):
    roster_import.new_count = counts[NEW]
    roster_import.changed_count = counts[CHANGED]
    roster_import.unchanged_count = counts[UNCHANGED]
    roster_import.wrong_count = counts[WRONG]
    roster_import.transfer_count = counts[TRANSFER]


def refuse(roster_import: RosterImport, sentence: str):
    """The file is not taken; nothing of it is kept but the sentence."""
    StagedBlock.objects.filter(roster_import=roster_import).delete()
    roster_import.state = State.REFUSED
    roster_import.refusal = sentence[:500]
    roster_import.save(update_fields=["state", "refusal", "updated_at"])


def write_confirmed(roster_import: RosterImport, *, by, take_in: bool = False, told=lambda done: None):
    """Write the staged rows, inside the caller's transaction: all of them, or none by its exception.

    With `take_in` the importer has said that people registered elsewhere in the own area come along.
    Every table is compared once more under lock with what is stored. Raises PreviewOutdated where the result
    differs from the preview the importer confirmed.
    """
    roster = roster_of(roster_import.kind)
    places = roster.places_of(roster_import, by)
    # Before any row is written: people are locked household by household, as a transfer does it.
    taken = ask_for_rows(roster_import, rows=None, at_once=True, others=False, by=by) if take_in else TakenIn()
    done = 0
    for number, table in enumerate(staging.tables_of(roster_import, roster)):
        with held_in_place(table, places):
            if not roster.is_still_current(table, places):
                raise PreviewOutdated
            written = roster.write(table, places, roster_import=roster_import, by=by)
        staging.written_block(roster_import, number, written).save(force_insert=True)
        done += len(table)
        told(done)
    roster_import.state = State.DONE
    roster_import.confirmed_at = timezone.now()
    if take_in:
        roster_import.report["taken_in"] = taken.moved
    roster_import.save(update_fields=["state", "confirmed_at", "report", "updated_at"])
    details = _counts_of(roster_import) | ({"taken_in": taken.moved} if take_in else {})
    audit.record("rosters.import.confirmed", actor=by, target=roster_import, details=details)


def _transfer_rows(table) -> list[int]:
    return [index for index, outcome in enumerate(table.outcomes) if outcome == TRANSFER]


def ask_for_rows(
    roster_import: RosterImport, *, rows: set[int] | None, at_once: bool, by, others: bool = True
) -> TakenIn:
    """Ask that people of the preview who are registered elsewhere pass over: those of `rows`, or all (None).

    `at_once`: those of the own area pass at once, without waiting for the other body. Without `others`, no more
    than that. Raises RosterRefused where `by` may not.
    """
    roster = roster_of(roster_import.kind)
    if not roster.asks_for_people or not roster.may_ask(roster_import, by, at_once=at_once):
        raise RosterRefused("您没有办理转入的权限。请由有残疾人登记权限的同志办理。")
    if at_once and roster_import.report.get("within", 0) > AT_ONCE_LIMIT:
        raise RosterRefused(f"直接转入一次最多 {AT_ONCE_LIMIT} 人。请按村（社区）分成几个文件，或逐个申请转入。")
    places = roster.places_of(roster_import, by)
    outcome = TakenIn()
    with transaction.atomic():
        for table in staging.tables_of(roster_import, roster):
            chosen = [index for index in _transfer_rows(table) if rows is None or table.rows[index] in rows]
            if chosen:
                more = roster.ask_for(
                    table, chosen, places, by=by, source=roster_import.file_name, at_once=at_once, others=others
                )
                outcome += more
    return outcome


def _counts_of(roster_import) -> dict:
    return {
        "kind": roster_import.kind,
        "sha256": roster_import.sha256,
        "rows": roster_import.row_count,
        "new": roster_import.new_count,
        "changed": roster_import.changed_count,
        "unchanged": roster_import.unchanged_count,
        "wrong": roster_import.wrong_count,
        "transfer": roster_import.transfer_count,
    }


def take_back(roster_import: RosterImport, *, by):
    """Undo a written import as a whole, inside the caller's transaction. Raises RosterRefused where it cannot be."""
    roster = roster_of(roster_import.kind)
    blocks = staging.blocks_of(roster_import, StagedBlock.Content.WRITTEN)
    written = [staging.content_of(block, roster_import) for block in blocks]
    created = roster.created_rows(written, roster_import=roster_import)
    roster.undo(written, roster_import=roster_import, by=by)
    StagedBlock.objects.filter(roster_import=roster_import, content=StagedBlock.Content.WRITTEN).delete()
    roster_import.state = State.UNDONE
    roster_import.undone_at = timezone.now()
    roster_import.save(update_fields=["state", "undone_at", "updated_at"])
    # A deleted row leaves no history: this entry says which ones the import had made and who took them back.
    removed = {label: {"count": len(pks), "ids": _runs(pks)} for label, pks in created.items() if pks}
    details = _counts_of(roster_import) | {"removed": removed}
    audit.record("rosters.import.undone", actor=by, target=roster_import, details=details)


def _runs(pks: list[int]) -> list[list[int]]:
    """[first, last] of each run of numbers without a gap: a roster's rows are inserted one after the other."""
    runs: list[list[int]] = []
    for pk in sorted(pks):
        if runs and runs[-1][1] == pk - 1:
            runs[-1][1] = pk
        else:
            runs.append([pk, pk])
    return runs
