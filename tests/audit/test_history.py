"""Saving with a version: conflicts found, differences kept, one audit entry each."""

import datetime
import json
import threading

import pytest
from django.db import connection, transaction
from django.utils import timezone

from federation.shared.history import (
    VersionConflict,
    create_versioned,
    history_of,
    record_changes_bulk,
    save_versioned,
)
from federation.shared.models import AuditEntry, ChangeRecord
from ledgers.models import DisabledPerson
from orgs.models import Organisation, Plaque
from tests.audit.conftest import ID_NUMBER, OTHER_ID_NUMBER

pytestmark = pytest.mark.django_db


def changed_copy(row, **values):
    copy = type(row).objects.get(pk=row.pk)
    for name, value in values.items():
        setattr(copy, name, value)
    return copy


def test_a_saved_change_raises_the_version_and_leaves_one_record_and_one_entry(world, person):
    record = save_versioned(changed_copy(person, grade="1", education="senior"), by=world.member)
    person.refresh_from_db()
    assert (person.grade, person.version, record.version) == ("1", 2, 2)
    assert [str(difference) for difference in record.differences] == [
        "残疾等级：二级 → 一级",
        "文化程度：（空） → 高中（中专）",
    ]
    assert ChangeRecord.objects.count() == AuditEntry.objects.count() == 1
    entry = AuditEntry.objects.get()
    assert entry.action == "ledgers.disabledperson.changed"
    assert entry.organisation_id == world.village.pk


def test_saving_without_a_change_writes_nothing(world, person):
    before = DisabledPerson.objects.values().get(pk=person.pk)
    assert save_versioned(changed_copy(person), by=world.member) is None
    assert DisabledPerson.objects.values().get(pk=person.pk) == before
    assert not ChangeRecord.objects.exists() and not AuditEntry.objects.exists()


def test_the_second_of_two_writers_is_told_what_differs_and_overwrites_nothing(world, person):
    first, second = changed_copy(person, grade="1"), changed_copy(person, grade="3", remark="复查")
    save_versioned(first, by=world.member, expected_version=1)
    with pytest.raises(VersionConflict) as caught:
        save_versioned(second, by=world.director, expected_version=1)
    assert [str(difference) for difference in caught.value.differences] == [
        "残疾等级：一级 → 三级",
        "备注：（空） → 复查",
    ]
    assert caught.value.stored.version == 2
    person.refresh_from_db()
    assert (person.grade, person.remark) == ("1", "")


def test_a_row_read_before_anothers_save_conflicts_even_when_no_version_is_named(world, person):
    stale = changed_copy(person, grade="3")
    save_versioned(changed_copy(person, grade="1"), by=world.member)
    with pytest.raises(VersionConflict):
        save_versioned(stale, by=world.member)


def test_a_changed_number_is_kept_sealed_in_the_record_and_shown_masked(world, person):
    record = save_versioned(changed_copy(person, id_number=OTHER_ID_NUMBER), by=world.member)
    kept = json.dumps(ChangeRecord.objects.values_list("changes", flat=True).get(pk=record.pk))
    entry = AuditEntry.objects.get()
    for number in (ID_NUMBER, OTHER_ID_NUMBER):
        assert number not in kept and number not in entry.canonical()
    difference = ChangeRecord.objects.get(pk=record.pk).differences[0]
    assert str(difference) == "身份证号：629999********1238 → 629999********0015"


def test_a_sealed_value_copied_to_another_record_does_not_open(world, person):
    record = save_versioned(changed_copy(person, id_number=OTHER_ID_NUMBER), by=world.member)
    moved = ChangeRecord.objects.create(
        label=record.label, object_id=record.object_id + 1, version=2, at=record.at, via="form", changes=record.changes
    )
    assert "无法打开" in moved.differences[0].old


def test_the_blind_index_follows_a_changed_number(world, person):
    save_versioned(changed_copy(person, id_number=OTHER_ID_NUMBER), by=world.member)
    from federation.shared.sealed import blind_index

    wanted = blind_index("id_number", OTHER_ID_NUMBER)
    assert DisabledPerson.objects.get(id_number_index=wanted).pk == person.pk


def test_an_entry_about_a_person_holds_no_value_that_identifies_them(world, person):
    save_versioned(changed_copy(person, name="丙某", current_address="某村某号", born_on="1990-01-01"), by=world.member)
    text = AuditEntry.objects.get().canonical()
    for value in ("甲某", "丙某", "某村某号", "1990-01-01"):
        assert value not in text
    assert all("hashed" in value for value in AuditEntry.objects.get().after.values())


def test_text_assigned_to_a_date_or_a_number_is_compared_by_its_meaning(world, person):
    assert save_versioned(changed_copy(person, registered_on="2024-05-06"), by=world.member) is None
    record = save_versioned(changed_copy(person, yearly_income="1200.50", registered_on="2024-05-07"), by=world.member)
    assert {difference.field: (difference.old, difference.new) for difference in record.differences} == {
        "yearly_income": ("（空）", "1200.50"),
        "registered_on": ("2024-05-06", "2024-05-07"),
    }


def test_a_stale_copy_of_a_body_does_not_tear_the_tree(world):
    stale = Organisation.objects.get(pk=world.village.pk)
    Organisation.objects.filter(pk=stale.pk).update(numchild=7)
    stale.short_name = "新东山村"
    save_versioned(stale, by=world.clerk)
    stored = Organisation.objects.get(pk=stale.pk)
    assert (stored.short_name, stored.numchild, stored.path) == ("新东山村", 7, world.village.path)


