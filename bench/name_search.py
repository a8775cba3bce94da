"""Search by part of a name over all persons: the product's index against LIKE, with equal results.

Two figures a term. "everybody" reads all rows found with what a list shows of them, the same columns on both sides.
Finding them takes next to nothing; what remains is reading the very rows. LIKE reads the whole of one index for the
same 0.12 to 0.18 s whatever it finds, and reading 600 rows by their keys (floor_seconds) takes a fiftieth of that on
SQLite already, 3,500 rows several fiftieths on both databases: no index can be 50 times quicker than LIKE there.
"page" is what the list of persons asks: how many there are and the first 51 by name. LIKE has to go to the end for
the total. So the goal is 50 times LIKE or, where the rows alone cost more, no more than a quarter above the floor
(of a page twice that: the total and the first rows each read those that hold the term further on).
"""

from django.db import connection
from django.db.models import Count, Value

from bench.harness import Figure, timed
from ledgers.models import DisabledPerson
from ledgers.search import name_parts

GOAL = 50
# Reading rows that were found may cost so much more than reading the same rows by keys known beforehand.
ABOVE_FLOOR = 1.25
TERMS = ("国华", "玉兰", "王建", "华国", "宁宁", "国", "国建军")
PAGE = 51

# What a list shows of everyone found: both ways have to read the rows themselves.
SHOWN = ("id", "name", "sex", "born_on", "category", "grade", "org_path")


def run(context):
    rows = DisabledPerson.objects.count()
    for term in TERMS:
        # As the list reads them: names that begin so, and names that hold it further on.
        parts = [part.rows for part in name_parts(DisabledPerson.objects.all(), term)]
        like = DisabledPerson.objects.filter(name__contains=term)
        index, plain = [compiled(part) for part in parts], compiled(like)
        ours = timed(lambda: everybody(index), times=15, warm=2)  # noqa: B023
        default = timed(lambda: everybody([plain]), times=5, warm=1)  # noqa: B023
        keys = [row[0] for row in ours.result]
        floor = timed(lambda: by_keys(keys), times=15, warm=2)  # noqa: B023
        yield figure(context, rows, term, "everybody", ours, default, floor, len(keys))
        index, plain = [statements_of_page(part) for part in parts], [statements_of_page(like)]
        ours = timed(lambda: page(index), times=15, warm=2)  # noqa: B023
        default = timed(lambda: page(plain), times=5, warm=1)  # noqa: B023
        yield figure(context, rows, term, "page", ours, default, floor, ours.result[0])


def figure(context, rows, term, what, ours, like, floor, found) -> Figure:
    equal = ours.result == like.result if what == "page" else sorted(ours.result) == sorted(like.result)
    # One character has so many hits that reading them all is most of the work, whichever way they are found.
    judged = len(term) == 2
    # Of a page the rows are read for the total and for the first of them.
    allowed = ABOVE_FLOOR * 2 if what == "page" else ABOVE_FLOOR
    quick = like.cpu / ours.cpu >= GOAL or ours.cpu <= floor.cpu * allowed
    goal = f"results equal to LIKE's, ≥ {GOAL}× LIKE or ≤ {allowed}× reading the rows by key"
    return Figure(
        name="name_search",
        engine=context.engine,
        rows=rows,
        seconds=ours.cpu,
        wall_seconds=ours.wall,
        floor_seconds=floor.cpu,
        default_seconds=like.cpu,
        goal=goal if judged else "results equal to LIKE's",
        met=equal and (quick or not judged),
        more={"term": term, "what": what, "found": found, "equal": equal},
    )


def compiled(queryset) -> tuple:
    """The statement, so that building it is not part of either side."""
    return queryset.order_by().values_list(*SHOWN).query.sql_with_params()


def statements_of_page(queryset) -> tuple:
    """The total of a part and its first rows by name."""
    counted = queryset.order_by().annotate(every=Value(1)).values("every").annotate(total=Count("pk"))
    first = queryset.order_by("name", "id").values_list("name", "id")[:PAGE]
    return counted.values_list("total").query.sql_with_params(), first.query.sql_with_params()


def everybody(parts) -> list:
    return [row for part in parts for row in fetched(*part)]


def page(parts) -> tuple[int, list]:
    total = sum(row[0] for total, _first in parts for row in fetched(*total))
    return total, sorted(row for _total, first in parts for row in fetched(*first))[:PAGE]


def fetched(statement, values) -> list:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return cursor.fetchall()


def by_keys(keys: list[int]) -> list:
    """The floor: reading the very rows by their keys."""
    wanted = ",".join(map(str, keys)) or "0"
    return fetched(f"SELECT {', '.join(SHOWN)} FROM {DisabledPerson._meta.db_table} WHERE id IN ({wanted})", None)
