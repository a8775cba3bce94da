"""What the reckoning reads is changed between computing and approval: the step is refused, names whom it touches, and
computing again is the cure."""

from datetime import date
from decimal import Decimal

import pytest

from committees import recheck, services
from committees.models import Appointment, SubsidyBatch
from committees.services import BatchRefused
from orgs.models import SecondPostPermit, Tenure
from tests.committees.payments import approved, batch_of, computed, standard_of

pytestmark = pytest.mark.django_db
ANEW_CHECK = "请制单人点“重新计算”，算完以后再复核。"
ANEW_APPROVE = "请点“退回”退给制单人，由制单人点“重新计算”，再复核、审批。"


@pytest.fixture
def people(standard, member):
    return [member("village", name="王建国"), member("neighbour_village", name="李秀英", since=date(2026, 3, 1))]


def tenure_of(person):
    return Tenure.objects.filter(pk=person.tenure_id)


def dies(world, person, member):
    tenure_of(person).update(ended_on=date(2026, 4, 3))


def began_later(world, person, member):
    tenure_of(person).update(started_on=date(2026, 6, 3))


def is_engaged_otherwise(world, person, member):
    Appointment.objects.filter(pk=person.pk).update(employment="part_time")


def has_another_role(world, person, member):
    Appointment.objects.filter(pk=person.pk).update(role="community_member")


def moved(world, person, member):
    tenure_of(person).update(ended_on=date(2026, 4, 3))
    member("village_second", since=date(2026, 4, 4), worker=person.tenure.worker)


def holds_a_second_post(world, person, member):
    """Permitted afterwards: the months of the earlier post are no longer the person's."""
    permit = SecondPostPermit.objects.create(
        worker=person.tenure.worker, organisation=world.orgs["village_second"], reason="暂时无人可聘"
    )
    tenure = Tenure.objects.create(
        organisation=world.orgs["village_second"], worker=person.tenure.worker, post="committee_member",
        started_on=date(2026, 5, 1), permit=permit,
    )  # fmt: skip
    Appointment.objects.create(tenure=tenure, organisation=tenure.organisation, role="village_member")


def was_paid_elsewhere(world, person, member):
    """By a batch of a member's role that was made beside this one and approved first."""
    lines = SubsidyBatch.objects.get().lines
    line = lines.get(appointment=person)
    other = SubsidyBatch.objects.create(
        organisation=world.village, first_month=date(2026, 1, 1), last_month=date(2026, 1, 1), created_by=world.clerk
    )
    there = line.__class__.objects.create(
        organisation=line.organisation, batch=other, appointment=person, worker=line.worker, role=line.role,
        gross_amount=100, amount=100, county_share=100, month_count=1,
    )  # fmt: skip
    month = line.months.order_by("month").first()
    line.months.filter(pk=month.pk).delete()
    there.months.create(
        appointment=person, payee=line.worker, month=month.month, standard=month.standard, amount=month.amount
    )


CHANGES = [
    (dies, "王建国（批次里 6 个月 600.00 元，现在 3 个月 300.00 元）"),
    (began_later, "王建国（批次里 6 个月 600.00 元，现在 1 个月 100.00 元）"),
    (is_engaged_otherwise, "王建国（批次里 6 个月 600.00 元，现在 6 个月 900.00 元）"),
    (has_another_role, "王建国（月份、岗位或机构变了）"),
    (moved, "现在 3 个月 300.00 元）、王建国（批次里没有，现在 3 个月 300.00 元）"),
    (holds_a_second_post, "王建国（批次里没有，现在 2 个月 200.00 元）"),
]  # fmt: skip


@pytest.mark.parametrize(("change", "words"), CHANGES, ids=[change.__name__ for change, _words in CHANGES])
def test_facts_changed_after_computing_refuse_both_steps_until_computed_again(
    world, people, member, checker, change, words
):
    services.record_standard(standard=standard_of(world, amount="150.00", employment="part_time"), by=world.clerk)
    batch = batch_of(world)
    services.check_batch(batch=batch, by=checker, seen=batch.digest)
    change(world, people[0], member)
    with pytest.raises(BatchRefused) as refusal:
        services.approve_batch(batch=batch, by=world.leader, seen=batch.digest)
    sentence = refusal.value.messages[0]
    assert sentence.startswith("这个批次算完以后，任职、聘任或者别的批次有改动，1 人的补贴现在算出来不一样：")
    assert words in sentence and "李秀英" not in sentence and sentence.endswith(f"。{ANEW_APPROVE}")
    services.return_batch(batch=batch, by=world.leader, reason="任职有改动")
    with pytest.raises(BatchRefused, match=ANEW_CHECK):
        services.check_batch(batch=batch, by=checker, seen=batch.digest)
    batch = computed(services.recompute_batch(batch=batch, by=world.clerk))
    assert approved(world, batch, checker).state == "approved"


