"""A certificate corrected or withdrawn in the training is corrected or withdrawn at the appointment it went to."""

from datetime import date, timedelta

import pytest

from committees.models import Appointment, TrainingAttendance
from committees.services import training
from federation.shared.models import AuditEntry, ChangeRecord
from tests.committees.trainings import HELD_ON, session_of, was_at
from tests.rosters.people import id_number, roster_file

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
ISSUED, EXPIRES = HELD_ON + 5 * DAY, date(2029, 3, 14)


@pytest.fixture(autouse=True)
def _own_media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"


@pytest.fixture
def certified(world, member):
    """张一 (with a number) has the certificate of an induction, at the attendance and at the appointment."""
    session, appointment = session_of(world, code="2026-03", gives_certificate=True), member("village", name="张一")
    worker = appointment.tenure.worker
    worker.id_number = id_number(0)
    worker.save()
    was_at(session, world.clerk, appointment.tenure)
    training.award_certificates(
        session=session, prefix="会", first_number=7, digits=3, issued_on=ISSUED, expires_on=EXPIRES, by=world.clerk
    )
    assert of(appointment) == ("会007", ISSUED, EXPIRES)
    return appointment


def of(appointment):
    stored = Appointment.objects.get(pk=appointment.pk)
    return stored.certificate_number, stored.certificate_issued_on, stored.certificate_expires_on


def correct(world, number, issued_on, expires_on=EXPIRES, **more):
    row = TrainingAttendance.objects.get()
    row.certificate_number, row.certificate_issued_on, row.certificate_expires_on = number, issued_on, expires_on
    for name, value in more.items():
        setattr(row, name, value)
    training.change_attendance(attendance=row, by=world.clerk, expected_version=row.version)


@pytest.mark.parametrize(
    ("number", "issued_on", "expires_on"),
    [
        ("正确 1", HELD_ON, EXPIRES),
        ("会007", HELD_ON, None),
        ("正确 1", ISSUED + DAY, EXPIRES),
    ],
)
def test_a_corrected_certificate_is_corrected_at_the_appointment_also_to_an_earlier_day(
    world, certified, number, issued_on, expires_on
):
    correct(world, number, issued_on, expires_on)
    assert of(certified) == (number, issued_on, expires_on)


@pytest.mark.parametrize(
    "outcome",
    [
        {"result": "failed"},
        {"result": ""},
        {"presence": "absent", "result": "", "hours": None},
    ],
)
def test_a_withdrawn_certificate_is_withdrawn_from_the_appointment_with_its_record(world, certified, outcome):
    correct(world, "", None, None, **outcome)
    assert of(certified) == ("", None, None)
    records = ChangeRecord.objects.filter(label="committees.appointment", object_id=certified.pk)
    assert records.count() == 2
    assert AuditEntry.objects.filter(action="committees.appointment.changed").count() == 2


def test_a_later_certificate_from_elsewhere_stays(world, certified):
    Appointment.objects.filter(pk=certified.pk).update(
        certificate_number="省 9", certificate_issued_on=ISSUED + 30 * DAY
    )
    correct(world, "正确 1", HELD_ON)
    correct(world, "", None, None)
    assert of(certified)[:2] == ("省 9", ISSUED + 30 * DAY)


def test_an_earlier_certificate_from_elsewhere_is_not_withdrawn(world, certified):
    Appointment.objects.filter(pk=certified.pk).update(certificate_number="旧 1", certificate_issued_on=HELD_ON)
    correct(world, "", None, None)
    assert of(certified)[:2] == ("旧 1", HELD_ON)


def test_who_never_had_a_certificate_loses_none(world, certified):
    TrainingAttendance.objects.update(certificate_number="", certificate_issued_on=None, certificate_expires_on=None)
    correct(world, "", None, None, result="failed")
    assert of(certified) == ("会007", ISSUED, EXPIRES)


# --- by the roster ------------------------------------------------------------------------------------


def row(**given):
    return {"班次编号": "2026-03", "姓名": "张一", "身份证号": id_number(0), "到会情况": "到会"} | given


def test_a_roster_corrects_the_certificate_at_the_appointment_also_to_an_earlier_day(course, certified):
    course.written(roster_file([row(证书编号="正确 1", 发证日期=str(HELD_ON))]), kind="trainings")
    assert TrainingAttendance.objects.get().certificate_number == "正确 1"
    assert of(certified) == ("正确 1", HELD_ON, EXPIRES)


def test_a_roster_leaves_a_later_certificate_and_takes_none_back(course, certified):
    Appointment.objects.filter(pk=certified.pk).update(certificate_number="省 9")
    course.written(roster_file([row(证书编号="正确 1", 发证日期=str(HELD_ON))]), kind="trainings")
    assert of(certified)[:2] == ("省 9", ISSUED)
    course.send(roster_file([row(学时="5")]), kind="trainings")
    assert of(certified)[:2] == ("省 9", ISSUED)
