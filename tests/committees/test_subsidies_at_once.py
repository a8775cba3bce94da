"""Several people at the same batch or standard, on connections of their own: one stands, the other is told why not."""

import datetime
from datetime import date
from decimal import Decimal

import pytest
from django.db import transaction

from accounts.models import Assignment, User
from committees import batch_lines, services
from committees.models import SubsidyBatch, SubsidyLine, SubsidyMonth, SubsidyStandard
from committees.services import BatchRefused, StandardRefused
from federation.roles import Role
from federation.shared.jobs import run_now
from federation.shared.models import AuditEntry
from orgs.models import Organisation
from tests.committees.payments import batch_of
from tests.two_connections import Other, all_at_once, on_postgresql

pytestmark = pytest.mark.django_db(transaction=True)


def maker(world, place, first=date(2026, 1, 1), last=date(2026, 6, 1)):
    def make():
        batch = SubsidyBatch(organisation=world.orgs[place], first_month=first, last_month=last)
        services.make_batch(batch=batch, by=world.clerk)

    return make


@on_postgresql
@pytest.mark.parametrize(
    "places",
    [("county", "county"), ("county", "township"), ("village", "city"), ("province", "village", "township", "county")],
)
def test_of_several_crossing_batches_made_at_once_exactly_one_stands(world, standard, member, places):
    member("village")
    Assignment.objects.create(
        user=world.clerk, role=Role.COUNTY_CLERK, organisation=world.province, since=date(2020, 1, 1)
    )
    for _ in range(3):
        refused = all_at_once([maker(world, place) for place in places])
        assert [type(error) for error in refused] == [BatchRefused] * (len(places) - 1), refused
        batch = SubsidyBatch.objects.get()
        assert run_now(batch.job).state == "done"
        assert SubsidyMonth.objects.count() == 6
        services.delete_batch(batch=batch, by=world.clerk)


@on_postgresql
def test_batches_side_by_side_made_at_once_both_stand(world, standard):
    assert all_at_once([maker(world, "township"), maker(world, "neighbour_township")]) == []
    assert SubsidyBatch.objects.count() == 2


# --- two steps at one batch ---------------------------------------------------------------------------------
STEPS = {
    "check": lambda world, checker, batch: services.check_batch(batch=batch, by=checker, seen=batch.digest),
    "approve": lambda world, checker, batch: services.approve_batch(batch=batch, by=world.leader, seen=batch.digest),
    "approve_too": lambda world, checker, batch: services.approve_batch(
        batch=batch, by=User.objects.get(username="other_clerk"), seen=batch.digest
    ),
    "return": lambda world, checker, batch: services.return_batch(batch=batch, by=world.leader, reason="请核对"),
    "recompute": lambda world, checker, batch: services.recompute_batch(batch=batch, by=world.clerk),
    "delete": lambda world, checker, batch: services.delete_batch(batch=batch, by=world.clerk),
    "deduct": lambda world, checker, batch: services.deduct(
        line=SubsidyLine.objects.get(batch=batch), amount=Decimal("10"), reason="请假", by=world.clerk
    ),
    "pay": lambda world, checker, batch: services.pay_batch(
        batch=batch, by=world.clerk, on=datetime.date.today(), reference="凭证 1"
    ),
}


def batch_at(world, checker, state) -> SubsidyBatch:
    batch = batch_of(world)
    if state in ("checked", "approved"):
        batch = STEPS["check"](world, checker, batch)
    if state == "approved":
        batch = STEPS["approve"](world, checker, batch)
    return batch


