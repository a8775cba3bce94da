"""What the scenes of product_run share: how a job is completed, what is left behind, people and files on hand."""

import os
import time
from collections import Counter
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import NamedTuple

from django.conf import settings


class Scene(NamedTuple):
    work: Callable[[], None]
    left_behind: Callable[[], list]


def complete(job: int):
    from federation.shared.jobs import run_now
    from federation.shared.models import Job

    done = run_now(Job.objects.get(pk=job))
    if done.state != "done":
        raise SystemExit(f"the job ended {done.state}: {done.error}")


def rows_of_every_table() -> dict:
    from django.apps import apps

    return {model._meta.label: model._base_manager.count() for model in apps.get_models() if model._meta.managed}


def audit_actions() -> list[str]:
    from federation.shared.models import AuditEntry

    return sorted(AuditEntry.objects.values_list("action", flat=True))


def files_kept() -> dict[str, int]:
    """{folder: number of files}, once what nobody can fetch any more was swept up as it is a day later."""
    from federation.shared.export_files import expire
    from federation.shared.models import ExportFile

    root = Path(settings.MEDIA_ROOT)
    for path in (root / "exports").glob("*"):
        os.utime(path, (time.time() - 2 * 86400,) * 2)
    expire(ExportFile.objects.none())
    return dict(Counter(str(path.parent.relative_to(root)) for path in root.rglob("*") if path.is_file()))


def people_in(body, number: int, name: str = "测试"):
    from ledgers.models import DisabledPerson
    from tests.rosters.people import id_number

    days = [date(1950, 1, 1) + timedelta(days=number) for number in range(number)]
    return DisabledPerson.objects.bulk_create(
        DisabledPerson(
            organisation=body, name=f"{name}{number}", born_on=day, registered_on=day, id_number=id_number(0, day)
        )
        for number, day in enumerate(days)
    )


def an_import(world):
    from federation.shared.models import RosterImport
    from federation.shared.rosters import services
    from tests.rosters.people import person, roster_file

    return services.receive(
        kind="persons",
        file_name="名册.xlsx",
        chunks=[roster_file([person(number) for number in range(40)])],
        mode=RosterImport.Mode.ALL_OR_NOTHING,
        organisation=world.county,
        by=world.clerk,
    )


def checked_import(world):
    from federation.shared.jobs import run_now
    from federation.shared.rosters import course

    imported = an_import(world)
    run_now(course.start_check(imported, by=world.clerk, post=False))
    imported.refresh_from_db()
    return imported


def asked_export(world, people=2100):
    from django.http import QueryDict

    from federation.shared.export_kinds import export_kind
    from federation.shared.exports import ask_for

    people_in(world.village, people)
    return ask_for(
        kind=export_kind("persons"), by=world.clerk, area=world.county, criteria=QueryDict(), file_format="csv",
        preset="usual", whole=False, purpose="入户核对",
    )  # fmt: skip
