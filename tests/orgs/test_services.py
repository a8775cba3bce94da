"""The office's verbs: moving bodies with everything they own, posts, vacancies, people."""

from datetime import date, timedelta

import pytest
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from assessments.models import Standard
from federation.shared.fields import subtree
from federation.shared.models import AuditEntry
from orgs.models import Identity, Organisation, Post, Tenure, Worker
from orgs.open_vacancies import bodies_with_vacancies, count_vacancies, vacancies_of, vacancies_on
from orgs.requirements import requirements_for
from orgs.services import (
    NotPossible,
    TenureRefused,
    WorkerRefused,
    end_tenure,
    find_or_record_worker,
    models_with_paths,
    move_organisation,
    record_tenure,
    set_up_organisation,
)
from tests.access.canaries import Aviary
from tests.access.rows import Place, fill
from tests.conftest import TODAY
from tests.orgs.conftest import id_number

DAY = timedelta(days=1)


def fresh(body):
    return Organisation.objects.get(pk=body.pk)


# --- moving -----------------------------------------------------------------------------------------


@pytest.fixture
def furnished(world):
    """One row of every model of the product at the moved village, its neighbour and the township above."""
    call_command("load_standards", verbosity=0)
    aviary, places = Aviary(), {}
    for key in ("village", "village_second", "township", "neighbour_village"):
        places[key] = Place(key, fresh(world.orgs[key]))
        fill(places[key], aviary, Standard.objects.order_by("pk").first())
    return places


def paths_of(places):
    """{(place, model): path stored in its row} for every model with a path."""
    return {
        (key, model._meta.label): model._base_manager.values_list(name, flat=True).get(
            pk=place.rows[model._meta.model_name].pk
        )
        for key, place in places.items()
        for model, name in models_with_paths()
    }


def test_everything_a_moved_body_owns_follows_it_and_nothing_else_moves(world, furnished):
    assert len(models_with_paths()) >= 14
    before = paths_of(furnished)
    old = world.township.path
    owned = sum(model._base_manager.filter(subtree(old, name)).count() for model, name in models_with_paths())
    moved = move_organisation(
        organisation=world.township, parent=world.other_county, by=world.administrator, reason="会政发〔2026〕1 号"
    )
    after = paths_of(furnished)
    assert moved.path.startswith(world.other_county.path)
    for (key, label), path in after.items():
        if key == "neighbour_village":
            assert path == before[key, label]
        else:
            assert path == fresh(world.orgs[key]).path != before[key, label]
            assert path.startswith(moved.path)
    assert Organisation.objects.find_problems() == ([], [], [], [], [])
    assert fresh(world.county).numchild == 2
    entry = AuditEntry.objects.get(action="orgs.organisation.moved")
    assert entry.details["organisations"] == 3
    assert entry.details["rows"] == owned >= 3 * len(models_with_paths())


def test_who_recorded_a_row_does_not_change_by_a_move(world, furnished):
    row = furnished["village"].rows["plaque"]
    move_organisation(
        organisation=world.village, parent=world.neighbour_township, by=world.administrator, reason="划转"
    )
    row.refresh_from_db()
    assert row.organisation_id == world.village.pk


def test_after_a_move_the_new_township_sees_the_village_and_the_old_one_does_not(world):
    move_organisation(
        organisation=world.village, parent=world.neighbour_township, by=world.administrator, reason="划转"
    )
    assert not Organisation.objects.visible_to(world.director).filter(pk=world.village.pk).exists()
    assert Organisation.objects.visible_to(world.member).filter(pk=world.village.pk).exists()


def test_a_move_there_and_back_leaves_a_sound_tree(world):
    for parent in (world.neighbour_township, world.township, world.county):
        move_organisation(organisation=world.village, parent=parent, by=world.administrator, reason="划转")
    assert Organisation.objects.find_problems() == ([], [], [], [], [])
    assert fresh(world.village).depth == world.county.depth + 1


