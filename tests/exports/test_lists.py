"""A list that leaves: what is in the file, who must agree, what is logged, how it is fetched."""

import csv
import datetime
import hashlib
import io
import re
import zipfile

import pytest
import time_machine
from django.conf import settings
from django.core.exceptions import PermissionDenied, ValidationError
from django.urls import reverse
from django.utils import timezone

from accounts.models import Assignment, User
from federation.roles import Role
from federation.shared.exports import decide
from federation.shared.jobs import run_now
from federation.shared.models import AuditEntry, ExportFile, Job
from ledgers.models import DisabledPerson
from tests.conftest import PASSWORD
from tests.exports.conftest import cells_of, person

State = ExportFile.State
TAKERS = {"member": 2, "director": 2, "township_member": 2, "clerk": 3, "leader": 3, "viewer": 4}
HOME = {"member": "village", "director": "township", "township_member": "township", "viewer": "province"}


def another(role, body, username="another") -> User:
    user = User.objects.create_user(username, password=PASSWORD, display_name="钱同事")
    Assignment.objects.create(user=user, role=role, organisation=body, since=datetime.date(2020, 1, 1))
    return user


@pytest.mark.parametrize("user", TAKERS)
def test_every_role_that_may_takes_out_its_own_rows_masked_marked_logged_and_clean(
    course, world, people, as_user, user
):
    export = course.made(user, HOME.get(user, "county"))
    assert export.state == State.READY, export.refusal
    data = course.fetch(as_user(user), export)
    rows = cells_of(data)
    mark, title, words, headings, *found = rows
    who = getattr(world, user)
    assert mark[0].startswith(f"{who}　{who.home_organisation}　{timezone.localtime():%Y-%m-%d}")
    assert "用途：入户核对补贴　文件编号：" in mark[0] and mark[0].endswith(f"-{export.pk:06d}")
    assert (title[0], words[0]) == ("残疾人登记表", "条件：全部在册的人")
    assert len(found) == TAKERS[user] == export.row_count
    column = headings.index("身份证号")
    assert all(re.fullmatch(r"\d{6}\*{8}\d{3}[\dX]", row[column]) for row in found)
    text = "".join(str(cell) for row in rows for cell in row)
    for one in people:
        assert one.id_number.open_plain() not in text and one.phone.open_plain() not in text
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        parts = {name: archive.read(name).decode() for name in archive.namelist()}
    everything = "".join(parts.values())
    assert not any(name.startswith(("docProps", "xl/externalLinks", "xl/vba", "xl/comments")) for name in parts)
    for never in (
        "<f>",
        "<f ",
        'hidden="',
        'state="hidden"',
        'state="veryHidden"',
        "definedName",
        "absPath",
        str(settings.BASE_DIR),
        "lastModified",
    ):
        assert never not in everything
    sheet = parts["xl/worksheets/sheet1.xml"]
    assert "<oddFooter>" in sheet and "入户核对补贴" in sheet.split("<oddFooter>")[1]
    assert 'state="frozen"' in sheet and 'ySplit="4"' in sheet
    made = AuditEntry.objects.get(action="exports.made")
    assert made.details["sha256"] == export.sha256 == hashlib.sha256(data).hexdigest()
    assert (made.details["rows"], made.details["whole"], made.reason) == (len(found), False, "入户核对补贴")
    assert made.details["file_number"] in mark[0] and made.actor_id == who.pk
    entry = AuditEntry.objects.get(action="exports.fetched")
    assert (entry.actor_id, entry.ip, entry.details["sha256"]) == (who.pk, "127.0.0.1", export.sha256)


@pytest.mark.parametrize("user", ["officer", "administrator", "auditor", "stranger"])
def test_who_may_not_take_lists_out_gets_no_page_and_no_file(course, world, people, as_user, user):
    assert as_user(user).get(reverse("export-ask", args=["persons"])).status_code == 403
    with pytest.raises(PermissionDenied):
        course.ask(user)
    assert not ExportFile.objects.exists()


