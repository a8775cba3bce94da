"""A roster of members and people on file: those of other bodies are set aside, days fit, names are spelled anew."""

from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from committees.models import Appointment
from federation.shared.models import RosterImport
from orgs.models import SecondPostPermit, Tenure, Worker
from tests.conftest import TODAY
from tests.orgs.conftest import engage
from tests.rosters.people import id_number, roster_file

__all__ = ["engage"]
State = RosterImport.State


def row(**given):
    basic = {"姓名": "张一", "身份证号": id_number(0), "身份": "残疾人亲友", "任职日期": "2024-01-01"}
    return basic | {"乡镇": "会师镇", "村（社区）": "东山村"} | given


@pytest.fixture
def engaged(engage):
    """Tenures of one person, who is on file under the row's number: (place, post, first day, last day)."""

    def make(*held):
        worker = Worker.objects.create(name="张一", id_number=id_number(0), phone="13911112222", identity="relative")
        tenures = []
        for place, post, since, until in held:
            tenure = engage(place, post, worker=worker, since=since, until=until)
            if post == "committee_member":
                Appointment.objects.create(tenure=tenure, organisation=tenure.organisation, role="village_member")
            tenures.append(tenure)
        return tenures

    return make


def sent(course, **given):
    return course.send(roster_file([row(**given)]), kind="members")


ENDED = (date(2018, 1, 1), date(2022, 12, 31))
OPEN = (date(2023, 1, 1), None)


@pytest.mark.parametrize(
    "held",
    [
        [("other_village", "committee_member", *ENDED)],
        [("other_village", "committee_member", *ENDED), ("other_village", "director", *OPEN)],
        [("other_village", "committee_member", *ENDED), ("other_village", "director", date(2023, 1, 1), TODAY)],
        [("village", "committee_member", *ENDED), ("other_village", "director", *OPEN)],
        [("village", "association_chair", *OPEN), ("other_township", "director", *OPEN)],
        [],
    ],
)
def test_somebody_of_another_body_is_set_aside_and_nothing_of_it_shown(course, engaged, as_user, held):
    engaged(*held)
    checked = sent(course, 姓名="张壹", 联系电话="13900000000")
    assert (checked.transfer_count, checked.correct_count, checked.may_be_confirmed) == (1, 0, False)
    told = checked.report["notices"][-1]
    assert told.startswith("第 2 行的人在别处登记，没有改动")
    assert "按“聘任”登记" in told
    page = as_user("clerk").get(f"/rosters/{checked.pk}/?show=transfer").content.decode()
    assert "其他机构" in page
    assert told in page
    assert not [words for words in ("2222", "景泰", "张一", "2018") if words in page]
    worker = Worker.objects.get()
    assert (worker.name, worker.phone.open_plain()) == ("张一", "13911112222")


@pytest.mark.parametrize("place", ["neighbour_village", "township", "county", "association"])
def test_who_left_the_other_county_and_stood_in_the_own_one_is_taken(course, engaged, world, place):
    engaged(("other_village", "committee_member", *ENDED), (place, "director", *OPEN))
    checked = sent(course)
    assert (checked.transfer_count, checked.new_count) == (0, 1), course.errors(checked)
    assert course.confirm(checked).state == State.DONE
    assert Tenure.objects.get(organisation=world.village).post == "committee_member"


def test_who_stood_at_a_body_since_abolished_is_no_stranger(course, engaged, world):
    engaged(("village_second", "committee_member", *ENDED))
    type(world.village).objects.filter(pk=world.village_second.pk).update(abolished_on=date(2023, 1, 1))
    assert sent(course).new_count == 1


def test_a_township_does_not_take_somebody_of_the_next(township_course, engaged):
    engaged(("neighbour_village", "committee_member", *ENDED))
    assert sent(township_course).transfer_count == 1


def test_more_rows_are_not_more_questions(course, engage):
    def questions(serials):
        for serial in serials:
            engage("other_village", "director", number=id_number(serial))
        rows = [row(身份证号=id_number(serial)) for serial in serials]
        with CaptureQueriesContext(connection) as asked:
            assert course.send(roster_file(rows), kind="members").transfer_count == len(rows)
        return len(asked)

    questions([0])  # what is asked once in a process
    assert questions([1]) == questions(range(2, 12))


# --- days ---------------------------------------------------------------------------------------------


def days_of(worker):
    days = Tenure.objects.filter(worker=worker).order_by("started_on").values_list("started_on", "ended_on")
    return [(str(first), str(last or "")) for first, last in days]


