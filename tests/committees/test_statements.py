"""Notices and yearly statements: what a person and a body are told is what the batches say; corrections point back."""

import io
from datetime import date
from decimal import Decimal

import openpyxl
import pytest
from django.core.exceptions import ValidationError

from committees import notices, services, statements
from committees.models import SubsidyPayment
from federation.shared.export_files import OpenedFile
from federation.shared.jobs import run_now
from federation.shared.models import AuditEntry
from orgs.models import Tenure
from tests.committees.bank import card, told
from tests.committees.payments import JULY, approved, batch_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def year(world, people, checker):
    """Half a year of which one came back, and July, which corrects the one and pays the other again."""
    half = approved(world, batch_of(world), checker)
    services.send_to_bank(batch=half, by=world.clerk)
    first, second = half.payments.order_by("number")
    told(first, by=world.clerk)
    told(second, "failed", by=world.clerk)
    july = batch_of(world, **JULY)
    services.correct_line(
        line=half.lines.get(appointment=people[0]), batch=july, amount=Decimal("-30.50"), reason="请假", by=world.clerk
    )
    services.pay_again(line=half.lines.get(appointment=people[1]), batch=july, reason="账号已改正", by=world.clerk)
    july.refresh_from_db()
    return half, approved(world, july, checker)


# --- notices --------------------------------------------------------------------------------------------
def test_a_notice_says_the_arithmetic_the_sum_in_words_and_no_number(world, year, browse):
    half, july = year
    line = july.lines.get(worker__name="王建国", kind="regular")
    page = browse("clerk").get("subsidy-line-notice", line.pk).content.decode()
    for words in ("王建国：", "100.00 元 × 1 个月（2026 年 7 月）", "2026 年 1 月至 6 月那一批", "-30.50", "69.50",
                  "陆拾玖元伍角整", "已审批，正在发放。", "县财政承担 69.50 元"):  # fmt: skip
        assert words in page, words
    assert card(1) not in page and card(1)[-4:] in page
    paid = half.lines.get(worker__name="王建国")
    assert "日发放。" in browse("clerk").get("subsidy-line-notice", paid.pk).content.decode()
    failed = half.lines.get(worker__name="李秀英")
    assert "银行没有付成：账户已销户" in browse("clerk").get("subsidy-line-notice", failed.pk).content.decode()


def test_there_is_no_notice_before_approval(world, people, browse):
    batch = batch_of(world)
    page = browse("clerk").get("subsidy-line-notice", batch.lines.first().pk).content.decode()
    assert "审批以后才有发放通知" in page
    with pytest.raises(ValidationError, match="审批以后才有发放通知"):
        notices.ask_for_notices(batch=batch, by=world.clerk, purpose="发给本人")


def test_the_notices_of_a_batch_are_one_file_of_a_page_a_person(world, year, monkeypatch):
    monkeypatch.setattr(notices, "AT_ONCE", 1)
    half, _july = year
    export = notices.ask_for_notices(batch=half, by=world.clerk, purpose="发给本人核对")
    assert run_now(export.job).state == "done"
    export.refresh_from_db()
    content = b"".join(OpenedFile(export))
    assert content.count(b"/MediaBox") == 2 == export.row_count
    assert AuditEntry.objects.get(action="subsidy.notices_made").reason == "发给本人核对"


# --- statements -----------------------------------------------------------------------------------------
def test_a_persons_year_sums_to_what_was_due_and_points_back(world, year, people):
    statement = statements.of_person(people[0].tenure.worker, 2026, world.clerk)
    remarks = [(row.line.amount, row.remark) for row in statement.rows]
    assert remarks == [
        (Decimal("600.00"), ""),
        (Decimal("100.00"), ""),
        (Decimal("-30.50"), "更正：2026 年 1 月至 6 月那一批；请假"),
    ]
    totals = statement.totals
    assert (totals.due, totals.changed, totals.paid) == (Decimal("700.00"), Decimal("-30.50"), Decimal("669.50"))
    assert (totals.arrived, totals.open, totals.months) == (Decimal("600.00"), Decimal("69.50"), 7)
    assert totals.payers == [("县财政", Decimal("669.50"))]


def test_what_a_later_batch_pays_again_counts_once(world, year, people):
    statement = statements.of_person(people[1].tenure.worker, 2026, world.clerk)
    assert "没有发成，由以后的批次发放，这里不计入合计" in statement.rows[0].remark
    assert statement.totals.paid == Decimal("500.00") and statement.totals.arrived == 0
    july = year[1]
    services.send_to_bank(batch=july, by=world.clerk)
    for payment in SubsidyPayment.objects.filter(batch=july):
        told(payment, by=world.clerk)
    body = statements.of_body(world.county, 2026, world.clerk)
    assert body.totals.paid == body.totals.arrived == Decimal("1169.50") and body.people == 2
    assert [(row.name, row.totals.paid) for row in body.rows] == [
        ("王建国", Decimal("669.50")),
        ("李秀英", Decimal("500.00")),
    ]
    assert [(line.worker.name, line.corrects.batch) for line in body.corrections] == [
        ("王建国", year[0]),
        ("李秀英", year[0]),
    ]


