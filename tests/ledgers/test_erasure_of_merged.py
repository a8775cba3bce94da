"""Erasing one of two files that are or were merged, and what was asked for by or about who is erased."""

from importlib import import_module

import pytest
from django.apps import apps
from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.urls import reverse

from federation.shared import exports
from federation.shared.export_kinds import export_kind
from federation.shared.history import save_versioned
from federation.shared.jobs import run_now
from federation.shared.models import ChangeRecord
from ledgers import erasure_list
from ledgers.merging import merge_persons, undo_merge
from ledgers.models import DisabledPerson, Erasure, PersonMerge, PersonRequest
from tests.ledgers.test_erasure import _places, erase, erased_one, everything  # noqa: F401  (two are fixtures)

pytestmark = pytest.mark.django_db


def test_both_files_of_a_person_come_back_with_an_older_backup_and_go_again(
    world, make_person, django_capture_on_commit_callbacks
):
    kept, removed = make_person(), make_person()
    copy = {field.attname: getattr(removed, field.attname) for field in DisabledPerson._meta.concrete_fields}
    merge_persons(kept=kept, removed=removed, choices={}, reason="重复登记", by=world.clerk)
    kept.refresh_from_db()
    erase(kept, world.leader, django_capture_on_commit_callbacks)
    DisabledPerson(**copy).save(force_insert=True)
    assert erasure_list.to_erase() == [removed.pk], "by the list beside the data"
    erasure_list.list_path().unlink()
    assert erasure_list.to_erase() == [removed.pk], "by the database"
    assert erasure_list.complete_list() == 2
    assert Erasure.objects.count() == 1


def test_of_two_people_taken_for_one_by_mistake_each_is_erased_alone(
    world, make_person, django_capture_on_commit_callbacks
):
    first, second = make_person(name="甲甲"), make_person(name="乙乙")
    second.remark = "还要留着"
    save_versioned(second, by=world.clerk)
    done = merge_persons(kept=first, removed=second, choices={}, reason="重复登记", by=world.clerk)
    undo_merge(merge=done, by=world.clerk)
    history = ChangeRecord.objects.of(second).count()
    assert history
    first.refresh_from_db()
    erase(first, world.leader, django_capture_on_commit_callbacks)
    assert ChangeRecord.objects.of(second).count() == history, "nobody asked for the second to be forgotten"


def test_the_file_kept_for_an_undo_goes_with_the_undo(world, make_person, django_capture_on_commit_callbacks):
    first, second = make_person(name="甲甲"), make_person(name="乙乙丙丁")
    number = second.id_number.open_plain()
    done = merge_persons(kept=first, removed=second, choices={}, reason="重复登记", by=world.clerk)
    undo_merge(merge=done, by=world.clerk)
    second.refresh_from_db()
    erase(second, world.leader, django_capture_on_commit_callbacks)
    left = everything()
    assert number not in left and "乙乙丙丁" not in left
    assert PersonMerge.objects.get().undone_at


def test_the_migration_empties_what_undone_merges_still_held(world, make_person):
    first, second, third = make_person(), make_person(), make_person()
    undone = merge_persons(kept=first, removed=second, choices={}, reason="重复登记", by=world.clerk)
    content = undone.payload.open_plain()
    undo_merge(merge=undone, by=world.clerk)
    first.refresh_from_db()
    standing = merge_persons(kept=first, removed=third, choices={}, reason="重复登记", by=world.clerk)
    before = PersonMerge.objects.get(pk=undone.pk)
    before.payload = content
    before.save(update_fields=["payload"])
    migration = import_module("ledgers.migrations.0021_after_an_undone_merge")
    migration.forget_what_was_undone(apps, None)
    assert PersonMerge.objects.get(pk=undone.pk).payload.open_plain() == "{}"
    assert PersonMerge.objects.get(pk=standing.pk).payload.open_plain() == standing.payload.open_plain()


@pytest.mark.parametrize("whole", [True, False])
def test_a_file_asked_for_by_the_person_is_not_made_for_everybody_instead(
    world, make_person, django_capture_on_commit_callbacks, whole
):
    """Without its conditions it would hold the whole area, beyond what the second person was asked for."""
    person = make_person(name="甲甲绝")
    make_person(), make_person()
    export = exports.ask_for(
        kind=export_kind("persons"), by=world.clerk, area=world.county, criteria=QueryDict("q=甲甲绝"),
        file_format="xlsx", preset="all", whole=whole, purpose="核对",
    )  # fmt: skip
    assert (export.row_count, export.state) == (1, "waiting" if whole else "running")
    erase(person, world.leader, django_capture_on_commit_callbacks)
    export.refresh_from_db()
    assert (export.state, bool(export.criteria)) == ("expired", False)
    assert "已经删除的人" in export.refusal
    if whole:
        with pytest.raises(ValidationError, match="已经处理过"):
            exports.decide(export=export, by=world.leader, agrees=True)
    else:
        run_now(export.job)
        export.refresh_from_db()
        assert (export.state, export.stored_path) == ("expired", "")


def test_a_request_that_was_open_is_not_late_for_ever(
    erased_one,  # noqa: F811
    world,
    django_capture_on_commit_callbacks,
    as_user,
):
    request = PersonRequest.objects.get()
    assert PersonRequest.objects.waiting().get() == request and request.is_overdue
    erase(erased_one, world.leader, django_capture_on_commit_callbacks)
    request.refresh_from_db()
    assert not PersonRequest.objects.waiting().exists() and not request.is_overdue
    page = as_user("clerk").get(reverse("person-request-detail", args=[request.uid])).content.decode()
    assert "登记表已删除" in page and "超过期限" not in page
