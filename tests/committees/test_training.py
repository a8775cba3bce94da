"""Training: sessions, who goes, who was there, certificates, and who still has to go."""

from datetime import date, timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from committees.models import TrainingAttendance, TrainingSession
from committees.services import training
from committees.training_need import done_with, people_of, still_to_go, with_training
from federation.shared.history import VersionConflict
from federation.shared.models import AuditEntry, ChangeRecord
from orgs.models import Tenure
from tests.committees.trainings import HELD_ON, register, session_of, target_of, was_at

pytestmark = pytest.mark.django_db
TODAY = date(2026, 11, 21)


def state_of(session):
    return TrainingSession.objects.get(pk=session.pk).state


# --- sessions ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"until": HELD_ON - timedelta(days=1)}, "早于开始日期"),
        ({"hours": 25}, "不可能有 25 学时"),
    ],
)
def test_a_session_that_cannot_be_is_refused(world, values, words):
    with pytest.raises(training.TrainingRefused, match=words):
        session_of(world, **values)
    assert not TrainingSession.objects.exists()


def test_a_session_becomes_held_with_the_first_who_was_there_and_then_cannot_be_cancelled(world, member):
    session = session_of(world)
    (row,) = was_at(session, world.clerk, member("village").tenure, outcome="absent")
    assert state_of(session) == "planned"
    was_at(session, world.clerk, member("village").tenure)
    assert state_of(session) == "held"
    session.refresh_from_db()
    with pytest.raises(training.TrainingRefused, match="已经登记有人到会"):
        training.cancel_session(session=session, reason="改期", by=world.clerk)


def test_nobody_was_at_a_session_before_it_begins(world, member):
    session = session_of(world, on=timezone.localdate() + timedelta(days=3))
    with pytest.raises(training.TrainingRefused, match="才开始"):
        was_at(session, world.clerk, member("village").tenure)
    assert state_of(session) == "planned"


def test_a_cancelled_session_takes_nobody_and_keeps_its_reason(world, member):
    session = session_of(world)
    register(session, world.clerk, member("village").tenure)
    training.cancel_session(session=session, reason="授课人有事", by=world.clerk)
    session.refresh_from_db()
    assert (session.state, session.cancel_reason) == ("cancelled", "授课人有事")
    for act in (
        lambda: register(session, world.clerk, member("village").tenure),
        lambda: training.record_attendance(session=session, outcomes={}, by=world.clerk),
        lambda: training.change_session(session=session, by=world.clerk, expected_version=session.version),
        lambda: training.cancel_session(session=session, reason="", by=world.clerk),
    ):
        with pytest.raises(training.TrainingRefused, match="取消"):
            act()


# --- who goes ---------------------------------------------------------------------------------------


def test_people_are_registered_once_in_the_post_of_that_day_within_the_hosts_area(world, member):
    session = session_of(world, "township")
    here, gone = member("village").tenure, member("village", until=HELD_ON - timedelta(days=1)).tenure
    elsewhere = member("neighbour_village").tenure
    assert register(session, world.clerk, here, gone, elsewhere) == 1
    assert register(session, world.clerk, here, gone, elsewhere) == 0
    row = TrainingAttendance.objects.get()
    assert (row.tenure_id, row.worker_id, row.org_path) == (here.pk, here.worker_id, world.village.path)
    assert AuditEntry.objects.filter(action="training.registered").count() == 1


def test_whoever_holds_two_posts_is_registered_once(world, member, engage):
    tenure = member("village").tenure
    second = engage("township", "director", worker=tenure.worker)
    assert register(session_of(world), world.clerk, tenure, second) == 1


def test_the_database_refuses_the_same_person_twice(world, member):
    tenure, session = member("village").tenure, session_of(world)
    register(session, world.clerk, tenure)
    row = TrainingAttendance.objects.get()
    with pytest.raises(IntegrityError), transaction.atomic():
        TrainingAttendance.objects.create(
            session=session, worker=row.worker, tenure=tenure, organisation=row.organisation
        )
    with pytest.raises(IntegrityError), transaction.atomic():
        TrainingAttendance.objects.filter(pk=row.pk).update(result="passed")


def test_somebody_who_was_there_is_not_taken_off_the_list(world, member):
    session = session_of(world)
    absent = was_at(session, world.clerk, member("village").tenure, outcome="absent")[0]
    there = was_at(session, world.clerk, member("village").tenure)[0]
    training.withdraw_registration(attendance=absent, by=world.clerk)
    with pytest.raises(training.TrainingRefused, match="已经登记到会"):
        training.withdraw_registration(attendance=there, by=world.clerk)
    assert TrainingAttendance.objects.get() == there


