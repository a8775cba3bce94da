"""Engagements go on: renewed, moved, promoted, dismissed; a second paid post by permit; deputies for a time."""

from datetime import date, timedelta

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from committees import batch_lines, services
from committees.models import Appointment, PastContract, SubsidyBatch
from federation.shared.jobs import run_now
from federation.shared.models import AuditEntry
from orgs.models import Deputyship, SecondPostPermit, Tenure, Worker
from orgs.open_vacancies import vacancies_of
from tests.orgs.conftest import boxes
from tests.two_connections import all_at_once, on_postgresql

FIRST, LAST = date(2025, 1, 1), date(2026, 12, 31)


@pytest.fixture
def engaged(member):
    """Somebody of the village with a contract of two years."""
    return member("village", name="张三", contract_from=FIRST, contract_to=LAST, certificate_number="上岗 001",
                  certificate_issued_on=FIRST, certificate_expires_on=date(2028, 1, 1), employment="fiscal_subsidy",
                  document_number="会残发〔2025〕1 号")  # fmt: skip


def errors(answer):
    return answer.context["form"].errors


# --- renewed ----------------------------------------------------------------------------------------


def renewal(first, last, **more):
    return {
        **boxes("contract_from", first),
        **boxes("contract_to", last),
        "document_number": "会残发〔2026〕9 号",
        **more,
    }


def test_a_renewal_keeps_the_contract_before_it(browse, engaged):
    answer = browse("director").post("appointment-renew", engaged.pk, **renewal(date(2027, 1, 1), date(2028, 12, 31)))
    assert answer.status_code == 302
    engaged.refresh_from_db()
    assert (engaged.contract_from, engaged.contract_to) == (date(2027, 1, 1), date(2028, 12, 31))
    past = PastContract.objects.get()
    assert (past.contract_from, past.contract_to, past.document_number) == (FIRST, LAST, "会残发〔2025〕1 号")
    assert engaged.tenure.ended_on is None
    page = browse("director").get("member-detail", engaged.tenure.worker.uid).content.decode()
    assert "以前的聘期" in page and "2025 年 1 月 1 日 至 2026 年 12 月 31 日" in page
    assert AuditEntry.objects.filter(action="committees.contract.renewed").count() == 1


@pytest.mark.parametrize(
    ("first", "last", "words"),
    [
        (date(2026, 12, 31), date(2027, 12, 31), "最早 2027 年 1 月 1 日"),
        (date(2024, 1, 1), date(2024, 12, 31), "最早 2027 年 1 月 1 日"),
        (date(2027, 2, 1), date(2027, 1, 31), "早于新聘期起"),
    ],
)
def test_a_renewal_that_overlaps_or_runs_backwards_is_refused_with_the_reason(browse, engaged, first, last, words):
    answer = browse("director").post("appointment-renew", engaged.pk, **renewal(first, last))
    assert answer.status_code == 422 and words in str(errors(answer))
    assert not PastContract.objects.exists()


def test_a_renewal_over_a_contract_at_another_body_is_refused(browse, engaged, member, world):
    worker = engaged.tenure.worker
    before = member("neighbour_village", worker=worker, since=date(2018, 1, 1), until=date(2019, 12, 31),
                    contract_from=date(2018, 1, 1), contract_to=date(2019, 12, 31))  # fmt: skip
    # What was agreed beyond the last day in post counts for nothing.
    Appointment.objects.filter(pk=before.pk).update(contract_to=date(2028, 12, 31))
    answer = browse("clerk").post("appointment-renew", engaged.pk, **renewal(date(2027, 1, 1), date(2027, 12, 31)))
    assert answer.status_code == 302
    # A correction that lays one contract over the other is refused as well.
    values = {"role": "village_member", **boxes("started_on", date(2020, 1, 1)), "version": 2}
    values |= {**boxes("contract_from", date(2019, 6, 1)), **boxes("contract_to", date(2027, 12, 31))}
    answer = browse("clerk").post("appointment-edit", engaged.pk, **values)
    assert answer.status_code == 422 and "2018 年 1 月 1 日至 2019 年 12 月 31 日的另一段聘期重叠" in str(
        errors(answer)
    )


