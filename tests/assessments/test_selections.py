"""The selection of the excellent: nominated, judged level by level, made public, awarded or not."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.models import Assignment, User
from assessments import appraisals, selections
from assessments.models import Nomination, NominationObjection
from assessments.selections import SelectionRefused
from federation.roles import Role
from federation.shared.working_days import after_working_days
from tests.assessments.members import appraised, engage, published, result_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def today():
    return timezone.localdate()


@pytest.fixture
def member(world):
    return engage(world.village, "甲")


@pytest.fixture
def city_viewer(world):
    user = User.objects.create_user("city", display_name="市级")
    Assignment.objects.create(user=user, role=Role.UPPER_VIEWER, organisation=world.city, since=timezone.localdate())
    return user


def nominate(appointment, by, **more) -> Nomination:
    given = {"year": timezone.localdate().year, "deeds": "走访全村", "reason": "工作突出"} | more
    return selections.nominate(appointment=appointment, **given, by=by)


def opine(row, by, agrees=True, **more):
    given = {"text": "情况属实", "given_on": timezone.localdate()} | more
    return selections.give_opinion(nomination=row, agrees=agrees, **given, by=by)


def agreed(world, member, city_viewer, on) -> Nomination:
    row = nominate(member, world.member)
    for by in (world.director, world.leader, city_viewer):
        opine(row, by, given_on=on)
    return Nomination.objects.get(pk=row.pk)


def in_public(world, member, city_viewer, ended=True) -> Nomination:
    """Made public; the publicity is over where `ended`."""
    today = timezone.localdate()
    first = today - timedelta(days=20) if ended else today
    row = agreed(world, member, city_viewer, on=min(first, today))
    last = after_working_days(first, 5)
    return selections.make_public(
        nomination=row, public_from=first, public_to=last, public_place="公示栏", by=world.clerk
    )


def conclude(row, by, **more):
    given = {"is_awarded": True, "on": timezone.localdate(), "document_number": "会残〔2026〕9 号", "reason": ""} | more
    return selections.conclude(nomination=row, **given, by=by)


# --- nominating -----------------------------------------------------------------------------------------
def test_without_a_published_first_band_a_reason_is_asked(world, member):
    with pytest.raises(SelectionRefused, match="请写明推荐理由"):
        nominate(member, world.member, reason=" ")
    assert nominate(member, world.member).result is None


def test_with_a_published_first_band_no_reason_is_asked(world, member):
    appraisal = appraised(world.county, world.clerk)
    published_band(world, appraisal, member, "优秀")
    row = nominate(member, world.member, reason="")
    assert row.result == result_of(appraisal, member)


def published_band(world, appraisal, member, band):
    from tests.assessments.members import score

    result = score(result_of(appraisal, member), world.clerk)
    appraisals.give_band(result=result, band=band, reason="表现", by=world.leader, expected_version=result.version)
    published(world, appraisal)


def test_the_last_published_band_counts_and_a_lower_one_does_not(world, member):
    published_band(world, appraised(world.county, world.clerk), member, "称职")
    assert selections.first_band_of(member.tenure.worker) is None


def test_once_a_year_nobody_who_left_and_not_oneself(world, member, today):
    nominate(member, world.member)
    with pytest.raises(SelectionRefused, match="一年推荐一次"):
        nominate(member, world.member)
    left = engage(world.village, "乙", ended_on=today - timedelta(days=1))
    with pytest.raises(SelectionRefused, match="已经离任"):
        nominate(left, world.member)
    other = engage(world.village, "丙")
    with pytest.raises(SelectionRefused, match="年度的"):
        nominate(other, world.member, year=today.year + 1)
    world.member.worker_id = other.tenure.worker_id
    with pytest.raises(SelectionRefused, match="不能推荐自己"):
        nominate(other, world.member)


# --- opinions -------------------------------------------------------------------------------------------
def test_each_level_speaks_in_its_turn(world, member, city_viewer):
    row = nominate(member, world.member)
    with pytest.raises(SelectionRefused, match="还没有轮到"):
        opine(row, world.leader)
    assert opine(row, world.director).level == 4
    with pytest.raises(SelectionRefused, match="现在等县"):
        opine(row, world.director)
    assert opine(row, world.leader).level == 3
    with pytest.raises(SelectionRefused, match="还没有轮到"):
        opine(row, world.viewer)
    assert opine(row, city_viewer).level == 2
    row.refresh_from_db()
    assert row.state == "agreed"


def test_a_level_that_disagrees_ends_it(world, member):
    row = nominate(member, world.member)
    opine(row, world.director, agrees=False, text="事迹不实")
    row.refresh_from_db()
    assert row.state == "refused" and "事迹不实" in row.outcome_reason
    with pytest.raises(SelectionRefused, match="不能签意见"):
        opine(row, world.leader)


def test_who_nominated_does_not_judge_and_days_are_in_order(world, member, today):
    row = nominate(member, world.director)
    with pytest.raises(SelectionRefused, match="请由别的人签"):
        opine(row, world.director)
    row = nominate(engage(world.village, "乙"), world.member)
    with pytest.raises(SelectionRefused, match="日期还没有到"):
        opine(row, world.director, given_on=today + timedelta(days=1))
    opine(row, world.director, given_on=today)
    with pytest.raises(SelectionRefused, match="早于下级"):
        opine(row, world.leader, given_on=today - timedelta(days=1))


def test_it_is_taken_back_until_somebody_has_spoken(world, member):
    row = nominate(member, world.member)
    assert selections.withdraw(nomination=row, by=world.member).state == "refused"
    row = nominate(engage(world.village, "乙"), world.member)
    opine(row, world.director)
    with pytest.raises(SelectionRefused, match="不能撤回"):
        selections.withdraw(nomination=row, by=world.member)


# --- publicity and result -------------------------------------------------------------------------------
def test_the_publicity_lasts_five_working_days_at_least(world, member, city_viewer, today):
    row = agreed(world, member, city_viewer, on=today)
    first = today
    for last, words in ((first + timedelta(days=3), "不能少于 5 个工作日"), (first - timedelta(days=1), "早于公示起")):
        with pytest.raises(SelectionRefused, match=words):
            selections.make_public(nomination=row, public_from=first, public_to=last, public_place="栏", by=world.clerk)
    with pytest.raises(SelectionRefused, match="早于最后一级"):
        selections.make_public(
            nomination=row, public_from=first - timedelta(days=9), public_to=first, public_place="栏", by=world.clerk
        )


def test_it_is_awarded_after_the_publicity_with_a_document(world, member, city_viewer, today):
    row = in_public(world, member, city_viewer)
    with pytest.raises(SelectionRefused, match="文号"):
        conclude(row, world.leader, document_number=" ")
    with pytest.raises(SelectionRefused, match="才结束"):
        conclude(row, world.leader, on=row.public_to)
    assert conclude(row, world.leader).state == "awarded"
    with pytest.raises(SelectionRefused, match="不能登记结果"):
        conclude(row, world.leader)


def test_nothing_is_awarded_while_the_names_hang_out(world, member, city_viewer):
    row = in_public(world, member, city_viewer, ended=False)
    with pytest.raises(SelectionRefused, match="才结束"):
        conclude(row, world.leader)


def said(row, by, **more) -> NominationObjection:
    given = {"raised_by": "", "raised_on": row.public_from, "text": "没有走访"} | more
    return selections.record_objection(nomination=row, **given, by=by)


def test_what_was_said_is_settled_first_and_what_is_true_prevents_the_award(world, member, city_viewer, today):
    row = in_public(world, member, city_viewer)
    with pytest.raises(SelectionRefused, match="应在公示期间"):
        said(row, world.clerk, raised_on=row.public_to + timedelta(days=1))
    words = said(row, world.clerk)
    with pytest.raises(SelectionRefused, match="还有 1 条反映没有结论"):
        conclude(row, world.leader)
    selections.settle_objection(objection=words, finding="属实", is_upheld=True, by=world.clerk)
    with pytest.raises(SelectionRefused, match="问题属实"):
        conclude(row, world.leader)
    with pytest.raises(SelectionRefused, match="未授予的原因"):
        conclude(row, world.leader, is_awarded=False)
    assert conclude(row, world.leader, is_awarded=False, reason="反映属实").state == "refused"


# --- pages ----------------------------------------------------------------------------------------------
def test_the_whole_course_by_the_pages(world, member, city_viewer, as_user, client, today):
    form = {"appointment": member.pk, "year": today.year, "deeds": "走访全村", "reason": "突出"}
    assert as_user("member").post(reverse("nomination-add"), form).status_code == 302
    row = Nomination.objects.get()
    opinion = {"agrees": "yes", "text": "同意", "given_on": f"{today - timedelta(days=20):%Y-%m-%d}"}
    address = reverse("nomination-opine", args=[row.pk])
    for name in ("director", "leader"):
        assert as_user(name).post(address, opinion).status_code == 302
    client.force_login(city_viewer, backend="django.contrib.auth.backends.ModelBackend")
    assert client.post(address, opinion).status_code == 302
    first = today - timedelta(days=20)
    days = {"public_from": f"{first:%Y-%m-%d}", "public_to": f"{after_working_days(first, 5):%Y-%m-%d}"}
    address = reverse("nomination-publicise", args=[row.pk])
    assert as_user("clerk").post(address, days | {"public_place": "公示栏"}).status_code == 302
    words = {"raised_by": "", "raised_on": days["public_from"], "text": "没有走访"}
    assert as_user("clerk").post(reverse("nomination-said", args=[row.pk]), words).status_code == 302
    finding = {"is_upheld": "no", "finding": "查了走访记录"}
    address = reverse("nomination-settle", args=[NominationObjection.objects.get().pk])
    assert as_user("clerk").post(address, finding).status_code == 302
    result = {"outcome": "awarded", "decided_on": f"{today:%Y-%m-%d}", "document_number": "会残 9 号"}
    address = reverse("nomination-conclude", args=[row.pk])
    assert as_user("clerk").post(address, result).status_code == 403
    assert as_user("leader").post(address, result).status_code == 302
    page = as_user("member").get(reverse("nomination-detail", args=[row.pk])).content.decode()
    assert "会残 9 号" in page and "查了走访记录" in page and "已授予" in page
    rows = as_user("clerk").get(reverse("nomination-list"), {"state": "awarded"}).context["table"].rows
    assert [each["object"].pk for each in rows] == [row.pk]
