"""Pages that open only when something has happened: a roster checked or written, a list loaded, a run computed.

The walk of test_every_page_in_a_browser meets rows as they are made; here they are brought along by the services
the product itself uses. Each page is looked at in the light theme and in black and yellow.
"""

import json
from contextlib import nullcontext
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from assessments.appraisals import give_band
from assessments.models import Run, Standard
from assessments.objections import decide_objection, raise_objection
from assessments.services import start_run
from assessments.standards import store_standard
from committees.models import Appointment
from committees.services import permit_renewal
from committees.services.handovers import hand_over
from federation.shared import retention
from federation.shared.jobs import run_now
from federation.shared.models import Job, RosterImport
from ledgers.approvals import approve_persons, return_person, submit_person
from ledgers.models import DisabledPerson, PersonDraft, PersonRequest
from ledgers.requests import grant_request, receive_request
from orgs.models import AssociationCategory, Tenure, Worker
from tests.assessments.facts import AS_OF, YEAR, build_county
from tests.assessments.members import appraised, engage, published, result_of, score
from tests.browser import login, small_targets
from tests.frontend.soundness import in_themes, look, send_empty
from tests.frontend.test_every_page_in_a_browser import IN_A_STATE, name_of
from tests.ledgers.conftest import id_of, person_fields
from tests.rosters.conftest import Course
from tests.rosters.people import person, roster_file

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

LOOKED_AT: set[str] = set()
WORKBOOK = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
DIVISIONS = """level,code,name,parent_code
county,620422000000,会宁县,
township,620422102000,河畔镇,620422000000
village,620422102200,河畔村委会,620422102000
"""


@pytest.fixture(autouse=True)
def _own_media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"


def wrong_with(new_page, live_server, user, pages: dict[str, str]) -> list[str]:
    """What is wrong with the pages {address: words that only the wanted state shows} in either theme."""
    problems = []
    page = new_page()
    login(page, live_server, user)
    for address, words in pages.items():
        answer = page.goto(address)
        assert answer.status == 200 and page.url == live_server.url + address, f"{address} led to {page.url}"
        assert words in page.locator("main").inner_text(), f"{address} is not in the state: {words}"
        LOOKED_AT.add(name_of(address))
        problems += look(page, address)
        found = [f"small: {each}" for each in small_targets(page)] + in_themes(page, themes=("contrast",))
        problems += [f"{address}: {each}" for each in found]
    return problems


def wrong_when_sent_empty(new_page, live_server, user, address) -> list[str]:
    """What is wrong with the form at `address` once it is refused for being empty."""
    page = new_page()
    login(page, live_server, user)
    page.goto(address)
    problems = send_empty(page, address)
    assert page.locator("#errors").count() == 1, f"{address} was taken empty"
    return problems


def tables_cut_off(page, address, width) -> list[str]:
    """Tables of the page that must be pushed sideways in a window of `width`."""
    page.set_viewport_size({"width": width, "height": 900})
    page.goto(address)
    wide = "() => Array.from(document.querySelectorAll('.scroll')).map(e => e.scrollWidth - e.clientWidth)"
    return [f"{address} at {width}: {over} px" for over in page.evaluate(wide) if over > 0]


# --- bodies -----------------------------------------------------------------------------------
def load_list(user, text) -> Job:
    """The job of a list of divisions sent in by `user`, done."""
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    sent = client.post(reverse("division-upload"), {"file": SimpleUploadedFile("清单.csv", text.encode())})
    assert sent.status_code == 302
    job = Job.objects.latest("pk")
    run_now(job)
    job.refresh_from_db()
    return job


