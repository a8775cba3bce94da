"""A year's assessment as one writes it with the ORM alone: an aggregate a metric, one row an item, bulk_create.

Why it is fair: it is what somebody who knows Django writes at the first go, and writes well. One conditional
aggregate a metric over all bodies at once, never a query a body; tenures prefetched once; Exists for posts held;
bulk_create in batches of 2,000; ranks by one sort; no signals, no history, no second pass. It is judged on the same
bodies and stores the same: points, state, numerator, denominator, number of proofs and reason of every item, totals
and ranks of every body, in tables as Django makes them; `compared` refuses to go on where one item says otherwise.
It is not slowed: it shares the text of the standards, the pure scoring functions and the sentences with the product
(nothing in them asks the database). And it is not helped: of the engine of metrics, of what scores and words are
remembered for equal figures, and of storing it uses nothing. It does less than the product in one thing: areas are
not rolled up.
"""

import json
from collections import defaultdict
from dataclasses import dataclass
from decimal import Decimal

from django.db import models
from django.db.models import PROTECT, Count, Exists, OuterRef, Prefetch, Q, Sum
from django.db.models.functions import Substr

from assessments import scoring
from assessments.models import BodyResult
from assessments.reasons import reason
from assessments.standards import parse
from bench import member_defaults
from bench.harness import Clock
from federation.shared.metrics import Figure, metric
from ledgers.models import DisabledPerson
from orgs.models import BodyKind, Budget, Organisation, Post, ResponsibilityLetter, Tenure
from orgs.querysets import spanning
from orgs.requirements import requirements_for
from orgs.vacancies import gaps_between

_COUNTY = Organisation.steplen * 3
_BATCH = 2000


class ItemRow(models.Model):
    """One item of one body, as Django makes a table: a key, a foreign key with its index, a unique constraint."""

    organisation = models.ForeignKey(Organisation, on_delete=PROTECT, related_name="+")
    standard = models.CharField(max_length=30)
    item = models.CharField(max_length=10)
    points = models.DecimalField(max_digits=6, decimal_places=2)
    state = models.CharField(max_length=10)
    numerator = models.DecimalField(max_digits=14, decimal_places=2, null=True)
    denominator = models.DecimalField(max_digits=14, decimal_places=2, null=True)
    evidence = models.IntegerField(default=0)
    reason = models.CharField(max_length=300, blank=True)

    class Meta:
        app_label = "bench"
        db_table = "bench_item_row"
        constraints = [models.UniqueConstraint(fields=["organisation", "standard", "item"], name="bench_item_once")]

    def __str__(self):
        return f"{self.standard} {self.item}"


class TotalRow(models.Model):
    """The total of one body and its places."""

    organisation = models.ForeignKey(Organisation, on_delete=PROTECT, related_name="+")
    standard = models.CharField(max_length=30)
    total = models.DecimalField(max_digits=6, decimal_places=2)
    bonus = models.DecimalField(max_digits=5, decimal_places=2)
    penalty = models.DecimalField(max_digits=5, decimal_places=2)
    deciding = models.DecimalField(max_digits=6, decimal_places=2)
    band = models.CharField(max_length=10)
    rank_county = models.IntegerField(default=0)
    rank_area = models.IntegerField(default=0)

    class Meta:
        app_label = "bench"
        db_table = "bench_total_row"
        constraints = [models.UniqueConstraint(fields=["organisation", "standard"], name="bench_total_once")]

    def __str__(self):
        return f"{self.standard} {self.total}"


TABLES = (ItemRow, TotalRow)


@dataclass
class Judged:
    """The bodies of a standard: as a queryset for aggregates, and read with the tenures of the year."""

    area: Organisation
    rows: models.QuerySet
    bodies: list


def judged(standard, area, window) -> Judged:
    rows = Organisation.objects.of_kind(standard.body_kind, standard.level).live_on(window.as_of).under(area.path)
    rows = rows.order_by()
    of_the_year = Tenure.objects.filter(
        Q(ended_on__isnull=True) | Q(ended_on__gte=window.start), started_on__lte=window.as_of
    )
    held = Prefetch("tenure_set", queryset=of_the_year, to_attr="tenures_of_the_year")
    return Judged(area, rows, list(rows.prefetch_related(held)))


# --- aggregates -------------------------------------------------------------------------------
def counted(relation: str, condition):
    """Rows a body owns."""

    def figures(judged, window):
        found = judged.rows.values_list("pk").annotate(number=Count(relation, filter=condition(window)))
        return {pk: Figure(number) for pk, number in found}

    return figures


def share(relation: str, among, condition):
    """Rows a body owns that meet `condition`, of those that are `among`."""

    def figures(judged, window):
        rows = judged.rows.values_list("pk").annotate(
            met=Count(relation, filter=among(window) & condition(window)), all=Count(relation, filter=among(window))
        )
        return {pk: Figure(met, number) for pk, met, number in rows}

    return figures


