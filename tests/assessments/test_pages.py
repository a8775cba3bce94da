"""The pages of runs: they show, in the same number of queries whatever the number of bodies, to whom they may."""

import io
from datetime import date

import openpyxl
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from assessments.models import BodyResult, ManualScore, Run, Standard
from assessments.services import compute_now, prepare_run
from federation.shared.jobs import run_now
from federation.shared.models import AuditEntry
from ledgers.models import DisabledPerson
from orgs.models import Level, Organisation
from tests.assessments.facts import AS_OF, YEAR, Builder, add_body


def computed(standard, area, as_of=AS_OF) -> Run:
    run = prepare_run(standard=Standard.objects.get(code=standard), area=area, year=YEAR, as_of=as_of, by=None)
    compute_now(run)
    return Run.objects.get(pk=run.pk)


@pytest.fixture
def runs(county):
    return {
        code: computed(code, county) for code in ("nine_haves_2012", "six_haves_2012", "township_2012", "village_2012")
    }


def pages_of(run):
    names = ["run-detail", "run-matrix", "run-compare"]
    if not run.standard.is_checklist:
        names.append("run-league")
    return [reverse(name, args=[run.pk]) for name in names]


def test_every_page_of_a_run_shows_to_the_clerk(runs, as_user):
    client = as_user("clerk")
    pages = [reverse("run-list"), reverse("run-add"), reverse("standard-list"), reverse("home")]
    pages += [reverse("standard-detail", args=[standard.code]) for standard in Standard.objects.all()]
    for run in runs.values():
        pages += pages_of(run)
        for result in BodyResult.objects.filter(run=run)[:2]:
            pages.append(reverse("run-body", args=[run.pk, result.organisation_id]))
            pages += [reverse("run-item", args=[run.pk, result.organisation_id, code]) for code in result.items]
    for page in pages:
        response = client.get(page)
        assert response.status_code == 200, page
        assert "<h1" in response.content.decode()


# --- scope ------------------------------------------------------------------------------------
@pytest.mark.parametrize("name", ["other_clerk", "director", "member", "officer", "stranger"])
def test_a_run_is_not_there_for_whoever_does_not_see_its_area(runs, as_user, name):
    client = as_user(name)
    expected = 403 if name in ("officer", "stranger") else 404
    for page in pages_of(runs["township_2012"]):
        assert client.get(page).status_code == expected, page


def test_a_village_member_sees_the_own_result_and_nobody_elses(runs, world, as_user):
    client, run = as_user("member"), runs["village_2012"]
    own = client.get(reverse("run-body", args=[run.pk, world.village.pk]))
    assert own.status_code == 200
    assert client.get(reverse("run-item", args=[run.pk, world.village.pk, "V1.1"])).status_code == 200
    for other in (world.village_second, world.neighbour_village, world.other_village):
        assert client.get(reverse("run-body", args=[run.pk, other.pk])).status_code == 404
        assert client.get(reverse("run-item", args=[run.pk, other.pk, "V1.1"])).status_code == 404
    page = client.get(reverse("run-list")).content.decode()
    assert reverse("run-body", args=[run.pk, world.village.pk]) in page


def test_a_township_director_sees_the_results_of_its_villages(runs, world, as_user):
    client, run = as_user("director"), runs["village_2012"]
    assert client.get(reverse("run-body", args=[run.pk, world.village.pk])).status_code == 200
    assert client.get(reverse("run-body", args=[run.pk, world.neighbour_village.pk])).status_code == 404


def test_names_behind_a_number_are_shown_only_to_who_may_see_people(runs, world, as_user):
    run = runs["village_2012"]
    person = DisabledPerson.objects.create(organisation=world.village, name="独孤求败", registered_on=date(2012, 1, 1))
    DisabledPerson.objects.filter(pk=person.pk).update(missing_mandatory=3, failed_checks="")
    page = reverse("run-item", args=[run.pk, world.village.pk, "V3.3"])
    assert "独孤求败" in as_user("clerk").get(page).content.decode()
    page = reverse("run-item", args=[run.pk, world.village.pk, "V3.1"])
    assert "缺的或没算进来的" in as_user("clerk").get(page).content.decode()


@pytest.mark.parametrize(
    "page,allowed",
    [
        ("run-recompute", {"clerk"}),
        ("run-review", {"clerk"}),
        ("run-publish", {"leader"}),
    ],
)
def test_each_step_is_taken_only_by_who_may(runs, client, world, page, allowed):
    run = runs["nine_haves_2012"]
    for name in ("clerk", "leader", "viewer", "auditor", "administrator"):
        client.force_login(getattr(world, name), backend="django.contrib.auth.backends.ModelBackend")
        status = client.get(reverse(page, args=[run.pk])).status_code
        assert status == (200 if name in allowed else 403), name