def test_somebody_who_no_longer_has_a_line_and_somebody_new(world, people, member, checker):
    batch = batch_of(world)
    tenure_of(people[1]).update(started_on=date(2026, 7, 1))
    member("village_second", name="赵新来", since=date(2026, 6, 1))
    with pytest.raises(BatchRefused) as refusal:
        services.check_batch(batch=batch, by=checker, seen=batch.digest)
    sentence = refusal.value.messages[0]
    assert "2 人的补贴" in sentence and "李秀英（批次里 4 个月 400.00 元，现在没有）" in sentence
    assert "赵新来（批次里没有，现在 1 个月 100.00 元）" in sentence


def test_a_month_that_another_batch_has_paid_meanwhile_is_noticed(world, people, member, checker):
    batch = batch_of(world)
    was_paid_elsewhere(world, people[0], member)
    assert [str(change) for change in recheck.changes_since(batch).values()] == [
        "批次里 6 个月 600.00 元，现在 5 个月 500.00 元"
    ]


def test_many_are_counted_and_the_first_named_in_the_order_of_the_tree(world, standard, member, checker):
    for number in range(5):
        member("village_second" if number else "village", name=f"甲{number}")
    batch = batch_of(world)
    Tenure.objects.filter(worker__name__startswith="甲").update(ended_on=date(2026, 1, 31))
    with pytest.raises(BatchRefused) as refusal:
        services.check_batch(batch=batch, by=checker, seen=batch.digest)
    sentence = refusal.value.messages[0]
    assert "5 人的补贴" in sentence and sentence.count("（批次里") == 3 and "）等。" in sentence


def test_nobody_outside_the_askers_scope_is_named(world, people):
    batch = batch_of(world)
    Tenure.objects.filter(worker__in=[person.tenure.worker_id for person in people]).update(ended_on=date(2026, 3, 31))
    changes = recheck.changes_since(batch)
    assert len(changes) == 2
    told = recheck.told(changes, world.director)
    assert told.startswith("2 人的补贴现在算出来不一样：王建国（") and "李秀英" not in told and told.endswith("等")


def test_deductions_and_what_points_back_change_nothing_by_themselves(world, people, member, checker):
    half = approved(world, batch_of(world), checker)
    july = batch_of(world, first=date(2026, 7, 1), last=date(2026, 7, 1))
    services.correct_line(
        line=half.lines.get(appointment=people[0]), batch=july, amount=Decimal("5.00"), reason="少算", by=world.clerk
    )
    services.deduct(line=july.lines.get(appointment=people[1]), amount=Decimal("100.00"), reason="请假", by=world.clerk)
    assert recheck.changes_since(july) == {}
    tenure_of(people[1]).update(ended_on=date(2026, 6, 30))
    july = computed(services.recompute_batch(batch=july, by=world.clerk))
    # Only the deduction is left of the line, and that is said there.
    assert recheck.changes_since(july) == {} and july.problem_count == 1


def test_what_is_made_up_for_is_worked_out_once_more_too(world, people, member, checker):
    approved(world, batch_of(world), checker)
    late = member("village_second", name="赵迟到", since=date(2026, 2, 1))
    july = batch_of(world, first=date(2026, 7, 1), last=date(2026, 7, 1))
    services.supplement(batch=july, appointments=[late.pk], reason="登记晚了", by=world.clerk)
    assert recheck.changes_since(july) == {}
    tenure_of(late).update(started_on=date(2026, 5, 1))
    july.refresh_from_db()
    with pytest.raises(BatchRefused, match="赵迟到（批次里 5 个月 500.00 元，现在 2 个月 200.00 元）"):
        services.check_batch(batch=july, by=checker, seen=july.digest)
    services.remove_line(line=july.lines.get(kind="supplement"), by=world.clerk)
    services.supplement(batch=july, appointments=[late.pk], reason="登记晚了", by=world.clerk)
    july.refresh_from_db()
    approved(world, july, checker)


def test_the_page_of_the_step_says_it(world, people, checker, browse):
    batch = batch_of(world)
    services.check_batch(batch=batch, by=checker, seen=batch.digest)
    tenure_of(people[0]).update(ended_on=date(2026, 4, 3))
    answered = browse("leader").post("subsidy-batch-approve", batch.pk, seen=batch.digest)
    assert answered.status_code == 422 and "王建国（批次里 6 个月" in answered.content.decode()
