"""A run from the asking to its publication: refusals, idempotence, ranks, rights, the job."""

import io
import json
from datetime import date, timedelta
from decimal import Decimal

import pytest
import time_machine
from django.core.management import CommandError, call_command

from assessments import storing
from assessments.computing import evaluate_body
from assessments.models import AreaResult, BodyResult, ManualScore, Run, Standard
from assessments.services import (
    RunRefused,
    compute_now,
    prepare_run,
    publish_run,
    recompute_run,
    review_run,
    score_manually,
    start_run,
)
from assessments.standards import StandardRefused
from federation.shared.jobs import run_now
from federation.shared.models import AuditEntry
from orgs.models import Level, Organisation, Plaque, Regulation
from tests.assessments.facts import AS_OF, YEAR, add_body


def standard_of(code):
    return Standard.objects.get(code=code)


def question(code, area, **more):
    return {"standard": standard_of(code), "area": area, "year": YEAR, "as_of": AS_OF} | more


def computed(code, area, **more) -> Run:
    run = prepare_run(**question(code, area, **more), by=None)
    compute_now(run)
    return Run.objects.get(pk=run.pk)


def assess(standard, area="620422000000", **more):
    out = io.StringIO()
    options = {"standard": standard, "area": area, "year": YEAR, "as_of": AS_OF} | more
    call_command("assess", **options, json=True, stdout=out)
    return json.loads(out.getvalue())


def stored(run):
    return list(BodyResult.objects.filter(run=run).order_by("pk").values())


# --- the command ------------------------------------------------------------------------------
@pytest.mark.parametrize("standard,count", [("nine_haves_2012", 4), ("township_2012", 4), ("village_2012", 12)])
def test_the_command_computes_every_live_body_of_the_county(county, standard, count):
    answer = assess(standard)
    assert answer["bodies"] == count == len(answer["results"])
    assert answer["state"] == "computed"
    assert Decimal(answer["area_result"]["total_sum"]) == sum(Decimal(each["total"]) for each in answer["results"])


def test_the_command_acts_with_the_rights_of_the_account_it_names(county):
    assert assess("nine_haves_2012", user="clerk")["bodies"] == 4
    with pytest.raises(CommandError, match="不在您负责的范围内"):
        assess("nine_haves_2012", user="other_clerk")
    with pytest.raises(CommandError, match="没有账号"):
        assess("nine_haves_2012", user="nobody")


@pytest.mark.parametrize(
    "options,words",
    [
        ({"standard": "no_such"}, "没有代号为"),
        ({"standard": "township_2012", "area": "999999000000"}, "没有代码为"),
        ({"standard": "township_2012", "year": 2099, "as_of": None}, "2099 年还没有到"),
        ({"standard": "township_2012", "as_of": date(2025, 6, 1)}, "不在 2026 年内"),
        ({"standard": "member_2012"}, "考核的是个人"),
        ({"standard": "township_2012", "year": 2010, "as_of": date(2010, 6, 1)}, "从 2012 年起用"),
    ],
)
def test_the_command_refuses_in_a_sentence(county, options, words):
    with pytest.raises(CommandError, match=words):
        assess(**options)


# --- what cannot be assessed ------------------------------------------------------------------
def test_an_area_without_such_bodies_is_refused(world, standards):
    with pytest.raises(RunRefused, match="没有《村（社区）残协“六有”》所考核的机构"):
        prepare_run(**question("six_haves_2012", world.other_city), by=None)


@time_machine.travel(date(2026, 11, 21))
def test_a_day_that_has_not_come_is_refused(world, standards):
    with pytest.raises(RunRefused, match="还没有到"):
        prepare_run(**question("nine_haves_2012", world.county, as_of=date(2026, 11, 22)), by=None)


def test_a_standard_that_does_not_sum_to_a_hundred_is_refused_when_a_run_is_asked(world, standards):
    standard = standard_of("township_2012")
    standard.definition["items"][0]["points"] = 5
    standard.save()
    with pytest.raises(StandardRefused, match="应正好是 100"):
        prepare_run(**question("township_2012", world.county), by=None)


# --- computing again --------------------------------------------------------------------------
def test_computing_again_gives_the_same_rows_and_writes_none(county):
    run = computed("village_2012", county)
    before, digest = stored(run), run.facts_digest
    again = computed("village_2012", county)
    assert again.pk == run.pk
    assert stored(again) == before
    assert again.facts_digest == digest


