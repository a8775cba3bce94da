"""Real workers, real `kill -9` at random moments: run by test_kill.py in a process of its own, prints one JSON line.

    python -m tests.jobs.kill_run --kind test.ledger --kills 10 --seed 7 --pool threads

Database, broker and data folder come from the environment, as for the product.
"""

import argparse
import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import django
import psutil

from federation.shared.processes import die_with_parent

ROWS, SIZE = 60, 5
# Longer where the machine is busy with other things: a worker needs seconds of its own to start.
DEADLINE = int(os.environ.get("KILL_DEADLINE", "120"))


def main():
    options = options_of()
    django.setup()
    prepare()
    run = KillRun(options)
    try:
        run.go()
    finally:
        run.stop()
    print(json.dumps(run.report()))


def prepare():
    """A migrated database, which the tests bring along, is taken as it is: as one of its own, not as a copy."""
    from django.core.management import call_command
    from django.db import connection

    from federation.shared.jobs import gate
    from federation.shared.models.periods import JobGate
    from tests.jobs import kinds

    if JobGate._meta.db_table in connection.introspection.table_names():
        JobGate.objects.all().delete()
        gate.open_at_first()
    else:
        call_command("migrate", verbosity=0)
    kinds.create_table()


def options_of():
    parser = argparse.ArgumentParser()
    parser.add_argument("--kind", default="test.ledger")
    parser.add_argument("--kills", type=int, default=10)
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--pool", choices=["threads", "prefork"], required=True)
    parser.add_argument("--stop", action="store_true", help="SIGSTOP past the lease and SIGCONT, instead of SIGKILL")
    parser.add_argument("--term", action="store_true", help="SIGTERM as at a deployment, instead of SIGKILL")
    parser.add_argument("--sweep", action="store_true", help="subsidy_run: one process killed at every statement")
    parser.add_argument("--every", type=int, default=1, help="with --sweep: at every nth statement only")
    return parser.parse_args()


