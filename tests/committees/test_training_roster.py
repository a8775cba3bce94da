"""The roster of who was at a training: found by number or by name and body, refused by cell, undone."""

from datetime import date

import pytest

from committees.models import Appointment, TrainingAttendance, TrainingSession
from federation.shared.models import RosterImport
from tests.committees.trainings import HELD_ON, session_of, was_at
from tests.rosters.conftest import Course
from tests.rosters.people import id_number, roster_file

pytestmark = pytest.mark.django_db
State = RosterImport.State


@pytest.fixture(autouse=True)
def _own_media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"


@pytest.fixture
def people(member):
    """张一 with a number and 张二 at 东山村, a second 张二 at 西山村, 张三 who left."""
    made = {}
    for key, place, name, until in (
        ("first", "village", "张一", None),
        ("second", "village", "张二", None),
        ("namesake", "village_second", "张二", None),
        ("gone", "village", "张三", date(2026, 1, 31)),
    ):
        made[key] = member(place, name=name, until=until)
    worker = made["first"].tenure.worker
    worker.id_number = id_number(0)
    worker.save()
    return made


def row(**given):
    return {
        "班次编号": "2026-03", "姓名": "张二", "乡镇": "会师镇", "村（社区）": "东山村", "到会情况": "到会",
    } | given  # fmt: skip


def by_number(**given):
    return {
        "班次编号": "2026-03",
        "姓名": "张一",
        "身份证号": id_number(0),
        "到会情况": "是",
        "考核结果": "合格",
    } | given


def stored():
    names = ("worker__name", "presence", "result", "certificate_number")
    return sorted(TrainingAttendance.objects.values_list(*names))


def test_people_are_found_by_number_or_by_name_and_body_and_the_session_is_held(course, world, people):
    session = session_of(world, code="2026-03")
    rows = [by_number(学时="5.5"), row(考核结果="优秀")]
    checked = course.send(roster_file(rows), kind="trainings")
    assert (checked.state, checked.new_count) == (State.CHECKED, 2), (checked.refusal, course.errors(checked))
    assert course.confirm(checked).state == State.DONE
    assert stored() == [("张一", "attended", "passed", ""), ("张二", "attended", "excellent", "")]
    first = TrainingAttendance.objects.get(worker__name="张一")
    assert (str(first.hours), first.org_path, first.tenure) == ("5.5", world.village.path, people["first"].tenure)
    assert TrainingSession.objects.get(pk=session.pk).state == "held"
    again = course.send(roster_file(rows), kind="trainings")
    assert (again.unchanged_count, again.may_be_confirmed) == (2, False)


def test_a_certificate_of_an_induction_comes_with_the_row_and_all_of_it_is_undone(course, world, people):
    session_of(world, code="2026-03", gives_certificate=True)
    done = course.written(roster_file([by_number(证书编号="会 001", 证书有效期至="2029-03-09")]), kind="trainings")
    appointment = Appointment.objects.get(pk=people["first"].pk)
    assert (appointment.certificate_number, appointment.certificate_issued_on) == ("会 001", HELD_ON)
    assert str(appointment.certificate_expires_on) == "2029-03-09"
    assert course.undo(done).state == State.UNDONE
    assert not TrainingAttendance.objects.exists()
    assert Appointment.objects.get(pk=people["first"].pk).certificate_number == ""
    assert TrainingSession.objects.get().state == "planned"


def test_who_was_registered_is_changed_and_a_session_without_a_code_is_found_by_its_title_and_day(
    course, world, people
):
    session = session_of(world, title="业务班")
    was_at(session, world.clerk, people["second"].tenure, outcome="absent")
    given = row(班次编号=None, 培训名称="业务班", 开始日期="2026-03-10", 考核结果="合格")
    checked = course.send(roster_file([given]), kind="trainings")
    assert (checked.new_count, checked.changed_count) == (0, 1), course.errors(checked)
    course.confirm(checked)
    assert stored() == [("张二", "attended", "passed", "")]


