"""The whole hostile corpus: what the tests send through the course, by name, and the classes that each file shows.

The classes are those a reader of the office's uploads has to stand: container, grid, heading, value, and files that
are no workbook. The tests of photos and scans send a corpus of their own (tests/ledgers/hostile_scans.py).
"""

from tests.ledgers.hostile_scans import HOSTILE as SCANS
from tests.rosters import hostile
from tests.rosters.people import person, roster_file
from tests.rosters.test_forgiving import ACCEPTED, VALUES
from tests.rosters.test_hostile_cells import WRONG
from tests.rosters.test_hostile_containers import REFUSED
from tests.rosters.test_hostile_count import CELLS_MORE, NAMES, REFUSED_MORE
from tests.rosters.test_hostile_values import (
    READ,
    UNDERSTOOD,
    WRONG_LETTERS,
    renamed,
    understood_file,
    wrong_day_of_1904,
)


def _way_of_writing(name: str):
    heading, write, *_ = VALUES[name]
    row = person(0)
    return lambda: roster_file([row | {heading: write(row[heading])}])


def _twice(first, second):
    return lambda: roster_file([first, second])


ON_FILE = {
    "the same person twice": _twice(person(0), person(0, 现住址="别处")),
    "the certificate of another": _twice(person(0), person(1, 残疾人证号=person(0)["残疾人证号"])),
    "village of the neighbours": lambda: roster_file([person(0, 乡镇="郭城驿镇")]),
    "the rows in another order": lambda: roster_file([person(n) for n in range(5)][::-1]),
    "the birth date of 1904": hostile.dates_of_1904,
    "a day of the other calendar": wrong_day_of_1904,
}
# Sent by tests of their own, beside the tables.
BY_THEMSELVES = {
    "rich text in cells": hostile.rich_inline,
    "rich text in shared texts": hostile.rich_shared,
    "a cell that cannot exist": lambda: hostile.impossible_cell("XFE1"),
    "a required heading nearly right": lambda: renamed("身份证号", "身份证好"),
}


def files() -> dict:
    """{name: bytes, or what makes them} of every workbook, table or other file that the tests send as a roster."""
    made: dict = {}
    groups = [
        ACCEPTED,
        ON_FILE,
        BY_THEMSELVES,
        {name: _way_of_writing(name) for name in VALUES},
        {name: (lambda name=name: understood_file(name)) for name in UNDERSTOOD},
        *({name: file for name, (file, *_) in group.items()}
          for group in (WRONG, CELLS_MORE, WRONG_LETTERS, REFUSED, REFUSED_MORE, READ)),
    ]  # fmt: skip
    for group in groups:
        doubled = made.keys() & group.keys()
        if doubled:
            raise ValueError(f"two files of one name: {doubled}")
        made |= group
    return made


def names_of_uploads() -> tuple[str, ...]:
    return NAMES


def scans() -> dict[str, bytes]:
    return {fault: data for fault, _, data, _ in SCANS}
