"""Bodies in, their scores out: all metrics of a standard over many bodies at once, nothing written."""

import hashlib
import json
from dataclasses import dataclass
from decimal import Decimal

from assessments import scoring
from assessments.reasons import PENDING, reason
from assessments.scoring import ZERO, held
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
    points: tuple

    @property
    def digest(self) -> str:
        text = f"{self.body.pk}|{self.total}|{self.bonus}|{self.penalty}|{self.items}"
        return hashlib.blake2b(text.encode(), digest_size=32).hexdigest()


class Scorer:
    """Scores bodies by one definition. Equal figures of an item are scored, worded and encoded once."""

    def __init__(self, definition: Definition, window: Window):
        self.definition = definition
        self.window = window
        self.figures = None
        self._known: dict[tuple, tuple] = {}
        self._metrics = {item.code: metric(item.metric) for item in definition.every_item if item.metric}

    def score(self, bodies: list, manual: dict | None = None) -> list[BodyScore]:
        """`manual` holds {(body pk, item code): points} given by inspectors."""
        self.figures = compute(self.definition.metrics, bodies, self.window)
        manual = manual or {}
        return [self._body(body, manual) for body in bodies]

    def _body(self, body, manual) -> BodyScore:
        definition = self.definition
        outcomes = [self._outcome(item, body, manual) for item in definition.items]
        extra = [self._outcome(item, body, manual) for item in definition.bonuses + definition.penalties]
        bonuses = len(definition.bonuses)
        bonus = min(sum((each[0] for each in extra[:bonuses]), ZERO), definition.bonus_cap)
        penalty = min(sum((each[0] for each in extra[bonuses:]), ZERO), definition.penalty_cap)
        points = tuple(each[0] for each in outcomes)
        states = tuple(each[1] for each in outcomes)
        total = held(sum(points, ZERO) + bonus - penalty)
        section = definition.deciding_section
        deciding = sum((p for p, item in zip(points, definition.items, strict=True) if item.section == section), ZERO)
        return BodyScore(
            body=body,
            total=total,
            bonus=bonus,
            penalty=penalty,
            deciding=deciding,
            met=states.count(scoring.YES),
            unsourced=states.count(scoring.NONE),
            pending=states.count(scoring.PENDING),
            band=definition.band_of(total),
            items="{" + ",".join([each[2] for each in outcomes] + [each[2] for each in extra]) + "}",
            states=states,
            points=points,
        )

    def figure(self, item: Item, body) -> Figure | None:
        """None where the item's facts have no place yet."""
        if not self._metrics[item.code].has_source:
            return None
        return self.figures.of(item.metric, body)

    def _outcome(self, item: Item, body, manual) -> tuple:
        """(points, state, JSON text under the item's code)."""
        if item.scoring == "manual":
            given = manual.get((body.pk, item.code))
            key = (item.code, given)
            if key not in self._known:
                scored = scoring.manual(item, given)
                self._known[key] = _encoded(item, None, scored, PENDING if given is None else "")
            return self._known[key]
        figure = self.figure(item, body)
        key = (item.code, figure)
        known = self._known.get(key)
        if known is None:
            scored = scoring.score(item, figure)
            known = self._known[key] = _encoded(item, figure, scored, reason(item, figure, scored))
        return known


def _encoded(item: Item, figure: Figure | None, scored, words: str) -> tuple:
    cell = {"p": str(scored.points), "s": scored.state}
    if scored.value is not None:
        cell["v"] = f"{scored.value.quantize(Decimal('0.0001')).normalize():f}"
    if figure is not None:
        cell["n"] = str(figure.numerator)
        if figure.denominator is not None:
            cell["d"] = str(figure.denominator)
        cell["e"] = figure.evidence_count
    if words:
        cell["r"] = words
    text = json.dumps(cell, ensure_ascii=False, separators=(",", ":"))
    return scored.points, scored.state, f"{json.dumps(item.code)}:{text}"


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
