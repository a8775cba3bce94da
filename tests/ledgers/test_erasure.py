"""P-PI-03, P-PI-05: of an erased person nothing is left that tells who it was; counts and the log stay."""

import base64
import datetime
import json
from pathlib import Path
from uuid import uuid4

import pytest
from django.apps import apps
from django.conf import settings as configured
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.db import connection
from django.utils import timezone

from federation.shared import sealed_files
from federation.shared.audit_check import check_log
from federation.shared.history import create_versioned, save_versioned
from federation.shared.jobs import gate, run_now
from federation.shared.models import AuditEntry, ChangeRecord, ExportFile, JobGate, RosterImport, StagedBlock
from federation.shared.rosters import course, services, staging
from federation.shared.sealed import SealedField, SealedText, history_aad
from ledgers import erasure, erasure_list, erasure_traces, name_index
from ledgers.merging import merge_persons
from ledgers.models import (
    Attachment,
    DisabledPerson,
    Erasure,
    Household,
    PersonDraft,
    PersonMerge,
    PersonRequest,
    RosterSummary,
    Transfer,
)
from tests.ledgers.conftest import id_of
from tests.rosters.people import person as roster_row
from tests.rosters.people import roster_file

pytestmark = pytest.mark.django_db

NUMBER = id_of("19440101", 77)
OLD_NUMBER = id_of("19440102", 78)
CANARIES = {
    "name": "欧阳绝迹",
    "former name": "欧阳旧名",
    "ID number": NUMBER,
    "former ID number": OLD_NUMBER,
    "phone": "17912345671",
    "guardian": "司马监护",
    "guardian's phone": "17912345672",
    "address": "绝迹巷 9 号",
    "remark": "绝迹备注",
    "scan": "绝迹扫描件",
    "merged": "欧阳重复",
    "request": "绝迹请求",
}


