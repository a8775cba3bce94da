"""Standards and batches as the tests of subsidies make them."""

from datetime import date
from decimal import Decimal

from committees import services
from committees.models import SubsidyBatch, SubsidyStandard
from federation.shared.jobs import run_now

# The month after the half-year that a batch is of unless it is told otherwise.
JULY = {"first": date(2026, 7, 1), "last": date(2026, 7, 1)}


def standard_of(world, place="county", amount="100.00", since=date(2020, 1, 1), **more):
    given = {"county_share": Decimal(amount), "document_number": "会残发〔2020〕1 号"} | more
    return SubsidyStandard(
        organisation=world.orgs[place], monthly_amount=Decimal(amount), valid_from=since, **given
    )  # fmt: skip


def batch_of(world, place="county", first=date(2026, 1, 1), last=date(2026, 6, 1), **more):
    batch = SubsidyBatch(organisation=world.orgs[place], first_month=first, last_month=last, **more)
    batch = services.make_batch(batch=batch, by=world.clerk)
    return computed(batch)


def computed(batch):
    run_now(batch.job)
    batch.refresh_from_db()
    return batch


def approved(world, batch, checker):
    services.check_batch(batch=batch, by=checker, seen=batch.digest)
    return services.approve_batch(batch=batch, by=world.leader, seen=batch.digest)
