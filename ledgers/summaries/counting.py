"""The figures of 表一 on any day, in one walk along an index of the people of a queryset.

The queryset says which people (a body's, those somebody may see); what is counted is who of them was registered on
the day. People are counted where they are registered now, so that lower bodies add up to the upper one; who was
transferred after a past day is put right in `past`.

The database picks the people and hands over their letters (ledgers/models/summary_key.py), one person behind the
other in one text; counting letters here costs a tenth of grouping by twelve columns there. The index `person_summary`
holds all that is asked for, so that the table itself is not read.
"""

from collections import Counter

from django.db.models import Aggregate, CharField, F, QuerySet, TextField
from django.db.models.functions import Cast

from ledgers.models.summary_key import KEY_COLUMNS, letters_of
from ledgers.summaries.definition import (
    AGE,
    AGE_FIELD,
    CODES,
    CROSSED,
    DIMENSIONS,
    TOTAL,
    UNFILLED,
    age_band,
    condition_of,
)

Figures = dict[str, int]
_WIDTH = len(KEY_COLUMNS)
_PLACE = {column: place for place, column in enumerate(KEY_COLUMNS)}


class _Joined(Aggregate):
    """The texts of all rows one behind the other, in no order that counts; None without rows."""

    function = "STRING_AGG"
    template = "%(function)s(%(expressions)s, '')"
    output_field = TextField()

    def as_sqlite(self, compiler, connection, **context):
        return self.as_sql(compiler, connection, function="GROUP_CONCAT", **context)


def people_of(rows: QuerySet, day, code: str) -> QuerySet:
    """The very people counted in a cell."""
    return rows.current_on(day).annotate(**{AGE_FIELD: age_band(day)}).filter(condition_of(code))


def figures_of(rows: QuerySet, day) -> Figures:
    """Every cell of the table, noughts included."""
    people = rows.current_on(day).order_by()
    found = people.aggregate(keys=_Joined("summary_key"), ages=_Joined(_age_letter(day)))
    keys, ages = found["keys"] or "", found["ages"] or ""
    figures = dict.fromkeys(CODES, 0)
    figures[TOTAL] = len(ages)
    for dimension in DIMENSIONS:
        figures |= _counted(dimension, ages if dimension is AGE else _letters(dimension, keys))
    down, across = CROSSED
    codes, codes_across = _codes_by_letter(down), _codes_by_letter(across)
    for (one, other), number in Counter(zip(_letters(down, keys), _letters(across, keys), strict=True)).items():
        figures[f"{_code(down, codes, one)}.{_code(across, codes_across, other)}"] += number
    return figures


def figures_below(rows: QuerySet, day, length: int, dimension) -> dict[str, Figures]:
    """{path cut to `length`: figures by one dimension, with the total}; people of the body itself keep its path."""
    joined = _Joined(_age_letter(day)) if dimension is AGE else _Joined("summary_key")
    people = rows.current_on(day).order_by().values_list(F(rows.path_field)).annotate(letters=joined)
    texts: dict[str, list[str]] = {}
    for path, text in people:
        texts.setdefault(path[:length], []).append(text)
    found = {}
    for key, parts in texts.items():
        letters = "".join(parts)
        if dimension is not AGE:
            letters = _letters(dimension, letters)
        found[key] = {TOTAL: len(letters)} | _counted(dimension, letters)
    return found


def _age_letter(day) -> Cast:
    return Cast(age_band(day), CharField(max_length=1))


def _letters(dimension, keys: str) -> str:
    """The letter of each person in one dictionary."""
    return keys[_PLACE[dimension.field] :: _WIDTH]


def _codes_by_letter(dimension) -> dict[str, str]:
    """{letter: code of the cell}; any other letter stands for 未填."""
    letters = {choice.stored: str(choice.stored) for choice in AGE.choices}
    if dimension is not AGE:
        letters = letters_of(dimension.field)
    return {letters[choice.stored]: f"{dimension.name}.{choice.code}" for choice in dimension.choices}


def _code(dimension, codes: dict[str, str], letter: str) -> str:
    return codes.get(letter) or f"{dimension.name}.{UNFILLED}"


def _counted(dimension, letters: str) -> Figures:
    counts = {code: letters.count(letter) for letter, code in _codes_by_letter(dimension).items()}
    if dimension.may_be_unfilled:
        counts[f"{dimension.name}.{UNFILLED}"] = len(letters) - sum(counts.values())
    return counts
