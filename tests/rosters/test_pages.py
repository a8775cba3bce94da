import io
import re

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from federation.shared.jobs import run_now
from federation.shared.models import AuditEntry, RosterImport
from federation.shared.rosters import all_rosters
from ledgers.models import DisabledPerson
from tests.rosters.people import id_number, person, roster_file

pytestmark = pytest.mark.django_db(transaction=True)


def work(roster_import):
    roster_import.refresh_from_db()
    run_now(roster_import.job)
    roster_import.refresh_from_db()


def send(client, world, data, mode="all_or_nothing", kind="persons", name="名册.xlsx"):
    answer = client.post(
        reverse("roster-upload"),
        {"kind": kind, "mode": mode, "organisation": world.county.pk, "file": SimpleUploadedFile(name, data)},
    )
    return answer, RosterImport.objects.order_by("pk").last()


def test_a_clerk_uploads_looks_confirms_and_undoes_without_scripts(as_user, world):
    client = as_user("clerk")
    answer, row = send(client, world, roster_file([person(n) for n in range(60)]))
    assert answer.status_code == 302
    detail = reverse("roster-detail", args=[row.pk])
    assert "刷新进度" in client.get(detail).content.decode()
    work(row)
    page = client.get(detail).content.decode()
    assert "新增（60）" in page
    assert "第 1/2 页" in page
    assert person(0)["姓名"] in page
    assert not re.search(r"\d{17}[\dX]", page), "numbers are masked"
    second = client.get(detail + "?show=new&page=2").content.decode()
    assert "第 2/2 页" in second
    assert "将新增 60 行" in client.get(reverse("roster-confirm", args=[row.pk])).content.decode()
    client.post(reverse("roster-confirm", args=[row.pk]))
    work(row)
    assert DisabledPerson.objects.count() == 60
    assert "已写入" in client.get(detail).content.decode()
    client.post(reverse("roster-undo", args=[row.pk]))
    work(row)
    assert not DisabledPerson.objects.exists()
    actions = set(AuditEntry.objects.filter(action__startswith="rosters.").values_list("action", flat=True))
    assert actions == {"rosters.import.uploaded", "rosters.import.confirmed", "rosters.import.undone"}


def test_wrong_rows_come_back_marked_and_are_taken_when_corrected(as_user, world):
    client = as_user("clerk")
    rows = [person(0), person(1, 性别="女"), person(2, 残疾等级="九级")]
    for row in rows:
        row["自定义列"] = "保留"
    _, sent = send(client, world, roster_file(rows))
    work(sent)
    page = client.get(reverse("roster-detail", args=[sent.pk])).content.decode()
    assert "第 3 行" in page
    assert "残疾等级" in page
    assert client.post(reverse("roster-confirm", args=[sent.pk])).status_code == 302
    assert not DisabledPerson.objects.exists()
    answer = client.get(reverse("roster-errors", args=[sent.pk]))
    workbook = openpyxl.load_workbook(io.BytesIO(b"".join(answer.streaming_content)))
    sheet = workbook.active
    headings = [cell.value for cell in sheet[1]]
    assert headings[0] == "错误"
    assert "自定义列" in headings
    assert sheet.max_row == 4, "all rows, since nothing was written"
    assert sheet.cell(2, 1).value is None
    assert "性别" in sheet.cell(3, 1).value
    assert "残疾等级" in sheet.cell(4, 1).value
    sheet.cell(3, headings.index("性别") + 1).value = "男"
    sheet.cell(4, headings.index("残疾等级") + 1).value = "二级"
    buffer = io.BytesIO()
    workbook.save(buffer)
    _, again = send(client, world, buffer.getvalue())
    work(again)
    assert (again.new_count, again.wrong_count) == (3, 0)


def test_only_who_sent_a_roster_gets_its_errors_with_whole_numbers(as_user, world):
    client = as_user("clerk")
    _, sent = send(client, world, roster_file([person(1, 性别="女")]))
    work(sent)
    client = as_user("administrator")
    assert client.get(reverse("roster-detail", args=[sent.pk])).status_code == 200
    assert client.get(reverse("roster-errors", args=[sent.pk])).status_code == 403


