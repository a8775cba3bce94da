"""Every item of a whole county, computed a second way (oracle.py), equal to the last cent."""

from fractions import Fraction

import pytest
from django.db.models import F

from assessments.models import AreaResult, BodyResult, Run, Standard
from assessments.services import compute_now, prepare_run
from committees.pay_record import PayRecord
from federation.shared.metrics import Window
from orgs.models import Organisation
from tests.assessments.facts import AS_OF, YEAR
from tests.assessments.oracle import MISSING, Facts, Oracle, band, half_up, ranks

HUNDRED = {"township_2012": "township", "village_2012": "village", "association_2012": "association"}
CHECKLISTS = {"nine_haves_2012": "nine", "six_haves_2012": "six"}


def run_of(standard, area) -> Run:
    run = prepare_run(standard=Standard.objects.get(code=standard), area=area, year=YEAR, as_of=AS_OF, by=None)
    compute_now(run)
    return run


def results_of(run):
    return list(BodyResult.objects.filter(run=run).annotate(code=F("organisation__code"), path=F("organisation__path")))


def bodies_of(oracle, standard, area):
    wanted = Standard.objects.get(code=standard)
    return [
        body
        for body in oracle.facts.bodies
        if body["path"].startswith(area.path)
        and oracle.is_live(body)
        and body["body_kind"] == wanted.body_kind
        and wanted.level in (None, body["level"])
    ]


@pytest.fixture
def oracle(seeded):
    return Oracle(Facts(), YEAR, AS_OF)


@pytest.mark.parametrize("standard", HUNDRED)
def test_the_points_of_every_item_of_every_body_are_those_of_the_oracle(standard, seeded, oracle):
    results = {result.organisation_id: result for result in results_of(run_of(standard, seeded))}
    bodies = bodies_of(oracle, standard, seeded)
    assert set(results) == {body["id"] for body in bodies}
    totals = {}
    for body in bodies:
        expected, result = getattr(oracle, HUNDRED[standard])(body), results[body["id"]]
        totals[body["id"]] = oracle.total(expected)
        for code, points in expected.items():
            cell = result.items[code]
            if points is MISSING:
                assert (cell["s"], cell["p"]) == ("none", "0.00"), code
            else:
                assert half_up(Fraction(cell["p"])) == half_up(points), (body["code"], code, cell)
        assert half_up(Fraction(result.total)) == totals[body["id"]]
        assert result.band == band(totals[body["id"]])
        assert result.unsourced == sum(points is MISSING for points in expected.values())
    places = ranks(totals)
    for pk, result in results.items():
        assert (result.rank_county, result.rank_area) == (places[pk], places[pk])


@pytest.mark.parametrize("standard", CHECKLISTS)
def test_every_tick_and_cross_is_that_of_the_oracle(standard, seeded, oracle):
    run = run_of(standard, seeded)
    results = {result.organisation_id: result for result in results_of(run)}
    rates: dict = {}
    for body in bodies_of(oracle, standard, seeded):
        expected = getattr(oracle, CHECKLISTS[standard])(body)
        for code, holds in expected.items():
            state = results[body["id"]].items[code]["s"]
            assert state == {True: "yes", False: "no", MISSING: "none"}[holds], (body["code"], code)
            rates[code] = rates.get(code, 0) + (holds is True)
    top = AreaResult.objects.get(run=run, organisation=seeded)
    assert {code: pair[0] for code, pair in top.items.items()} == rates


def test_the_county_is_judged_by_the_results_below_it(seeded, oracle):
    runs = {name: run_of(standard, seeded) for standard, name in (HUNDRED | CHECKLISTS).items()}
    totals = {name: [str(each.total) for each in results_of(runs[name])] for name in HUNDRED.values()}
    complete = {}
    for name, count in (("nine", 9), ("six", 6)):
        met = [sum(cell["s"] == "yes" for cell in each.items.values()) for each in results_of(runs[name])]
        complete[name] = (sum(each == count for each in met), len(met))
    expected = oracle.county({"path": seeded.path}, totals, complete)
    (result,) = results_of(run_of("county_2012", seeded))
    for code, points in expected.items():
        assert half_up(Fraction(result.items[code]["p"])) == ("0.00" if points is MISSING else half_up(points)), code


def test_the_three_hundred_percents_of_every_area_are_those_of_the_oracle(seeded, oracle):
    run = run_of("village_2012", seeded)
    names = {
        "orgs.townships_with_director": "townships",
        "orgs.villages_with_chair": "villages",
        "orgs.bodies_with_member": "members",
    }
    areas = AreaResult.objects.filter(run=run).select_related("organisation")
    assert areas.count() > 2
    for area in areas:
        expected = oracle.hundreds({"path": area.organisation.path})
        assert {names[key]: tuple(pair) for key, pair in area.rates.items()} == expected


def test_the_seeds_hold_the_edges_that_matter(seeded, oracle):
    """A seed without the hard cases would prove nothing."""
    days = {
        oracle.vacant_days(body, post)
        for body in bodies_of(oracle, "village_2012", seeded)
        for post in ("association_chair", "association_vice_chair", "committee_member")
    }
    assert days & {30, 31} and days & {90, 91}, sorted(days)
    assert any(not oracle.villages(body) for body in bodies_of(oracle, "township_2012", seeded))
    flat = [body for body in oracle.villages({"path": seeded.path}) if len(body["path"]) == len(seeded.path) + 4]
    assert len(flat) == 2
    assert Organisation.objects.filter(abolished_on=AS_OF).exists()


def test_months_paid_are_as_many_counted_by_line_as_looked_at_one_by_one(seeded):
    """Also of who was paid too little, made up for it, sent back, paid again, or at a former post."""
    bodies = list(Organisation.objects.under(seeded.path))
    record = PayRecord(bodies, Window(YEAR, AS_OF))
    counts = {pk: number for pk, number in record.full_counts.items() if number}
    assert counts == {pk: len(months) for pk, months in record.full.items() if months}
    whole, others = record._stretches()
    assert whole, "nothing was counted as a whole"
    assert others, "nothing had to be looked at"
