"""A packed column reads as the list it stands for, whatever its texts hold."""

import tracemalloc

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from federation.shared.rosters.packed import PIECE_ROWS, PackedTexts
from federation.shared.workbooks.cells import SEPARATOR


def packed(texts, step=700):
    column = PackedTexts()
    for start in range(0, len(texts), step):
        column += texts[start : start + step]
    return column


@pytest.mark.parametrize("count", [0, 1, PIECE_ROWS - 1, PIECE_ROWS, PIECE_ROWS + 1, 3 * PIECE_ROWS, 7001])
def test_it_reads_as_the_list_of_its_texts(count):
    texts = [f"王{number}" if number % 3 else "" for number in range(count)]
    column = packed(texts)
    assert len(column) == count
    assert list(column) == texts
    assert [column[index] for index in range(count)] == texts
    backwards = range(count - 1, -1, -997)
    assert [column[index] for index in backwards] == [texts[index] for index in backwards]
    for start, stop in ((0, 5000), (1999, 2001), (2000, 4000), (5000, 10_000), (3, 3), (9000, 8000)):
        assert column[start:stop] == texts[start:stop]
    assert column[::-1] == texts[::-1]
    assert bool(column) == bool(texts)
    assert ("王1" in column) == (count > 1)
    with pytest.raises(IndexError):
        column[count]


@settings(max_examples=30, deadline=None, derandomize=True)
@given(odd=st.lists(st.text(max_size=6), min_size=1, max_size=20))
def test_odd_texts_come_back_as_they_were(odd):
    texts = (odd + [SEPARATOR, f"a{SEPARATOR}b", ""]) * (2 * PIECE_ROWS // (len(odd) + 3) + 1)
    assert list(packed(texts)) == texts


def test_numbers_of_100_000_people_take_less_than_30_bytes_each():
    tracemalloc.start()
    column = PackedTexts()
    for start in range(0, 100_000, 5000):
        column += [f"62999919700101{number:06d}" for number in range(start, start + 5000)]
    taken, _peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert len(column) == 100_000
    assert taken < 100_000 * 30
