"""From the village's pen to the township's word: who submits, who approves, what comes back, what may be withdrawn."""

from datetime import date
from uuid import uuid4

import pytest
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import Assignment
from federation.roles import Role
from federation.shared.history import history_of
from federation.shared.models import AuditEntry, ChangeRecord
from ledgers.approval_history import changes_to_approve
from ledgers.approvals import Outcome, approve_persons, return_person, submit_person, withdraw_person
from ledgers.attachments import add_attachment
from ledgers.merging import merge_persons, undo_merge
from ledgers.models import DisabledPerson, PersonRequest
from tests.conftest import World
from tests.ledgers.conftest import id_of, person_fields
from tests.ledgers.hostile_scans import picture
from tests.ledgers.test_pages import boxes, edit_data, form_data, url

pytestmark = pytest.mark.django_db


def new_entry(world: World, by, body=None, order=60, **more) -> DisabledPerson:
    """A form that `by` has filled in and sent."""
    number = id_of("19680403", order, "1")
    fields = person_fields(id_number=number, **({"certificate_number": f"{number}42"} | more))
    return submit_person(person=DisabledPerson(organisation=body or world.village, **fields), by=by)


def again(person) -> DisabledPerson:
    return DisabledPerson.objects.get(pk=person.pk)


def changed(person, by, **values) -> DisabledPerson:
    person = again(person)
    for name, value in values.items():
        setattr(person, name, value)
    return submit_person(person=person, by=by)


def approve(by, *persons) -> Outcome:
    return approve_persons(chosen={person.uid: person.version for person in persons}, by=by)


def actions_on(person) -> list[str]:
    rows = AuditEntry.objects.filter(target_label="ledgers.disabledperson", target_id=str(person.pk))
    return list(rows.order_by("at", "id").values_list("action", flat=True))


# --- who submits, who approves --------------------------------------------------------------------
@pytest.mark.parametrize(
    ("role", "state"),
    [("member", "submitted"), ("township_member", "submitted"), ("director", "approved"), ("clerk", "approved")],
)
def test_what_is_saved_waits_unless_its_writer_answers_for_it(world, role, state):
    person = new_entry(world, getattr(world, role))
    assert again(person).state == state
    assert (again(person).decided_by is not None) == (state == "approved")


def test_an_approver_of_another_township_only_submits(world):
    Assignment.objects.create(
        user=world.director,
        role=Role.VILLAGE_MEMBER,
        organisation=world.neighbour_village,
        since=date(2020, 1, 1),
    )
    assert new_entry(world, world.director, world.neighbour_village).state == "submitted"
    assert new_entry(world, world.director, world.village, order=61).state == "approved"


def test_a_change_by_the_village_waits_again_and_one_by_the_township_does_not(world, make_person):
    mine, theirs = make_person(), make_person()
    assert changed(mine, world.member, skills="编织").state == "submitted"
    assert changed(theirs, world.director, skills="编织").state == "approved"


def test_saving_without_a_change_leaves_the_file_approved(world, make_person):
    person = make_person()
    changed(person, world.member)
    assert (again(person).state, again(person).version) == ("approved", 1)


def test_an_approver_who_saves_somebody_elses_submission_has_approved_it(world):
    person = new_entry(world, world.member)
    assert changed(person, world.director, skills="编织").state == "approved"


def test_the_end_of_a_registration_recorded_by_the_village_waits_too(as_user, make_person):
    person = make_person()
    data = {"version": 1, "reason": "deceased_on", **boxes("ended_on", date(2024, 2, 29))}
    as_user("member").post(url("person-end", person), data)
    assert again(person).state == "submitted"


# --- approving ------------------------------------------------------------------------------------
def test_an_approval_is_in_the_history_and_in_the_log(world):
    person = new_entry(world, world.member)
    outcome = approve(world.director, person)
    assert ([row.pk for row in outcome.approved], outcome.refused) == ([person.pk], [])
    after = again(person)
    assert (after.state, after.decided_by, after.version) == ("approved", world.director, 2)
    newest = history_of(after)[0]
    assert (newest.by, newest.version) == (world.director, 2)
    assert [str(each) for each in newest.differences] == ["审核状态：待审核 → 已审核", "审核人：（空） → 孙理事长"]
    assert actions_on(person) == ["ledgers.disabledperson.created", "ledgers.person.approved"]