def test_the_tenure_of_that_day_is_meant_before_the_one_still_held(course, engaged):
    ended, held = engaged(("village", "committee_member", *ENDED), ("village", "committee_member", *OPEN))
    checked = sent(course, 任职日期="2018-01-01", 另任职务="网格员")
    assert checked.changed_count == 1, course.errors(checked)
    assert course.confirm(checked).state == State.DONE
    assert days_of(ended.worker) == [("2018-01-01", "2022-12-31"), ("2023-01-01", "")]
    held.refresh_from_db()
    ended.refresh_from_db()
    assert (ended.other_job, held.other_job) == ("网格员", "")


@pytest.mark.parametrize("first", ["2019-05-01", "2022-12-31"])
def test_days_within_another_paid_tenure_are_refused_where_they_stand(course, engaged, first):
    engaged(("village", "committee_member", *ENDED), ("village", "committee_member", *OPEN))
    (error,) = course.errors(sent(course, 任职日期=first))
    assert error.startswith("第 2 行“任职日期”：与此人在东山村（2018-01-01 至 2022-12-31）的受聘任职有重叠的日子")


def test_the_day_after_another_tenure_is_free(course, engaged):
    ended, _held = engaged(
        ("village", "committee_member", *ENDED), ("village", "committee_member", date(2023, 2, 1), None)
    )
    done = course.confirm(sent(course, 任职日期="2023-01-01"))
    assert (done.state, done.refusal) == (State.DONE, "")
    assert days_of(ended.worker) == [("2018-01-01", "2022-12-31"), ("2023-01-01", "")]


def test_what_ended_before_the_tenure_still_held_is_another_one(course, engaged):
    (held,) = engaged(("village", "committee_member", *OPEN))
    done = course.confirm(sent(course, 任职日期="2016-01-01", 离任日期="2017-12-31"))
    assert (done.state, done.new_count) == (State.DONE, 1)
    assert days_of(held.worker) == [("2016-01-01", "2017-12-31"), ("2023-01-01", "")]


def test_of_a_tenure_elsewhere_that_stands_in_the_way_nothing_is_said(course, engaged):
    engaged(("other_village", "committee_member", *ENDED), ("village", "association_chair", *OPEN))
    (error,) = course.errors(sent(course, 任职日期="2022-06-01"))
    assert "与此人在其他机构的受聘任职有重叠的日子" in error
    assert "景泰" not in error
    assert "2018" not in error


def test_another_paid_post_here_stands_in_the_way(course, engaged):
    engaged(("village", "sunshine_tutor", *OPEN))
    (error,) = course.errors(sent(course))
    assert "与此人在东山村（2023-01-01 至 今）" in error


def test_a_permitted_second_post_does_not_stand_in_the_way(course, engaged, world):
    (tutor,) = engaged(("village", "sunshine_tutor", *OPEN))
    permit = SecondPostPermit.objects.create(worker=tutor.worker, organisation=world.village, reason="暂时无人可聘")
    Tenure.objects.filter(pk=tutor.pk).update(permit=permit)
    done = course.confirm(sent(course))
    assert (done.state, done.refusal) == (State.DONE, "")


# --- names and numbers ----------------------------------------------------------------------------------


def spelled():
    return Worker.objects.values_list("name", "name_pinyin", "name_initials").get()


def test_a_changed_name_is_spelled_anew_and_back_again_when_undone(course):
    course.written(roster_file([row()]), kind="members")
    assert spelled() == ("张一", "zhangyi", "zy")
    done = course.written(roster_file([row(姓名="解晓华")]), kind="members")
    assert spelled() == ("解晓华", "xiexiaohua", "xxh")
    assert course.undo(done).state == State.UNDONE
    assert spelled() == ("张一", "zhangyi", "zy")


def test_a_name_changed_by_the_roster_of_bodies_is_spelled_anew(course):
    def of(name):
        body = {"乡镇": "会师镇", "理事长姓名": name, "理事长身份证号": id_number(7), "理事长任职日期": "2022-01-01"}
        return course.written(roster_file([body]), kind="organisations")

    of("孙理事")
    assert spelled() == ("孙理事", "sunlishi", "sls")
    done = of("单理事")
    assert spelled() == ("单理事", "shanlishi", "sls")
    assert course.undo(done).state == State.UNDONE
    assert spelled() == ("孙理事", "sunlishi", "sls")


def test_a_ledger_of_more_items_than_can_be_is_refused_in_its_cell(course):
    def of(cell):
        body = {"乡镇": "会师镇", "工作档案": cell, "档案年度": "2026"}
        return course.send(roster_file([body]), kind="organisations")

    (error,) = course.errors(of("表二99999999999999999999、一记30"))
    assert error == "第 2 行“工作档案”：“表二”的件数超过 6 位数字。请核对件数。"
    assert len(course.errors(of("表二1000000"))) == 1
    most = of("表二999999、一记0030")
    assert course.confirm(most).state == State.DONE
    assert of("表二999999、一记30").unchanged_count == 1
