"""Of which year or day a REST resource tells: the filters, and what the views read of them."""

import datetime

import django_filters
from django import forms
from django.core.exceptions import ValidationError as FormError
from django.utils import timezone
from drf_spectacular.utils import extend_schema_field
from rest_framework.exceptions import ValidationError

from federation.shared.rest import IdFilter

FIRST_YEAR = 2000
FIRST_DAY = datetime.date(1990, 1, 1)


class YearFilter(IdFilter):
    """A year that chooses rows; 0 and 2^63 are refused as they stand."""


class ToldYearFilter(IdFilter):
    """A year that chooses no rows: `OfYear` reads it to compute what is told of them."""

    def filter(self, queryset, value):
        return queryset


class OfYear:
    """Of resources that tell of one year, this one unless `year` says another."""

    @property
    def year(self) -> int:
        this = timezone.localdate().year
        text = self.request.query_params.get("year") or str(this)
        if not (text.isascii() and text.isdigit() and len(text) == 4 and FIRST_YEAR <= int(text) <= this):
            raise ValidationError({"year": f"年度应在 {FIRST_YEAR} 与 {this} 之间。"})
        return int(text)


class DayField(forms.DateField):
    """A day that has been: figures of the future are nobody's."""

    input_formats = ["%Y-%m-%d"]

    def clean(self, value):
        day = super().clean(value)
        if day is not None and not FIRST_DAY <= day <= timezone.localdate():
            raise FormError(f"日期应在 {FIRST_DAY.isoformat()} 与今天之间。")
        return day


@extend_schema_field({"type": "string", "format": "date"})
class ToldDayFilter(django_filters.Filter):
    """A day that chooses no rows: `OfDay` reads it to compute what is told of them."""

    field_class = DayField

    def filter(self, queryset, value):
        return queryset


class OfDay:
    """Of resources that tell of one day, today unless `as_of` says another."""

    @property
    def day(self) -> datetime.date:
        text = self.request.query_params.get("as_of")
        try:
            return DayField(required=False).clean(text) or timezone.localdate()
        except FormError as error:
            raise ValidationError({"as_of": error.messages}) from None
