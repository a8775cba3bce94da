"""Two people between us and the bank at once, and a body that is moved meanwhile: who comes second waits, nobody is
left waiting for ever, and no month is paid twice."""

from datetime import date

import pytest
from django.db import transaction

from committees import services
from committees.models import SubsidyBatch, SubsidyLine, SubsidyMonth, SubsidyPayment
from committees.services import BatchRefused
from federation.shared.jobs import run_now
from orgs.models import Organisation
from orgs.services import move_organisation
from tests.committees.bank import card, told, with_account
from tests.committees.payments import JULY, approved, batch_of
from tests.two_connections import Other, all_at_once, on_postgresql

pytestmark = [pytest.mark.django_db(transaction=True), on_postgresql]


@pytest.fixture
def sent(world, standard, member, checker):
    """Two batches sent to the bank: half a year, and July; two people each."""
    for serial, place in enumerate(("village", "village_second"), 1):
        with_account(member(place), card(serial))
    batches = [approved(world, batch_of(world, **days), checker) for days in ({}, JULY)]
    for batch in batches:
        services.send_to_bank(batch=batch, by=world.clerk)
    return batches


def moved(world):
    return move_organisation(
        organisation=world.village, parent=world.orgs["neighbour_township"], by=world.administrator, reason="区划调整"
    )


def answered(*payments, outcome="paid"):
    answers = [
        services.Answer(each, outcome, "" if outcome == "paid" else "账户已销户", date.today(), "1")
        for each in payments
    ]  # fmt: skip
    return lambda: services.register_answers(answers=answers, by=None)


def test_answers_wait_for_a_move_and_a_move_for_answers(world, sent):
    first = list(sent[0].payments.order_by("number"))
    with transaction.atomic():
        moved(world)
        other = Other(answered(*first))
        other.start()
        assert other.waits_or_is_done() == "waits"
    other.ended()
    path = Organisation.objects.get(pk=world.village.pk).path
    line = SubsidyLine.objects.get(batch=sent[0], organisation=world.village)
    assert (line.org_path, line.outcome) == (path, "paid")
    with transaction.atomic():
        answered(*sent[1].payments.all())()
        other = Other(
            lambda: move_organisation(
                organisation=world.village, parent=world.township, by=world.administrator, reason="划回"
            )
        )
        other.start()
        assert other.waits_or_is_done() == "waits"
    other.ended()
    assert set(SubsidyPayment.objects.values_list("outcome", flat=True)) == {"paid"}


def test_a_batch_is_stored_while_bodies_are_moved(world, standard, member):
    appointments = [member(place) for place in ("village", "village_second", "neighbour_village")]
    batch = SubsidyBatch(organisation=world.county, first_month=date(2026, 1, 1), last_month=date(2026, 6, 1))
    batch = services.make_batch(batch=batch, by=world.clerk)
    for _ in range(3):
        there = Organisation.objects.get(pk=world.village.pk).path.startswith(world.township.path)
        parent = world.orgs["neighbour_township"] if there else world.township
        raised = all_at_once(
            [
                lambda job=batch.job: run_now(job),
                lambda parent=parent: move_organisation(
                    organisation=world.village, parent=parent, by=world.administrator, reason="区划调整"
                ),
            ]
        )
        assert raised == []
        batch.refresh_from_db()
        assert batch.state == "draft" and SubsidyMonth.objects.count() == 6 * len(appointments)
        path = Organisation.objects.get(pk=world.village.pk).path
        assert batch.lines.get(organisation=world.village).org_path == path
        batch = services.recompute_batch(batch=batch, by=world.clerk)


def test_two_files_over_the_same_batches_in_another_order_never_wait_for_each_other(world, sent):
    (one, two), (three, four) = [list(batch.payments.order_by("number")) for batch in sent]
    for _ in range(3):
        raised = all_at_once([answered(one, three), answered(four, two)])
        assert raised == []
        assert set(SubsidyPayment.objects.values_list("outcome", flat=True)) == {"paid"}
        written = list(SubsidyPayment.objects.values_list("pk", "version"))
        services.take_back_answers(written=[list(row) for row in written], by=None)
        one, two, three, four = SubsidyPayment.objects.order_by("pk")


def test_the_same_answer_twice_at_once_counts_once(world, sent):
    payment = sent[0].payments.first()
    raised = all_at_once([answered(payment), answered(payment, outcome="failed")])
    assert [type(error) for error in raised] == [BatchRefused]


def test_what_came_back_is_sent_or_paid_later_or_given_up_but_once(world, sent, checker):
    payment = sent[0].payments.first()
    told(payment, "failed")
    august = batch_of(world, first=date(2026, 8, 1), last=date(2026, 8, 1))
    line = sent[0].lines.get(worker=payment.worker)
    payment.refresh_from_db()
    raised = all_at_once(
        [
            lambda: services.send_again(batch=sent[0], payments=[payment.pk], by=world.clerk),
            lambda: services.pay_again(line=line, batch=august, reason="账号已改正", by=world.clerk),
            lambda: services.give_up(payment=payment, reason="本人去世", by=world.clerk),
        ]
    )
    assert [type(error) for error in raised] == [BatchRefused] * 2, raised


def test_two_who_send_a_batch_to_the_bank_send_it_once(world, standard, member, checker):
    with_account(member("village"), card(1))
    batch = approved(world, batch_of(world), checker)
    raised = all_at_once([lambda: services.send_to_bank(batch=batch, by=world.clerk)] * 2)
    assert [type(error) for error in raised] == [BatchRefused]
    assert batch.payments.count() == 1


def test_money_that_comes_back_while_the_batch_is_archived_is_in_it_or_refused(world, sent):
    batch = sent[1]
    for payment in batch.payments.all():
        told(payment)
    line = batch.lines.select_related("batch").order_by("pk").first()
    raised = all_at_once(
        [
            lambda: services.archive_batch(batch=batch, by=world.clerk),
            lambda: services.record_return(line=line, on=date.today(), reason="账户已销户", by=world.clerk),
            lambda: services.record_return(line=line, on=date.today(), reason="账户已销户", by=world.clerk),
        ]
    )
    assert [type(error) for error in raised] == [BatchRefused] * 2, raised
    batch.refresh_from_db()
    line.refresh_from_db()
    assert (batch.state, line.outcome) in {("archived", "paid"), ("approved", "failed")}
