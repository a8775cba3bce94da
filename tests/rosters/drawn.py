"""Many rows at once: where a round through the database costs more than drawing what goes round.

G5 asks for 500 examples a property; five hundred rows in one workbook are as many as five hundred workbooks of one.
Hypothesis draws the odd values of each cell, and rows are put together of them: drawing whole rows takes a minute.
"""

import os
import random

from hypothesis import HealthCheck, Phase, given, settings

# PROPERTY_EXAMPLES=20000 before a release.
NUMBER = int(os.environ.get("PROPERTY_EXAMPLES", "500"))
VALUES = 40


def values_of(strategy) -> list:
    """Some values of a cell, the same in every run, so that a failure comes back."""
    found = []

    @settings(
        max_examples=VALUES, deadline=None, database=None, derandomize=True, phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(strategy)
    def collect(value):
        found.append(value)

    collect()
    return found


def rows_of(cells: dict, number: int = NUMBER) -> list[dict]:
    """`number` rows; `cells` gives the strategy of each."""
    drawn = {name: values_of(strategy) for name, strategy in cells.items()}
    seed = random.Random(number)
    return [{name: seed.choice(values) for name, values in drawn.items()} for _ in range(number)]
