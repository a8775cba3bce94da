"""我的: a member sees the own posts, subsidies and reminders, and nobody else's."""

from datetime import date, timedelta

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from committees.models import SubsidyLine
from federation.shared.models import AuditEntry
from orgs.models import Tenure
from tests.committees.payments import approved, batch_of
from tests.committees.trainings import session_of, was_at

JANUARY, MARCH = date(2026, 1, 1), date(2026, 3, 1)


@pytest.fixture
def two(member, world):
    """周委员 of the village and 吴委员 of the neighbour, each with the account of the cast."""
    mine = member("village", name="周某某", document_number="我的文号")
    other = member("neighbour_village", name="吴某某", document_number="别人的文号")
    for user, appointment in ((world.member, mine), (world.neighbour, other)):
        user.worker = appointment.tenure.worker
        user.save()
    return mine, other


def own(browse, who):
    return browse(who).get("own-page").content.decode()


# --- what is shown ------------------------------------------------------------------------------------


def test_each_sees_the_own_posts_and_not_the_others(browse, two):
    page = own(browse, "member")
    assert "周某某" in page and "我的文号" in page
    assert "吴某某" not in page and "别人的文号" not in page
    page = own(browse, "neighbour")
    assert "吴某某" in page and "周某某" not in page


def test_each_sees_the_own_lines_once_the_batch_is_approved(browse, two, world, standard, checker):
    _mine, other = two
    other.tenure.started_on = date(2026, 3, 1)
    other.tenure.save()
    batch = batch_of(world, first=JANUARY, last=MARCH)
    assert "还没有已审批的补贴" in own(browse, "member")
    approved(world, batch, checker)
    line, foreign = (SubsidyLine.objects.get(appointment=each) for each in two)
    assert line.amount != foreign.amount
    page = own(browse, "member")
    assert f"<span>{line.amount}</span>" in page and "已审批，等待付款" in page
    assert f"<span>{foreign.amount}</span>" not in page
    SubsidyLine.objects.filter(pk=line.pk).update(outcome="failed", outcome_reason="账号不符")
    assert "银行退回（账号不符）" in own(browse, "member")


def test_the_own_yearly_statement_holds_the_own_lines_alone(browse, two, world, standard, checker):
    _mine, other = two
    other.tenure.started_on = date(2026, 3, 1)
    other.tenure.save()
    approved(world, batch_of(world, first=JANUARY, last=MARCH), checker)
    line, foreign = (SubsidyLine.objects.get(appointment=each) for each in two)
    assert "/own/statements/" in own(browse, "member")
    page = browse("member").get("statement-own", 2026).content.decode()
    assert f"{line.amount}" in page and "吴某某" not in page and "周某某 2026 年度补贴对账单" in page
    assert browse("member").get("statement-own-table", 2026).status_code == 200
    assert browse("member").get("statement-own", 1999).status_code == 404
    assert browse("clerk").get("statement-own", 2026).status_code == 403
    # Nobody's account, and somebody else's statement by the staff's address.
    assert browse("township_member").get("statement-own", 2026).status_code == 404
    assert browse("member").get("statement-member", foreign.worker.uid, 2026).status_code == 403


def test_what_concerns_oneself_stands_on_the_own_page_and_on_the_start_page(browse, two):
    today = timezone.localdate()
    for appointment in two:
        appointment.contract_to = today + timedelta(days=10)
        appointment.save()
    page = own(browse, "member")
    assert page.count("还有 10 天") == 1 and "请联系县残联" in page
    assert "与我有关的提醒" in browse("member").get("home").content.decode()
    assert "与我有关的提醒" not in browse("clerk").get("home").content.decode()


def test_posts_of_another_body_are_shown_to_oneself_alone(browse, two, world, engage):
    """Out of scope by the tree, but one's own: an earlier post in the other county."""
    mine, _other = two
    days = {"since": date(2015, 1, 1), "until": date(2016, 1, 1)}
    engage("other_village", "association_chair", worker=mine.tenure.worker, **days)
    assert "协会主席（东山村）" in own(browse, "member")
    assert not Tenure.objects.visible_to(world.member).filter(post="association_chair").exists()


# --- whose page it is -----------------------------------------------------------------------------------


def test_an_account_that_is_nobodys_is_told_so_and_who_has_no_own_page_is_refused(browse, two, world):
    assert "还没有对应到工作人员" in own(browse, "township_member")
    assert browse("clerk").get("own-page").status_code == 403
    world.clerk.worker_id, world.member.worker = world.member.worker_id, None
    world.member.save()
    assert "还没有对应到工作人员" in own(browse, "member")


def test_the_administrator_says_whose_account_it_is(browse, member, world):
    worker = member("village", name="周某某").tenure.worker
    stranger = member("neighbour_village", name="吴某某").tenure.worker
    page = browse("administrator").get("account-worker", world.member.pk).content.decode()
    assert "周某某" in page and "吴某某" not in page
    refused = browse("administrator").post("account-worker", world.member.pk, worker=stranger.pk, version=1)
    assert refused.status_code == 422
    answer = browse("administrator").post("account-worker", world.member.pk, worker=worker.pk, version=1)
    assert answer.status_code == 302
    world.member.refresh_from_db()
    assert (world.member.worker, world.member.version) == (worker, 2)
    assert AuditEntry.objects.filter(action="accounts.account.linked").count() == 1
    assert "周某某" in browse("administrator").get("account-detail", world.member.pk).content.decode()
    assert browse("administrator").post("account-worker", world.member.pk, worker="", version=2).status_code == 302
    world.member.refresh_from_db()
    assert world.member.worker is None


def test_nobody_links_the_own_account_or_one_worker_to_two(browse, two, world):
    assert browse("administrator").get("account-worker", world.administrator.pk).status_code == 403
    assert browse("clerk").get("account-worker", world.member.pk).status_code == 403
    with pytest.raises(IntegrityError), transaction.atomic():
        world.leader.worker = world.member.worker
        world.leader.save()


def test_each_sees_the_own_trainings(browse, two, world):
    mine, other = two
    session = session_of(world, title="走访技巧班")
    was_at(session, world.clerk, mine.tenure, outcome="attended:excellent")
    was_at(session_of(world, title="别人的班"), world.clerk, other.tenure)
    page = own(browse, "member")
    assert "走访技巧班" in page and "到会，优秀" in page and "已完成培训 1 次" in page
    assert "别人的班" not in page