# --- what became of it --------------------------------------------------------------------------------


def test_what_is_recorded_has_its_history_and_a_stale_page_is_refused(world, member):
    session = session_of(world)
    (row,) = was_at(session, world.clerk, member("village").tenure)
    row.refresh_from_db()
    assert (row.presence, row.result, row.version) == ("attended", "passed", 2)
    assert ChangeRecord.objects.filter(label="committees.trainingattendance", object_id=row.pk).count() == 1
    with pytest.raises(VersionConflict):
        training.record_attendance(session=session, outcomes={row.pk: ("absent", 1)}, by=world.clerk)
    row.refresh_from_db()
    assert row.presence == "attended"


def numbered(session, by, **more):
    given = {"prefix": "会残培", "first_number": 7, "digits": 3, "issued_on": HELD_ON, "expires_on": None} | more
    return training.award_certificates(session=session, by=by, **given)


def test_certificates_are_numbered_in_the_order_of_the_tree_for_who_did_not_fail(world, member):
    session = session_of(world)
    first, second, failed = (member(place).tenure for place in ("township", "village", "village_second"))
    was_at(session, world.clerk, second, first)
    was_at(session, world.clerk, failed, outcome="attended:failed")
    assert numbered(session, world.clerk) == 2
    given = dict(TrainingAttendance.objects.values_list("tenure_id", "certificate_number"))
    assert given == {first.pk: "会残培007", second.pk: "会残培008", failed.pk: ""}
    with pytest.raises(training.TrainingRefused, match="没有要发的"):
        numbered(session, world.clerk, first_number=20)
    was_at(session, world.clerk, member("village").tenure)
    with pytest.raises(training.TrainingRefused, match="会残培008 已经发给别人"):
        numbered(session, world.clerk, first_number=8)


def test_the_certificate_of_an_induction_is_that_of_the_appointment_unless_a_later_one_is_there(world, member):
    session = session_of(world, gives_certificate=True)
    old, later = member("village"), member("village")
    type(later).objects.filter(pk=later.pk).update(
        certificate_number="省 9", certificate_issued_on=HELD_ON + timedelta(days=30)
    )
    type(old).objects.filter(pk=old.pk).update(certificate_number="旧 1", certificate_issued_on=date(2020, 1, 1))
    was_at(session, world.clerk, old.tenure, later.tenure)
    numbered(session, world.clerk, expires_on=date(2029, 3, 9))
    old.refresh_from_db()
    later.refresh_from_db()
    assert (old.certificate_number[:3], old.certificate_issued_on, old.certificate_expires_on) == (
        "会残培", HELD_ON, date(2029, 3, 9)
    )  # fmt: skip
    assert later.certificate_number == "省 9"


def test_another_training_leaves_the_appointments_certificate_alone(world, member):
    session, appointment = session_of(world), member("village")
    was_at(session, world.clerk, appointment.tenure)
    numbered(session, world.clerk)
    appointment.refresh_from_db()
    assert appointment.certificate_number == ""


def test_who_has_a_certificate_was_there_and_did_not_fail(world, member):
    session = session_of(world)
    (row,) = was_at(session, world.clerk, member("village").tenure)
    numbered(session, world.clerk)
    row.refresh_from_db()
    for outcome in ("absent", "attended:failed"):
        with pytest.raises(training.TrainingRefused, match="已经发了证书"):
            training.record_attendance(session=session, outcomes={row.pk: (outcome, row.version)}, by=world.clerk)
    row.refresh_from_db()
    row.certificate_issued_on = None
    with pytest.raises(training.TrainingRefused, match="请填发证日期"):
        training.change_attendance(attendance=row, by=world.clerk, expected_version=row.version)


# --- who still has to go --------------------------------------------------------------------------------


def asked(audience="member", day=TODAY, path=""):
    return with_training(people_of(audience, day), audience, day, path)


def test_the_nearest_target_says_how_often_and_without_one_it_is_once(world, member):
    places = ("village", "neighbour_village", "other_village")
    people = {place: member(place).tenure.pk for place in places}
    target_of(world, "county", 2)
    target_of(world, "neighbour_township", 3)
    target_of(world, "village", 9, year=2025)
    target_of(world, "village", 8, audience="director")
    wanted = dict(asked().values_list("pk", "wanted"))
    assert wanted == {people["village"]: 2, people["neighbour_village"]: 3, people["other_village"]: 1}
    narrowed = asked(path=world.neighbour_township.path).under(world.neighbour_township.path)
    assert [row.wanted for row in narrowed] == [3]


