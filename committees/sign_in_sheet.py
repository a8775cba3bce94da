"""The sheet on which people sign that they came (签到表): A4 pages, a column to sign for each day."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from committees.models import TrainingAttendance, TrainingSession

ROWS_A_PAGE = 20
# More days than this are signed for once.
MOST_COLUMNS = 5


@dataclass
class SignRow:
    number: int
    name: str
    body: str
    post: str


@dataclass
class SignPage:
    rows: list[SignRow]
    number: int
    of: int
    columns: list[str]


def sign_columns(session: TrainingSession) -> list[str]:
    """Headings of the columns to sign in: the days, or one for all where there are too many."""
    days = (session.ends_on - session.starts_on).days + 1
    if days == 1 or days > MOST_COLUMNS:
        return ["签到"]
    first = session.starts_on.toordinal()
    return [f"{day.month} 月 {day.day} 日签到" for day in map(date.fromordinal, range(first, first + days))]


def sign_pages(session: TrainingSession, attendances: Iterable[TrainingAttendance]) -> list[SignPage]:
    """The pages of those registered, each with `place` (its body and the one above), worker and tenure."""
    rows = [
        SignRow(number, each.worker.name, each.place, each.tenure.get_post_display())
        for number, each in enumerate(attendances, start=1)
    ]
    parts = [rows[start : start + ROWS_A_PAGE] for start in range(0, len(rows), ROWS_A_PAGE)]
    columns = sign_columns(session)
    return [SignPage(part, number, len(parts), columns) for number, part in enumerate(parts, start=1)]
