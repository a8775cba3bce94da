"""Subsidies of the demonstration: the sources' standards, a half-year that was paid, one that waits for its checker."""

from datetime import date, timedelta
from decimal import Decimal

from accounts.models import User
from committees import services
from committees.models import Appointment, SubsidyBatch, SubsidyStandard
from committees.reckoning import first_of
from federation.shared.jobs import run_now
from orgs.models import Level, Organisation

Role = Appointment.Role
Composition = SubsidyStandard.Composition
SINCE = date(2020, 1, 1)
# (level of the area, role, floor, yuan a month, of which the county, the township, welfare funds, document)
STANDARDS = (
    (Level.CITY, Role.VILLAGE_MEMBER, True, "100", ("100", "0", "0"), "市残联关于落实村专职委员误工补贴的通知（示例）"),
    (Level.COUNTY, Role.TOWNSHIP_MEMBER, False, "200", ("0", "0", "200"), "县残联 县人社局公益性岗位补贴办法（示例）"),
    (Level.COUNTY, Role.COMMUNITY_MEMBER, False, "200", ("0", "0", "200"), "县残联 县人社局公益性岗位补贴办法（示例）"),
    (Level.COUNTY, Role.VILLAGE_MEMBER, False, "100", ("60", "40", "0"), "县政府办关于村委员误工补贴的通知（示例）"),
)  # fmt: skip


def pay_members(county: Organisation, today: date):
    """Standards, a half-year that was paid, and the months of the next one that have ended."""
    named = {user.username: user for user in User.objects.filter(username__in=("clerk", "checker", "leader"))}
    _lay_down_standards(county, named["clerk"])
    halves = _halves_before(today)
    earlier = _make(county, *halves[0], named["clerk"])
    services.check_batch(batch=earlier, by=named["checker"], seen=earlier.digest)
    earlier = services.approve_batch(batch=earlier, by=named["leader"], seen=earlier.digest)
    _pay_by_bank(earlier, today, named["clerk"])
    _make(county, *halves[1], named["clerk"])


def _pay_by_bank(batch: SubsidyBatch, today: date, by):
    """The bank has paid all but two; one of them was sent once more, the other waits for somebody to see to it."""
    services.send_to_bank(batch=batch, by=by, leave_out=True)
    payments = list(batch.payments.filter(outcome="").order_by("number"))
    reasons = {payment.pk: reason for payment, reason in zip(payments, ("账户已销户", "户名不符"), strict=False)}
    services.register_answers(
        answers=[
            services.Answer(
                payment, "failed" if payment.pk in reasons else "paid", reasons.get(payment.pk, ""), today,
                f"演示{payment.number:06d}",
            )
            for payment in payments
        ],
        by=by,
    )  # fmt: skip
    services.send_again(batch=batch, payments=[payments[0].pk], by=by)


def _halves_before(today: date) -> list[tuple[date, date]]:
    """(first month, last month) of the half-year before the present one, and of the present one's ended months."""
    ended = first_of(first_of(today) - timedelta(days=1))
    begun = date(ended.year, 1 if ended.month <= 6 else 7, 1)
    before = first_of(begun - timedelta(days=1))
    return [(date(before.year, before.month - 5, 1), before), (begun, ended)]


def _lay_down_standards(county: Organisation, by):
    city = Organisation.objects.get(path=county.path[: -Organisation.steplen])
    areas = {Level.CITY: city, Level.COUNTY: county}
    for level, role, is_floor, amount, shares, document in STANDARDS:
        services.record_standard(
            standard=SubsidyStandard(
                organisation=areas[level], role=role, is_floor=is_floor, monthly_amount=Decimal(amount),
                county_share=Decimal(shares[0]), township_share=Decimal(shares[1]), welfare_share=Decimal(shares[2]),
                composition=Composition.LOST_WORK if role == Role.VILLAGE_MEMBER else Composition.POST,
                valid_from=SINCE, document_number=document,
            ),
            by=by,
        )  # fmt: skip
    # Tutors are paid like township members.
    services.record_standard(
        standard=SubsidyStandard(
            organisation=county, role=Role.SUNSHINE_TUTOR, monthly_amount=Decimal("200"), welfare_share=Decimal("200"),
            valid_from=SINCE, document_number=STANDARDS[1][5],
        ),
        by=by,
    )  # fmt: skip


def _make(county, first: date, last: date, by) -> SubsidyBatch:
    batch = services.make_batch(batch=SubsidyBatch(organisation=county, first_month=first, last_month=last), by=by)
    run_now(batch.job)
    return SubsidyBatch.objects.select_related("organisation").get(pk=batch.pk)