@pytest.mark.parametrize(
    ("what", "where", "words"),
    [
        ("township", "village", "自己的下级"),
        ("township", "township", "自己"),
        ("township", "county", "已经在"),
        ("county", "neighbour_township", "自己的下级"),
        ("other_county", "township", "不能作为"),
        ("village", "neighbour_village", "不能作为"),
        ("village", "association", "不能作为"),
    ],
)
def test_a_move_that_cannot_be_is_refused_and_moves_nothing(world, what, where, words):
    before = list(Organisation.objects.order_by("pk").values_list("path", "numchild"))
    with pytest.raises(NotPossible, match=words):
        move_organisation(
            organisation=world.orgs[what], parent=world.orgs[where], by=world.administrator, reason="划转"
        )
    assert list(Organisation.objects.order_by("pk").values_list("path", "numchild")) == before


def test_nothing_is_set_up_below_an_abolished_body(world):
    world.township.abolished_on = TODAY
    world.township.save()
    body = Organisation(name="南山村残疾人协会", level=5, body_kind="village_association")
    with pytest.raises(NotPossible, match="已撤销"):
        set_up_organisation(organisation=body, parent=world.township, by=world.clerk)


# --- posts ------------------------------------------------------------------------------------------


def tenure(world, place, post, worker, since=date(2024, 1, 1), until=None):
    return Tenure(organisation=world.orgs[place], worker=worker, post=post, started_on=since, ended_on=until)


@pytest.fixture
def worker(world):
    return Worker.objects.create(name="张三", id_number=id_number(1), identity=Identity.DISABLED)


def test_nobody_holds_two_paid_posts_at_once_wherever_they_are(world, worker):
    record_tenure(tenure=tenure(world, "village", Post.COMMITTEE_MEMBER, worker), by=world.clerk)
    with pytest.raises(TenureRefused, match="一个受聘岗位") as refusal:
        record_tenure(tenure=tenure(world, "other_village", Post.SUNSHINE_TUTOR, worker), by=world.other_clerk)
    assert world.village.short_name not in str(refusal.value)
    assert Tenure.objects.count() == 1


def test_a_paid_post_after_another_and_an_unpaid_one_beside_it_are_possible(world, worker):
    first = record_tenure(tenure=tenure(world, "village", Post.COMMITTEE_MEMBER, worker), by=world.clerk)
    record_tenure(tenure=tenure(world, "village", Post.ASSOCIATION_CHAIR, worker), by=world.clerk)
    end_tenure(tenure=first, on=date(2025, 6, 30), by=world.clerk, reason="调动", expected_version=1)
    second = tenure(world, "township", Post.COMMITTEE_MEMBER, worker, since=date(2025, 7, 1))
    record_tenure(tenure=second, by=world.clerk)
    assert Tenure.objects.count() == 3


def test_days_outside_the_bodys_life_and_backwards_are_refused(world, worker):
    early = tenure(world, "village", Post.ASSOCIATION_CHAIR, worker, since=date(2009, 12, 31))
    with pytest.raises(TenureRefused, match="成立日期"):
        record_tenure(tenure=early, by=world.clerk)
    backwards = tenure(world, "village", Post.ASSOCIATION_CHAIR, worker, until=date(2023, 1, 1))
    with pytest.raises(TenureRefused, match="早于任职日期"):
        record_tenure(tenure=backwards, by=world.clerk)


# --- people -----------------------------------------------------------------------------------------


def test_a_person_on_file_is_found_again_and_left_as_recorded(world, worker):
    given = Worker(name="张三", address="别处")
    found = find_or_record_worker(worker=given, id_number=id_number(1), by=world.other_clerk)
    assert found.pk == worker.pk
    worker.refresh_from_db()
    assert worker.address == ""


def test_a_number_with_another_name_is_refused_without_saying_whose_it_is(world, worker):
    with pytest.raises(WorkerRefused) as refusal:
        find_or_record_worker(worker=Worker(name="李四"), id_number=id_number(1), by=world.other_clerk)
    assert "张三" not in str(refusal.value)
    assert Worker.objects.count() == 1


def test_a_new_person_gets_pinyin_and_a_sealed_number(world):
    made = find_or_record_worker(worker=Worker(name="解晓华"), id_number=id_number(3), by=world.clerk)
    made.refresh_from_db()
    assert (made.name_pinyin, made.name_initials) == ("xiexiaohua", "xxh")
    assert str(made.id_number) != id_number(3)
    assert made.id_number.open_plain() == id_number(3)


# --- vacancies --------------------------------------------------------------------------------------


def vacant(world, place, day=TODAY):
    return {(each.post, each.since, each.days) for each in vacancies_of([fresh(world.orgs[place])], day)}


