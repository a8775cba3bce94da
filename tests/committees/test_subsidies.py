from datetime import date
from decimal import Decimal

import pytest
from django.db import IntegrityError, connection, transaction

from committees import services
from committees.models import SubsidyBatch, SubsidyLine, SubsidyMonth, SubsidyStandard
from committees.services import BatchRefused, StandardRefused
from committees.triggers import GUARD, REFUSAL
from federation.shared.jobs import run_now
from federation.shared.models.audit import AuditEntry
from tests.committees.payments import approved, batch_of, computed, standard_of

pytestmark = pytest.mark.django_db


# --- standards ------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"since": date(2026, 1, 2)}, "标准从某月 1 日起执行。请填那个月的 1 日。"),
        ({"valid_to": date(2026, 5, 30)}, "标准到某月最后一天为止。请填那个月的最后一天。"),
        ({"county_share": Decimal("90")}, "三项承担合计 90.00 元，与每月 100.00 元不一致。请核对。"),
    ],
)
def test_a_standard_is_for_whole_months_and_its_shares_add_up(world, change, sentence):
    with pytest.raises(StandardRefused) as refused:
        services.record_standard(standard=standard_of(world, **change), by=world.clerk)
    assert refused.value.messages == [sentence]
    assert not SubsidyStandard.objects.exists()


def test_a_standard_overlaps_no_other_and_leaves_no_gap(world, standard):
    with pytest.raises(StandardRefused, match="在时间上重叠"):
        services.record_standard(standard=standard_of(world, since=date(2026, 1, 1)), by=world.clerk)
    services.end_standard(standard=standard, on=date(2025, 12, 31), by=world.clerk, expected_version=standard.version)
    with pytest.raises(StandardRefused, match="2026 年 1 月没有标准。请从 2026 年 1 月 1 日起执行"):
        services.record_standard(standard=standard_of(world, since=date(2026, 2, 1)), by=world.clerk)
    services.record_standard(standard=standard_of(world, since=date(2026, 1, 1)), by=world.clerk)


def test_a_standard_is_not_below_the_floor_of_a_level_above(world):
    services.record_standard(standard=standard_of(world, "city", "150.00", is_floor=True), by=world.clerk)
    with pytest.raises(StandardRefused, match="低于乙市残疾人联合会规定的最低标准 150.00 元"):
        services.record_standard(standard=standard_of(world), by=world.clerk)


def test_a_standard_that_months_were_paid_by_keeps_its_money(world, standard, member):
    member("village")
    batch_of(world)
    standard.monthly_amount = standard.county_share = Decimal("120")
    with pytest.raises(StandardRefused, match="已按这个标准算到 2026 年 6 月的补贴"):
        services.change_standard(standard=standard, by=world.clerk, expected_version=standard.version)
    standard.refresh_from_db()
    with pytest.raises(StandardRefused, match="截止日不能早于 2026 年 6 月 30 日"):
        services.end_standard(
            standard=standard, on=date(2026, 5, 31), by=world.clerk, expected_version=standard.version
        )
    standard.refresh_from_db()
    services.end_standard(standard=standard, on=date(2026, 6, 30), by=world.clerk, expected_version=standard.version)


# --- computing ------------------------------------------------------------------------------------------
def test_a_batch_has_a_line_for_everybody_who_served_with_the_arithmetic(world, standard, member):
    whole, late = member("village"), member("neighbour_village", since=date(2026, 3, 16))
    member("other_village")
    member("village_second", until=date(2025, 12, 31))
    batch = batch_of(world)
    assert batch.state == "draft"
    lines = {line.appointment_id: line for line in batch.lines.all()}
    assert set(lines) == {whole.pk, late.pk}
    assert (lines[whole.pk].amount, lines[late.pk].amount) == (Decimal("600.00"), Decimal("400.00"))
    assert lines[late.pk].parts == [
        {"from": "2026-03", "to": "2026-06", "months": 4, "amount": "100.00", "standard": standard.pk}
    ]
    assert lines[whole.pk].org_path == world.village.path
    assert (batch.line_count, batch.month_count, batch.total_amount) == (2, 10, Decimal("1000.00"))
    assert batch.county_total == Decimal("1000.00") and batch.problem_count == 0


def test_computing_again_gives_the_same_lines_from_the_facts_of_today(world, standard, member):
    appointment = member("village")
    batch = batch_of(world)
    before = batch.digest
    batch = computed(services.recompute_batch(batch=batch, by=world.clerk))
    assert batch.digest == before and SubsidyMonth.objects.count() == 6
    appointment.tenure.ended_on = date(2026, 2, 14)
    appointment.tenure.save()
    batch = computed(services.recompute_batch(batch=batch, by=world.clerk))
    assert batch.total_amount == Decimal("100.00") and SubsidyMonth.objects.count() == 1


