"""Numbers that identify a person, found in free text: the second wall of logs and audit reasons."""

import re

# A UUID's last group may be all digits by chance and stays readable; a file hash likewise.
_KEPT = r"(?P<kept>[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}|(?<![0-9a-zA-Z])[0-9a-f]{32,64}(?![0-9a-zA-Z]))"
# Phones have 11 digits; ID, certificate and account numbers 15 to 20, some with a check letter X or a
# trailing B and number. Division codes (6 to 12 digits, never 11) stay readable.
_NUMBER = r"(?<!\d)(?:\d{15,20}[XxBb]?\d{0,2}|\d{17}[Xx]|\d{11})(?!\d)"
_EITHER = re.compile(f"{_KEPT}|{_NUMBER}")


def mask_numbers(text: str) -> str:
    """`text` with every such number replaced by asterisks of its length."""
    return _EITHER.sub(lambda match: match[0] if match["kept"] else "*" * len(match[0]), text)