def test_several_are_approved_together_and_what_may_not_be_is_told_one_by_one(world):
    good = new_entry(world, world.member, order=60)
    stale = new_entry(world, world.member, order=61, name="安国华")
    chosen = {good.uid: good.version, stale.uid: stale.version}
    changed(stale, world.member, skills="编织")
    done = new_entry(world, world.member, order=62, name="包国华")
    approve(world.clerk, done)
    foreign = new_entry(world, world.neighbour, world.neighbour_village, order=63)
    outcome = approve_persons(
        chosen={**chosen, done.uid: done.version, foreign.uid: foreign.version}, by=world.director
    )
    assert [row.pk for row in outcome.approved] == [good.pk]
    said = dict(outcome.refused)
    assert (
        "又被改过" in said["安国华"]
        and "不在待审核状态" in said["包国华"]
        and "不在您负责的范围内" in said["另有 1 份"]
    )
    assert (again(stale).state, again(foreign).state) == ("submitted", "submitted")


def test_nobody_approves_what_they_submitted_last(world):
    person = new_entry(world, world.member)
    Assignment.objects.create(
        user=world.member, role=Role.TOWNSHIP_DIRECTOR, organisation=world.township, since=date(2020, 1, 1)
    )
    promoted = type(world.member).objects.get(pk=world.member.pk)
    outcome = approve(promoted, person)
    assert outcome.approved == [] and "您自己提交的" in outcome.refused[0][1]
    assert changed(person, promoted, skills="编织").state == "submitted", "not by saving it once more either"
    assert approve(world.director, again(person)).approved


def test_the_number_of_statements_on_the_rows_does_not_grow_with_the_forms(world):
    few = [new_entry(world, world.member, order=60 + number) for number in range(2)]
    many = [new_entry(world, world.member, order=70 + number) for number in range(6)]

    def rows_written(persons):
        with CaptureQueriesContext(connection) as queries:
            assert len(approve(world.director, *persons).approved) == len(persons)
        return sum("ledgers_disabledperson" in each["sql"] for each in queries)

    assert rows_written(few) == rows_written(many)


def test_too_many_at_once_are_refused_in_a_sentence(world):
    with pytest.raises(ValidationError, match="一次最多审核 100 份"):
        approve_persons(chosen={uuid4(): 1 for _ in range(101)}, by=world.director)


# --- what is new ----------------------------------------------------------------------------------
def test_the_approver_sees_all_changes_since_the_last_approval_and_none_that_were_taken_back(world, make_person):
    person = make_person(skills="", current_address="东山村一组")
    changed(person, world.member, skills="编织")
    changed(person, world.member, skills="刺绣", current_address="东山村二组")
    changed(person, world.member, current_address="东山村一组")
    assert [str(each) for each in changes_to_approve(again(person))] == ["技能特长：（空） → 刺绣"]
    approve(world.director, again(person))
    changed(person, world.member, grid="一网格")
    assert [each.field for each in changes_to_approve(again(person))] == ["grid"]


def test_a_changed_number_is_told_even_where_its_mask_looks_the_same(world, make_person):
    person = make_person(phone="13800001234")
    changed(person, world.member, phone="13811111234")
    (change,) = changes_to_approve(again(person))
    assert (change.field, change.old, change.new) == ("phone", "138****1234", "138****1234")


def test_of_a_new_entry_there_is_nothing_to_compare(world):
    person = new_entry(world, world.member)
    changed(person, world.member, skills="编织")
    assert changes_to_approve(again(person)) is None


def test_the_approver_sees_what_is_missing_or_wrong_and_the_material_to_compare_with(
    as_user, world, settings, tmp_path
):
    settings.MEDIA_ROOT = tmp_path / "media"
    person = new_entry(world, world.member, education="", category="7", category_parts="", certificate_number="")
    page = reverse("approval-detail", args=[person.uid])
    assert "没有照片和扫描件" in as_user("director").get(page).content.decode()
    for kind in ("photo", "identity"):
        upload = SimpleUploadedFile("a.jpg", picture())
        add_attachment(person=person, kind=kind, title="", upload=upload, by=world.member)
    html = as_user("director").get(page).content.decode()
    assert "还没有填：</strong>文化程度" in html and "还没有写明包含哪几类" in html
    assert url("person-photo", person) in html and "扫描件：身份证扫描件" in html
    assert url("person-attachments", person) in html and url("person-detail", person) in html


