"""From a figure to points: one pure function per scoring kind, on decimals, without the database.

Every item is rounded half-up to two places once, at its end. An item whose metric has no source yet earns
nothing, whatever its "empty" rule says.
"""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

CENT = Decimal("0.01")
ZERO = Decimal("0.00")
HUNDRED = Decimal(100)
LOWEST, HIGHEST = Decimal(0), Decimal(105)

YES, HALF, NO, NONE, PENDING = "yes", "half", "no", "none", "pending"


@dataclass(frozen=True)
class Scored:
    """`value` is what the figure comes to (a share, a count), None where there is nothing to divide by."""

    points: Decimal
    state: str
    value: Decimal | None = None


def round_points(points: Decimal) -> Decimal:
    return points.quantize(CENT, rounding=ROUND_HALF_UP)


def all_or_nothing(item, figure) -> Scored:
    """Full points where at least `at_least` are there, else none."""
    is_met = figure.numerator >= item.at_least
    return Scored(item.points if is_met else ZERO, YES if is_met else NO, Decimal(figure.numerator))


def proportional(item, figure) -> Scored:
    """max × min(1, value ÷ target); `out_of` stands in where the metric has no denominator of its own."""
    denominator = item.out_of if figure.denominator is None else figure.denominator
    if not denominator:
        return Scored(item.points if item.empty == "full" else ZERO, YES if item.empty == "full" else NO)
    numerator, denominator = Decimal(figure.numerator), Decimal(denominator)
    value = numerator / denominator
    if numerator * HUNDRED >= item.target * denominator:
        return Scored(item.points, YES, value)
    # One division, at the end: a tie at the third place is then exact, and goes up.
    points = round_points(item.points * numerator * HUNDRED / (denominator * item.target))
    return Scored(points, _between(points, item), value)


def per_item(item, figure) -> Scored:
    """Points each up to the maximum, or those of the highest step reached."""
    count = Decimal(figure.numerator)
    if item.steps:
        points = max((points for floor, points in item.steps if count >= floor), default=ZERO)
    else:
        points = count * (item.each or ZERO)
    points = round_points(min(points, item.points))
    return Scored(points, _between(points, item), count)


def deduct(item, figure) -> Scored:
    """max minus points per occurrence, not below 0.

    With `deductions` every part of the figure is judged by its own amount (days of each post); without, the
    numerator counts the occurrences and `each` is taken away for every one.
    """
    if item.deductions:
        lost = sum((lost_for(item, amount) for _code, amount in figure.parts), ZERO)
    else:
        lost = Decimal(figure.numerator) * (item.each or ZERO)
    points = round_points(max(ZERO, item.points - lost))
    return Scored(points, _between(points, item), Decimal(figure.numerator))


def lost_for(item, amount) -> Decimal:
    """What one part of a `deduct` item costs."""
    return sum((points for over, points in item.deductions if amount > over), ZERO)


def manual(item, given: Decimal | None) -> Scored:
    """0 to max by an inspector; not yet scored is 0 and pending."""
    if given is None:
        return Scored(ZERO, PENDING)
    points = round_points(min(max(given, ZERO), item.points))
    return Scored(points, _between(points, item), points)


def _between(points: Decimal, item) -> str:
    if points >= item.points:
        return YES
    return HALF if points > ZERO else NO


KINDS: dict[str, Callable] = {
    "all": all_or_nothing,
    "proportional": proportional,
    "per_item": per_item,
    "deduct": deduct,
}


def score(item, figure) -> Scored:
    """Points of a metric's figure; `figure` is None where the metric has no source yet."""
    if figure is None:
        return Scored(ZERO, NONE)
    return KINDS[item.scoring](item, figure)


def cents(points: Decimal) -> int:
    """Points as whole hundredths, of which they always are."""
    return int(points.scaleb(2))


def amount(hundredths: int) -> Decimal:
    """Points again, with two places."""
    return Decimal(hundredths).scaleb(-2)


def held(total: Decimal) -> Decimal:
    """A total held between 0 and 105."""
    return min(max(total, LOWEST), HIGHEST)
