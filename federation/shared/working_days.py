"""Working days: Monday to Friday, with the holidays and the worked weekends that the State Council announces."""

import datetime

from django.conf import settings

_DAY = datetime.timedelta(days=1)


def is_working_day(day: datetime.date) -> bool:
    text = day.isoformat()
    if text in settings.FEDERATION_WORKED_WEEKENDS:
        return True
    return day.weekday() < 5 and text not in settings.FEDERATION_HOLIDAYS


def after_working_days(day: datetime.date, number: int) -> datetime.date:
    """The last of `number` working days that follow `day`, which is not counted itself."""
    while number > 0:
        day += _DAY
        number -= is_working_day(day)
    return day


def working_days_between(first: datetime.date, last: datetime.date) -> int:
    """How many of the days from `first` to `last`, both included, are worked."""
    return sum(is_working_day(first + _DAY * number) for number in range((last - first).days + 1))
