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
    return Decimal(whole_cents).scaleb(-2).quantize(CENT)


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
