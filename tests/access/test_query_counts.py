"""The number of queries of a page does not grow with its rows: every address that is read, at 10 and at 100 rows of
each model. A new page is covered by being in the URLconf (and in tests/access/targets.py, which the matrix demands).

That the rows reach the lists is shown by a planted fault: with a query a row, every list must be caught.
"""

from contextlib import nullcontext
from dataclasses import dataclass

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from federation.shared.tables import Table
from tests.access.conftest import kept_for_a_module, rolled_back
from tests.access.growth import grow, reading
from tests.access.rows import owned_models

pytestmark = [pytest.mark.django_db, pytest.mark.timeout(900)]

FEW, MANY = 10, 100
PLANTED = "SELECT 'planted'"
# Tables whose rows do not become more with those of the database.
FIXED = {
    "role-table": "what roles may do",
    "style-book": "invented rows",
}
# Pages that hold everybody know the total and count nothing: so many statements more where they do not.
COUNTED_BEYOND_A_PAGE = {"person-list": 1}


@dataclass
class Measured:
    """Statements of every page at FEW and at MANY rows, as it is and with the fault planted."""

    made: dict
    few: dict
    many: dict
    few_planted: dict
    many_planted: dict


@pytest.fixture(scope="module")
def measured(grid, django_db_blocker):
    # A login is marked as alive once a minute, and some things are remembered for a while: here no time passes.
    with kept_for_a_module(django_db_blocker), time_machine.travel(timezone.now(), tick=False):
        grow(grid, FEW, 0)
        pages = list(reading(grid))
        few, few_planted = counted(pages), counted(pages, QueryForEveryRow)
        made = grow(grid, MANY - FEW, FEW)
        tables = [each for each in pages if PLANTED in few_planted[each[0].name]]
        yield Measured(made, few, counted(pages), few_planted, counted(tables, QueryForEveryRow))


class QueryForEveryRow:
    """The fault: every table asks the database once for itself and once for each of its rows."""

    def __enter__(self):
        self.original = original = Table.__init__

        def planted(table, caption, columns, rows, *args, **more):
            rows = list(rows)
            for _each in (None, *rows):
                with connection.cursor() as cursor:
                    cursor.execute(PLANTED)
            original(table, caption, columns, rows, *args, **more)

        Table.__init__ = planted

    def __exit__(self, *_exception):
        Table.__init__ = self.original


def counted(pages, fault=nullcontext) -> dict[str, list[str]]:
    with fault():
        return {page.name: queries_of(client, address) for page, client, address in pages}


def queries_of(client, address) -> list[str]:
    with rolled_back():
        client.get(address)
    with rolled_back(), CaptureQueriesContext(connection) as queries:
        client.get(address)
    return [query["sql"] for query in queries.captured_queries if not query["sql"].startswith(("SAVEPOINT", "RELEASE"))]


def grown(few: dict, many: dict) -> dict[str, tuple]:
    """{page: (statements at FEW, at MANY, some of the new ones)} of the pages that asked more."""
    return {
        name: (len(few[name]), len(asked), [sql[:150] for sql in asked if sql not in few[name]][:3])
        for name, asked in many.items()
        if len(asked) > len(few[name])
    }


def test_every_model_of_a_body_becomes_more(measured):
    labels = {model._meta.label_lower for model in owned_models()} - {"accounts.assignment", "accounts.apikey"}
    assert {label: measured.made[label] for label in labels if measured.made[label] != MANY - FEW} == {}


def test_no_page_asks_more_of_the_database_at_100_rows_than_at_10(measured):
    assert len(measured.few) > 150
    more = grown(measured.few, measured.many)
    for name, allowed in COUNTED_BEYOND_A_PAGE.items():
        few, many, _statements = more.pop(name)
        assert many == few + allowed, name
    assert not more, "\n".join(f"{name}: {found}" for name, found in sorted(more.items()))


def test_a_query_for_every_row_is_caught_on_every_table(measured):
    """Planted: a list that this finds unchanged shows no more rows at 100 than at 10, and would hide a real one."""
    caught = grown(measured.few_planted, measured.many_planted)
    assert len(measured.many_planted) > 25
    assert set(measured.many_planted) - set(caught) == set(FIXED)
