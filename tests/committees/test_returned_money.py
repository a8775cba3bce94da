"""Money that arrived and came back days later (退汇): open again like what failed at once, and every sum knows it."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db.models import Sum

from accounts.models import ApiKey
from committees import pay_evidence, pay_record, services, statements
from committees.area_figures import YearOfSubsidies
from committees.models import SubsidyBatch, SubsidyMonth
from committees.services import BatchRefused
from federation.shared.history import history_of
from federation.shared.metrics import Window
from federation.shared.models import AuditEntry
from tests.committees.bank import answer, answer_file, cells, fetched, told
from tests.committees.payments import JULY, approved, batch_of

pytestmark = pytest.mark.django_db
TODAY = date.today()
REASON = "账户已销户"


@pytest.fixture
def paid(world, people, checker):
    """A batch whose every transfer has arrived."""
    batch = approved(world, batch_of(world), checker)
    services.send_to_bank(batch=batch, by=world.clerk)
    for payment in batch.payments.order_by("number"):
        told(payment, by=world.clerk)
    batch.refresh_from_db()
    assert batch.state == "paid"
    return batch


def line_of(batch, person):
    return batch.lines.select_related("batch").get(appointment=person, kind="regular")


def returned(batch, person, by):
    services.record_return(line=line_of(batch, person), on=TODAY, reason=REASON, by=by)
    batch.refresh_from_db()
    return batch.payments.get(worker=person.tenure.worker_id, outcome="failed")


def _key_of(world) -> ApiKey:
    known = ApiKey.objects.filter(name="县财政").first()
    return known or ApiKey.issue(
        name="县财政", organisation=world.county, resources=["subsidies"], expires_on=date(2030, 1, 1)
    )[0]  # fmt: skip


def sums(world) -> dict:
    """What the year comes to, as each place that says so says it."""
    window = Window(2026, TODAY)
    statement = statements.of_body(world.county, 2026, world.clerk)
    rest = YearOfSubsidies(_key_of(world), 2026, [world.county]).of(world.county.path)
    paid, due = pay_record.months_paid([world.county], window)[world.county.pk][:2]
    assert len(pay_evidence.paid_months_of(world.county, window)) == paid
    assert rest["amount"] == statement.totals.paid
    return {
        "paid": statement.totals.paid,
        "arrived": statement.totals.arrived,
        "open": statement.totals.open,
        "in rows": sum(row.totals.arrived for row in statement.rows),
        "months": (paid, due),
        "rest": rest["arrived"],
        "waiting": [batch.pk for batch in SubsidyBatch.objects.filter(state="approved")],
    }


ALL_ARRIVED = {
    "paid": Decimal("1000.00"), "arrived": Decimal("1000.00"), "open": Decimal("0.00"), "in rows": Decimal("1000.00"),
    "months": (10, 10), "rest": Decimal("1000.00"), "waiting": [],
}  # fmt: skip


def without_the_first(batch) -> dict:
    return ALL_ARRIVED | {
        "arrived": Decimal("400.00"), "open": Decimal("600.00"), "in rows": Decimal("400.00"), "months": (4, 10),
        "rest": Decimal("400.00"), "waiting": [batch.pk],
    }  # fmt: skip


# --- the bank's later file ------------------------------------------------------------------------------
def test_a_later_file_opens_what_was_paid_and_every_sum_agrees(world, paid, people, course):
    assert sums(world) == ALL_ARRIVED
    first, second = paid.payments.order_by("number")
    file = answer_file(answer(first, "退汇", 原因=REASON, 流水号="T1"), answer(second, 流水号="1"))
    done = course.send(file, kind="payments")
    assert course.errors(done) == [] and (done.changed_count, done.unchanged_count) == (1, 1)
    course.confirm(done)
    paid.refresh_from_db()
    assert (paid.state, paid.paid_on, paid.payment_reference) == ("approved", None, "")
    line = line_of(paid, people[0])
    assert (line.outcome, line.outcome_reason, line.outcome_on) == ("failed", REASON, TODAY)
    first.refresh_from_db()
    assert (first.outcome, first.reason, first.outcome_on, first.reference, first.arrived_on) == (
        "failed", REASON, TODAY, "T1", TODAY,
    )  # fmt: skip
    assert history_of(line)[0].changes["outcome"] == ["paid", "failed"]
    assert AuditEntry.objects.get(action="subsidy.money_returned").reason == REASON
    assert AuditEntry.objects.filter(action="subsidy.waits_again").count() == 1
    # As of a line that failed at once: the months stay its own until it is given up.
    assert SubsidyMonth.objects.standing().filter(line=line).count() == 6
    assert sums(world) == without_the_first(paid)
    with pytest.raises(BatchRefused, match="现在是“已审批”，不能归档"):
        services.archive_batch(batch=paid, by=world.clerk)

    assert services.send_again(batch=paid, payments=[first.pk], by=world.clerk) == 2
    sheet = cells(fetched(world, paid, 2))
    assert (sheet[2][0], [row[2] for row in sheet[4:]]) == ("合计 1 人，600.00 元，人民币陆佰元整", ["王建国"])
    told(paid.payments.get(sheet=2), by=world.clerk)
    paid.refresh_from_db()
    assert (paid.state, paid.paid_on) == ("paid", TODAY)
    assert sums(world) == ALL_ARRIVED
    assert paid.payments.filter(outcome="paid").aggregate(total=Sum("amount"))["total"] == paid.total_amount


def test_the_later_file_is_taken_back_and_the_earlier_one_no_more(world, people, checker, course):
    batch = approved(world, batch_of(world), checker)
    services.send_to_bank(batch=batch, by=world.clerk)
    first, second = batch.payments.order_by("number")
    earlier = course.written(answer_file(answer(first, 流水号="A"), answer(second, 流水号="B")), kind="payments")
    later = course.written(answer_file(answer(first, "退汇", 原因=REASON, 流水号="T1")), kind="payments")
    refused = course.undo(earlier)
    assert refused.state == "done" and "已经重发、退汇、登记不再发或者归档" in refused.refusal
    assert course.undo(later).state == "undone"
    batch.refresh_from_db()
    first.refresh_from_db()
    assert (batch.state, batch.paid_on, batch.payment_reference) == ("paid", TODAY, "A、B")
    assert (first.outcome, first.reason, first.reference, first.arrived_on) == ("paid", "", "A", None)
    assert set(batch.lines.values_list("outcome", "outcome_reason", "outcome_on")) == {("paid", "", TODAY)}
    assert sums(world) == ALL_ARRIVED


def test_a_file_that_also_repeats_the_first_word_says_nothing_new(world, paid, people, course):
    first = returned(paid, people[0], world.clerk)
    done = course.send(answer_file(answer(first), answer(first, "退汇", 原因=REASON)), kind="payments")
    assert course.errors(done) == ["第 3 行“序号”：与第 2 行是同一笔。请核对，只留一行。"]
    done = course.send(answer_file(answer(first)), kind="payments")
    assert (course.errors(done), done.unchanged_count) == ([], 1)


def test_a_plain_failure_of_what_had_arrived_asks_for_the_word(world, paid, course):
    first = paid.payments.first()
    done = course.send(answer_file(answer(first, "失败")), kind="payments")
    assert course.errors(done) == [
        "第 2 行“结果”：这一笔已经登记为“已到账”。到账以后又退回来的，结果请写“退汇”；登记错的，请撤销那次银行回单。"
    ]


def test_money_cannot_come_back_before_it_arrived(world, paid, course, people):
    first = paid.payments.first()
    day = (TODAY - timedelta(days=1)).isoformat()
    done = course.send(answer_file(answer(first, "退汇", 原因=REASON, 日期=day)), kind="payments")
    assert "早于这一笔的到账日期" in course.errors(done)[0]
    for days, words in ((-1, "早于到账日期"), (1, "退汇日期还没有到")):
        with pytest.raises(BatchRefused, match=words):
            services.record_return(
                line=line_of(paid, people[0]), on=TODAY + timedelta(days=days), reason=REASON, by=world.clerk
            )


def test_a_return_of_what_was_not_yet_said_to_have_arrived_is_a_failure(world, people, checker, course):
    batch = approved(world, batch_of(world), checker)
    services.send_to_bank(batch=batch, by=world.clerk)
    course.written(answer_file(answer(batch.payments.first(), "退汇", 原因=REASON)), kind="payments")
    assert list(batch.payments.order_by("number").values_list("outcome", "arrived_on")) == [
        ("failed", None),
        ("", None),
    ]


def test_an_archived_batch_stays_closed_and_the_cure_is_named(world, paid, people, course, browse):
    services.archive_batch(batch=paid, by=world.clerk)
    cure = "这个批次已归档，不能再登记退汇。请在还没有复核的批次里对这一行办“更正”"
    done = course.send(answer_file(answer(paid.payments.first(), "退汇", 原因=REASON)), kind="payments")
    assert course.errors(done)[0].startswith(f"第 2 行“批次号”：{cure}")
    line = line_of(paid, people[0])
    with pytest.raises(BatchRefused, match=cure):
        services.record_return(line=line, on=TODAY, reason=REASON, by=world.clerk)
    assert cure in browse("clerk").get("subsidy-line-returned", line.pk).content.decode()
    assert sums(world) == ALL_ARRIVED
    july = batch_of(world, **JULY)
    services.correct_line(line=line, batch=july, amount=Decimal("600.00"), reason="退汇", by=world.clerk)


# --- one line -------------------------------------------------------------------------------------------
def test_a_return_is_recorded_on_the_lines_page_and_taken_back_there(world, paid, people, browse):
    line = line_of(paid, people[0])
    clerk = browse("clerk")
    assert "登记退汇" in clerk.get("subsidy-line-detail", line.pk).content.decode()
    day = {"on": TODAY.isoformat()}
    assert clerk.post("subsidy-line-returned", line.pk, reason=REASON, **day).status_code == 302
    assert sums(world) == without_the_first(paid)
    page = clerk.get("subsidy-line-detail", line.pk).content.decode()
    assert "银行退回" in page and REASON in page and "退回重发" in page and "撤销退汇" in page
    page = clerk.get("subsidy-batch-payments", paid.pk).content.decode()
    assert f"日到账）：{REASON}" in page and "重发退回的" in page
    assert clerk.post("subsidy-line-not-returned", line.pk).status_code == 302
    assert sums(world) == ALL_ARRIVED
    paid.refresh_from_db()
    assert paid.state == "paid"


def test_who_only_looks_records_no_return(world, paid, people, browse):
    line = line_of(paid, people[0])
    assert "登记退汇" not in browse("leader").get("subsidy-line-detail", line.pk).content.decode()
    assert browse("leader").post("subsidy-line-returned", line.pk, reason=REASON).status_code == 403


def test_only_what_arrived_comes_back_and_only_what_came_back_is_taken_back(world, people, checker):
    batch = approved(world, batch_of(world), checker)
    services.send_to_bank(batch=batch, by=world.clerk)
    first, second = batch.payments.order_by("number")
    told(second, "failed", by=world.clerk)
    for person in people:
        with pytest.raises(BatchRefused, match="没有已到账的金额"):
            services.record_return(line=line_of(batch, person), on=TODAY, reason=REASON, by=world.clerk)
    with pytest.raises(BatchRefused, match="没有登记退汇"):
        services.take_back_return(line=line_of(batch, people[1]), by=world.clerk)
    told(first, by=world.clerk)
    came_back = returned(batch, people[0], world.clerk)
    services.send_again(batch=batch, payments=[came_back.pk], by=world.clerk)
    with pytest.raises(BatchRefused, match="已经重发"):
        services.take_back_return(line=line_of(batch, people[0]), by=world.clerk)


def test_what_came_back_and_is_given_up_frees_its_months(world, paid, people):
    payment = returned(paid, people[0], world.clerk)
    services.give_up(payment=payment, reason="本人去世", by=world.clerk)
    paid.refresh_from_db()
    assert paid.state == "paid" and not SubsidyMonth.objects.standing().filter(appointment=people[0]).exists()
    july = batch_of(world, **JULY)
    assert services.forgotten(july) == {people[0].pk: [date(2026, month, 1) for month in range(1, 7)]}
    # What is given up counts nowhere until it is paid anew.
    assert sums(world) == ALL_ARRIVED | {
        "paid": Decimal("400.00"), "arrived": Decimal("400.00"), "in rows": Decimal("400.00"), "months": (4, 10),
        "rest": Decimal("400.00"),
    }  # fmt: skip


def test_what_a_later_batch_pays_again_lets_the_first_come_to_rest(world, paid, people, checker):
    returned(paid, people[0], world.clerk)
    july = batch_of(world, **JULY)
    again = services.pay_again(line=line_of(paid, people[0]), batch=july, reason="账号已改正", by=world.clerk)
    july.refresh_from_db()
    paid.refresh_from_db()
    # Until the later one is approved its line may be taken out again.
    assert paid.state == "approved" and again.batch_id == july.pk
    approved(world, july, checker)
    paid.refresh_from_db()
    assert paid.state == "paid"
    services.send_to_bank(batch=july, by=world.clerk)
    for payment in july.payments.order_by("number"):
        told(payment, by=world.clerk)
    assert sums(world)["months"] == (10, 10)
    # Somebody else's money comes back as well: the months paid again still count.
    returned(paid, people[1], world.clerk)
    assert paid.state == "approved" and sums(world)["months"] == (6, 10)
    # The second attempt comes back too.
    returned(july, people[0], world.clerk)
    assert sums(world)["months"] == (0, 10)


# --- paid without the bank's sheet ----------------------------------------------------------------------
def test_what_was_paid_by_hand_comes_back_as_a_transfer_of_its_own(world, people, checker, browse):
    batch = approved(world, batch_of(world), checker)
    services.pay_batch(batch=batch, by=world.clerk, on=TODAY, reference="凭证 7")
    batch.refresh_from_db()
    payment = returned(batch, people[0], world.clerk)
    assert (batch.state, payment.sheet, payment.number, payment.amount) == ("approved", 0, 1, Decimal("600.00"))
    assert sums(world) == without_the_first(batch)
    assert "登记发放" in browse("clerk").get("subsidy-batch-payments", batch.pk).content.decode()
    assert services.send_again(batch=batch, payments=[payment.pk], by=world.clerk) == 1
    written = told(batch.payments.get(sheet=1), by=world.clerk)
    batch.refresh_from_db()
    assert batch.state == "paid" and sums(world) == ALL_ARRIVED
    services.take_back_answers(written=written, by=world.clerk)
    # Who was paid by hand stays paid.
    assert line_of(batch, people[1]).outcome == "paid" and line_of(batch, people[0]).outcome == ""


def test_a_batch_paid_by_hand_keeps_its_day_and_voucher_when_what_came_back_is_given_up(world, people, checker):
    batch = approved(world, batch_of(world), checker)
    services.pay_batch(batch=batch, by=world.clerk, on=TODAY, reference="凭证 7")
    batch.refresh_from_db()
    services.give_up(payment=returned(batch, people[0], world.clerk), reason="本人去世", by=world.clerk)
    batch.refresh_from_db()
    assert (batch.state, batch.paid_on, batch.payment_reference) == ("paid", TODAY, "凭证 7")
