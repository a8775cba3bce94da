"""A scene for every kind of job; the words are those of product_scenes."""

import functools
import hashlib
from collections import Counter
from datetime import date
from pathlib import Path

from django.conf import settings

from tests.jobs.scenes import (
    Scene,
    an_import,
    asked_export,
    audit_actions,
    checked_import,
    complete,
    files_kept,
    people_in,
    rows_of_every_table,
)

YEAR = 2026


def check():
    """A roster that was sent in is read and checked."""
    from federation.shared.models import RosterImport, StagedBlock
    from federation.shared.rosters import course
    from tests.conftest import build_world

    world = build_world()
    job = course.start_check(an_import(world), by=world.clerk, post=False)

    def left_behind():
        counts = RosterImport.objects.values_list("row_count", "new_count", "wrong_count", "state", "version").get()
        blocks = Counter(StagedBlock.objects.values_list("content", flat=True))
        return [counts[0], counts, blocks, audit_actions(), files_kept(), rows_of_every_table()]

    return Scene(functools.partial(complete, job.pk), left_behind)


def roster():
    """A checked roster is written."""
    from federation.shared.models import RosterImport
    from federation.shared.rosters import course
    from ledgers.models import DisabledPerson
    from tests.conftest import build_world

    world = build_world()
    imported = checked_import(world)
    course.begin_confirming(imported, by=world.clerk, post=False)
    imported.refresh_from_db()

    def left_behind():
        people = [
            (one.name, one.id_number.open_plain(), one.current_address, one.version, one.org_path)
            for one in DisabledPerson.objects.order_by("pk")
        ]
        state = RosterImport.objects.values_list("state", "version").get()
        return [len(people), people, audit_actions(), state, rows_of_every_table()]

    return Scene(functools.partial(complete, imported.job_id), left_behind)


def undo():
    """A written roster is taken back: people it made go, those it changed are as before."""
    from federation.shared.models import RosterImport
    from federation.shared.rosters import course
    from ledgers.models import DisabledPerson
    from tests.conftest import build_world
    from tests.rosters.people import person

    world = build_world()
    known = person(3)
    DisabledPerson.objects.create(
        organisation=world.village, name=known["姓名"], id_number=known["身份证号"], born_on=known["出生日期"],
        registered_on=date(2020, 1, 1), remark="原来的备注",
    )  # fmt: skip
    imported = checked_import(world)
    course.begin_confirming(imported, by=world.clerk, post=False)
    imported.refresh_from_db()
    complete(imported.job_id)
    imported.refresh_from_db()
    course.begin_undoing(imported, by=world.clerk, post=False)
    imported.refresh_from_db()

    def left_behind():
        people = list(DisabledPerson.objects.values_list("name", "version", "category", "remark", "org_path"))
        state = RosterImport.objects.values_list("state", "version").get()
        return [len(people), people, audit_actions(), state, rows_of_every_table()]

    return Scene(functools.partial(complete, imported.job_id), left_behind)


def divisions():
    """A list of divisions that an administrator sent in is loaded."""
    from django.core.files.base import ContentFile
    from django.core.files.storage import default_storage

    from federation.shared.jobs import enqueue
    from orgs.models import Division, Organisation
    from orgs.tasks import LOAD_DIVISIONS
    from tests.conftest import build_world

    world = build_world()
    lines = ["level,code,name,parent_code", "county,620422000000,会宁县,", "township,620422102000,河畔镇,620422000000"]
    lines += [f"village,620422102{number},第{number}村委会,620422102000" for number in range(200, 220)]
    name = default_storage.save("divisions/list.csv", ContentFile("\n".join(lines).encode()))
    job = enqueue(
        LOAD_DIVISIONS, requested_by=world.administrator, payload={"file": name, "under": ""},
        idempotency_key="divisions", organisation=world.county, post=False,
    )  # fmt: skip

    def left_behind():
        bodies = list(Organisation.objects.order_by("path").values_list("path", "code", "name", "numchild"))
        return [Division.objects.count(), bodies, audit_actions(), files_kept(), rows_of_every_table()]

    return Scene(functools.partial(complete, job.pk), left_behind)


def forms():
    """The forms of a village are printed into one file."""
    from federation.shared.export_files import OpenedFile
    from federation.shared.models import ExportFile
    from ledgers.documents import village_forms
    from tests.conftest import build_world

    village_forms.AT_ONCE = 2
    world = build_world()
    people_in(world.village, 4)
    asked = village_forms.ask_for_forms(by=world.member, body=world.village, purpose="归档留存")

    def left_behind():
        done = ExportFile.objects.get(pk=asked.pk)
        content = b"".join(OpenedFile(done))
        assert hashlib.sha256(content).hexdigest() == done.sha256 and content.startswith(b"%PDF-")
        pages = content.count(b"/MediaBox")
        return [done.row_count, pages, done.state, audit_actions(), files_kept(), rows_of_every_table()]

    return Scene(functools.partial(complete, asked.job_id), left_behind)


