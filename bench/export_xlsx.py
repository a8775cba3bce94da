"""The persons of a city, 136,400 by 20 columns, as a workbook: the whole job, the floor, the default."""

import contextlib
import csv
import os
import resource
from datetime import date
from pathlib import Path

from django.conf import settings
from django.db import connection
from django.http import QueryDict

from accounts.models import Assignment, User
from bench.harness import Figure, isolated
from bench.plain_import import HEADINGS, PlainPerson, PlainResource
from federation.roles import Role
from federation.shared.export_files import OpenedFile
from federation.shared.export_kinds import export_kind
from federation.shared.exports import ask_for
from federation.shared.jobs import run_now
from federation.shared.models import ExportFile
from ledgers.models import DisabledPerson
from orgs.models import Level, Organisation

DEFAULT_ROWS = 4_000
DEFAULT, MEGABYTES = 20, 60
COLUMNS = [*HEADINGS, "village"]


def run(context):
    rows = DisabledPerson.objects.count()
    user, area = asker()
    floor = isolated(the_floor)
    ours = isolated(lambda: product(user, area))
    as_text = isolated(lambda: product(user, area, "csv"))
    with plain_people(min(DEFAULT_ROWS, rows)):
        default = isolated(the_default)
        quicker = isolated(lambda: the_default(related=True))
    default_seconds = default.cpu * rows / default.result
    growth = ours.result["growth_mb"]
    yield Figure(
        name="export_xlsx",
        engine=context.engine,
        rows=rows,
        seconds=ours.cpu,
        wall_seconds=ours.wall,
        peak_mb=ours.peak_mb,
        floor_seconds=floor.cpu,
        default_seconds=default_seconds,
        goal=f"≥ {DEFAULT}× default, ≤ {MEGABYTES} MB more than before",
        met=ours.result["rows"] == rows and default_seconds >= DEFAULT * ours.cpu and growth <= MEGABYTES,
        more={
            "columns": len(COLUMNS),
            "growth_mb": growth,
            "size_mb": ours.result["size_mb"],
            "csv_seconds": round(as_text.cpu, 3),
            "csv_growth_mb": as_text.result["growth_mb"],
            "default_rows": default.result,
            "default_is": "scaled linearly from default_rows",
            "default_with_select_related_seconds": round(quicker.cpu * rows / quicker.result, 2),
        },
    )


def asker() -> tuple[str, int]:
    """A clerk of the city's federation, which no role of the office is, but the assignment decides what is seen."""
    city = Organisation.objects.filter(level=Level.CITY).order_by("path")[0]
    user, created = User.objects.get_or_create(username="bench-city", defaults={"display_name": "测量"})
    if created:
        Assignment.objects.create(user=user, role=Role.UPPER_VIEWER, organisation=city, since=date(2020, 1, 1))
    return user.username, city.pk


def product(username: str, area: int, file_format: str = "xlsx") -> dict:
    """Asked for, counted, read, opened, masked, put into words, written, sealed, logged; and opened again."""
    settings.FEDERATION_EXPORT_SECOND_PERSON_ROWS = 10**9
    before = _peak()
    export = ask_for(
        kind=export_kind("persons"),
        by=User.objects.get(username=username),
        area=Organisation.objects.get(pk=area),
        criteria=QueryDict("state=all"),
        file_format=file_format,
        preset="all",
        whole=False,
        purpose="测量导出",
    )
    ExportFile.objects.filter(pk=export.pk).update(columns=COLUMNS)
    job = run_now(export.job)
    export.refresh_from_db()
    if export.state != ExportFile.State.READY:
        raise RuntimeError(f"{export.refusal}{job.error}")
    growth = _peak() - before
    opened = OpenedFile(export)
    for _piece in opened:
        pass
    opened.close()
    return {"rows": export.row_count, "size_mb": round(export.size / 2**20, 1), "growth_mb": round(growth, 1)}


def _peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def the_floor() -> int:
    """The same columns as they lie there, sealed and coded, straight into text: COPY, or the driver and csv."""
    names = ", ".join(f'"{name}"' for name in [*HEADINGS, "organisation_id"])
    query = f'SELECT {names} FROM "{DisabledPerson._meta.db_table}"'  # noqa: S608 - names of our own columns
    with connection.cursor() as cursor, Path(os.devnull).open("w", newline="") as target:
        if connection.vendor == "postgresql":
            cursor.copy_expert(f"COPY ({query}) TO STDOUT WITH CSV", target)
            return cursor.rowcount
        writer = csv.writer(target)
        cursor.execute(query)
        while rows := cursor.fetchmany(2000):
            writer.writerows(rows)
    return 0


@contextlib.contextmanager
def plain_people(rows: int):
    """So many of the people in the plain table, while it is measured."""
    with connection.schema_editor() as editor:
        editor.create_model(PlainPerson)
    try:
        sealed = ("id_number", "phone", "certificate_number", "guardian_phone")
        PlainPerson.objects.bulk_create(
            [
                PlainPerson(
                    organisation_id=one.organisation_id,
                    id_number=one.id_number.open_plain(),
                    certificate_number=one.certificate_number.open_plain() if one.certificate_number else "",
                    **{name: getattr(one, name) for name in HEADINGS if name not in sealed},
                )
                for one in DisabledPerson.objects.order_by("id")[:rows]
            ],
            batch_size=500,
        )
        yield
    finally:
        with connection.schema_editor() as editor:
            editor.delete_model(PlainPerson)


def the_default(related: bool = False) -> int:
    """ModelResource.export to xlsx, as the manual shows it, of the plain table."""
    rows = PlainPerson.objects.select_related("organisation") if related else PlainPerson.objects.all()
    data = PlainResource().export(rows)
    data.export("xlsx")
    return len(data)
