"""What 表一 counts a person by, in one short text the database keeps itself: a letter for each dictionary.

A generated column follows whatever writes the row, COPY and plain SQL included, so it cannot be stale. 表一 of a
province is then one walk along an index that holds this text beside the dates (see ledgers/summaries/counting.py).

Another dictionary here, or another value in one of them, changes the expression: the migration removes the field and
adds it again, which writes every row anew (docs/adding.md).
"""

import string

from django.db import models
from django.db.models import Case, Value, When
from django.db.models.functions import Concat

from ledgers.models.dictionaries import (
    Dibao,
    DisabilityCategory,
    DisabilityGrade,
    Education,
    EmploymentForm,
    MedicalInsurance,
    PensionInsurance,
    RegisterType,
)
from orgs.models import Sex

# Where the column is empty, or holds what its dictionary does not know.
UNFILLED_LETTER = "-"
# {column: its values}, in the order of the letters.
KEY_COLUMNS: dict[str, tuple] = {
    "sex": tuple(Sex.values),
    "category": tuple(DisabilityCategory.values),
    "grade": tuple(DisabilityGrade.values),
    "register_type": tuple(RegisterType.values),
    "education": tuple(Education.values),
    "employment": tuple(EmploymentForm.values),
    "dibao": tuple(Dibao.values),
    "pension": tuple(PensionInsurance.values),
    "medical": tuple(MedicalInsurance.values),
    "has_living_subsidy": (True, False),
    "has_care_subsidy": (True, False),
}


def letters_of(column: str) -> dict[object, str]:
    """{value: its letter}"""
    return dict(zip(KEY_COLUMNS[column], string.ascii_lowercase, strict=False))


def _letter(column: str) -> Case:
    cases = [When(**{column: value}, then=Value(letter)) for value, letter in letters_of(column).items()]
    return Case(*cases, default=Value(UNFILLED_LETTER), output_field=models.CharField())


def summary_key_field() -> models.GeneratedField:
    return models.GeneratedField(
        verbose_name="汇总用编码",
        expression=Concat(*map(_letter, KEY_COLUMNS), output_field=models.CharField()),
        output_field=models.CharField(max_length=len(KEY_COLUMNS)),
        db_persist=True,
    )