def assessment():
    """A run over a seeded county that has been asked for."""
    from django.core.management import call_command

    from assessments.models import AreaResult, BodyResult, Run, Standard
    from assessments.services import start_run
    from tests.assessments.facts import AS_OF, build_county
    from tests.conftest import build_world

    world = build_world()
    call_command("load_standards", verbosity=0)
    build_county(world, seed=1)
    run = start_run(
        standard=Standard.objects.get(code="village_2012"), area=world.county, year=YEAR, as_of=AS_OF, by=world.clerk
    )

    def left_behind():
        skipped = {"id", "created_at", "updated_at"}
        rows = []
        for model in (BodyResult, AreaResult):
            columns = [field.attname for field in model._meta.concrete_fields if field.name not in skipped]
            rows += [list(map(str, row)) for row in model.objects.order_by("organisation_id").values_list(*columns)]
        told = list(Run.objects.values_list("state", "body_count", "facts_digest"))
        return [len(rows), rows, audit_actions(), told, rows_of_every_table()]

    return Scene(functools.partial(complete, run.job_id), left_behind)


def appraisal():
    """The members of a county are appraised; some have their points already."""
    from assessments import appraisals
    from assessments.models import Appraisal, MemberPoints, MemberResult
    from tests.assessments.members import AS_OF, YEAR, engage_many, standard_for_members
    from tests.conftest import build_world

    world = build_world()
    members = engage_many(world)
    question = {"standard": standard_for_members(), "area": world.county, "year": YEAR, "as_of": AS_OF}
    asked = appraisals.start_appraisal(**question, by=world.clerk)
    for member in members[::2]:
        MemberPoints.objects.create(
            appraisal=asked, appointment=member, organisation=member.organisation, item_code="M6", points=10,
            reason="评议", scored_by=world.clerk,
        )  # fmt: skip

    def left_behind():
        skipped = {"id", "created_at", "updated_at"}
        columns = [field.attname for field in MemberResult._meta.concrete_fields if field.name not in skipped]
        rows = [list(map(str, row)) for row in MemberResult.objects.order_by("appointment_id").values_list(*columns)]
        told = list(Appraisal.objects.values_list("state", "member_count", "facts_digest"))
        return [len(rows), rows, audit_actions(), told, rows_of_every_table()]

    return Scene(functools.partial(complete, asked.job_id), left_behind)


def export():
    """A list of more rows than the job reads between two looks is written as a file."""
    from federation.shared.export_files import OpenedFile
    from federation.shared.models import ExportFile
    from tests.conftest import build_world

    settings.FEDERATION_EXPORT_SECOND_PERSON_ROWS = 10_000
    asked = asked_export(build_world())

    def left_behind():
        done = ExportFile.objects.get(pk=asked.pk)
        kept = sorted((Path(settings.MEDIA_ROOT) / "exports").iterdir())
        assert [path.name for path in kept] == [Path(done.stored_path).name], kept
        # Closing it would remove it, which is the fetching's to do.
        content = b"".join(OpenedFile(done))
        assert hashlib.sha256(content).hexdigest() == done.sha256 and len(content) == done.size
        # The first line says when it was made.
        return [done.row_count, content.split(b"\n", 1)[1].decode(), done.state, audit_actions(), rows_of_every_table()]

    return Scene(functools.partial(complete, asked.job_id), left_behind)


def subsidies():
    """A county's subsidies are computed, line by line and month by month."""
    from decimal import Decimal

    from committees import services
    from committees.models import Appointment, SubsidyBatch, SubsidyLine, SubsidyMonth, SubsidyStandard
    from orgs.models import Tenure, Worker
    from tests.conftest import build_world

    world = build_world()
    since = date(2020, 1, 1)
    for number, body in enumerate((world.village, world.village_second, world.neighbour_village)):
        worker = Worker.objects.create(name=f"委员{number}")
        tenure = Tenure.objects.create(organisation=body, worker=worker, post="committee_member", started_on=since)
        Appointment.objects.create(tenure=tenure, organisation=body, role="village_member")
    amount = Decimal("100.00")
    standard = SubsidyStandard(
        organisation=world.county, monthly_amount=amount, county_share=amount, valid_from=since, document_number="1 号"
    )
    services.record_standard(standard=standard, by=world.clerk)
    asked = SubsidyBatch(organisation=world.county, first_month=date(2026, 1, 1), last_month=date(2026, 6, 1))
    batch = services.make_batch(batch=asked, by=world.clerk)

    def left_behind():
        skipped = {"id", "created_at", "updated_at"}
        rows = []
        for model in (SubsidyLine, SubsidyMonth):
            columns = [field.attname for field in model._meta.concrete_fields if field.name not in skipped]
            rows += sorted(list(map(str, row)) for row in model.objects.values_list(*columns))
        told = list(SubsidyBatch.objects.values_list("state", "version", "digest"))
        return [len(rows), rows, told, audit_actions(), rows_of_every_table()]

    return Scene(functools.partial(complete, batch.job_id), left_behind)
