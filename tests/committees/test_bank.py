"""Sheets for the bank, its answers, what is sent once more and what is given up: no month lost, none paid twice."""

import csv
import io
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.db.models import Sum

from committees import services
from committees.bank_sheets import ask_for_sheet
from committees.models import SubsidyLine, SubsidyMonth, SubsidyPayment
from committees.services import BatchRefused
from committees.triggers import REFUSAL
from federation.shared.models import AuditEntry, ExportFile
from federation.shared.normalise import account_fault
from federation.shared.templatetags.ui import cn_date
from tests.committees.bank import answer, answer_file, card, cells, fetched, told, with_account
from tests.committees.payments import JULY, approved, batch_of, computed, standard_of
from tests.rosters.conftest import Course

pytestmark = pytest.mark.django_db
LATER = (date.today() + timedelta(days=9)).isoformat()


@pytest.fixture
def batch(world, people, checker):
    return approved(world, batch_of(world), checker)


@pytest.fixture
def sent(world, batch):
    services.send_to_bank(batch=batch, by=world.clerk)
    return list(batch.payments.order_by("number"))


# --- the sheet ------------------------------------------------------------------------------------------
def test_the_sheet_names_account_and_number_and_sums_to_the_batch(world, batch, sent):
    rows = cells(fetched(world, batch))
    mark, title, total, headings, *people = rows
    assert "用途：交农商银行代发补贴" in mark[0] and "第 1 张" in title[0]
    assert total[0] == "合计 2 人，1000.00 元，人民币壹仟元整"
    assert headings == ["批次号", "序号", "姓名", "身份证号", "账号", "金额"]
    assert [row[:3] + row[4:] for row in people] == [
        [str(batch.pk), 1, "王建国", card(1), 600],
        [str(batch.pk), 2, "李秀英", card(2), 400],
    ]
    assert sum(Decimal(str(row[5])) for row in people) == batch.total_amount == Decimal("1000.00")
    made = AuditEntry.objects.get(action="subsidy.bank_sheet_made")
    assert made.reason == "交农商银行代发补贴" and card(1) not in str(made.details)
    assert not ExportFile.objects.get().criteria and ExportFile.objects.get().state == "fetched"


def test_the_sheet_as_text_holds_the_same(world, batch, sent):
    text = fetched(world, batch, file_format="csv").decode("utf-8-sig")
    rows = list(csv.reader(io.StringIO(text)))[4:]
    assert [[row[1], row[2], row[4].lstrip("'"), row[5]] for row in rows] == [
        ["1", "王建国", card(1), "600.00"],
        ["2", "李秀英", card(2), "400.00"],
    ]


def test_no_sheet_before_approval_and_none_for_who_may_not_see_the_numbers(world, people, checker):
    batch = batch_of(world)
    with pytest.raises(BatchRefused, match="现在是“待复核”，不能生成银行代发表"):
        services.send_to_bank(batch=batch, by=world.clerk)
    approved(world, batch, checker)
    batch.refresh_from_db()
    services.send_to_bank(batch=batch, by=world.clerk)
    for somebody in (world.leader, world.director):
        with pytest.raises(PermissionDenied):
            ask_for_sheet(batch=batch, sheet=1, by=somebody, file_format="xlsx", purpose="核对账号")