class KillRun:
    def __init__(self, options):
        from accounts.models import User

        self.options = options
        self.random = random.Random(options.seed)
        self.user = User.objects.create_user("killer", password="killer-2026-kill")
        self.folder = Path(os.environ["FEDERATION_DATA_DIR"])
        self.workers: dict[int, subprocess.Popen] = {}
        self.family: set[int] = set()
        self.jobs: list[int] = []
        self.kills = {"idle": 0, "mid_chunk": 0, "pool_child": 0, "stopped": 0, "asked_to_go": 0}
        self.slowest_to_go = 0.0
        self.seconds_to_recover = None

    def go(self):
        for number in (1, 2):
            self.start(number)
        while sum(self.kills.values()) < self.options.kills:
            self.keep_busy()
            if self.options.stop:
                self.stop_one()
            elif self.options.term:
                self.ask_one_to_go()
            else:
                self.kill_one()
        last_kill = time.monotonic()
        self.wait_for_all(last_kill + DEADLINE)
        self.seconds_to_recover = round(time.monotonic() - last_kill, 1)

    def start(self, number: int):
        with (self.folder / f"worker{number}.log").open("ab") as log:
            self.workers[number] = subprocess.Popen(
                [sys.executable, "-m", "celery", "-A", "tests.jobs.worker_app", "worker", "-B", "-c", "2"]
                + ["-P", self.options.pool, "-n", f"w{number}@%h", "-s", str(self.folder / f"beat{number}")]
                + ["--without-gossip", "--without-mingle", "--without-heartbeat", "-l", "WARNING"],
                stdout=log,
                stderr=log,
                preexec_fn=die_with_parent,
            )

    def keep_busy(self):
        """At least three open jobs at any time, so that every kill finds work."""
        from federation.shared.models import Job

        while Job.objects.still_open().count() < 3:
            self.ask()

    def ask(self):
        from federation.shared.jobs import enqueue

        job = enqueue(
            self.options.kind,
            requested_by=self.user,
            payload={"rows": ROWS, "size": SIZE, "think": 0.12, "write": 0.04},
            idempotency_key=f"kill-{len(self.jobs)}",
        )
        self.jobs.append(job.pk)

    def kill_one(self):
        """Pick a worker that holds a chunk and end it at a random moment of the work."""
        holders = self.wait_for_holders()
        time.sleep(self.random.uniform(0.0, 0.6))
        families = {number: self.family_of(worker) for number, worker in sorted(self.workers.items())}
        at_work = [number for number, family in families.items() if family & holders]
        # Mostly one that is at work; now and then whichever, so that starting and idling are hit as well.
        number = self.random.choice(at_work if at_work and self.random.random() < 0.8 else list(families))
        worker, family = self.workers[number], families[number]
        target = worker.pid
        children = sorted((holders & family) - {worker.pid})
        if children and self.random.random() < 0.5:
            target = self.random.choice(children)
        busy = family & self.holders()
        try:
            os.kill(target, signal.SIGKILL)
        except ProcessLookupError:
            # A child of the pool that was renewed meanwhile: nothing was killed, so nothing counts.
            return
        if target != worker.pid:
            self.kills["pool_child"] += 1
            return
        worker.wait()
        self.kills["mid_chunk" if busy else "idle"] += 1
        self.start(number)

    def family_of(self, worker) -> set[int]:
        process = psutil.Process(worker.pid)
        family = {one.pid for one in (process, *process.children(recursive=True))}
        self.family.update(family)
        return family

    def stop_one(self):
        """Put a process that holds a chunk to sleep until another has had time to take it over."""
        target = self.random.choice(sorted(self.wait_for_holders()))
        os.kill(target, signal.SIGSTOP)
        time.sleep(self.random.uniform(2.5, 4.0))
        os.kill(target, signal.SIGCONT)
        self.kills["stopped"] += 1

    def ask_one_to_go(self):
        """A deployment: the worker gives its chunk back done, then goes."""
        holders = self.wait_for_holders()
        at_work = [number for number, worker in self.workers.items() if self.family_of(worker) & holders]
        number = self.random.choice(at_work or list(self.workers))
        worker = self.workers[number]
        began = time.monotonic()
        worker.send_signal(signal.SIGTERM)
        worker.wait(60)
        self.slowest_to_go = max(self.slowest_to_go, round(time.monotonic() - began, 1))
        self.kills["asked_to_go"] += 1
        self.start(number)

    def holders(self) -> set[int]:
        """The processes that hold a chunk just now."""
        from federation.shared.models import Chunk

        owners = Chunk.objects.filter(state=Chunk.State.RUNNING).values_list("lease_owner", flat=True)
        return {int(owner.rsplit(":", 2)[1]) for owner in owners}

    def wait_for_holders(self) -> set[int]:
        until = time.monotonic() + DEADLINE
        while time.monotonic() < until:
            holders = {pid for pid in self.holders() if psutil.pid_exists(pid)}
            if holders:
                return holders
            time.sleep(0.05)
        raise SystemExit("no worker took a chunk; see the workers' logs")

    def wait_for_all(self, until: float):
        from federation.shared.models import Job

        while Job.objects.still_open().exists() and time.monotonic() < until:
            time.sleep(0.1)

    def stop(self):
        for worker in self.workers.values():
            self.family.update(one.pid for one in psutil.Process(worker.pid).children(recursive=True))
            worker.kill()
            worker.wait()
        until = time.monotonic() + 5
        while self.orphans() and time.monotonic() < until:
            time.sleep(0.05)

    def orphans(self) -> list[int]:
        return [pid for pid in self.family if _is_worker(pid)]

    def report(self) -> dict:
        from federation.shared.models import Chunk, Job
        from tests.jobs.kinds import expected_rows, rows_of

        found = {pk: rows_of(pk) for pk in self.jobs}
        wanted = expected_rows(ROWS)
        jobs = list(Job.objects.filter(pk__in=self.jobs))
        return {
            "seed": self.options.seed,
            "kills": sum(self.kills.values()),
            **self.kills,
            "jobs": len(jobs),
            "not_done": [job.pk for job in jobs if job.state != "done" or (job.done, job.total) != (ROWS, ROWS)],
            "finished_not_once": [job.pk for job in jobs if job.result.get("finished") != 1],
            "lost": sum(len(set(wanted) - set(rows)) for rows in found.values()),
            "doubled": sum(len(rows) - len(set(rows)) for rows in found.values()),
            "cents": sum(cents for rows in found.values() for _, cents in rows),
            "cents_wanted": len(jobs) * sum(cents for _, cents in wanted),
            "losses": sum(Chunk.objects.values_list("losses", flat=True)),
            "seconds_to_recover": self.seconds_to_recover,
            "slowest_to_go": self.slowest_to_go,
            "orphans": len(self.orphans()),
        }


def _is_worker(pid: int) -> bool:
    try:
        process = psutil.Process(pid)
        return process.status() != psutil.STATUS_ZOMBIE and "tests.jobs.worker_app" in " ".join(process.cmdline())
    except psutil.NoSuchProcess:
        return False


if __name__ == "__main__":
    main()
