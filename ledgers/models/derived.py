"""Columns of a person that follow from the others, refreshed at every save of one row.

They are fields with `pre_save`, as auto_now is, so that no caller can forget them; rows written set-based take
them from the same functions (`ledgers.rules.assess_row`, `federation.shared.pinyin.pinyin_of`).
"""

from datetime import date

from django.db import models

from federation.shared.pinyin import pinyin_of
from federation.shared.sealed import SealedText
from ledgers import rules


def rule_values(person) -> dict[str, str | None]:
    """The person's fields as the rules read them: texts, dates as 2012-03-28, sealed numbers in plain."""
    values = {}
    for field in person._meta.concrete_fields:
        # What the database works out is not there before the row is.
        if field.generated:
            continue
        value = getattr(person, field.attname)
        if isinstance(value, SealedText):
            # A token that does not open is as good as none: the number must be entered again.
            value = value.open_plain() if value.is_readable() else None
        elif isinstance(field, models.DateField) and not isinstance(value, (str, type(None))):
            value = value.isoformat()
        values[field.name] = value
    return values


class MissingMandatoryField(models.PositiveSmallIntegerField):
    """How many mandatory fields of the form are empty."""

    def pre_save(self, instance, add):
        value = len(rules.missing_fields(rule_values(instance)))
        setattr(instance, self.attname, value)
        return value


class FailedChecksField(models.CharField):
    """Codes of the data checks the row fails, joined by commas; "" passes all."""

    def pre_save(self, instance, add):
        value = rules.assess_row(rule_values(instance))[1]
        setattr(instance, self.attname, value)
        return value


# Of a home in which somebody old lives who is on no file of ours.
OLD_ALREADY = date(1900, 1, 1)


class EldestBornField(models.DateField):
    """The birth date that decides 老残一体: of the eldest in the home; OLD_ALREADY where somebody old lives along.

    A birth date does not change from day to day, so whether it makes sixty is asked with the day of the question
    (querysets.in_old_home) and needs no run at night. Of who lives in a household `ledgers.households` keeps it.
    """

    def pre_save(self, instance, add):
        if instance.household_id is None:
            value = OLD_ALREADY if instance.is_elderly_disabled_household else instance.born_on
            setattr(instance, self.attname, value)
        return getattr(instance, self.attname)


class CodePointField(models.CharField):
    """Text sorted and compared byte by byte on both databases, so that a prefix is a range of the index."""

    def db_parameters(self, connection):
        parameters = super().db_parameters(connection)
        if connection.vendor == "postgresql":
            parameters["collation"] = "C"
        return parameters


class NamePinyinField(CodePointField):
    """The pinyin of `name`, in full (part 0) or its initials (part 1)."""

    def __init__(self, *args, part: int, **kwargs):
        self.part = part
        kwargs.setdefault("editable", False)
        super().__init__(*args, **kwargs)

    def deconstruct(self):
        name, path, args, kwargs = super().deconstruct()
        kwargs["part"] = self.part
        return name, path, args, kwargs

    def pre_save(self, instance, add):
        value = pinyin_of(instance.name)[self.part][: self.max_length]
        setattr(instance, self.attname, value)
        return value