@pytest.mark.parametrize(
    ("number", "sentence"),
    [
        ("", "没有登记账号。请在此人的资料里补登一卡通账号。"),
        (card(3)[:-1] + str((int(card(3)[-1]) + 1) % 10), "银行卡号的校验位不符，有一位写错了。请按银行卡核对。"),
    ],
)
def test_who_has_no_usable_account_is_named_first_and_never_dropped(
    world, standard, member, people, checker, number, sentence
):
    third = with_account(member("village", name="赵无卡"), number or None)
    batch = approved(world, batch_of(world), checker)
    assert [(each.worker.name, each.sentence) for each in services.faults_of(services.payees_of(batch))] == [
        ("赵无卡", sentence)
    ]
    with pytest.raises(BatchRefused, match="赵无卡 1 人的账号不能用"):
        services.send_to_bank(batch=batch, by=world.clerk)
    services.send_to_bank(batch=batch, by=world.clerk, leave_out=True)
    assert len(cells(fetched(world, batch))) == 4 + 2
    left = batch.payments.get(outcome="failed")
    assert (left.worker, left.reason, left.amount) == (third.tenure.worker, sentence, Decimal("600.00"))
    assert batch.payments.aggregate(total=Sum("amount"))["total"] == batch.total_amount
    with pytest.raises(BatchRefused, match="账号不能用"):
        services.send_again(batch=batch, payments=[left.pk], by=world.clerk)
    with_account(third, card(3))
    assert services.send_again(batch=batch, payments=[left.pk], by=world.clerk) == 2
    assert [row[2] for row in cells(fetched(world, batch, 2))[4:]] == ["赵无卡"]


@pytest.mark.parametrize(("number", "is_good"), [("6228480000000000018", None), ("1234567890", True), ("123", False)])
def test_only_bank_cards_have_a_check_digit(number, is_good):
    if is_good is None:
        assert account_fault(card(1)) == "" and account_fault(card(1)[:-1] + str((int(card(1)[-1]) + 5) % 10))
    else:
        assert (account_fault(number) == "") == is_good


def test_the_account_of_several_lines_is_paid_their_sum(world, batch, people, checker):
    july = batch_of(world, **JULY)
    line = batch.lines.get(appointment=people[0])
    services.correct_line(line=line, batch=july, amount=Decimal("-40.50"), reason="多算", by=world.clerk)
    july.refresh_from_db()
    approved(world, july, checker)
    services.send_to_bank(batch=july, by=world.clerk)
    july.refresh_from_db()
    assert [each.amount for each in july.payments.order_by("number")] == [Decimal("59.50"), Decimal("100.00")]
    assert july.payments.aggregate(total=Sum("amount"))["total"] == july.total_amount


# --- the answer file ------------------------------------------------------------------------------------
def test_answers_are_checked_shown_confirmed_and_settle_the_batch(world, batch, sent, course):
    first, second = sent
    done = course.send(answer_file(answer(first), answer(second, 序号="", 账号=card(2))), kind="payments")
    assert course.errors(done) == [] and (done.state, done.changed_count) == ("checked", 2)
    assert not batch.lines.exclude(outcome="").exists()
    assert course.confirm(done).state == "done"
    batch.refresh_from_db()
    assert (batch.state, batch.paid_on, batch.payment_reference) == ("paid", date.today(), "20260715001")
    assert set(batch.lines.values_list("outcome", "outcome_on")) == {("paid", date.today())}
    again = course.send(answer_file(answer(first), answer(second)), kind="payments")
    assert again.unchanged_count == 2 and not again.may_be_confirmed
    services.archive_batch(batch=batch, by=world.clerk)
    undone = course.undo(done)
    assert undone.state == "done" and "不能整体撤销" in undone.refusal


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"序号": "9"}, "第 2 行“序号”：批次 {batch} 的代发表里没有序号 9。请对照代发表核对。"),
        ({"批次号": "987654"},
         "第 2 行“批次号”：没有批次号是 987654 的已审批批次。请核对，或者换负责那个地区的账号上传。"),
        ({"金额": "600.01"}, "第 2 行“金额”：金额 600.01 元与代发表的 600.00 元不一致。请向银行核对。"),
        ({"账号": card(2)}, "第 2 行“账号”：账号与代发表第 1 号不一致。请核对是不是这一笔。"),
        ({"序号": "", "账号": card(7)},
         "第 2 行“账号”：批次 {batch} 里没有这个账号、这个金额的一笔。请对照代发表填序号。"),
        ({"结果": "处理中"}, "第 2 行“结果”：“处理中”不在可填的内容里。请填：成功、失败、退汇。"),
        ({"结果": "失败"}, "第 2 行“原因”：失败的没有写原因。请照银行回单填写原因。"),
        ({"结果": "退汇"}, "第 2 行“原因”：退汇的没有写原因。请照银行回单填写原因。"),
        ({"日期": LATER}, f"第 2 行“日期”：日期 {cn_date(date.fromisoformat(LATER))}还没有到。请核对。"),
        ({"日期": "2020-01-01"}, "第 2 行“日期”：日期 2020 年 1 月 1 日早于批次的审批日期。请核对。"),
        ({"日期": ""}, "第 2 行“日期”：没有填写。这一项必须填。"),
    ],
)  # fmt: skip
def test_a_row_that_cannot_be_is_refused_with_its_place_and_cure(world, batch, sent, course, change, sentence):
    done = course.send(answer_file(answer(sent[0], **change)), kind="payments")
    assert course.errors(done) == [sentence.format(batch=batch.pk)]
    assert not done.may_be_confirmed