def test_an_import_is_not_seen_from_outside_its_area(as_user, world):
    client = as_user("clerk")
    _, sent = send(client, world, roster_file([person(0)]))
    for name in ("other_clerk", "director"):
        client = as_user(name)
        for url in ("roster-detail", "roster-confirm", "roster-undo", "roster-errors"):
            assert client.get(reverse(url, args=[sent.pk])).status_code == 404, (name, url)
    client = as_user("viewer")
    assert client.get(reverse("roster-list")).status_code == 403


def test_nobody_imports_for_a_body_above_the_own(as_user, world):
    client = as_user("director")
    answer, row = send(client, world, roster_file([person(0)]))
    assert answer.status_code == 422
    assert row is None


FILLED = {"姓名": "王小二", "身份证号": id_number(1), "乡镇": "会师镇", "村（社区）": "东山村",
          "身份": "残疾人", "任职日期": "2024-01-01", "地址": "会师镇政府"}  # fmt: skip
# Kinds that not everybody imports: who does, for which body, what lies outside, and a row.
BY_OTHERS = {
    "accounts": ("administrator", "county", "景泰县", {"账号": "wang.er", "姓名": "王小二", "机构": "620422100200",
                                                  "角色": "村（社区）专职委员"}),
}  # fmt: skip


# They speak of transfers and of sessions that must be there: tests/committees/test_bank.py and test_training_roster.py
# fill them in.
OF_SOMETHING = {"payments", "trainings"}
TEMPLATES = [roster.kind for roster in all_rosters() if roster.kind not in OF_SOMETHING]


@pytest.mark.parametrize("kind", [roster.kind for roster in all_rosters() if roster.permission])
def test_a_kind_that_takes_more_is_offered_to_who_may_and_to_nobody_else(as_user, kind):
    may = {"accounts": "administrator", "payments": "clerk"}[kind]
    for who in ("director", "clerk", "administrator"):
        client = as_user(who)
        assert client.get(reverse("roster-template", args=[kind])).status_code == (200 if who == may else 404), who
        offered = client.get(reverse("roster-upload")).context["form"].fields["kind"].choices
        assert (kind in dict(offered)) == (who == may)


@pytest.mark.parametrize("kind", TEMPLATES)
def test_a_filled_template_is_read_back(as_user, world, kind):
    who, body, outside, filled = BY_OTHERS.get(kind, ("director", "township", "郭城驿镇", FILLED))
    client = as_user(who)
    data = b"".join(client.get(reverse("roster-template", args=[kind])).streaming_content)
    workbook = openpyxl.load_workbook(io.BytesIO(data))
    sheet = workbook.worksheets[0]
    headings = [cell.value for cell in sheet[1]]
    assert len(headings) == len(set(headings))
    assert sheet.data_validations.dataValidation, "drop-downs"
    places = {cell.value for row in workbook["机构名称"].iter_rows() for cell in row if cell.value}
    assert {"会师镇", "东山村"} <= places
    assert outside not in places, "only the own area is offered"
    for place, heading in enumerate(headings, 1):
        sheet.cell(3, place).value = filled.get(heading)
    buffer = io.BytesIO()
    workbook.save(buffer)
    answer = client.post(reverse("roster-upload"), {"kind": kind, "mode": "all_or_nothing", "organisation":
        world.orgs[body].pk, "file": SimpleUploadedFile("模板.xlsx", buffer.getvalue())})  # fmt: skip
    assert answer.status_code == 302
    sent = RosterImport.objects.get()
    work(sent)
    assert (sent.row_count, sent.wrong_count) == (1, 0), sent.refusal
    assert "第 2 行是示例行，没有读入。" in sent.report["notices"]


def test_too_large_a_file_is_refused_on_the_form(as_user, world, settings):
    settings.ROSTER_MAX_BYTES = 1000
    answer, row = send(as_user("clerk"), world, roster_file([person(0)]))
    assert answer.status_code == 422
    assert "超过" in answer.content.decode()
    assert row is None
