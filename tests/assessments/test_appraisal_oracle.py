"""Every item of an appraisal a second time: exact fractions, from the domain's text, for a seeded crowd of members.

Four of the items wait for ledgers that do not exist yet. Here their metrics stand on figures drawn by chance, in an
edition of its own, so that the arithmetic of every item, the bands and the ranks are compared all the same.
"""

import random
from datetime import timedelta
from fractions import Fraction

import pytest

from assessments.models import MemberPoints, MemberResult
from assessments.standards import store_standard
from federation.shared import metrics
from federation.shared.metrics import Figure, Worked
from tests.assessments.members import AS_OF, appraised_by_parts, engage, standard_for_members

pytestmark = pytest.mark.django_db
# item: (points, target in hundredths, what stands for a denominator), as in the table of the domain.
ITEMS = {"M1": (20, 100, 100), "M2": (25, 90, None), "M3": (15, 90, None), "M4": (15, 90, None), "M5": (10, 100, 2)}
BANDS = [(90, "优秀"), (75, "称职"), (60, "基本称职"), (0, "不称职")]


def half_up(value: Fraction) -> Fraction:
    return Fraction((value * 100 + Fraction(1, 2)).__floor__(), 100)


def points_of(code: str, numerator: int, denominator: int | None) -> Fraction:
    most, target, fixed = ITEMS[code]
    whole = fixed if denominator is None else denominator
    if not whole:
        return Fraction(0)
    return half_up(most * min(Fraction(1), Fraction(numerator, whole) * 100 / target))


def band_of(total: Fraction) -> str:
    return next(name for floor, name in BANDS if total >= floor)


@pytest.fixture
def drawn(monkeypatch):
    """{item: {appointment: (numerator, denominator)}}, which the metrics of an edition give."""
    known = {code: {} for code in ITEMS}
    monkeypatch.setattr(metrics, "_metrics", dict(metrics._metrics))
    for code in ITEMS:

        def figures(members, window, code=code):
            return {member.pk: Figure(*known[code][member.pk], rows=0) for member in members}

        metrics.register(
            Worked(
                name=f"test.{code}", label=code, unit="次", source="试验", definition="随机抽取", figures=figures,
                proof=lambda body, window: [],
            )
        )  # fmt: skip
    return known


def edition():
    definition = dict(standard_for_members().definition) | {"code": "member_drawn"}
    definition["items"] = [
        item | ({"metric": f"test.{item['code']}"} if item["code"] in ITEMS else {}) for item in definition["items"]
    ]
    return store_standard(definition)[0]


@pytest.mark.parametrize("seed", [1, 2])
def test_every_item_band_and_rank_agrees_with_a_second_calculation(world, drawn, seed):
    chance = random.Random(seed)
    bodies = [world.village, world.township, world.neighbour_village, world.other_village, world.other_township]
    members = [engage(chance.choice(bodies), f"委员{number}") for number in range(120)]
    manual = {member.pk: Fraction(chance.randint(0, 1500), 100) for member in members}
    for code, (_most, _target, fixed) in ITEMS.items():
        for member in members:
            whole = chance.choice([0, 1, 3, 7, 30, 90]) if fixed is None else None
            most = whole if whole is not None else fixed + 2
            drawn[code][member.pk] = (chance.randint(most // 2, most), whole)
    standard = edition()
    first = appraised_by_parts(world.city, standard)
    rows = MemberResult.objects.filter(appraisal=first)
    assert {row.pending for row in rows} == {1} and {row.band for row in rows} == {""}
    first.delete()
    appraisal = scored_from_the_start(world, standard, members, manual)

    totals = {}
    for member in members:
        row = MemberResult.objects.get(appraisal=appraisal, appointment=member)
        expected = {code: points_of(code, *drawn[code][member.pk]) for code in ITEMS} | {"M6": manual[member.pk]}
        assert {code: Fraction(cell["p"]) for code, cell in row.items.items()} == expected
        totals[member.pk] = sum(expected.values())
        assert Fraction(str(row.total)) == totals[member.pk]
        assert row.band == band_of(totals[member.pk])
    counties = [world.county.path, world.other_county.path]
    for member in members:
        county = next(path for path in counties if member.organisation.path.startswith(path))
        better = [
            other
            for other in members
            if other.organisation.path.startswith(county) and totals[other.pk] > totals[member.pk]
        ]
        assert MemberResult.objects.get(appraisal=appraisal, appointment=member).rank_county == 1 + len(better)
    assert len({row.band for row in MemberResult.objects.filter(appraisal=appraisal)}) > 1


def scored_from_the_start(world, standard, members, manual):
    """The points are there before the round is computed, as they are when it is computed again."""
    from assessments.models import Appraisal

    appraisal = Appraisal.objects.create(
        standard=standard, definition=standard.definition, organisation=world.city, year=AS_OF.year,
        as_of=AS_OF - timedelta(days=1),
    )  # fmt: skip
    MemberPoints.objects.bulk_create(
        MemberPoints(
            appraisal=appraisal, appointment=member, organisation=member.organisation, org_path="", item_code="M6",
            points=f"{float(manual[member.pk]):.2f}", reason="评议", scored_by=world.clerk,
        )
        for member in members
    )  # fmt: skip
    return appraised_by_parts(world.city, standard, as_of=appraisal.as_of)