def test_one_transfer_twice_in_a_file_is_refused(world, batch, sent, course):
    done = course.send(answer_file(answer(sent[0]), answer(sent[0], "失败")), kind="payments")
    assert course.errors(done) == ["第 3 行“序号”：与第 2 行是同一笔。请核对，只留一行。"]


def test_a_batch_that_is_not_approved_or_lies_elsewhere_has_no_answers(world, people, checker, course, batch, sent):
    july = batch_of(world, **JULY)
    done = course.send(answer_file(answer(sent[0], 批次号=str(july.pk))), kind="payments")
    assert "没有批次号是" in course.errors(done)[0]
    with pytest.raises(BatchRefused):
        services.send_to_bank(batch=july, by=world.clerk)


def test_who_makes_no_batches_registers_no_answers(world, batch, sent, django_capture_on_commit_callbacks):
    of_township = Course(world.director, world.township, django_capture_on_commit_callbacks)
    done = of_township.send(answer_file(answer(sent[0])), kind="payments")
    assert (done.state, done.refusal) == ("refused", "您没有登记银行回单的权限。请由制作补贴批次的同志上传。")


def test_a_word_is_final_until_its_file_is_taken_back(world, batch, sent, course):
    done = course.written(answer_file(answer(sent[0], "失败")), kind="payments")
    second = course.send(answer_file(answer(sent[0])), kind="payments")
    assert "已经登记为“银行退回”，不能再改" in course.errors(second)[0]
    assert course.undo(done).state == "undone"
    assert set(batch.lines.values_list("outcome", "outcome_reason")) == {("", "")}
    assert set(batch.payments.values_list("outcome", "reason")) == {("", "")}
    whole = course.written(answer_file(*map(answer, sent)), kind="payments")
    batch.refresh_from_db()
    assert batch.state == "paid"
    assert course.undo(whole).state == "undone"
    batch.refresh_from_db()
    assert (batch.state, batch.paid_on, batch.payment_reference) == ("approved", None, "")


def test_a_changed_word_after_the_preview_is_checked_again(world, batch, sent, course):
    done = course.send(answer_file(answer(sent[0])), kind="payments")
    told(sent[0], "failed", by=world.clerk)
    done = course.confirm(done)
    assert done.state in ("uploaded", "checked", "refused") and "没有写入" in done.refusal
    assert SubsidyPayment.objects.get(pk=sent[0].pk).outcome == "failed"


