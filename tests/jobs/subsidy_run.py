"""Subsidy batches whose processes die: workers in the middle of computing, people's processes while they check,
approve and pay. Run by test_kill.py like kill_run; with `--sweep` one process killed at every statement in turn.
"""

import functools
import json
import os
import signal
import time
from fractions import Fraction

import django

from tests.jobs.crash_run import killed_at
from tests.jobs.kill_run import DEADLINE, KillRun, options_of, prepare

FIRST_YEAR, LAST_YEAR = 2006, 2025
STEP_OF = {"draft": "check", "checked": "approve", "approved": "pay"}


def main():
    options = options_of()
    django.setup()
    prepare()
    if options.sweep:
        print(json.dumps(sweep(options.every)))
        return
    run = SubsidyRun(options)
    try:
        run.go()
    finally:
        run.stop()
    print(json.dumps(run.report()))


def sweep(every: int) -> dict:
    """A small batch killed at its first statement, another at its second …, each then completed by this process."""
    from tests.jobs import subsidy_land

    land = subsidy_land.build(cities=2, members=3)
    plan = ((area, year, month) for year in range(LAST_YEAR, 2000, -1) for area in land.areas for month in range(1, 13))
    wrong = []
    for number, (area, year, month) in enumerate(plan):
        statement = 1 + number * every
        batch = land.make(area, year, month, month)
        if not killed_at(statement, functools.partial(land.go_on, batch)):
            return {"killed": number, "statements": statement - 1, "wrong": wrong}
        if land.wrong(batch):
            wrong.append([statement, "half", land.wrong(batch)])
        land.go_on(batch)
        if land.wrong(batch) or not is_paid_once(batch):
            wrong.append([statement, "after", land.wrong(batch)])
    raise SystemExit("more statements than batches")


def is_paid_once(batch) -> bool:
    """Paid, and every step is in the log once."""
    from committees.models import SubsidyBatch
    from federation.shared.models import AuditEntry

    log = AuditEntry.objects.filter(target_label="committees.subsidybatch", target_id=str(batch.pk))
    steps = sorted(log.values_list("action", flat=True))
    sheets = batch.payments.values_list("sheet", flat=True).distinct().count()
    words = ("made", "computed", "checked", "approved", "paid", *["sent_to_bank"] * sheets)
    wanted = sorted(f"subsidy.{word}" for word in words)
    return SubsidyBatch.objects.get(pk=batch.pk).state == "paid" and steps == wanted