def test_a_file_holds_what_the_list_shows_under_the_same_filter(course, world, people, as_user):
    page = as_user("clerk").get(reverse("person-list"), {"q": "李测试", "category": "4"})
    link = re.search(r'href="(/exports/new/persons/[^"]+)"', page.content.decode())[1].replace("&amp;", "&")
    sent = {"format": "csv", "preset": "all", "purpose": "核对李姓人员"}
    answer = as_user("clerk").post(link, sent)
    export = ExportFile.objects.get()
    assert answer.url == reverse("export-detail", args=[export.pk])
    assert run_now(export.job).state == "done"
    rows = list(csv.reader(io.StringIO(course.fetch(as_user("clerk"), export).decode("utf-8-sig"))))
    headings, *found = rows[3:]
    assert [row[headings.index("姓名")] for row in found] == ["李测试"]
    assert found[0][headings.index("村（社区）")] == "东山村" and found[0][headings.index("残疾类别")] == "肢体"
    assert rows[2] == ["条件：姓名、拼音或号码：李测试、残疾类别：肢体"]


def test_what_was_searched_for_stands_in_no_log(course, world, people):
    course.made(criteria="q=李测试")
    for entry in AuditEntry.objects.filter(action__startswith="exports."):
        assert "李测试" not in entry.canonical() and "填了内容" in entry.details["filter"]
        assert re.fullmatch("[0-9a-f]{32}", entry.details["filter_digest"])


def test_an_area_chosen_in_the_filter_is_the_area_of_the_file(course, world, people, as_user):
    address = f"{reverse('export-ask', args=['persons'])}?area={world.township.pk}"
    as_user("clerk").post(address, {"format": "xlsx", "preset": "usual", "purpose": "核对会师镇"})
    export = ExportFile.objects.get()
    assert (export.organisation, export.row_count) == (world.township, 2)


def test_an_empty_list_is_refused_in_a_sentence(course, world, as_user):
    page = as_user("clerk").post(
        reverse("export-ask", args=["persons"]), {"format": "xlsx", "preset": "usual", "purpose": "入户核对"}
    )
    assert page.status_code == 422 and "没有可以下载的内容" in page.content.decode()


# --- the second person ------------------------------------------------------------------------------


def test_above_the_setting_a_second_person_must_agree_before_anything_is_made(course, world, people, settings, as_user):
    settings.FEDERATION_EXPORT_SECOND_PERSON_ROWS = 2
    export = course.ask()
    assert export.state == State.WAITING and export.job is None and not Job.objects.exists()
    client = as_user("leader")
    page = client.get(reverse("export-decide", args=[export.pk])).content.decode()
    assert "3 行" in page and "入户核对补贴" in page and "全部在册的人" in page and "赵经办" in page
    client.post(reverse("export-decide", args=[export.pk]), {"action": "agree", "answer": ""})
    export.refresh_from_db()
    assert (export.state, export.decided_by) == (State.RUNNING, world.leader)
    assert course.make(export).state == State.READY
    assert AuditEntry.objects.get(action="exports.approved").actor_id == world.leader.pk
    assert len(cells_of(course.fetch(as_user("clerk"), export))) == 4 + 3


def test_at_the_setting_nobody_need_agree(course, world, people, settings):
    settings.FEDERATION_EXPORT_SECOND_PERSON_ROWS = 3
    assert course.ask().state == State.RUNNING


def test_whole_numbers_always_want_a_second_person_and_then_stand_in_the_file(course, world, people, as_user):
    export = course.ask("township_member", "township", whole=True)
    assert export.state == State.WAITING
    as_user("director").post(reverse("export-decide", args=[export.pk]), {"action": "agree"})
    export.refresh_from_db()
    course.make(export)
    rows = cells_of(course.fetch(as_user("township_member"), export))
    column = rows[3].index("身份证号")
    numbers = {one.id_number.open_plain() for one in people[:2]}
    assert {row[column] for row in rows[4:]} == numbers
    assert AuditEntry.objects.get(action="exports.made").details["whole"] is True


