import io
from datetime import date

import openpyxl
import pytest
from django.urls import reverse

from federation.shared.history import create_versioned, history_of
from federation.shared.models import AuditEntry, ChangeRecord, RosterImport
from federation.shared.normalise import id_check_digit
from federation.shared.rosters import roster_of
from federation.shared.rosters.template_workbook import template_workbook
from ledgers.approval_history import changes_to_approve
from ledgers.approvals import approve_persons
from ledgers.consent import is_withdrawn
from ledgers.households import create_household
from ledgers.models import Attachment, DisabledPerson, ErasureProposal, PersonRequest
from tests.rosters.people import id_number, person, roster_file

State = RosterImport.State


def test_a_roster_goes_from_upload_to_written_rows(course, world):
    checked = course.send(roster_file([person(n) for n in range(30)]))
    assert (checked.state, checked.new_count, checked.wrong_count) == (State.CHECKED, 30, 0), course.errors(checked)
    assert not DisabledPerson.objects.exists(), "nothing is stored before the confirmation"
    done = course.confirm(checked)
    assert done.state == State.DONE
    rows = list(DisabledPerson.objects.order_by("pk"))
    assert len(rows) == 30
    first = rows[0]
    expected = person(0)
    assert first.name == expected["姓名"]
    assert first.id_number.open_plain() == expected["身份证号"]
    assert first.certificate_number.open_plain() == expected["残疾人证号"]
    assert first.organisation == world.village
    assert first.org_path == world.village.path
    assert (first.category, first.grade, first.education) == ("4", "2", "primary")
    assert first.name_initials.startswith("wx")
    assert first.created_by == world.clerk
    assert first.source_import == done.pk
    assert (first.missing_mandatory, first.failed_checks) == (0, "")
    assert DisabledPerson.objects.with_id_number(expected["身份证号"]).get() == first


def test_the_same_file_again_changes_nothing_and_says_so(course):
    data = roster_file([person(n) for n in range(12)])
    course.written(data)
    stamps = list(DisabledPerson.objects.order_by("pk").values_list("pk", "version", "updated_at"))
    again = course.send(data)
    assert (again.new_count, again.changed_count, again.unchanged_count) == (0, 0, 12)
    assert not again.may_be_confirmed
    assert list(DisabledPerson.objects.order_by("pk").values_list("pk", "version", "updated_at")) == stamps


def test_changed_rows_show_old_and_new_and_keep_their_history(course):
    course.written(roster_file([person(n) for n in range(3)]))
    rows = [
        person(0, 现住址="新家园 5 号"),
        person(1, 监护人或联系人=None),
        person(2, 残疾等级="一级", 残疾人证号=person(2)["残疾人证号"][:19] + "1"),
    ]
    checked = course.send(roster_file(rows))
    assert (checked.changed_count, checked.unchanged_count) == (2, 1)
    course.confirm(checked)
    moved, kept, graded = DisabledPerson.objects.order_by("pk")
    assert (moved.current_address, moved.version) == ("新家园 5 号", 2)
    assert (kept.guardian_name, kept.version) == ("王大山", 1)
    assert (graded.grade, graded.certificate_number.open_plain()[-2:]) == ("1", "41")
    record = ChangeRecord.objects.get(label="ledgers.disabledperson", object_id=moved.pk)
    assert record.changes == {"current_address": ["东山村0号", "新家园 5 号"]}
    assert record.via == "import"


def test_an_import_is_undone_as_a_whole(course):
    course.written(roster_file([person(0)]))
    second = course.written(roster_file([person(0, 现住址="别处"), person(1), person(2)]))
    assert DisabledPerson.objects.count() == 3
    undone = course.undo(second)
    assert undone.state == State.UNDONE, undone.refusal
    only = DisabledPerson.objects.get()
    assert (only.current_address, only.version) == ("东山村0号", 3)


def test_the_audit_names_every_person_that_an_undo_deleted(course, world):
    course.written(roster_file([person(0)]))
    second = course.written(roster_file([person(0, 现住址="别处"), person(1), person(2)]))
    first, last = DisabledPerson.objects.filter(source_import=second.pk).order_by("pk").values_list("pk", flat=True)
    course.undo(second)
    entry = AuditEntry.objects.get(action="rosters.import.undone")
    assert entry.actor_id == world.clerk.pk
    assert entry.details["removed"] == {"ledgers.disabledperson": {"count": 2, "ids": [[first, last]]}}
    assert entry.details["sha256"] == second.sha256