def test_a_statement_holds_only_what_its_reader_sees(world, year):
    assert statements.of_body(world.county, 2026, world.director).people == 1
    assert statements.of_body(world.county, 2025, world.clerk).rows == []


def test_statements_are_pages_papers_and_workbooks(world, year, people, browse):
    uid = people[0].tenure.worker.uid
    page = browse("clerk").get("statement-member", uid, 2026).content.decode()
    assert "更正：2026 年 1 月至 6 月那一批" in page and "另有更正 -30.50 元，已算在实发里" in page
    assert "更正和重发" in browse("clerk").get("statement-body", world.county.pk, 2026).content.decode()
    for name, place in (("statement-member", uid), ("statement-body", world.county.pk)):
        paper = browse("clerk").get(f"{name}-pdf", place, 2026)
        assert paper["Content-Type"] == "application/pdf" and paper.content.startswith(b"%PDF-")
        answer = browse("clerk").get(f"{name}-table", place, 2026)
        book = openpyxl.load_workbook(io.BytesIO(b"".join(answer.streaming_content)))
        texts = [str(cell.value) for sheet in book for row in sheet.iter_rows() for cell in row]
        assert "王建国" in " ".join(texts) and card(1) not in texts
    assert AuditEntry.objects.filter(action="subsidy.statement_given").count() == 4
    for wrong in (1999, date.today().year + 1):
        assert browse("clerk").get("statement-body", world.county.pk, wrong).status_code == 404


# --- what was sent back and paid once more --------------------------------------------------------------
@pytest.fixture
def sent_back(world, people, checker):
    """Half a year with 30 yuan taken off a person of 600, sent back by the bank; that line."""
    half = batch_of(world)
    services.deduct(line=half.lines.get(appointment=people[0]), amount=Decimal("30"), reason="请假", by=world.clerk)
    half.refresh_from_db()
    half = approved(world, half, checker)
    come_back(world, half)
    return half.lines.get(appointment=people[0])


def come_back(world, batch):
    services.send_to_bank(batch=batch, by=world.clerk)
    for payment in batch.payments.all():
        told(payment, "failed", by=world.clerk)


def paid_again(world, line, checker, month):
    """`line` paid once more by a batch of a month in which the person is no longer in post."""
    batch = batch_of(world, first=month, last=month)
    services.pay_again(line=line, batch=batch, reason="账号已改正", by=world.clerk)
    batch.refresh_from_db()
    approved(world, batch, checker)
    return batch.lines.get(corrects=line)


def ends_with_the_half_year(appointment):
    Tenure.objects.filter(pk=appointment.tenure_id).update(ended_on=date(2026, 6, 30))


def test_what_is_paid_again_keeps_its_months_and_what_was_due(world, people, checker, sent_back):
    ends_with_the_half_year(people[0])
    again = paid_again(world, sent_back, checker, date(2026, 7, 1))
    come_back(world, again.batch)
    # Sent back a second time: the chain is followed to its first line.
    paid_again(world, again, checker, date(2026, 8, 1))
    statement = statements.of_person(people[0].tenure.worker, 2026, world.clerk)
    totals = statement.totals
    assert (totals.months, totals.due, totals.deducted) == (6, Decimal("600.00"), Decimal("30.00"))
    assert (totals.corrected, totals.paid, totals.arrived) == (0, Decimal("570.00"), 0)
    shown = [(row.line.month_count, row.line.gross_amount, row.line.deducted_amount) for row in statement.rows]
    assert shown == [(6, Decimal("600.00"), Decimal("30.00"))] * 3
    assert {row.line.arithmetic for row in statement.rows} == {sent_back.arithmetic}
    again.refresh_from_db()
    assert again.gross_amount == again.amount == Decimal("570.00")


def test_a_correction_paid_again_stays_a_correction(world, people, checker):
    half = approved(world, batch_of(world), checker)
    services.send_to_bank(batch=half, by=world.clerk)
    for payment in half.payments.all():
        told(payment, by=world.clerk)
    ends_with_the_half_year(people[0])
    july = batch_of(world, **JULY)
    line = half.lines.get(appointment=people[0])
    services.correct_line(line=line, batch=july, amount=Decimal("60"), reason="少发", by=world.clerk)
    july.refresh_from_db()
    come_back(world, approved(world, july, checker))
    paid_again(world, july.lines.get(kind="correction"), checker, date(2026, 8, 1))
    totals = statements.of_person(people[0].tenure.worker, 2026, world.clerk).totals
    assert (totals.months, totals.due, totals.corrected) == (6, Decimal("600.00"), Decimal("60.00"))
    assert totals.paid == Decimal("660.00")


def test_a_bodys_sums_agree_with_what_is_paid(world, people, checker, sent_back):
    paid_again(world, sent_back, checker, date(2026, 7, 1))
    body = statements.of_body(world.county, 2026, world.clerk)
    for totals in (body.totals, *(row.totals for row in body.rows)):
        assert totals.due - totals.deducted + totals.corrected == totals.paid
    (row,) = [row for row in body.rows if row.name == "王建国"]
    assert (row.totals.months, row.totals.due, row.totals.deducted) == (7, Decimal("700.00"), Decimal("30.00"))
    assert body.totals.months == sum(row.totals.months for row in body.rows) == 12
