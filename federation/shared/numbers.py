"""Numbers in what people and addresses send: those that identify a person masked, plain ones read."""

import re

# A UUID's last group may be all digits by chance and stays readable; a file hash likewise.
_KEPT = r"(?P<kept>[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}|(?<![0-9a-zA-Z])[0-9a-f]{32,64}(?![0-9a-zA-Z]))"
# Phones have 11 digits; ID, certificate and account numbers 15 to 20, some with a check letter X or a
# trailing B and number. Division codes (6 to 12 digits, never 11) stay readable.
_NUMBER = r"(?<!\d)(?:\d{15,20}[XxBb]?\d{0,2}|\d{17}[Xx]|\d{11})(?!\d)"
_EITHER = re.compile(f"{_KEPT}|{_NUMBER}")


def plain_number(text: str | None, digits: int = 18) -> int | None:
    """The number that an address or a hidden box carries, None for anything else.

    `isdigit` alone is not enough: it holds for ² as well, which `int` refuses, and for digits without end. A key has
    18 of them at most; what is kept in an integer column 9.
    """
    return int(text) if text and text.isascii() and text.isdigit() and len(text) <= digits else None


def mask_numbers(text: str) -> str:
    """`text` with every such number replaced by asterisks of its length."""
    return _EITHER.sub(lambda match: match[0] if match["kept"] else "*" * len(match[0]), text)
