"""Workbooks in and tables out: the only place that reads what people upload and writes what they download.

Reading happens in a child process (`child.py`, which knows nothing of Django); writing streams sheet XML.
"""

from federation.shared.workbooks.cells import ReadSheet
from federation.shared.workbooks.reader import WorkbookRefused, read_blocks, read_sheet
from federation.shared.workbooks.writer import (
    Column,
    Sheet,
    Written,
    content_response,
    workbook_response,
    write_workbook,
    written_response,
)

__all__ = [
    "Column",
    "ReadSheet",
    "Sheet",
    "WorkbookRefused",
    "Written",
    "content_response",
    "read_blocks",
    "read_sheet",
    "workbook_response",
    "write_workbook",
    "written_response",
]
