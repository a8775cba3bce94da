"""Job kinds of the suite: their effect is rows of a plain table without any constraint, so a double is seen.

One keeps the rule (effect inside `committing`), one breaks it on purpose: the checks must catch the second.
"""

import time

from django.db import connection

from federation.shared.jobs import ChunkSpec, JobKind, JobRefused, register

TABLE = "job_test_effect"


def create_table():
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE TABLE IF NOT EXISTS {TABLE} (job_id bigint, row_number integer, cents integer)")


def write_rows(job_id: int, first: int, last: int):
    with connection.cursor() as cursor:
        cursor.executemany(
            f"INSERT INTO {TABLE} (job_id, row_number, cents) VALUES (%s, %s, %s)",
            [(job_id, row, cents_of(row)) for row in range(first, last)],
        )


def rows_of(job_id: int) -> list[tuple[int, int]]:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT row_number, cents FROM {TABLE} WHERE job_id = %s ORDER BY row_number", [job_id])
        return [tuple(row) for row in cursor.fetchall()]


def expected_rows(rows: int) -> list[tuple[int, int]]:
    return [(row, cents_of(row)) for row in range(rows)]


def cents_of(row: int) -> int:
    return (row * 7919) % 100_000


def plan(job):
    rows, size = job.payload["rows"], job.payload["size"]
    return [
        ChunkSpec(payload={"first": first, "last": min(first + size, rows)}, total=min(size, rows - first))
        for first in range(0, rows, size)
    ]


def careful(ctx):
    time.sleep(ctx.job.payload.get("think", 0))
    with ctx.committing():
        write_rows(ctx.job.pk, ctx.payload["first"], ctx.payload["last"])
        time.sleep(ctx.job.payload.get("write", 0))


def careless(ctx):
    """The planted fault: the effect is committed first, "done" later."""
    write_rows(ctx.job.pk, ctx.payload["first"], ctx.payload["last"])
    time.sleep(ctx.job.payload.get("think", 0))
    with ctx.committing():
        pass


def finish(job):
    job.result = {"rows": len(rows_of(job.pk)), "finished": job.result.get("finished", 0) + 1}


def poison(ctx):
    """Fails for ever on the chunks named in the job's payload, as a row that breaks the program would."""
    if ctx.payload["first"] in ctx.job.payload["poisoned"]:
        raise ZeroDivisionError
    careful(ctx)


def tidy(job):
    job.result = job.result | {"tidied": [*job.result.get("tidied", []), job.state]}
    job.save(update_fields=["result"])


def refuse(ctx):
    raise JobRefused("2027 年还没有到，不能考核。请改为 2026 年或更早的年度。")


for name, work, more in (
    ("test.ledger", careful, {}),
    ("test.careless", careless, {}),
    ("test.poison", poison, {"on_failure": tidy}),
    ("test.refuse", refuse, {"on_failure": tidy}),
    ("test.tidy", careful, {"on_failure": tidy}),
    ("test.granted", careful, {"permission": "assessments.run"}),
    ("test.steady", careful, {"cancellable": False}),
    ("test.short_lease", careful, {"lease_seconds": 2}),
):
    register(JobKind(name=name, label="测试任务", unit="行", plan=plan, work=work, finish=finish, **more))