def test_a_run_is_started_from_the_form_and_computed_by_its_job(county, as_user):
    client = as_user("clerk")
    standard = Standard.objects.get(code="township_2012")
    data = {"standard": standard.pk, "area": county.pk, "year": YEAR, "as_of": AS_OF.isoformat()}
    response = client.post(reverse("run-add"), data)
    run = Run.objects.get()
    assert response.status_code == 302 and response.url == reverse("run-detail", args=[run.pk])
    assert "正在后台计算" in client.get(response.url).content.decode()
    run_now(run.job)
    assert "平均分" in client.get(response.url).content.decode()


@pytest.mark.parametrize(
    "change,words",
    [
        ({"year": 2099, "as_of": ""}, "2099 年还没有到"),
        ({"as_of": "2025-03-01"}, "不在 2026 年内"),
        ({"year": ""}, "请填写考核年度"),
    ],
)
def test_a_form_that_cannot_be_computed_is_refused_in_a_sentence(county, as_user, change, words):
    standard = Standard.objects.get(code="township_2012")
    data = {"standard": standard.pk, "area": county.pk, "year": YEAR, "as_of": AS_OF.isoformat()} | change
    response = as_user("clerk").post(reverse("run-add"), data)
    assert response.status_code == 422
    assert words in response.content.decode()
    assert not Run.objects.exists()


def test_an_area_outside_ones_scope_cannot_be_chosen(county, world, as_user):
    standard = Standard.objects.get(code="township_2012")
    data = {"standard": standard.pk, "area": world.other_county.pk, "year": YEAR, "as_of": AS_OF.isoformat()}
    response = as_user("clerk").post(reverse("run-add"), data)
    assert response.status_code == 422
    assert "请从列表中选择" in response.content.decode()


# --- tables -----------------------------------------------------------------------------------
def queries_of(client, page) -> int:
    # Once before counting: a first request also reads what the process keeps from then on.
    client.get(page)
    with CaptureQueriesContext(connection) as queries:
        assert client.get(page).status_code == 200
    return len(queries)


def test_pages_take_the_same_number_of_queries_for_few_and_for_many_bodies(county, as_user):
    client = as_user("clerk")
    few = computed("village_2012", county, as_of=date(2026, 9, 30))
    before = {
        name: queries_of(client, reverse(name, args=[few.pk])) for name in ("run-matrix", "run-league", "run-detail")
    }
    town, builder = Organisation.objects.get(code="620422102000"), Builder(3)
    for number in range(30):
        village = add_body(town, f"新{number}村", f"6204221023{number:02d}", "village_association", Level.VILLAGE)
        builder.facts(village, town)
    many = computed("village_2012", county, as_of=date(2026, 9, 29))
    assert many.body_count > few.body_count + 20
    for name, count in before.items():
        assert queries_of(client, reverse(name, args=[many.pk])) == count, name
        assert count <= 20, name


def test_the_matrix_is_narrowed_to_a_township_and_to_what_is_unmet(runs, as_user):
    client, run = as_user("clerk"), runs["six_haves_2012"]
    town = Organisation.objects.get(code="620422102000")
    page = reverse("run-matrix", args=[run.pk])
    one_town = client.get(page, {"area": town.pk}).content.decode()
    assert "河畔1村" in one_town and "直属一社区" not in one_town
    met = [r for r in run.results.select_related("organisation") if r.items["6.1"]["s"] == "yes"]
    unmet = client.get(page, {"item": "6.1", "unmet": "on"}).content.decode()
    for result in run.results.all():
        url = reverse("run-item", args=[run.pk, result.organisation_id, "6.1"])
        assert (url in unmet) == (result not in met)


def test_an_item_that_the_standard_does_not_have_is_refused(runs, as_user):
    page = reverse("run-matrix", args=[runs["six_haves_2012"].pk])
    response = as_user("clerk").get(page, {"item": "organisation__created_by__password", "unmet": "on"})
    assert response.status_code == 200
    assert "没有符合条件的机构" in response.content.decode()


def test_the_league_stands_in_order_and_says_ranks_and_bands(runs, as_user):
    run = runs["township_2012"]
    page = as_user("clerk").get(reverse("run-league", args=[run.pk])).content.decode()
    links = [reverse("run-body", args=[run.pk, result.organisation_id]) for result in run.results.in_order()]
    places = [page.index(f'"{link}"') for link in links]
    assert places == sorted(places)
    assert "<svg" in page and "style=" not in page