def test_months_without_a_standard_keep_a_batch_from_being_checked(world, member, checker):
    services.record_standard(standard=standard_of(world, since=date(2026, 3, 1)), by=world.clerk)
    member("village")
    batch = batch_of(world)
    assert batch.lines.get().problem == "2026 年 1 月至 2 月没有补贴标准。请补登标准后重新计算。"
    with pytest.raises(BatchRefused, match="还有 1 行有问题"):
        services.check_batch(batch=batch, by=checker, seen=batch.digest)


def test_a_second_batch_for_the_same_months_waits_for_the_first_wherever_it_stands(world, standard, member):
    member("village")
    batch_of(world, "township")
    for place in ("county", "township"):
        with pytest.raises(BatchRefused, match="同样的月份不能再建一个批次"):
            batch_of(world, place, date(2026, 6, 1), date(2026, 7, 1))
    batch_of(world, "neighbour_township")
    batch_of(world, "township", date(2026, 7, 1), date(2026, 7, 1))


def test_a_later_batch_pays_only_what_was_not_paid(world, standard, member, checker):
    member("village")
    approved(world, batch_of(world), checker)
    missed = member("village_second")
    second = batch_of(world)
    assert [line.appointment_id for line in second.lines.all()] == [missed.pk]


def test_the_database_refuses_a_month_paid_twice(world, standard, member):
    member("village")
    month = batch_of(world).lines.get().months.first()
    with pytest.raises(IntegrityError), transaction.atomic():
        SubsidyMonth.objects.create(
            line=month.line, appointment=month.appointment, month=month.month, standard=standard, amount=Decimal("1")
        )


@pytest.mark.parametrize(
    ("first", "last", "sentence"),
    [
        (date(2026, 6, 1), date(2026, 5, 1), "截止月份早于起始月份。请核对。"),
        (date(2025, 6, 1), date(2026, 6, 1), "一个批次最多 12 个月。请分成几个批次。"),
    ],
)
def test_a_period_that_cannot_be(world, standard, first, last, sentence):
    with pytest.raises(BatchRefused) as refused:
        batch_of(world, first=first, last=last)
    assert refused.value.messages == [sentence]


def test_a_month_that_has_not_ended_is_not_paid(world, standard):
    batch = SubsidyBatch(organisation=world.county, first_month=date(2026, 6, 1), last_month=date(2026, 6, 1))
    with pytest.raises(BatchRefused, match="2026 年 6 月还没有过完"):
        services.batches.check_period(batch, today=date(2026, 6, 29))
    services.batches.check_period(batch, today=date(2026, 6, 30))


# --- three people ---------------------------------------------------------------------------------------
def test_maker_checker_and_approver_are_three_people(world, standard, member, checker):
    member("village")
    batch = batch_of(world)
    with pytest.raises(BatchRefused, match="要由另一个人复核"):
        services.check_batch(batch=batch, by=world.clerk, seen=batch.digest)
    services.check_batch(batch=batch, by=checker, seen=batch.digest)
    for somebody in (world.clerk, checker):
        with pytest.raises(BatchRefused, match="三个人分别办理"):
            services.approve_batch(batch=batch, by=somebody, seen=batch.digest)
    services.approve_batch(batch=batch, by=world.leader, seen=batch.digest)
    batch.refresh_from_db()
    assert (batch.state, batch.checked_by, batch.approved_by) == ("approved", checker, world.leader)
    actions = AuditEntry.objects.filter(action__startswith="subsidy.").order_by("pk").values_list("action", flat=True)
    assert list(actions) == ["subsidy.made", "subsidy.computed", "subsidy.checked", "subsidy.approved"]


def test_the_database_knows_three_people_too(world, standard, member):
    member("village")
    batch = batch_of(world)
    with pytest.raises(IntegrityError), transaction.atomic():
        SubsidyBatch.objects.filter(pk=batch.pk).update(checked_by=batch.created_by)


def test_what_changed_after_it_was_shown_is_not_approved(world, standard, member, checker):
    member("village")
    batch = batch_of(world)
    shown = batch.digest
    member("neighbour_village")
    batch = computed(services.recompute_batch(batch=batch, by=world.clerk))
    with pytest.raises(BatchRefused, match="在您打开之后变了"):
        services.check_batch(batch=batch, by=checker, seen=shown)


def test_lines_changed_behind_the_back_are_not_approved(world, standard, member, checker):
    member("village")
    batch = batch_of(world)
    SubsidyLine.objects.filter(batch=batch).update(gross_amount=700, amount=700, county_share=700)
    with pytest.raises(BatchRefused, match="在您打开之后变了"):
        services.check_batch(batch=batch, by=checker, seen=batch.digest)