def test_the_results_of_lists_of_divisions_and_the_form_of_a_missing_association(new_page, live_server, world):
    loaded = load_list(world.administrator, DIVISIONS)
    refused = load_list(world.administrator, DIVISIONS + "village,62042210220,错码村,620422102000\n")
    assert (loaded.state, refused.state) == (Job.State.DONE, Job.State.FAILED)
    add = reverse("association-add", args=[world.county.pk])
    pages = {
        reverse("division-result", args=[loaded.pk]): "新建机构 2 个",
        reverse("division-result", args=[refused.pk]): "第 5 行",
        add: "设立专门协会",
        f"{add}?category={AssociationCategory.DEAF}": "设立专门协会",
    }
    problems = wrong_with(new_page, live_server, world.administrator, pages)
    problems += wrong_when_sent_empty(new_page, live_server, world.administrator, add)
    assert problems == []


# --- rosters ----------------------------------------------------------------------------------
def commits_alone(execute):
    return nullcontext()


@pytest.fixture
def rosters(transactional_db, world) -> dict[str, RosterImport]:
    """Imports of the clerk: one written, one checked with rows of every kind, one that is no workbook."""
    # Jobs are run by hand, so a commit has nothing to set off.
    Course(world.other_clerk, world.other_county, commits_alone).written(roster_file([person(80)]))
    course = Course(world.clerk, world.county, commits_alone)
    done = course.written(roster_file([person(n) for n in range(60)]))
    rows = [person(0), person(1, 现住址="东山村新址"), person(2, 性别="男"), person(3, 残疾等级="九级")]
    rows += [person(70), person(80)]
    checked = course.send(roster_file(rows), mode=RosterImport.Mode.CORRECT_ROWS, name="改过的名册.xlsx")
    refused = course.send(b"PK\x03\x04 no workbook", name="坏文件.xlsx")
    return {"done": done, "checked": checked, "refused": refused}


def test_a_roster_in_each_of_its_states(new_page, live_server, world, rosters):
    done, checked, refused = rosters["done"], rosters["checked"], rosters["refused"]
    assert [row.state for row in rosters.values()] == ["done", "checked", "refused"]
    assert (checked.new_count, checked.changed_count, checked.transfer_count, checked.wrong_count) == (1, 1, 1, 2)
    detail = reverse("roster-detail", args=[checked.pk])
    written = reverse("roster-detail", args=[done.pk])
    pages = {
        detail: "残疾等级",
        f"{detail}?show=changed": "东山村新址",
        f"{detail}?show=unchanged": "无变化（1）",
        f"{detail}?show=transfer": "在别处登记（1）",
        reverse("roster-confirm", args=[checked.pk]): "有错误的 2 行不写入",
        reverse("roster-mode", args=[checked.pk]): "改好以前，",
        reverse("roster-check", args=[checked.pk]): "再检查一遍",
        reverse("roster-transfers", args=[checked.pk]): "申请转入选中的人",
        written: "已写入",
        f"{written}?show=new&page=2": "第 2/2 页",
        reverse("roster-undo", args=[done.pk]): "将删除这次新增的 60 行",
        reverse("roster-detail", args=[refused.pk]): refused.refusal.split("。")[0],
    }
    assert wrong_with(new_page, live_server, world.clerk, pages) == []


def test_the_workbook_of_a_roster_s_errors_comes_as_a_workbook(page, live_server, world, rosters):
    login(page, live_server, world.clerk)
    page.goto(reverse("roster-detail", args=[rosters["checked"].pk]))
    address = reverse("roster-errors", args=[rosters["checked"].pk])
    link = page.locator(f"main a[href='{address}']")
    assert link.count() == 1
    with page.expect_download() as download:
        link.click()
    assert Path(download.value.path()).read_bytes().startswith(b"PK")
    answer = page.request.get(live_server.url + address)
    assert (answer.status, answer.headers["content-type"]) == (200, WORKBOOK)
    LOOKED_AT.add(name_of(address))


# --- runs -------------------------------------------------------------------------------------
def computed(standard, world) -> Run:
    run = start_run(standard=standard, area=world.county, year=YEAR, as_of=AS_OF, by=world.clerk)
    run_now(run.job)
    return Run.objects.get(pk=run.pk)


