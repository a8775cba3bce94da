"""The words for headings, walked: a heading nobody knows, the administrator who adds it, the file checked once more."""

import pytest
from django.urls import reverse

from federation.shared.jobs import run_now
from federation.shared.models import AuditEntry, RosterImport, RosterSynonym
from tests.browser import axe, login, sideways_overflow
from tests.rosters.people import person, roster_file

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

PHONE = {"viewport": {"width": 320, "height": 800}}


def work(roster_import) -> RosterImport:
    roster_import.refresh_from_db()
    run_now(roster_import.job)
    roster_import.refresh_from_db()
    return roster_import


def pressed(page, name):
    with page.expect_navigation():
        page.get_by_role("button", name=name).first.click()


def followed(page, name):
    with page.expect_navigation():
        page.locator("main").get_by_role("link", name=name).first.click()


def sound(page) -> bool:
    return axe(page) == [] and sideways_overflow(page) <= 0


@pytest.mark.parametrize("scripted", [True, False], ids=["scripts", "no scripts"])
def test_a_heading_is_taught_used_and_forgotten_again(new_page, live_server, world, scripted):
    rows = [{("家里谁照管" if key == "监护人或联系人" else key): value for key, value in person(0).items()}]
    clerk = new_page(java_script_enabled=scripted, **PHONE)
    login(clerk, live_server, world.clerk)
    clerk.goto(reverse("roster-upload"))
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    clerk.set_input_files("input[type=file]", {"name": "名册.xlsx", "mimeType": kind, "buffer": roster_file(rows)})
    clerk.check("input[name=kind][value=persons]")
    pressed(clerk, "上传")
    sent = work(RosterImport.objects.get())
    detail = reverse("roster-detail", args=[sent.pk])
    clerk.goto(detail)
    assert "家里谁照管" in clerk.inner_text("main") and "请系统管理员加为表头写法" in clerk.inner_text("main")

    administrator = new_page(java_script_enabled=scripted, **PHONE)
    login(administrator, live_server, world.administrator)
    administrator.goto(reverse("roster-list"))
    followed(administrator, "表头写法")
    assert not scripted or sound(administrator)
    administrator.goto(detail)
    followed(administrator, "加为表头写法")
    assert administrator.input_value("#id_word") == "家里谁照管"
    pressed(administrator, "保存")
    assert administrator.title().startswith("错误：") and "请选择一列" in administrator.inner_text("#errors")
    administrator.select_option("#id_column", label="监护人或联系人")
    assert not scripted or sound(administrator)
    pressed(administrator, "保存")
    assert "已加。" in administrator.inner_text("main") and administrator.url.endswith(detail)
    assert RosterSynonym.objects.get().created_by == world.administrator

    clerk.goto(detail)
    followed(clerk, "重新检查")
    pressed(clerk, "重新检查")
    work(sent)
    assert (sent.new_count, sent.report["unknown"]) == (1, [])

    administrator.goto(f"{reverse('roster-synonyms')}?kind=persons")
    assert "家里谁照管" in administrator.inner_text("main table")
    followed(administrator, "删除")
    assert "以后名册里的这一列又不认得了" in administrator.inner_text("main")
    pressed(administrator, "删除")
    assert "已删除。" in administrator.inner_text("main") and not RosterSynonym.objects.exists()
    actions = AuditEntry.objects.filter(action__contains="synonym").values_list("action", flat=True)
    assert len(actions) == 2