def test_only_bodies_whose_facts_changed_are_written(county):
    run = computed("nine_haves_2012", county)
    before = {row["organisation_id"]: row for row in stored(run)}
    changed = Organisation.objects.get(code="620422103000")
    Plaque.objects.filter(organisation=changed).delete()
    Plaque.objects.create(organisation=changed, hung_on=date(2020, 1, 1))
    for kind in ("study", "work", "home_visit", "petition", "support", "daily_management", "appraisal"):
        Regulation.objects.create(organisation=changed, kind=kind, issued_on=date(2020, 1, 1))
    computed("nine_haves_2012", county)
    after = {row["organisation_id"]: row for row in stored(run)}
    assert after[changed.pk]["items"] != before[changed.pk]["items"]
    for pk, row in after.items():
        if pk != changed.pk:
            assert row["items"] == before[pk]["items"]
            assert row["digest"] == before[pk]["digest"] or row["rank_county"] != before[pk]["rank_county"]


def test_many_results_are_written_as_few_are(county, monkeypatch):
    """Beyond a batch PostgreSQL takes them by COPY: straight in the first time, compared with what is there later."""

    def told(run):
        left_out = ("id", "updated_at")
        return [{name: row[name] for name in row if name not in left_out} for row in stored(run)]

    run = computed("village_2012", county)
    few = told(run)
    BodyResult.objects.filter(run=run).delete()
    monkeypatch.setattr(storing, "_BATCH", 1)
    computed("village_2012", county)
    first = stored(run)
    assert told(run) == few
    computed("village_2012", county)
    assert stored(run) == first
    lost = next(row["organisation_id"] for row in first if row["items"]["V1.1"]["s"] == "yes")
    Plaque.objects.filter(organisation=lost).delete()
    computed("village_2012", county)
    again = {row["organisation_id"]: row for row in stored(run)}
    changed = {row["organisation_id"] for row in first if again[row["organisation_id"]]["items"] != row["items"]}
    assert changed == {lost} and len(again) == len(first)


def test_a_body_whose_abolition_was_put_right_leaves_the_run(county):
    run = computed("village_2012", county)
    gone = Organisation.objects.get(code="620422102201")
    Organisation.objects.filter(pk=gone.pk).update(abolished_on=date(2026, 1, 1))
    computed("village_2012", county)
    assert not BodyResult.objects.filter(run=run, organisation=gone).exists()
    assert Run.objects.get(pk=run.pk).body_count == 11


def test_the_number_of_queries_of_a_computation_does_not_depend_on_the_bodies(county, django_assert_max_num_queries):
    town = Organisation.objects.get(code="620422102000")
    for number in range(60):
        add_body(town, f"新{number}村", f"6204221023{number:02d}", "village_association", Level.VILLAGE)
    with django_assert_max_num_queries(60):
        computed("village_2012", county)


# --- ranks and roll-up ------------------------------------------------------------------------
class Score:
    def __init__(self, pk, total):
        self.body = type("Body", (), {"pk": pk})
        self.total = Decimal(total)


def test_equal_totals_share_a_rank_and_the_next_one_is_left_out():
    ranks = storing.ranks_of([Score(1, "80.00"), Score(2, "90.00"), Score(3, "80.00"), Score(4, "79.99")])
    assert ranks == {2: 1, 1: 2, 3: 2, 4: 4}


def test_ranks_are_within_the_county_and_over_the_whole_area(world, county):
    run = computed("township_2012", world.city)
    results = list(BodyResult.objects.filter(run=run).in_order())
    assert run.body_count == 6 == len(results)
    assert [result.position for result in results] == [1, 2, 3, 4, 5, 6]
    for result in results:
        assert result.rank_area == 1 + sum(other.total > result.total for other in results)
        county_path = result.org_path[: len(county.path)]
        rivals = [other for other in results if other.org_path.startswith(county_path)]
        assert result.rank_county == 1 + sum(other.total > result.total for other in rivals)