# --- what came back -------------------------------------------------------------------------------------
def test_what_came_back_is_sent_once_more_in_the_same_batch(world, batch, sent):
    told(sent[0], "failed", by=world.clerk)
    told(sent[1], by=world.clerk)
    batch.refresh_from_db()
    assert batch.state == "approved"
    assert services.send_again(batch=batch, payments=[sent[0].pk], by=world.clerk) == 2
    with pytest.raises(BatchRefused, match="已经重发或不再发"):
        services.send_again(batch=batch, payments=[sent[0].pk], by=world.clerk)
    fresh = batch.payments.get(sheet=2)
    assert (fresh.number, fresh.amount, batch.lines.get(worker=fresh.worker).outcome) == (3, sent[0].amount, "")
    told(fresh, by=world.clerk)
    batch.refresh_from_db()
    assert batch.state == "paid"
    paid = batch.payments.filter(outcome="paid").aggregate(total=Sum("amount"))["total"]
    assert paid == batch.total_amount


def test_the_database_refuses_a_second_transfer_to_one_person(world, batch, sent):
    with pytest.raises(IntegrityError), transaction.atomic():
        SubsidyPayment.objects.create(
            batch=batch, worker=sent[0].worker, organisation=sent[0].organisation, sheet=2, number=9, amount=1
        )
    for change in (
        lambda: SubsidyPayment.objects.filter(pk=sent[0].pk).update(amount=1),
        lambda: SubsidyPayment.objects.filter(pk=sent[0].pk).delete(),
        lambda: SubsidyMonth.objects.filter(line__batch=batch).update(freed_on=date.today()),
        lambda: SubsidyLine.objects.filter(batch=batch).update(outcome="given_up"),
    ):
        with pytest.raises(IntegrityError, match=REFUSAL), transaction.atomic():
            change()


def test_what_is_given_up_frees_its_months_for_a_later_batch(world, batch, sent, people, checker):
    told(sent[1], by=world.clerk)
    with pytest.raises(BatchRefused, match="只有银行退回"):
        services.give_up(payment=sent[0], reason="去世", by=world.clerk)
    told(sent[0], "failed", by=world.clerk)
    payment = SubsidyPayment.objects.get(pk=sent[0].pk)
    services.give_up(payment=payment, reason="本人去世，家属另报", by=world.clerk)
    batch.refresh_from_db()
    assert batch.state == "paid" and batch.lines.get(worker=payment.worker).outcome == "given_up"
    july = batch_of(world, **JULY)
    assert services.forgotten(july) == {people[0].pk: [date(2026, month, 1) for month in range(1, 7)]}
    with pytest.raises(BatchRefused, match="月份已经放回"):
        services.correct_line(
            line=batch.lines.get(worker=payment.worker), batch=july, amount=Decimal("1"), reason="少算", by=world.clerk
        )
    services.supplement(batch=july, appointments=[people[0].pk], reason="退回后补发", by=world.clerk)
    assert SubsidyMonth.objects.standing().filter(payee=payment.worker).count() == 7
    services.archive_batch(batch=batch, by=world.clerk)


def test_what_a_later_batch_pays_again_is_not_sent_once_more(world, batch, sent, checker):
    told(sent[0], "failed", by=world.clerk)
    told(sent[1], by=world.clerk)
    july = batch_of(world, **JULY)
    line = batch.lines.get(worker=sent[0].worker)
    services.pay_again(line=line, batch=july, reason="账号已改正", by=world.clerk)
    for refused in (
        lambda: services.send_again(batch=batch, payments=[sent[0].pk], by=world.clerk),
        lambda: services.give_up(payment=SubsidyPayment.objects.get(pk=sent[0].pk), reason="去世", by=world.clerk),
    ):
        with pytest.raises(BatchRefused):
            refused()


def test_by_hand_or_by_the_bank_but_not_both(world, batch, sent):
    with pytest.raises(BatchRefused, match="已送银行代发"):
        services.pay_batch(batch=batch, by=world.clerk, on=date.today(), reference="1")


