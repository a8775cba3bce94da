"""Bodies in, their scores out: all metrics of a standard over many bodies at once, nothing written."""

import hashlib
import json
from dataclasses import dataclass
from decimal import Decimal

from assessments import scoring
from assessments.reasons import PENDING, reason
from assessments.scoring import amount, cents, held
from assessments.standards import Definition, Item, parse
from federation.shared.metrics import Figure, Window, compute, metric


@dataclass(slots=True)
class BodyScore:
    """One row of results to be written; `items` is JSON text, written once per distinct outcome of an item."""

    body: object
    total: Decimal
    bonus: Decimal
    penalty: Decimal
    deciding: Decimal
    met: int
    unsourced: int
    pending: int
    band: str
    items: str
    states: tuple
    # In cents, as `cents` gives them: whole numbers are added up sooner.
    points: tuple
    # The digest its row was written with: also covers rank, band and place in the tree.
    row_digest: str = ""

    def digest_with(self, place: str) -> str:
        """Of everything its row says; `place` is what only all the rows together decide."""
        text = f"{self.body.pk}|{self.total}|{self.bonus}|{self.penalty}|{self.items}|{place}"
        return hashlib.blake2b(text.encode(), digest_size=32).hexdigest()


class Scorer:
    """Scores bodies by one definition. Equal figures of an item are scored, worded and encoded once."""

    def __init__(self, definition: Definition, window: Window):
        self.definition = definition
        self.window = window
        self.figures = None
        self._lines = [_Line(item) for item in definition.every_item]
        self._totals: dict = {}
        self._counts: dict = {}

    def score(self, bodies: list, manual: dict | None = None) -> list[BodyScore]:
        """`manual` holds {(body pk, item code): points} given by inspectors."""
        self.figures = compute(self.definition.metrics, bodies, self.window)
        columns = [line.outcomes(bodies, self.figures, manual or {}) for line in self._lines]
        return [self._body(body, outcomes) for body, outcomes in zip(bodies, zip(*columns, strict=True), strict=True)]

    def figure(self, item: Item, body) -> Figure | None:
        """None where the item's facts have no place yet."""
        return self.figures.of(item.metric, body) if item.has_source else None

    def _body(self, body, outcomes: tuple) -> BodyScore:
        earned, states, texts = zip(*outcomes)  # noqa: B905 - all are triples
        definition, totals, counts = self.definition, self._totals, self._counts
        count = len(definition.items)
        points, states = earned[:count], states[:count]
        last = count + len(definition.bonuses)
        sums = (
            sum(points),
            sum(earned[count:last]),
            sum(earned[last:]),
            sum([points[place] for place in definition.deciding_places]),
        )
        # Bodies share few sums, and few patterns of states.
        if sums not in totals:
            totals[sums] = self._total(*map(amount, sums))
        if states not in counts:
            counts[states] = tuple(states.count(each) for each in (scoring.YES, scoring.NONE, scoring.PENDING))
        total, bonus, penalty, deciding, band = totals[sums]
        met, unsourced, pending = counts[states]
        return BodyScore(
            body=body,
            total=total,
            bonus=bonus,
            penalty=penalty,
            deciding=deciding,
            met=met,
            unsourced=unsourced,
            pending=pending,
            band=band,
            items="{" + ",".join(texts) + "}",
            states=states,
            points=points,
        )

    def _total(self, points: Decimal, bonuses: Decimal, penalties: Decimal, deciding: Decimal) -> tuple:
        """(total, bonus, penalty, deciding, band)."""
        bonus, penalty = min(bonuses, self.definition.bonus_cap), min(penalties, self.definition.penalty_cap)
        total = held(points + bonus - penalty)
        return total, bonus, penalty, deciding, self.definition.band_of(total)


class _Line:
    """One item while many bodies are scored: (points in cents, state, JSON text) of each figure it has met."""

    def __init__(self, item: Item):
        self.item = item
        self.declared = metric(item.metric) if item.metric else None
        self.known: dict = {}

    def outcomes(self, bodies: list, figures, manual: dict) -> list[tuple]:
        """One outcome a body, in their order."""
        item = self.item
        if item.scoring == "manual":
            found = [manual.get((body.pk, item.code)) for body in bodies]
        elif not self.declared.has_source:
            return [self._work_out(None)] * len(bodies)
        else:
            by_pk, nothing = figures.by_metric[item.metric], self.declared.nothing
            found = [by_pk.get(body.pk) or nothing(body, figures.window) for body in bodies]
        known = self.known
        for figure in set(found) - known.keys():
            known[figure] = self._work_out(figure)
        return [known[figure] for figure in found]

    def _work_out(self, figure) -> tuple:
        item = self.item
        if item.scoring == "manual":
            return _encoded(item, None, scoring.manual(item, figure), PENDING if figure is None else "")
        scored = scoring.score(item, figure)
        return _encoded(item, figure, scored, reason(item, figure, scored))


def _encoded(item: Item, figure: Figure | None, scored, words: str) -> tuple:
    cell = {"p": str(scored.points), "s": scored.state}
    if scored.value is not None:
        cell["v"] = f"{scored.value.quantize(Decimal('0.0001')).normalize():f}"
    if figure is not None:
        cell["n"] = str(figure.numerator)
        if figure.denominator is not None:
            cell["d"] = str(figure.denominator)
        cell["e"] = figure.evidence_count
    # That there is no source yet is what the state says; half a province's rows would repeat it.
    if words and scored.state != scoring.NONE:
        cell["r"] = words
    text = json.dumps(cell, ensure_ascii=False, separators=(",", ":"))
    return cents(scored.points), scored.state, f"{json.dumps(item.code)}:{text}"


@dataclass
class LiveItem:
    """One item of one body, evaluated now: for pages."""

    item: Item
    state: str
    points: Decimal
    reason: str


def evaluate_body(standard, organisation, as_of, manual: dict | None = None) -> tuple[BodyScore, list[LiveItem]]:
    """The body's score and items as they stand today, from the facts; nothing is stored."""
    definition = parse(standard.definition)
    scorer = Scorer(definition, Window(as_of.year, as_of))
    (score,) = scorer.score([organisation], manual)
    cells = json.loads(score.items)
    live = [
        LiveItem(item, cells[item.code]["s"], Decimal(cells[item.code]["p"]), cells[item.code].get("r", ""))
        for item in definition.items
    ]
    return score, live