def test_who_may_not_reveal_numbers_is_not_offered_them_and_gets_none(course, world, people, as_user):
    page = as_user("viewer").get(reverse("export-ask", args=["persons"])).content.decode()
    assert 'name="whole"' not in page
    with pytest.raises(PermissionDenied):
        course.ask("viewer", "province", whole=True)


def test_nobody_is_the_second_person_of_their_own_file(course, world, people, as_user):
    export = course.ask("director", "township", whole=True)
    assert as_user("director").get(reverse("export-decide", args=[export.pk])).status_code == 403
    assert as_user("director").post(reverse("export-decide", args=[export.pk]), {"action": "agree"}).status_code == 403
    with pytest.raises(ValidationError, match="另一个人"):
        decide(export=export, by=world.director, agrees=True)
    export.refresh_from_db()
    assert export.state == State.WAITING


def test_the_second_person_stands_over_the_area_of_the_file(course, world, people, as_user):
    export = course.ask(whole=True)
    assert as_user("director").get(reverse("export-decide", args=[export.pk])).status_code == 404
    assert as_user("township_member").get(reverse("export-decide", args=[export.pk])).status_code == 403


# City and province: whom the rule of the second person left without anybody.


def test_a_colleague_of_the_same_body_answers_for_a_viewer(course, world, people, settings, client):
    settings.FEDERATION_EXPORT_SECOND_PERSON_ROWS = 2
    colleague = another(Role.UPPER_VIEWER, world.province)
    export = course.ask("viewer", "province")
    assert export.state == State.WAITING
    client.force_login(colleague)
    assert "1 份下载申请等您答复" in client.get(reverse("home")).content.decode()
    page = client.get(reverse("export-waiting")).content.decode()
    assert reverse("export-decide", args=[export.pk]) in page
    client.post(reverse("export-decide", args=[export.pk]), {"action": "agree", "answer": ""})
    export.refresh_from_db()
    assert (export.state, export.decided_by) == (State.RUNNING, colleague)
    assert course.make(export).state == State.READY and export.row_count == 4


def test_a_viewer_answers_neither_for_itself_nor_for_bodies_below_or_above(course, world, people, settings, client):
    settings.FEDERATION_EXPORT_SECOND_PERSON_ROWS = 2
    of_city = another(Role.UPPER_VIEWER, world.city)
    by_clerk, by_viewer = course.ask("clerk", "county"), course.ask("viewer", "province")
    for user, export in ((of_city, by_clerk), (world.viewer, by_clerk), (of_city, by_viewer)):
        client.force_login(user)
        assert client.get(reverse("export-decide", args=[export.pk])).status_code == 404
        assert reverse("export-decide", args=[export.pk]) not in client.get(reverse("export-waiting")).content.decode()
    client.force_login(world.viewer)
    assert client.post(reverse("export-decide", args=[by_viewer.pk]), {"action": "agree"}).status_code == 403
    with pytest.raises(ValidationError, match="另一个人"):
        decide(export=by_viewer, by=world.viewer, agrees=True)
    by_viewer.refresh_from_db()
    assert by_viewer.state == State.WAITING


def test_who_may_agree_is_named_and_so_is_what_to_do_where_there_is_nobody(course, world, people, settings, as_user):
    settings.FEDERATION_EXPORT_SECOND_PERSON_ROWS = 1
    ask = reverse("export-ask", args=["persons"])
    page = as_user("clerk").get(ask).content.decode()
    assert f"可以同意的人：{world.leader}。" in page and str(world.clerk) not in page.split("可以同意的人：")[1][:20]
    page = as_user("viewer").get(ask).content.decode()
    assert "现在没有别人可以同意" in page
    colleague = another(Role.UPPER_VIEWER, world.province)
    export = course.ask("viewer", "province")
    page = as_user("viewer").get(reverse("export-detail", args=[export.pk])).content.decode()
    assert f"可以同意的人：{colleague}。" in page
    # Those named are those who can.
    for asker, area in (("clerk", "county"), ("viewer", "province"), ("member", "village"), ("director", "township")):
        asked = course.ask(asker, area, whole=asker != "viewer")
        named = set(User.objects.second_persons(getattr(world, asker), asked.org_path))
        assert named == {user for user in User.objects.all() if ExportFile.objects.to_answer(user).filter(pk=asked.pk)}


