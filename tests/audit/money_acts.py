"""Acts of money: a subsidy batch from its making to the archive."""

import datetime
from decimal import Decimal

from django.utils import timezone

from accounts.models import Assignment, User
from committees import services
from committees.bank_sheets import ask_for_sheet
from committees.models import Appointment, SubsidyBatch, SubsidyPayment, SubsidyStandard
from committees.notices import ask_for_notices
from federation.roles import Role
from federation.shared.jobs import run_now
from federation.shared.normalise import with_check_digit
from orgs.models import Tenure

MONTHS = (datetime.date(2026, 1, 1), datetime.date(2026, 3, 1))
LATER = (datetime.date(2026, 4, 1), datetime.date(2026, 5, 1))


def batch(s) -> SubsidyBatch:
    tenure = Tenure.objects.get(worker=s.worker)
    Appointment.objects.create(tenure=tenure, organisation=tenure.organisation, role="village_member")
    standard = SubsidyStandard(
        organisation=s.world.county, monthly_amount=Decimal("100.00"), county_share=Decimal("100.00"),
        valid_from=datetime.date(2020, 1, 1), document_number="会残发〔2020〕1 号",
    )  # fmt: skip
    services.record_standard(standard=standard, by=s.world.clerk)
    s.begins()
    asked = SubsidyBatch(organisation=s.world.county, first_month=MONTHS[0], last_month=MONTHS[1])
    return services.make_batch(batch=asked, by=s.world.clerk)


def computed(s) -> SubsidyBatch:
    asked = batch(s)
    s.begins()
    run_now(asked.job)
    asked.refresh_from_db()
    return asked


def somebody_else(s) -> User:
    user = User.objects.create_user("second_clerk", display_name="周新名")
    Assignment.objects.create(
        user=user, role=Role.COUNTY_CLERK, organisation=s.world.county, since=datetime.date(2020, 1, 1)
    )
    return user


def checked(s) -> SubsidyBatch:
    made = computed(s)
    s.begins()
    return services.check_batch(batch=made, by=somebody_else(s), seen=made.digest)


def approved(s) -> SubsidyBatch:
    made = checked(s)
    s.begins()
    return services.approve_batch(batch=made, by=s.world.leader, seen=made.digest)


def paid(s) -> SubsidyBatch:
    made = approved(s)
    s.begins()
    return services.pay_batch(batch=made, by=s.world.clerk, on=timezone.localdate(), reference="凭证 1")


def archived(s):
    made = paid(s)
    s.begins()
    services.archive_batch(batch=made, by=s.world.clerk)


def recomputed(s):
    made = computed(s)
    s.begins()
    services.recompute_batch(batch=made, by=s.world.clerk)


def returned(s):
    made = checked(s)
    s.begins()
    services.return_batch(batch=made, by=s.world.leader, reason="请再核对")


def deleted(s):
    made = computed(s)
    s.begins()
    services.delete_batch(batch=made, by=s.world.clerk)


def deducted(s):
    line = computed(s).lines.get()
    s.begins()
    return services.deduct(line=line, amount=Decimal("10.00"), reason="缺勤两天", by=s.world.clerk)


def taken_back(s):
    deduction = deducted(s)
    s.begins()
    services.take_back_deduction(deduction=deduction, by=s.world.clerk)


def line_removed(s):
    paid_line = approved(s).lines.get()
    later = SubsidyBatch(organisation=s.world.county, first_month=LATER[0], last_month=LATER[1])
    later = services.make_batch(batch=later, by=s.world.clerk)
    run_now(later.job)
    later.refresh_from_db()
    line = services.correct_line(
        line=paid_line, batch=later, amount=Decimal("5.00"), reason="少算两天", by=s.world.clerk
    )  # fmt: skip
    s.begins()
    services.remove_line(line=line, by=s.world.clerk)


def sheet(s):
    made = approved(s)
    s.begins()
    s.look("clerk", "subsidy-batch-sheet-pdf", made.pk)


def sent(s):
    """To the bank: one transfer, waiting."""
    made = approved(s)
    s.worker.payment_account = with_check_digit("622848000000000001")
    s.worker.save()
    s.begins()
    services.send_to_bank(batch=made, by=s.world.clerk)
    return made


def bank_sheet_asked(s):
    made = sent(s)
    s.begins()
    return ask_for_sheet(batch=made, sheet=1, by=s.world.clerk, file_format="xlsx", purpose="交农商银行代发补贴")


def bank_sheet_made(s):
    export = bank_sheet_asked(s)
    s.begins()
    run_now(export.job)


def answered(s, outcome, reason=""):
    payment = sent(s).payments.get()
    answer = services.Answer(payment, outcome, reason, timezone.localdate(), "20260715001")
    s.begins()
    return services.register_answers(answers=[answer], by=s.world.clerk)


def given_up(s):
    answered(s, "failed", "账户已销户")
    s.begins()
    services.give_up(payment=SubsidyPayment.objects.get(), reason="本人已去世", by=s.world.clerk)


def answers_taken_back(s):
    written = answered(s, "paid")
    s.begins()
    services.take_back_answers(written=written, by=s.world.clerk)


def money_returned(s):
    answered(s, "paid")
    payment = SubsidyPayment.objects.select_related("batch").get()
    answer = services.Answer(payment, "failed", "账户已销户", timezone.localdate(), "20260720001")
    s.begins()
    services.register_answers(answers=[answer], by=s.world.clerk)


def return_taken_back(s):
    money_returned(s)
    s.begins()
    services.take_back_return(line=SubsidyBatch.objects.get().lines.get(), by=s.world.clerk)


def notice(s):
    made = approved(s)
    s.begins()
    s.look("clerk", "subsidy-line-notice-pdf", made.lines.get().pk)


def notices_asked(s):
    made = approved(s)
    s.begins()
    return ask_for_notices(batch=made, by=s.world.clerk, purpose="发给本人核对")


def notices_made(s):
    export = notices_asked(s)
    s.begins()
    run_now(export.job)


def statement(s):
    approved(s)
    s.begins()
    s.look("clerk", "statement-body-table", s.world.county.pk, 2026)


def budget(s):
    approved(s)
    s.begins()
    s.look("clerk", "subsidy-budget-table", organisation=s.world.county.pk, year=timezone.localdate().year)


MONEY_ACTS = {
    "subsidy.budget_given": budget,
    "subsidy.notice_printed": notice,
    "subsidy.notices_asked": notices_asked,
    "subsidy.notices_made": notices_made,
    "subsidy.statement_given": statement,
    "subsidy.sent_to_bank": sent,
    "subsidy.bank_sheet_asked": bank_sheet_asked,
    "subsidy.bank_sheet_made": bank_sheet_made,
    "subsidy.given_up": given_up,
    "subsidy.answers_taken_back": answers_taken_back,
    "subsidy.money_returned": money_returned,
    "subsidy.waits_again": money_returned,
    "subsidy.return_taken_back": return_taken_back,
    "committees.subsidydeduction.created": deducted,
    "committees.subsidydeduction.deleted": taken_back,
    "committees.subsidyline.deleted": line_removed,
    "subsidy.line_changed": deducted,
    "subsidy.sheet_printed": sheet,
    "subsidy.made": batch,
    "subsidy.recomputed": recomputed,
    "subsidy.computed": computed,
    "subsidy.checked": checked,
    "subsidy.returned": returned,
    "subsidy.approved": approved,
    "subsidy.paid": paid,
    "subsidy.archived": archived,
    "subsidy.deleted": deleted,
}