def test_cities_and_provinces_add_up_their_counties(world, county):
    run = computed("village_2012", world.province)
    areas = {area.organisation_id: area for area in AreaResult.objects.filter(run=run)}
    counties = [areas[world.county.pk], areas[world.other_county.pk]]
    for upper in (world.city, world.province):
        area = areas[upper.pk]
        assert area.bodies == sum(each.bodies for each in counties) == 16
        assert area.total_sum == sum(each.total_sum for each in counties)
        for code, (met, _points) in area.items.items():
            assert met == sum(each.items[code][0] for each in counties)
    assert world.other_city.pk not in areas


def test_bodies_that_stand_under_no_county_are_counted_with_the_city(world, standards):
    town = add_body(world.other_city, "直管镇", "620500100000", "federation", Level.TOWNSHIP)
    add_body(town, "直管村", "620500100201", "village_association", Level.VILLAGE)
    run = computed("village_2012", world.province)
    assert BodyResult.objects.filter(run=run, organisation__code="620500100201").exists()
    assert AreaResult.objects.get(run=run, organisation=world.other_city).bodies == 1
    assert AreaResult.objects.get(run=run, organisation=world.province).bodies == run.body_count == 9


# --- reasons ----------------------------------------------------------------------------------
def test_what_is_missing_is_said_by_name(world, standards):
    for kind in ("study", "work", "home_visit", "support", "daily_management"):
        Regulation.objects.create(organisation=world.township, kind=kind, issued_on=date(2020, 1, 1))
    run = computed("nine_haves_2012", world.county)
    items = BodyResult.objects.get(run=run, organisation=world.township).items
    assert items["9.5"]["r"].endswith("缺 2 项制度：信访接待、考核奖罚")
    assert items["9.1"]["r"] == "没有在挂的牌子"
    assert items["9.9"]["r"] == "没有审定的基本情况汇总表（表一）"
    run = computed("six_haves_2012", world.county)
    assert BodyResult.objects.get(run=run, organisation=world.village).items["6.5"] == {"p": "0.00", "s": "none"}


def test_vacant_posts_are_told_with_their_days_and_cost(world, standards):
    run = computed("township_2012", world.county)
    reason = BodyResult.objects.get(run=run, organisation=world.township).items["T1.2"]["r"]
    assert reason.startswith("主席团主席空缺 304 天，扣 4 分；理事长空缺 304 天，扣 4 分")


# --- the course -------------------------------------------------------------------------------
def test_a_job_computes_the_run_with_the_rights_of_who_asked(county, world):
    run = start_run(**question("township_2012", county), by=world.clerk)
    job = run_now(run.job)
    run.refresh_from_db()
    assert (job.state, run.state, job.total, job.done) == ("done", "computed", 4, 4)
    assert stored(run) and run.facts_digest
    assert AuditEntry.objects.filter(action="run.started").count() == 1


def test_a_job_of_somebody_who_lost_the_right_computes_nothing(county, world):
    run = start_run(**question("township_2012", county), by=world.clerk)
    world.clerk.assignments.update(until=date(2026, 1, 1))
    job = run_now(run.job)
    run.refresh_from_db()
    assert (job.state, run.state) == ("failed", "failed")
    assert "没有办理这件事的权限" in run.failure
    assert not stored(run)


def test_asking_while_it_is_computed_is_refused_and_asking_afterwards_computes_again(county, world):
    run = start_run(**question("township_2012", county), by=world.clerk)
    with pytest.raises(RunRefused, match="正在计算"):
        start_run(**question("township_2012", county), by=world.clerk)
    run_now(run.job)
    again = recompute_run(run=run, by=world.clerk)
    assert again.attempt == 2
    job = run_now(again.job)
    assert job.state == "done", job.error


def test_a_published_run_is_frozen_with_its_standard_and_digest(county, world):
    run = computed("township_2012", county)
    review_run(run=run, by=world.clerk)
    published = publish_run(run=run, by=world.leader)
    assert published.content_hash == standard_of("township_2012").content_hash
    assert published.facts_digest == storing.facts_digest(run)
    with pytest.raises(RunRefused, match="已经公布"):
        recompute_run(run=published, by=world.clerk)
    with pytest.raises(RunRefused, match="已经公布"):
        start_run(**question("township_2012", county), by=world.clerk)
    with pytest.raises(RunRefused, match="不能公布"):
        publish_run(run=published, by=world.leader)
    assert AuditEntry.objects.filter(action="run.published").count() == 1


