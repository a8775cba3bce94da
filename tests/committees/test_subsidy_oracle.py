"""The product's batches against an independent second implementation, line by line and payer by payer."""

import datetime
import random
from collections import Counter
from fractions import Fraction

import pytest
from django.db import connection
from django.db.models import Count
from hypothesis import given, settings
from hypothesis import strategies as st

from committees import reckoning, services
from committees.models import MonthRule, SubsidyBatch, SubsidyLine, SubsidyMonth
from federation.shared.jobs import run_now
from federation.shared.money import cents, yuan
from orgs.models import Level
from tests.committees import subsidy_oracle as oracle
from tests.committees.random_members import FIRST_YEAR, LAST_YEAR, ROLES, build_land, engage

SEED = 20261127
# Fifteen seconds of work; more where the machine has other work too.
pytestmark = pytest.mark.timeout(1200)


class Comparison:
    """Makes batches in a land and holds each against the oracle."""

    def __init__(self, land, chance):
        self.land, self.chance, self.seen = land, chance, Counter()

    def batch(self, body, role, rule, first, last) -> tuple[SubsidyBatch, dict]:
        """A batch by the product's own way, compared; and the oracle's lines of it, which count as paid now."""
        batch = SubsidyBatch(
            organisation=body, role=role, month_rule=rule,
            first_month=datetime.date(*first, 1), last_month=datetime.date(*last, 1),
        )  # fmt: skip
        batch = self.computed(services.make_batch(batch=batch, by=self.land.clerk))
        due = self.land.office.due(body.pk, role, rule, first, last)
        self.compare(batch, due, {})
        self.land.office.pay(due)
        return batch, due

    def computed(self, batch):
        assert run_now(batch.job).state == "done"
        batch.refresh_from_db()
        return batch

    def compare(self, batch, due, deducted):
        lines = {line.appointment_id: line for line in batch.lines.all()}
        assert set(lines) == set(due)
        months = {key: {} for key in due}
        stored = SubsidyMonth.objects.filter(line__batch=batch)
        for line_of, key, month, standard, amount in stored.values_list(
            "line__appointment", "appointment", "month", "standard", "amount"
        ):
            assert line_of == key
            months[key][month.year, month.month] = standard, Fraction(amount)
        for key, line in due.items():
            wanted = {month: (standard.key, standard.monthly) for month, standard in line.paid.items()}
            assert months[key] == wanted
            self.compare_line(lines[key], line, deducted.get(key, Fraction(0)))
        sums = [
            sum((Fraction(getattr(line, name)) for line in lines.values()), Fraction(0))
            for name in ("amount", "county_share", "township_share", "welfare_share")
        ]
        totals = batch.total_amount, batch.county_total, batch.township_total, batch.welfare_total
        assert sums == list(map(Fraction, totals))
        assert batch.line_count == len(due)
        assert batch.month_count == sum(len(line.paid) for line in due.values())
        assert batch.problem_count == sum(bool(line.without or line.below) for line in due.values())
        self.seen["lines"] += len(due)
        self.seen["beside"] += batch.lines.exclude(appointment__tenure__permit=None).count()
        self.seen["months"] += batch.month_count
        self.seen["deducted"] += len(deducted)
        self.seen["without"] += sum(bool(line.without) for line in due.values())
        self.seen["below"] += sum(bool(line.below) for line in due.values())
        self.seen["floors_paid"] += sum(any(each.is_floor for each in line.paid.values()) for line in due.values())

    def compare_line(self, stored: SubsidyLine, line: oracle.Line, deducted: Fraction):
        assert stored.month_count == len(line.paid)
        assert Fraction(stored.gross_amount) == line.gross
        assert Fraction(stored.deducted_amount) == deducted
        assert Fraction(stored.amount) == line.gross - deducted
        shares = stored.county_share, stored.township_share, stored.welfare_share
        assert tuple(map(Fraction, shares)) == oracle.shares_after(line, deducted)
        shown = sum(part["months"] * Fraction(part["amount"]) for part in stored.parts)
        assert shown == line.gross
        if line.without:
            assert stored.problem.startswith(named(line.without[0])) and "没有补贴标准" in stored.problem
        elif line.below:
            assert stored.problem.startswith(f"{named(line.below[0])}的标准") and "低于" in stored.problem
        else:
            assert stored.problem == ""

    def deduct(self, batch, due):
        """Take something off some of the lines; compared, computed again, and compared once more."""
        deducted = {}
        lines = list(batch.lines.filter(gross_amount__gt=0))
        for line in self.chance.sample(lines, min(len(lines), 12)):
            most = cents(line.gross_amount)
            taken = min(most, self.chance.choice((1, 5, 333, 5_000, most, self.chance.randrange(1, most + 1))))
            deducted[line.appointment_id] = Fraction(taken, 100)
            services.deduct(line=line, amount=yuan(taken), reason="缺勤", by=self.land.clerk)
        batch.refresh_from_db()
        self.compare(batch, due, deducted)
        batch = self.computed(services.recompute_batch(batch=batch, by=self.land.clerk))
        self.compare(batch, due, deducted)
        return batch

    def go_on(self, batch, due):
        """Approve what is sound; what is not is deleted and frees its months."""
        if batch.problem_count or not batch.line_count:
            services.delete_batch(batch=batch, by=self.land.clerk)
            self.land.office.take_back(due)
            return
        if self.chance.random() < 0.5:
            batch = self.deduct(batch, due)
        services.check_batch(batch=batch, by=self.land.checker, seen=batch.digest)
        services.approve_batch(batch=batch, by=self.land.leader, seen=batch.digest)
        self.seen["approved"] += 1


