"""The column 负责的专职委员: a name in the file, a worker on record; found, refused, exported, undone."""

from datetime import date

import pytest

from federation.shared.history import history_of
from federation.shared.rosters import preview
from federation.shared.rosters.registry import roster_of
from federation.shared.sealed import SealedText
from federation.shared.workbooks import write_workbook
from ledgers.models import DisabledPerson
from orgs.models import Tenure, Worker
from tests.rosters.people import person, roster_file

COLUMN = "负责的专职委员"


@pytest.fixture
def member_of():
    def make(body, name="周委员", post="committee_member", **more):
        worker = Worker.objects.create(name=name)
        Tenure.objects.create(organisation=body, worker=worker, post=post, started_on=date(2020, 1, 1), **more)
        return worker

    return make


def in_charge() -> list:
    return list(DisabledPerson.objects.order_by("pk").values_list("member_in_charge", flat=True))


def test_a_name_is_the_member_of_the_village_or_else_of_the_township(course, world, member_of):
    of_township, of_village = member_of(world.township), member_of(world.village)
    member_of(world.neighbour_village)
    rows = [person(0), person(1, **{"村（社区）": "西山村"}), person(2)]
    for row, name in zip(rows, ("周委员", " 周 委员", ""), strict=True):
        row[COLUMN] = name
    done = course.written(roster_file(rows))
    assert done.state == done.State.DONE, course.errors(done)
    assert in_charge() == [of_village.pk, of_township.pk, None]


def test_who_is_not_in_post_there_is_refused_by_name_and_row(course, world, member_of):
    member_of(world.village, "前委员", ended_on=date(2025, 1, 1))
    member_of(world.village, "理事", post="director")
    member_of(world.neighbour_village, "别处委员")
    member_of(world.village, "同名")
    member_of(world.village, "同名")
    rows = [person(n) | {COLUMN: name} for n, name in enumerate(("前委员", "理事", "别处委员", "同名"))]
    sent = course.send(roster_file(rows))
    nobody = "这个村（社区）和所属乡镇没有叫“{}”的在任专职委员。请核对姓名；还不知道由谁负责的留空。"
    assert course.errors(sent) == [
        *(f"第 {n} 行“{COLUMN}”：{nobody.format(name)}" for n, name in ((2, "前委员"), (3, "理事"), (4, "别处委员"))),
        f"第 5 行“{COLUMN}”：在任的专职委员里有 2 位叫“同名”，分不清是哪一位。请先留空，写入以后在登记表上选择。",
    ]
    assert not DisabledPerson.objects.exists()


def test_a_change_is_shown_by_name_kept_in_the_history_and_taken_back(course, world, member_of):
    before, after = member_of(world.village, "前任"), member_of(world.village, "后任")
    course.written(roster_file([person(0) | {COLUMN: "前任"}, person(1)]))
    assert in_charge() == [before.pk, None]
    sent = course.send(roster_file([person(0) | {COLUMN: "后任"}, person(1) | {COLUMN: "后任"}]))
    page = preview.page_of(sent, roster_of("persons"), "changed", 1)
    assert [row["cells"][-1]["value"] for row in page.rows] == [f"{COLUMN}：前任 → 后任", f"{COLUMN}：（空） → 后任"]
    course.confirm(sent)
    assert in_charge() == [after.pk, after.pk]
    first = DisabledPerson.objects.order_by("pk")[0]
    assert [str(each) for each in history_of(first)[0].differences] == [f"{COLUMN}：前任 → 后任"]
    course.undo(sent)
    assert in_charge() == [before.pk, None]
    assert [str(each) for each in history_of(first)[0].differences] == [f"{COLUMN}：后任 → 前任"]


def test_what_is_written_out_comes_in_unchanged_also_when_the_member_has_left(course, world, member_of):
    worker = member_of(world.village)
    course.written(roster_file([person(0) | {COLUMN: "周委员"}, person(1)]))
    Tenure.objects.update(ended_on=date(2026, 1, 1))
    sheet = roster_of("persons").sheet_of(DisabledPerson.objects.order_by("pk"), sealed=SealedText.open_plain)
    again = course.send(write_workbook([sheet]).file.read())
    assert (again.unchanged_count, again.changed_count) == (2, 0), course.errors(again)
    # An empty cell takes nobody away, and somebody unknown is refused even where nothing else changes.
    assert course.send(roster_file([person(0)])).unchanged_count == 1
    assert course.send(roster_file([person(0) | {COLUMN: "谁也不是"}])).wrong_count == 1
    assert in_charge() == [worker.pk, None]
