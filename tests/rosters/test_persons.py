from federation.shared.models import AuditEntry, ChangeRecord, RosterImport
from ledgers.models import DisabledPerson
from tests.rosters.people import person, roster_file

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


def test_an_import_whose_rows_were_changed_since_is_not_undone(course):
    first = course.written(roster_file([person(0), person(1)]))
    course.written(roster_file([person(1, 现住址="别处")]))
    refused = course.undo(first)
    assert refused.state == State.DONE
    assert "后来被修改过" in refused.refusal
    assert DisabledPerson.objects.count() == 2
