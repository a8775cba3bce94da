"""What a search box was given, told apart by its shape: Chinese words, pinyin, a code."""

import re
from dataclasses import dataclass

from django.db import connection
from django.db.models import Q

from federation.shared import normalise
from federation.shared.normalise import NotNormal

_LATIN = re.compile("[a-zü0-9]*[a-zü][a-zü0-9]*$")


@dataclass(frozen=True)
class Typed:
    """Exactly one of the three is filled, or none where nothing was typed."""

    words: str = ""
    latin: str = ""
    digits: str = ""


def read_search(text: str) -> Typed:
    """`text` normalised; what cannot be read is taken as words, which then find nothing."""
    try:
        plain = normalise.text(text or "").replace(" ", "")
    except NotNormal:
        plain = text.strip()
    folded = plain.lower().replace("ü", "v").replace("'", "")
    if plain.isascii() and plain.isdigit():
        return Typed(digits=plain)
    if _LATIN.match(folded):
        return Typed(latin=folded)
    return Typed(words=plain)


def starts_with(field: str, prefix: str) -> Q:
    """Rows whose `field` (small letters and digits) begins with `prefix`, by the index of either database.

    SQLite's LIKE does not use an index, so a range stands for it; PostgreSQL's does (varchar_pattern_ops), while a
    range would follow the collation of the database.
    """
    if connection.vendor == "sqlite":
        return Q(**{f"{field}__gte": prefix, f"{field}__lt": prefix + "{"})
    return Q(**{f"{field}__startswith": prefix})


def by_name(typed: Typed, *, name: tuple[str, ...], pinyin: str, initials: str) -> Q:
    """Rows that match by a part of one of the name fields, or by the beginning of the pinyin or its initials."""
    if typed.latin:
        return starts_with(pinyin, typed.latin) | starts_with(initials, typed.latin)
    condition = Q()
    for field in name:
        condition |= Q(**{f"{field}__contains": typed.words})
    return condition
