"""What of a text may be shown to who may not see whole numbers: telephone and identity numbers typed into free text
are hidden, an address ends at its village, facts about health are withheld. Decided by the class of the field.

A mask hides; whether the reader may see the whole text is asked before. (Logs have a wall of their own in
shared.numbers, which leaves digests and codes readable.)
"""

import functools
import re
from collections.abc import Callable, Sequence

from django.db import models

from federation.shared.field_register import free_text_rule_of
from federation.shared.sealed import MASKS, mask

WITHHELD = "（不显示）"
CUT = "……"
# People write 139-0000-0001, (0943)3221234, 6204 2219 8001 011 23X.
_GAP = r"[\s\-‐-―－_.．·•()（）/\u200b-\u200f\ufeff]{0,3}"
_RUN = re.compile(rf"\d(?:{_GAP}\d){{6,}}(?:{_GAP}[XxＸｘ])?")
_DATE = r"(?:19|20)\d\d(?:[-./]\d{1,2}[-./]\d{1,2}|(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01]))"
_DATES = re.compile(rf"{_DATE}(?:[\s\-‐-―－()（）/]{{1,3}}{_DATE})*")
_DIGIT = re.compile(r"[\dXxＸｘ]")
# Seven digits in a row are a telephone number of a place; with gaps between them it takes as many as a mobile's.
_SHORTEST_WITH_GAPS = 10
_IDENTITY_DIGITS = 15
_VILLAGE = re.compile(r"[^\d零一二三四五六七八九十百]{1,40}?(?:村|社区|居委会|嘎查)")
_ABOVE = (
    re.compile(r"[^\d]{1,40}?(?:镇|乡|街道|苏木)"),
    re.compile(r"[^\d]{1,40}?(?:县|旗|区|市|州|省)"),
)
# Between values that are looked at together: no gap, so that no run reaches from one into the next.
_BETWEEN = "|"


def mask_free_text(text: str) -> str:
    """`text` with the middle of every run of digits that could be the number of a person or a telephone hidden."""
    return _RUN.sub(_hidden_run, text)


def _hidden_run(found: re.Match) -> str:
    run = found[0]
    digits = _DIGIT.findall(run)
    if _DATES.fullmatch(run) or (len(digits) < _SHORTEST_WITH_GAPS and len(digits) != len(run)):
        return run
    head, tail = MASKS["id_number" if len(digits) >= _IDENTITY_DIGITS else "phone"]
    masked = iter(mask("".join(digits), head, tail))
    return _DIGIT.sub(lambda _: next(masked), run)


def mask_address(text: str) -> str:
    """The address down to its village or community; where it names none, down to the nearest above that it names."""
    if not text:
        return ""
    found = _VILLAGE.match(text) or next((match for each in _ABOVE if (match := each.match(text))), None)
    kept = found[0] if found else ""
    return mask_free_text(kept) + (CUT if len(kept) < len(text) else "")


def withhold(text: str) -> str:
    return WITHHELD if text else ""


@functools.cache
def mask_of_field(field: models.Field) -> Callable[[str], str] | None:
    """How a stored text of `field` is shown masked; None where it needs no mask: a word of a list, a public name."""
    if not isinstance(field, (models.CharField, models.TextField)) or field.choices:
        return None
    rule = free_text_rule_of(field)
    return {"address": mask_address, "health": withhold, "numbers": mask_free_text}.get(rule)


def mask_column(field: models.Field, values: Sequence) -> Sequence:
    """A column of values, masked as their field wants it; as they are where nothing in them asks for it."""
    hide = mask_of_field(field)
    if hide is None or (hide is mask_free_text and not _RUN.search(_BETWEEN.join(filter(None, values)))):
        return values
    return [hide(value) if value else value for value in values]
