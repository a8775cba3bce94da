"""The people of a village are put in a committee member's charge at once, not form by form."""

from datetime import date

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from federation.shared.history import history_of
from federation.shared.models import AuditEntry
from ledgers.approval_history import last_submitters
from ledgers.approvals import approve_persons, submit_person
from ledgers.exports import person_columns, person_sheet
from ledgers.in_charge import assign_people
from ledgers.models import DisabledPerson
from orgs.models import Tenure, Worker
from tests.ledgers.conftest import person_fields

pytestmark = pytest.mark.django_db


@pytest.fixture
def member_of():
    def make(body, name="周委员", **more):
        worker = Worker.objects.create(name=name)
        Tenure.objects.create(
            organisation=body, worker=worker, post="committee_member", **({"started_on": date(2020, 1, 1)} | more)
        )
        return worker

    return make


def address(body) -> str:
    return reverse("in-charge-assign", args=[body.pk])


def test_a_township_puts_the_people_of_a_village_in_its_members_charge(as_user, world, make_person, member_of):
    other, worker = member_of(world.township, "吴委员"), member_of(world.village)
    free = [make_person(name=name) for name in ("王甲山", "王乙山")]
    taken = make_person(name="王丙山", member_in_charge=other)
    elsewhere, gone = make_person(world.village_second), make_person(deceased_on=date(2026, 1, 1))
    client = as_user("director")
    listed = client.get(reverse("in-charge-list")).content.decode()
    assert "会师镇 东山村：2 人，去分派" in listed and "会师镇 西山村：1 人" in listed
    page = client.get(address(world.village)).content.decode()
    assert "还没有负责人的 2 人" in page and "全部 3 人" in page
    assert "周委员（东山村）" in page and "吴委员（会师镇）" in page
    told = client.post(address(world.village), {"worker": worker.pk, "whom": "unassigned"}, follow=True)
    assert "已分派 2 人，由周委员负责。" in told.content.decode()
    rows = DisabledPerson.objects.in_bulk()
    assert {rows[each.pk].member_in_charge_id for each in free} == {worker.pk}
    assert [rows[each.pk].member_in_charge_id for each in (taken, elsewhere, gone)] == [other.pk, None, None]
    record = history_of(rows[free[0].pk])[0]
    assert (record.version, record.by) == (2, world.director)
    assert [str(each) for each in record.differences] == ["负责的专职委员：（空） → 周委员"]
    entry = AuditEntry.objects.get(action="ledgers.in_charge.assigned")
    assert entry.details == {"worker": worker.pk, "number": 2} and entry.target_id == str(world.village.pk)

    client.post(address(world.village), {"worker": worker.pk, "whom": "all"})
    taken.refresh_from_db()
    assert (taken.member_in_charge, taken.state) == (worker, "approved")
    again = client.post(address(world.village), {"worker": worker.pk, "whom": "all"})
    assert again.status_code == 422 and "没有要分派的人" in again.content.decode()


def test_nobody_is_put_in_the_charge_of_who_is_not_in_post_there(as_user, world, make_person, member_of):
    make_person()
    left = member_of(world.village, "离任某", ended_on=date(2025, 1, 1))
    neighbour = member_of(world.neighbour_village, "邻村某")
    page = as_user("director").get(address(world.village)).content.decode()
    assert "离任某" not in page and "邻村某" not in page and "没有在任的专职委员" in page
    for worker in (left, neighbour):
        refused = as_user("director").post(address(world.village), {"worker": worker.pk, "whom": "all"})
        assert refused.status_code == 422
        with pytest.raises(ValidationError):
            assign_people(body=world.village, worker=worker, only_unassigned=False, by=world.director)
    assert not DisabledPerson.objects.exclude(member_in_charge=None).exists()


def test_who_does_not_answer_for_the_files_sees_how_many_and_assigns_nobody(as_user, world, make_person):
    make_person()
    listed = as_user("member").get(reverse("in-charge-list")).content.decode()
    assert "东山村：1 人" in listed and "去分派" not in listed
    assert as_user("member").get(address(world.village)).status_code == 403
    assert as_user("other_clerk").get(address(world.village)).status_code == 404


def test_a_file_that_waits_goes_on_waiting(world, make_person, member_of):
    waiting = make_person(state="submitted")
    assign_people(body=world.village, worker=member_of(world.village), only_unassigned=True, by=world.director)
    waiting.refresh_from_db()
    assert (waiting.state, waiting.version) == ("submitted", 2)


def test_who_puts_people_in_charge_has_submitted_none_of_their_forms(world, member_of):
    entry = submit_person(person=DisabledPerson(organisation=world.village, **person_fields()), by=world.member)
    assign_people(body=world.village, worker=member_of(world.village), only_unassigned=True, by=world.director)
    assert last_submitters([entry.pk]) == {entry.pk: world.member.pk}
    entry.refresh_from_db()
    outcome = approve_persons(chosen={entry.uid: entry.version}, by=world.director)
    assert (outcome.approved, outcome.refused) == ([entry], [])


def test_many_people_take_as_many_statements_as_few(world, make_person, member_of):
    counts, worker = [], member_of(world.village)
    for number in (1, 2, 9):
        for _ in range(number):
            make_person()
        with CaptureQueriesContext(connection) as queries:
            assign_people(body=world.village, worker=worker, only_unassigned=True, by=world.director)
        counts.append(len(queries))
    assert counts[1] == counts[2]  # at the first the scopes of the account are read


def test_the_member_is_a_column_of_the_list_as_a_file(world, make_person, member_of, django_assert_num_queries):
    worker = member_of(world.village)
    make_person(name="王甲山", member_in_charge=worker)
    make_person(name="王乙山")
    columns = [column for column in person_columns() if column.heading in ("姓名", "负责的专职委员")]
    rows = DisabledPerson.objects.order_by("pk")
    with django_assert_num_queries(2):
        assert list(person_sheet(rows, columns, False).rows) == [("王甲山", "周委员"), ("王乙山", "")]