def test_a_stale_path_is_not_written_back_and_a_new_body_brings_its_own(world, person):
    stale = changed_copy(person, grade="1")
    stale.organisation.path = "gone"
    DisabledPerson.objects.filter(pk=person.pk).update(org_path="000100010009")
    save_versioned(stale, by=world.member)
    assert DisabledPerson.objects.get(pk=person.pk).org_path == "000100010009"
    moved = changed_copy(person)
    moved.organisation = Organisation.objects.get(pk=world.neighbour_village.pk)
    moved.organisation.path = "gone"
    save_versioned(moved, by=world.clerk)
    assert DisabledPerson.objects.get(pk=person.pk).org_path == world.neighbour_village.path


def test_a_number_that_no_longer_opens_can_still_be_corrected(world, person):
    DisabledPerson.objects.filter(pk=person.pk).update(phone=b"\x01\x00\x01" + b"0" * 40)
    record = save_versioned(changed_copy(person, phone="13900000002"), by=world.member)
    assert [str(difference) for difference in record.differences] == ["联系电话：（无法打开） → 139****0002"]
    assert DisabledPerson.objects.get(pk=person.pk).phone.open_plain() == "13900000002"


def test_a_created_row_has_its_maker_its_record_and_its_entry(world):
    plaque = create_versioned(
        Plaque(organisation=world.village, wording="东山村残疾人协会", hung_on=datetime.date(2020, 1, 1)),
        by=world.member,
    )
    assert (plaque.version, plaque.created_by, plaque.org_path) == (1, world.member, world.village.path)
    record = history_of(plaque).get()
    assert (record.kind, record.by, record.differences) == ("created", world.member, [])
    entry = AuditEntry.objects.get()
    assert (entry.action, entry.target_id) == ("orgs.plaque.created", str(plaque.pk))
    assert entry.after["hung_on"] == "2020-01-01"


def test_the_newest_change_comes_first_in_the_history(world, person):
    save_versioned(changed_copy(person, grade="1"), by=world.member)
    save_versioned(changed_copy(person, grade="3"), by=world.director, via="api")
    assert [(record.version, record.by.username, record.get_via_display()) for record in history_of(person)] == [
        (3, "director", "接口"),
        (2, "member", "页面填写"),
    ]


def test_records_of_an_import_are_written_at_once_and_read_like_the_others(world, person):
    second = DisabledPerson.objects.create(
        organisation=world.village, name="丁某", registered_on=datetime.date(2024, 1, 1)
    )
    rows = (
        (pk, 2, {"grade": ["2", "1"], "remark": ["", '引号"，逗号,\n换行\\N\t'], "member_in_charge": [None, None]})
        for pk in (person.pk, second.pk)
    )
    assert record_changes_bulk("ledgers.disabledperson", rows, by=world.clerk, via="import", source="import:7") == 2
    record = history_of(person).get()
    assert (record.via, record.source, record.by, record.version) == ("import", "import:7", world.clerk, 2)
    assert abs((timezone.now() - record.at).total_seconds()) < 60
    differences = {difference.field: str(difference) for difference in record.differences}
    assert differences["grade"] == "残疾等级：二级 → 一级"
    assert differences["remark"] == '备注：（空） → 引号"，逗号,\n换行\\N\t'


def test_ten_thousand_records_of_an_import_cost_a_handful_of_statements(world, person, django_assert_max_num_queries):
    rows = ((number, 2, {"grade": ["2", "1"]}) for number in range(1, 10_001))
    with django_assert_max_num_queries(4):
        assert record_changes_bulk("ledgers.disabledperson", rows, by=None, via="import") == 10_000
    assert ChangeRecord.objects.filter(source="", by=None).count() == 10_000


def test_numbers_in_an_import_are_sealed_as_on_a_form(world, person):
    copy = changed_copy(person, id_number=OTHER_ID_NUMBER)
    rows = [(person.pk, 2, {"id_number": [person.id_number, copy.id_number]})]
    record_changes_bulk("ledgers.disabledperson", rows, by=world.clerk, via="import")
    record = history_of(person).get()
    assert OTHER_ID_NUMBER not in json.dumps(record.changes)
    assert record.differences[0].new == "629999********0015"


@pytest.mark.skipif("connection.vendor != 'postgresql'", reason="SQLite has one writer")
@pytest.mark.django_db(transaction=True)
def test_of_writers_at_the_same_moment_exactly_one_wins(world, person):
    barrier, results = threading.Barrier(4), []

    def write(grade):
        copy = changed_copy(person, grade=grade)
        barrier.wait()
        try:
            with transaction.atomic():
                results.append(save_versioned(copy, by=world.member, expected_version=1).version)
        except VersionConflict:
            results.append("conflict")
        finally:
            connection.close()

    threads = [threading.Thread(target=write, args=(grade,)) for grade in ("1", "3", "4", "1")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(results, key=str) == [2, "conflict", "conflict", "conflict"]
    assert AuditEntry.objects.count() == 1


def test_a_changed_password_is_noted_and_its_value_nowhere(world):
    account = changed_copy(world.member)
    account.set_password("another-2026-pass")
    record = save_versioned(account, by=world.administrator)
    assert [str(difference) for difference in record.differences] == ["密码：（不显示） → （不显示）"]
    kept = json.dumps(record.changes) + AuditEntry.objects.get().canonical()
    assert account.password not in kept
    assert type(account).objects.get(pk=account.pk).check_password("another-2026-pass")
