"""Every metric: its evidence is what it counted, its number does not depend on how many are asked at once."""

import random
from datetime import date, timedelta

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from federation.shared.metrics import UnknownMetric, Window, all_metrics, compute, metric, span_of
from orgs.models import Level, Organisation, Regulation, Tenure
from orgs.vacancies import gaps_between
from tests.assessments.facts import AS_OF, START, YEAR
from tests.assessments.oracle import Facts, Oracle

WINDOW = Window(YEAR, AS_OF)
SOURCED = [each.name for each in all_metrics() if each.has_source]


@pytest.fixture
def bodies(county):
    return list(Organisation.objects.filter(path__startswith=county.path))


def test_the_evidence_of_every_metric_adds_up_to_its_numerator(bodies):
    figures = compute(SOURCED, bodies, WINDOW)
    for name in SOURCED:
        declared, seen = metric(name), 0
        for body in bodies:
            figure = figures.of(name, body)
            rows = declared.evidence(body, WINDOW)
            assert declared.measure(rows) == figure.numerator, (name, body.code)
            assert (rows.count() if hasattr(rows, "model") else len(rows)) == figure.evidence_count, (name, body.code)
            seen += figure.evidence_count
        if not name.startswith("assessments."):
            assert seen, f"{name}: no body of the seeded county has any, so nothing was compared"


def test_a_body_asked_alone_gets_the_same_figures_as_among_all(bodies):
    figures = compute(SOURCED, bodies, WINDOW)
    for body in bodies:
        alone = compute(SOURCED, [body], WINDOW)
        for name in SOURCED:
            assert alone.of(name, body) == figures.of(name, body), (name, body.code)


def test_what_is_missing_and_what_is_counted_make_up_the_denominator(bodies):
    figures = compute(SOURCED, bodies, WINDOW)
    compared = 0
    for name in SOURCED:
        for body in bodies:
            missing = metric(name).missing(body, WINDOW)
            figure = figures.of(name, body)
            # Without a denominator the missing ones say why the number is nought.
            if missing is not None and figure.denominator is not None:
                lacking = missing.count() if hasattr(missing, "model") else len(missing)
                assert figure.numerator + lacking == figure.denominator, (name, body.code)
                compared += 1
    assert compared > 50


def test_a_metric_without_a_place_for_its_facts_says_so_and_is_nothing(bodies):
    unsourced = [each for each in all_metrics() if not each.has_source]
    assert len(unsourced) > 15
    for declared in unsourced:
        assert compute([declared.name], bodies, WINDOW).of(declared.name, bodies[0]) == (0, None, (), None)
        assert list(declared.evidence(bodies[0], WINDOW)) == []


def test_every_metric_has_a_chinese_label_a_source_and_a_definition():
    for declared in all_metrics():
        assert declared.label and declared.source and declared.definition, declared.name
        assert declared.name.split(".")[0] in {"orgs", "committees", "ledgers", "assessments", "campaigns"}


def test_an_unknown_metric_is_refused_by_name():
    with pytest.raises(UnknownMetric, match="orgs.nonsense"):
        metric("orgs.nonsense")


def test_the_number_of_queries_does_not_depend_on_the_number_of_bodies(county, bodies):
    """It depends on how many depths they stand at, and nothing else."""
    depth = len(county.path) + 8
    villages = [body for body in bodies if body.level == Level.VILLAGE and len(body.path) == depth]
    assert len(villages) > 8
    counts = []
    for some in (villages[:2], villages):
        with CaptureQueriesContext(connection) as queries:
            compute(SOURCED, some, WINDOW)
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_a_regulation_in_two_copies_counts_once(world):
    for _ in range(2):
        Regulation.objects.create(organisation=world.village, kind="study", issued_on=START)
    figure = compute(["orgs.regulations_in_force"], [world.village], WINDOW).of(
        "orgs.regulations_in_force", world.village
    )
    assert (figure.numerator, figure.denominator) == (1, 4)
    assert [kind for kind, _ in figure.parts] == ["work", "village_visit", "statistics"]


