"""Members to pay in runs that kill processes: cities of two counties, and what each month of each of them must be."""

import datetime
from collections import Counter
from dataclasses import dataclass
from fractions import Fraction

from tests.committees.subsidy_oracle import Country, Office, Post, Standard


@dataclass
class Land:
    areas: list
    office: Office
    clerk: object
    checker: object
    leader: object

    def make(self, area, year: int, first: int, last: int):
        """A batch of `area`, asked for and not computed."""
        from committees import services
        from committees.models import SubsidyBatch

        batch = SubsidyBatch(
            organisation=area, first_month=datetime.date(year, first, 1), last_month=datetime.date(year, last, 1)
        )
        return services.make_batch(batch=batch, by=self.clerk)

    def go_on(self, batch):
        """Whatever is left to do until the batch is paid, as the next process finds it."""
        from committees.models import SubsidyBatch
        from federation.shared.jobs import run_now

        batch = SubsidyBatch.objects.select_related("job").get(pk=batch.pk)
        if batch.state == "planned" and run_now(batch.job).state != "done":
            raise SystemExit(f"the job ended {batch.job.state}: {batch.job.error}")
        while self.step(batch.pk):
            pass

    def step(self, pk: int) -> bool:
        """The next step of people; False where the batch is paid."""
        from django.utils import timezone

        from committees import services
        from committees.models import SubsidyBatch

        batch = SubsidyBatch.objects.get(pk=pk)
        if batch.state == "draft":
            services.check_batch(batch=batch, by=self.checker, seen=batch.digest)
        elif batch.state == "checked":
            services.approve_batch(batch=batch, by=self.leader, seen=batch.digest)
        elif batch.state == "approved" and batch.pk % 3 == 0:
            services.pay_batch(batch=batch, by=self.clerk, on=timezone.localdate(), reference="凭证 1")
        elif batch.state == "approved":
            self.pay_by_bank(batch)
        else:
            return False
        return True

    def pay_by_bank(self, batch):
        """The next of: the sheet, the bank's answers, what came back once more, and its answers."""
        from django.utils import timezone

        from committees import services

        waiting = list(batch.payments.waiting().order_by("number"))
        failed = list(batch.payments.failed().values_list("pk", flat=True))
        if not batch.payments.exists():
            services.send_to_bank(batch=batch, by=self.clerk)
        elif waiting:
            answers = [
                services.Answer(
                    each, *(("failed", "账户已销户") if each.sheet == 1 and each.number % 7 == 1 else ("paid", "")),
                    timezone.localdate(), f"流水 {each.number}",
                )
                for each in waiting
            ]  # fmt: skip
            services.register_answers(answers=answers, by=self.clerk)
        else:
            services.send_again(batch=batch, payments=failed, by=self.clerk)

    def wrong(self, batch) -> list[str]:
        """What is not as it must be; [] for a batch still being computed."""
        from committees.models import SubsidyBatch, SubsidyMonth

        batch = SubsidyBatch.objects.get(pk=batch.pk)
        if batch.state == "planned":
            return []
        first, last = batch.first_month, batch.last_month
        due = self.office.due(
            batch.organisation_id, "", batch.month_rule, (first.year, first.month), (last.year, last.month)
        )
        wanted = sorted(
            (key, *month, standard.monthly) for key, line in due.items() for month, standard in line.paid.items()
        )
        stored = SubsidyMonth.objects.filter(line__batch=batch)
        found = sorted(
            (key, month.year, month.month, Fraction(amount))
            for key, month, amount in stored.values_list("appointment", "month", "amount")
        )
        lines = {line.appointment_id: line for line in batch.lines.all()}
        paid = Counter(batch.payments.filter(outcome__in=["", "paid"]).values_list("worker", flat=True))
        arrived = sum(batch.payments.filter(outcome="paid").values_list("amount", flat=True))
        by_bank = batch.payments.exists()
        says = {
            "one transfer a person": (max(paid.values(), default=1), 1),
            "arrived": (Fraction(arrived), sum(line.gross for line in due.values()) if by_bank else 0)
            if batch.state == "paid" else (0, 0),
            "outcomes": (batch.state == "paid", not any(line.outcome != "paid" for line in batch.lines.all())),
            "months": (found, wanted),
            "lines": (set(lines), set(due)),
            "amounts": (
                {key: Fraction(line.amount) for key, line in lines.items()},
                {key: line.gross for key, line in due.items()},
            ),
            "total": (Fraction(batch.total_amount), sum(line.gross for line in due.values())),
            "counted": ((batch.line_count, batch.month_count), (len(due), len(wanted))),
            "payers": (
                tuple(map(Fraction, (batch.county_total, batch.township_total, batch.welfare_total))),
                tuple(sum(line.shares[payer] for line in due.values()) for payer in range(3)),
            ),
        }  # fmt: skip
        return [
            f"batch {batch.pk} {batch.state}: {name}" for name, (is_so, must_be) in says.items() if is_so != must_be
        ]