def test_only_a_training_completed_this_year_counts_whatever_post_was_held_then(world, member, engage):
    target_of(world, "county", 2)
    earlier = member("village", until=date(2026, 5, 31)).tenure
    moved = member("village_second", since=date(2026, 6, 1), worker=earlier.worker).tenure
    last_year = date(2025, 12, 31)
    for outcome, day in (
        ("attended", HELD_ON), ("attended:failed", HELD_ON), ("absent", HELD_ON), ("attended:passed", last_year),
    ):  # fmt: skip
        was_at(session_of(world, title=f"{outcome}{day}", on=day), world.clerk, earlier, outcome=outcome)
    was_at(session_of(world, on=TODAY - timedelta(days=1)), world.clerk, moved)
    planned = session_of(world, title="还没有办", on=TODAY)
    register(planned, world.clerk, moved)
    assert [(row.pk, row.completed) for row in asked()] == [(moved.pk, 2)]
    assert [(row.pk, row.completed) for row in asked(day=date(2026, 6, 1))] == [(moved.pk, 1)]
    assert not still_to_go(asked()).exists()
    assert done_with(asked()).get() == moved
    assert still_to_go(asked(day=date(2026, 6, 1))).get() == moved


def test_directors_of_townships_and_chairs_of_specialised_associations_have_to_go_and_no_others(world, engage):
    director = engage("township", "director")
    engage("county", "director")
    chair = engage("association", "association_chair")
    engage("village", "association_chair")
    assert people_of("director", TODAY).get() == director
    assert people_of("chair", TODAY).get() == chair


# --- who sees and may do what -----------------------------------------------------------------------------


def test_whoever_lies_below_the_host_reads_the_session_and_only_the_host_runs_it(world, as_user, browse, member):
    session = session_of(world)
    assert browse("member").get("training-detail", session.pk).status_code == 200
    assert browse("director").get("training-register", session.pk).status_code == 200
    assert browse("director").get("training-attendance", session.pk).status_code == 403
    assert browse("other_clerk").get("training-detail", session.pk).status_code == 404
    own = session_of(world, "township", title="镇里的班", by=world.director)
    assert browse("neighbour").get("training-detail", own.pk).status_code == 404
    assert browse("clerk").get("training-attendance", own.pk).status_code == 200


def test_a_township_registers_its_own_people_for_the_countys_session(world, browse, member):
    session, own, foreign = session_of(world), member("village").tenure, member("neighbour_village").tenure
    answer = browse("director").post("training-register", session.pk, action="chosen", people=[own.pk, foreign.pk])
    assert answer.status_code == 422
    assert not TrainingAttendance.objects.exists()
    browse("director").post("training-register", session.pk, action="chosen", people=[own.pk])
    assert [row.tenure_id for row in TrainingAttendance.objects.all()] == [own.pk]


def test_everybody_who_still_has_to_go_is_registered_at_once(world, browse, member, django_assert_max_num_queries):
    done = member("village").tenure
    was_at(session_of(world, title="第一期"), world.clerk, done)
    due = {member("village").tenure.pk for _ in range(30)}
    session = session_of(world, title="第二期", on=TODAY)
    with django_assert_max_num_queries(60):
        browse("clerk").post("training-register", session.pk, action="due")
    assert set(session.attendances.values_list("tenure_id", flat=True)) == due


def test_one_page_records_who_was_there(world, browse, member):
    session = session_of(world)
    tenures = [member("village").tenure for _ in range(3)]
    register(session, world.clerk, *tenures)
    rows = list(session.attendances.order_by("pk"))
    first = browse("clerk").get("training-attendance", session.pk, all="attended")
    assert first.content.decode().count('value="attended" selected') == 3
    outcomes = ["attended:excellent", "absent", "registered"]
    sent = {f"p{row.pk}": outcome for row, outcome in zip(rows, outcomes, strict=True)}
    sent |= {f"v{row.pk}": row.version for row in rows}
    answer = browse("clerk").post("training-attendance", session.pk, **sent)
    assert answer.status_code == 302
    assert list(session.attendances.order_by("pk").values_list("presence", "result")) == [
        ("attended", "excellent"), ("absent", ""), ("registered", ""),
    ]  # fmt: skip
    assert state_of(session) == "held"
    stale = browse("clerk").post("training-attendance", session.pk, **sent | {f"p{rows[0].pk}": "absent"})
    assert stale.status_code == 422 and "已被别人修改" in stale.content.decode()