@pytest.mark.parametrize(
    "tenures,expected",
    [
        ([], [(1, 31)]),
        ([(1, None)], []),
        ([(1, 31)], []),
        ([(2, None)], [(1, 1)]),
        ([(1, 30)], [(31, 31)]),
        ([(1, 10), (12, None)], [(11, 11)]),
        ([(1, 20), (5, 8)], [(21, 31)]),
        ([(5, 8), (1, 20)], [(21, 31)]),
        ([(1, 10), (11, 31)], []),
        ([(40, None)], [(1, 31)]),
    ],
)
def test_gaps_are_the_days_without_any_tenure(tenures, expected):
    def day(number):
        return None if number is None else START.replace(month=1 + number // 32, day=(number - 1) % 31 + 1)

    found = gaps_between([(day(a), day(b)) for a, b in tenures], day(1), day(31))
    assert found == [(day(a), day(b)) for a, b in expected]


def test_a_tenure_that_ended_on_the_day_itself_is_still_current(world):
    from tests.assessments.facts import DAY, Builder

    builder = Builder(1)
    builder.tenure(random.Random(1), world.village, "association_chair", START, AS_OF)
    builder.tenure(random.Random(2), world.village_second, "association_chair", START, AS_OF - DAY)
    figure = compute(["orgs.villages_with_chair"], [world.township], WINDOW).of(
        "orgs.villages_with_chair", world.township
    )
    assert (figure.numerator, figure.denominator) == (1, 2)
    assert Tenure.objects.count() == 2


def test_the_facts_of_a_body_do_not_depend_on_what_was_drawn_before(world):
    from tests.assessments.facts import Builder

    def regulations(*before):
        with transaction.atomic():
            builder = Builder(7)
            for body in (*before, world.village):
                builder.facts(body, world.township)
            rows = Regulation.objects.filter(organisation=world.village)
            found = sorted(rows.values_list("kind", "issued_on"))
            transaction.set_rollback(True)
        return found

    assert regulations() == regulations(world.village_second) != []


def test_a_province_counted_by_its_exceptions_gets_the_figures_that_counting_one_by_one_gives(bodies, monkeypatch):
    names = [declared.name for declared in all_metrics() if getattr(declared, "exceptions", None)]
    assert len(names) == 2
    found = []
    for many in (len(bodies) + 1, 1):
        monkeypatch.setattr("federation.shared.metric_queries.MANY", many)
        for day in (AS_OF, AS_OF + timedelta(days=1), AS_OF - timedelta(days=1), date(2012, 1, 1)):
            figures = compute(names, bodies, Window(day.year, day))
            found.append([[figures.of(name, body) for body in bodies] for name in names])
    assert found[:4] == found[4:]
    assert all(any(figure.numerator < figure.denominator for figure in some) for some in found[0])


def test_a_past_day_counts_people_where_they_were_however_many_bodies_are_asked(bodies, monkeypatch, county):
    names = ["ledgers.persons_complete", "ledgers.persons_valid"]
    declared = metric(names[0])
    seen = set()
    for day in (AS_OF - timedelta(days=1), AS_OF, AS_OF + timedelta(days=1), AS_OF + timedelta(days=20)):
        window, oracle = Window(YEAR, day), Oracle(Facts(), YEAR, day)
        for many in (len(bodies) + 1, 1):
            monkeypatch.setattr("federation.shared.metric_queries.MANY", many)
            figures = compute(names, bodies, window)
            for body in bodies:
                people = oracle.people({"path": body.path})
                complete = [row for row in people if row["missing_mandatory"] == 0]
                valid = [row for row in people if row["failed_checks"] == ""]
                for name, part in zip(names, (complete, valid), strict=True):
                    figure = figures.of(name, body)
                    assert (figure.numerator, figure.denominator) == (len(part), len(people)), (name, day, body.code)
                    listed = metric(name).evidence(body, window).values_list("pk", flat=True)
                    assert sorted(listed) == sorted(row["id"] for row in part)
        seen.add(figures.of(declared.name, county).denominator)
    assert len(seen) > 2, "on every day the same people: nothing was compared"


def test_today_asks_nothing_of_transfers(bodies):
    today = timezone.localdate()
    with CaptureQueriesContext(connection) as queries:
        compute(["ledgers.persons_complete", "ledgers.persons_valid"], bodies, Window(today.year, today))
    assert len(queries) == 1 and "transfer" not in queries[0]["sql"]


def test_one_range_of_paths_ends_after_the_last_subtree_of_all():
    chance = random.Random(20261127)
    for _ in range(300):
        steps = [f"{chance.randrange(3):04d}" for _ in range(12)]
        paths = {"".join(chance.choices(steps, k=chance.randint(1, 4))) for _ in range(chance.randint(1, 12))}
        found = dict(span_of(paths, "path").children)
        assert found == {"path__gte": min(paths), "path__lt": max(path + "~" for path in paths)}
