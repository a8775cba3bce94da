"""The roster of a county, 40,900 persons by 21 columns, imported: product, floor and default on one table."""

import contextlib
import datetime
import functools
import io
import itertools
import json
import sys
import uuid
from pathlib import Path

from django.conf import settings
from django.core.management import call_command
from django.db import connection, transaction
from django.utils import timezone
from python_calamine import CalamineWorkbook

from accounts.models import Assignment, User
from bench import make_rosters
from bench.harness import isolated
from bench.plain_import import import_plainly
from bench.world import binary
from federation.roles import Role
from federation.shared.pinyin import pinyin_of
from federation.shared.sealed_blobs import blind_indexes, seal_many
from ledgers.models import DisabledPerson
from orgs.bulk import insert_rows
from orgs.models import BodyKind, Level, Organisation
from orgs.naming import place_name

PERSONS = 40_900
COUNTY = "620422000000"
DEFAULT_ROWS = 2_000
_SEALED = (
    ("id_number", 1, "id_number"), ("phone", 5, None), ("certificate_number", 8, "certificate"),
    ("guardian_phone", 16, None),
)  # fmt: skip
_COLUMNS = (
    "id", "uid", "organisation_id", "org_path", "name", "name_pinyin", "name_initials", "sex", "ethnicity", "born_on",
    "category", "grade", "cause", "register_type", "current_address", "guardian_name", "guardian_relation",
    "marital_status", "education", "dibao", "employment", "registered_on", "id_number", "id_number_index", "phone",
    "certificate_number", "certificate_number_index", "guardian_phone",
)  # fmt: skip


@functools.cache
def workbook(persons: int) -> Path:
    # Beside the bench's other files, which go when it ends.
    folder = settings.DATA_DIR / "rosters"
    # It reports its files on standard output, where only figures may stand.
    with contextlib.redirect_stdout(sys.stderr):
        make_rosters.make(folder, persons, 2026, COUNTY, make_rosters.DIVISIONS)
    return folder / "persons.xlsx"


def prepare(context) -> tuple[Path, str]:
    """The county with its real places and a clerk; gives the workbook and the clerk's name."""
    if not Organisation.objects.filter(code=COUNTY).exists():
        call_command("load_divisions", str(make_rosters.DIVISIONS), stdout=io.StringIO())
    county = Organisation.objects.get(code=COUNTY, level=Level.COUNTY, body_kind=BodyKind.FEDERATION)
    user, created = User.objects.get_or_create(username="bench-clerk", defaults={"display_name": "测量"})
    if created:
        since = datetime.date(2020, 1, 1)
        Assignment.objects.create(user=user, role=Role.COUNTY_CLERK, organisation=county, since=since)
    return workbook(max(100, round(PERSONS * context.scale))), user.username


_measured: dict = {}


def figures_of(context) -> dict:
    """Floor, new import, the same again, default: measured once for both benches of a process."""
    if not _measured:
        _measured.update(_measure(context))
    return _measured


def _measure(context) -> dict:
    path, username = prepare(context)
    found = {"floor": isolated(lambda: floor(path))}
    empty()
    found["new"] = isolated(lambda: product(path, username))
    written = stamps()
    found["again"] = isolated(lambda: product(path, username))
    found["rewritten"] = sum(stamp != written.get(pk) for pk, stamp in stamps().items())
    empty()
    found["default"] = isolated(lambda: import_plainly(path, DEFAULT_ROWS))
    return found


def product(path: Path, username: str) -> dict:
    """The whole course: receive, read in the fenced child, check, stage, confirm, write, history, audit."""
    out = io.StringIO()
    call_command("import_roster", "persons", str(path), username=username, commit=True, json=True, stdout=out)
    return {name: value for name, value in json.loads(out.getvalue()).items() if name != "errors"}


def stamps() -> dict:
    return dict(DisabledPerson.objects.values_list("pk", "updated_at"))


def empty():
    """An empty table as after a fresh migration; what refers to persons (drafts) is as empty."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(f"TRUNCATE {DisabledPerson._meta.db_table} CASCADE")
        else:
            cursor.execute(f"DELETE FROM {DisabledPerson._meta.db_table}")


def floor(path: Path) -> int:
    """Read with calamine, seal the same values, COPY into the same table with its indexes. No check, no history."""
    rows = CalamineWorkbook.from_path(str(path)).get_sheet_by_index(0).to_python(skip_empty_area=True)
    start = next(number for number, row in enumerate(rows) if row[0] == "姓名") + 1
    columns = list(zip(*rows[start:], strict=True))
    count = len(columns[0])
    places = {}
    for pk, tree_path, label in Organisation.objects.filter(level=Level.VILLAGE).values_list(
        "pk", "path", "short_name"
    ):
        places[label] = (pk, tree_path)
    found = [places[place_name(Level.VILLAGE, label)] for label in columns[7]]
    uids = [str(uuid.uuid4()) for _ in range(count)]
    sealed = {}
    for name, place, domain in _SEALED:
        tokens = seal_many(columns[place], DisabledPerson._meta.label_lower, name, uids)
        sealed[name] = [binary(token) if token else None for token in tokens]
        if domain:
            sealed[f"{name}_index"] = [binary(v) if v else None for v in blind_indexes(domain, columns[place])]
    spelled = [pinyin_of(name) for name in columns[0]]
    today = timezone.localdate()
    kept_uids = uids if connection.vendor == "postgresql" else [uid.replace("-", "") for uid in uids]
    one = ("1",) * count
    values = zip(
        itertools.count(1), kept_uids, [pk for pk, _ in found], [tree_path for _, tree_path in found], columns[0],
        [full for full, _ in spelled], [initials for _, initials in spelled], one, columns[3], columns[4], one, one,
        columns[11], one, columns[13], columns[14], columns[15], one, one, one, one, itertools.repeat(today),
        sealed["id_number"], sealed["id_number_index"], sealed["phone"], sealed["certificate_number"],
        sealed["certificate_number_index"], sealed["guardian_phone"], strict=False,
    )  # fmt: skip
    with transaction.atomic():
        return insert_rows(DisabledPerson, _COLUMNS, itertools.islice(values, count))
