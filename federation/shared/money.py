"""Yuan to the cent, exact on both databases.

SQLite keeps decimals as floating point: sums and constraints over them are off by fractions of a cent. So the column
holds whole cents (分), and Python sees `Decimal` yuan with two places. Sums, comparisons and constraints in the
database are those of whole numbers.
"""

from decimal import Decimal, InvalidOperation

from django import forms
from django.core.exceptions import ValidationError
from django.db import models

CENT = Decimal("0.01")
MAX_DIGITS = 14


def cents(amount) -> int:
    """Yuan as whole cents; refuses a fraction of one."""
    scaled = Decimal(amount).scaleb(2)
    if scaled != scaled.to_integral_value():
        raise ValueError(f"{amount} is not a whole number of cents")
    return int(scaled)


def yuan(whole_cents: int) -> Decimal:
    return Decimal(whole_cents).scaleb(-2)


class MoneyField(models.BigIntegerField):
    """An amount in yuan. Assigned and read as Decimal (text from forms too); never a float."""

    description = "Yuan with two places"

    def from_db_value(self, value, expression, connection):
        return None if value is None else yuan(value)

    def to_python(self, value):
        if value is None or value == "":
            return None
        if isinstance(value, float):
            raise TypeError(f"{self.name}: money is never a float")
        try:
            amount = Decimal(str(value))
            if amount != amount.quantize(CENT):
                raise ValidationError("金额最多两位小数。请核对。", code="places")
        except InvalidOperation:
            raise ValidationError(f"“{value}”不是金额。请填数字，例如 200 或 200.50。", code="invalid") from None
        return amount.quantize(CENT)

    def get_prep_value(self, value):
        amount = self.to_python(value)
        return None if amount is None else cents(amount)

    def value_to_string(self, obj):
        amount = self.value_from_object(obj)
        return "" if amount is None else str(amount)

    def formfield(self, **kwargs):
        options = {"form_class": forms.DecimalField, "max_digits": MAX_DIGITS, "decimal_places": 2}
        # Past BigIntegerField's own, which would ask for whole numbers.
        return models.Field.formfield(self, **(options | kwargs))


# --- in words -------------------------------------------------------------------------------------------
_DIGITS = "零壹贰叁肆伍陆柒捌玖"
_PLACES = ("", "拾", "佰", "仟")
_GROUPS = ("", "万", "亿", "万亿")


def in_words(amount: Decimal) -> str:
    """As vouchers write an amount: 1203.50 → 壹仟贰佰零叁元伍角整; below nought with 负 before it."""
    whole = cents(amount)
    sign, whole = ("负" if whole < 0 else ""), abs(whole)
    rest, fen = divmod(whole, 10)
    rest, jiao = divmod(rest, 10)
    words = f"{_whole_in_words(rest)}元" if rest else ""
    if jiao:
        words += f"{_DIGITS[jiao]}角"
    elif fen and words:
        words += "零"
    words += f"{_DIGITS[fen]}分" if fen else "整"
    return f"{sign}{words}" if words != "整" else "零元整"


def _whole_in_words(number: int) -> str:
    """A positive whole number: groups of four digits, one 零 for any run of noughts between two digits."""
    groups = []
    while number:
        number, group = divmod(number, 10_000)
        groups.append(group)
    words, skipped = "", False
    for place in range(len(groups) - 1, -1, -1):
        group = groups[place]
        if not group:
            skipped = bool(words)
            continue
        if words and (skipped or group < 1000):
            words += "零"
        words += _group_in_words(group) + _GROUPS[place]
        skipped = False
    return words


def _group_in_words(group: int) -> str:
    words, skipped = "", False
    for place in (3, 2, 1, 0):
        digit = group // 10**place % 10
        if not digit:
            skipped = bool(words)
            continue
        words += ("零" if skipped else "") + _DIGITS[digit] + _PLACES[place]
        skipped = False
    return words
