"""Rosters: workbooks that become rows, by one course for every kind.

A kind is a RosterResource in an app's `resources.py`: its columns, how its rows are checked, compared and
written. Everything else (upload, reading, preview, error workbook, confirmation, undo, pages) is here, once.
"""

from federation.shared.rosters.columns import RosterColumn
from federation.shared.rosters.registry import all_rosters, register, roster_of

__all__ = ["RosterColumn", "all_rosters", "register", "roster_of"]
