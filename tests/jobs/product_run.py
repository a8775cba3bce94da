"""The product's own jobs killed at every SQL statement: an import, an assessment, a list that leaves as a file.

    python -m tests.jobs.product_run --scene roster --every 1

Needs SQLite: the database as it stood before the job is copied back for every kill, so that each starts alike.
What is left in the end is compared with an undisturbed run: rows, history, audit, in every table.
"""

import argparse
import functools
import json
import shutil
from datetime import date, timedelta
from pathlib import Path

import django
from django.conf import settings

from tests.jobs.crash_run import killed_at
from tests.jobs.kill_run import prepare

YEAR = 2026


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--scene", choices=["roster", "assessment", "export"], required=True)
    parser.add_argument("--every", type=int, default=1, help="kill at every nth statement only")
    options = parser.parse_args()
    django.setup()
    prepare()
    job, left_behind = {"roster": roster, "assessment": assessment, "export": export}[options.scene]()
    snapshot = Snapshot()
    complete(job)
    undisturbed = left_behind()
    killed, wrong, statement = 0, [], 1
    while True:
        snapshot.restore()
        if not killed_at(statement, functools.partial(complete, job)):
            break
        killed += 1
        complete(job)
        if left_behind() != undisturbed:
            wrong.append(statement)
        statement += options.every
    print(json.dumps({"scene": options.scene, "killed": killed, "wrong": wrong, "rows": undisturbed[0]}))


class Snapshot:
    """The database file as it stands now."""

    def __init__(self):
        from django.db import connection

        self.path = connection.settings_dict["NAME"]
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        connection.close()
        shutil.copy(self.path, f"{self.path}.before")

    def restore(self):
        from django.db import connection

        connection.close()
        for suffix in ("-wal", "-shm"):
            Path(f"{self.path}{suffix}").unlink(missing_ok=True)
        shutil.copy(f"{self.path}.before", self.path)
        # What the last round made; the database of this one knows nothing of it.
        shutil.rmtree(Path(settings.MEDIA_ROOT) / "exports", ignore_errors=True)


def complete(job):
    from federation.shared.jobs import run_now
    from federation.shared.models import Job

    done = run_now(Job.objects.get(pk=job))
    if done.state != "done":
        raise SystemExit(f"the job ended {done.state}: {done.error}")


def rows_of_every_table() -> dict:
    from django.apps import apps

    return {model._meta.label: model._base_manager.count() for model in apps.get_models() if model._meta.managed}


def roster():
    """A checked roster whose writing has been asked for."""
    from federation.shared.jobs import run_now
    from federation.shared.models import AuditEntry, RosterImport
    from federation.shared.rosters import course, services
    from ledgers.models import DisabledPerson
    from tests.conftest import build_world
    from tests.rosters.people import person, roster_file

    world = build_world()
    imported = services.receive(
        kind="persons",
        file_name="名册.xlsx",
        chunks=[roster_file([person(number) for number in range(40)])],
        mode=RosterImport.Mode.ALL_OR_NOTHING,
        organisation=world.county,
        by=world.clerk,
    )
    run_now(course.start_check(imported, by=world.clerk, post=False))
    imported.refresh_from_db()
    course.begin_confirming(imported, by=world.clerk, post=False)
    imported.refresh_from_db()

    def left_behind():
        people = [
            (one.name, one.id_number.open_plain(), one.current_address, one.version, one.org_path)
            for one in DisabledPerson.objects.order_by("pk")
        ]
        audit = sorted(AuditEntry.objects.values_list("action", flat=True))
        state = RosterImport.objects.values_list("state", "version").get()
        return [len(people), people, audit, state, rows_of_every_table()]

    return imported.job_id, left_behind


def assessment():
    """A run over a seeded county that has been asked for."""
    from django.core.management import call_command

    from assessments.models import AreaResult, BodyResult, Run, Standard
    from assessments.services import start_run
    from federation.shared.models import AuditEntry
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
        audit = sorted(AuditEntry.objects.values_list("action", flat=True))
        told = list(Run.objects.values_list("state", "body_count", "facts_digest"))
        return [len(rows), rows, audit, told, rows_of_every_table()]

    return run.job_id, left_behind


def export():
    """A list of more rows than the job reads between two looks, asked for as a file."""
    import hashlib

    from django.http import QueryDict

    from federation.shared.export_files import OpenedFile
    from federation.shared.export_kinds import export_kind
    from federation.shared.exports import ask_for
    from federation.shared.models import AuditEntry, ExportFile
    from ledgers.models import DisabledPerson
    from tests.conftest import build_world
    from tests.rosters.people import id_number

    settings.FEDERATION_EXPORT_SECOND_PERSON_ROWS = 10_000
    world = build_world()
    days = [date(1950, 1, 1) + timedelta(days=number) for number in range(2100)]
    DisabledPerson.objects.bulk_create(
        DisabledPerson(
            organisation=world.village,
            name=f"测试{number}",
            born_on=day,
            registered_on=day,
            id_number=id_number(0, day),
        )
        for number, day in enumerate(days)
    )
    asked = ask_for(
        kind=export_kind("persons"), by=world.clerk, area=world.county, criteria=QueryDict(), file_format="csv",
        preset="usual", whole=False, purpose="入户核对",
    )  # fmt: skip

    def left_behind():
        done = ExportFile.objects.get(pk=asked.pk)
        kept = sorted((Path(settings.MEDIA_ROOT) / "exports").iterdir())
        assert [path.name for path in kept] == [Path(done.stored_path).name], kept
        # Closing it would remove it, which is the fetching's to do.
        content = b"".join(OpenedFile(done))
        assert hashlib.sha256(content).hexdigest() == done.sha256 and len(content) == done.size
        audit = sorted(AuditEntry.objects.values_list("action", flat=True))
        # The first line says when it was made.
        return [done.row_count, content.split(b"\n", 1)[1].decode(), done.state, audit, rows_of_every_table()]

    return asked.job_id, left_behind


if __name__ == "__main__":
    main()