@pytest.mark.parametrize("table,sheet", [("matrix", "达标矩阵"), ("league", "排名表")])
def test_the_workbook_holds_every_body_and_the_download_is_logged(runs, as_user, table, sheet):
    run = runs["township_2012"]
    response = as_user("clerk").get(reverse("run-export", args=[run.pk, table]))
    book = openpyxl.load_workbook(io.BytesIO(b"".join(response.streaming_content)))
    cells = {str(cell) for row in book[sheet].iter_rows(values_only=True) for cell in row if cell is not None}
    for result in run.results.select_related("organisation"):
        assert result.organisation.code in cells
    entry = AuditEntry.objects.get(action="run.exported")
    assert entry.details["rows"] == run.body_count


def test_an_earlier_run_is_compared_item_by_item(county, as_user):
    earlier = computed("township_2012", county, as_of=date(2026, 6, 30))
    run = computed("township_2012", county)
    page = as_user("clerk").get(reverse("run-compare", args=[run.pk])).content.decode()
    assert "2026 年 6 月 30 日" in page
    changed = [
        result
        for result in run.results.all()
        if result.total != earlier.results.get(organisation=result.organisation_id).total
    ]
    assert page.count("上升") + page.count("下降") >= len(changed) > 0


def test_points_are_given_by_hand_on_the_item_s_page(county, world, as_user):
    from assessments.standards import store_standard

    definition = Standard.objects.get(code="township_2012").definition | {"code": "township_hand"}
    definition["items"][-1] |= {"scoring": "manual", "metric": ""}
    store_standard(definition)
    run = computed("township_hand", county)
    page = reverse("run-score", args=[run.pk, world.township.pk, "T6.3"])
    client = as_user("clerk")
    assert client.post(page, {"points": "9", "reason": "现场查看"}).status_code == 422
    assert not ManualScore.objects.exists()
    assert client.post(page, {"points": "2.5", "reason": "现场查看"}).status_code == 302
    shown = client.get(reverse("run-item", args=[run.pk, world.township.pk, "T6.3"])).content.decode()
    assert "现场查看" in shown and "2.50" in shown
    assert client.get(reverse("run-score", args=[run.pk, world.township.pk, "T1.1"])).status_code == 404


# --- home -------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "name,words",
    [
        ("clerk", ["三个百分之百", "空缺的必设岗位", "最近的考核", "九有"]),
        ("leader", ["三个百分之百", "最近的考核"]),
        ("director", ["本机构今天的达标情况", "有残联牌子", "三个百分之百"]),
        ("member", ["本机构今天的达标情况", "有协会牌子"]),
        ("viewer", ["三个百分之百", "最近的考核"]),
        ("stranger", ["还没有分配角色"]),
    ],
)
def test_the_home_page_shows_each_role_what_is_its_own(runs, as_user, name, words):
    response = as_user(name).get(reverse("home"))
    page = response.content.decode()
    assert response.status_code == 200
    for word in words:
        assert word in page, word


def test_the_home_page_takes_the_same_number_of_queries_for_few_and_for_many_bodies(runs, as_user):
    client = as_user("clerk")
    before = queries_of(client, reverse("home"))
    town, builder = Organisation.objects.get(code="620422102000"), Builder(3)
    for number in range(20):
        village = add_body(town, f"新{number}村", f"6204221023{number:02d}", "village_association", Level.VILLAGE)
        builder.facts(village, town)
    assert queries_of(client, reverse("home")) == before <= 30


def test_the_organisation_s_page_says_how_it_stands_today_and_where_to_put_it_right(runs, world, as_user):
    page = as_user("clerk").get(reverse("organisation-detail", args=[world.village.pk])).content.decode()
    assert "村（社区）残协“六有”：做到" in page
    assert reverse("run-body", args=[runs["village_2012"].pk, world.village.pk]) in page


def test_where_to_put_it_right_is_offered_only_to_who_may(world, standards, as_user, client):
    computed("nine_haves_2012", world.county)
    page, plaque = reverse("home"), reverse("fact-add", args=[world.township.pk, "plaque"])
    assert plaque in as_user("director").get(page).content.decode()
    body = reverse("run-body", args=[Run.objects.get().pk, world.township.pk])
    client.force_login(world.viewer, backend="django.contrib.auth.backends.ModelBackend")
    shown = client.get(body).content.decode()
    assert "没有在挂的牌子" in shown and plaque not in shown
