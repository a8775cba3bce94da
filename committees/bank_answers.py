"""The bank's answer file as a roster: one row a transfer, found by batch and number or by batch, account and amount."""

import functools
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date

from django.utils import timezone

from committees.models import SubsidyBatch, SubsidyPayment
from committees.services import ARCHIVED, Answer, BatchRefused, register_answers, take_back_answers
from federation.shared import normalise
from federation.shared.normalise import Dictionary
from federation.shared.rosters import RosterColumn, register
from federation.shared.rosters.resource import PreviewOutdated, RosterRefused, RosterResource
from federation.shared.rosters.table import CHANGED, UNCHANGED, RosterTable
from federation.shared.sealed_blobs import unseal_many
from federation.shared.templatetags.ui import cn_date
from orgs.bulk import hold_tree
from orgs.models import Worker

Outcome = SubsidyPayment.Outcome
State = SubsidyBatch.State
RESULT = Dictionary(
    [("paid", "成功"), ("failed", "失败"), ("returned", "退汇")],
    {
        "paid": ["交易成功", "处理成功", "已入账", "已到账", "成功入账"],
        "failed": ["交易失败", "处理失败", "退回", "退票", "未入账", "不成功"],
        "returned": ["已退汇", "退汇成功", "到账后退回", "入账后退回"],
    },
)
_number = functools.partial(normalise.whole_number, largest=999_999_999)
NOT_YOURS = "您没有登记银行回单的权限。请由制作补贴批次的同志上传。"


@dataclass
class Transfers:
    """What the file may speak of: the importer's batches, and of those that it names the transfers."""

    batches: dict[str, SubsidyBatch]
    by_pk: dict = field(default_factory=dict)
    by_number: dict[tuple, SubsidyPayment] = field(default_factory=dict)
    by_account: dict[tuple, list[SubsidyPayment]] = field(default_factory=lambda: defaultdict(list))

    def read(self, numbers: set[str], *, lock: bool):
        """The transfers of these batches as they are now, with the accounts they go to."""
        if lock:
            hold_tree()
        wanted = [self.batches[number].pk for number in numbers if number in self.batches]
        rows = SubsidyPayment.objects.filter(batch__in=wanted).order_by("pk")
        rows = rows.select_for_update(of=("self",)) if lock else rows
        payments = list(rows.select_related("worker"))
        opened = unseal_many(
            [payment.worker.payment_account and payment.worker.payment_account.token for payment in payments],
            Worker._meta.label_lower, "payment_account", [str(payment.worker.uid) for payment in payments],
        )  # fmt: skip
        self.by_number.clear()
        self.by_account.clear()
        for payment, account in zip(payments, opened, strict=True):
            self.by_number[str(payment.batch_id), str(payment.number)] = payment
            # One that was sent once more is spoken of by its later number.
            if account and payment.outcome != Outcome.AGAIN:
                self.by_account[str(payment.batch_id), account].append(payment)