def share_below(facts, condition, path: str = "org_path"):
    """The same over everything below a body: facts grouped by the beginning of their path."""

    def figures(judged, window):
        by_path = {body.path: body.pk for body in judged.bodies}
        found = {body.pk: Figure(0, 0) for body in judged.bodies}
        for length in {len(body.path) for body in judged.bodies}:
            rows = (
                facts(window)
                .under(judged.area.path)
                .order_by()
                .annotate(body_path=Substr(path, 1, length))
                .values_list("body_path")
                .annotate(met=Count("pk", filter=condition(window)), all=Count("pk"))
            )
            for body_path, met, number in rows:
                if body_path in by_path:
                    found[by_path[body_path]] = Figure(met, number)
        return found

    return figures


def money_spent(judged, window):
    of_year = Q(budget__year=window.year)
    rows = judged.rows.values_list("pk").annotate(
        spent=Sum("budget__spent_amount", filter=of_year),
        allocated=Sum("budget__allocated_amount", filter=of_year),
        number=Count("budget", filter=of_year),
    )
    return {pk: Figure(spent or 0, allocated or 0, rows=number) for pk, spent, allocated, number in rows}


def regulations(judged, window):
    rows = judged.rows.filter(spanning(window.as_of, "regulation__issued_on", "regulation__withdrawn_on"))
    present = defaultdict(set)
    for pk, kind in rows.values_list("pk", "regulation__kind").distinct():
        present[pk].add(kind)
    found = {}
    for body in judged.bodies:
        required = requirements_for(body.body_kind, body.level, window.year).regulations
        absent = tuple((kind, 1) for kind in required if kind not in present[body.pk])
        found[body.pk] = Figure(len(required) - len(absent), len(required), absent)
    return found


def vacant_days(judged, window):
    found = {}
    for body in judged.bodies:
        first = max(window.start, body.established_on or window.start)
        posts = requirements_for(body.body_kind, body.level, window.year).posts
        days, gaps = {}, 0
        for post in posts:
            held = [(each.started_on, each.ended_on) for each in body.tenures_of_the_year if each.post == post]
            for begin, end in gaps_between(held, first, window.as_of):
                days[post] = days.get(post, 0) + (end - begin).days + 1
                gaps += 1
        owed = max(0, (window.as_of - first).days + 1)
        found[body.pk] = Figure(sum(days.values()), owed * len(posts), tuple(days.items()), gaps)
    return found


def _members(window):
    return spanning(window.as_of, "tenure__started_on", "tenure__ended_on") & Q(tenure__post=Post.COMMITTEE_MEMBER)


def _villages(window):
    return Organisation.objects.of_kind(BodyKind.VILLAGE_ASSOCIATION).live_on(window.as_of)


def _post_held(post):
    return lambda window: Exists(Tenure.objects.in_post_on(window.as_of).filter(organisation=OuterRef("pk"), post=post))


def _letter_signed(window):
    letters = ResponsibilityLetter.objects.signed_of_year(window.year, window.as_of)
    return Exists(letters.filter(organisation=OuterRef("pk")))


def _persons(window):
    return DisabledPerson.objects.current_on(window.as_of)


AGGREGATES = {
    "orgs.plaques_in_place": counted("plaque", lambda w: spanning(w.as_of, "plaque__hung_on", "plaque__removed_on")),
    "orgs.premises_current": counted("premises", lambda w: spanning(w.as_of, "premises__since", "premises__until")),
    "orgs.fiscal_budgets": counted(
        "budget",
        lambda w: Q(budget__year=w.year, budget__source=Budget.Source.FISCAL, budget__allocated_amount__gt=0),
    ),
    "orgs.budget_execution": money_spent,
    "orgs.responsibility_letters": counted(
        "responsibilityletter",
        lambda w: Q(responsibilityletter__year=w.year, responsibilityletter__signed_on__lte=w.as_of),
    ),
    "orgs.members_disabled_or_relative": share(
        "tenure", _members, lambda w: Q(tenure__worker__identity__in=["disabled", "relative"])
    ),
    "orgs.regulations_in_force": regulations,
    "orgs.vacant_days": vacant_days,
    "orgs.villages_with_chair": share_below(_villages, _post_held(Post.ASSOCIATION_CHAIR), "path"),
    "orgs.villages_with_member": share_below(_villages, _post_held(Post.COMMITTEE_MEMBER), "path"),
    "orgs.villages_with_letter": share_below(_villages, _letter_signed, "path"),
    "committees.members_certified": share_below(
        lambda w: Tenure.objects.in_post_on(w.as_of).filter(post=Post.COMMITTEE_MEMBER),
        lambda w: Q(appointment__certificate_issued_on__lte=w.as_of, appointment__certificate_expires_on__gte=w.as_of),
    ),
    "committees.directors_trained": member_defaults.directors_trained,
    "committees.trainings_completed": member_defaults.trainings_completed,
    "committees.subsidy_months_paid": member_defaults.months_paid,
    "ledgers.persons_complete": share_below(_persons, lambda w: Q(missing_mandatory=0)),
    "ledgers.persons_valid": share_below(_persons, lambda w: Q(failed_checks="")),
}