def test_nobody_agrees_to_numbers_they_may_not_see(course, world, people, client):
    """A colleague at the county who reads lists but shows no numbers in full."""
    export = course.ask(whole=True)
    both = another(Role.UPPER_VIEWER, world.county)
    assert ExportFile.objects.to_answer(both).filter(pk=export.pk).exists()
    client.force_login(both)
    assert client.post(reverse("export-decide", args=[export.pk]), {"action": "agree"}).status_code == 403
    with pytest.raises(ValidationError):
        decide(export=export, by=both, agrees=True)


def test_a_number_that_was_searched_for_is_masked_in_the_file_and_for_the_second_person(
    course, world, people, settings, as_user
):
    settings.FEDERATION_EXPORT_SECOND_PERSON_ROWS = 0
    number = people[0].id_number.open_plain()
    export = course.ask(criteria=f"q={number}")
    assert export.row_count == 1
    page = as_user("leader").get(reverse("export-decide", args=[export.pk])).content.decode()
    assert number not in page and number[:6] in page
    decide(export=export, by=world.leader, agrees=True)
    export.refresh_from_db()
    assert number not in str(cells_of(course.fetch(as_user("clerk"), course.make(export))))


# What stands in free text.


def test_addresses_health_and_numbers_in_free_text_leave_masked(course, world, as_user):
    one = person(
        world.village, current_address="会师镇东山村三组十八号", remark="女儿电话13912345678，证号620422198001011234",
        cause="高处坠落", devices_needed="轮椅", employer="会宁县福利厂 0943-3221234",
    )  # fmt: skip
    masked, whole = course.made(preset="all"), course.ask(preset="all", whole=True)
    decide(export=whole, by=world.leader, agrees=True)
    whole.refresh_from_db()
    for export, hidden in ((masked, True), (course.make(whole), False)):
        headings, *rows = cells_of(course.fetch(as_user("clerk"), export))[3:]
        cells = dict(zip(headings, rows[0], strict=True))
        if hidden:
            assert cells["现住址"] == "会师镇东山村……"
            assert cells["备注"] == "女儿电话139****5678，证号620422********1234"
            assert cells["致残原因"] == cells["需要辅助器具"] == "（不显示）" and cells["已有辅助器具"] == ""
            assert cells["就业单位"] == "会宁县福利厂 094*-***1234"
            assert cells["残疾类别"] == "肢体"
        else:
            assert [cells["现住址"], cells["备注"]] == [one.current_address, one.remark]
            assert [cells["致残原因"], cells["就业单位"]] == [one.cause, one.employer]


def test_a_refusal_wants_a_reason_and_ends_it(course, world, people, as_user):
    export = course.ask(whole=True)
    address = reverse("export-decide", args=[export.pk])
    page = as_user("leader").post(address, {"action": "refuse", "answer": ""})
    assert page.status_code == 422 and "写明原因" in page.content.decode()
    as_user("leader").post(address, {"action": "refuse", "answer": "用途写得不清楚"})
    export.refresh_from_db()
    assert export.state == State.REFUSED and not Job.objects.exists()
    assert "用途写得不清楚" in as_user("clerk").get(reverse("export-detail", args=[export.pk])).content.decode()
    page = as_user("leader").post(address, {"action": "agree", "answer": ""})
    assert "已经处理过" in page.content.decode() and not Job.objects.exists()


