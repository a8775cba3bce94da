"""Search by part of a name over all persons: what somebody gets who types it, against LIKE over the plain table.

Both sides do the same work, on both databases: "page" asks how many there are and for the first 51 by name, as the
list of persons does (the list stops counting at some thousands, here it counts them all); "ids" asks who they are.
The default is `name LIKE '%…%'` over the table as it would be without the search: it may use none of the indexes,
which were made for the list. What LIKE takes where it may use them stands beside (`like_by_our_index`).
Whatever is timed, the ids of everybody found are compared with LIKE's, one by one.

The goal holds for names of two characters and more. One character has tens of thousands of hits; its lines tell what
it takes to count them all.
"""

from contextlib import contextmanager

from django.db import connection
from django.db.models import Count, Value

from bench.harness import Figure, timed
from ledgers.models import DisabledPerson
from ledgers.search import name_parts

GOAL = 50
TERMS = ("国华", "玉兰", "王建", "华国", "宁宁", "国建军", "国")
PAGE = 51
TABLE = DisabledPerson._meta.db_table
WAYS_IN = ("enable_indexscan", "enable_indexonlyscan", "enable_bitmapscan")


def run(context):
    rows = DisabledPerson.objects.count()
    for term in TERMS:
        like = [DisabledPerson.objects.filter(name__contains=term)]
        # As the list of a province reads them: names that begin so, and names that hold it further on.
        parts = [part.rows for part in name_parts(DisabledPerson.objects.all(), term)]
        equal = sorted(ids(statements_of_ids(parts))) == sorted(ids(statements_of_ids(like)))
        for what, statements, asked in (("page", statements_of_page, page), ("ids", statements_of_ids, ids)):
            ours = timed(lambda: asked(statements(parts)), times=15, warm=2)  # noqa: B023
            indexed = timed(lambda: asked(statements(like)), times=3, warm=1)  # noqa: B023
            with no_index():
                plain = [unindexed(*each) for each in statements(like)]
                default = timed(lambda: asked(plain), times=3, warm=1)  # noqa: B023
            same = ours.result == default.result if what == "page" else sorted(ours.result) == sorted(default.result)
            judged = len(term) > 1
            yield Figure(
                name="name_search",
                engine=context.engine,
                rows=rows,
                seconds=ours.cpu,
                wall_seconds=ours.wall,
                default_seconds=default.cpu,
                goal=f"results equal to LIKE's, ≥ {GOAL}× LIKE" if judged else "results equal to LIKE's",
                met=equal and same and (default.cpu / ours.cpu >= GOAL or not judged),
                more={
                    "term": term,
                    "what": what,
                    "found": ours.result[0] if what == "page" else len(ours.result),
                    "equal": equal and same,
                    "like_by_our_index": round(indexed.cpu, 4),
                },
            )


def statements_of_page(parts) -> list[tuple]:
    """The total of each part, then its first rows by name."""
    totals = [part.order_by().annotate(every=Value(1)).values("every").annotate(total=Count("pk")) for part in parts]
    firsts = [part.order_by("name", "id").values_list("name", "id")[:PAGE] for part in parts]
    return [each.query.sql_with_params() for each in (*[total.values_list("total") for total in totals], *firsts)]


def statements_of_ids(parts) -> list[tuple]:
    return [part.order_by().values_list("id").query.sql_with_params() for part in parts]


def page(statements) -> tuple[int, list]:
    found = [row for each in statements for row in fetched(*each)]
    return sum(row[0] for row in found if len(row) == 1), sorted(row for row in found if len(row) > 1)[:PAGE]


def ids(statements) -> list[int]:
    return [row[0] for each in statements for row in fetched(*each)]


def fetched(statement, values) -> list:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return cursor.fetchall()


@contextmanager
def no_index():
    """On PostgreSQL the planner takes no index inside; on SQLite the statement says so itself (`unindexed`)."""
    settings = WAYS_IN if connection.vendor == "postgresql" else ()
    with connection.cursor() as cursor:
        for each in settings:
            cursor.execute(f"SET {each} = off")
        yield
        for each in settings:
            cursor.execute(f"RESET {each}")


def unindexed(statement: str, values) -> tuple:
    if connection.vendor == "sqlite":
        statement = statement.replace(f'FROM "{TABLE}"', f'FROM "{TABLE}" NOT INDEXED')
    return statement, values
