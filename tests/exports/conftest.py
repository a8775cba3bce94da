"""People of the cast's villages, and a list asked for, made, agreed to and fetched as the pages do it."""

import datetime
import io
import itertools
from dataclasses import dataclass

import pytest
from django.http import QueryDict
from django.urls import reverse
from openpyxl import load_workbook

from federation.shared.export_kinds import export_kind
from federation.shared.exports import ask_for
from federation.shared.jobs import run_now
from federation.shared.models import ExportFile
from ledgers.models import DisabledPerson

_numbers = itertools.count(1)


def pytest_terminal_summary(terminalreporter):
    """What a skipped test says in a row of dots is not loud enough."""
    skipped = [each for each in terminalreporter.stats.get("skipped", ()) if "test_libreoffice" in each.nodeid]
    if skipped:
        terminalreporter.write_sep("!", "LibreOffice: NOT TESTED", red=True, bold=True)
        terminalreporter.write_line(
            f"soffice is not installed here: {len(skipped)} tests that open written workbooks in LibreOffice did not "
            "run. Before a release: pytest tests/exports/test_libreoffice.py where it is (Debian: libreoffice-calc)."
        )


@pytest.fixture(autouse=True)
def _folder(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


def person(organisation, name="测试人", **more) -> DisabledPerson:
    from federation.demo.people import check_digit

    first17 = f"62999919800101{next(_numbers):03d}"
    number = first17 + check_digit(first17)
    values = {
        "id_number": number, "certificate_number": f"{number}42", "phone": "13900000001", "sex": "1", "category": "4",
        "grade": "2", "born_on": datetime.date(1980, 1, 1), "current_address": "东山村1号",
        "registered_on": datetime.date(2020, 1, 1),
    }  # fmt: skip
    return DisabledPerson.objects.create(organisation=organisation, name=name, **(values | more))


@dataclass
class Course:
    """Asking for a list, having it made, fetching it."""

    world: object

    def ask(self, user="clerk", area="county", criteria="", kind="persons", **more) -> ExportFile:
        values = {"file_format": "xlsx", "preset": "usual", "whole": False, "purpose": "入户核对补贴"} | more
        return ask_for(
            kind=export_kind(kind),
            by=getattr(self.world, user),
            area=getattr(self.world, area),
            criteria=QueryDict(criteria),
            **values,
        )

    def make(self, export) -> ExportFile:
        run_now(export.job)
        export.refresh_from_db()
        return export

    def made(self, *args, **more) -> ExportFile:
        return self.make(self.ask(*args, **more))

    def fetch(self, client, export) -> bytes:
        response = client.post(reverse("export-fetch", args=[export.pk]))
        assert response.status_code == 200, response.status_code
        return b"".join(response.streaming_content)


@pytest.fixture
def course(world) -> Course:
    return Course(world)


@pytest.fixture
def people(world) -> list[DisabledPerson]:
    """Two of the village, one of its neighbour, one of the other county."""
    places = ("village", "village", "neighbour_village", "other_village")
    return [person(getattr(world, place), f"{surname}测试") for place, surname in zip(places, "张李王赵", strict=True)]


def cells_of(data: bytes) -> list[list]:
    """All rows of the first sheet of a workbook, with what stands above the headings."""
    sheet = load_workbook(io.BytesIO(data)).worksheets[0]
    return [["" if value is None else value for value in row] for row in sheet.iter_rows(values_only=True)]
