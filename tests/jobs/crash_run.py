"""A job killed at its first SQL statement, at its second, … at its last; each time another process completes it.

python -m tests.jobs.crash_run --pool threads --seed 0 --kills 0    (the options are those of kill_run)
"""

import functools
import json
import os
import signal

import django

from tests.jobs.kill_run import options_of, prepare

ROWS, SIZE = 50, 10


def main():
    options = options_of()
    django.setup()
    prepare()
    from accounts.models import User
    from federation.shared.jobs import run_now

    user = User.objects.create_user("killed", password="killed-2026-killed")
    killed, wrong, statement = 0, [], 0
    while True:
        statement += 1
        job = ask(options.kind, user, statement)
        if not killed_at(statement, functools.partial(run_now, job)):
            break
        killed += 1
        if not completed_once(job):
            wrong.append(statement)
    print(json.dumps({"kind": options.kind, "statements": statement - 1, "killed": killed, "wrong": wrong}))


def ask(kind, user, statement):
    from federation.shared.jobs import enqueue

    payload = {"rows": ROWS, "size": SIZE}
    return enqueue(kind, requested_by=user, payload=payload, idempotency_key=f"crash-{statement}", post=False)


def killed_at(statement: int, work) -> bool:
    """Call `work` in a child that dies at its `statement`th statement; False where it lived to the end."""
    from django.db import connection

    connection.close()
    child = os.fork()
    if child == 0:
        left = statement

        def die_in_time(execute, sql, params, many, context):
            nonlocal left
            left -= 1
            if left == 0:
                os.kill(os.getpid(), signal.SIGKILL)
            return execute(sql, params, many, context)

        with connection.execute_wrapper(die_in_time):
            work()
        os._exit(0)
    _, status = os.waitpid(child, 0)
    return os.WIFSIGNALED(status)


def completed_once(job) -> bool:
    """Take the job up again here, as the next worker does, and compare what it left with an undisturbed run."""
    from federation.shared.jobs import run_now
    from tests.jobs.kinds import expected_rows, rows_of

    job = run_now(job)
    return job.state == "done" and rows_of(job.pk) == expected_rows(ROWS) and job.result["finished"] == 1


if __name__ == "__main__":
    main()
