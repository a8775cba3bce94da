"""Columns into a table at once: every row, in its order, once, or none."""

import pytest
from django.db import IntegrityError, transaction

from federation.shared import bulk
from orgs.models import Division

pytestmark = pytest.mark.django_db
COLUMNS = 4
SIZE = bulk._VALUES // COLUMNS


def columns(count: int) -> dict:
    numbers = [str(number) for number in range(1, count + 1)]
    return {"id": numbers, "level": "1", "code": [f"{number:012d}" for number in range(1, count + 1)], "name": "甲省"}


@pytest.mark.parametrize("count", [0, 1, SIZE - 1, SIZE, SIZE + 1, 3 * SIZE, 3 * SIZE + 7])
def test_every_row_is_there_once(count):
    assert bulk.insert_columns(Division, columns(count), count) == count
    rows = list(Division.objects.order_by("pk").values_list("pk", "level", "code", "name"))
    assert rows == [(number, 1, f"{number:012d}", "甲省") for number in range(1, count + 1)]


@pytest.mark.parametrize("place", [0, SIZE - 1, SIZE, 2 * SIZE])
def test_a_row_the_table_refuses_leaves_none(place):
    given = columns(2 * SIZE + 1)
    given["code"][place] = given["code"][(place + 1) % len(given["code"])]
    with pytest.raises(IntegrityError), transaction.atomic():
        bulk.insert_columns(Division, given, 2 * SIZE + 1)
    assert not Division.objects.exists()


@pytest.mark.parametrize("count", [2, 4])
def test_a_column_of_another_length_is_refused(count):
    with pytest.raises(ValueError, match="orgs_division"):
        bulk.insert_columns(Division, columns(3), count)
    assert not Division.objects.exists()