def test_a_list_that_grew_past_the_setting_meanwhile_is_not_made_without_a_second_person(
    course, world, people, settings
):
    settings.FEDERATION_EXPORT_SECOND_PERSON_ROWS = 3
    export = course.ask()
    person(world.village, "后来人")
    assert run_now(export.job).state == "failed"
    export.refresh_from_db()
    assert export.state == State.FAILED and "第二个人" in export.refusal


def test_rights_are_asked_again_when_the_job_runs(course, world, people):
    export = course.ask()
    world.clerk.assignments.update(until=timezone.localdate() - datetime.timedelta(days=1))
    assert run_now(export.job).state == "failed"
    export.refresh_from_db()
    assert export.state == State.FAILED and "没有" in export.refusal


def test_the_scope_of_the_moment_counts_when_the_job_runs(course, world, people, as_user):
    export = course.ask()
    DisabledPerson.objects.filter(pk=people[0].pk).update(
        organisation=world.other_village, org_path=world.other_village.path
    )
    course.make(export)
    names = [row[0] for row in cells_of(course.fetch(as_user("clerk"), export))[4:]]
    assert sorted(names) == ["李测试", "王测试"]


# --- fetching ---------------------------------------------------------------------------------------


def test_the_download_works_once_and_only_as_an_act(course, world, people, as_user):
    export, client = course.made(), as_user("clerk")
    address = reverse("export-fetch", args=[export.pk])
    assert client.get(address).status_code == 405 and client.head(address).status_code == 405
    response = client.post(address)
    assert response["Cache-Control"] == "no-store" and response["Accept-Ranges"] == "none"
    assert f"-{export.pk:06d}.xlsx" in response["Content-Disposition"]
    assert len(b"".join(response.streaming_content)) == int(response["Content-Length"])
    assert client.post(address).status_code == 404
    assert "已下载过一次" in client.get(reverse("export-detail", args=[export.pk])).content.decode()


def test_a_range_request_gets_nothing_and_uses_nothing_up(course, world, people, as_user):
    export, client = course.made(), as_user("clerk")
    address = reverse("export-fetch", args=[export.pk])
    assert client.post(address, headers={"Range": "bytes=0-99"}).status_code == 404
    assert client.post(address).status_code == 200


@pytest.mark.parametrize("user", ["leader", "director", "township_member", "member", "viewer", "other_clerk"])
def test_another_user_gets_404(course, world, people, as_user, user):
    export = course.made()
    assert as_user(user).post(reverse("export-fetch", args=[export.pk])).status_code == 404


def test_after_a_day_it_is_404_and_the_page_says_why(course, world, people, as_user):
    export = course.made()
    with time_machine.travel(timezone.now() + datetime.timedelta(hours=24, minutes=1)):
        client = as_user("clerk")
        assert client.post(reverse("export-fetch", args=[export.pk])).status_code == 404
        assert "已过期" in client.get(reverse("export-detail", args=[export.pk])).content.decode()


def test_after_a_change_of_role_it_is_404(course, world, people, as_user):
    export = course.made()
    client = as_user("clerk")
    world.clerk.assignments.update(role=Role.VILLAGE_MEMBER, organisation=world.village)
    for one in Assignment.objects.filter(user=world.clerk):
        one.save()
    assert client.post(reverse("export-fetch", args=[export.pk])).status_code == 404


def test_one_sees_ones_own_downloads_and_the_second_person_what_waits(course, world, people, as_user):
    course.made()
    waiting = course.ask(whole=True)
    page = as_user("clerk").get(reverse("export-list")).content.decode()
    assert page.count("入户核对补贴") == 2
    assert "1 份下载申请等您答复" in as_user("leader").get(reverse("export-list")).content.decode()
    page = as_user("leader").get(reverse("export-waiting")).content.decode()
    assert reverse("export-decide", args=[waiting.pk]) in page and page.count("入户核对补贴") == 1
    assert "1 份下载申请等您答复" in as_user("leader").get(reverse("home")).content.decode()
    assert "1 个文件可以下载" in as_user("clerk").get(reverse("home")).content.decode()
