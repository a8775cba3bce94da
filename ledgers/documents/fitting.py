"""How a text fits a box of the paper form: its size, and where even the smallest is too large, its beginning."""

import re
import unicodedata
from dataclasses import dataclass

# Class of static/css/print-form.css, width of a Chinese character and height of a line in millimetres.
SIZES = (("s0", 3.35, 4.4), ("s1", 2.83, 3.3), ("s2", 2.12, 2.2), ("s3", 1.77, 1.85))
# A Latin letter or digit against a Chinese character.
NARROW = 0.62
BROAD = set("MWmw@%—…")


@dataclass(frozen=True)
class Fitted:
    text: str
    size: str


def width_of(text: str) -> float:
    """In Chinese characters."""
    return sum(
        1 if each in BROAD or unicodedata.east_asian_width(each) in "WFA" else NARROW
        for each in text
        if not unicodedata.combining(each)
    )


def fit(text: str, width: float, height: float) -> Fitted:
    """`text` in the largest size at which it fits `width` × `height` millimetres; clipped with …… in the smallest."""
    # Not the wide spaces, which stand for what is written by hand.
    text = re.sub(r"[\r\n\t]+", " ", text)
    wanted = width_of(text)
    for size, em, line in SIZES:
        room = _room(width, height, em, line)
        if wanted <= room:
            return Fitted(text, size)
    kept, used = "", 0.0
    for each in text:
        used += width_of(each)
        if used > room - 2:
            break
        kept += each
    return Fitted(f"{kept}……", size)


def _room(width: float, height: float, em: float, line: float) -> int:
    lines = max(1, int(height / line))
    # A line may end one character early, where a wide one no longer fits.
    return lines * int(width / em) - (lines - 1)