def aggregate_of(name: str):
    if name not in AGGREGATES:
        raise LookupError(f"{name} has no plain aggregate yet: add it to AGGREGATES in bench/assess_default.py")
    return AGGREGATES[name]


# --- points and rows --------------------------------------------------------------------------
def plain(standards, area, window) -> dict:
    """Assess `area` and store everything; how many rows, and the CPU seconds of each step."""
    clock, steps = Clock(), {"aggregates": 0.0, "points": 0.0, "bulk_create": 0.0}
    number = 0

    def spent(step, before):
        now = clock.read()
        steps[step] += now - before
        return now

    for standard in standards:
        at = clock.read()
        definition = parse(standard.definition)
        found = judged(standard, area, window)
        figures = {name: aggregate_of(name)(found, window) for name in definition.metrics}
        at = spent("aggregates", at)
        items, totals = rows_of(definition, found.bodies, figures)
        at = spent("points", at)
        ItemRow.objects.bulk_create(items, batch_size=_BATCH)
        TotalRow.objects.bulk_create(totals, batch_size=_BATCH)
        spent("bulk_create", at)
        number += len(items) + len(totals)
    return {"rows": number, "steps": {name: round(seconds, 2) for name, seconds in steps.items()}}


def rows_of(definition, bodies, figures) -> tuple[list[ItemRow], list[TotalRow]]:
    items, totals, by_county = [], [], defaultdict(list)
    for body in bodies:
        points = {}
        for item in definition.every_item:
            figure = figures[item.metric][body.pk] if metric(item.metric).has_source else None
            scored = scoring.score(item, figure)
            points[item.code] = scored.points
            items.append(
                ItemRow(
                    organisation=body,
                    standard=definition.code,
                    item=item.code,
                    points=scored.points,
                    state=scored.state,
                    numerator=figure.numerator if figure else None,
                    denominator=figure.denominator if figure else None,
                    evidence=figure.evidence_count if figure else 0,
                    reason=reason(item, figure, scored) if figure else "",
                )
            )
        total = total_of(definition, body, points)
        totals.append(total)
        by_county[body.path[:_COUNTY]].append(total)
    for some in by_county.values():
        rank(some, "rank_county")
    rank(totals, "rank_area")
    return items, totals


def total_of(definition, body, points: dict) -> TotalRow:
    def earned(some):
        return sum((points[item.code] for item in some), Decimal(0))

    bonus = min(earned(definition.bonuses), definition.bonus_cap)
    penalty = min(earned(definition.penalties), definition.penalty_cap)
    total = scoring.held(earned(definition.items) + bonus - penalty)
    return TotalRow(
        organisation=body,
        standard=definition.code,
        total=total,
        bonus=bonus,
        penalty=penalty,
        deciding=earned(item for item in definition.items if item.section == definition.deciding_section),
        band=definition.band_of(total),
    )


def rank(totals: list[TotalRow], name: str):
    """Equal totals share a rank: 1, 2, 2, 4."""
    place, last = 0, None
    for number, row in enumerate(sorted(totals, key=lambda each: each.total, reverse=True), start=1):
        if row.total != last:
            place, last = number, row.total
        setattr(row, name, place)


# --- the same results -------------------------------------------------------------------------
def compared(standard, run) -> int:
    """How many items of the product's run say the same as ours; refuses to go on where one does not."""
    names = ("total", "bonus", "penalty", "deciding", "band", "rank_county", "rank_area")
    totals = {
        row[0]: row[1:] for row in TotalRow.objects.filter(standard=standard.code).values_list("organisation", *names)
    }
    rows = defaultdict(dict)
    for body, item, *said in (
        ItemRow.objects.filter(standard=standard.code)
        .values_list("organisation", "item", "points", "state", "numerator", "denominator", "evidence", "reason")
        .iterator()
    ):
        rows[body][item] = said
    number = 0
    results = BodyResult.objects.filter(run=run).values_list("organisation", "items", *names)
    for body, items, *summed in results.iterator():
        if totals.pop(body, None) != tuple(summed):
            raise AssertionError(f"{standard.code}: body {body} has other totals")
        ours = {code: _said(cell) for code, cell in _cells(items).items()}
        if ours != rows.pop(body):
            raise AssertionError(f"{standard.code}: body {body} has other items")
        number += len(ours)
    if totals or rows:
        raise AssertionError(f"{standard.code}: {len(totals)} bodies are not in the product's run")
    return number


def _cells(items) -> dict:
    return json.loads(items) if isinstance(items, str) else items


def _said(cell: dict) -> list:
    numerator = Decimal(cell["n"]) if "n" in cell else None
    denominator = Decimal(cell["d"]) if "d" in cell else None
    return [Decimal(cell["p"]), cell["s"], numerator, denominator, cell.get("e", 0), cell.get("r", "")]