# --- returning ------------------------------------------------------------------------------------
def test_a_returned_form_comes_back_with_its_reason_is_mended_and_waits_again(as_user, world):
    person = new_entry(world, world.member)
    page = reverse("approval-detail", args=[person.uid])
    data = {"version": person.version, "decision": "return", "reason": "现住址请写到组"}
    assert as_user("director").post(page, data).status_code == 302
    assert (again(person).state, again(person).returned_reason) == ("returned", "现住址请写到组")
    client = as_user("member")
    assert "现住址请写到组" in client.get(reverse("home")).content.decode()
    assert "现住址请写到组" in client.get(url("person-edit", person)).content.decode()
    client.post(url("person-edit", person), edit_data(again(person), **boxes("born_on", person.born_on)))
    assert (again(person).state, again(person).returned_reason) == ("submitted", "")


def test_a_return_needs_a_reason(as_user, world):
    person = new_entry(world, world.member)
    page = reverse("approval-detail", args=[person.uid])
    answer = as_user("director").post(page, {"version": person.version, "decision": "return", "reason": " "})
    assert answer.status_code == 422 and "请写明退回原因" in answer.content.decode()
    assert again(person).state == "submitted"


def test_what_was_changed_meanwhile_is_neither_approved_nor_returned_unread(as_user, world):
    person = new_entry(world, world.member)
    page = reverse("approval-detail", args=[person.uid])
    changed(person, world.member, skills="编织")
    client = as_user("director")
    sent = client.post(page, {"version": 1, "decision": "approve"}, follow=True)
    assert "又被改过" in sent.content.decode()
    returned = client.post(page, {"version": 1, "decision": "return", "reason": "重填"})
    assert returned.status_code == 422 and "又被改过" in returned.content.decode()
    assert again(person).state == "submitted"


def test_an_approved_form_cannot_be_returned(world, make_person):
    with pytest.raises(ValidationError, match="不在待审核状态"):
        return_person(person=make_person(), reason="重填", by=world.director, expected_version=1)


# --- withdrawing ----------------------------------------------------------------------------------
def test_the_author_takes_back_a_new_entry_and_the_log_remembers(as_user, world):
    person = changed(new_entry(world, world.member), world.member, skills="编织")
    assert ChangeRecord.objects.filter(label="ledgers.disabledperson").count() == 2
    page = reverse("person-withdraw", args=[person.uid])
    client = as_user("member")
    assert "找不回来" in client.get(page).content.decode()
    assert client.post(page, {"version": person.version}).status_code == 302
    assert not DisabledPerson.objects.exists()
    assert not ChangeRecord.objects.filter(label="ledgers.disabledperson").exists()
    assert AuditEntry.objects.filter(action="ledgers.person.withdrawn", actor_id=world.member.pk).count() == 1


def test_neither_anothers_entry_nor_one_approved_before_is_withdrawn(world, make_person):
    someone_elses = new_entry(world, world.township_member)
    with pytest.raises(ValidationError, match="只能撤回"):
        withdraw_person(person=someone_elses, by=world.member, expected_version=1)
    mine = new_entry(world, world.member, order=61)
    approve(world.director, mine)
    reopened = changed(mine, world.member, skills="编织")
    with pytest.raises(ValidationError, match="只能撤回"):
        withdraw_person(person=reopened, by=world.member, expected_version=reopened.version)
    imported = make_person()
    imported = changed(imported, world.member, skills="编织")
    with pytest.raises(ValidationError, match="只能撤回"):
        withdraw_person(person=imported, by=world.member, expected_version=imported.version)


def test_a_new_entry_in_which_an_approved_file_lives_is_not_withdrawn(as_user, world, make_person):
    entry, approved = new_entry(world, world.member), make_person()
    done = merge_persons(kept=entry, removed=approved, choices={}, reason="重复登记", by=world.clerk)
    entry = again(entry)
    page = reverse("person-withdraw", args=[entry.uid])
    client = as_user("member")
    assert page not in client.get(url("person-detail", entry)).content.decode()
    assert client.post(page, {"version": entry.version}).status_code in (404, 409, 422)
    with pytest.raises(ValidationError, match="没有合并过别的登记表"):
        withdraw_person(person=entry, by=world.member, expected_version=entry.version)
    undo_merge(merge=done, by=world.clerk)
    entry = again(entry)
    withdraw_person(person=entry, by=world.member, expected_version=entry.version)
    assert DisabledPerson.objects.get() == approved