@on_postgresql
@pytest.mark.parametrize(
    ("state", "first", "second", "ends"),
    [
        ("draft", "check", "check", "checked"),
        ("draft", "check", "recompute", "checked"),
        ("draft", "check", "deduct", "checked"),
        ("draft", "recompute", "check", "planned"),
        ("draft", "deduct", "check", "draft"),
        ("draft", "delete", "check", None),
        ("draft", "delete", "recompute", None),
        ("checked", "approve", "approve_too", "approved"),
        ("checked", "approve", "recompute", "approved"),
        ("checked", "approve", "return", "approved"),
        ("checked", "approve", "delete", "approved"),
        ("checked", "return", "approve", "draft"),
        ("checked", "delete", "approve", None),
        ("approved", "pay", "pay", "paid"),
    ],
)
def test_who_comes_second_waits_and_is_refused(world, standard, member, checker, state, first, second, ends):
    member("village")
    batch = batch_at(world, checker, state)
    with transaction.atomic():
        STEPS[first](world, checker, SubsidyBatch.objects.get(pk=batch.pk))
        other = Other(lambda: STEPS[second](world, checker, batch))
        other.start()
        waited = other.waits_or_is_done()
    with pytest.raises(BatchRefused):
        other.ended()
    assert waited == "waits"
    assert SubsidyBatch.objects.filter(pk=batch.pk).values_list("state", flat=True).first() == ends
    log = AuditEntry.objects.filter(action__in=["subsidy.checked", "subsidy.approved", "subsidy.paid"])
    actions = list(log.values_list("action", flat=True))
    assert len(actions) == len(set(actions)), "a step is in the log twice"


@on_postgresql
def test_two_who_approve_at_the_same_moment_approve_once(world, standard, member, checker):
    member("village")
    batch = batch_at(world, checker, "checked")
    refused = all_at_once([lambda step=step: STEPS[step](world, checker, batch) for step in ("approve", "approve_too")])
    assert [type(error) for error in refused] == [BatchRefused]
    assert AuditEntry.objects.filter(action="subsidy.approved").count() == 1


@on_postgresql
def test_a_batch_is_not_deleted_while_it_is_computed(world, standard, member):
    member("village")
    maker(world, "county")()
    batch = SubsidyBatch.objects.get()
    with transaction.atomic():
        Organisation.objects.select_for_update().get(pk=world.village.pk)
        computing = Other(lambda: run_now(batch.job))
        computing.start()
        assert computing.waits_or_is_done() == "waits"
        with pytest.raises(BatchRefused, match="正在计算"), transaction.atomic():
            services.delete_batch(batch=batch, by=world.clerk)
    computing.ended()
    batch.refresh_from_db()
    assert batch.state == "draft" and batch.month_count == SubsidyMonth.objects.count() == 6


# --- a standard that changes meanwhile ------------------------------------------------------------------------
def raised(standard, world):
    standard.monthly_amount = standard.county_share = Decimal("120")
    services.change_standard(standard=standard, by=world.clerk, expected_version=standard.version)


def ended(standard, world):
    services.end_standard(standard=standard, on=date(2026, 3, 31), by=world.clerk, expected_version=standard.version)


@on_postgresql
@pytest.mark.parametrize("change", [raised, ended])
def test_a_standard_a_batch_is_being_stored_by_is_not_changed_under_it(world, standard, member, change):
    member("village")
    maker(world, "county")()
    batch = SubsidyBatch.objects.get()
    with transaction.atomic():
        # The batch has read its standards and waits for the village.
        Organisation.objects.select_for_update().get(pk=world.village.pk)
        computing = Other(lambda: run_now(batch.job))
        computing.start()
        assert computing.waits_or_is_done() == "waits"
        changing = Other(lambda: change(standard, world))
        changing.start()
        waited = changing.waits_or_is_done()
    computing.ended()
    with pytest.raises(StandardRefused, match="已按这个标准算到 2026 年 6 月的补贴"):
        changing.ended()
    assert waited == "waits"
    stored = SubsidyStandard.objects.get(pk=standard.pk)
    assert (stored.monthly_amount, stored.valid_to) == (Decimal("100.00"), None)
    batch.refresh_from_db()
    assert batch.total_amount == Decimal("600.00")


@pytest.mark.parametrize(("change", "total"), [(raised, 720), (ended, 300)])
def test_what_was_worked_out_before_a_standard_changed_is_worked_out_anew(world, standard, member, change, total):
    member("village")
    maker(world, "county")()
    batch, path = SubsidyBatch.objects.get(), world.county.path
    book = batch_lines.book_of(batch, path)
    due = batch_lines.due_in(batch, path, book)
    assert [each.reckoned.gross for each in due] == [600]
    with transaction.atomic():
        assert batch_lines.still_due(batch, path, book, due) is due
    change(standard, world)
    with transaction.atomic():
        assert [each.reckoned.gross for each in batch_lines.still_due(batch, path, book, due)] == [total]