@pytest.fixture
def runs(transactional_db, world) -> dict[str, Run]:
    """A checklist, and a standard with points whose last item an inspector scores; both computed."""
    call_command("load_standards", verbosity=0)
    build_county(world, seed=7)
    definition = json.loads(json.dumps(Standard.objects.get(code="township_2012").definition))
    definition |= {"code": "township_hand"}
    definition["items"][-1] |= {"scoring": "manual", "metric": ""}
    store_standard(definition)
    codes = {"checklist": "nine_haves_2012", "points": "township_hand", "villages": "village_2012"}
    return {name: computed(Standard.objects.get(code=code), world) for name, code in codes.items()}


def test_a_computed_run_from_its_table_down_to_an_item(new_page, live_server, world, runs):
    checklist, points, villages = runs["checklist"], runs["points"], runs["villages"]
    assert {run.state for run in runs.values()} == {Run.State.COMPUTED}
    town = world.township
    by_hand = [points.pk, town.pk, "T6.3"]
    first = next(iter(checklist.results.get(organisation=town).items))
    pages = {
        reverse("run-detail", args=[points.pk]): "平均分",
        reverse("run-matrix", args=[checklist.pk]): town.short_name,
        reverse("run-matrix", args=[points.pk]): town.short_name,
        reverse("run-league", args=[points.pk]): town.short_name,
        reverse("run-league", args=[villages.pk]): world.village.short_name,
        reverse("run-body", args=[checklist.pk, town.pk]): town.short_name,
        reverse("run-body", args=[points.pk, town.pk]): town.short_name,
        reverse("run-item", args=[checklist.pk, town.pk, first]): town.short_name,
        reverse("run-item", args=[points.pk, town.pk, "T1.1"]): town.short_name,
        reverse("run-item", args=[villages.pk, world.village.pk, "V3.1"]): world.village.short_name,
        reverse("run-item", args=by_hand): town.short_name,
        reverse("run-score", args=by_hand): "保存得分",
        reverse("run-review", args=[points.pk]): "标记为已核对",
    }
    problems = wrong_with(new_page, live_server, world.clerk, pages)
    problems += wrong_when_sent_empty(new_page, live_server, world.clerk, reverse("run-score", args=by_hand))
    page = new_page()
    login(page, live_server, world.clerk)
    for run in (points, villages):
        for width in (1440, 390):
            problems += tables_cut_off(page, reverse("run-league", args=[run.pk]), width)
    assert problems == []


# --- personal forms ---------------------------------------------------------------------------
def sent_by_the_village(world, order, **more) -> DisabledPerson:
    number = id_of("19680403", order, "1")
    fields = person_fields(id_number=number, certificate_number=f"{number}42", **more)
    return submit_person(person=DisabledPerson(organisation=world.village, **fields), by=world.member)


def test_forms_that_wait_come_back_or_are_only_drafts(new_page, live_server, world):
    new, returned = (sent_by_the_village(world, order) for order in (60, 61))
    return_person(person=returned, reason="现住址请写到组", by=world.director, expected_version=1)
    changed = sent_by_the_village(world, 62)
    approve_persons(chosen={changed.uid: changed.version}, by=world.director)
    changed = DisabledPerson.objects.get(pk=changed.pk)
    changed.skills = "编织"
    submit_person(person=changed, by=world.member)
    client = Client()
    client.force_login(world.member, backend="django.contrib.auth.backends.ModelBackend")
    edit = reverse("person-edit", args=[changed.uid])
    client.post(edit, {"action": "draft", "version": changed.version, "name": "王国花"})
    draft = PersonDraft.objects.get()
    for_the_director = {
        reverse("approval-list"): "通过勾选的登记表",
        reverse("approval-detail", args=[new.uid]): "新登记",
        reverse("approval-detail", args=[changed.uid]): "与上次审核通过时不同的项目",
        reverse("home"): "2 份等您审核",
    }
    for_the_member = {
        reverse("home"): "现住址请写到组",
        reverse("person-edit", args=[returned.uid]): "退回原因",
        edit: "接着填草稿",
        f"{edit}?draft={draft.uid}": "还没有提交",
        reverse("draft-list"): "王国花",
        reverse("draft-delete", args=[draft.uid]): "找不回来",
        reverse("person-withdraw", args=[new.uid]): "还没有审核的登记表会删除",
    }
    problems = wrong_with(new_page, live_server, world.director, for_the_director)
    problems += wrong_with(new_page, live_server, world.member, for_the_member)
    assert problems == []