# --- a person's months, and standards recorded later ------------------------------------------------------
def test_a_move_recorded_after_payment_pays_no_month_twice(world, batch, people, member, checker):
    tenure = people[0].tenure
    tenure.ended_on = date(2026, 3, 31)
    tenure.save()
    moved = member("village_second", since=date(2026, 4, 1), worker=tenure.worker)
    july = batch_of(world, first=date(2026, 6, 1), last=date(2026, 7, 1))
    line = july.lines.get(appointment=moved)
    assert [month.month.month for month in line.months.all()] == [7]
    assert line.reason == "2026 年 6 月已按原岗位发过，不再发；金额不同的，请更正原来的明细。"
    assert services.forgotten(july) == {}
    # The standard is the same in both places: nothing is to be corrected.
    assert services.difference(batch.lines.get(appointment=people[0])) == 0
    month = SubsidyMonth.objects.filter(appointment=people[0]).first()
    with pytest.raises(IntegrityError), transaction.atomic():
        SubsidyMonth.objects.create(
            line=line, appointment=moved, payee=tenure.worker, month=month.month, standard=month.standard, amount=1
        )


def test_a_standard_recorded_after_computing_sends_the_batch_back(world, standard, people, checker):
    batch = batch_of(world)
    services.check_batch(batch=batch, by=checker, seen=batch.digest)
    nearer = standard_of(world, "township", "150.00", since=date(2026, 5, 1))
    services.record_standard(standard=nearer, by=world.clerk)
    with pytest.raises(BatchRefused, match="算完以后，补贴标准有改动"):
        services.approve_batch(batch=batch, by=world.leader, seen=batch.digest)
    services.return_batch(batch=batch, by=world.leader, reason="标准有改动")
    batch = computed(services.recompute_batch(batch=batch, by=world.clerk))
    assert batch.total_amount == Decimal("1100.00")
    approved(world, batch, checker)


# --- pages ----------------------------------------------------------------------------------------------
def test_the_sheet_is_asked_for_on_its_page(world, batch, member, browse, people):
    page = browse("clerk").get("subsidy-batch-bank", batch.pk).content.decode()
    assert "领款人" in page and "账号不能用的人" not in page
    answered = browse("clerk").post("subsidy-batch-bank", batch.pk, format="xlsx", purpose="交农商银行代发")
    export = ExportFile.objects.get()
    assert answered.status_code == 302 and answered.url == f"/exports/{export.pk}/"
    page = browse("clerk").get("subsidy-batch-payments", batch.pk).content.decode()
    assert "王建国" in page and "等银行回单" in page and card(1) not in page


def test_the_page_names_who_cannot_be_paid(world, standard, member, checker, browse):
    member("village", name="赵无卡")
    with_account(member("village", name="王建国"), card(1))
    batch = approved(world, batch_of(world), checker)
    page = browse("clerk").get("subsidy-batch-bank", batch.pk).content.decode()
    assert "账号不能用的人：1 人" in page and "赵无卡" in page and "没有登记账号" in page
    answered = browse("clerk").post("subsidy-batch-bank", batch.pk, format="xlsx", purpose="交农商银行代发")
    assert answered.status_code == 422 and "其余的人先发" in answered.content.decode()


def test_what_came_back_is_chosen_and_given_up_on_pages(world, batch, sent, browse):
    told(sent[0], "failed", by=world.clerk)
    page = browse("clerk").get("subsidy-batch-resend", batch.pk).content.decode()
    assert "1 号" in page and "账户已销户" in page
    answered = browse("clerk").post(
        "subsidy-batch-resend", batch.pk, people=[sent[0].pk], format="csv", purpose="退回后重发"
    )
    assert answered.status_code == 302 and batch.payments.get(sheet=2).outcome == ""
    told(batch.payments.get(sheet=2), "failed", by=world.clerk)
    failed = batch.payments.get(sheet=2)
    assert browse("clerk").post("subsidy-payment-give-up", failed.pk, reason="本人去世").status_code == 302
    failed.refresh_from_db()
    assert failed.outcome == "given_up"