def test_a_township_does_not_correct_what_the_county_recorded_of_its_people(world, browse, member):
    (row,) = was_at(session_of(world), world.clerk, member("village").tenure)
    assert browse("director").get("attendance-edit", row.pk).status_code == 403
    assert browse("clerk").get("attendance-edit", row.pk).status_code == 200
    answer = browse("clerk").post(
        "attendance-edit", row.pk, version=2, presence="absent", result="", hours="", remark=""
    )  # fmt: skip
    assert answer.status_code == 302
    row.refresh_from_db()
    assert (row.presence, row.result) == ("absent", "")


def test_the_list_of_who_still_has_to_go_and_the_rates_agree(world, browse, member, engage):
    target_of(world, "county", 2)
    session = session_of(world)
    trained = [member("village").tenure, member("township").tenure]
    was_at(session, world.clerk, *trained)
    was_at(session_of(world, title="第二期"), world.clerk, trained[0])
    member("neighbour_village")
    engage("township", "director")
    people = browse("clerk").get("training-people")
    assert {row["object"].pk for row in people.context["table"].rows} == {
        row.pk for row in Tenure.objects.filter(post="committee_member").exclude(pk=trained[0].pk)
    }
    rows = {
        row["object"].label: row["object"] for row in browse("clerk").get("training-coverage").context["table"].rows
    }
    county = rows["合计"].members
    assert (county.people, county.done, county.once, county.times) == (3, 1, 2, 3)
    town = rows["会师镇"].members
    assert (town.people, town.done, town.once, town.times) == (2, 1, 2, 3)
    assert rows["合计"].of["director"].people == 1
    below = browse("clerk").get("training-coverage", area=world.township.pk).context["table"].rows
    assert {row["object"].label: row["object"].members.people for row in below} == {
        "会师镇（本级）": 1, "东山村": 1, "西山村": 0, "合计": 2,
    }  # fmt: skip


def test_the_rates_ask_the_database_equally_often_for_few_and_many(world, browse, member):
    member("village")
    counts = []
    for more in (0, 25):
        for at in range(more):
            was_at(session_of(world, title=f"第 {at} 期", on=HELD_ON), world.clerk, member("village").tenure)
        client = browse("clerk")
        for name in ("training-coverage", "training-people"):
            client.get(name, progress="all")
            with CaptureQueriesContext(connection) as queries:
                client.get(name, progress="all")
            counts.append((name, len(queries)))
    assert counts[:2] == counts[2:]


def test_the_sheet_has_a_column_to_sign_for_each_day(world, browse, member):
    session = session_of(world, until=HELD_ON + timedelta(days=1))
    register(session, world.clerk, *(member("village").tenure for _ in range(21)))
    answer = browse("clerk").get("training-sheet", session.pk)
    (first, second) = answer.context["pages"]
    assert [len(first.rows), len(second.rows)] == [20, 1]
    assert first.columns == ["3 月 10 日签到", "3 月 11 日签到"]
    assert second.rows[0].number == 21
    pdf = browse("clerk").get("training-sheet-pdf", session.pk)
    assert pdf["Content-Type"] == "application/pdf"
    assert session_of(world, title="长", until=HELD_ON + timedelta(days=9)).days.endswith("2026 年 3 月 19 日")


def test_only_the_county_lays_down_how_often(world, browse):
    given = {"organisation": world.county.pk, "year": 2026, "audience": "member", "times": 2, "document_number": "文"}
    assert browse("director").post("training-target-add", **given).status_code == 403
    assert browse("clerk").post("training-target-add", **given).status_code == 302
    again = browse("clerk").post("training-target-add", **given)
    assert again.status_code == 422 and "请修改那一条" in again.content.decode()
    out = browse("clerk").post("training-target-add", **given | {"times": 13, "year": 2027})
    assert out.status_code == 422


def test_a_helper_of_the_host_cannot_be_tricked_into_a_foreign_attendance(world, member):
    session = session_of(world)
    (row,) = was_at(session, world.clerk, member("village").tenure)
    other = session_of(world, title="另一期")
    assert training.record_attendance(session=other, outcomes={row.pk: ("absent", 2)}, by=world.clerk) == 0
    row.refresh_from_db()
    assert row.presence == "attended"