def test_nobody_who_left_and_nobody_without_a_contract_is_renewed(browse, engaged, member):
    Tenure.objects.filter(pk=engaged.tenure_id).update(ended_on=date(2026, 6, 30))
    answer = browse("director").post("appointment-renew", engaged.pk, **renewal(date(2027, 1, 1), date(2027, 12, 31)))
    assert "不能续聘" in str(errors(answer))
    bare = member("village_second")
    answer = browse("director").post("appointment-renew", bare.pk, **renewal(date(2027, 1, 1), date(2027, 12, 31)))
    assert "还没有登记现在的聘期" in str(errors(answer))


# --- dismissed --------------------------------------------------------------------------------------


def leaving(**more):
    return {
        **boxes("ended_on", date(2026, 6, 30)),
        "ending": "dismissed",
        "ground": "incompetent",
        "reason": "",
        **more,
    }


def test_a_dismissal_names_its_ground(browse, engaged):
    answer = browse("director").post("member-end", engaged.tenure_id, **leaving(ground=""))
    assert answer.status_code == 422 and "请选择解聘的原因" in str(errors(answer))
    answer = browse("director").post("member-end", engaged.tenure_id, **leaving(ground="other"))
    assert answer.status_code == 422 and "请写明" in str(errors(answer))
    assert browse("director").post("member-end", engaged.tenure_id, **leaving()).status_code == 302
    engaged.refresh_from_db()
    assert (engaged.ending, engaged.ending_ground) == ("dismissed", "incompetent")
    page = browse("director").get("member-detail", engaged.tenure.worker.uid).content.decode()
    assert "解聘（年度考核不称职）" in page


def test_only_a_dismissal_has_a_ground(browse, engaged):
    assert browse("director").post("member-end", engaged.tenure_id, **leaving(ending="died")).status_code == 302
    engaged.refresh_from_db()
    assert (engaged.ending, engaged.ending_ground) == ("died", "")
    with pytest.raises(IntegrityError), transaction.atomic():
        Appointment.objects.filter(pk=engaged.pk).update(ending_ground="incapable")


# --- moved, promoted --------------------------------------------------------------------------------


def moving(place, **more):
    return {"organisation": place.code, **boxes("first_day", date(2026, 7, 1)), "reason": "工作需要", **more}


def test_a_move_ends_one_engagement_and_begins_the_other_on_the_day_after(browse, engaged, world):
    answer = browse("director").post("member-move", engaged.tenure_id, **moving(world.village_second))
    assert answer.status_code == 302
    before, after = Tenure.objects.order_by("started_on")
    assert (before.ended_on, after.started_on) == (date(2026, 6, 30), date(2026, 7, 1))
    assert after.organisation_id == world.village_second.pk and after.ended_on is None
    assert before.appointment.ending == "moved"
    assert after.appointment.certificate_number == "上岗 001" and after.appointment.employment == "fiscal_subsidy"
    assert after.appointment.role == "village_member"


def test_to_a_higher_level_it_is_a_promotion(browse, engaged, world):
    terms = {**boxes("contract_from", date(2026, 7, 1)), **boxes("contract_to", date(2029, 6, 30))}
    answer = browse("director").post("member-move", engaged.tenure_id, **moving(world.township, **terms))
    assert answer.status_code == 302
    before, after = Tenure.objects.order_by("started_on")
    assert before.appointment.ending == "promoted"
    assert (after.appointment.role, after.appointment.contract_to) == ("township_member", date(2029, 6, 30))


@pytest.mark.parametrize(
    ("place", "change", "words"),
    [
        ("village", {}, "现在就在这个机构"),
        ("county", {}, "没有专职委员岗位"),
        ("neighbour_village", {}, "没有找到"),
        ("village_second", boxes("first_day", date(2019, 1, 1)), "现在的任职日期"),
        ("village_second", boxes("contract_from", date(2026, 8, 1)), "晚于到新机构任职的第一天"),
    ],
)
def test_an_impossible_move_is_refused_and_nothing_is_stored(browse, engaged, world, place, change, words):
    who = "clerk" if place == "county" else "director"
    answer = browse(who).post("member-move", engaged.tenure_id, **moving(world.orgs[place], **change))
    assert answer.status_code == 422 and words in str(errors(answer))
    engaged.tenure.refresh_from_db()
    assert engaged.tenure.ended_on is None and Tenure.objects.count() == 1