def test_pages_of_requests_and_of_files_due_are_sound(new_page, live_server, world):
    due, asked = (sent_by_the_village(world, order) for order in (70, 71))
    DisabledPerson.objects.filter(pk=due.pk).update(deceased_on="2012-03-28")
    retention.remove_due()
    request = PersonRequest(person=asked, kind="erasure", asker="person", identity_check="known")
    request.received_on = asked.registered_on
    receive_request(request=request, by=world.member)
    withdrawn = PersonRequest(person=asked, kind="withdrawal", asker="person", identity_check="known")
    withdrawn.received_on = asked.registered_on
    grant_request(
        request=receive_request(request=withdrawn, by=world.member), answer="", by=world.director, kept_for="subsidy"
    )
    problems = wrong_with(new_page, live_server, world.leader, {
        reverse("person-request-list"): "超过期限",
        reverse("person-request-erase", args=[request.uid]): "找不回来",
        reverse("person-detail", args=[asked.uid]): "已撤回同意",
        reverse("erasure-list"): "死亡满 10 年",
        reverse("erasure-confirm", args=[due.uid]): "暂缓",
        reverse("organisation-detail", args=[world.county.pk]): "还没有登记本人或监护人的同意",
        reverse("home"): "份登记表到期待删除",
        reverse("field-register"): "证件号码",
    })  # fmt: skip
    problems += wrong_with(new_page, live_server, world.member, {
        reverse("person-request-add", args=[asked.uid]): "怎样核实身份",
        reverse("consent-sheet"): "按手印",
    })  # fmt: skip
    problems += wrong_when_sent_empty(
        new_page, live_server, world.leader, reverse("person-request-erase", args=[request.uid])
    )
    assert problems == []


def test_the_handover_of_who_left_before_and_after_and_the_own_page(new_page, live_server, world):
    left, successor = (Worker.objects.create(name=name, identity="disabled") for name in ("离任某", "接手某"))
    days = {"started_on": date(2020, 1, 1), "ended_on": date(2026, 6, 30)}
    tenure = Tenure.objects.create(worker=left, organisation=world.village, post="committee_member", **days)
    Appointment.objects.create(tenure=tenure, organisation=world.village, role="village_member")
    following = {"post": "committee_member", "started_on": date(2026, 7, 1)}
    present = Tenure.objects.create(worker=successor, organisation=world.village, **following)
    contract = {"contract_from": date(2026, 7, 1), "contract_to": timezone.localdate()}
    Appointment.objects.create(tenure=present, organisation=world.village, role="village_member", **contract)
    number = id_of(order=8)
    DisabledPerson.objects.create(
        organisation=world.village, member_in_charge=left,
        **person_fields(id_number=number, certificate_number=f"{number}42"),
    )  # fmt: skip
    address = reverse("member-handover", args=[tenure.pk])
    problems = wrong_with(new_page, live_server, world.director, {address: "还在此人名下的"})
    hand_over(tenure=tenure, successor=successor, chosen=["persons_in_charge"], remark="台账已交清", by=world.director)
    world.member.worker = successor
    world.member.save()
    problems += wrong_with(new_page, live_server, world.director, {address: "没有要移交的了"})
    own = {reverse("own-page"): "今天到期", reverse("statement-own", args=[2026]): "接手某"}
    problems += wrong_with(new_page, live_server, world.member, own)
    assert problems == []