def test_a_published_run_recomputed_from_the_same_facts_has_the_same_digest(county, world):
    run = computed("village_2012", county)
    published = publish_run(run=run, by=world.leader)
    again = [evaluate_body(run.standard, result.organisation, AS_OF)[0] for result in run.results.all()]
    assert {score.body.pk: score.total for score in again} == {
        result.organisation_id: result.total for result in run.results.all()
    }
    assert published.facts_digest == storing.facts_digest(run)


# --- scored by hand ---------------------------------------------------------------------------
@pytest.fixture
def with_manual(county):
    """A copy of the township standard in which an inspector scores the last item."""
    from assessments.standards import store_standard

    definition = json.loads(json.dumps(standard_of("township_2012").definition)) | {"code": "township_hand"}
    definition["items"][-1] |= {"scoring": "manual", "metric": ""}
    store_standard(definition)
    return computed("township_hand", county)


def test_an_unscored_item_is_pending_and_keeps_the_run_from_being_published(with_manual, world):
    result = with_manual.results.first()
    assert (result.pending, result.items["T6.3"]["s"]) == (1, "pending")
    with pytest.raises(RunRefused, match="还有 4 个机构"):
        publish_run(run=with_manual, by=world.leader)


def test_points_given_by_hand_raise_the_total_and_survive_a_recomputation(with_manual, county, world):
    result = with_manual.results.get(organisation=world.township)
    score_manually(
        run=with_manual, organisation=world.township, item_code="T6.3", points=Decimal("2.50"), reason="查看整改台账",
        by=world.clerk,
    )  # fmt: skip
    after = with_manual.results.get(organisation=world.township)
    assert after.total == result.total + Decimal("2.50")
    assert after.pending == 0
    computed("township_hand", county)
    assert with_manual.results.get(organisation=world.township).total == after.total
    assert ManualScore.objects.get().scored_by == world.clerk


@pytest.mark.parametrize(
    "change,words",
    [
        ({"points": Decimal("3.01")}, "0 到 3"),
        ({"points": Decimal(-1)}, "0 到 3"),
        ({"reason": " "}, "理由"),
        ({"item_code": "T1.1"}, "不是人工评分项"),
    ],
)
def test_points_by_hand_are_refused_in_a_sentence(with_manual, world, change, words):
    given = {"item_code": "T6.3", "points": Decimal(1), "reason": "现场查看"} | change
    with pytest.raises(RunRefused, match=words):
        score_manually(run=with_manual, organisation=world.township, by=world.clerk, **given)


# --- one body, now ----------------------------------------------------------------------------
def test_one_body_evaluated_live_gets_what_the_run_gives_it(county, django_assert_max_num_queries):
    run = computed("township_2012", county)
    for result in run.results.select_related("organisation"):
        with django_assert_max_num_queries(25):
            score, items = evaluate_body(run.standard, result.organisation, AS_OF)
        assert score.total == result.total
        assert {each.item.code: each.state for each in items} == {
            item.item.code: result.items[item.item.code]["s"] for item in items
        }


def test_days_before_a_body_existed_are_no_vacancy(county):
    young = Organisation.objects.get(code="620422102212")
    run = computed("village_2012", county)
    owed = int(BodyResult.objects.get(run=run, organisation=young).items["V1.2"]["d"])
    assert owed == 3 * ((AS_OF - (AS_OF - timedelta(days=60))).days + 1)


def test_hundreds_of_bodies_are_written_at_once_and_left_alone_the_second_time(county):
    """More rows than one statement takes: PostgreSQL gets them by COPY, SQLite by several statements."""
    town = Organisation.objects.get(code="620422103000")
    Organisation.objects.bulk_create(
        Organisation(
            path=f"{town.path}{number:04d}", depth=town.depth + 1, name=f"第{number}村残疾人协会", level=Level.VILLAGE,
            body_kind="village_association", code=f"6204221{number:05d}", established_on=date(2010, 1, 1),
        )
        for number in range(1, 601)
    )  # fmt: skip
    run = computed("village_2012", county)
    before = stored(run)
    assert run.body_count == len(before) == 612
    assert sorted(row["position"] for row in before) == list(range(1, 613))
    again = computed("village_2012", county)
    assert stored(again) == before
    assert again.facts_digest == run.facts_digest == storing.facts_digest(run)