@pytest.fixture(autouse=True)
def _places(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"
    settings.FEDERATION_ERASURE_LIST = tmp_path / "kept" / "erasures.txt"


MERGED = uuid4()


@pytest.fixture
def erased_one(world, make_person):
    """A person who has left a trace in every table that can hold one, and a neighbour who stays."""
    make_person(name="留下的人")
    person = make_person(
        name=CANARIES["former name"], id_number=OLD_NUMBER, guardian_name=CANARIES["guardian"],
        current_address=CANARIES["address"], deceased_on=datetime.date(2015, 1, 1),
        registered_on=datetime.date(2010, 1, 1),
    )  # fmt: skip
    home = Household.objects.create(
        organisation=world.village, number=1, address=CANARIES["address"], remark=CANARIES["name"]
    )
    person.name, person.id_number, person.phone = CANARIES["name"], NUMBER, CANARIES["phone"]
    person.guardian_phone, person.remark, person.household = CANARIES["guardian's phone"], CANARIES["remark"], home
    save_versioned(person, by=world.clerk)
    _papers(person, world)
    return person


def _papers(person, world):
    scan = Attachment(person=person, organisation=world.village, kind="other", title=CANARIES["scan"])
    scan.stored_path = sealed_files.keep("attachments", CANARIES["scan"].encode(), f"attachment|{scan.uid}".encode())
    scan.content_type, scan.size, scan.sha256 = "image/png", 1, "0" * 64
    create_versioned(scan, by=world.clerk)
    for row in (
        PersonDraft(person=person, organisation=world.village, created_by=world.member),
        PersonDraft(organisation=world.village, created_by=world.member),
    ):
        row.payload, row.name = f"name={CANARIES['name']}&id_number={NUMBER}", CANARIES["name"]
        row.save()
    transfer = Transfer(person=person, organisation=world.village, to_organisation=world.neighbour_village)
    transfer.moved_on, transfer.state, transfer.reason = datetime.date(2014, 1, 1), "refused", CANARIES["name"]
    create_versioned(transfer, by=world.clerk)
    removed = DisabledPerson.objects.order_by("-pk").first().pk + 50
    ChangeRecord.objects.create(
        label="ledgers.disabledperson", object_id=removed, version=2, at=timezone.now(), via="form",
        changes={"name": ["旧", CANARIES["merged"]]},
    )  # fmt: skip
    merge = PersonMerge(person=person, organisation=world.village, reason=CANARIES["name"], kept_version=2)
    merge.payload = json.dumps({"removed": {"id": removed, "uid": str(MERGED), "name": CANARIES["merged"]}})
    create_versioned(merge, by=world.clerk)
    export = ExportFile(organisation=world.county, kind="persons", title="名单", purpose="核对", created_by=world.clerk)
    export.criteria, export.criteria_words = f"q={NUMBER}", f"查找：{CANARIES['name']}"
    export.save()
    PersonRequest.objects.create(
        person=person, organisation=world.village, kind="access", asker="relative", identity_check="authority",
        received_on=datetime.date(2026, 1, 5), due_on=datetime.date(2026, 2, 4), content=CANARIES["request"],
    )  # fmt: skip


# --- everything the system holds, in plain ----------------------------------------------------------


def everything() -> str:
    """Every value of every table, sealed ones opened, and every uploaded file, opened too."""
    parts = []
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            if table == name_index.GRAMS:
                # Holds no rows, only which pairs of characters occur; its queue of names is a table of its own.
                continue
            cursor.execute(f'SELECT * FROM "{table}"')  # noqa: S608
            parts += [_text(value) for row in cursor.fetchall() for value in row]
    for model in apps.get_models():
        for field in model._meta.concrete_fields:
            if isinstance(field, SealedField):
                parts += [_opened(getattr(row, field.name)) for row in model._base_manager.all()]
    parts += list(_history()) + list(_blocks()) + list(_files())
    return "\n".join(parts)


def _text(value) -> str:
    if isinstance(value, (bytes, memoryview)):
        return bytes(value).decode("utf-8", "replace")
    # JSON may hold characters as \uXXXX; both spellings are looked for.
    text = str(value)
    return text + text.encode().decode("unicode_escape", "replace") if "\\u" in text else text


def _opened(value) -> str:
    return value.open_plain() if value is not None else ""


def _history():
    for record in ChangeRecord.objects.all():
        for name, sides in record.changes.items():
            for side, value in enumerate(sides):
                if isinstance(value, dict) and "sealed" in value:
                    aad = history_aad(record.label, record.object_id, record.version, name, side)
                    token = base64.b64decode(value["sealed"])
                    yield SealedText(token=token, aad=aad, kind=value["kind"]).open_plain()


def _blocks():
    for block in StagedBlock.objects.select_related("roster_import"):
        yield json.dumps(staging.content_of(block, block.roster_import), ensure_ascii=False)


def _files():
    for path in Path(configured.MEDIA_ROOT).rglob("*"):
        if path.is_file():
            yield path.read_bytes().decode("utf-8", "replace")
    for scan in Attachment.objects.all():
        yield sealed_files.read(scan.stored_path, f"attachment|{scan.uid}".encode()).decode()


def canaries_in(text: str) -> set[str]:
    return {what for what, canary in CANARIES.items() if canary in text}


def erase(person, by, django_capture_on_commit_callbacks, reason=Erasure.Reason.RETENTION):
    with django_capture_on_commit_callbacks(execute=True):
        return erasure.erase_person(person=person, by=by, reason=reason)


# --- what goes --------------------------------------------------------------------------------------


def test_the_person_is_everywhere_before_and_nowhere_after(
    erased_one, world, django_capture_on_commit_callbacks, settings
):
    assert canaries_in(everything()) == set(CANARIES)
    assert len(list(Path(settings.MEDIA_ROOT).rglob("*.sealed"))) == 1
    erase(erased_one, world.leader, django_capture_on_commit_callbacks)
    assert canaries_in(everything()) == set()
    assert not list(Path(settings.MEDIA_ROOT).rglob("*.sealed"))
    assert DisabledPerson.objects.get().name == "留下的人"


def test_the_deleted_bytes_are_overwritten_in_the_database_file(
    erased_one, world, django_capture_on_commit_callbacks, tmp_path
):
    if connection.vendor != "sqlite":
        # A dump holds live rows only.
        assert connection.vendor == "postgresql"
        return
    erase(erased_one, world.leader, django_capture_on_commit_callbacks)
    content = connection.connection.serialize()
    for what in ("name", "guardian", "address", "remark"):
        assert CANARIES[what].encode() not in content, what
    assert "留下的人".encode() in content


def test_what_an_import_still_holds_of_the_person_goes_and_the_rest_can_be_undone(
    world, django_capture_on_commit_callbacks, settings
):
    rows = [roster_row(0), roster_row(1)]
    _imported(world, rows)
    for row in rows:
        row["文化程度"] = "初中"
    second = _imported(world, [{**rows[0], "监护人或联系人": "司马监护"}, rows[1]])
    person, other = DisabledPerson.objects.order_by("pk")
    assert "司马监护" in "".join(_blocks())
    erase(person, world.leader, django_capture_on_commit_callbacks)
    text = "".join(_blocks())
    assert "司马监护" not in text and person.name not in text
    other.refresh_from_db()
    assert other.education == "junior"
    run_now(_undo(second, world))
    other.refresh_from_db()
    assert other.education == "primary"


def _imported(world, rows) -> RosterImport:
    sent = services.receive(
        kind="persons", file_name="名册.xlsx", chunks=[roster_file(rows)], mode=RosterImport.Mode.ALL_OR_NOTHING,
        organisation=world.county, by=world.clerk,
    )  # fmt: skip
    run_now(course.start_check(sent, by=world.clerk, post=False))
    sent.refresh_from_db()
    course.begin_confirming(sent, by=world.clerk, post=False)
    run_now(_last_job())
    sent.refresh_from_db()
    assert sent.state == RosterImport.State.DONE, sent.refusal
    return sent


def _undo(sent, world):
    course.begin_undoing(sent, by=world.clerk, post=False)
    return _last_job()


def _last_job():
    return apps.get_model("shared.Job").objects.latest("pk")


def test_a_file_that_was_merged_into_the_person_is_forgotten_too(
    world, make_person, django_capture_on_commit_callbacks
):
    other = make_person(name=CANARIES["former name"])
    other.name = CANARIES["merged"]
    save_versioned(other, by=world.clerk)
    person = make_person(name=CANARIES["name"])
    merge_persons(kept=person, removed=other, choices={}, reason="重复登记", by=world.clerk)
    assert canaries_in(everything()) == {"name", "former name", "merged"}
    erase(person, world.leader, django_capture_on_commit_callbacks)
    assert canaries_in(everything()) == set()


# --- what stays -------------------------------------------------------------------------------------


def test_frozen_figures_the_log_and_an_entry_without_a_name_stay(erased_one, world, django_capture_on_commit_callbacks):
    summary = RosterSummary.objects.create(
        organisation=world.village, year=2014, as_of=datetime.date(2014, 12, 31), state="approved",
        figures={"total": 2}, digest="d" * 64, decided_by=world.director, decided_at=timezone.now(),
    )  # fmt: skip
    entries = AuditEntry.objects.count()
    made = erase(erased_one, world.leader, django_capture_on_commit_callbacks)
    summary.refresh_from_db()
    assert (summary.figures, summary.digest) == ({"total": 2}, "d" * 64)
    assert AuditEntry.objects.count() == entries + 1
    assert check_log().faults == []
    entry = AuditEntry.objects.get(action="ledgers.person.erased")
    assert entry.actor_id == world.leader.pk and entry.details["reason"] == "retention"
    assert made.organisation == world.village and made.created_by == world.leader
    assert made.removed["disabledperson"] == 1 and made.removed["files"] == 1 and made.removed["drafts"] == 1
    request = PersonRequest.objects.get()
    assert (request.person, request.content, request.kind) == (None, "", "access")


def test_a_household_of_others_stays_without_the_name(
    erased_one, world, make_person, django_capture_on_commit_callbacks
):
    home = erased_one.household
    make_person(name="同住的人", household=home)
    erase(erased_one, world.leader, django_capture_on_commit_callbacks)
    home.refresh_from_db()
    assert home.remark == "" and home.address == CANARIES["address"]


def test_rows_that_the_law_keeps_stay_with_the_name_replaced(
    erased_one, world, monkeypatch, django_capture_on_commit_callbacks
):
    monkeypatch.setattr(erasure, "_holders", {})

    def replace_name(person, word):
        # A transfer stands in for a line of money, which is not built yet.
        kept = Transfer.objects.create(
            person=DisabledPerson.objects.exclude(pk=person.pk).first(), organisation=person.organisation,
            to_organisation=person.organisation, moved_on=person.registered_on, reason=word, state="refused",
        )  # fmt: skip
        return 1 if kept else 0

    erasure.register_holder(Transfer, replace_name)
    made = erase(erased_one, world.leader, django_capture_on_commit_callbacks)
    assert Transfer.objects.get().reason == erasure.REPLACED
    assert made.removed["kept_with_name_replaced"] == 1


def test_a_failure_leaves_everything_as_it_was(erased_one, world, monkeypatch, settings):
    monkeypatch.setattr(erasure_traces, "forget_household", lambda *unused: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        erasure.erase_person(person=erased_one, by=world.leader, reason=Erasure.Reason.RETENTION)
    assert canaries_in(everything()) == set(CANARIES)
    assert len(list(Path(settings.MEDIA_ROOT).rglob("*.sealed"))) == 1
    assert not erasure_list.noted()


def test_who_receives_a_subsidy_is_not_erased_on_request(world, make_person):
    person = make_person(has_care_subsidy=True, dibao="rural")
    assert "重度残疾人护理补贴、低保" in erasure.why_not(person)
    with pytest.raises(ValidationError, match="依法须保存"):
        erasure.erase_person(person=person, by=world.leader, reason=Erasure.Reason.REQUEST)
    assert DisabledPerson.objects.filter(pk=person.pk).exists()


# --- after a restore --------------------------------------------------------------------------------


@pytest.fixture
def restored(erased_one, world, django_capture_on_commit_callbacks):
    """The database as a backup from before the erasure has it; the list beside it knows of the erasure."""
    copy = {field.attname: getattr(erased_one, field.attname) for field in DisabledPerson._meta.concrete_fields}
    erased_one.refresh_from_db()
    erase(erased_one, world.leader, django_capture_on_commit_callbacks)
    Erasure.objects.all().delete()
    DisabledPerson(**{**copy, "household_id": None}).save(force_insert=True)
    JobGate.objects.update(database=gate.RESTORED)


def test_the_list_beside_the_data_holds_hashes_only(restored):
    lines = erasure_list.list_path().read_text().splitlines()
    assert {len(line) for line in lines} == {32} and canaries_in("\n".join(lines)) == set()
    # The person's own, and that of the file that had become one with it.
    assert len(lines) == 2 and erasure_list.hash_of(MERGED) in lines
    assert erasure_list.list_path().stat().st_mode & 0o077 == 0


def test_jobs_are_released_only_after_the_erased_are_erased_again(restored, world, django_capture_on_commit_callbacks):
    assert DisabledPerson.objects.count() == 2
    with django_capture_on_commit_callbacks(execute=True):
        call_command("release_jobs", username=world.administrator.username)
    assert gate.jobs_may_run()
    assert DisabledPerson.objects.get().name == "留下的人"
    assert Erasure.objects.get().reason == Erasure.Reason.RESTORED
    assert canaries_in(everything()) == set()


def test_the_command_erases_again_and_may_run_twice(restored, capsys):
    call_command("erase_again")
    assert "再次删除了 1 人" in capsys.readouterr().out
    call_command("erase_again")
    assert "没有需要再次删除的人" in capsys.readouterr().out
    assert DisabledPerson.objects.count() == 1


def test_the_list_is_completed_from_the_database(restored, world):
    erasure_list.list_path().unlink()
    Erasure.objects.create(organisation=world.village, person_hash="ab" * 16, reason="retention")
    assert erasure_list.complete_list() == 1
    assert erasure_list.noted() == {"ab" * 16}
    assert erasure_list.complete_list() == 0


def test_a_list_that_cannot_be_written_does_not_undo_the_erasure(
    erased_one, world, settings, tmp_path, django_capture_on_commit_callbacks
):
    (tmp_path / "file").write_text("")
    settings.FEDERATION_ERASURE_LIST = tmp_path / "file" / "erasures.txt"
    erase(erased_one, world.leader, django_capture_on_commit_callbacks)
    assert Erasure.objects.count() == 1 and DisabledPerson.objects.count() == 1