def test_an_appraisal_published_with_its_objection_and_the_member_s_own_pages(new_page, live_server, world):
    member = engage(world.village, "周委员")
    result = result_of(published(world, appraised(world.county, world.clerk)), member)
    world.member.worker = member.tenure.worker
    world.member.save()
    names = ("result", "object", "sheet")
    mine, objecting, sheet = (reverse(f"appraisal-own-{name}", args=[result.pk]) for name in names)
    pages = {reverse("own-page"): "绩效考核和表彰", mine: "等次暂不评定", objecting: "异议内容", sheet: "没有提出异议"}
    pages[reverse("home")] = "结果已公布；有异议的"
    problems = wrong_with(new_page, live_server, world.member, pages)
    problems += wrong_when_sent_empty(new_page, live_server, world.member, objecting)
    raised = raise_objection(result=result, text="评议的人没有到齐", by=world.member, is_own=True)
    deciding = reverse("objection-decide", args=[raised.pk])
    waiting = {reverse("home"): "待复核的异议", deciding: "评议的人没有到齐"}
    problems += wrong_with(new_page, live_server, world.leader, waiting)
    decide_objection(
        objection=raised, is_corrected=True, reason="补计两票", by=world.leader, points={"M6": Decimal(14)}
    )
    pages = {
        reverse("member-result", args=[result.pk]): "更正前",
        reverse("member-result-sheet", args=[result.pk]): "补计",
    }
    problems += wrong_with(new_page, live_server, world.leader, pages)
    assert problems == []


def test_a_renewal_that_is_barred_and_permitted_all_the_same(new_page, live_server, world):
    member = engage(world.village, "周委员")
    result = score(result_of(appraised(world.county, world.clerk), member), world.clerk)
    give_band(result=result, band="不称职", reason="全年表现", by=world.leader, expected_version=result.version)
    published(world, result.appraisal)
    Appointment.objects.filter(pk=member.pk).update(contract_to=date(2026, 12, 31))
    permitting = reverse("renewal-permit-add", args=[member.pk])
    barred = {reverse("appointment-renew", args=[member.pk]): "写明原因准许"}
    problems = wrong_with(new_page, live_server, world.director, barred)
    problems += wrong_with(new_page, live_server, world.administrator, {permitting: "按规定不予续聘"})
    problems += wrong_when_sent_empty(new_page, live_server, world.administrator, permitting)
    (permit,) = permit_renewal(appointment=member, reason="该村无人可聘", document_number="", by=world.administrator)
    permitted = {
        reverse("member-detail", args=[member.tenure.worker.uid]): "系统管理员准许：该村无人可聘",
        reverse("renewal-permit-withdraw", args=[permit.pk]): "该村无人可聘",
    }
    problems += wrong_with(new_page, live_server, world.administrator, permitted)
    assert problems == []


def test_two_versions_of_one_form_are_sound_to_choose_from(page, live_server, world):
    person = sent_by_the_village(world, 63)
    login(page, live_server, world.member)
    page.goto(reverse("person-edit", args=[person.uid]))
    person.skills, person.grid = "编织", "一网格"
    submit_person(person=person, by=world.township_member)
    page.fill("#id_skills", "刺绣")
    page.fill("#id_remark", "住在村口")
    with page.expect_navigation():
        page.click("button[value=submit]")
    assert "两边都改了" in page.locator("main").inner_text()
    problems = look(page, "conflict") + [f"small: {each}" for each in small_targets(page)]
    with page.expect_navigation():
        page.click("button[value=submit]")
    assert page.locator("#errors a").count() == 1
    problems += look(page, "conflict (sent empty)")
    assert problems == []
    page.check("#id_choice-skills_1")
    with page.expect_navigation():
        page.click("button[value=submit]")
    person.refresh_from_db()
    assert (person.skills, person.grid, person.remark) == ("刺绣", "一网格", "住在村口")


def test_no_page_the_walk_leaves_out_for_its_state_is_left_out_here():
    assert IN_A_STATE <= LOOKED_AT, "run this file as a whole: the pages of all its tests are counted"
