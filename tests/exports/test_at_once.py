"""Lists that name nobody are given at once; the others take the course of purpose, job and second person."""

import csv
import hashlib
import io

import pytest
from django.urls import reverse

from federation.shared import audit
from federation.shared.export_kinds import Sensitivity, all_kinds
from federation.shared.models import AuditEntry, ExportFile, Job
from tests.exports.conftest import cells_of


def body(answer) -> bytes:
    return b"".join(answer.streaming_content)


def ask(client, kind, criteria="", **more):
    """The form of a list, sent; the file it leads to."""
    address = f"{reverse('export-ask', args=[kind])}?{criteria}"
    page = client.get(address)
    assert page.status_code == 200
    return page, client.post(address, {"format": "xlsx", "preset": "usual"} | more)


def test_a_list_of_bodies_comes_with_one_press_marked_logged_and_without_a_job(world, as_user):
    page, sent = ask(as_user("clerk"), "organisations", "level=5")
    text = page.content.decode()
    assert "没有个人信息" in text and 'name="purpose"' not in text and 'name="whole"' not in text
    answer = as_user("clerk").get(sent.url)
    data = body(answer)
    assert answer["Cache-Control"] == "no-store" and int(answer["Content-Length"]) == len(data)
    mark, title, words, headings, *rows = cells_of(data)
    assert mark[0].startswith(f"{world.clerk}　{world.county}　") and title[0] == "机构一览"
    assert "级别：村" in words[0] and headings[:3] == ["名称", "所属", "级别"]
    codes = {row[headings.index("区划代码")] for row in rows}
    assert world.village.code in codes and not codes & {world.township.code, world.other_village.code}
    entry = AuditEntry.objects.get(action="exports.given")
    assert (entry.actor_id, entry.organisation) == (world.clerk.pk, world.county)
    assert entry.details["sha256"] == hashlib.sha256(data).hexdigest() and entry.details["rows"] == len(rows)
    assert not Job.objects.exists() and not ExportFile.objects.exists()


def test_the_same_list_as_text(world, as_user):
    _page, sent = ask(as_user("clerk"), "organisations", "level=5", format="csv")
    answer = as_user("clerk").get(sent.url)
    rows = list(csv.reader(io.StringIO(body(answer).decode("utf-8-sig"))))
    assert rows[3][0] == "名称" and world.village.name in {row[0] for row in rows[4:]}
    assert ".csv" in answer["Content-Disposition"]


def test_the_form_stays_and_gives_the_file_again_in_another_format(world, as_user):
    address = reverse("export-ask", args=["organisations"])
    assert "novalidate data-repeat" in as_user("clerk").get(address).content.decode()
    key = "7d2f4f7e-3b1e-4a6e-9c55-0c6f5a1d2b3c"
    for file_format in ("xlsx", "xlsx", "csv"):
        sent = as_user("clerk").post(address, {"format": file_format, "submission_key": key})
        assert f".{file_format}" in as_user("clerk").get(sent.url)["Content-Disposition"]
    assert (
        "novalidate data-repeat" not in as_user("clerk").get(reverse("export-ask", args=["members"])).content.decode()
    )


def test_above_the_setting_the_list_is_made_by_a_job_without_a_second_person(course, world, as_user, settings):
    settings.FEDERATION_EXPORT_AT_ONCE_ROWS = 1
    page, refused = ask(as_user("clerk"), "organisations", "reach=all")
    assert 'name="purpose"' in page.content.decode() and refused.status_code == 422
    assert as_user("clerk").get(reverse("export-now", args=["organisations"])).status_code == 302
    ask(as_user("clerk"), "organisations", "reach=all", purpose="核对机构名称")
    export = ExportFile.objects.get()
    assert export.state == ExportFile.State.RUNNING
    rows = cells_of(course.fetch(as_user("clerk"), course.make(export)))
    assert len(rows) == 4 + export.row_count and "用途：核对机构名称" in rows[0][0]


def test_a_wrong_filter_gives_nothing_and_says_so(world, as_user):
    page, sent = ask(as_user("clerk"), "organisations", "level=99")
    assert "共 0 行" in page.content.decode()
    assert sent.status_code == 422 and "没有可以下载的内容" in sent.content.decode()


@pytest.mark.parametrize("kind", ["persons", "members", "transfers", "audit", "accounts", "organisation-roster"])
def test_a_list_with_names_is_never_given_at_once(world, as_user, kind):
    user = {"audit": "auditor", "accounts": "administrator"}.get(kind, "clerk")
    answer = as_user(user).get(reverse("export-now", args=[kind]))
    assert answer.status_code == 302 and answer.url.startswith(reverse("export-ask", args=[kind]))


def test_every_kind_says_how_sensitive_it_is_and_one_place_decides():
    kinds = all_kinds().values()
    assert {kind.sensitivity for kind in kinds} == set(Sensitivity)
    assert [each.is_given_at_once and each.wants_second_person for each in Sensitivity] == [False] * 3


# --- the other lists, as they are asked for -----------------------------------------------------------


def test_the_auditor_takes_the_log_out_and_the_administrator_the_accounts(course, world, as_user):
    audit.record("shared.backup.made", actor=world.clerk, organisation=world.county)
    for user, kind, column in (("auditor", "audit", "操作"), ("administrator", "accounts", "角色和机构")):
        area = "county" if getattr(world, user).home_organisation == world.county else "province"
        export = course.made(user, area, kind=kind)
        assert export.state == ExportFile.State.READY, export.refusal
        rows = cells_of(course.fetch(as_user(user), export))
        assert column in rows[3] and len(rows) == 4 + export.row_count
        assert as_user(user).get(reverse("export-ask", args=["persons"])).status_code == 403


def test_a_roster_of_bodies_leaves_with_who_holds_the_posts_masked(course, world, as_user, django_user_model):
    from orgs.models import Post, Tenure, Worker

    worker = Worker.objects.create(name="孙理事", id_number="629999197001010116")
    Tenure.objects.create(worker=worker, organisation=world.township, post=Post.DIRECTOR, started_on="2022-01-01")
    export = course.made(kind="organisation-roster", preset="all")
    headings, *rows = cells_of(course.fetch(as_user("clerk"), export))[3:]
    (township,) = [
        row
        for row in rows
        if row[headings.index("区划代码")] == world.township.code and not row[headings.index("村（社区）")]
    ]
    cells = dict(zip(headings, township, strict=True))
    assert (cells["理事长姓名"], cells["理事长身份证号"]) == ("孙理事", "629999********0116")


def test_a_list_is_offered_to_who_may_take_it_out(world, as_user):
    page = as_user("clerk").get(reverse("organisation-list"), {"level": "5"}).content.decode()
    assert f"{reverse('export-ask', args=['organisations'])}?level=5" in page
    assert "下载机构名册" in page and "下载名单" in page
    assert (
        reverse("export-ask", args=["organisation-roster"])
        not in as_user("administrator").get(reverse("organisation-list")).content.decode()
    )
    assert "/exports/new/" not in as_user("officer").get(reverse("organisation-list")).content.decode()