def test_a_post_is_vacant_from_the_day_after_the_last_tenure_ended(world, engage):
    engage("township", "director", since=date(2015, 1, 1), until=date(2020, 1, 1))
    engage("township", "director", name="李四", since=date(2018, 1, 1), until=TODAY - 10 * DAY)
    assert ("director", TODAY - 9 * DAY, 10) in vacant(world, "township")


def test_a_post_never_filled_is_vacant_since_the_body_was_established(world):
    days = (TODAY - date(2010, 1, 1)).days + 1
    assert ("director", date(2010, 1, 1), days) in vacant(world, "township")
    Organisation.objects.filter(pk=world.township.pk).update(established_on=None)
    assert ("director", None, None) in vacant(world, "township")


def test_the_last_day_in_post_is_not_vacant_and_a_future_tenure_does_not_fill_one(world, engage):
    engage("township", "director", until=TODAY)
    assert "director" not in {post for post, _since, _days in vacant(world, "township")}
    assert "director" in {post for post, _since, _days in vacant(world, "township", TODAY + DAY)}
    engage("township", "presidium_chair", name="李四", since=TODAY + DAY)
    assert "presidium_chair" in {post for post, _since, _days in vacant(world, "township")}


def test_an_abolished_body_has_no_vacancies(world):
    Organisation.objects.filter(pk=world.village.pk).update(abolished_on=TODAY)
    assert vacant(world, "village") == set()
    assert world.village.pk not in {each.organisation.pk for each in vacancies_on(TODAY, world.township.path)}


def naive_vacancies(under, day, post="", longer_than=0):
    """The same the slow way: body by body, post by post, day by day of the tenures."""
    found = set()
    for body in Organisation.objects.under(under):
        if not body.is_live_on(day):
            continue
        for wanted in requirements_for(body.body_kind, body.level, day.year).posts:
            if post and wanted != post:
                continue
            held = list(Tenure.objects.filter(organisation=body, post=wanted, started_on__lte=day))
            if any(each.ended_on is None or each.ended_on >= day for each in held):
                continue
            since = max((each.ended_on + DAY for each in held), default=body.established_on)
            days = (day - since).days + 1 if since else None
            if not longer_than or (days or 0) > longer_than:
                found.add((body.pk, wanted, since))
    return found


@pytest.mark.parametrize("longer_than", [0, 30, 90])
@pytest.mark.parametrize("post", ["", "director", "committee_member"])
def test_the_set_based_answer_equals_the_slow_one(world, engage, post, longer_than):
    engage("township", "director", until=TODAY - 30 * DAY)
    engage("neighbour_township", "director", until=TODAY - 31 * DAY, name="甲乙")
    engage("village", "committee_member", name="丙丁")
    engage("village_second", "committee_member", until=TODAY - 90 * DAY, name="戊己")
    engage("neighbour_village", "association_chair", until=TODAY - 5 * DAY, name="庚辛")
    Organisation.objects.filter(pk=world.neighbour_village_second.pk).update(established_on=TODAY - 40 * DAY)
    scoped = Organisation.objects.under(world.county.path)
    expected = naive_vacancies(world.county.path, TODAY, post, longer_than)
    bodies = bodies_with_vacancies(scoped, TODAY, post=post, longer_than=longer_than)
    found = vacancies_of(bodies, TODAY, post=post, longer_than=longer_than)
    assert {(each.organisation.pk, each.post, each.since) for each in found} == expected
    assert count_vacancies(scoped, TODAY, post=post, longer_than=longer_than) == len(expected)


def test_vacancies_of_a_subtree_cost_two_queries(world, django_assert_num_queries):
    with django_assert_num_queries(2):
        assert len(vacancies_on(TODAY, world.county.path)) > 10


def test_counting_vacancies_costs_one_query_and_nothing_is_counted_for_a_post_nobody_owes(world):
    with CaptureQueriesContext(connection) as queries:
        assert count_vacancies(Organisation.objects.under(world.county.path), TODAY) > 10
    assert len(queries) == 1
    assert count_vacancies(Organisation.objects.under(world.county.path), TODAY, post=Post.STAFF) == 0


def test_a_refusal_is_a_validation_error_that_a_form_can_show():
    assert issubclass(NotPossible, ValidationError)
    assert issubclass(TenureRefused, ValidationError)