# --- a second paid post -----------------------------------------------------------------------------


def second(engaged, world, place="village_second"):
    worker = engaged.tenure.worker
    tenure = Tenure(organisation=world.orgs[place], worker=worker, post="committee_member", started_on=FIRST)
    return services.engage_member(
        worker=worker, id_number=worker.id_number.open_plain(), tenure=tenure, appointment=Appointment(), by=world.clerk
    )


@pytest.fixture
def numbered(engaged):
    worker = engaged.tenure.worker
    worker.id_number = "629999198001010010"
    worker.save()
    return engaged


def test_a_second_paid_post_takes_an_administrators_note(browse, numbered, world):
    with pytest.raises(Exception, match="系统管理员"):
        second(numbered, world)
    uid = numbered.tenure.worker.uid
    note = {"organisation": world.village_second.code, "reason": "西山村无人可聘"}
    assert browse("clerk").post("second-post-add", uid, **note).status_code == 403
    assert browse("administrator").post("second-post-add", uid, **{**note, "reason": ""}).status_code == 422
    assert browse("administrator").post("second-post-add", uid, **note).status_code == 302
    again = browse("administrator").post("second-post-add", uid, **note)
    assert again.status_code == 422 and "已有准许" in str(errors(again))
    tenure = second(numbered, world)
    assert tenure.permit == SecondPostPermit.objects.get()
    page = browse("director").get("member-detail", uid).content.decode()
    assert "系统管理员准许：西山村无人可聘" in page
    refused = browse("administrator").post("second-post-withdraw", tenure.permit_id)
    assert refused.status_code == 422 and "不能取消" in str(errors(refused))


def test_an_unused_permit_is_taken_back(browse, numbered, world):
    worker = numbered.tenure.worker
    permit = SecondPostPermit.objects.create(organisation=world.village_second, worker=worker, reason="兼管")
    assert browse("administrator").post("second-post-withdraw", permit.pk).status_code == 302
    assert not SecondPostPermit.objects.exists()
    assert AuditEntry.objects.filter(action="orgs.second_post.withdrawn").count() == 1


def test_the_database_refuses_a_second_paid_post_without_a_permit(numbered, member, world):
    worker = numbered.tenure.worker
    here = SecondPostPermit.objects.create(organisation=world.village_second, worker=worker, reason="兼管")
    with pytest.raises(IntegrityError), transaction.atomic():
        member("village_second", worker=worker)
    other = member("village_second", worker=worker, until=date(2019, 12, 31), since=date(2018, 1, 1))
    assert other.pk
    with pytest.raises(IntegrityError), transaction.atomic():
        Tenure.objects.filter(pk=other.tenure_id).update(ended_on=None)
    # A permit for another body or person opens nothing.
    elsewhere = Tenure(organisation=world.township, worker=worker, post="sunshine_tutor", started_on=FIRST, permit=here)
    with pytest.raises(IntegrityError), transaction.atomic():
        elsewhere.save()
    Tenure.objects.filter(pk=other.tenure_id).update(started_on=date(2021, 1, 1), ended_on=None, permit=here)
    # Posts that are not paid are nobody's business here.
    Tenure.objects.create(organisation=world.village, worker=worker, post="association_chair", started_on=FIRST)


def test_a_permitted_second_post_is_paid_beside_the_first(numbered, world, standard):
    SecondPostPermit.objects.create(organisation=world.village_second, worker=numbered.tenure.worker, reason="兼管")
    beside = second(numbered, world)
    batch = SubsidyBatch(organisation=world.county, first_month=date(2026, 1, 1), last_month=date(2026, 3, 1))
    batch = services.make_batch(batch=batch, by=world.clerk)
    run_now(batch.job)
    paid = dict(batch.lines.values_list("appointment__tenure", "month_count"))
    assert paid == {numbered.tenure_id: 3, beside.pk: 3}
    assert batch_lines.due_in(batch, world.county.path)


@on_postgresql
@pytest.mark.django_db(transaction=True)
def test_two_who_engage_the_same_person_at_once_give_one_post(world):
    worker = Worker.objects.create(name="张三", identity="disabled")

    def take(place):
        Tenure.objects.create(organisation=world.orgs[place], worker=worker, post="committee_member", started_on=FIRST)

    raised = all_at_once([lambda: take("village"), lambda: take("village_second")])
    assert [type(error) for error in raised] == [IntegrityError]
    assert Tenure.objects.count() == 1