def test_a_request_about_a_form_that_was_taken_back_says_nothing_and_waits_no_more(world):
    entry = new_entry(world, world.member)
    PersonRequest.objects.create(
        person=entry, organisation=world.village, kind="access", asker="person", identity_check="known",
        received_on=date(2026, 1, 5), due_on=date(2026, 2, 4), content="王某要求查阅",
    )  # fmt: skip
    withdraw_person(person=entry, by=world.member, expected_version=1)
    request = PersonRequest.objects.get()
    assert (request.person, request.content) == (None, "") and not PersonRequest.objects.waiting().exists()


# --- the queue ------------------------------------------------------------------------------------
def test_the_queue_counts_by_village_and_shows_the_own_township_only(as_user, world):
    new_entry(world, world.member, order=60)
    new_entry(world, world.township_member, world.village_second, order=61, name="安国华")
    new_entry(world, world.neighbour, world.neighbour_village, order=62, name="别处某某")
    client = as_user("director")
    page = client.get(reverse("approval-list"))
    counts = [(each["body"], each["count"]) for each in page.context["villages"]]
    assert counts == [("东山村", 1), ("西山村", 1)]
    html = page.content.decode()
    assert "安国华" in html and "别处某某" not in html
    assert "2 份等您审核" in client.get(reverse("home")).content.decode()
    one = client.get(reverse("approval-list"), {"village": world.village_second.pk}).content.decode()
    assert "安国华" in one and "王国华" not in one


def test_chosen_forms_are_approved_from_the_list(as_user, world):
    persons = [new_entry(world, world.member, order=60 + number) for number in range(2)]
    chosen = [f"{person.uid}:{person.version}" for person in persons]
    client = as_user("director")
    assert chosen[0] in client.get(reverse("approval-list")).content.decode()
    page = client.post(reverse("approval-list"), {"chosen": [*chosen, "无:1", "x"]}, follow=True).content.decode()
    assert "已通过 2 份登记表" in page
    assert {again(person).state for person in persons} == {"approved"}


def test_approving_nothing_says_so(as_user, world):
    page = as_user("director").post(reverse("approval-list"), {}, follow=True)
    assert "请先在“选择”一栏勾选" in page.content.decode()


def test_the_page_of_one_form_shows_the_changes_with_numbers_masked(as_user, world, make_person):
    person = make_person(phone="13800001234")
    changed(person, world.member, phone="13900005678", skills="编织")
    page = as_user("director").get(reverse("approval-detail", args=[person.uid])).content.decode()
    assert "与上次审核通过时不同的项目" in page and "编织" in page
    assert "138****1234" in page and "13900005678" not in page
    assert str(world.member) in page


def test_the_queue_asks_as_many_questions_for_many_rows_as_for_few(as_user, world):
    client = as_user("director")
    client.get(reverse("approval-list"))
    counts = []
    for start in (60, 61):
        for order in range(start, start + (1 if start == 60 else 9)):
            new_entry(world, world.member, order=order)
        with CaptureQueriesContext(connection) as queries:
            assert client.get(reverse("approval-list")).status_code == 200
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_a_village_does_not_approve(as_user, world):
    person = new_entry(world, world.township_member)
    client = as_user("member")
    assert client.get(reverse("approval-list")).status_code == 403
    data = {"version": 1, "decision": "approve"}
    assert client.post(reverse("approval-detail", args=[person.uid]), data).status_code == 403
    assert again(person).state == "submitted"


# --- by the form ----------------------------------------------------------------------------------
def test_the_form_tells_a_village_that_it_waits_and_a_township_that_it_is_saved(as_user, world):
    page = as_user("member").post(reverse("person-add"), form_data(world.village), follow=True).content.decode()
    assert "已提交，等上级残联审核" in page and "待审核" in page
    data = form_data(world.village, id_number=id_of("19680403", 47, "1"), name="王别人")
    assert "已保存" in as_user("director").post(reverse("person-add"), data, follow=True).content.decode()