def test_an_import_to_whose_people_something_was_added_is_not_undone(course, world):
    done = course.written(roster_file([person(0), person(1)]))
    first, second = DisabledPerson.objects.order_by("pk")
    ErasureProposal.objects.create(person=second, organisation=world.village, rule="ended", due_on=date(2026, 1, 1))
    scan = Attachment(person=first, organisation=world.village, kind="certificate", content_type="image/png", size=1)
    scan.sha256, scan.stored_path = "0" * 64, "x"
    create_versioned(scan, by=world.member)
    request = PersonRequest.objects.create(
        person=first, organisation=world.village, kind="access", asker="person", identity_check="known",
        received_on=date(2026, 1, 5), due_on=date(2026, 2, 4), content="王某要求查阅",
    )  # fmt: skip
    refused = course.undo(done)
    assert refused.state == State.DONE
    assert (
        Attachment._meta.verbose_name in refused.refusal
        and "个人信息请求" in refused.refusal
        and "到期" not in refused.refusal
    )
    assert DisabledPerson.objects.count() == 2 and Attachment.objects.get() == scan
    scan.delete()
    request.delete()
    assert course.undo(done).state == State.UNDONE and not DisabledPerson.objects.exists()


def test_an_import_whose_rows_were_changed_since_is_not_undone(course):
    first = course.written(roster_file([person(0), person(1)]))
    course.written(roster_file([person(1, 现住址="别处")]))
    refused = course.undo(first)
    assert refused.state == State.DONE
    assert "后来被修改过" in refused.refusal
    assert DisabledPerson.objects.count() == 2


def test_new_rows_like_somebody_on_file_are_told_and_not_again_once_written(course, world):
    course.written(roster_file([person(0)]))
    known = DisabledPerson.objects.get()
    twin = person(1, 姓名=known.name, 身份证号=person(0)["身份证号"][:14] + "9995", 出生日期=None)
    number = twin["身份证号"][:17]
    twin["身份证号"] = number + id_check_digit(number)
    twin |= {"出生日期": known.born_on.isoformat(), "性别": "男", "残疾人证号": None}
    checked = course.send(roster_file([twin, person(2)]))
    told = [each for each in checked.report["notices"] if "姓名和出生日期相同" in each]
    assert len(told) == 1 and told[0].startswith("第 2 行是新增"), course.errors(checked)
    course.confirm(checked)
    again = course.send(roster_file([twin, person(2, 现住址="新家园")]))
    assert (again.new_count, again.changed_count) == (0, 1)
    assert not [each for each in again.report["notices"] if "姓名和出生日期相同" in each]


def test_deaths_and_birth_dates_that_come_by_roster_count_the_household_again(course, world):
    born = {"出生日期": "1950-01-01", "身份证号": id_number(1, date(1950, 1, 1)), "残疾人证号": None}
    born["登记日期"] = "2020-01-01"
    course.written(roster_file([person(1, **born), person(2)]))
    old, child = DisabledPerson.objects.order_by("born_on")
    create_household(first=old, others=[child.pk], by=world.member)
    child.refresh_from_db()
    assert (child.household_disabled, child.is_elderly_disabled) == (2, True)
    done = course.written(roster_file([person(1, **born) | {"死亡日期": "2026-01-05"}]))
    child.refresh_from_db()
    assert (child.household_disabled, child.is_elderly_disabled) == (1, False), course.errors(done)
    assert [each.field for each in history_of(child)[0].differences] == ["household_disabled"]
    course.undo(done)
    child.refresh_from_db()
    assert (child.household_disabled, child.is_elderly_disabled) == (2, True)


def test_old_people_of_a_roster_are_old_without_being_said_so(course):
    born = {"出生日期": "1950-01-01", "身份证号": id_number(1, date(1950, 1, 1)), "残疾人证号": None}
    course.written(roster_file([person(1, **born), person(2), person(3, 老残一体="是")]))
    said = dict(DisabledPerson.objects.values_list("name", "is_elderly_disabled_household"))
    assert sorted(said.values()) == [False, False, True]
    old = {row.name for row in DisabledPerson.objects.all() if row.is_elderly_disabled}
    assert old == {person(1)["姓名"], person(3)["姓名"]}
    # A file taken out of the list says it as it is today, and is no change when it comes back.
    assert course.send(roster_file([person(1, **born, 老残一体="是")])).unchanged_count == 1