def test_paid_and_archived_close_the_period(world, standard, member, checker):
    member("village")
    batch = approved(world, batch_of(world), checker)
    day = date.today()
    with pytest.raises(BatchRefused, match="还没有到"):
        services.pay_batch(batch=batch, by=world.clerk, on=date(2999, 1, 1), reference="1")
    batch = services.pay_batch(batch=batch, by=world.clerk, on=day, reference="凭证 1")
    assert batch.lines.get().outcome == "paid" and batch.lines.get().outcome_on == day
    batch.lines.update(outcome="")
    with pytest.raises(BatchRefused, match="还有 1 行没有银行回单"):
        services.archive_batch(batch=batch, by=world.clerk)
    batch.lines.update(outcome="failed")
    with pytest.raises(BatchRefused, match="还有 1 行被银行退回，没有重发"):
        services.archive_batch(batch=batch, by=world.clerk)
    batch.lines.update(outcome="paid")
    services.archive_batch(batch=batch, by=world.clerk)
    with pytest.raises(BatchRefused, match="已归档，这段时间不能再建批次"):
        batch_of(world)


def test_the_database_lets_nothing_of_an_approved_batch_be_changed(world, standard, member, checker):
    member("village")
    batch = approved(world, batch_of(world), checker)
    line, month = batch.lines.get(), SubsidyMonth.objects.first()
    changes = [
        lambda: SubsidyBatch.objects.filter(pk=batch.pk).update(total_amount=1, county_total=1),
        lambda: SubsidyBatch.objects.filter(pk=batch.pk).update(state="checked"),
        lambda: SubsidyBatch.objects.filter(pk=batch.pk).delete(),
        lambda: SubsidyLine.objects.filter(pk=line.pk).update(gross_amount=1, amount=1, county_share=1),
        lambda: SubsidyLine.objects.filter(pk=line.pk).delete(),
        lambda: SubsidyMonth.objects.filter(pk=month.pk).update(month=date(2027, 1, 1)),
        lambda: SubsidyMonth.objects.filter(pk=month.pk).delete(),
        lambda: line.deductions.create(organisation=line.organisation, amount=Decimal("1"), reason="迟到"),
        lambda: SubsidyMonth.objects.create(
            line=line, appointment=line.appointment, month=date(2027, 1, 1), standard=standard, amount=Decimal("1")
        ),
    ]
    for change in changes:
        with pytest.raises(IntegrityError, match=REFUSAL), transaction.atomic():
            change()
    SubsidyLine.objects.filter(pk=line.pk).update(outcome="paid", org_path=world.village.path)
    assert set(GUARD.sqlite) == {name for name in triggers_there() if name.startswith("subsidy_")}


def triggers_there() -> set[str]:
    asked = {
        "sqlite": "SELECT name FROM sqlite_master WHERE type = 'trigger'",
        "postgresql": "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal",
    }
    with connection.cursor() as cursor:
        cursor.execute(asked[connection.vendor])
        return {row[0] for row in cursor.fetchall()}


def test_a_deleted_batch_frees_its_months(world, standard, member):
    member("village")
    services.delete_batch(batch=batch_of(world), by=world.clerk)
    assert not SubsidyMonth.objects.exists()
    assert batch_of(world).total_amount == Decimal("600.00")


# --- pages ----------------------------------------------------------------------------------------------
def test_a_batch_is_made_on_the_page_and_shows_its_lines(world, standard, member, browse):
    member("village", name="王建国")
    answer = browse("clerk").post(
        "subsidy-batch-add", organisation=world.county.pk, first_month="2026-01-01", last_month="2026-06-01",
        month_rule="fifteenth_or_half",
    )  # fmt: skip
    batch = SubsidyBatch.objects.get()
    assert answer.status_code == 302 and answer.url == f"/subsidies/{batch.pk}/"
    run_now(batch.job)
    page = browse("clerk").get("subsidy-batch-detail", batch.pk).content.decode()
    assert "王建国" in page and "100.00 元 × 6 个月（2026 年 1 月至 6 月）" in page and "600.00" in page
    assert "复核" not in page.split("各人明细")[0].split('class="actions"')[1].split("</div>")[0]


def test_a_refused_period_comes_back_on_the_form(world, standard, browse):
    answer = browse("clerk").post(
        "subsidy-batch-add", organisation=world.county.pk, first_month="2026-06-01", last_month="2026-01-01",
        month_rule="fifteenth_or_half",
    )  # fmt: skip
    assert answer.status_code == 422 and "截止月份早于起始月份" in answer.content.decode()
