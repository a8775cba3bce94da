"""A long column of texts in a fraction of the memory of a list: 200,000 rows of 21 columns would be 180 MB of objects.

Stretches of rows are kept as one text each and taken apart while they are read. Rows are to be read one after the
other, or as slices: jumping about takes a stretch apart at every jump.
"""

from collections.abc import Iterable, Iterator, Sequence

from federation.shared.workbooks.cells import SEPARATOR

PIECE_ROWS = 2_000


class PackedTexts(Sequence):
    """Grows at its end by `+=`; what was added never changes."""

    def __init__(self):
        # A stretch that cannot be told apart again, since a text has the separator in it, stays a list.
        self._pieces: list[str | list[str]] = []
        self._open: list[str] = []
        self._at, self._taken = -1, []

    def __len__(self) -> int:
        return len(self._pieces) * PIECE_ROWS + len(self._open)

    def __iadd__(self, texts: Iterable[str]) -> "PackedTexts":
        self._open += texts
        while len(self._open) >= PIECE_ROWS:
            piece, self._open = self._open[:PIECE_ROWS], self._open[PIECE_ROWS:]
            packed = SEPARATOR.join(piece)
            self._pieces.append(packed if packed.count(SEPARATOR) == PIECE_ROWS - 1 else piece)
            self._at = -1
        return self

    def __getitem__(self, index):
        if isinstance(index, slice):
            return self._slice(*index.indices(len(self)))
        if index < 0:
            index += len(self)
        if not 0 <= index < len(self):
            raise IndexError(index)
        number, place = divmod(index, PIECE_ROWS)
        if number != self._at:
            self._at, self._taken = number, self._piece(number)
        return self._taken[place]

    def _slice(self, start: int, stop: int, step: int) -> list[str]:
        if step < 0:
            return [self[place] for place in range(start, stop, step)]
        first = start // PIECE_ROWS
        texts: list[str] = []
        for number in range(first, -(-stop // PIECE_ROWS)):
            texts += self._piece(number)
        return texts[start - first * PIECE_ROWS : max(start, stop) - first * PIECE_ROWS : step]

    def __iter__(self) -> Iterator[str]:
        for number in range(len(self._pieces) + 1):
            yield from self._piece(number)

    def _piece(self, number: int) -> list[str]:
        if number == len(self._pieces):
            return self._open
        piece = self._pieces[number]
        return piece.split(SEPARATOR) if isinstance(piece, str) else piece