# --- deputies ---------------------------------------------------------------------------------------


def acting(worker, **more):
    """From ten days ago until in a month."""
    first, last = timezone.localdate() - timedelta(days=10), timezone.localdate() + timedelta(days=30)
    values = {"post": "committee_member", "worker": worker.pk, "reason": "住院"}
    return values | {**boxes("started_on", first), **boxes("ended_on", last)} | more


def test_a_deputy_acts_for_who_is_away(browse, engaged, member, world):
    colleague = member("village_second", name="李四").tenure.worker
    page = browse("director").get("deputy-add", world.village.pk, **{"for": engaged.tenure_id}).content.decode()
    assert "张三（专职委员）" in page and "李四" in page
    answer = browse("director").post("deputy-add", world.village.pk, **acting(colleague, absent=engaged.tenure_id))
    assert answer.status_code == 302
    page = browse("director").get("member-detail", engaged.tenure.worker.uid).content.decode()
    assert "由谁代理" in page and "李四" in page
    page = browse("director").get("organisation-detail", world.village.pk).content.decode()
    assert "代理中" in page
    again = browse("director").post("deputy-add", world.village.pk, **acting(colleague, absent=engaged.tenure_id))
    assert again.status_code == 422 and "已登记由 李四 代理" in str(errors(again))
    own = browse("director").post("deputy-add", world.village_second.pk, **acting(colleague, absent=""))
    assert own.status_code == 302


def test_who_has_left_acts_for_nobody(browse, engaged, member, world):
    colleague = member("village_second", name="李四").tenure
    browse("director").post("deputy-add", world.village.pk, **acting(colleague.worker, absent=engaged.tenure_id))
    today = timezone.localdate()
    assert Deputyship.objects.acting_on(today).exists()
    Tenure.objects.filter(pk=colleague.pk).update(ended_on=today - timedelta(days=2))
    assert not Deputyship.objects.acting_on(today).exists()
    page = browse("director").get("organisation-detail", world.village.pk).content.decode()
    assert "代理人已离任，请另行安排" in page and "代理中" not in page


def test_a_deputy_in_a_vacant_post_does_not_end_the_vacancy(browse, member, world):
    colleague = member("village_second", name="李四").tenure.worker
    day = timezone.localdate()
    before = [each.days for each in vacancies_of([world.village], day, post="committee_member")]
    assert browse("director").post("deputy-add", world.village.pk, **acting(colleague)).status_code == 302
    assert [each.days for each in vacancies_of([world.village], day, post="committee_member")] == before != []


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (boxes("ended_on", date(2015, 10, 1)), "早于代理起"),
        (boxes("started_on", date(2010, 1, 1)), "不在任"),
        ({"post": "association_chair"}, "不在这个岗位上"),
    ],
)
def test_an_impossible_deputyship_is_refused(browse, engaged, member, world, change, words):
    colleague = member("village_second", name="李四").tenure.worker
    values = acting(colleague, absent=engaged.tenure_id) | change
    answer = browse("director").post("deputy-add", world.village.pk, **values)
    assert answer.status_code == 422 and words in str(errors(answer))
    assert not Deputyship.objects.exists()


def test_days_of_a_deputyship_are_corrected_and_nobody_acts_for_oneself(browse, engaged, member, world):
    own = browse("director").post(
        "deputy-add", world.village.pk, **acting(engaged.tenure.worker, absent=engaged.tenure_id)
    )
    assert own.status_code == 422 and "不能代理自己" in str(errors(own))
    colleague = member("village_second", name="李四").tenure.worker
    browse("director").post("deputy-add", world.village.pk, **acting(colleague, absent=engaged.tenure_id))
    row = Deputyship.objects.get()
    values = {"version": 1, "reason": "提前出院", **boxes("started_on", row.started_on)}
    sooner = row.started_on + timedelta(days=20)
    answer = browse("director").post("deputy-edit", row.pk, **values, **boxes("ended_on", sooner))
    assert answer.status_code == 302
    row.refresh_from_db()
    assert (row.ended_on, row.version) == (sooner, 2)
