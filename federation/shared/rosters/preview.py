"""What the import page shows: some rows of one outcome, numbers masked, changes in words."""

from dataclasses import dataclass

from federation.shared.models.rosters import RosterImport, StagedBlock
from federation.shared.rosters import staging
from federation.shared.rosters.columns import RosterColumn
from federation.shared.rosters.table import CHANGED, NEW, OUTCOMES, TRANSFER, UNCHANGED, RosterTable
from federation.shared.sealed import MASKS, mask
from federation.shared.tables import Column

PAGE_ROWS = 50
ERRORS_SHOWN = 200
SHOWN_COLUMNS = 8
SLUGS = {"new": NEW, "changed": CHANGED, "unchanged": UNCHANGED, "transfer": TRANSFER}


@dataclass
class PreviewPage:
    """Rows of one outcome for ui/table.html, and its links for ui/pagination.html."""

    slug: str
    caption: str
    columns: list
    rows: list
    empty_text: str
    number: int
    last: int
    total: int

    @property
    def summary(self) -> str:
        return f"共 {self.total:,} 行，第 {self.number}/{self.last} 页"

    def _url(self, number: int) -> str:
        return f"?show={self.slug}&page={number}#rows"

    @property
    def previous_url(self) -> str:
        return self._url(self.number - 1) if self.number > 1 else ""

    @property
    def next_url(self) -> str:
        return self._url(self.number + 1) if self.number < self.last else ""


def shown_value(column: RosterColumn, value: str) -> str:
    """A value as the page shows it: numbers that identify a person masked, dictionary values in words."""
    if not value:
        return ""
    if column.sealed:
        return mask(value, *MASKS[column.sealed])
    if column.say is not None:
        return column.say(value)
    return column.dictionary.word(value) if column.dictionary else value


def page_of(roster_import: RosterImport, roster, slug: str, number: int) -> PreviewPage:
    """Page `number` (from 1) of the rows whose outcome `slug` names; an unknown slug shows the first with rows."""
    counts = {
        "new": roster_import.new_count,
        "changed": roster_import.changed_count,
        "unchanged": roster_import.unchanged_count,
        "transfer": roster_import.transfer_count,
    }
    if slug not in SLUGS:
        slug = next((name for name in ("changed", "transfer", "new", "unchanged") if counts[name]), "new")
    total = counts[slug]
    last = max(1, -(-total // PAGE_ROWS))
    number = min(max(number, 1), last)
    outcome = SLUGS[slug]
    picked = _rows_between(roster_import, roster, outcome, (number - 1) * PAGE_ROWS, number * PAGE_ROWS)
    present = _shown_columns(roster, picked)
    shows_changes = outcome in (CHANGED, TRANSFER)
    headings = ["行号", *(column.heading for column in present), *(["变化"] if shows_changes else [])]
    columns = [Column(f"c{place}", heading) for place, heading in enumerate(headings)]
    rows = [_row(table, index, present, roster, shows_changes, headings) for table, index in picked]
    return PreviewPage(
        slug=slug,
        caption=f"{OUTCOMES[outcome]}的行",
        columns=columns,
        rows=rows,
        empty_text="内容已按规定期限删除，只保留数目。" if total else f"没有{OUTCOMES[outcome]}的行。",
        number=number,
        last=last,
        total=total,
    )


def _shown_columns(roster, picked) -> list[RosterColumn]:
    names = set().union(*(table.values for table, _ in picked)) if picked else set()
    return [column for column in roster.columns if column.field in names][:SHOWN_COLUMNS]


def _row(table: RosterTable, index: int, present, roster, shows_changes: bool, headings) -> dict:
    values = [str(table.rows[index])]
    values += [shown_value(column, table.values[column.field][index]) for column in present]
    if shows_changes:
        words = change_words(roster, table.changes[index] or {})
        values.append("；".join(f"{label}：{old or '（空）'} → {new or '（空）'}" for label, old, new in words))
    return {
        "object": None,
        "cells": [{"heading": heading, "value": value} for heading, value in zip(headings, values, strict=True)],
    }


def change_words(roster, changes: dict) -> list[tuple[str, str, str]]:
    """(heading, old, new) of each changed value, as a person reads it."""
    by_field = {column.field: column for column in roster.columns}
    result = []
    for name, (old, new) in changes.items():
        column = by_field.get(name)
        if column is not None:
            was, becomes = shown_value(column, old), shown_value(column, new)
            if was == becomes:
                becomes += "（遮盖的几位有变化）"
            result.append((column.heading, was, becomes))
        else:
            result.append(("登记机构" if name == "organisation" else name, old, new))
    return result


def _rows_between(roster_import, roster, outcome: str, first: int, last: int) -> list[tuple[RosterTable, int]]:
    """(table, index) of the rows number `first` to `last` of an outcome; only the blocks that hold them are opened."""
    picked, seen = [], 0
    blocks = staging.blocks_of(roster_import, StagedBlock.Content.ROWS)
    for pk, counts in blocks.values_list("pk", "counts"):
        here = counts.get(outcome, 0)
        if seen + here > first and seen < last:
            table = staging.table_of(StagedBlock.objects.get(pk=pk), roster_import, roster.columns)
            indexes = [index for index, given in enumerate(table.outcomes) if given == outcome]
            picked += [(table, index) for index in indexes[max(0, first - seen) : last - seen]]
        seen += here
    return picked


def problems_of(roster_import: RosterImport) -> list[dict]:
    """The first errors as ui/upload_result.html shows them: where, what is wrong, what to do."""
    problems = []
    for block in staging.blocks_of(roster_import, StagedBlock.Content.ERRORS):
        for row, heading, sentence in staging.content_of(block, roster_import):
            message, _, cure = sentence.partition("。")
            problems.append({"row": row, "column": heading, "message": message, "cure": cure})
            if len(problems) == ERRORS_SHOWN:
                return problems
    return problems
