"""Organisations and members written out by their rosters: what comes out goes in again and is the same."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from committees.models import Appointment
from federation.shared.rosters.registry import roster_of
from federation.shared.sealed import SealedText
from federation.shared.workbooks import write_workbook
from orgs.models import Organisation, Tenure, Worker
from orgs.resources import OrganisationRoster
from tests.rosters.people import id_number, roster_file
from tests.rosters.test_records import body, member

FACTS = OrganisationRoster.models_in_order


def written(kind: str, rows, sealed=SealedText.open_plain) -> bytes:
    return write_workbook([roster_of(kind).sheet_of(rows, sealed=sealed)]).file.read()


def bodies(world):
    return Organisation.objects.filter(pk__in=[world.township.pk, world.village.pk]).order_by("path")


def members():
    return Tenure.objects.select_related("worker", "appointment", "organisation").order_by("pk")


def village(**given) -> dict:
    """A village with another of everything, and values a spreadsheet could spoil."""
    row = {
        "村（社区）": "东山村",
        "曾用名": "东风大队、红旗村",
        "牌面文字": "'=东山村残疾人协会 & <牌>",
        "办公电话": "0943-3221234",
        "成立日期": "2012-04-01",
        "机构独立": "否",
        "合署办公单位": "村委会",
        "党组织": "党组",
        "党组织成立日期": "2013-07-01",
        "目标年度": "2026",
        "目标任务": "走访全部残疾人家庭，_x0041_ 一户不漏",
        "协会主席姓名": "周主席",
        "协会主席身份证号": id_number(8),
        "协会主席任职日期": "2023-02-01",
        "理事长姓名": None,
        "理事长身份证号": None,
        "理事长任职日期": None,
        "理事长另任职务": None,
    }
    return body(**(row | given))


def everything() -> dict:
    """All facts as they are stored, by model: what must be the same afterwards."""
    found = {}
    for model in FACTS:
        names = [
            field.attname
            for field in model._meta.concrete_fields
            if field.name not in ("id", "uid", "version", "created_at", "updated_at", "created_by", "worker")
            and not field.name.endswith("_index")
        ]
        found[model.__name__] = sorted(
            [
                tuple(str(v.open_plain() if isinstance(v := getattr(row, name), SealedText) else v) for name in names)
                for row in model._base_manager.all()
            ]
        )
    return found


def test_organisations_written_out_change_nothing_when_they_are_read_again(course, world):
    done = course.written(roster_file([body(), village()]), kind="organisations")
    assert done.state == done.State.DONE, course.errors(done)
    again = course.send(written("organisations", bodies(world)), kind="organisations")
    assert (again.unchanged_count, again.changed_count, again.wrong_count) == (2, 0, 0), course.errors(again)


def test_organisations_written_out_make_the_same_facts_where_they_are_gone(course, world):
    first = course.written(roster_file([body(), village()]), kind="organisations")
    assert first.state == first.State.DONE, course.errors(first)
    data, before = written("organisations", bodies(world)), everything()
    assert all(before[model.__name__] for model in FACTS), "every kind of fact takes part"
    for model in reversed(FACTS):
        model._base_manager.all().delete()
    done = course.written(data, kind="organisations")
    assert done.state == done.State.DONE, course.errors(done)
    assert everything() == before


def test_members_written_out_change_nothing_when_they_are_read_again(course):
    course.written(roster_file([member(0), member(1, **{"村（社区）": None})]), kind="members")
    again = course.send(written("members", members()), kind="members")
    assert (again.unchanged_count, again.changed_count, again.new_count) == (2, 0, 0), course.errors(again)


def _of_members() -> list[tuple]:
    names = [column.field for column in roster_of("members").columns]
    given = roster_of("members").values_elsewhere(members())
    values = ([given[name](tenure) for name in names] for tenure in members())
    return [tuple(v.open_plain() if isinstance(v, SealedText) else v for v in row) for row in values]


def test_members_written_out_make_the_same_people_where_they_are_gone(course):
    rows = [
        member(0, 民族="回族", 文化程度="高中", 政治面貌="群众", 住址="东山村3号", 聘任文号="会残发〔2024〕12号",
               另任职务="村文书", 出生日期="1970-01-01"),
        member(1, 身份="残疾人", 残疾亲友姓名=None, 与残疾人关系=None, 残疾人证号=f"{id_number(1, sex='女')}42"),
        member(2, **{"村（社区）": None}),
        member(3, 岗位="阳光家园辅导员"),
    ]  # fmt: skip
    first = course.written(roster_file(rows), kind="members")
    assert first.state == first.State.DONE, course.errors(first)
    data, before = written("members", members()), _of_members()
    Appointment.objects.all().delete()
    Tenure.objects.all().delete()
    Worker.objects.all().delete()
    done = course.written(data, kind="members")
    assert done.state == done.State.DONE, course.errors(done)
    assert _of_members() == before


_TEXTS = st.text(st.sampled_from("东山村残协_x0041=+-@'&<>\"、，123 \n一"), min_size=1, max_size=20).filter(str.strip)


@settings(max_examples=6, deadline=None, suppress_health_check=list(HealthCheck))
@given(wording=_TEXTS, address=_TEXTS, amount=st.decimals("0", "999999", places=2), count=st.integers(0, 999))
def test_whatever_the_facts_say_comes_back(course, world, wording, address, amount, count):
    given = {"牌面文字": f"牌{wording}", "地址": f"址{address}", "安排金额": str(amount), "工作档案": f"表二{count}"}
    done = course.send(roster_file([village(**given)]), kind="organisations")
    assert done.wrong_count == 0, course.errors(done)
    if done.may_be_confirmed:
        course.confirm(done)
    again = course.send(written("organisations", bodies(world).filter(pk=world.village.pk)), kind="organisations")
    assert (again.unchanged_count, again.wrong_count) == (1, 0), course.errors(again)


@pytest.mark.parametrize("kind", ["organisations", "members"])
def test_masked_numbers_are_the_callers_choice_and_are_refused_when_they_come_back(course, world, kind):
    rows = [member(0)] if kind == "members" else [body()]
    course.written(roster_file(rows), kind=kind)
    of = members() if kind == "members" else bodies(world).filter(pk=world.township.pk)
    masked = written(kind, of, sealed=SealedText.masked)
    again = course.send(masked, kind=kind)
    assert again.wrong_count == 1 and "遮盖" in " ".join(course.errors(again))


def test_writing_bodies_takes_the_same_queries_for_one_and_for_many(course, world):
    course.written(roster_file([body(), village()]), kind="organisations")
    counts = []
    for rows in (bodies(world).filter(pk=world.village.pk), bodies(world)):
        with CaptureQueriesContext(connection) as queries:
            list(roster_of("organisations").sheet_of(rows, sealed=SealedText.masked).rows)
        counts.append(len(queries))
    assert counts[0] == counts[1]