class SubsidyRun(KillRun):
    def __init__(self, options):
        from tests.jobs import subsidy_land

        super().__init__(options)
        self.land = subsidy_land.build(cities=6, members=200)
        self.plan = [
            (area, year, first, first + 5)
            for area in self.land.areas for year in range(FIRST_YEAR, LAST_YEAR + 1) for first in (1, 7)
        ]  # fmt: skip
        self.random.shuffle(self.plan)
        self.batches = []
        self.half = []
        self.kills |= {"check": 0, "approve": 0, "pay": 0}
        self.lived = 0
        self.step_seconds = 0.3

    def ask(self):
        """Another batch; now and then one that is computed again."""
        from committees import services
        from committees.models import SubsidyBatch

        drafts = list(SubsidyBatch.objects.filter(state="draft").order_by("pk"))
        if drafts and (self.random.random() < 0.3 or not self.plan):
            batch = services.recompute_batch(batch=self.random.choice(drafts), by=self.land.clerk)
        else:
            batch = self.land.make(*self.plan.pop())
            self.batches.append(batch)
        self.jobs.append(batch.job_id)

    def kill_one(self):
        if self.random.random() < 0.5:
            super().kill_one()
        else:
            # Each of the three steps is hit alike.
            self.kill_step(self.batch_in(self.random.choice(list(STEP_OF))))

    def batch_in(self, state: str):
        """A computed batch that has come as far as `state`."""
        from committees.models import SubsidyBatch

        until = time.monotonic() + DEADLINE
        while time.monotonic() < until:
            drafts = list(SubsidyBatch.objects.filter(state="draft").order_by("pk"))
            there = list(SubsidyBatch.objects.filter(state=state).order_by("pk")) or drafts
            if there:
                batch = self.random.choice(there)
                while batch.state != state:
                    self.land.step(batch.pk)
                    batch.refresh_from_db()
                return batch
            time.sleep(0.05)
        raise SystemExit("no batch was computed; see the workers' logs")

    def kill_step(self, batch):
        """Somebody's process dies at a random moment of a step, or after it."""
        from django.db import connections

        connections.close_all()
        began = time.monotonic()
        child = os.fork()
        if child == 0:
            self.land.step(batch.pk)
            os._exit(0)
        time.sleep(self.random.uniform(0, self.step_seconds * 1.1))
        os.kill(child, signal.SIGKILL)
        _, status = os.waitpid(child, 0)
        if os.WIFSIGNALED(status):
            self.kills[STEP_OF[batch.state]] += 1
            # A little longer, until about as many live to the end as are killed.
            self.step_seconds *= 1.05
        else:
            self.lived += 1
            self.step_seconds = max(0.02, min(self.step_seconds * 0.8, time.monotonic() - began))
        self.half += self.land.wrong(batch)

    def report(self) -> dict:
        from django.db.models import Count

        from committees.models import SubsidyBatch, SubsidyLine, SubsidyMonth, SubsidyPayment
        from federation.shared.models import AuditEntry, Chunk, Job

        for batch in self.batches:
            self.land.go_on(batch)
        stored = list(SubsidyBatch.objects.order_by("pk"))
        wrong = [word for batch in stored for word in self.land.wrong(batch)]
        log = AuditEntry.objects.filter(target_label="committees.subsidybatch")
        transfers = SubsidyPayment.objects.filter(outcome="paid").order_by()
        by_bank = [batch for batch in stored if batch.payments.exists()]
        months = list(SubsidyMonth.objects.values_list("appointment__tenure__worker", "month"))
        wanted, cents_wanted = self._wanted()
        jobs = list(Job.objects.filter(pk__in=self.jobs))
        return {
            "seed": self.options.seed,
            "kills": sum(self.kills.values()),
            **self.kills,
            "steps_that_lived": self.lived,
            "batches": len(stored),
            "jobs": len(jobs),
            "not_done": [job.pk for job in jobs if job.state != "done"],
            "not_paid": [batch.pk for batch in stored if batch.state != "paid"],
            "steps_not_once": [
                (batch.pk, step) for batch in stored for step in ("made", "checked", "approved", "paid")
                if log.filter(target_id=str(batch.pk), action=f"subsidy.{step}").count() != 1
            ],
            "computed_not_once": [
                batch.pk for batch in stored
                if log.filter(target_id=str(batch.pk), action="subsidy.computed").count() != batch.attempt
            ],
            "paid_by_bank": len(by_bank),
            "transfers": transfers.count(),
            "transfers_not_once": transfers.values("batch", "worker").annotate(n=Count("pk")).filter(n__gt=1).count(),
            "cents_by_bank": _cents(SubsidyPayment.objects.filter(outcome="paid")),
            "cents_of_batches_by_bank": sum(int(batch.total_amount * 100) for batch in by_bank),
            "half": self.half,
            "wrong": wrong,
            "months": len(months),
            "lost": len(wanted - set(months)),
            "doubled": len(months) - len(set(months)),
            "cents": _cents(SubsidyMonth.objects), "cents_of_lines": _cents(SubsidyLine.objects),
            "cents_of_batches": sum(int(batch.total_amount * 100) for batch in stored),
            "cents_wanted": cents_wanted,
            "losses": sum(Chunk.objects.values_list("losses", flat=True)),
            "seconds_to_recover": self.seconds_to_recover,
            "orphans": len(self.orphans()),
        }  # fmt: skip

    def _wanted(self):
        """(person, month) of everybody to be paid by the batches, and the cents."""
        import datetime

        persons = {post.key: post.person for posts in self.land.office._of_person.values() for post in posts}
        wanted, total = set(), Fraction(0)
        for batch in self.batches:
            first, last = batch.first_month, batch.last_month
            due = self.land.office.due(
                batch.organisation_id, "", batch.month_rule, (first.year, first.month), (last.year, last.month)
            )
            for key, line in due.items():
                wanted |= {(persons[key], datetime.date(*month, 1)) for month in line.paid}
                total += line.gross
        return wanted, int(total * 100)


def _cents(rows) -> int:
    from django.db.models import Sum

    return int((rows.aggregate(total=Sum("amount"))["total"] or 0) * 100)


if __name__ == "__main__":
    main()