@pytest.mark.parametrize(
    ("given", "heading", "words"),
    [
        ({"班次编号": "9"}, "班次编号", "没有编号是“9”的"),
        ({"班次编号": None}, "班次编号", "没有写明是哪个培训班"),
        ({"班次编号": "2026-09"}, "班次编号", "已经取消"),
        ({"班次编号": "2026-12"}, "到会情况", "才开始"),
        ({"培训名称": "别的班"}, "培训名称", "请改正其中一项"),
        ({"姓名": "张三"}, "姓名", "没有任职"),
        ({"姓名": "李四"}, "姓名", "没有登记过叫这个名字"),
        ({"乡镇": None, "村（社区）": None}, "村（社区）", "没有身份证号，也没有写明机构"),
        ({"村（社区）": "南山村"}, "村（社区）", "找不到"),
        ({"身份证号": id_number(5)}, "身份证号", "没有登记过这个身份证号"),
        ({"身份证号": id_number(0)}, "姓名", "姓名不一致"),
        ({"到会情况": "缺席", "考核结果": "合格"}, "考核结果", "没有到会的人"),
        ({"到会情况": "大概"}, "到会情况", "请填"),
        ({"考核结果": "不合格", "证书编号": "1"}, "证书编号", "不发证书"),
        ({"发证日期": "2026-03-10"}, "发证日期", "没有证书编号"),
        ({"证书编号": "1", "发证日期": "2026-03-10", "证书有效期至": "2026-03-09"}, "证书有效期至", "早于发证日期"),
        ({"学时": "很多"}, "学时", "不是学时"),
        ({"学时": "NaN"}, "学时", "不是学时"),
    ],
)  # fmt: skip
def test_a_row_that_cannot_be_is_refused_at_its_cell_and_nothing_is_written(
    course, world, people, given, heading, words
):
    session_of(world, code="2026-03")
    session_of(world, code="2026-12", title="下一期", on=date(2027, 6, 1))
    cancelled = session_of(world, code="2026-09", title="取消的")
    TrainingSession.objects.filter(pk=cancelled.pk).update(state="cancelled")
    checked = course.send(roster_file([row(**given)]), kind="trainings")
    assert checked.wrong_count == 1
    (error,) = course.errors(checked)
    assert error.startswith(f"第 2 行“{heading}”") and words in error, error
    assert not TrainingAttendance.objects.exists()


def test_the_same_person_twice_and_namesakes_are_refused(course, world, people, member):
    session_of(world, code="2026-03")
    checked = course.send(roster_file([row(), row()]), kind="trainings")
    assert course.errors(checked) == ["第 3 行“姓名”：与第 2 行是同一个人、同一个培训班。请只留正确的一行。"]
    member("village", name="张二")
    checked = course.send(roster_file([row()]), kind="trainings")
    assert "几个人同名" in course.errors(checked)[0]


def test_a_township_imports_for_its_own_sessions_and_people_only(world, people, django_capture_on_commit_callbacks):
    session_of(world, code="2026-03")
    session_of(world, "township", title="镇里的班", code="z1", by=world.director)
    course = Course(world.director, world.township, django_capture_on_commit_callbacks)
    checked = course.send(roster_file([row(), row(班次编号="z1")]), kind="trainings")
    assert (checked.new_count, checked.wrong_count) == (1, 1)
    assert "您主办的培训班里没有" in course.errors(checked)[0]


def test_a_row_does_not_take_back_a_certificate(course, world, people):
    session = session_of(world, code="2026-03")
    (attendance,) = was_at(session, world.clerk, people["second"].tenure)
    TrainingAttendance.objects.filter(pk=attendance.pk).update(certificate_number="7")
    for given, heading in (({"到会情况": "缺席"}, "到会情况"), ({"考核结果": "不合格"}, "考核结果")):
        (error,) = course.errors(course.send(roster_file([row(**given)]), kind="trainings"))
        assert f"“{heading}”" in error and "培训班页面" in error