def test_ethnic_groups_are_written_one_way_and_offered_as_a_list_in_the_template(course):
    course.written(roster_file([person(0, 民族="汉"), person(1, 民族="10"), person(2, 民族="1")]))
    assert list(DisabledPerson.objects.order_by("pk").values_list("ethnicity", flat=True)) == [
        "汉族", "朝鲜族", "汉族",
    ]  # fmt: skip
    wrong = course.send(roster_file([person(3, 民族="火星")]))
    assert course.errors(wrong)[0].startswith("第 2 行“民族”：“火星”不在可填的内容里")
    book = openpyxl.load_workbook(io.BytesIO(template_workbook(roster_of("persons"), [("会师镇", "东山村", "")])))
    sheet = book.worksheets[0]
    letter = next(cell.column_letter for cell in sheet[1] if cell.value == "民族")
    lists = {str(each.sqref): each.formula1 for each in sheet.data_validations.dataValidation}
    source = next(formula for cells, formula in lists.items() if cells.startswith(f"{letter}3:"))
    words = source.strip('"').split(",")
    assert len(words) == 58 and words[0] == "汉族"
    assert len(source) <= 255, "Excel takes no longer list"


def test_consents_signed_on_paper_come_by_roster_with_their_day(course):
    rows = [
        person(0, 个人信息处理同意="本人同意", 同意日期="2026年3月1日"),
        person(1, 个人信息处理同意="监护人", 同意日期=""),
        person(2, 个人信息处理同意="同意", 同意日期="2026-03-01"),
        person(3, 个人信息处理同意="", 同意日期=""),
    ]
    checked = course.send(roster_file(rows))
    assert [each.partition("。")[0] for each in course.errors(checked)] == [
        "第 3 行“个人信息处理同意”：没有填“同意日期”",
        "第 4 行“个人信息处理同意”：“同意”不在可填的内容里",
    ]
    course.written(roster_file([rows[0], rows[3]]))
    kept = DisabledPerson.objects.order_by("pk").values_list("consent_kind", "consented_on")
    assert list(kept) == [("person", date(2026, 3, 1)), ("", None)]
    # Later the one who had not signed has, and the file says nothing else of it.
    added = {"个人信息处理同意": "监护人同意", "同意日期": "2026-04-01"}
    done = course.written(roster_file([person(3) | added]))
    assert done.changed_count == 1
    assert DisabledPerson.objects.order_by("pk")[1].consent_kind == "guardian"
    taken_back = DisabledPerson.objects.order_by("pk")[0]
    DisabledPerson.objects.filter(pk=taken_back.pk).update(consent_withdrawn_on="2026-05-01")
    course.send(roster_file([rows[0]]))
    taken_back.refresh_from_db()
    assert is_withdrawn(taken_back), "a sheet of before does not undo what was said since"


def test_what_a_member_without_approval_imports_waits_as_a_form_would(world, township_course, as_user):
    """The township member writes and does not approve: a roster is no way around who does."""
    township_course.user = world.township_member
    first = township_course.send(roster_file([person(0), person(1)]))
    page = as_user("township_member").get(reverse("roster-confirm", args=[first.pk])).content.decode()
    assert "写入的登记表是“待审核”" in page
    township_course.confirm(first)
    rows = list(DisabledPerson.objects.order_by("pk"))
    assert [row.state for row in rows] == ["submitted", "submitted"] and changes_to_approve(rows[0]) is None
    queue = as_user("director").get(reverse("approval-list")).content.decode()
    assert "新登记" in queue and rows[0].name in queue
    outcome = approve_persons(chosen={row.uid: row.version for row in rows}, by=world.director)
    assert len(outcome.approved) == 2
    # A change of an approved file waits again, and the approver sees what it is.
    second = township_course.written(roster_file([person(0), person(1, 现住址="东山村新居")]))
    assert second.changed_count == 1
    rows = list(DisabledPerson.objects.order_by("pk"))
    assert [row.state for row in rows] == ["approved", "submitted"]
    assert [each.field for each in changes_to_approve(rows[1])] == ["current_address"]
    township_course.undo(second)
    rows[1].refresh_from_db()
    assert (rows[1].state, rows[1].current_address) == ("approved", "东山村1号")


@pytest.mark.parametrize("sender", ["clerk", "director", "administrator"])
def test_what_who_approves_or_loads_the_offices_register_imports_is_approved(course, as_user, world, sender):
    course.user = getattr(world, sender)
    course.organisation = world.township if sender == "director" else world.county
    sent = course.send(roster_file([person(0)]))
    confirming = as_user(sender).get(reverse("roster-confirm", args=[sent.pk])).content.decode()
    assert "将新增 1 行" in confirming and "待审核" not in confirming
    course.confirm(sent)
    assert DisabledPerson.objects.get().state == "approved"
    course.written(roster_file([person(0, 现住址="东山村新居")]))
    assert DisabledPerson.objects.get().state == "approved"
