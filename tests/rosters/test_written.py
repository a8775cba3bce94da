"""Rows written out by the columns of their roster: what comes out goes in again and is the same."""

import datetime
from decimal import Decimal

import pytest
from django.db import connection, models
from django.test.utils import CaptureQueriesContext
from hypothesis import strategies as st

from federation.shared import normalise
from federation.shared.rosters.registry import roster_of
from federation.shared.sealed import SealedText
from federation.shared.workbooks import write_workbook
from ledgers.models import DisabledPerson
from tests.rosters.drawn import rows_of
from tests.rosters.people import person, roster_file

FULL = {
    "联系电话": "13900000000",
    "监护人电话": "0943-3221234",
    "家庭人口": "4",
    "家庭人均年收入": "8300.50",
    "困难残疾人生活补贴": "是",
    "重度残疾人护理补贴": "否",
    "备注": "'=SUM(A1) 不是公式，_x0041_ & <b>",
    "最近走访日期": "2026-03-01",
}


def written(rows, sealed=SealedText.open_plain, **more) -> bytes:
    return write_workbook([roster_of("persons").sheet_of(rows, sealed=sealed, **more)]).file.read()


@pytest.fixture
def registered(course):
    """Persons in two townships, with every kind of column filled."""
    rows = [person(0, **FULL), person(1, 乡镇="郭城驿镇"), person(2, 残疾类别="多重", 多重残疾类别="视力、肢体")]
    rows[2]["残疾人证号"] = rows[2]["残疾人证号"][:18] + "72"
    checked = course.send(roster_file(rows))
    assert course.errors(checked) == []
    course.confirm(checked)
    return DisabledPerson.objects.order_by("pk")


def columns_of(rows) -> list[tuple]:
    names = [column.field for column in roster_of("persons").columns
             if column.field not in ("township", "village", "division_code")]  # fmt: skip
    plain = []
    for row in rows:
        values = (getattr(row, name) for name in names)
        plain.append((row.organisation_id, *(v.open_plain() if isinstance(v, SealedText) else v for v in values)))
    return plain


def test_what_is_written_out_changes_nothing_when_it_is_read_again(course, registered):
    again = course.send(written(registered))
    assert (again.unchanged_count, again.changed_count, again.new_count) == (3, 0, 0), course.errors(again)


def test_what_is_written_out_makes_the_same_persons_where_they_are_gone(course, registered):
    data, before = written(registered), columns_of(registered)
    assert Decimal("8300.50") in before[0] and datetime.date(2026, 3, 1) in before[0]
    registered.delete()
    done = course.written(data)
    assert done.state == done.State.DONE, course.errors(done)
    assert columns_of(DisabledPerson.objects.order_by("pk")) == before


# --- whatever a form says ---------------------------------------------------------------------------------

DAYS = st.dates(datetime.date(1990, 1, 1), datetime.date(2026, 1, 1))
# Values of any column that is no number and of no dictionary: also what a spreadsheet would spoil.
WORDS = st.text(st.sampled_from("东山村三社12号-0=+@'\"&<>_x（）、．· ，。ABab\n\t"), max_size=20)
NOT_DRAWN = {"name", "id_number", "sex", "born_on", "category", "category_parts", "grade", "certificate_number",
             "certificate_status", "registered_on", "next_review_on", "household_disabled", "ethnicity",
             # Somebody in post: tests/rosters/test_member_in_charge.py.
             "member_in_charge"}  # fmt: skip


def value_of(column):
    """What a form may hold in a column, as it is kept."""
    field = DisabledPerson._meta.get_field(column.field)
    if column.kind == "date":
        return st.none() | DAYS
    if column.kind == "phone":
        return st.sampled_from(["", "13900000000", "0943-3221234-12"])
    if isinstance(field, models.BooleanField):
        return st.booleans()
    if isinstance(field, models.DecimalField):
        return st.none() | st.decimals("0", "99999", places=2)
    if isinstance(field, models.IntegerField):
        return st.none() | st.integers(1, 20)
    if column.dictionary:
        return st.sampled_from(["", *(value for value, _ in column.dictionary.words)])
    if column.clean is normalise.name:
        return st.sampled_from(["", "王大山", "阿依古丽·买买提", "𠮷一"])
    if column.field == "rehabilitation":
        return st.sampled_from(["", "1", "13", "246"])
    return WORDS.map(normalise.text).filter(lambda text: len(text) <= column.max_length)


COLUMNS = [each for each in roster_of("persons").columns
           if each.field not in NOT_DRAWN | {"township", "village", "division_code"}]  # fmt: skip
CELLS = {column.field: value_of(column) for column in COLUMNS}


def test_whatever_forms_say_comes_back_and_changes_nothing(course, world):
    """import(export(x)) = x over five hundred forms."""
    forms = rows_of(CELLS)
    bodies = [world.village, world.village_second, world.neighbour_village]
    for serial, values in enumerate(forms):
        row, body = person(serial), bodies[serial % len(bodies)]
        if not values["consent_kind"]:
            values["consented_on"] = None
        elif not values["consented_on"]:
            values["consent_kind"] = ""
        DisabledPerson.objects.create(
            organisation=body, name=row["姓名"], id_number=row["身份证号"], sex="1" if row["性别"] == "男" else "2",
            born_on=row["出生日期"], category="4", grade="2", certificate_number=row["残疾人证号"],
            registered_on=datetime.date(1989, 1, 5), **values,
        )  # fmt: skip
    rows = DisabledPerson.objects.order_by("pk")
    data, before = written(rows), columns_of(rows)
    again = course.send(data)
    assert again.unchanged_count == len(forms), (course.errors(again)[:5], again.report)
    rows.delete()
    done = course.written(data)
    assert done.new_count == len(forms), course.errors(done)[:5]
    for was, came_back in zip(before, columns_of(DisabledPerson.objects.order_by("pk")), strict=True):
        assert came_back == was


def test_masked_numbers_are_the_callers_choice(registered):
    sheet = roster_of("persons").sheet_of(registered, sealed=SealedText.masked)
    headings = [column.heading for column in sheet.columns]
    first = dict(zip(headings, next(iter(sheet.rows)), strict=True))
    assert "*" in first["身份证号"] and first["姓名"] == person(0)["姓名"]


def test_township_village_and_code_take_one_query_however_many_bodies(registered):
    columns = [
        column for column in roster_of("persons").columns if column.heading in ("乡镇", "村（社区）", "区划代码")
    ]
    with CaptureQueriesContext(connection) as queries:
        rows = list(roster_of("persons").sheet_of(registered, sealed=SealedText.masked, columns=columns).rows)
    assert rows == [
        ["会师镇", "东山村", "620422100200"],
        ["郭城驿镇", "东山村", "620422101200"],
        ["会师镇", "东山村", "620422100200"],
    ]
    assert len(queries) == 2, [query["sql"][:200] for query in queries]