def build(cities: int, members: int) -> Land:
    """`members` in each of two counties of every city, some of whom begin, move or leave in the middle of 2025."""
    from bench.world import organisations
    from committees.models import Appointment, SubsidyStandard
    from federation.shared.normalise import with_check_digit
    from orgs.models import Level, Organisation, Tenure, Worker

    counties = 2 * cities
    organisations({"cities": cities, "counties": counties, "townships": counties, "villages": counties})
    bodies = list(Organisation.objects.order_by("path"))
    by_path = {body.path: body.pk for body in bodies}
    country = Country({body.pk: by_path.get(body.path[: -Organisation.steplen]) for body in bodies}, [])
    land = Land([body for body in bodies if body.level == Level.CITY], Office(country), *_people(bodies[0]))
    villages = [body for body in bodies if body.level == Level.VILLAGE]
    workers = [
        Worker(name=f"委员{n}", payment_account=with_check_digit(f"622848{n:012d}")) for n in range(members * counties)
    ]
    Worker.objects.bulk_create(workers, batch_size=500)
    tenures = []
    for number, worker in enumerate(Worker.objects.order_by("pk")):
        body, day = villages[number % counties], datetime.date(2025, 1 + number % 11, 1 + number % 28)
        if number % 5 == 0:
            tenures.append(_tenure(worker, body, datetime.date(2001, 1, 1), day))
            elsewhere = villages[(number + 1) % counties]
            tenures.append(_tenure(worker, elsewhere, day + datetime.timedelta(days=1), None))
        else:
            tenures.append(_tenure(worker, body, day if number % 5 == 1 else datetime.date(2001, 1, 1), None))
    Tenure.objects.bulk_create(tenures, batch_size=500)
    Appointment.objects.bulk_create(
        [Appointment(tenure=each, organisation=each.organisation, role="village_member") for each in tenures],
        batch_size=500,
    )
    for number, (amount, first, last) in enumerate(
        ((20_001, datetime.date(2001, 1, 1), datetime.date(2025, 4, 30)), (24_000, datetime.date(2025, 5, 1), None))
    ):
        half = amount // 2
        standard = SubsidyStandard.objects.create(
            organisation=bodies[0], monthly_amount=_yuan(amount), county_share=_yuan(half),
            township_share=_yuan(amount - half), valid_from=first, valid_to=last, document_number=f"会残发 {number} 号",
        )  # fmt: skip
        country.standards.append(
            Standard(
                standard.pk, bodies[0].pk, "", "", False, Fraction(amount, 100),
                (Fraction(half, 100), Fraction(amount - half, 100), Fraction(0)), first, last,
            )
        )  # fmt: skip
    land.office.engage(
        Post(
            each.pk, each.tenure.worker_id, each.organisation_id, each.role, each.employment, each.tenure.started_on,
            each.tenure.ended_on,
        )
        for each in Appointment.objects.select_related("tenure")
    )  # fmt: skip
    return land


def _tenure(worker, body, first, last):
    from orgs.models import Post, Tenure

    return Tenure(organisation=body, worker=worker, post=Post.COMMITTEE_MEMBER, started_on=first, ended_on=last)


def _yuan(cents: int):
    from federation.shared.money import yuan

    return yuan(cents)


def _people(top):
    from accounts.models import Assignment, User
    from federation.roles import Role

    users = []
    for number, role in enumerate((Role.COUNTY_CLERK, Role.COUNTY_CLERK, Role.COUNTY_LEADER)):
        user = User.objects.create_user(f"payer{number}", password="killer-2026-kill")
        Assignment.objects.create(user=user, role=role, organisation=top, since=datetime.date(2010, 1, 1))
        users.append(user)
    return users
