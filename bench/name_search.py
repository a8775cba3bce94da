"""Search by part of a name over all persons: the product's index against LIKE, with equal results."""

from django.db import connection

from bench.harness import Figure, timed
from ledgers.models import DisabledPerson
from ledgers.search import name_parts

GOAL = 50
TERMS = ("国华", "玉兰", "王建", "华国", "宁宁", "国", "国建军")


# What a list shows of everyone found: both ways have to read the rows themselves.
SHOWN = ("id", "name", "sex", "born_on", "category", "grade", "org_path")


def run(context):
    rows = DisabledPerson.objects.count()
    for term in TERMS:
        # As the list reads them: names that begin so, and names that hold it further on.
        index = [compiled(part.rows) for part in name_parts(DisabledPerson.objects.all(), term)]
        plain = compiled(DisabledPerson.objects.filter(name__contains=term))
        ours = timed(lambda: [row for part in index for row in fetched(*part)], times=15, warm=2)  # noqa: B023
        like = timed(lambda: fetched(*plain), times=5, warm=1)  # noqa: B023
        floor = timed(lambda: bare(ours.result), times=15, warm=2)  # noqa: B023
        equal = sorted(ours.result) == sorted(like.result)
        # One character has so many hits that reading them all is most of the work, whichever way they are found.
        needed = GOAL if len(term) == 2 else None
        yield Figure(
            name="name_search",
            engine=context.engine,
            rows=rows,
            seconds=ours.cpu,
            wall_seconds=ours.wall,
            floor_seconds=floor.cpu,
            default_seconds=like.cpu,
            goal=f"results equal to LIKE's, ≥ {needed}× LIKE" if needed else "results equal to LIKE's",
            met=equal and (needed is None or like.cpu / ours.cpu >= needed),
            more={"term": term, "found": len(ours.result), "equal": equal},
        )


def compiled(queryset) -> tuple:
    """The statement, so that building it is not part of either side."""
    return queryset.order_by().values_list(*SHOWN).query.sql_with_params()


def fetched(statement, values) -> list:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return cursor.fetchall()


def bare(found: list) -> list:
    """The floor: reading the very rows by their keys."""
    wanted = ",".join(str(row[0]) for row in found) or "0"
    return fetched(f"SELECT {', '.join(SHOWN)} FROM {DisabledPerson._meta.db_table} WHERE id IN ({wanted})", None)