@register
class BankAnswerRoster(RosterResource):
    kind = "payments"
    title = "银行回单"
    position = 3
    permission = SubsidyBatch.edit_permission
    description = (
        "银行对补贴代发表的答复，一笔一行：成功还是失败、失败的原因、日期、流水号。按批次号和序号对应；"
        "回单里没有序号的，按批次号、账号和金额对应。到账以后又退回来的，结果写“退汇”。"
    )
    # The same transfer may stand at both ends of the file.
    in_blocks = False
    columns = (
        RosterColumn("batch", "批次号", clean=_number, synonyms=("批次", "批号", "批次编号"), required=True,
                     example="1", width=10, max_length=9, help="代发表第一列"),
        RosterColumn("number", "序号", clean=_number, synonyms=("编号", "明细序号", "行号"), example="1", width=8,
                     max_length=9, help="代发表第二列；没有的填账号和金额"),
        RosterColumn("account", "账号", clean=normalise.account_number, kind="identity", sealed="account",
                     synonyms=("收款账号", "银行账号", "卡号", "一卡通账号"), width=24, max_length=30,
                     help="填了序号的可以不填"),
        RosterColumn("amount", "金额", clean=normalise.amount, kind="amount", required=True, example="600.00",
                     synonyms=("交易金额", "发放金额", "代发金额", "金额（元）"), width=12, max_length=15),
        RosterColumn("result", "结果", clean=RESULT, required=True, example="成功", width=10, max_length=20,
                     synonyms=("交易结果", "处理结果", "状态", "交易状态", "代发结果")),
        RosterColumn("reason", "原因", synonyms=("失败原因", "退回原因", "错误信息", "备注"), width=24, max_length=100,
                     help="失败和退汇的必须填"),
        RosterColumn("on", "日期", clean=normalise.date, kind="date", synonyms=("交易日期", "入账日期", "发放日期"),
                     required=True, example="2026-07-15", width=13, max_length=10),
        RosterColumn("reference", "流水号", synonyms=("交易流水号", "凭证号", "银行流水"), width=22, max_length=100),
    )  # fmt: skip

    def places_of(self, roster_import, user):
        if not user.has_scope(SubsidyBatch.edit_permission):
            raise RosterRefused(NOT_YOURS)
        rows = SubsidyBatch.objects.visible_to(user, SubsidyBatch.edit_permission).under(roster_import.org_path).final()
        return Transfers({str(batch.pk): batch for batch in rows.select_related("organisation")})

    def check(self, table, places):
        """What is wrong with the file by itself."""
        today = timezone.localdate().isoformat()
        columns = [table.column(name) for name in ("number", "account", "result", "reason", "on")]
        for index, (number, account, result, reason, on) in enumerate(zip(*columns, strict=True)):
            if not number and not account:
                table.refuse(index, "number", "序号和账号都没有填，不知道是谁的。请照代发表填序号。")
            if result in ("failed", "returned") and not reason:
                table.refuse(index, "reason", f"{RESULT.word(result)}的没有写原因。请照银行回单填写原因。")
            if on and on > today:
                table.refuse(index, "on", f"日期 {cn_date(date.fromisoformat(on))}还没有到。请核对。")

    def compare(self, table, places, *, lock=False):
        places.read(set(table.column("batch")), lock=lock)
        seen: dict[int, int] = {}
        for index in range(len(table)):
            if table.is_wrong(index):
                continue
            payment = self._payment(table, index, places)
            if payment is None:
                continue
            if payment.pk in seen:
                table.refuse(index, "number", f"与第 {table.rows[seen[payment.pk]]} 行是同一笔。请核对，只留一行。")
                continue
            seen[payment.pk] = index
            self._settle(table, index, places.batches[str(payment.batch_id)], payment)

    def _payment(self, table: RosterTable, index: int, places: Transfers) -> SubsidyPayment | None:
        """The transfer the row speaks of; refuses a row that speaks of none."""
        batch, number, account, amount = (
            table.column(name)[index] for name in ("batch", "number", "account", "amount")
        )
        if batch not in places.batches:
            table.refuse(index, "batch", f"没有批次号是 {batch} 的已审批批次。请核对，或者换负责那个地区的账号上传。")
            return None
        if number:
            payment = places.by_number.get((batch, number))
            if payment is None:
                table.refuse(index, "number", f"批次 {batch} 的代发表里没有序号 {number}。请对照代发表核对。")
                return None
            if account and payment not in places.by_account.get((batch, account), ()):
                table.refuse(index, "account", f"账号与代发表第 {number} 号不一致。请核对是不是这一笔。")
                return None
        else:
            found = [each for each in places.by_account.get((batch, account), ()) if str(each.amount) == amount]
            if len(found) != 1:
                table.refuse(index, "account", f"批次 {batch} 里没有这个账号、这个金额的一笔。请对照代发表填序号。")
                return None
            payment = found[0]
        if str(payment.amount) != amount:
            table.refuse(index, "amount", f"金额 {amount} 元与代发表的 {payment.amount} 元不一致。请向银行核对。")
            return None
        return payment

    def _settle(self, table: RosterTable, index: int, batch: SubsidyBatch, payment: SubsidyPayment):
        said = tuple(table.column(name)[index] for name in ("result", "reason", "on", "reference"))
        result, reason, on, reference = said
        outcome = Outcome.PAID if result == "paid" else Outcome.FAILED
        if (outcome, on) in self._known(payment):
            table.outcomes[index] = UNCHANGED
            return
        answer = Answer(payment, outcome, "" if outcome == Outcome.PAID else reason, date.fromisoformat(on), reference)
        fault = self._fault(result, answer, batch)
        if fault:
            table.refuse(index, *fault)
            return
        table.outcomes[index] = CHANGED
        table.changes[index] = {"到账情况": [payment.get_outcome_display(), Outcome(outcome).label]}
        table.targets[index] = answer

    def _known(self, payment: SubsidyPayment) -> set[tuple]:
        """(outcome, day) that are on record; of money that came back, also that it had arrived."""
        known = {(payment.outcome, payment.outcome_on), (Outcome.PAID, payment.arrived_on)}
        return {(outcome, day.isoformat()) for outcome, day in known if day}

    def _fault(self, result: str, answer: Answer, batch: SubsidyBatch) -> tuple[str, str] | None:
        """(column, sentence) of an answer that cannot be."""
        payment, on = answer.payment, answer.on
        if answer.is_return and result != "returned":
            return (
                "result",
                "这一笔已经登记为“已到账”。到账以后又退回来的，结果请写“退汇”；登记错的，请撤销那次银行回单。",
            )
        if payment.outcome != Outcome.WAITING and not answer.is_return:
            return "result", (
                f"这一笔已经登记为“{payment.get_outcome_display()}”，不能再改。登记错的，请撤销那次银行回单后重新上传。"
            )
        if answer.is_return and batch.state == State.ARCHIVED:
            return "batch", ARCHIVED
        if batch.state != State.APPROVED and not answer.is_return:
            return "batch", f"批次 {batch.pk} 现在是“{batch.get_state_display()}”，不能再登记银行回单。"
        if answer.is_return and on < payment.outcome_on:
            return "on", f"日期 {cn_date(on)}早于这一笔的到账日期 {cn_date(payment.outcome_on)}。请核对。"
        if on < timezone.localtime(batch.approved_at).date():
            return "on", f"日期 {cn_date(on)}早于批次的审批日期。请核对。"
        return None

    def write(self, table, places, *, roster_import, by):
        answers = [each for outcome, each in zip(table.outcomes, table.targets, strict=True) if outcome == CHANGED]
        try:
            return {"answers": register_answers(answers=answers, by=by)}
        except BatchRefused as refusal:
            raise PreviewOutdated from refusal

    def created_rows(self, written, *, roster_import):
        return {}

    def undo(self, written, *, roster_import, by):
        try:
            take_back_answers(written=[row for part in written for row in part["answers"]], by=by)
        except BatchRefused as refusal:
            raise RosterRefused(refusal.messages[0]) from refusal