def named(month: oracle.Month) -> str:
    return f"{month[0]} 年 {month[1]} 月"


def know_sizes():
    """What a database in use does by itself: where it is left to others, it goes on planning as for empty tables."""
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def pay_for_ten_years(land, batches) -> Counter:
    """Batches of chance lengths and areas, then the whole province year by year for what is left."""
    chance = random.Random(SEED)
    comparison = Comparison(land, chance)
    levels = (Level.CITY, Level.COUNTY, Level.COUNTY, Level.TOWNSHIP, Level.TOWNSHIP, Level.VILLAGE)
    roles = [str(role) for some in ROLES.values() for role in some]
    for number in range(batches):
        if number == batches // 2:
            engage(land, land.late, chance)
        if number % 10 == 0:
            know_sizes()
        level = chance.choice(levels)
        body = chance.choice([body for body in land.bodies if body.level == level])
        role = chance.choice(roles) if chance.random() < 0.2 else ""
        rule = chance.choice((MonthRule.FIFTEENTH_OR_HALF, *MonthRule))
        first = chance.randrange(FIRST_YEAR, LAST_YEAR + 1), chance.randrange(1, 13)
        last = oracle.months_from(first, (LAST_YEAR, 12))[: chance.choice((1, 2, 3, 6, 12))][-1]
        comparison.go_on(*comparison.batch(body, role, rule, first, last))
    for year in range(FIRST_YEAR, LAST_YEAR + 1):
        comparison.batch(land.bodies[0], "", MonthRule.FIFTEENTH_OR_HALF, (year, 1), (year, 12))
    of_person = SubsidyMonth.objects.filter(appointment__tenure__permit=None)
    twice = of_person.order_by().values("appointment__tenure__worker", "month").annotate(n=Count("pk"))
    assert not twice.filter(n__gt=1).exists()
    return comparison.seen | Counter(refused_standards=land.refused_standards, left_out=land.office.left_out)


@pytest.mark.django_db
def test_four_hundred_members_over_ten_years_are_paid_as_the_policy_says():
    seen = pay_for_ten_years(build_land(SEED, members=400, counties=4), batches=30)
    print(dict(seen))
    # A run in which nothing special happened would prove little.
    for name in ("left_out", "beside", "without", "below", "floors_paid", "deducted", "approved", "refused_standards"):
        assert seen[name] > 0, name


# Committed: a job's transaction may not lie idle for minutes, and the oracle takes them between two batches.
@pytest.mark.slow
@pytest.mark.timeout(3600)
@pytest.mark.django_db(transaction=True)
def test_thousands_of_members_over_ten_years_are_paid_as_the_policy_says():
    # The arithmetic is the same code; on the embedded database a part of them shows that it is stored the same.
    members = 5000 if connection.vendor == "postgresql" else 1500
    seen = pay_for_ten_years(build_land(SEED, members=members, counties=6), batches=80)
    print(dict(seen))
    assert seen["lines"] > 4 * members and seen["months"] > 40 * members


@settings(max_examples=400, deadline=None)
@given(
    days=st.lists(st.dates(datetime.date(2025, 12, 1), datetime.date(2026, 3, 31)), min_size=4, max_size=10),
    beside=st.lists(st.booleans(), min_size=5, max_size=5),
    rule=st.sampled_from(MonthRule.values),
)
def test_a_months_place_is_the_policys_with_posts_at_once_too(days, beside, rule):
    posts = [
        oracle.Post(key, 1, 1, "", "", min(pair), max(pair), beside[key])
        for key, pair in enumerate(zip(days[::2], days[1::2], strict=False))
    ]
    spells = [reckoning.Spell(each.key, each.first, each.last, each.is_beside) for each in posts]
    months = reckoning.months_between(datetime.date(2025, 12, 1), datetime.date(2026, 3, 1))
    wanted = {}
    for month in months:
        for post in oracle.places_of(rule, posts, (month.year, month.month)):
            wanted.setdefault(post.key, []).append(month)
    assert reckoning.months_served(rule, spells, months) == wanted
