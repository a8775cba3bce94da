"""Search by part of a name over all persons: the product's index against LIKE, with equal results."""

from django.db import connection

from bench.harness import Figure, timed
from ledgers.models import DisabledPerson
from ledgers.search import name_contains

GOAL = 50
TERMS = ("国华", "玉兰", "王建", "华国", "宁宁", "国", "国建军")


def run(context):
    rows = DisabledPerson.objects.count()
    for term in TERMS:
        ours = timed(lambda: ids(name_contains(DisabledPerson.objects.all(), term)), times=9, warm=1)  # noqa: B023
        like = timed(lambda: ids(DisabledPerson.objects.filter(name__contains=term)), times=3, warm=1)  # noqa: B023
        floor = timed(lambda: bare(ours.result), times=9, warm=1)  # noqa: B023
        equal = ours.result == like.result
        needed = GOAL if len(term) == 2 else 1
        yield Figure(
            name="name_search",
            engine=context.engine,
            rows=rows,
            seconds=ours.cpu,
            wall_seconds=ours.wall,
            floor_seconds=floor.cpu,
            default_seconds=like.cpu,
            goal=f"results equal, ≥ {needed}× LIKE",
            met=equal and like.cpu / ours.cpu >= needed,
            more={"term": term, "found": len(ours.result), "equal": equal},
        )


def ids(queryset) -> list[int]:
    return sorted(queryset.order_by().values_list("id", flat=True))


def bare(found: list[int]) -> int:
    """The floor: reading the very rows by their keys."""
    wanted = ",".join(map(str, found)) or "0"
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT id FROM {DisabledPerson._meta.db_table} WHERE id IN ({wanted})")
        return len(cursor.fetchall())
